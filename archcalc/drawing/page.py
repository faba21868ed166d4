"""The whole drawing on a page: frames with lines of text, ways of edges, the title and the legend, in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcalc.drawing.cells import APART, EDGE, LEADING, PAD, SMALL, Cell, Content, leading
from archcalc.drawing.columns import Columns
from archcalc.drawing.drawing import Box, Drawing
from archcalc.drawing.letters import lines, width
from archcalc.drawing.rows import Point
from archcalc.drawing.ways import Step

TITLE = 15  # size of the type
BASE = 0.96  # from the top of a line to the ground on which its letters stand, for a size of 1
MARGIN = 10  # around all
PROSE = 440  # how wide the text below the drawing is at least
MOST_LINES = 12  # of a note
SCALE = 140, 9  # width and height of the scale of shades


class Line(NamedTuple):
    """A line of text."""

    text: str
    x: float  # where it begins, or ends
    y: float  # the ground on which the letters stand
    size: float
    of: str  # what it says: name, kind, output or figure of a box; title, note
    at_end: bool = False  # whether x is where it ends


class Frame(NamedTuple):
    """A box at its place."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    bar: float  # the height of the bar with the texts, of a box that has others in it
    lines: tuple[Line, ...]


class Arrow(NamedTuple):
    """The way of an edge, and whether it ends there with a head."""

    start: Point
    steps: tuple[Step, ...]
    head: bool


class Page(NamedTuple):
    """A drawing in pixels from the upper left corner. Each frame comes before those that stand in it."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    arrows: tuple[Arrow, ...]
    lines: tuple[Line, ...]  # outside of the frames
    scale: Point  # the upper left corner of the scale of shades


def page(drawing: Drawing) -> Page:
    """The drawing with its title above and its legend below."""
    columns, placed = Columns(drawing), _Placed(drawing.direction == "down")
    wide, high = placed.turned(columns.along, columns.across)
    room = max(wide, PROSE)
    title = [*_prose(drawing.title, MARGIN, TITLE, "title", room)]
    clear = columns.turn / 2 if drawing.direction == "down" else 0.0  # of an edge that goes up to turn
    left, top = MARGIN + (room - wide) / 2, title[-1].y + TITLE * (LEADING - BASE) + clear
    placed.columns(columns, (left, top))
    scale = MARGIN + width("0", SMALL) + PAD, top + high + MARGIN
    notes = [*_ends(scale, drawing.darkest)]
    for note in drawing.notes:
        notes += _prose(note, notes[-1].y + EDGE, SMALL, "note", room)
    return Page(
        room + 2 * MARGIN, notes[-1].y + MARGIN, tuple(placed.frames), tuple(placed.arrows), (*title, *notes), scale
    )


def _prose(text: str, top: float, size: float, of: str, room: float) -> Iterator[Line]:
    for number, line in enumerate(lines(text, size, room, MOST_LINES)):
        yield Line(line, MARGIN, top + size * (LEADING * number + BASE), size, of)


def _ends(scale: Point, darkest: str) -> Iterator[Line]:
    """What stands at both ends of the scale of shades."""
    x, y = scale
    ground = y + SCALE[1]
    yield Line("0", MARGIN, ground, SMALL, "note")
    yield Line(darkest, x + SCALE[0] + PAD, ground, SMALL, "note")


class _Placed:
    """The frames and ways of a drawing that goes down, or to the right."""

    def __init__(self, down: bool) -> None:
        self.down = down
        self.frames: list[Frame] = []
        self.arrows: list[Arrow] = []

    def columns(self, columns: Columns, corner: Point) -> None:
        """Place everything from this corner on."""
        along, across = self.turned(*corner)
        along += columns.turn
        for part, axis in zip(columns.parts, columns.axes(), strict=True):
            self.inside(part, (along, across + axis))
        for start, steps in columns.ways():
            self.way((along, across), start, steps, False)

    def inside(self, content: Content, origin: Point) -> None:
        """Place what stands in a box, from where its edges begin, on its axis."""
        for number, child in enumerate(content.children):
            place = content.rows.place(number)
            self.cell(child, (origin[0] + place[0], origin[1] + place[1]))
        for way in content.ways.found:
            head = way.link.end >= 0 and content.children[way.link.end].size.is_leaf
            self.way(origin, way.start, way.steps, head)

    def way(self, origin: Point, start: Point, steps: Iterable[Step], head: bool) -> None:
        """Place the way of an edge."""
        placed = tuple(tuple(self.point(origin, point) for point in step) for step in steps)
        self.arrows.append(Arrow(self.point(origin, start), placed, head))

    def point(self, origin: Point, point: Point) -> Point:
        """A place on the page."""
        return self.turned(origin[0] + point[0], origin[1] + point[1])

    def turned(self, one: float, other: float) -> Point:
        """Along and across as x and y, and back."""
        return (other, one) if self.down else (one, other)

    def cell(self, cell: Cell, origin: Point) -> None:
        """Place a box and what stands in it, from its start on its axis."""
        size = cell.size
        x, y = self.point(origin, (0.0, -size.before))
        across = size.before + size.after
        wide, high = self.turned(size.along, across)
        texts = tuple(_texts(cell, x, y + (0.0 if cell.content else (high - cell.words.height) / 2), wide))
        self.frames.append(Frame(cell.box, x, y, wide, high, cell.bar, texts))
        if cell.content:
            self.inside(cell.content, (origin[0] + cell.bar, origin[1]) if self.down else origin)


def _texts(cell: Cell, x: float, y: float, wide: float) -> Iterator[Line]:
    """The texts of a box from this corner on; the second one of a line ends at the right, or follows in a bar."""
    top = y + EDGE
    for row in cell.words.rows:
        size = max(text.size for text in row)
        for number, text in enumerate(row):
            at_end = number > 0 and not cell.content
            before = sum(width(text.text, text.size) + 2 * APART for text in row[:number])
            place = x + wide - PAD if at_end else x + PAD + before
            yield Line(text.text, place, top + size * BASE, text.size, text.of, at_end)
        top += leading(row)
