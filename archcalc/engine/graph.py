"""The network as a graph: every layer with its arguments, its inputs and its output's shape."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.errors import BUILT, Place
from archcalc.kind import Kind
from archcalc.number import Condition, Number
from archcalc.shape import Shape


class Node(NamedTuple):
    """One layer where it stands; the network's input is the node without a layer."""

    name: str  # path: "inception3a/5x5/reduce"
    layer: Kind | None
    inputs: tuple[int, ...]  # nodes
    shape: Shape  # of the output, one example
    place: Place = BUILT  # the line of the spec that says so
    shared: int | None = None  # the node whose weights this one uses
    times: Number = 1  # how often it runs for one example: once, or for each region cut out above


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
        return tuple(self.nodes[i].shape for i in node.inputs)
