"""Labels beside points: none covers another one, the middle of a point or the edge of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

DISTANCES = (1, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122)  # from the edge of the point, in typographic points
SIXTEENTHS = (0, 8, 2, 14, 4, 12, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11)  # of a turn; beside the point rather than above
LINE = 8  # the distance from which on a line leads to the point
STEPS = 24  # along such a line
MIDDLE = 2  # how much stays free around the middle of a point
GAP = 3  # between labels
NEAR = 60  # where a neighbour makes a label hard to place
CROSSING, COVERING = 50, 4  # how much farther a label may be, so that a line crosses it, or it covers a part of a point
ROUNDS = 8  # of moving labels to better places


class Places(NamedTuple):
    """Where a label may be, as arrays: what it costs, its box (left, low, right, high), its line."""

    cost: Any
    boxes: Any
    lines: Any


def place(panel: Any, points: Sequence[tuple[float, float, float]], texts: Sequence[str], size: float = 7) -> bool:
    """Write texts beside the first points and keep the others free; whether there was room for all.

    A point is a place on the axes with a radius in typographic points, of which the picture has 72 to an inch.
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(panel.figure)
    panel.figure.draw_without_rendering()
    shown = panel.transData.transform([point[:2] for point in points])
    circles = np.column_stack([shown, [point[2] for point in points]])
    artists = [panel.annotate(text, point[:2], (0, 0), textcoords="offset points", fontsize=size, annotation_clip=False,
                              va="bottom")
               for text, point in zip(texts, points, strict=False)]  # fmt: skip
    extents = [artist.get_window_extent(canvas.get_renderer()) for artist in artists]
    edge = panel.get_window_extent().extents
    places = [_places(i, box.width, box.height, edge, circles) for i, box in enumerate(extents)]
    found = _chosen(places, [(np.hypot(*(shown - one).T) < NEAR).sum() for one in shown])
    for artist, (x, y, radius), label in zip(artists, circles, found, strict=False):
        if label is None:
            artist.remove()
            continue
        artist.set_position((label.boxes[0] - x, label.boxes[1] - y))
        if not np.isnan(label.lines[-1][0]):
            panel.annotate("", artist.xy, label.lines[-1] - (x, y), textcoords="offset points", annotation_clip=False,
                           arrowprops={"arrowstyle": "-", "linewidth": 0.5, "alpha": 0.6, "shrinkA": 0,
                                       "shrinkB": radius, "color": artist.get_color()})  # fmt: skip
    return None not in found


def _chosen(places: Sequence[Places], crowd: Sequence[int]) -> list[Places | None]:
    """A place for each label, the most crowded first; then each moves to the best one that the others leave."""
    import numpy as np

    found: list[Places | None] = [None] * len(places)
    for i in [*sorted(range(len(places)), key=lambda i: -crowd[i])] * ROUNDS:
        others = [label for k, label in enumerate(found) if label is not None and k != i]
        cost, boxes, lines = places[i]
        if others:
            taken, led = np.array([one.boxes for one in others]), np.array([one.lines for one in others])
            crossings = _on(lines, taken).sum(axis=1) + _on(led, boxes).sum(axis=0)
            cost = np.where(_meet(boxes, taken, GAP).any(axis=1), np.inf, cost + CROSSING * crossings)
        best = int(np.argmin(cost)) if len(cost) else -1
        found[i] = Places(cost[best], boxes[best], lines[best]) if best >= 0 and np.isfinite(cost[best]) else None
    return found


def _places(i: int, width: float, height: float, edge: Any, circles: Any) -> Places:
    """Places around a point that lie in the picture and cover no point's middle."""
    import numpy as np

    x, y, radius = circles[i]
    away, angle = (grid.ravel() for grid in np.meshgrid(DISTANCES, np.array(SIXTEENTHS) * np.pi / 8, indexing="ij"))
    across, up = np.cos(angle), np.sin(angle)
    left = x + across * (radius + away) + (across - 1) * width / 2
    low = y + up * (radius + away) + (up - 1) * height / 2
    boxes = np.column_stack([left, low, left + width, low + height])
    way = np.clip((x, y), boxes[:, :2], boxes[:, 2:]) - (x, y)
    way[np.hypot(*way.T) <= radius + LINE] = np.nan
    lines = (x, y) + way[:, None] * np.linspace(0, 1, STEPS)[:, None]
    sides = (np.minimum(circles[:, 2:], most) for most in (np.inf, MIDDLE))
    points, middles = (np.hstack([circles[:, :2] - side, circles[:, :2] + side]) for side in sides)
    cost = away + COVERING * _meet(boxes, points).sum(axis=1)
    cost += CROSSING * np.delete(_on(lines, middles), i, axis=1).sum(axis=1)
    inside = (boxes[:, :2] >= edge[:2]).all(axis=1) & (boxes[:, 2:] <= edge[2:]).all(axis=1)
    free = inside & ~_meet(boxes, middles).any(axis=1)
    return Places(cost[free], boxes[free], lines[free])


def _meet(boxes: Any, others: Any, gap: float = 0) -> Any:
    """For each box and each other one, whether they have a place in common."""
    low, high = boxes[:, None, :2] - gap < others[:, 2:], others[:, :2] < boxes[:, None, 2:] + gap
    return (low & high).all(axis=-1)


def _on(lines: Any, boxes: Any) -> Any:
    """For each line and each box, whether the one passes through the other; what is no line passes through none."""
    steps = lines[:, :, None]
    return ((steps > boxes[:, :2]) & (steps < boxes[:, 2:])).all(axis=-1).any(axis=1)
