"""The network as a graph: every layer with its arguments, its inputs and its output's shape."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.errors import BUILT, Place
from archcalc.kind import Kind
from archcalc.number import Condition, Number
from archcalc.shape import Shape


class Node(NamedTuple):
    """One layer where it stands. Without a layer: the network's input, or what goes into or comes out of copies."""

    name: str  # path: "inception3a/5x5/reduce"
    layer: Kind | None
    inputs: tuple[int, ...]  # nodes
    shape: Shape  # of the output, one example
    place: Place = BUILT  # the line of the spec that says so
    shared: int | None = None  # the node whose weights this one uses
    times: Number = 1  # how often it runs for one example: once, or for each region cut out above
    copies: tuple[Any, ...] = ()  # the repetitions, from the innermost on, that it stands for all copies of

    def summed(self, figure: Number | None) -> Number | None:
        """What a figure of one copy comes to for all of them."""
        for copies in self.copies:
            figure = None if figure is None else copies.sum(figure)
        return figure

    @property
    def often(self) -> Number:
        """How often it runs for one example, all copies taken together."""
        return self.summed(self.times)

    @property
    def output(self) -> Shape:
        """The output's shape; of copies that of the last one."""
        shape = self.shape
        for copies in self.copies:
            shape = tuple(map(copies.last_of, shape))
        return shape


class Assumption(NamedTuple):
    """What could not be decided for symbols, or does not hold all along an array."""

    name: str  # the layer
    condition: Condition
    otherwise: str  # what is wrong where the condition does not hold


class Graph(NamedTuple):
    """Nodes in the order in which they can run; the first is the input."""

    knobs: dict[str, Any]
    nodes: tuple[Node, ...]
    assumptions: tuple[Assumption, ...]

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes a node is given."""
        return tuple([self.nodes[i].shape for i in node.inputs])
