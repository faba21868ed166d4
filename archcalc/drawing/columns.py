"""The whole drawing in one column, or in as many as fill a page best, with one edge from each to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archcalc.drawing import FITS
from archcalc.drawing.cells import Content, content, outermost
from archcalc.drawing.drawing import Drawing
from archcalc.drawing.rows import IN, OUT, Link, Point
from archcalc.drawing.ways import Step, rounded

GUTTER, TURN = 44, 12  # between two columns; how far the edge between them goes on before it turns
MOST = 12  # columns


class Columns:
    """The columns of a drawing, beside each other; where it goes to the right they are rows below each other."""

    def __init__(self, drawing: Drawing) -> None:
        whole = content(*outermost(drawing))
        choices = [_divided(whole, count) for count in range(1, (MOST if drawing.fit else 1) + 1)]
        self.parts = max(choices, key=lambda parts: _scale(parts, drawing))  # the first of equal ones

    @property
    def turn(self) -> float:
        """The space that the edges between columns need before and after these."""
        return TURN if len(self.parts) > 1 else 0.0

    @property
    def along(self) -> float:
        """How far they reach along the direction."""
        return _along(self.parts)

    @property
    def across(self) -> float:
        """How far they reach across."""
        return _across(self.parts)

    def axes(self) -> list[float]:
        """The axis of each column, from the edge of the first one."""
        places, place = [], 0.0
        for part in self.parts:
            places.append(place + part.before)
            place += part.before + part.after + GUTTER
        return places

    def ways(self) -> Iterator[tuple[Point, Sequence[Step]]]:
        """The ways from each column to the next, from where the columns start."""
        for (axis, part), (other, following) in pairwise(zip(self.axes(), self.parts, strict=True)):
            if part.rows.outputs:
                between = other - following.before - GUTTER / 2
                start, end = (part.along, axis), (0.0, other)
                turns = [(part.along + TURN, axis), (part.along + TURN, between), (-TURN, between), (-TURN, other)]
                yield start, tuple(rounded([start, *turns, end]))


def _along(parts: Sequence[Content]) -> float:
    return max(part.along for part in parts) + (2 * TURN if len(parts) > 1 else 0.0)


def _across(parts: Sequence[Content]) -> float:
    return sum(part.before + part.after + GUTTER for part in parts) - GUTTER


def _scale(parts: Sequence[Content], drawing: Drawing) -> float:
    """How large the drawing is where it fills the page."""
    across, along = _across(parts), _along(parts)
    wide, high = FITS.get(drawing.fit, (1.0, 1.0))
    return min(wide / across, high / along) if drawing.direction == "down" else min(wide / along, high / across)


def _divided(whole: Content, count: int) -> list[Content]:
    """So many columns of about the same length, or fewer, where it can be divided in few places."""
    rows, breaks = whole.rows, [*_breaks(whole)]
    goals = [whole.along * part / count for part in range(1, count)] if breaks else []
    ends = sorted({min(breaks, key=lambda rank: abs(rows.span(rank)[1] - goal)) + 1 for goal in goals})
    return [_part(whole, range(*part)) for part in pairwise([0, *ends, len(rows.rows)])]


def _breaks(whole: Content) -> Iterator[int]:
    """The rows after which only edges from one box go on."""
    for rank in range(len(whole.rows.rows) - 1):
        passing = {
            link.leaf for link in whole.rows.links if whole.rows.rank(link.start) <= rank < whole.rows.rank(link.end)
        }
        if len(passing) == 1:
            yield rank


def _part(whole: Content, ranks: range) -> Content:
    """These rows of the drawing, with its border in place of the boxes in other rows."""
    boxes = [box for box, rank in enumerate(whole.rows.ranks) if rank in ranks]
    number = {box: i for i, box in enumerate(boxes)}
    links = dict.fromkeys(
        Link(number.get(link.start, IN), number.get(link.end, OUT), link.leaf)
        for link in whole.rows.links
        if link.start in number or link.end in number
    )
    return content([whole.children[box] for box in boxes], [*links])
