"""The commands to find and read: list, show, check, kinds and schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from archcalc.cli.deliver import FORMAT, OUTPUT, deliver_tables
from archcalc.errors import ArchcalcError, printable


@click.command("list")
@click.option("--family", help="Only this family.")
@click.option("--kind", help="Only networks, blocks, listings, toys or detectors.")
@click.option("--lecture", help="Only what this lecture shows.")
@FORMAT
@OUTPUT
def list_(family: str | None, kind: str | None, lecture: str | None, **options: Any) -> None:
    """Every network archcalc brings, with its family, knobs and source."""
    from archcalc.catalogue import catalogue, catalogue_table

    deliver_tables([catalogue_table(catalogue(family=family, kind=kind, lecture=lecture))], options)


@click.command()
@click.argument("network")
def show(network: str) -> None:
    """The spec itself."""
    from archcalc.language.library import find

    click.echo(printable(find(network).part.source.text), nl=False)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check(files: Sequence[str]) -> None:
    """Every error in a spec, without running anything else."""
    from archcalc.catalogue import check as check_file

    problems = []
    for file in files:
        try:
            click.echo(printable("\n".join(check_file(file))))
        except ArchcalcError as error:
            problems.append(str(error))
    if problems:
        raise ArchcalcError("\n".join(problems))


@click.command()
@click.argument("kind", required=False)
def kinds(kind: str | None) -> None:
    """The kinds of layer and their arguments."""
    from archcalc.reference import kind_page, kinds_page

    click.echo(kind_page(kind) if kind else kinds_page(), nl=False)


@click.command()
def schema() -> None:
    """The JSON schema of the spec language, for editors."""
    from archcalc.schema import schema_text

    click.echo(schema_text(), nl=False)
