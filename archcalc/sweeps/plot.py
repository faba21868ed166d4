"""A sweep as a picture: cost against a knob, the Pareto front, iso-cost contours.

Each line has a colour, a mark and a dash of its own, so that it reads in black and white too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from archcalc.core.errors import ArchcalcError
from archcalc.core.value import show
from archcalc.figures.figure import heading
from archcalc.plots.canvas import COLOURS, DASHES, GREY, MARKS, WHICH, Picture, better, ink, ticks, units
from archcalc.plots.labels import place
from archcalc.sweeps.ranges import Axis, has_words, input_sizes, size
from archcalc.sweeps.sweep import Advance, Front, Sweep

FIGURES = ("cost", "pareto", "contours")
FINEST = 200  # values of a knob that a picture shows
MOST_LINES = len(COLOURS)
MOST_TICKS = 8
LEVELS = 8


def plot(
    sweep: Sweep,
    figure: str | None = None,
    best: Sequence[str] | None = None,
    dask: str | None = None,
    advance: Advance | None = None,
    dark: bool = False,
) -> Picture:
    """The picture of the sweep. Raises ArchcalcError.

    ``best`` is what a Pareto front prefers of each quantity: less, unless it is an accuracy.
    """
    figure = figure or usual(sweep)
    paint: Any = {"cost": _cost, "contours": _contours}.get(figure)
    if not paint:
        best = best or [better(one) or "min" for one in sweep.asked.values()]
        paint = partial(_pareto, best=best, dask=dask, advance=advance)
    return Picture(lambda canvas: paint(canvas.add_subplot(), sweep), dark=dark)


def usual(sweep: Sweep, stem: str = "") -> str:
    """The figure that the file's name mentions; otherwise contours for two knobs, and the cost for one."""
    named = [name for name in FIGURES if name in stem.lower()]
    return named[0] if named else "contours" if len(_numeric(sweep)) == 2 == len(sweep.axes) else "cost"


def _numeric(sweep: Sweep) -> list[str]:
    """The knobs that have several values, all of them numbers."""
    return [name for name, axis in sweep.axes.items() if size(axis) > 1 and not has_words(axis)]


