"""The rules that compute figures from layers: sums of amounts, quotients of sums, flows along the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import Any, ClassVar, TypeAlias

from archcalc.core.bound import AtLeast, bounded
from archcalc.core.layer import Kind
from archcalc.core.number import Number, exact_div, maximum
from archcalc.core.shape import Shape
from archcalc.figures.amounts import AMOUNTS, TENSORS
from archcalc.graph.graph import Graph, Node

ABSENT = ""  # the value of a figure that does not exist, such as the kernel of a relu
EVERY = ""  # the key for the factors of all other kinds
Factors: TypeAlias = Mapping[str, Mapping[str, int]]  # kind of layer -> amount -> factor

Transfer: TypeAlias = Callable[[Kind, tuple[Shape, ...], Sequence[Any]], Any]  # layer, input shapes, their values


class Counts:
    """A graph, with a cache of the values that were computed for its nodes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[Rule, list[Any]] = {}

    @cached_property
    def first(self) -> list[int]:
        """For each node, the index of the first one with an equal layer and equal inputs; an array has no equal."""
        known: dict[Any, int] = {}
        return [self._first(known, i, node) for i, node in enumerate(self.graph.nodes)]

    def _first(self, known: dict[Any, int], index: int, node: Node) -> int:
        try:
            return known.setdefault((id(node.layer), self.graph.input_shapes(node)), index)
        except TypeError:
            return index

    @cached_property
    def simple(self) -> bool:
        """Whether each layer runs once, and has weights of its own."""
        return all(
            node.shared is None and not node.copies and isinstance(node.times, int) and node.times == 1
            for node in self.graph.nodes
        )

    def of(self, rule: Rule) -> list[Any]:
        """The value of a rule for each node."""
        if rule not in self.values:
            self.values[rule] = rule.each(self)
        return self.values[rule]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.graph == other.graph

    __hash__ = None  # type: ignore[assignment]  # a graph over arrays has none

    def __reduce__(self) -> tuple[Any, ...]:
        return Counts, (self.graph,)


class Rule:
    """How a figure is computed for each node and for several together; a value is None where it is not known."""

    adds: ClassVar[bool] = False  # whether several layers combine, instead of the last one counting alone
    fractional: ClassVar[bool] = False  # whether its numbers may be fractions

    def each(self, counts: Counts) -> list[Any]:
        """The value for each node of a graph."""
        raise NotImplementedError

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        """The value of these nodes together: that of the last one; ABSENT where there are none."""
        return counts.of(self)[nodes[-1]] if nodes else ABSENT

    def known(self, counts: Counts, nodes: Sequence[int]) -> Any:
        """The value of those of these nodes for which it is known."""
        return self.of(counts, self.counted(counts, nodes))

    def counted(self, counts: Counts, nodes: Sequence[int]) -> list[int]:
        """Those of these nodes for which it is known."""
        return [i for i in nodes if counts.of(self)[i] is not None]

    def unknown(self, counts: Counts) -> list[int]:
        """The nodes whose values are not known, of a figure that combines layers."""
        return [i for i, value in enumerate(counts.of(self)) if value is None] if self.adds else []

    def shown(self, counts: Counts, nodes: Sequence[int]) -> Any:
        """The value of these nodes as people read it: where a part of a sum is not known, a lower bound."""
        value = self.of(counts, nodes)
        return self.bound(counts, nodes) if value is None else value

    def bound(self, counts: Counts, nodes: Sequence[int]) -> AtLeast | None:
        """A lower bound of what is not known of these nodes: the value of the others; no figure is negative."""
        known = self.counted(counts, nodes) if self.adds else []
        return bounded(self.of(counts, known)) if known else None


