"""How large each box is, from the inside to the outside: its texts, and the boxes in it with their edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.drawing.drawing import Box, Drawing
from archcalc.drawing.letters import lines, width
from archcalc.drawing.rows import IN, OUT, Link, Rows, Size
from archcalc.drawing.ways import Ways

LARGE, SMALL = 12, 10  # sizes of the type, in pixels
LEADING = 1.3  # from line to line, for a size of 1
PAD, EDGE = 7, 4  # between a frame and its text: at the sides, and above and below
APART = 5  # on each side between two texts in one line
INSIDE = 10  # between the frame of a block and what stands in it
WIDEST, NARROWEST = 200, 84  # the text of a box


class Text(NamedTuple):
    """A text of a box."""

    text: str
    size: float
    of: str  # what it says: name, kind, output or figure


class Words(NamedTuple):
    """The texts of a box in lines, each with one at the left and perhaps one at the right."""

    rows: tuple[tuple[Text, ...], ...]

    @property
    def width(self) -> float:
        """How wide the widest line is."""
        return max(map(_width, self.rows), default=0.0)

    @property
    def height(self) -> float:
        """How high all lines are, with the space above and below."""
        return sum(map(leading, self.rows)) + 2 * EDGE


class Cell(NamedTuple):
    """A box with its size; if others stand in it, these, and where."""

    box: Box | None  # None for the whole drawing
    size: Size
    words: Words
    bar: float  # the height of the bar above the others, with the texts
    children: tuple[Cell, ...]
    rows: Rows
    ways: Ways


def leading(row: Sequence[Text]) -> float:
    """How high a line is."""
    return LEADING * max(text.size for text in row)


def words(box: Box, room: float) -> Words:
    """The texts of a box in as few lines as fit: name and kind, output and figure."""
    named = _pair(Text(box.title, LARGE, "name"), Text(box.detail, SMALL, "kind"), room)
    return Words((*named, *_pair(Text(box.output, SMALL, "output"), Text(box.figure, SMALL, "figure"), room)))


def _pair(left: Text, right: Text, room: float) -> Iterator[tuple[Text, ...]]:
    """Two texts in one line, or each in lines of its own."""
    texts = [text for text in (left, right) if text.text]
    if _width(texts) <= room:
        yield tuple(texts)
    else:
        for text in texts:
            yield from ((text._replace(text=line),) for line in lines(text.text, text.size, room))


def _width(row: Sequence[Text]) -> float:
    return sum(width(text.text, text.size) for text in row) + 2 * APART * (len(row) - 1)


def cells(drawing: Drawing) -> Cell:
    """The whole drawing."""
    return _Cells(drawing).block(None, drawing.boxes, ())


class _Cells:
    """The cells of one drawing."""

    def __init__(self, drawing: Drawing) -> None:
        self.down = drawing.direction == "down"
        self.links = _links(drawing)

    def cell(self, box: Box, place: tuple[int, ...]) -> Cell:
        return self.block(box, box.children, place) if box.children else self.leaf(box)

    def leaf(self, box: Box) -> Cell:
        texts = words(box, WIDEST)
        across, along = max(texts.width, NARROWEST) + 2 * PAD, texts.height
        return _leaf(box, texts, *((along, across) if self.down else (across, along)))

    def block(self, box: Box | None, boxes: Sequence[Box], place: tuple[int, ...]) -> Cell:
        links = [*self.links[place]]
        children = [self.cell(child, (*place, number)) for number, child in enumerate(boxes)]
        children = _aligned(children, Rows([child.size for child in children], links))
        rows = Rows([child.size for child in children], links)
        ways = Ways(rows)
        low, high = rows.reach(range(len(rows.rows)))
        before, after = (
            INSIDE + max(reach, lane) for reach, lane in ((-low, ways.outermost(-1)), (high, ways.outermost(1)))
        )
        after = max(after, *(INSIDE + port for ports in (rows.inputs, rows.outputs) for port in ports.values()), 0.0)
        along = rows.spans[-1][0]
        if box is None:
            return Cell(None, Size(along, before, after, {}, {}, False), Words(()), 0.0, tuple(children), rows, ways)
        texts = words(box, max((before + after if self.down else along) - 2 * PAD, NARROWEST))
        missing = max(texts.width + 2 * PAD - before - after, 0.0) / 2 if self.down else 0.0
        bar = texts.height
        along, before = (along + bar, before + missing) if self.down else (along, before + bar)
        size = Size(along, before, after + missing, rows.inputs, rows.outputs, False)
        return Cell(box, size, texts, bar, tuple(children), rows, ways)


def _leaf(box: Box, texts: Words, along: float, across: float) -> Cell:
    size = Size(along, across / 2, across / 2, {}, {}, True)
    rows = Rows((), ())
    return Cell(box, size, texts, 0.0, (), rows, Ways(rows))


def _aligned(children: Sequence[Cell], rows: Rows) -> list[Cell]:
    """Boxes alone in the middle of their rows are as wide as the widest: those with others in them, and the leaves."""
    found, alone = [*children], [row[0] for row in rows.middle if len(row) == 1]
    for is_leaf in (True, False):
        alike = [i for i in alone if children[i].size.is_leaf == is_leaf]
        before = max((children[i].size.before for i in alike), default=0.0)
        after = max((children[i].size.after for i in alike), default=0.0)
        for i in alike:
            found[i] = found[i]._replace(size=found[i].size._replace(before=before, after=after))
    return found


def _links(drawing: Drawing) -> dict[tuple[int, ...], dict[Link, None]]:
    """The edges of each block, by its place: each edge is divided where it passes the border of a block."""
    found: dict[tuple[int, ...], dict[Link, None]] = defaultdict(dict)
    places = [*_places(drawing.boxes, ())]
    for start, end in drawing.edges:
        one, other = places[start], places[end]
        shared = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
        found[one[:shared]][Link(one[shared], other[shared], start)] = None
        for i in range(shared + 1, len(one)):
            found[one[:i]][Link(one[i], OUT, start)] = None
        for i in range(shared + 1, len(other)):
            found[other[:i]][Link(IN, other[i], start)] = None
    return found


def _places(boxes: Sequence[Box], around: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """For each leaf its number in the block around it, after those of the blocks around that one."""
    for number, box in enumerate(boxes):
        if box.children:
            yield from _places(box.children, (*around, number))
        else:
            yield *around, number