def _finest(axis: Axis, most: int = FINEST) -> Axis:
    """At most as many values as a picture can show, including both ends."""
    if size(axis) <= most:
        return axis
    return tuple(dict.fromkeys(axis[i * (size(axis) - 1) // (most - 1)] for i in range(most)))


def _knob(sweep: Sweep, name: str) -> str:
    text = sweep.network.knobs[name].help.partition(",")[0].partition(";")[0]
    return f"{name} ({text})" if text and name not in text else text or name


def _label(axis: Any, part: Sweep, name: str) -> None:
    """Label a knob's axis, with the input's size below some values if the knob alone decides it."""
    values, spec = part.axes[name], part.network.spec
    others = input_sizes(spec, {other: own for other, own in part.axes.items() if other != name})
    own = [word for word in input_sizes(spec, {name: values}) if word not in others]
    axis.set_label_text("\n".join([_knob(part, name), *own]))
    if own:
        sizes = [part[word].max(axis=tuple(i for i, knob in enumerate(part.axes) if knob != name)) for word in own]
        places = sorted({i * (size(values) - 1) // (MOST_TICKS - 1) for i in range(MOST_TICKS)})
        known = [[f"{found[i]:,}" for found in sizes if found[i] is not np.ma.masked] for i in places]
        texts = ["\n".join([show(values[i]), *words]) for i, words in zip(places, known, strict=True)]
        axis.set_ticks([float(values[i]) for i in places], texts)


def _values(axis: Axis) -> list[float]:
    return [float(value) for value in axis]


def _floats(sweep: Sweep, name: str) -> Any:
    """A quantity along the knobs, as floats, which are precise enough for a picture; NaN where it is unknown."""
    return np.ma.filled(sweep[name].astype(float), np.nan)


def _cost(panel: Any, sweep: Sweep) -> None:
    """Draw the first quantity against the first numeric knob, a line for each combination of the others."""
    numeric = _numeric(sweep)
    if not numeric:
        raise ArchcalcError("a picture of the cost needs a knob with several values, all numbers")
    name, first = next(iter(sweep.asked)), numeric[0]
    others = {other: _finest(axis, MOST_LINES) for other, axis in sweep.axes.items() if other != first}
    part = Sweep(sweep.network, [name], {first: _finest(sweep.axes[first]), **others})
    costs = _floats(part, name)
    combinations = list(itertools.product(*(range(size(axis)) for axis in others.values())))
    sizes = input_sizes(sweep.network.spec, others)
    chosen = combinations if len(combinations) <= MOST_LINES else _finest(combinations, MOST_LINES)
    for i, (mark, dash, at) in enumerate(zip(MARKS, itertools.cycle(DASHES), chosen, strict=False)):
        place = (slice(None), *at)
        said = [f"{other} = {show(others[other][k])}" for other, k in zip(others, at, strict=True)]
        label = ", ".join([*said, *(f"{word} = {part[word][place].max()}" for word in sizes)])
        line = costs[place]
        dense = len(line) > 40
        style = {"color": f"C{i}", "linestyle": dash, "markevery": max(1, len(line) // 12), "markersize": 4}
        panel.plot(_values(part.axes[first]), line, marker=mark, label=label, linewidth=1.2 if dense else 1, **style)
    _label(panel.xaxis, part, first)
    panel.set_ylabel(_title(name))
    panel.set_ylim(bottom=0)
    more = f" ({len(chosen)} of {len(combinations):,} lines)" if len(chosen) < len(combinations) else ""
    panel.set_title(f"{_net(sweep)}{more}")
    ticks(panel.yaxis, unit=sweep.asked[name].unit)
    if others:
        panel.legend(fontsize=8)


def _pareto(panel: Any, sweep: Sweep, best: Sequence[str], dask: str | None, advance: Advance | None) -> None:
    """The first two quantities against each other; what no other point beats is joined."""
    if len(sweep.asked) < 2 or not set(best) <= {"min", "max"}:
        raise ArchcalcError("a Pareto front needs two quantities, such as mult_adds,params, and min or max for each")
    x, y = list(sweep.asked)[:2]
    front = Front(sweep, (x, y), (1 if best[0] == "min" else -1, 1 if best[1] == "min" else -1))
    for chunk in sweep.chunks(dask=dask, advance=advance):
        front.add(chunk)
    seen, unbeaten = (
        {n: v.astype(float) if n in (x, y) else v for n, v in found.items()} for found in (front.seen, front.best)
    )
    share = "every point" if front.step == 1 else f"every {front.step:,}th point"
    panel.plot(seen[x], seen[y], ".", color=GREY, markersize=3, label=share)
    order = unbeaten[x].argsort()
    panel.plot(unbeaten[x][order], unbeaten[y][order], "o-", color="C0", markersize=4, linewidth=1.2,
               label=f"no point is better in both ({len(order)})")  # fmt: skip
    panel.set_xlabel(f"{_title(x)}{WHICH[best[0]]}")
    panel.set_ylabel(f"{_title(y)}{WHICH[best[1]]}")
    panel.set_title(f"{_net(sweep)}: {sweep.points:,} points of {', '.join(sweep.axes)}")
    ticks(panel.xaxis, unit=sweep.asked[x].unit)
    ticks(panel.yaxis, unit=sweep.asked[y].unit)
    panel.figure.legend(fontsize=8, loc="outside lower center", ncols=2, frameon=False)
    ends = dict.fromkeys((order[0], order[-1]) if len(order) else ())
    told = [", ".join(f"{name} {_short(unbeaten[name][i])}" for name in (*sweep.axes, *sweep.sizes)) for i in ends]
    line = _along(unbeaten[x][order], unbeaten[y][order]) if ends else ()
    place(panel, [*((unbeaten[x][i], unbeaten[y][i], 2) for i in ends), *line], told)


def _along(x: Any, y: Any) -> Iterator[tuple[float, float, float]]:
    """Places all along a line, for labels to keep clear of it."""
    corners = np.linspace(0, 1, len(x))
    some = np.linspace(0, 1, 8 * MOST_LINES)
    return ((*place, 2.0) for place in zip(np.interp(some, corners, x), np.interp(some, corners, y), strict=True))


def _contours(panel: Any, sweep: Sweep) -> None:
    """Draw lines of equal cost over the first two numeric knobs; the others have their first value."""
    numeric = _numeric(sweep)[:2]
    if len(numeric) < 2:
        raise ArchcalcError("contours need two knobs with several values, all numbers")
    name = next(iter(sweep.asked))
    rest = {other: axis[0] for other, axis in sweep.axes.items() if other not in numeric}
    axes = {knob: _finest(sweep.axes[knob]) for knob in numeric}
    part = Sweep(sweep.network, [name], {**axes, **{other: (value,) for other, value in rest.items()}})
    costs = _floats(part, name).reshape(part.shape[:2])
    across, up = (_values(axis) for axis in axes.values())
    if not np.nanmax(costs) > np.nanmin(costs):
        raise ArchcalcError(f"{name} is the same at every point, so there are no lines of equal cost")
    levels = _levels(np.nanmin(costs), np.nanmax(costs))
    panel.contourf(across, up, costs.T, levels=levels, cmap="cividis_r", alpha=0.35, extend="both")
    lines = panel.contour(across, up, costs.T, levels=levels, colors=ink(), linewidths=0.9)
    panel.clabel(lines, fmt=units(sweep.asked[name].unit).format_eng, fontsize=8)
    _label(panel.xaxis, part, numeric[0])
    _label(panel.yaxis, part, numeric[1])
    fixed = "".join(f", {other} = {show(value)}" for other, value in rest.items())
    panel.set_title(f"{_net(sweep)}: {_title(name)}{fixed}")


def _levels(least: float, most: float) -> list[float]:
    """Round costs between the two."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    wide = LogLocator(subs=(1, 2, 5)).tick_values(max(least, 1), most)
    for found in (wide, MaxNLocator(LEVELS, steps=(1, 2, 5, 10)).tick_values(least, most)):
        inside = [level for level in found if least < level < most]
        if len(inside) >= LEVELS / 2:
            break
    return inside


def _net(sweep: Sweep) -> str:
    return str(sweep.network.spec.headings["net"])


def _title(name: str) -> str:
    return heading(name).replace("_", " ")


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{int(value):,}" if value == int(value) else f"{float(value):.4g}"
