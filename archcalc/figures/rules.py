"""How a figure of several layers comes from the layers: sums of amounts, quotients of sums, flows along the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import Any, ClassVar, TypeAlias

from archcalc.engine.graph import Graph, Node
from archcalc.figures.amounts import AMOUNTS
from archcalc.kind import Kind
from archcalc.number import Number, exact_div, most
from archcalc.shape import Shape

ABSENT = ""  # a place without a value: what is asked for does not exist here
EVERY = ""  # the factors of each kind that has none of its own
Factors: TypeAlias = Mapping[str, Mapping[str, int]]  # kind of layer -> amount -> how much one of it counts

Step: TypeAlias = Callable[[Kind, tuple[Shape, ...], Sequence[Any]], Any]  # layer, shapes, what was passed on


class Counts:
    """A graph, and what has been counted of it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.answers: dict[Rule, list[Any]] = {}

    @cached_property
    def first(self) -> list[int]:
        """For each node, the first one with an equal layer on equal inputs; arrays and traced numbers have no hash."""
        known: dict[Any, int] = {}
        return [self._first(known, i, node) for i, node in enumerate(self.graph.nodes)]

    def _first(self, known: dict[Any, int], index: int, node: Node) -> int:
        try:
            return known.setdefault((node.layer, self.graph.input_shapes(node)), index)
        except TypeError:
            return index

    def of(self, rule: Rule) -> list[Any]:
        """The rule's value for each node."""
        if rule not in self.answers:
            self.answers[rule] = rule.each(self)
        return self.answers[rule]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.graph == other.graph

    __hash__ = None  # type: ignore[assignment]  # a graph over arrays has none

    def __reduce__(self) -> tuple[Any, ...]:
        return Counts, (self.graph,)


class Rule:
    """A value for each node, and how several come together; None where it is not known."""

    adds: ClassVar[bool] = False  # whether a network's figure is one of the network, and not of its last layer

    def each(self, counts: Counts) -> list[Any]:
        """The value for each node of a graph."""
        raise NotImplementedError

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        """Of these nodes together: that of the last one. ABSENT where there is none."""
        return counts.of(self)[nodes[-1]] if nodes else ABSENT

    def known(self, counts: Counts, nodes: Sequence[int]) -> Any:
        """Of those among these nodes for which it is known."""
        return self.of(counts, [i for i in nodes if counts.of(self)[i] is not None])


