"""The report of a network as data: a row for each layer, the totals, and rows by block or by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.bound import BOUNDS, AtLeast
from archcalc.core.errors import ArchcalcError, listing, one_line
from archcalc.core.gc_paused import gc_paused
from archcalc.core.number import Number
from archcalc.core.shape import Shape
from archcalc.core.slide import on_slide
from archcalc.core.value import brief, show
from archcalc.figures.conventions import DEFAULT, convention
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Counts
from archcalc.figures.sentence import sentence
from archcalc.graph.checking import checked
from archcalc.graph.expand import expand
from archcalc.graph.graph import Assumption, Graph, Node
from archcalc.output.shown import Shown, listed
from archcalc.spec.model import Spec
from archcalc.spec.paper_names import PaperName, paper_name

if TYPE_CHECKING:
    from archcalc.drawing.drawing import Drawing
    from archcalc.output.table import Table
    from archcalc.plots.canvas import Picture

USUAL = ("params", "buffers", DEFAULT)  # the figures that are shown by default


class Row(NamedTuple):
    """A layer, or several layers together. Every figure of archcalc.figures is an attribute: row.mult_adds."""

    name: str
    kind: str  # "conv"; for several layers "block", or their common kind
    output: Shape | None  # of one example
    detail: object  # the source of the text: the layer, or the number of layers
    nodes: tuple[int, ...]  # indices in the graph
    counts: Counts
    partly: bool = False  # whether a figure leaves out the layers for which it is not known

    @property
    def text(self) -> str:
        """The layer with its arguments, "conv(64, 7, stride=2, pad=3)"; for several, their number: "6 layers"."""
        return str(self.detail)

    @property
    def written(self) -> str:
        """The layer as a slide writes it, "conv 7x7, 64, /2, pad 3"; for several, their number."""
        if self.output is None or len(self.nodes) > 1:
            return self.text
        graph = self.counts.graph
        node = graph.nodes[self.nodes[0]]
        assert node.layer is not None  # only the input has none
        return str(_often(node, on_slide(node.layer, len(graph.input_shapes(node)[0]) - 1)))

    def figure(self, name: str) -> Any:
        """A figure by name; None where it is not known, ABSENT where it does not exist."""
        rule = FIGURES[name].rule
        assert rule is not None  # a figure of the whole network only is computed by Quantity.of
        return (rule.known if self.partly else rule.of)(self.counts, self.nodes)

    def shown(self, name: str) -> Any:
        """A figure by name as people read it: where a layer of several is not known, what the others have at least."""
        rule = FIGURES[name].rule
        assert rule is not None  # as above
        return self.figure(name) if self.partly else rule.shown(self.counts, self.nodes)

    def __eq__(self, other: object) -> bool:
        """Whether everything that is shown by default is equal."""
        return isinstance(other, Row) and self._shown() == other._shown()

    def __repr__(self) -> str:
        return f"<{self.name}: {listing(f'{name}={show(self.shown(name))}' for name in USUAL)}>"

    def _shown(self) -> tuple[Any, ...]:
        return self.name, self.kind, self.output, self.text, *map(self.figure, USUAL)

    def __getattr__(self, name: str) -> Any:
        if name not in FIGURES or not FIGURES[name].rule:
            raise AttributeError(name)
        return self.figure(name)


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """The figures of a network at certain knob values."""

    network: str
    label: str  # the network with the knobs that differ from their defaults: "mobilenet_v1@alpha=0.75"
    title: str
    source: str
    knobs: dict[str, Any]
    input: Shape
    layers: tuple[Row, ...]
    assumptions: tuple[Assumption, ...]
    spec: Spec | None = field(repr=False)  # None for a graph that was not made from a spec
    counts: Counts = field(repr=False)
    paper_names: tuple[PaperName, ...] = field(default=(), repr=False)  # of its layers
    work: str = DEFAULT  # the convention by which work is shown

    @property
    def graph(self) -> Graph:
        """The network, layer by layer."""
        return self.counts.graph

    @cached_property
    def totals(self) -> Row:
        """The row of the whole network."""
        nodes = tuple(node for row in self.layers for node in row.nodes)
        return Row("total", "", None, "", nodes, self.counts)

    @cached_property
    def whole(self) -> Number | None:
        """The work of the whole network, by the convention that is shown."""
        return self.totals.figure(self.work)

    @property
    def weight_bytes(self) -> Number | None:
        """Bytes of the learned parameters in float32."""
        return self.totals.weight_bytes

    @property
    def known(self) -> Row:
        """The totals without the layers that could not be counted."""
        return self.totals._replace(partly=True)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The layers that could not be counted."""
        return self.unknown_in((*USUAL, self.work))

    def unknown_in(self, names: Iterable[str]) -> tuple[str, ...]:
        """The layers that could not be counted in those of these figures that combine layers."""
        rules = [rule for name in names if name in FIGURES and (rule := FIGURES[name].rule)]
        nodes = {node for rule in rules for node in rule.unknown(self.counts)}
        return tuple(row.name for row in self.layers if not nodes.isdisjoint(row.nodes))

    @property
    def convention(self) -> str:
        """A sentence that says what the numbers count."""
        return self.sentence((self.work, "params", "buffers"))

    def sentence(self, names: Sequence[str]) -> str:
        """A sentence that says what the figures of these names count."""
        return sentence(names, [self.graph])

    def paper_name(self, path: str) -> str:
        """What the paper calls a layer or a block; its path where no rule says."""
        return paper_name(path, self.paper_names)

    def counted_as(self, work: str) -> Report:
        """The same report with work counted by another convention. Raises ArchcalcError."""
        return replace(self, work=convention(work).name)

    def with_layers(self, layers: tuple[Row, ...]) -> Report:
        """The same report with other rows."""
        return replace(self, layers=layers)

    def by(self, what: str, depth: int = 1) -> tuple[Row, ...]:
        """Rows by "layer", by "block" (names cut at ``depth`` levels), or by "kind"."""
        if depth < 1:
            raise ArchcalcError(f"depth is a number of levels, at least 1, not {depth}")
        if what == "layer":
            return self.layers
        if what == "block":
            return _grouped(self.layers, lambda row: "/".join(row.name.split("/")[:depth]), "block")
        if what == "kind":
            rows = _grouped(self.layers, lambda row: row.kind, None)
            return tuple(row._replace(output=None) for row in rows)
        raise ArchcalcError(f"rows are by {listing(('layer', 'block', 'kind'))}, not by {what!r}")

    def to_dict(self, figures: Iterable[str] = ()) -> dict[str, Any]:
        """The report as JSON data, with these further figures; a number that is not an integer becomes a text."""
        more = [name for name in figures if name in FIGURES and name != "output"]
        sums = [name for name in more if getattr(FIGURES[name].rule, "adds", False)]
        return {
            "network": self.network,
            "title": self.title,
            "knobs": {name: _json(value) for name, value in self.knobs.items()},
            "input": _json(self.input),
            "layers": [
                {"name": row.name, "kind": row.kind, "text": row.text, "output": _json(row.output)}
                | self._figures(row, more)
                for row in self.layers
            ],
            "totals": self._figures(self.totals, sums) | self._bounds(sums),
            "weight_bytes": _json(self.weight_bytes),
            "unknown": list(self.unknown),
            "assumptions": [f"{a.name}: {a.condition} (otherwise {a.otherwise})" for a in self.assumptions],
            "convention": self.convention,
            "source": self.source,
        }

    def draw(self, depth: int | None = None, figure: str = "", direction: str = "down", fit: str = "") -> Drawing:
        """The network as nested boxes, with blocks open to ``depth`` levels, or else as many as have few boxes.

        ``figure`` is the number in each box, the work unless given; ``direction`` is "down" or "right". To ``fit``
        "a4" or a "slide", the drawing is divided into columns. Raises ArchcalcError.
        """
        from archcalc.drawing.drawing import draw

        return draw(self, depth, figure, direction, fit)

    def _figures(self, row: Row, more: Sequence[str]) -> dict[str, Any]:
        return {name: _json(row.figure(name)) for name in self._named(more)}

    def _bounds(self, more: Sequence[str]) -> dict[str, Any]:
        """The lower bounds of those totals that are not known, under a name of their own."""
        totals = {name: self.totals.shown(name) for name in self._named(more)}
        found = {name: _json(value.value) for name, value in totals.items() if isinstance(value, AtLeast)}
        return {BOUNDS: found} if found else {}

    def _named(self, more: Sequence[str]) -> dict[str, None]:
        return dict.fromkeys((*USUAL[:-1], self.work, *more))

    def table(self, columns: str | Iterable[str] = "", by: str = "", depth: int = 1, only: str = "") -> Table:
        """What `archcalc summary` shows with these options: a row for each "layer", "block" or "kind".

        Raises ArchcalcError.
        """
        from archcalc.tables import choice, summary_table

        return summary_table(self, choice(by, depth, columns, only))

    def tables(self) -> Sequence[Table]:
        """The table of all layers."""
        return (self.table(),)

    def write(self, path: str | PathLike[str]) -> None:
        """Write a file; its suffix decides the format; a workbook is live. Raises ArchcalcError."""
        from pathlib import Path

        from archcalc.files import OF_REPORTS, render
        from archcalc.output import format_of, write
        from archcalc.tables import Choice

        if (format_ := format_of(Path(path))) not in OF_REPORTS:
            return super().write(path)
        return write(Path(path), render([self], format_, Choice()))

    def plot(
        self, figures: str | Iterable[str] = USUAL, by: str = "block", depth: int = 1, dark: bool = False
    ) -> Picture:
        """Bars of these figures, a bar for each row; for a notebook or a file. Raises ArchcalcError."""
        from archcalc.plots.networks import bars_of

        return bars_of(self, listed(figures), by, depth, dark)


