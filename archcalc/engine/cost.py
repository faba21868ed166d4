"""What a layer costs, and how costs add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from archcalc.engine.graph import Graph, Node
from archcalc.engine.memo import remembered
from archcalc.number import Number, product
from archcalc.shape import Shape

CONVENTION = (
    "mult-adds: a multiplication with its addition counts 1; weights of convolutions and linear layers, one example; "
    "no biases, normalisation, activations or pooling. params: learned. buffers: batch norm's running mean, variance."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Learned parameters, buffer elements and multiply-adds; None where not known, which is contagious."""

    params: Number | None = 0
    buffers: Number | None = 0
    mult_adds: Number | None = 0

    def __add__(self, other: Cost) -> Cost:
        return total((self, other))

    def run(self, times: Number) -> Cost:
        """The cost of running that often with the same weights."""
        once = self.mult_adds is None or (isinstance(times, int) and times == 1)
        return self if once else Cost(self.params, self.buffers, self.mult_adds * times)

    def over(self, node: Node) -> Cost:
        """The cost of all copies that a node stands for."""
        return Cost(node.summed(self.params), node.summed(self.buffers), node.summed(self.mult_adds))

    def known(self) -> Cost:
        """The same with 0 for what is not known: a lower bound."""
        return Cost(self.params or 0, self.buffers or 0, self.mult_adds or 0)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum; nothing costs nothing."""
    listed = list(costs)
    return Cost(
        _sum([cost.params for cost in listed]),
        _sum([cost.buffers for cost in listed]),
        _sum([cost.mult_adds for cost in listed]),
    )


def _sum(figures: list[Any]) -> Number | None:
    return None if any(figure is None for figure in figures) else sum(figures)


def costs(graph: Graph) -> Iterator[tuple[Node, Cost]]:
    """Each layer with its cost, in order. Weights are counted where they are first used, and not again."""
    counted: dict[object, Cost] = {}
    for node in graph.nodes[1:]:
        if node.layer is None:
            continue
        inputs = graph.input_shapes(node)
        cost = remembered(counted, (node.layer, inputs), partial(layer_cost, node, inputs)).run(node.times)
        cost = cost if node.shared is None else Cost(0, 0, cost.mult_adds)
        yield node, cost.over(node) if node.copies else cost


def layer_cost(node: Node, inputs: tuple[Shape, ...]) -> Cost:
    """Parameters and buffers are the elements of the tensors that the kind declares."""
    layer = node.layer
    assert layer is not None  # the input is not a layer
    weights = layer.weights(*inputs)
    params = None if weights is None else elements(weights.values())
    buffers = None if weights is None else elements(layer.buffers(*inputs).values())
    return Cost(params, buffers, layer.mult_adds(inputs, node.shape))


def elements(shapes: Iterable[Shape]) -> Number:
    """How many numbers tensors of these shapes hold."""
    return sum(product(shape) for shape in shapes)
