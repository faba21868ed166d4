"""The answer as data: a row for each layer, totals, and the same by block or by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.engine.cost import CONVENTION, Cost, costs, total
from archcalc.engine.graph import Assumption, Graph, Node
from archcalc.engine.unfold import unfold
from archcalc.errors import ArchcalcError, listing
from archcalc.gc_paused import gc_paused
from archcalc.language.spec import Spec
from archcalc.number import Number
from archcalc.shape import Shape
from archcalc.value import brief, show

BYTES = 4  # of a weight in float32


class Row(NamedTuple):
    """A layer, or several taken together."""

    name: str
    kind: str  # "conv"; of several layers "block", or their common kind
    output: Shape | None  # one example
    params: Number | None
    buffers: Number | None
    mult_adds: Number | None
    detail: object  # what the text is made from: the layer, or how many there are

    @property
    def text(self) -> str:
        """The layer with its arguments, "conv(64, 7, stride=2, pad=3)"; of several, how many they are."""
        return str(self.detail)

    @property
    def cost(self) -> Cost:
        """The three figures as a value that adds up."""
        return Cost(self.params, self.buffers, self.mult_adds)


@dataclass(frozen=True)
class Report:
    """A network at certain knob values, counted."""

    network: str
    label: str  # the network with the knobs that differ from their defaults: "mobilenet_v1@alpha=0.75"
    title: str
    source: str
    knobs: dict[str, Any]
    input: Shape
    layers: tuple[Row, ...]
    totals: Cost
    assumptions: tuple[Assumption, ...]
    spec: Spec = field(repr=False)
    graph: Graph = field(repr=False)
    convention: str = CONVENTION

    @property
    def weight_bytes(self) -> Number | None:
        """Bytes of the learned parameters in float32."""
        return None if self.totals.params is None else BYTES * self.totals.params

    @cached_property
    def known(self) -> Cost:
        """What is known of the totals; equal to them unless a layer could not be counted."""
        return total(row.cost.known() for row in self.layers)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The layers that could not be counted."""
        return tuple(
            row.name for row in self.layers if any(n is None for n in (row.params, row.buffers, row.mult_adds))
        )

    def with_layers(self, layers: tuple[Row, ...]) -> Report:
        """The same with other rows."""
        return replace(self, layers=layers)

    def by(self, what: str, depth: int = 1) -> tuple[Row, ...]:
        """Rows by "layer", by "block" (names cut at ``depth`` levels), or by "kind"."""
        if what == "layer":
            return self.layers
        if what == "block":
            return _grouped(self.layers, lambda row: "/".join(row.name.split("/")[:depth]), "block")
        if what == "kind":
            rows = _grouped(self.layers, lambda row: row.kind, None)
            return tuple(row._replace(output=None) for row in rows)
        raise ArchcalcError(f"rows are by {listing(('layer', 'block', 'kind'))}, not by {what!r}")

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it; a number that is not an integer becomes its text."""
        return {
            "network": self.network,
            "title": self.title,
            "knobs": {name: _json(value) for name, value in self.knobs.items()},
            "input": _json(self.input),
            "layers": [
                {"name": row.name, "kind": row.kind, "text": row.text, "output": _json(row.output)} | _figures(row)
                for row in self.layers
            ],
            "totals": _figures(self.totals),
            "weight_bytes": _json(self.weight_bytes),
            "unknown": list(self.unknown),
            "assumptions": [f"{a.name}: {a.condition} (otherwise {a.otherwise})" for a in self.assumptions],
            "convention": self.convention,
            "source": self.source,
        }

    def __repr__(self) -> str:
        from archcalc.tables.layout import Choice, summary_table
        from archcalc.tables.terminal import as_text

        return as_text([summary_table(self, Choice())])

    def _repr_html_(self) -> str:
        from archcalc.export.html import fragment
        from archcalc.tables.layout import Choice, summary_table

        return fragment([summary_table(self, Choice())])


def summarize(spec: Spec, knobs: dict[str, Any]) -> Report:
    """Unfold, propagate, count. Raises SpecError."""
    with gc_paused():
        return report_of(spec, unfold(spec, knobs))


def report_of(spec: Spec, graph: Graph) -> Report:
    """What a graph costs."""
    changed = [f"{k}={show(v)}" for k, v in graph.knobs.items() if differs(v, spec.given[k].default)]
    counted = [(node, cost) for node, cost in costs(graph) if node.layer]
    rows = [
        Row(node.name, node.layer.label, node.output, cost.params, cost.buffers, cost.mult_adds, _detail(node))
        for node, cost in counted
        if node.layer
    ]
    return Report(
        network=spec.name,
        label=f"{spec.name}@{','.join(changed)}" if changed else spec.name,
        title=spec.headings["net"],
        source=spec.headings.get("source", ""),
        knobs=graph.knobs,
        input=graph.nodes[0].shape,
        layers=tuple(rows),
        totals=total(cost for _, cost in counted),
        assumptions=graph.assumptions,
        spec=spec,
        graph=graph,
    )


def _detail(node: Node) -> object:
    """What a row's text says: the layer, and how often it runs where that is not once."""
    often = node.often
    once = isinstance(often, int) and often == 1
    return node.layer if once else f"{node.layer}, {brief(often)} times"


def differs(value: Any, default: Any) -> bool:
    """Whether a knob was turned; a symbol or an array always is."""
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
    cost = total(row.cost for row in members)
    layers = f"{len(members)} layer{'s' * (len(members) > 1)}"
    return Row(name, kind or last.kind, last.output, cost.params, cost.buffers, cost.mult_adds, layers)


def _figures(costs: Row | Cost) -> dict[str, Any]:
    return {figure: _json(getattr(costs, figure)) for figure in ("params", "buffers", "mult_adds")}


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return show(value) if isinstance(value, Fraction) else str(value)