def summarize(spec: Spec, knobs: dict[str, Any]) -> Report:
    """Expand a spec into a graph, compute its shapes, and report its figures. Raises SpecError."""
    with gc_paused():
        return report_of(expand(spec, knobs), spec)


def report_of(
    graph: Graph,
    spec: Spec | None = None,
    *,
    name: str = "network",
    title: str = "",
    source: str = "",
    paper_names: tuple[PaperName, ...] = (),
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Report:
    """The report of a graph. Without a spec the graph is checked, and has the name, title and names given here.

    ``defaults`` are those of the knobs of the graph. Raises ArchcalcError where a layer does not fit its inputs.
    """
    if spec:
        name, title, source = spec.name, spec.headings["net"], spec.headings.get("source", "")
        defaults, paper_names = {knob.name: knob.default for knob in spec.given.values()}, spec.paper_names
    else:
        graph, name, title, source = checked(graph), *map(one_line, (name, title or name, source))
    changed = [f"{k}={show(v)}" for k, v in graph.knobs.items() if differs(v, defaults.get(k))]
    counts = Counts(graph)
    layers = tuple(
        Row(node.name, node.layer.label, node.output, _often(node, node.layer), (i,), counts)
        for i, node in enumerate(graph.nodes)
        if node.layer
    )
    return Report(
        network=name,
        label=f"{name}@{','.join(changed)}" if changed else name,
        title=title,
        source=source,
        knobs=graph.knobs,
        input=graph.nodes[0].shape,
        layers=layers,
        assumptions=graph.assumptions,
        spec=spec,
        counts=counts,
        paper_names=paper_names,
    )


def _often(node: Node, written: Any) -> Any:
    """A layer as it is written, and how often it runs unless that is once."""
    often = node.often
    once = isinstance(often, int) and often == 1
    return written if once else f"{written}, {brief(often)} times"


def differs(value: Any, default: Any) -> bool:
    """Whether a knob was changed from its default; a symbol or an array always counts as a change."""
    same = type(value) is type(default) and value == default
    return not same


def _grouped(rows: Iterable[Row], key: Callable[[Row], str], kind: str | None) -> tuple[Row, ...]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return tuple(_together(name, members, kind) for name, members in groups.items())


def _together(name: str, members: list[Row], kind: str | None) -> Row:
    last = members[-1]
    if kind and len(members) == 1 and last.name == name:
        return last
    layers = f"{len(members)} layer{'s' * (len(members) > 1)}"
    return Row(
        name, kind or last.kind, last.output, layers, tuple(i for row in members for i in row.nodes), last.counts
    )


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return show(value) if isinstance(value, Fraction) else str(value)
