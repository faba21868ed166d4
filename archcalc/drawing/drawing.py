"""A drawing as a value: boxes in boxes with their texts, the edges between them, and what the figures count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from os import PathLike
from typing import Any, NamedTuple

from archcalc.core.bound import bounded, exactly, lower
from archcalc.core.errors import ArchcalcError, alternatives, listing, suggest
from archcalc.core.value import show
from archcalc.drawing import DIRECTIONS, FEW, FITS, FORMATS
from archcalc.drawing.blocks import LEVELS, Block, blocks_of, cut, leaves
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.figures.rules import ABSENT, OneLayer, Tally
from archcalc.graph.graph import Graph
from archcalc.output.table import SHARE, fraction, of_figure
from archcalc.report import Report
from archcalc.tables import BOUND, heading

MOST = 2000  # boxes of a drawing, and edges
PICTURES = ("pdf", "png")
NUMERIC = tuple(
    name for name, one in FIGURES.items() if one.rule and name != "output" and not isinstance(one.rule, OneLayer)
)


class Box(NamedTuple):
    """A layer or a block; one for all copies of it that follow each other and are alike but for their numbers."""

    name: str
    path: str  # of the layer or the block, in the first copy
    kind: str  # of a layer: as a spec writes it
    output: str  # the shape of its output; where copies differ, from the smallest to the largest
    figure: str  # of one copy, written the same way
    times: int  # copies in one copy of the box around it
    copies: tuple[range, ...]  # the nodes of each copy, over all copies of the boxes around it
    values: tuple[Any, ...]  # the figure of each copy, None where it is not known
    total: Any  # the figure of all copies together
    shade: float | None = None  # the total, where 1 is the largest one; None for a box with others in it
    share: str = ""  # of the network's, all copies together
    children: tuple[Box, ...] = ()

    @property
    def title(self) -> str:
        """The name, with the number of copies."""
        return f"{self.name} x {self.times}" if self.times > 1 else self.name

    @property
    def detail(self) -> str:
        """The kind, unless the name says the same."""
        return self.kind if self.kind != self.name else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is written in the box, in lines."""
        return tuple(filter(None, (self.title, self.detail, self.output, self.figure)))


@dataclass(frozen=True, repr=False)
class Drawing:
    """What is drawn of a network."""

    title: str
    boxes: tuple[Box, ...]  # the first one is the input
    edges: tuple[tuple[int, int], ...]  # between boxes without others in them, by their numbers
    figure: Figure
    notes: tuple[str, ...]
    darkest: str  # the figure of a box with the shade 1
    direction: str = DIRECTIONS[0]
    fit: str = ""  # the page, of FITS, that it is divided into columns for

    @property
    def leaves(self) -> tuple[Box, ...]:
        """The boxes that contain no others."""
        return tuple(leaves(self.boxes))

    def svg(self) -> str:
        """The drawing as an SVG; each box has its path as ``data-path``."""
        return self.written("svg").decode()

    def tex(self, standalone: bool = False) -> str:
        """The drawing as a TikZ picture, or as a document with it."""
        return self.written("tex", standalone=standalone).decode()

    def mermaid(self) -> str:
        """The boxes and edges as a flowchart of Mermaid."""
        return self.written("mmd").decode()

    def dot(self) -> str:
        """The boxes and edges as a graph of Graphviz."""
        return self.written("dot").decode()

    def written(self, format_: str, **how: Any) -> bytes:
        """The contents of a file in one of the FORMATS; ``standalone`` is for "tex". Raises ArchcalcError.

        A "pdf" or a "png" is made by matplotlib, which must be installed.
        """
        _known("the format of a drawing", format_, FORMATS)
        if format_ in PICTURES:
            from archcalc.drawing.plot import written

            return written(self, format_)
        data: str = import_module(f"archcalc.drawing.{format_}").written(self, **how)
        return data.encode()

    def write(self, path: str | PathLike[str]) -> None:
        """Write a .svg, .pdf, .png, .tex, .mmd or .dot. Raises ArchcalcError."""
        from pathlib import Path

        from archcalc.output import format_of, write

        write(Path(path), self.written(format_of(Path(path), formats=FORMATS)))

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<a drawing of {self.title}, in {len(self.leaves)} boxes, which a notebook shows>"


