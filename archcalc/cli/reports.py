"""The commands that count: summary, compare and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.deliver import FORMAT, OUTPUT, deliver, deliver_tables
from archcalc.cli.knobs import KnobCommand, settled

if TYPE_CHECKING:
    from archcalc.tables.layout import Choice

BY = click.option("--by", type=click.Choice(["layer", "block", "kind"]), help="What a row is.")
DEPTH = click.option("--depth", type=click.IntRange(1), default=1, show_default=True, help="Levels of blocks.")
COLUMNS = click.option("--columns", metavar="A,B,...", help="Which columns, in order.")
FILE = click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True,
                    help="The file; its suffix decides: .md .csv .xlsx .tex .html .json")  # fmt: skip


@click.command(cls=KnobCommand)
@click.argument("network")
@BY
@DEPTH
@COLUMNS
@FORMAT
@OUTPUT
@click.pass_context
def summary(context: click.Context, /, **options: Any) -> None:
    """Every layer's output, parameters and multiply-adds, with totals."""
    deliver(settled(context), _choice(options), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@FORMAT
@OUTPUT
@click.pass_context
def compare(context: click.Context, /, **options: Any) -> None:
    """Totals side by side with ratios to the first, and blocks aligned where they correspond."""
    from archcalc.compare import compare as align
    from archcalc.tables.layout import aligned_table, totals_table

    reports = settled(context)
    comparison = align(reports, options["by"] or "block", options["depth"])
    tables = [totals_table(reports)]
    if comparison.corresponds and len(reports) > 1:
        tables.append(aligned_table(comparison))
    deliver_tables(tables, options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@COLUMNS
@FILE
@click.pass_context
def export(context: click.Context, /, **options: Any) -> None:
    """Write the tables of one or more networks to a file."""
    deliver(settled(context), _choice(options), {**options, "format_": None})


def _choice(options: dict[str, Any]) -> Choice:
    """Rows are layers unless something else, or a depth of blocks, is asked for."""
    from archcalc.tables.layout import Choice

    columns = options["columns"]
    chosen = {"columns": tuple(word.strip() for word in columns.split(","))} if columns else {}
    usual = "layer" if options["depth"] == 1 else "block"
    return Choice(by=options["by"] or usual, depth=options["depth"], **chosen)
