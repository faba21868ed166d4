"""The roofline as a picture, with a point for each layer on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import cycle
from typing import Any

from archcalc.plots.canvas import COLOURS, MARKS, Picture
from archcalc.verify.timing import Ceilings, LayerTime, Timed

GIGA = 1e9


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def roofline_picture(studies: Sequence[Timed], format_: str = "svg") -> bytes:
    """A picture with a panel for each mode. Layers without multiply-adds are not on it. Raises ArchcalcError."""

    def paint(figure: Any) -> None:
        panels = figure.subplots(1, len(studies), squeeze=False)[0]
        for panel, timed in zip(panels, studies, strict=True):
            _panel(panel, timed)

    return Picture(paint, (6 * len(studies), 5)).written(format_)


def points(timed: Timed) -> dict[str, list[LayerTime]]:
    """The layers that are points of the picture, by kind."""
    found: dict[str, list[LayerTime]] = {}
    for layer in timed.layers:
        if layer.work.operations and layer.seconds:
            found.setdefault(layer.work.kind, []).append(layer)
    return found


def roof(ceilings: Ceilings, intensities: Sequence[float]) -> tuple[list[float], list[float]]:
    """The corners of the roof: intensities and operations per second."""
    ends = [min([*intensities, ceilings.ridge]) / 2, ceilings.ridge, max([*intensities, ceilings.ridge]) * 2]
    return ends, [min(ceilings.operations, ceilings.bandwidth * x) for x in ends]


def _panel(panel: Any, timed: Timed) -> None:
    groups = points(timed)
    corners, heights = roof(timed.ceilings, [one.work.intensity for group in groups.values() for one in group])
    panel.loglog(corners, [height / GIGA for height in heights], color="black", linewidth=1)
    for mark, colour, (kind, group) in zip(cycle(MARKS), cycle(COLOURS), groups.items(), strict=False):
        reached = [one.work.operations / one.seconds / GIGA for one in group]
        panel.loglog([one.work.intensity for one in group], reached, mark, color=colour, label=kind, markersize=4)
    panel.set_title(f"{timed.label}, {timed.mode}, batch {timed.batch}")
    panel.set_xlabel("operations for each byte")
    panel.set_ylabel("G operations per second")
    if groups:
        panel.legend(loc="lower right")