class Tally(Rule):
    """A sum over layers of amounts, each times its factor for that kind of layer.

    What is ``stored`` counts once for each layer, and tensors once where they are used first; any other amount counts
    as often as the layer runs.
    """

    adds = True

    def __init__(self, factors: Factors, stored: bool = False) -> None:
        self.factors, self.stored = factors, stored
        self.of_tensors = stored and all(amount in TENSORS for chosen in factors.values() for amount in chosen)

    def is_shared(self, node: Node) -> bool:
        """Whether a layer has nothing of its own, since it uses the tensors of another one."""
        return self.of_tensors and node.shared is not None

    def chosen(self, layer: Kind, rank: int) -> Mapping[str, int]:
        """The factors for a layer whose input has this rank; a key such as "upsample/2d" is for maps with two axes."""
        factors = self.factors.get(layer.label)
        if factors is None:
            factors = self.factors.get(f"{layer.label}/{rank - 1}d", self.factors.get(EVERY, {}))
        return factors

    def runs(self, graph: Graph, node: Node) -> Number:
        """How often a layer runs for one example."""
        return node.times

    def of_layer(self, layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        """The sum for one run of a layer; None where it is not known."""
        total: Number | None = None
        for name, factor in self.chosen(layer, len(inputs[0])).items():
            amount = AMOUNTS[name](layer, inputs, output)
            if amount is None:
                return None
            counted = amount if factor == 1 else factor * amount
            total = counted if total is None else total + counted
        return 0 if total is None else total

    def each(self, counts: Counts) -> list[Number | None]:
        graph = counts.graph
        once: list[Number | None] = []
        for i, (node, first) in enumerate(zip(graph.nodes, counts.first, strict=True)):
            if node.layer is None or first < i:
                once.append(once[first] if node.layer else 0)
            else:
                once.append(self.of_layer(node.layer, graph.input_shapes(node), node.shape))
        if counts.simple:
            return once
        if self.stored:
            each = [0 if self.is_shared(node) else value for node, value in zip(graph.nodes, once, strict=True)]
        else:
            each = [run(value, self.runs(graph, node)) for node, value in zip(graph.nodes, once, strict=True)]
        return [node.summed(value) if node.copies else value for node, value in zip(graph.nodes, each, strict=True)]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Number | None:
        each = counts.of(self)
        if len(nodes) == 1:
            return each[nodes[0]]
        values = [each[i] for i in nodes]
        return None if any(value is None for value in values) else sum(values)


class ToolTally(Tally):
    """A sum as a tool counts it: a layer that cuts regions out of a map cuts out all of them in one run."""

    def runs(self, graph: Graph, node: Node) -> Number:
        return graph.nodes[node.inputs[0]].times if node.inputs else 1


def run(once: Number | None, times: Number) -> Number | None:
    """The amount of a layer that runs several times, from that of one run."""
    return once if once is None or (isinstance(times, int) and times == 1) else once * times


class Quotient(Rule):
    """One sum divided by another."""

    adds = fractional = True

    def __init__(self, part: Tally, whole: Tally) -> None:
        self.part, self.whole = part, whole

    def each(self, counts: Counts) -> list[Any]:
        return [self.of(counts, [i]) for i in range(len(counts.graph.nodes))]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        part, whole = (tally.of(counts, nodes) for tally in (self.part, self.whole))
        if part is None or whole is None:
            return None
        return ABSENT if isinstance(whole, int) and whole == 0 else exact_div(part, whole)

    def bound(self, counts: Counts, nodes: Sequence[int]) -> None:
        return None  # a larger sum divided by a larger one may be less


class Flow(Rule):
    """A value that flows along the graph: each layer's is computed from those of its inputs, None from None."""

    def __init__(self, start: Callable[[Shape], Any], transfer: Transfer, names: tuple[str, ...] = ()) -> None:
        self.start, self.transfer = start, transfer
        self.names = names  # of the numbers that flow along each axis, where there are several

    def each(self, counts: Counts) -> list[Any]:
        found: list[Any] = []
        for node in counts.graph.nodes:
            passed = [found[i] for i in node.inputs]
            shapes = counts.graph.input_shapes(node)
            start = self.start(node.shape) if not passed else passed[0]  # the ends of a repeated block have no layer
            found.append(self.arrive(node.layer, shapes, passed) if node.layer else start)
        if any(node.copies for node in counts.graph.nodes):  # the value after one copy is not that after all copies
            return [None for _ in found]
        return found

    def arrive(self, layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[Any]) -> Any:
        """The value after a layer."""
        return None if any(value is None for value in passed) else self.transfer(layer, inputs, passed)


class Read(Rule):
    """A number read from a flow; for several layers that of the last one, or the largest."""

    def __init__(self, flow: Flow, read: Callable[[Any], Any], adds: bool = False, fractional: bool = False) -> None:
        self.flow, self.read = flow, read
        self.adds, self.fractional = adds, fractional  # type: ignore[misc]  # of the instance

    def each(self, counts: Counts) -> list[Any]:
        return [None if passed is None else self.read(passed) for passed in counts.of(self.flow)]

    def unknown(self, counts: Counts) -> list[int]:
        """The nodes at which the flow ends: what follows them is unknown because of them."""
        nodes, passed = counts.graph.nodes, counts.of(self.flow)
        return [i for i in super().unknown(counts) if all(passed[j] is not None for j in nodes[i].inputs)]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        if not self.adds or not nodes:
            return super().of(counts, nodes)
        values = [counts.of(self)[i] for i in nodes]
        return None if any(value is None for value in values) else largest(values)


class OneLayer(Rule):
    """A property of a single layer, such as its kernel; several layers have that of the ``first``, or have none."""

    def __init__(self, read: Callable[[Node, tuple[Shape, ...]], Any], first: bool = False) -> None:
        self.read, self.first = read, first

    def each(self, counts: Counts) -> list[Any]:
        graph = counts.graph
        return [self.read(node, graph.input_shapes(node)) if node.layer else ABSENT for node in graph.nodes]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        return super().of(counts, nodes[:1]) if len(nodes) == 1 or self.first else ABSENT


class Output(Rule):
    """A size of the output; for several layers, of the output of the last one."""

    def __init__(self, read: Callable[[Shape], Any]) -> None:
        self.read = read

    def each(self, counts: Counts) -> list[Any]:
        return [self.read(node.output) for node in counts.graph.nodes]


def largest(values: Sequence[Number]) -> Number:
    """The largest of one or more numbers."""
    return reduce(maximum, values)
