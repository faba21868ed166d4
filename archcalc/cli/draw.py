"""The command that draws a network."""

from __future__ import annotations

from typing import Any

import click

from archcalc.cli.deliver import STANDALONE, how, put, writes
from archcalc.cli.knobs import KnobCommand, settled
from archcalc.drawing import DIRECTIONS, FEW, FITS, FORMATS


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option("--depth", type=click.IntRange(1), metavar="N", help="Levels of blocks to open.  [default: as many as "
              f"give at most {FEW} boxes]")  # fmt: skip
@click.option("--figure", default="mult_adds", show_default=True, metavar="NAME",
              help="The number in each box; 'archcalc figures' shows all.")  # fmt: skip
@click.option("--direction", type=click.Choice(DIRECTIONS), default=DIRECTIONS[0], show_default=True,
              help="Where the output is.")  # fmt: skip
@click.option("--fit", type=click.Choice([*FITS]), help="Divide it into columns that fill a page.")
@writes(*FORMATS)
@STANDALONE
@click.pass_context
def draw(context: click.Context, /, **options: Any) -> None:
    """A network as nested boxes.

    Blocks are boxes in boxes, branches stand side by side, skips are arcs, copies of a block are one box. Each box has
    its name, its output and a figure, and is the darker, the larger that is. An .mmd is for Mermaid, a .dot for
    Graphviz.
    """
    from archcalc.drawing.drawing import draw as drawn

    (report,) = settled(context)
    drawing = drawn(report, options["depth"], options["figure"], options["direction"], options["fit"] or "")
    put({options["output"]: drawing.written(options["format"], **how(options))})
