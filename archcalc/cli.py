"""The command line, a thin layer over the Python interface. It exits with 0, or with 2 for what the user can mend."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from archcalc import __version__
from archcalc.cli_formula import explain, formula
from archcalc.cli_knobs import KnobCommand, settled
from archcalc.cli_sweep import scale, solve, sweep
from archcalc.cli_verify import memory, verify
from archcalc.errors import ArchcalcError, printable

BY = click.option("--by", type=click.Choice(["layer", "block", "kind"]), help="What a row is.")
DEPTH = click.option("--depth", type=click.IntRange(1), default=1, show_default=True, help="Levels of blocks.")
COLUMNS = click.option("--columns", metavar="A,B,...", help="Which columns, in order.")
FORMAT = click.option("--format", "format_", metavar="FORMAT", help="table, md, csv, tex, html, json or xlsx.")
OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """What the user can mend becomes one message and exit status 2; a closed pipe ends quietly."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except ArchcalcError as error:
            click.echo(printable(str(error)), err=True)
            raise SystemExit(2) from None
        except BrokenPipeError:
            sys.stderr.close()  # or Python would complain of the pipe once more
            raise SystemExit(0) from None

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archcalc")
def main() -> None:
    """Shapes, parameters and multiply-adds of neural networks, from a declarative spec.

    NETWORK is a name that 'archcalc list' shows or a file ending in .yaml, with knobs set after @ if you like:
    mobilenet_v1@alpha=0.5,rho=0.714
    """


@main.command(cls=KnobCommand)
@click.argument("network")
@BY
@DEPTH
@COLUMNS
@FORMAT
@OUTPUT
@click.pass_context
@reported
def summary(context: click.Context, network: str, **options: Any) -> None:
    """Every layer's output, parameters and multiply-adds, with totals."""
    (report,) = settled(context)
    choice = _choice(options, by="layer" if options["depth"] == 1 else "block")
    _deliver([report], choice, options)


@main.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@FORMAT
@OUTPUT
@click.pass_context
@reported
def compare(context: click.Context, networks: Sequence[str], **options: Any) -> None:
    """Totals side by side with ratios to the first, and blocks aligned where they correspond."""
    from archcalc.compare import compare as align
    from archcalc.layout import aligned_table, totals_table

    reports = settled(context)
    comparison = align(reports, options["by"] or "block", options["depth"])
    tables = [totals_table(reports)]
    if comparison.corresponds and len(reports) > 1:
        tables.append(aligned_table(comparison))
    _deliver_tables(tables, options)


@main.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@COLUMNS
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True,
              help="The file; its suffix decides: .md .csv .xlsx .tex .html .json")  # fmt: skip
@click.pass_context
@reported
def export(context: click.Context, networks: Sequence[str], **options: Any) -> None:
    """Write the tables of one or more networks to a file."""
    reports = settled(context)
    _deliver(reports, _choice(options, by="layer" if options["depth"] == 1 else "block"), {**options, "format_": None})


@main.command("list")
@click.option("--family", help="Only this family.")
@click.option("--kind", help="Only networks, blocks, listings, toys or detectors.")
@click.option("--lecture", help="Only what this lecture shows.")
@FORMAT
@OUTPUT
@reported
def list_(family: str | None, kind: str | None, lecture: str | None, **options: Any) -> None:
    """Every network archcalc brings, with its family, knobs and source."""
    from archcalc.catalogue import catalogue, catalogue_table

    _deliver_tables([catalogue_table(catalogue(family=family, kind=kind, lecture=lecture))], options)


@main.command()
@click.argument("network")
@reported
def show(network: str) -> None:
    """The spec itself."""
    from archcalc.library import find

    click.echo(printable(find(network).text.text), nl=False)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@reported
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


@main.command()
@click.argument("kind", required=False)
@reported
def kinds(kind: str | None) -> None:
    """The kinds of layer and their arguments."""
    from archcalc.reference import kind_page, kinds_page

    click.echo(kind_page(kind) if kind else kinds_page(), nl=False)


@main.command()
@reported
def schema() -> None:
    """The JSON schema of the spec language, for editors."""
    from archcalc.schema import schema_text

    click.echo(schema_text(), nl=False)


def _choice(options: dict[str, Any], by: str) -> Any:
    from archcalc.layout import Choice

    columns = options.get("columns")
    chosen = {"columns": tuple(word.strip() for word in columns.split(","))} if columns else {}
    return Choice(by=options["by"] or by, depth=options["depth"], **chosen)


def _deliver(reports: Sequence[Any], choice: Any, options: dict[str, Any]) -> None:
    """Reports to the screen or to a file, in the format asked for."""
    from archcalc.layout import summary_table

    format_ = _format(options)
    if format_ == "table" and not options["output"]:
        _show([summary_table(report, choice) for report in reports])
        return
    from archcalc.export import render

    _write(render(reports, format_, choice), options["output"])


def _deliver_tables(tables: Sequence[Any], options: dict[str, Any]) -> None:
    format_ = _format(options)
    if format_ == "table" and not options["output"]:
        _show(tables)
        return
    from archcalc.export import render_tables

    _write(render_tables(tables, format_), options["output"])


def _format(options: dict[str, Any]) -> str:
    format_, output = options["format_"], options["output"]
    if format_ is None and output is None:
        return "table"
    from archcalc.export import FORMATS, format_of

    if format_ is None:
        return format_of(output)
    if format_ not in FORMATS:
        raise ArchcalcError(f"no format {format_!r}; there are {', '.join(FORMATS)}")
    if format_ == "xlsx" and output is None:
        raise ArchcalcError("a workbook is not text; give it a file with -o FILE.xlsx")
    return str(format_)


def _show(tables: Sequence[Any]) -> None:
    from archcalc.tables import show_tables

    show_tables(tables, sys.stdout)


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(data.decode(), nl=False)
        return
    from archcalc.export import write

    write(output, data)
    click.echo(f"{output} written", err=True)


for _command in (memory, verify, sweep, solve, scale, formula, explain):
    _command.callback = reported(_command.callback)  # type: ignore[arg-type]  # each has one
    main.add_command(_command)
