"""Where the gradients of a backward pass lie, and from when to when: as PyTorch's autograd goes about it.

The gradient of a layer's output is made by the last layer that takes it, or is handed on by that: an addition hands its
own to all its inputs, a concatenation parts of it. What the other takers make is added to it, in place where nothing
else lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archcalc.engine.graph import Graph
from archcalc.memory.liveness import Life, elements
from archcalc.number import Number


@dataclass
class Piece:
    """A piece of memory that holds gradients."""

    size: Number
    born: int
    last: int


class Gradients:
    """Those of the outputs of all nodes that learn. ``when`` gives the moment of a node's backward pass.

    At the moment after it, what the node made is added up.
    """

    def __init__(self, graph: Graph, scale: Number, learns: Sequence[bool], when: Callable[[int], int]) -> None:
        self.graph, self.scale, self.when = graph, scale, when
        self.takers = takers(graph)
        self.pieces: list[Piece] = []
        self.held: dict[int, Piece] = {}  # node -> where its output's gradient lies
        for i in range(len(graph.nodes) - 1, 0, -1):
            if learns[i]:
                self.held[i] = self._place(i)
                self.held[i].last = max(self.held[i].last, when(i))
                for other in self.takers[i][1:]:
                    if not self._handed(other):  # until it is added
                        self._new(i, when(other), when(other) + 1)

    def lives(self) -> Iterator[Life]:
        """How large, from when to when."""
        return ((piece.size, piece.born, piece.last) for piece in self.pieces)

    def _place(self, i: int) -> Piece:
        """Where the gradient of a node's output lies."""
        if not self.takers[i]:  # an output
            return self._new(i, self.when(len(self.graph.nodes) - 1))
        first, *others = self.takers[i]
        if not (handed := self._handed(first)):
            return self._new(i, self.when(first))
        theirs = self.held[first]
        if not others:
            return theirs
        second = self.when(others[0])
        if handed == "whole" and theirs.last <= second and others[0] != first:
            return theirs
        theirs.last = max(theirs.last, second + 1)  # still in use there, or with gaps: the sum gets a place of its own
        return self._new(i, second + 1)

    def _new(self, i: int, born: int, last: int = 0) -> Piece:
        self.pieces.append(Piece(self.scale * elements(self.graph.nodes[i]), born, last))
        return self.pieces[-1]

    def _handed(self, i: int) -> str:
        layer = self.graph.nodes[i].layer
        return layer.passes_gradient if layer else ""


def takers(graph: Graph) -> list[list[int]]:
    """For each node, those that take its output, the last first."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for i in range(len(graph.nodes) - 1, 0, -1):
        for source in graph.nodes[i].inputs:
            found[source].append(i)
    return found