class Tally(Rule):
    """A sum over layers of amounts, each times the factor that it has for that kind of layer.

    Of tensors that are stored, each counts once, where it is used first; all else counts as often as the layer runs.
    """

    adds = True

    def __init__(self, factors: Factors, stored: bool = False) -> None:
        self.factors, self.stored = factors, stored

    def chosen(self, layer: Kind, rank: int) -> Mapping[str, int]:
        """The factors for that kind of layer on inputs with so many sizes; "upsample/2d" takes maps with two axes."""
        for name in (layer.label, f"{layer.label}/{rank - 1}d", EVERY):
            if name in self.factors:
                return self.factors[name]
        return {}

    def runs(self, graph: Graph, node: Node) -> Number:
        """How often a layer does its work for one example."""
        return node.times

    def of_layer(self, layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        """What running a layer once counts; None where it is not known."""
        total: Number | None = None
        for name, factor in self.chosen(layer, len(inputs[0])).items():
            amount = AMOUNTS[name](layer, inputs, output)
            if amount is None:
                return None
            counted = amount if factor == 1 else factor * amount
            total = counted if total is None else total + counted
        return 0 if total is None else total

    def each(self, counts: Counts) -> list[Number | None]:
        once: list[Number | None] = []
        for i, (node, first) in enumerate(zip(counts.graph.nodes, counts.first, strict=True)):
            shapes = counts.graph.input_shapes(node)
            if first < i:
                once.append(once[first])
            else:
                once.append(self.of_layer(node.layer, shapes, node.shape) if node.layer else 0)
        pairs = list(zip(counts.graph.nodes, once, strict=True))
        if self.stored:
            each = [(node, 0 if node.shared is not None else value) for node, value in pairs]
        else:
            each = [(node, run(value, self.runs(counts.graph, node))) for node, value in pairs]
        return [node.summed(value) if node.copies else value for node, value in each]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Number | None:
        each = counts.of(self)
        values = [each[i] for i in nodes]
        return None if any(value is None for value in values) else sum(values)


class ToolTally(Tally):
    """What a tool sees: a layer that cuts regions out of a map cuts out all of them in one run."""

    def runs(self, graph: Graph, node: Node) -> Number:
        return graph.nodes[node.inputs[0]].times if node.inputs else 1


def run(once: Number | None, times: Number) -> Number | None:
    """What running a layer that often counts."""
    return once if once is None or (isinstance(times, int) and times == 1) else once * times


class Quotient(Rule):
    """One sum over another."""

    adds = True

    def __init__(self, part: Tally, whole: Tally) -> None:
        self.part, self.whole = part, whole

    def each(self, counts: Counts) -> list[Any]:
        return [self.of(counts, [i]) for i in range(len(counts.graph.nodes))]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        part, whole = (tally.of(counts, nodes) for tally in (self.part, self.whole))
        if part is None or whole is None:
            return None
        return ABSENT if isinstance(whole, int) and whole == 0 else exact_div(part, whole)


class Flow(Rule):
    """What a layer passes on, from what has been passed on to it; None, not known, passes on None."""

    def __init__(self, start: Callable[[Shape], Any], step: Step, names: tuple[str, ...] = ()) -> None:
        self.start, self.step = start, step
        self.names = names  # of the numbers that flow along each axis, where several do

    def each(self, counts: Counts) -> list[Any]:
        found: list[Any] = []
        for node in counts.graph.nodes:
            passed = [found[i] for i in node.inputs]
            shapes = counts.graph.input_shapes(node)
            start = self.start(node.shape) if not passed else passed[0]  # else what goes into or comes out of copies
            found.append(self.arrive(node.layer, shapes, passed) if node.layer else start)
        if any(node.copies for node in counts.graph.nodes):  # one walk over a copy does not tell what passes all
            return [None for _ in found]
        return found

    def arrive(self, layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[Any]) -> Any:
        """What a layer passes on."""
        return None if any(value is None for value in passed) else self.step(layer, inputs, passed)


class Read(Rule):
    """A part of what flows; of several layers that of the last one, or the largest."""

    def __init__(self, flow: Flow, read: Callable[[Any], Any], adds: bool = False) -> None:
        self.flow, self.read, self.adds = flow, read, adds  # type: ignore[misc]  # of this rule, not of its class

    def each(self, counts: Counts) -> list[Any]:
        return [None if passed is None else self.read(passed) for passed in counts.of(self.flow)]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        if not self.adds or not nodes:
            return super().of(counts, nodes)
        values = [counts.of(self)[i] for i in nodes]
        return None if any(value is None for value in values) else largest(values)


class Own(Rule):
    """What a layer has by itself, and several have not."""

    def __init__(self, read: Callable[[Node, tuple[Shape, ...]], Any]) -> None:
        self.read = read

    def each(self, counts: Counts) -> list[Any]:
        graph = counts.graph
        return [self.read(node, graph.input_shapes(node)) if node.layer else ABSENT for node in graph.nodes]

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        return super().of(counts, nodes) if len(nodes) == 1 else ABSENT


class First(Own):
    """What a layer has by itself, of several the first one."""

    def of(self, counts: Counts, nodes: Sequence[int]) -> Any:
        return counts.of(self)[nodes[0]] if nodes else ABSENT


class Output(Rule):
    """A size of the output; of several layers, of the last one's."""

    def __init__(self, read: Callable[[Shape], Any]) -> None:
        self.read = read

    def each(self, counts: Counts) -> list[Any]:
        return [self.read(node.output) for node in counts.graph.nodes]


def largest(values: Sequence[Number]) -> Number:
    """The largest of one or more."""
    return reduce(most, values)
