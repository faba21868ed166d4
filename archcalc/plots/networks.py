"""Networks as points of a plane, as surveys print them, and one network as bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10, sqrt
from textwrap import wrap
from typing import Any, NamedTuple

from archcalc.address import Address, address
from archcalc.core.bound import AtLeast, lower
from archcalc.core.errors import ArchcalcError, listing
from archcalc.figures.figure import FIGURES
from archcalc.figures.figure import heading as titled
from archcalc.figures.rules import Tally
from archcalc.plots.canvas import COLOURS, GREY, WHICH, Picture, better, ticks, units
from archcalc.plots.labels import place
from archcalc.report import Report, Row
from archcalc.tables import heading, labels

LARGEST, SMALL = 24, 6  # diameter of the largest point, and of all where no figure decides it
ROOM = 20  # labels that a picture of the usual size has room for
LONGEST = 40  # letters of a label in a line
GROWTH, MOST_GROWTH = 1.15, 8  # of a picture without room for its labels, and how often
DIGITS = 3  # of a value beside its bar
MOST_BARS = 150  # rows that fit under each other
LETTERS = 19  # of the small text under a picture that fill an inch
HEAD, HEIGHT, WIDTH = 1.3, 0.17, 2.4  # inches that a picture with bars, a bar, and a panel take


class Point(NamedTuple):
    """A network in the plane."""

    label: str
    family: str
    x: float
    y: float
    size: float | None = None


def points_of(
    reports: Sequence[Report], x: str, y: str, size: str | None = None, title: str = "", dark: bool = False
) -> tuple[Picture, list[str]]:
    """Networks as points, and the names of those that have no place. Raises ArchcalcError."""
    size = size or ("params" if "params" not in (x, y) else None)
    axes = [address(name) for name in (x, y, size) if name]
    found, left = points(reports, axes)
    if not found:
        raise ArchcalcError(f"{listing(map(str, axes))} are not all known of any of these networks: {listing(left)}")
    return Picture(lambda figure: scatter(figure, found, axes, title), dark=dark), left


def bars_of(report: Report, names: Sequence[str], by: str = "block", depth: int = 1, dark: bool = False) -> Picture:
    """What each layer, block or kind of a network has. Raises ArchcalcError."""
    axes = [address(name) for name in names]
    for one in axes:
        if not isinstance(one.entry.rule, Tally) or str(one) not in FIGURES:
            raise ArchcalcError(f"bars are of figures that are sums over layers, such as params; {one} is none")
    rows = [row for row in report.by(by, depth) if any(row.figure(one.entry.name) != 0 for one in axes)]
    if len(rows) > MOST_BARS:
        raise ArchcalcError(f"{report.network} has {len(rows)} rows by {by}; a picture has room for {MOST_BARS}")
    size = 1.5 + WIDTH * len(axes), HEAD + HEIGHT * len(rows)
    return Picture(lambda figure: bars(figure, rows, axes, heading(report)), size, dark)


def points(reports: Sequence[Report], axes: Sequence[Address]) -> tuple[list[Point], list[str]]:
    """The networks of which all these figures are known, and the names of the others. Raises ArchcalcError."""
    found, left = [], []
    for report, label in zip(reports, labels(reports, titles=True), strict=True):
        values: list[Any] = [one.of(report) for one in axes]
        if any(value is None for value in values):
            left.append(report.label)
            continue
        family = report.spec.headings.get("family", "") if report.spec else ""
        found.append(Point(label, family, *map(float, values)))
    return found, left


def scatter(figure: Any, found: Sequence[Point], axes: Sequence[Address], title: str = "") -> None:
    """Each network at its exact values with its name beside it; the area of a point is the third figure, if any."""
    figure.set_size_inches(figure.get_size_inches() * max(1, sqrt(len(found) / ROOM)))
    panel = figure.add_subplot()
    families = list(dict.fromkeys(point.family for point in found))
    largest = max(point.size or 0 for point in found)
    areas = [LARGEST**2 * point.size / largest if point.size else SMALL**2 for point in found]
    for area, point in sorted(zip(areas, found, strict=True), reverse=True):
        colour = f"C{families.index(point.family) % len(COLOURS)}"
        panel.scatter([point.x], [point.y], [area], color=colour, alpha=0.6, edgecolor=colour, zorder=2)
    sides = (panel.xaxis, [point.x for point in found]), (panel.yaxis, [point.y for point in found])
    for (axis, values), one in zip(sides, axes, strict=False):
        ticks(axis, values, one.unit)
        axis.set_label_text(f"{titled(str(one))}{WHICH.get(better(one), '')}")
    panel.set_title(title)
    panel.margins(0.12)
    if largest:
        _legend(figure, axes[2], largest)
    _caption(figure, axes)
    names = ["\n".join(wrap(point.label, LONGEST)) for point in found]
    circles = [(point.x, point.y, sqrt(area) / 2) for point, area in zip(found, areas, strict=True)]
    for _ in range(MOST_GROWTH):
        if place(panel, circles, names):
            break
        for text in [*panel.texts]:
            text.remove()
        figure.set_size_inches(figure.get_size_inches() * GROWTH)
    else:
        raise ArchcalcError(f"{len(found)} names do not fit into a picture; draw fewer networks")
    figure.set_layout_engine("none")  # the labels fit this layout


def _legend(figure: Any, size: Address, largest: float) -> None:
    """Three points of round sizes, such as 100M, 20M, 5M."""
    from matplotlib.lines import Line2D

    powers = [10 ** int(log10(largest * part)) for part in (1, 1 / 4, 1 / 20)]
    shown = [max(digit * power for digit in (1, 2, 5) if digit == 1 or digit * power <= largest * part)
             for power, part in zip(powers, (1, 1 / 4, 1 / 20), strict=True)]  # fmt: skip
    handles = [Line2D([], [], marker="o", linestyle="", color=GREY, markersize=LARGEST * sqrt(value / largest))
               for value in shown]  # fmt: skip
    figure.legend(handles, map(units(size.unit), shown), title=titled(str(size)), loc="outside right upper",
                  frameon=False, labelspacing=1.2, fontsize=8, title_fontsize=8)  # fmt: skip


def _caption(figure: Any, axes: Sequence[Address]) -> None:
    """What the figures mean, under the picture."""
    entries = dict.fromkeys(one.entry for one in axes)
    text = " ".join(f"{entry.heading}: {entry.meaning}" for entry in entries if entry.meaning)
    lines = wrap(text, int(figure.get_figwidth() * LETTERS))
    figure.supxlabel("\n".join(lines), fontsize=6.5, x=0.01, ha="left")


def bars(figure: Any, rows: Sequence[Row], axes: Sequence[Address], title: str) -> None:
    """A panel for each figure, a bar for each row, with its value; the first row is on top."""
    from matplotlib.ticker import MaxNLocator

    panels = figure.subplots(1, len(axes), sharey=True, squeeze=False)[0]
    for i, (panel, one) in enumerate(zip(panels, axes, strict=True)):
        values = [row.shown(one.entry.name) for row in rows]
        widths = [float(lower(value)) for value in values]
        panel.barh(range(len(rows)), widths, color=f"C{i}", height=0.7)
        for row, (value, width) in enumerate(zip(values, widths, strict=True)):
            text = _beside(value, one.unit)
            panel.annotate(text, (width, row), (2, 0), textcoords="offset points", va="center", fontsize=7)
        ticks(panel.xaxis, unit=one.unit)
        room = 1.7 if any(isinstance(value, AtLeast) for value in values) else 1.35
        panel.set_xlim(0, room * max(widths) or 1)
        panel.xaxis.set_major_locator(MaxNLocator(3, steps=(1, 2, 5, 10)))
        panel.tick_params(axis="x", labelsize=8)
        panel.set_title(one.entry.heading, fontsize=9)
        panel.grid(axis="y", visible=False)
    panels[0].set_yticks(range(len(rows)), [row.name for row in rows], fontsize=7)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.suptitle(title, fontsize=10)
    _caption(figure, axes)


def _beside(value: Any, unit: str) -> str:
    """The text beside a bar: a number in few digits; a bound is rounded down."""
    if isinstance(value, AtLeast):
        return value.written(lambda bound: _beside(bound - bound % 10 ** max(0, len(str(bound)) - DIGITS), unit))
    return "?" if value is None else str(units(unit)(float(f"{value:.{DIGITS}g}")))
