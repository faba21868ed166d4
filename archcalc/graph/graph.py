"""The network as a graph: every layer with its arguments, its inputs and the shape of its output."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.core.errors import BUILT, Place
from archcalc.core.layer import Kind
from archcalc.core.number import Condition, Number
from archcalc.core.shape import Shape


class Node(NamedTuple):
    """One layer in the graph. A node without a layer is the network's input, or the input or output of copies."""

    name: str  # path: "inception3a/5x5/reduce"
    layer: Kind | None
    inputs: tuple[int, ...]  # nodes
    shape: Shape  # of the output, one example
    place: Place = BUILT  # the line of the spec that it comes from
    shared: int | None = None  # the node whose weights this one uses
    times: Number = 1  # how often it runs for one example: once, or for each region cut out above
    copies: tuple[Any, ...] = ()  # the repetitions of which it stands for all copies, innermost first

    def summed(self, figure: Number | None) -> Number | None:
        """The sum of a figure over all copies."""
        for copies in self.copies:
            figure = None if figure is None else copies.sum(figure)
        return figure

    @property
    def often(self) -> Number:
        """How often it runs for one example, summed over all copies."""
        return self.summed(self.times)

    @property
    def output(self) -> Shape:
        """The shape of the output; for copies, that of the last copy."""
        shape = self.shape
        for copies in self.copies:
            shape = tuple(map(copies.last_of, shape))
        return shape


class Assumption(NamedTuple):
    """A condition that could not be decided for symbols, or that is false for some elements of an array."""

    name: str  # the layer
    condition: Condition
    otherwise: str  # the message where the condition is false


class Graph(NamedTuple):
    """Nodes in the order in which they can run; the first is the input."""

    knobs: dict[str, Any]
    nodes: tuple[Node, ...]
    assumptions: tuple[Assumption, ...]

    def __repr__(self) -> str:
        return f"<a graph of {len(self.nodes)} nodes>"

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of the inputs of a node."""
        return tuple([self.nodes[i].shape for i in node.inputs])
