"""The ways of the edges between the boxes of one block; none crosses a box.

An edge to the next row is a curve in the gap between. One that skips rows takes a lane at the side, past their boxes.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from archcalc.drawing.rows import OUT, Link, Point, Rows

LANE = 11  # between lanes
CORNER = 7  # the radius of the corners of a lane
HEAD = 8  # how far a way is straight before it enters a box
BOW = 0.55  # how far from its ends the middle points of a curve lie that is a quarter of a circle
ENTRY, EXIT = 0.3, 0.7  # where lanes enter and leave the side of a box
Step: TypeAlias = tuple[Point, ...]  # one point: a line to it; three: a Bezier curve to the last one


class Way(NamedTuple):
    """The way of an edge, from a point."""

    link: Link
    start: Point
    steps: tuple[Step, ...]


class Ways:
    """The ways of all edges between rows, and the lanes that they take at both sides."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.lanes: dict[int, list[tuple[float, float, float]]] = {-1: [], 1: []}  # how far out, from where, to where
        skipping = [link for link in rows.links if rows.skips(link)]
        skipping.sort(key=lambda link: rows.rank(link.end) - rows.rank(link.start))
        self.found = [*(self.direct(link) for link in rows.links if not rows.skips(link)), *map(self.around, skipping)]

    def outermost(self, side: int) -> float:
        """How far out the last lane of a side is."""
        return self.lanes[side][-1][0] if self.lanes[side] else 0.0

    def direct(self, link: Link) -> Way:
        """From the end of a box to the end of its row, through the gap, and to the box in the next row."""
        start, end = self.leaving(link), self.entering(link)
        if start[1] == end[1]:
            return Way(link, start, ((end,),))
        near = self.rows.span(self.rows.rank(link.start))[1], start[1]
        far = self.rows.span(self.rows.rank(link.end))[0] - HEAD, end[1]
        return Way(link, start, ((near,), _curve(near, far), (end,)))

    def leaving(self, link: Link) -> Point:
        """Where an edge leaves a box along the direction."""
        box = link.start
        return (self.rows.place(box)[0] + self.rows.sizes[box].along if box >= 0 else 0.0), self.rows.starts(link)

    def entering(self, link: Link) -> Point:
        """Where an edge enters a box along the direction."""
        return (self.rows.spans[-1][0] if link.end == OUT else self.rows.place(link.end)[0]), self.rows.ends(link)

    def beside(self, box: int, side: int, part: float) -> Point:
        """A point of the side of a box."""
        (start, axis), size = self.rows.place(box), self.rows.sizes[box]
        return start + part * size.along, axis + (size.after if side > 0 else -size.before)

    def around(self, link: Link) -> Way:
        """Past the rows between; the lane begins and ends at the sides of the boxes, where these are free."""
        rows, side = self.rows, self.rows.side(link)
        first, last = rows.rank(link.start), rows.rank(link.end)
        out, back = rows.is_outermost(link.start, side), rows.is_outermost(link.end, side)
        start = self.beside(link.start, side, EXIT) if out else self.leaving(link)
        end = self.beside(link.end, side, ENTRY) if back else self.entering(link)
        top, bottom = start[0] if out else rows.span(first)[1], end[0] if back else rows.span(last)[0]
        lane = side * self.lane(side, top, bottom, range(first + (not out), last + back))
        ends = start if out else (rows.span(first + 1)[0], start[1]), end if back else (rows.span(last - 1)[1], end[1])
        lanes = [(ends[0][0], lane), (ends[1][0], lane)]
        steps = list(rounded([*[start] * out, *lanes, *[end] * back]))
        if not out:
            steps = [((top, start[1]),), _curve((top, start[1]), lanes[0]), *steps]
        if not back:
            steps += [_curve(lanes[1], (bottom - HEAD, end[1])), (end,)]
        return Way(link, start, tuple(steps))

    def lane(self, side: int, top: float, bottom: float, rows: Iterable[int]) -> float:
        """How far out there is a free lane beside these rows."""
        low, high = self.rows.reach(rows)
        place = (high if side > 0 else -low) + LANE
        for taken, start, end in self.lanes[side]:
            if start < bottom and top < end and abs(place - taken) < LANE:
                place = taken + LANE
        insort(self.lanes[side], (place, top, bottom))
        return place


def _curve(start: Point, end: Point) -> Step:
    """A curve through a gap, which leaves and arrives along the direction."""
    middle = (start[0] + end[0]) / 2
    return (middle, start[1]), (middle, end[1]), end


def rounded(points: Sequence[Point]) -> Iterator[Step]:
    """A way from point to point, at right angles, with round corners."""
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before, CORNER), _towards(corner, after, CORNER)
        yield (near,)
        yield _towards(corner, before, CORNER * (1 - BOW)), _towards(corner, after, CORNER * (1 - BOW)), far
    yield (points[-1],)


def _towards(point: Point, other: Point, distance: float) -> Point:
    """The point at this distance from a point, or half-way, where the other is near."""
    part = min(distance / (abs(other[0] - point[0]) + abs(other[1] - point[1]) or 1.0), 0.5)
    return point[0] + part * (other[0] - point[0]), point[1] + part * (other[1] - point[1])
