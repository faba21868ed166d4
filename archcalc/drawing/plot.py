"""A drawing as PDF or PNG, by matplotlib."""

from __future__ import annotations

from typing import Any

from archcalc.core.errors import ArchcalcError
from archcalc.drawing.drawing import Drawing
from archcalc.drawing.page import SCALE, Arrow, Frame, Line, Page, page
from archcalc.drawing.shade import BAR, EDGE, OUTSIDE, PAPER, fill, ink
from archcalc.plots.canvas import Picture

DOTS = 96  # pixels of an inch
POINTS = 0.75  # of a pixel
LARGEST = 19_000  # pixels of a side; a page of a PDF is at most 200 inches long
STEPS = 64  # of the scale of shades
ROUND, THIN = 4, 0.8  # the radius of corners in pixels, and the width of lines in points


def written(drawing: Drawing, format_: str) -> bytes:
    """The contents of the file. Raises ArchcalcError without matplotlib, or where the drawing is too large."""
    placed = page(drawing)
    if max(placed.width, placed.height) > LARGEST:
        raise ArchcalcError(f"the drawing is too large for a {format_.upper()}; give a smaller depth, or write an .svg")
    size = placed.width / DOTS, placed.height / DOTS
    return Picture(lambda figure: _paint(figure, placed), size).written(format_)


def _paint(figure: Any, placed: Page) -> None:
    from matplotlib.patches import Rectangle

    figure.set_layout_engine("none")
    panel = figure.add_axes((0, 0, 1, 1))
    panel.set(xlim=(0, placed.width), ylim=(placed.height, 0))
    panel.axis("off")
    for frame in placed.frames:
        _frame(panel, frame)
    for arrow in placed.arrows:
        _arrow(panel, arrow)
    (x, y), (wide, high) = placed.scale, SCALE
    for step in range(STEPS):
        colour = fill(step / (STEPS - 1))
        panel.add_patch(Rectangle((x + wide * step / STEPS, y), wide / STEPS, high, facecolor=colour, linewidth=0))
    for line in placed.lines:
        _line(panel, line, OUTSIDE)


def _frame(panel: Any, frame: Frame) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    ground = PAPER if frame.box.children else fill(frame.box.shade)
    style: dict[str, Any] = {
        "facecolor": ground,
        "edgecolor": EDGE,
        "linestyle": "--" if frame.box.total is None else "-",
    }
    corner = (frame.x + ROUND, frame.y + ROUND)
    inside = (frame.width - 2 * ROUND, frame.height - 2 * ROUND)
    panel.add_patch(FancyBboxPatch(corner, *inside, f"round,pad={ROUND}", linewidth=THIN, **style))
    if frame.bar:
        panel.add_patch(
            Rectangle((frame.x + 1, frame.y + 2), frame.width - 2, frame.bar - 2, facecolor=BAR, linewidth=0)
        )
    for line in frame.lines:
        _line(panel, line, ink(ground))


def _arrow(panel: Any, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points, codes = [arrow.start], [Path.MOVETO]
    for step in arrow.steps:
        points += step
        codes += [Path.LINETO if len(step) == 1 else Path.CURVE4] * len(step)
    style = "-|>" if arrow.head else "-"
    panel.add_patch(
        FancyArrowPatch(path=Path(points, codes), arrowstyle=style, mutation_scale=6, color=EDGE, linewidth=THIN)
    )


def _line(panel: Any, line: Line, colour: str) -> None:
    side = "right" if line.at_end else "left"
    panel.text(line.x, line.y, line.text, fontsize=line.size * POINTS, color=colour, ha=side, va="baseline")
