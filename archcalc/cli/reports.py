"""The commands that count: summary, compare and export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import Command
from archcalc.cli.deliver import CONVENTION, SORT, TABLES, deliver, deliver_tables, writes
from archcalc.cli.knobs import KnobCommand, settled
from archcalc.output import FORMATS

if TYPE_CHECKING:
    from archcalc.report import Report
    from archcalc.tables import Choice

BY = click.option("--by", type=click.Choice(["layer", "block", "kind"]), help="What each row stands for.")
DEPTH = click.option("--depth", type=click.IntRange(1), default=1, show_default=True, help="Levels of blocks to show.")
COLUMNS = click.option("--columns", metavar="A,B,...", help="Which columns, in order; 'archcalc figures' shows them.")


@click.command(cls=KnobCommand)
@click.argument("network")
@BY
@DEPTH
@COLUMNS
@click.option("--only", type=click.Choice(["weights"]), help="Only the rows that have weights; the totals stay.")
@SORT
@CONVENTION
@TABLES
@click.pass_context
def summary(context: click.Context, /, **options: Any) -> None:
    """What each layer of a network costs.

    Output shape, parameters and multiply-adds of every layer, block or kind of layer, with totals.
    """
    deliver(counted(context, options), _choice(options), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@click.option("--columns", metavar="A,B,...", help="Which totals, in order; 'archcalc figures' shows them.")
@click.option("--ratio-to", metavar="NETWORK", help="Which of the networks the ratios refer to.  [default: the first]")
@click.option("--titles", is_flag=True, help="Show networks by their titles, such as ResNet-50, not by their names.")
@SORT
@CONVENTION
@TABLES
@click.pass_context
def compare(context: click.Context, /, **options: Any) -> None:
    """Networks side by side.

    Totals with ratios to the first network's, and blocks in one row where they correspond.
    """
    from archcalc.comparison import compare as side_by_side
    from archcalc.tables import labels

    reports, words, base = counted(context, options), context.obj["words"], options["ratio_to"] or ""
    base = labels(reports)[words.index(base)] if base in words else base
    found = side_by_side(*reports, by=options["by"] or "block", depth=options["depth"], ratio_to=base)
    columns = _choice(options).columns if options["columns"] else ()
    deliver_tables(found.tables(columns, options["titles"]), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@BY
@DEPTH
@COLUMNS
@CONVENTION
@writes(*FORMATS, required=True)
@click.pass_context
def export(context: click.Context, /, **options: Any) -> None:
    """Write the tables of networks to a file."""
    deliver(counted(context, options), _choice(options), options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1)
@TABLES
@click.pass_context
def conventions(context: click.Context, /, **options: Any) -> None:
    """Work by convention, side by side.

    How papers and tools count work. With networks, also the work of one example by each convention.
    """
    from archcalc.tables import conventions_table, figures_table

    reports = settled(context)
    deliver_tables([conventions_table(reports) if reports else figures_table(conventions=True)], options)


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1)
@SORT
@TABLES
@click.pass_context
def published(context: click.Context, /, **options: Any) -> None:
    """What others measured, and printed against exact.

    Accuracies with their sources and test settings, and by which convention printed params and work agree with the
    exact ones: of networks, at the settings behind a name or at all that are recorded; of none named, everything.
    """
    from archcalc.printed import chosen, tables

    deliver_tables(tables(chosen(context.obj["words"])), options)


@click.command(cls=Command)
@TABLES
def figures(**options: Any) -> None:
    """The figures that can be asked for by name."""
    from archcalc.tables import figures_table

    deliver_tables([figures_table()], options)


def counted(context: click.Context, options: dict[str, Any]) -> list[Report]:
    """The reports, with work counted by the chosen convention. Raises ArchcalcError."""
    name = options["convention"]
    return [report.counted_as(name) if name else report for report in settled(context)]


def _choice(options: dict[str, Any]) -> Choice:
    """The chosen rows and columns."""
    from archcalc.tables import choice

    return choice(options["by"] or "", options["depth"], options["columns"] or "", options.get("only") or "")
