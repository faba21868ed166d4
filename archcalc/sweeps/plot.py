"""A sweep as a picture: cost against a knob, the Pareto front, iso-cost contours.

Each line has a colour of its own that the colour-blind can tell apart (Okabe and Ito), and a mark and a dash of its
own, so that it reads in black and white too.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.errors import ArchcalcError, listing
from archcalc.needed import needed
from archcalc.sweeps.ranges import Axis, has_words, size
from archcalc.sweeps.sizes import input_sizes
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Advance, Sweep

FIGURES = ("cost", "pareto", "contours")
SUFFIXES = ("svg", "pdf", "png")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKS, DASHES = "osD^vP*X", ("-", "--", "-.", ":")
FINEST = 200  # values of a knob that a picture shows
MOST_LINES = len(COLOURS)
MOST_TICKS = 8
LEVELS = 8
STYLE = {"svg.hashsalt": "archcalc", "svg.fonttype": "none", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3}


def plot(
    sweep: Sweep,
    path: Path,
    figure: str | None = None,
    best: tuple[str, ...] = ("min", "max"),
    dask: str | None = None,
    advance: Advance | None = None,
) -> None:
    """Write the picture; its suffix decides the format. ``best``: min or max of each quantity. Raises ArchcalcError."""
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in SUFFIXES:
        raise ArchcalcError(f"{path}: a picture is written as {listing(f'.{name}' for name in SUFFIXES)}")
    matplotlib = needed("matplotlib", "a picture", "plot")
    from matplotlib.figure import Figure

    from archcalc.export import write

    figure = figure or usual(sweep, path.stem)
    with matplotlib.rc_context({**STYLE, "text.parse_math": False}):  # dollar signs in a title are no formula
        canvas = Figure(figsize=(6.4, 4.4), layout="constrained")
        panel = canvas.add_subplot()
        if figure == "pareto":
            _pareto(panel, sweep, best, dask, advance)
        else:
            {"cost": _cost, "contours": _contours}[figure](panel, sweep)
        data = saved(canvas, suffix)
    write(path, data)


def saved(canvas: Any, format_: str) -> bytes:
    """A matplotlib figure as the bytes of a file; a character that the font lacks becomes a box, without a warning."""
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        canvas.savefig(file, format=format_, dpi=200, metadata={"Date": None} if format_ == "svg" else None)
    return file.getvalue()


def usual(sweep: Sweep, stem: str) -> str:
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
    import numpy as np

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


def _masked(sweep: Sweep, name: str) -> Any:
    """A quantity along the knobs, as masked floats, which are precise enough for a picture."""
    import numpy as np

    found = sweep[name]
    return np.ma.filled(found.astype(float), np.nan)


def _cost(panel: Any, sweep: Sweep) -> None:
    """Draw the first quantity against the first numeric knob, a line for each combination of the others."""
    numeric = _numeric(sweep)
    if not numeric:
        raise ArchcalcError("a picture of the cost needs a knob with several values, all numbers")
    from archcalc.sweeps.sweep import Sweep as Part

    name, first = next(iter(sweep.asked)), numeric[0]
    others = {other: _finest(axis, MOST_LINES) for other, axis in sweep.axes.items() if other != first}
    part = Part(sweep.network, [name], {first: _finest(sweep.axes[first]), **others})
    costs = _masked(part, name)
    combinations = list(itertools.product(*(range(size(axis)) for axis in others.values())))
    sizes = input_sizes(sweep.network.spec, others)
    chosen = combinations if len(combinations) <= MOST_LINES else _finest(combinations, MOST_LINES)
    for (colour, mark, dash), at in zip(_styles(), chosen, strict=False):
        place = (slice(None), *at)
        said = [f"{other} = {show(others[other][i])}" for other, i in zip(others, at, strict=True)]
        label = ", ".join([*said, *(f"{word} = {part[word][place].max()}" for word in sizes)])
        line = costs[place]
        dense = len(line) > 40
        style = {"color": colour, "linestyle": dash, "markevery": max(1, len(line) // 12), "markersize": 4}
        panel.plot(_values(part.axes[first]), line, marker=mark, label=label, linewidth=1.2 if dense else 1, **style)
    _label(panel.xaxis, part, first)
    panel.set_ylabel(_title(name))
    panel.set_ylim(bottom=0)
    more = f" ({len(chosen)} of {len(combinations):,} lines)" if len(chosen) < len(combinations) else ""
    panel.set_title(f"{_net(sweep)}{more}")
    _engineering(panel.yaxis)
    if others:
        panel.legend(fontsize=8)


def _pareto(panel: Any, sweep: Sweep, best: tuple[str, ...], dask: str | None, advance: Advance | None) -> None:
    """Draw the first two quantities against each other, with a line through the Pareto front."""
    if len(sweep.asked) < 2 or not set(best) <= {"min", "max"}:
        raise ArchcalcError("a Pareto front needs two quantities, such as mult_adds,params, and min or max for each")
    from archcalc.sweeps.front import Front

    x, y = list(sweep.asked)[:2]
    front = Front(sweep, (x, y), (1 if best[0] == "min" else -1, 1 if best[1] == "min" else -1))
    for chunk in sweep.chunks(dask=dask, advance=advance):
        front.add(chunk)
    seen, unbeaten = (
        {n: v.astype(float) if n in (x, y) else v for n, v in found.items()} for found in (front.seen, front.best)
    )
    share = "every point" if front.step == 1 else f"every {front.step:,}th point"
    panel.plot(seen[x], seen[y], ".", color="#999999", markersize=3, label=share)
    order = unbeaten[x].argsort()
    panel.plot(unbeaten[x][order], unbeaten[y][order], "o-", color=COLOURS[0], markersize=4, linewidth=1.2,
               label=f"no point is better in both ({len(order)})")  # fmt: skip
    for i in (order[0], order[-1]) if len(order) else ():
        place = ", ".join(f"{name} {_short(unbeaten[name][i])}" for name in (*sweep.axes, *sweep.sizes))
        panel.annotate(place, (unbeaten[x][i], unbeaten[y][i]), fontsize=7, xytext=(5, -9), textcoords="offset points")
    words = {"min": "less is better", "max": "more is better"}
    panel.set_xlabel(f"{_title(x)} ({words[best[0]]})")
    panel.set_ylabel(f"{_title(y)} ({words[best[1]]})")
    panel.set_title(f"{_net(sweep)}: {sweep.points:,} points of {', '.join(sweep.axes)}")
    _engineering(panel.xaxis)
    _engineering(panel.yaxis)
    panel.legend(fontsize=8)


def _contours(panel: Any, sweep: Sweep) -> None:
    """Draw lines of equal cost over the first two numeric knobs; the others have their first value."""
    numeric = _numeric(sweep)[:2]
    if len(numeric) < 2:
        raise ArchcalcError("contours need two knobs with several values, all numbers")
    import numpy as np
    from matplotlib.ticker import EngFormatter

    from archcalc.sweeps.sweep import Sweep as Part

    name = next(iter(sweep.asked))
    rest = {other: axis[0] for other, axis in sweep.axes.items() if other not in numeric}
    axes = {knob: _finest(sweep.axes[knob]) for knob in numeric}
    part = Part(sweep.network, [name], {**axes, **{other: (value,) for other, value in rest.items()}})
    costs = _masked(part, name)
    costs = np.squeeze(costs, axis=tuple(range(2, costs.ndim)))
    across, up = (_values(axis) for axis in axes.values())
    if not np.nanmax(costs) > np.nanmin(costs):
        raise ArchcalcError(f"{name} is the same at every point, so there are no lines of equal cost")
    levels = np.geomspace(max(np.nanmin(costs), 1), np.nanmax(costs), LEVELS + 2)[1:-1]
    if not levels[0] < levels[-1]:
        levels = np.linspace(np.nanmin(costs), np.nanmax(costs), LEVELS + 2)[1:-1]
    panel.contourf(across, up, costs.T, levels=levels, cmap="cividis_r", alpha=0.35, extend="both")
    lines = panel.contour(across, up, costs.T, levels=levels, colors="black", linewidths=0.9)
    panel.clabel(lines, fmt=EngFormatter(places=0, sep="").format_eng, fontsize=8)
    _label(panel.xaxis, part, numeric[0])
    _label(panel.yaxis, part, numeric[1])
    fixed = "".join(f", {other} = {show(value)}" for other, value in rest.items())
    panel.set_title(f"{_net(sweep)}: {_title(name)}{fixed}")


def _styles() -> Iterator[tuple[str, str, str]]:
    return zip(COLOURS, MARKS, itertools.cycle(DASHES), strict=False)


def _engineering(axis: Any) -> None:
    from matplotlib.ticker import EngFormatter

    axis.set_major_formatter(EngFormatter(sep=""))


def _net(sweep: Sweep) -> str:
    return str(sweep.network.spec.headings["net"])


def _title(name: str) -> str:
    return name.replace("mult_adds", "mult-adds").replace("_", " ")


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{int(value):,}" if value == int(value) else f"{float(value):.4g}"
