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


class Content(NamedTuple):
    """What stands in a block: boxes in rows, with the ways between them, and how far they reach across."""

    children: tuple[Cell, ...]
    rows: Rows
    ways: Ways
    before: float
    after: float

    @property
    def along(self) -> float:
        """How far it reaches along the direction."""
        return self.rows.spans[-1][0]


class Cell(NamedTuple):
    """A box with its size, its texts, and what stands in it."""

    box: Box
    size: Size
    words: Words
    content: Content | None = None

    @property
    def bar(self) -> float:
        """The height of the bar with the texts, above what stands in the box."""
        return self.words.height if self.content else 0.0


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
    if texts and _width(texts) <= room:
        yield tuple(texts)
    else:
        for text in texts:
            yield from ((text._replace(text=line),) for line in lines(text.text, text.size, room))


def _width(row: Sequence[Text]) -> float:
    return sum(width(text.text, text.size) for text in row) + 2 * APART * (len(row) - 1)


def outermost(drawing: Drawing) -> tuple[list[Cell], list[Link]]:
    """The cells of the whole drawing that stand in no other, and their edges."""
    found = _Cells(drawing)
    return found.inside(drawing.boxes, ()), [*found.links[()]]


def content(children: Sequence[Cell], links: Sequence[Link]) -> Content:
    """These cells in rows."""
    children = _aligned(children, Rows([child.size for child in children], links))
    rows = Rows([child.size for child in children], links)
    ways = Ways(rows)
    low, high = rows.reach(range(len(rows.rows)))
    farthest = max((*rows.inputs.values(), *rows.outputs.values()), default=0.0)
    before, after = max(-low, ways.outermost(-1)), max(high, ways.outermost(1), farthest)
    return Content(tuple(children), rows, ways, INSIDE + before, INSIDE + after)


class _Cells:
    """The cells of one drawing."""

    def __init__(self, drawing: Drawing) -> None:
        self.down = drawing.direction == "down"
        self.links = _links(drawing)

    def inside(self, boxes: Sequence[Box], place: tuple[int, ...]) -> list[Cell]:
        """The cells of these boxes, which stand in the block at that place."""
        return [
            self.block(box, (*place, number)) if box.children else self.leaf(box) for number, box in enumerate(boxes)
        ]

    def leaf(self, box: Box) -> Cell:
        """A box without others in it."""
        texts = words(box, WIDEST)
        across, along = max(texts.width, NARROWEST) + 2 * PAD, texts.height
        if not self.down:
            across, along = along, across
        return Cell(box, Size(along, across / 2, across / 2, {}, {}, True), texts)

    def block(self, box: Box, place: tuple[int, ...]) -> Cell:
        """A box with others in it, below a bar with its texts."""
        own = content(self.inside(box.children, place), [*self.links[place]])
        texts = words(box, (own.before + own.after if self.down else own.along) - 2 * PAD)  # a leaf is as wide as that
        bar, above = (texts.height, 0.0) if self.down else (0.0, texts.height)
        size = Size(own.along + bar, own.before + above, own.after, own.rows.inputs, own.rows.outputs, False)
        return Cell(box, size, texts, own)


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
