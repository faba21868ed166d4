"""The commands to find and read: list, show, check and kinds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from archcalc.cli.command import NETWORK, Command, families, words_of
from archcalc.cli.command import kinds as kinds_of_layer
from archcalc.cli.deliver import SORT, TABLES, deliver_tables
from archcalc.core.errors import ArchcalcError, printable
from archcalc.spec.grammar import KINDS_OF_SPEC


@click.command("list", cls=Command)
@click.argument("words", nargs=-1, metavar="[WORD]...", shell_complete=families)
@click.option("--all", "everything", is_flag=True, help="A row for each network, as in a pipe or a file.")
@click.option("--family", default="", help="Only this family.", shell_complete=families)
@click.option("--kind", default="", help="Only networks, blocks, listings, toys or detectors.",
              shell_complete=words_of(KINDS_OF_SPEC))  # fmt: skip
@click.option("--lecture", default="", help="Only networks that this lecture shows.")
@SORT
@TABLES
def list_(words: Sequence[str], everything: bool, **options: Any) -> None:
    """Find networks by family or by a word.

    Prints a line for each family. With a WORD (part of a name, a family or a title) or an option, and always in a
    pipe or a file, it prints a row for each network.
    """
    from archcalc.catalogue import catalogue, catalogue_table, families_table
    from archcalc.spec.library import entries

    wanted = {key: options.pop(key) for key in ("family", "kind", "lecture")}
    asked = everything or words or any(wanted.values()) or options["format_"] or options["output"]
    short = sys.stdout.isatty() and not asked
    deliver_tables([families_table(entries()) if short else catalogue_table(catalogue(words, **wanted))], options)


@click.command(cls=Command)
@click.argument("network", type=NETWORK)
@click.option(
    "--alone", is_flag=True, help="Only this network of its family, with the blocks it uses from other files."
)
def show(network: str, alone: bool) -> None:
    """Print the spec of a network.

    Prints the file as it was written, which may contain a family and use other files. With --alone, it prints a
    file for this network, which works anywhere: archcalc show resnet50 --alone > mine.yaml
    """
    from archcalc.network import load

    found = load(network)
    click.echo(printable(found.text if alone else found.spec.part.source.text), nl=False)


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check(files: Sequence[str]) -> None:
    """Find every error in a spec at once."""
    from archcalc.catalogue import check as check_file

    problems = []
    for file in files:
        try:
            click.echo(printable("\n".join(check_file(file))))
        except ArchcalcError as error:
            problems.append(str(error))
    if problems:
        raise ArchcalcError("\n".join(problems))


@click.command(cls=Command)
@click.argument("kind", required=False, shell_complete=kinds_of_layer)
@click.option("--schema", is_flag=True, help="The spec language as a JSON schema, for editors.")
def kinds(kind: str | None, schema: bool) -> None:
    """The kinds of layer and their arguments."""
    from archcalc.spec.schema import kind_page, kinds_page, schema_text

    if schema and kind:
        raise click.UsageError("--schema describes the whole spec language; leave out the kind")
    click.echo(schema_text() if schema else kind_page(kind) if kind else kinds_page(), nl=False)