def draw(report: Report, depth: int | None = None, figure: str = "", direction: str = "down", fit: str = "") -> Drawing:
    """The drawing of a network, with its blocks open to ``depth`` levels, or else as many as have few boxes.

    ``figure`` is a number of each layer, the report's work unless given. The output is ``direction`` "down" or "right".
    To ``fit`` "a4" or a "slide", the drawing is divided into columns. Raises ArchcalcError.
    """
    entry = numeric(figure or report.work)
    _check(report, depth)
    for what, given, known in (("direction", direction, DIRECTIONS), ("fit", fit or "a4", FITS)):
        _known(what, given, [*known])
    blocks = _to_depth(blocks_of(report.graph), depth)
    edges = tuple(_edges(report.graph, blocks))
    _room(len(edges), "edges", depth)
    described = Described(report, entry, blocks)
    return Drawing(
        title=heading(report),
        boxes=tuple(map(described.box, blocks)),
        edges=edges,
        figure=entry,
        notes=tuple(_notes(report, entry, blocks)),
        darkest=described.text(described.largest),
        direction=direction,
        fit=fit,
    )


def _known(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ArchcalcError(f"{what} is {alternatives(known)}, not {given!r}")


def numeric(name: str) -> Figure:
    """The figure of this name, which is a number of each layer. Raises ArchcalcError."""
    found = SPELLINGS.get(name, name)
    if found not in NUMERIC:
        hint = suggest(name, NUMERIC) or f" (there are {listing(NUMERIC)})"
        raise ArchcalcError(f"no figure {name!r} that is a number of each layer{hint}")
    return FIGURES[found]


def _check(report: Report, depth: int | None) -> None:
    if depth is not None and not (isinstance(depth, int) and depth >= 1):
        raise ArchcalcError(f"depth is a number of levels, at least 1, not {show(depth)}")
    for node in report.graph.nodes:
        if node.copies or not all(isinstance(size, int) for size in (*node.shape, node.times)):
            message = f"{node.name} has no definite size; a drawing needs a single number for each knob"
            raise ArchcalcError(f"{report.network}: {message}")


def _to_depth(blocks: tuple[Block, ...], depth: int | None) -> tuple[Block, ...]:
    """The blocks with that many levels, or with as many as have few boxes. Raises ArchcalcError."""
    found = cut(blocks, depth or 1)
    for level in range(2, LEVELS + 2) if depth is None else ():
        deeper = cut(blocks, level)
        if _count(deeper) > FEW:
            break
        found = deeper
    _room(_count(found), "boxes", depth)
    return found


def _room(count: int, what: str, depth: int | None) -> None:
    if count > MOST:
        less = "" if depth in (None, 1) else "; give a smaller depth"
        raise ArchcalcError(f"a drawing has room for {MOST:,} {what}, and this one would have {count:,}{less}")


def _count(blocks: Sequence[Block]) -> int:
    return sum(1 for _ in leaves(blocks))


class Described:
    """The texts, values and shades of the boxes of one drawing."""

    def __init__(self, report: Report, figure: Figure, blocks: Sequence[Block]) -> None:
        assert figure.rule is not None  # it is a number of each layer
        self.report, self.figure, self.rule = report, figure, figure.rule
        self.text = of_figure(figure).type.text
        self.whole = report.totals.figure(figure.name)
        self.kinds = {row.nodes[0]: row.text for row in report.layers}
        self.largest = max(filter(is_number, (self.value(*block.copies) for block in leaves(blocks))), default=0)

    def value(self, *copies: range) -> Any:
        """The figure of these copies together, or its lower bound; the input of the network has none."""
        nodes = [node for copy in copies for node in copy]
        return self.rule.shown(self.report.counts, nodes) if nodes[0] else ABSENT

    def box(self, block: Block) -> Box:
        """What is shown of a block."""
        first, values, total = block.copies[0], tuple(map(self.value, block.copies)), self.value(*block.copies)
        shapes = [self.report.graph.nodes[copy[-1]].shape for copy in block.copies]
        share = fraction(total, self.whole) if isinstance(self.rule, Tally) else None
        return Box(
            name=block.name,
            path=block.path,
            kind=self.kinds.get(first[0], "") if len(first) == 1 else "",
            output=" x ".join(span(sizes, str) for sizes in zip(*shapes, strict=True)),
            figure=span(values, self.text),
            times=block.times,
            copies=block.copies,
            values=tuple(map(exactly, values)),
            total=exactly(total),
            shade=None if block.children or not is_number(total) else float(total / (self.largest or 1)),
            share="" if share is None else SHARE.text(share),
            children=tuple(map(self.box, block.children)),
        )


def is_number(value: Any) -> bool:
    """Whether a figure is known, and exists."""
    return isinstance(value, (int, Fraction))


def span(values: Sequence[Any], text: Callable[[Any], str]) -> str:
    """Equal values as one, different ones from the smallest to the largest; if one is unknown, the lowest bound."""
    if any(exactly(value) is None for value in values):
        return text(bounded(min(map(lower, values))))
    if all(value == values[0] for value in values):
        return text(values[0])
    numbers = [value for value in values if is_number(value)]
    return f"{text(min(numbers))} to {text(max(numbers))}"


def _edges(graph: Graph, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Each edge between two leaves once. An edge from one copy to the next is what the number of copies says."""
    found = list(_with_containers(blocks))
    owner = {
        node: (leaf, i) for leaf, (block, _) in enumerate(found) for i, own in enumerate(block.copies) for node in own
    }
    seen: set[tuple[int, int]] = set()
    for index, node in enumerate(graph.nodes):
        for source in node.inputs:
            (start, i), (end, j) = owner[source], owner[index]
            (one, around), (other, beside) = found[start], found[end]
            shared = [a for a, b in zip(around, beside, strict=False) if a is b]
            copies = len(shared[-1].copies) if shared else 1
            same = i * copies // len(one.copies) == j * copies // len(other.copies)
            if same and start != end and (start, end) not in seen:
                seen.add((start, end))
                yield start, end


def _with_containers(
    blocks: Sequence[Block], around: tuple[Block, ...] = ()
) -> Iterator[tuple[Block, tuple[Block, ...]]]:
    """Each leaf with the blocks that it stands in, the outermost first."""
    for block in blocks:
        if block.children:
            yield from _with_containers(block.children, (*around, block))
        else:
            yield block, around


def _all(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _all(block.children)


def _notes(report: Report, figure: Figure, blocks: Sequence[Block]) -> Iterator[str]:
    """What the numbers are, and of what."""
    text = of_figure(figure).type.text
    is_sum = isinstance(figure.rule, Tally)
    whole = f"; in total {text(report.totals.shown(figure.name))}" if is_sum else ""
    yield f"In each box: {figure.heading}{whole}."
    if any(block.times > 1 for block in _all(blocks)):
        shown = "each on the output of the one before; the numbers are of one, from the smallest to the largest"
        yield f"x n: n copies, {shown}{', the shade is of all together' * is_sum}."
    if missing := [row.name for row in report.layers if row.figure(figure.name) is None]:
        yield f"unknown: {listing(missing)}{BOUND * is_sum}"
    yield report.sentence([figure.name]) or f"{figure.heading}: {figure.meaning}"
    if report.knobs:
        yield f"knobs: {listing(f'{name} = {show(value)}' for name, value in report.knobs.items())}"
    if report.source:
        yield f"source: {report.source}"
