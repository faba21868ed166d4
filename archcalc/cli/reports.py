"""The commands that count: summary, compare and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.deliver import FORMAT, OUTPUT, deliver, deliver_tables
from archcalc.cli.knobs import KnobCommand, settled
from archcalc.cli.sweep import FORMAT as TABLE_FORMAT
from archcalc.cli.sweep import OUTPUT as TABLE_OUTPUT

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
    """What each layer of a network costs.

    Output shape, parameters and multiply-adds of every layer, block or kind of layer, with totals.
    """
    deliver(settled(context), _choice(options), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@TABLE_FORMAT
@TABLE_OUTPUT
@click.pass_context
def compare(context: click.Context, /, **options: Any) -> None:
    """Networks side by side.

    Totals with ratios to the first network's, and blocks in one row where they correspond.
    """
    from archcalc.comparison import compare as side_by_side

    found = side_by_side(*settled(context), by=options["by"] or "block", depth=options["depth"])
    deliver_tables(found.tables(), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@COLUMNS
@FILE
@click.pass_context
def export(context: click.Context, /, **options: Any) -> None:
    """Write the tables of networks to a file."""
    deliver(settled(context), _choice(options), {**options, "format_": None})


def _choice(options: dict[str, Any]) -> Choice:
    """Rows are layers unless something else, or a depth of blocks, is asked for."""
    from archcalc.tables.layout import Choice

    columns = options["columns"]
    chosen = {"columns": tuple(word.strip() for word in columns.split(","))} if columns else {}
    usual = "layer" if options["depth"] == 1 else "block"
    return Choice(by=options["by"] or usual, depth=options["depth"], **chosen)
