"""The command that draws networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import families
from archcalc.cli.deliver import FilePath, tell
from archcalc.cli.knobs import KnobCommand, settled
from archcalc.cli.reports import BY, DEPTH
from archcalc.cli.sweep import DARK
from archcalc.core.errors import ArchcalcError, listing

if TYPE_CHECKING:
    from archcalc.report import Report


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1)
@click.option("--family", default="", help="The networks of this family.", shell_complete=families)
@click.option("--x", default="mult_adds", show_default=True, metavar="FIGURE", help="What is to the right.")
@click.option("--y", default="top1", show_default=True, metavar="FIGURE", help="What is upwards.")
@click.option("--area", metavar="FIGURE", help="What the area of a point is.  [default: params, where no axis is]")
@click.option("--bars", metavar="A,B,...", help="Bars of these figures of one network instead, by --by.")
@BY
@DEPTH
@DARK
@click.option("-o", "--output", type=FilePath(), metavar="FILE", required=True,
              help="The file; its suffix decides: .svg .pdf .png")  # fmt: skip
@click.pass_context
def plot(context: click.Context, /, **options: Any) -> None:
    """Draw networks as points, or one as bars.

    Cost against accuracy, or any figure of 'archcalc figures' against another: of networks, of a --family, or of none
    named all that there are. With --bars what each layer or block of one network has.
    """
    from archcalc.plots import networks
    from archcalc.plots.canvas import format_of

    format_of(options["output"])
    if options["bars"]:
        reports = settled(context)
        if len(reports) != 1:
            raise ArchcalcError(f"bars are of one network, as in 'archcalc plot vgg16 --bars params -o FILE', "
                                f"and here are {len(reports)}")  # fmt: skip
        picture = networks.bars_of(reports[0], options["bars"].split(","), options["by"] or "block", options["depth"],
                                   options["dark"])  # fmt: skip
    else:
        picture, left = networks.points_of(_reports(context, options["family"]), options["x"], options["y"],
                                           options["area"], options["family"], options["dark"])  # fmt: skip
        if left:
            tell(f"not shown, since a figure of them is not known: {listing(left)}")
    picture.write(options["output"])
    tell(f"{options['output']} written")


def _reports(context: click.Context, family: str) -> list[Report]:
    """Those named and those of the family; all where neither is given. Raises ArchcalcError."""
    from archcalc.model import reference
    from archcalc.spec.library import KIND, choose

    found = settled(context)
    chosen = choose(family=family, kind=KIND) if family or not found else []
    return found + [reference(entry.name).summary({}) for entry in sorted(chosen, key=lambda entry: entry.rank)]
