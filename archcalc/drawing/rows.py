"""Where the boxes of one block stand: in rows, each box after all of which it takes the output.

Places are measured along the direction of the drawing, and across it from the axis on which single boxes stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

GAP, CROSSED = 16, 36  # between rows: where all edges are straight, and where some are not
SLOPE, WIDEST = 0.06, 80  # a gap is so much of how far edges go to the side in it, and at most so wide
BESIDE = 12  # between the boxes of a row
PORT = 14  # between edges that pass the border of a block at different places
IN, OUT = -1, -2  # in place of the number of a box: the border of the block around
Point: TypeAlias = tuple[float, float]  # along, across


class Link(NamedTuple):
    """An edge, or the part of an edge, within one block: between boxes of it, or between a box and its border."""

    start: int
    end: int
    leaf: int  # from which the whole edge comes


class Size(NamedTuple):
    """How far a box reaches along the direction, and across it to both sides of its axis."""

    along: float
    before: float
    after: float
    inputs: dict[int, float]  # where the edge from each leaf enters, from the axis; a leaf is entered at its axis
    outputs: dict[int, float]
    is_leaf: bool


def ports(leaves: Iterable[int]) -> dict[int, float]:
    """Where edges pass the border of a block: that of the last leaf at its axis, those of earlier ones beside it."""
    return {leaf: PORT * place for place, leaf in enumerate(sorted({*leaves}, reverse=True))}


class Rows:
    """The boxes of one block in rows, which are as far apart as the edges between them need."""

    def __init__(self, sizes: Sequence[Size], links: Sequence[Link]) -> None:
        self.sizes, self.links = sizes, links
        self.inputs = ports(link.leaf for link in links if link.start == IN)
        self.outputs = ports(link.leaf for link in links if link.end == OUT)
        self.ranks = _ranks(len(sizes), links)
        self.rows: list[list[int]] = [[] for _ in range(max(self.ranks, default=-1) + 1)]
        for box, rank in enumerate(self.ranks):
            self.rows[rank].append(box)

    def rank(self, box: int) -> int:
        """The row of a box; the border is before the first and after the last one."""
        return -1 if box == IN else len(self.rows) if box == OUT else self.ranks[box]

    def skips(self, link: Link) -> bool:
        """Whether an edge passes a row."""
        return self.rank(link.end) - self.rank(link.start) > 1

    def side(self, link: Link) -> int:
        """At which side an edge passes rows: -1 before the boxes, 1 after them."""
        return -1 if min(self.starts(link), self.ends(link)) < 0 else 1

    def is_outermost(self, box: int, side: int) -> bool:
        """Whether an edge can leave or enter a box there: it has no others in it, and none stands beside it."""
        if box < 0 or not self.sizes[box].is_leaf:
            return False
        return self.axes[box] == (max if side > 0 else min)(self.axes[other] for other in self.rows[self.ranks[box]])

    @cached_property
    def middle(self) -> list[list[int]]:
        """Of each row the boxes from which an edge leads to the next row; all where there is none."""
        leading = {link.start for link in self.links if not self.skips(link)}
        return [[box for box in row if box in leading] or row for row in self.rows]

    @cached_property
    def axes(self) -> list[float]:
        """The axis of each box. The middle of a row stands in the middle, one box on its axis; the others follow."""
        found = [0.0] * len(self.sizes)
        for row, middle in zip(self.rows, self.middle, strict=True):
            wide = sum(self.sizes[box].before + self.sizes[box].after + BESIDE for box in middle) - BESIDE
            place = -wide / 2 if len(middle) > 1 else -self.sizes[middle[0]].before
            for box in (*middle, *(box for box in row if box not in middle)):
                found[box] = place + self.sizes[box].before
                place += self.sizes[box].before + self.sizes[box].after + BESIDE
        return found

    def starts(self, link: Link) -> float:
        """Where across an edge leaves its box."""
        if link.start == IN:
            return self.inputs[link.leaf]
        return self.axes[link.start] + self.sizes[link.start].outputs.get(link.leaf, 0.0)

    def ends(self, link: Link) -> float:
        """Where across an edge enters its box."""
        if link.end == OUT:
            return self.outputs[link.leaf]
        return self.axes[link.end] + self.sizes[link.end].inputs.get(link.leaf, 0.0)

    @cached_property
    def gaps(self) -> list[float]:
        """How far each row is from the one before: the farther, the farther edges go to the side between them."""
        found = [float(GAP)] * (len(self.rows) + 1)
        for link in self.links:
            starts, ends = self.starts(link), self.ends(link)
            if not self.skips(link):
                self.widen(found, self.rank(link.end), ends - starts)
                continue
            side = self.side(link)
            reach = self.reach(range(len(self.rows)))[side > 0]
            if not self.is_outermost(link.start, side):
                self.widen(found, self.rank(link.start) + 1, reach - starts)
            if not self.is_outermost(link.end, side):
                self.widen(found, self.rank(link.end), reach - ends)
        return found

    def widen(self, gaps: list[float], rank: int, distance: float) -> None:
        """Make the gap before a row wide enough for an edge that goes so far to the side."""
        if distance:
            gaps[rank] = max(gaps[rank], min(max(SLOPE * abs(distance), CROSSED), WIDEST))

    @cached_property
    def spans(self) -> list[tuple[float, float]]:
        """Where each row starts and ends; the last one is the border."""
        found, place = [], 0.0
        for rank in range(len(self.rows) + 1):
            place += self.gaps[rank]
            row = self.rows[rank] if rank < len(self.rows) else []
            longest = max((self.sizes[box].along for box in row), default=0.0)
            found.append((place, place + longest))
            place += longest
        return found

    def span(self, rank: int) -> tuple[float, float]:
        """Where a row starts and ends; the border before the first one is at 0."""
        return self.spans[rank] if rank >= 0 else (0.0, 0.0)

    def place(self, box: int) -> Point:
        """Where a box starts along the direction, and its axis; it stands in the middle of its row."""
        start, end = self.span(self.ranks[box])
        return (start + end - self.sizes[box].along) / 2, self.axes[box]

    def reach(self, rows: Iterable[int]) -> tuple[float, float]:
        """How far the boxes of these rows reach across, to both sides."""
        boxes = [box for rank in rows for box in self.rows[rank]]
        low = min((self.axes[box] - self.sizes[box].before for box in boxes), default=0.0)
        return low, max((self.axes[box] + self.sizes[box].after for box in boxes), default=0.0)


def _ranks(count: int, links: Iterable[Link]) -> list[int]:
    """One row after the last box of which it takes the output; an edge leads from an earlier box to a later one."""
    found = [0] * count
    for link in sorted((link for link in links if link.start >= 0 and link.end >= 0), key=lambda link: link.end):
        found[link.end] = max(found[link.end], found[link.start] + 1)
    return found
