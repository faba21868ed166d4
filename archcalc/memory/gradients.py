"""The memory of the gradients in a backward pass, and its lifetimes, as in PyTorch's autograd.

The gradient of an output is made by its last consumer, or passed on by it: an addition passes its own gradient to all
its inputs, a concatenation passes parts of it. The gradients of the other consumers are added to it, in place where
nothing else uses that memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archcalc.engine.graph import Graph
from archcalc.memory.liveness import Life, elements
from archcalc.number import Number


@dataclass
class Piece:
    """A piece of memory for gradients, with its first and last moment."""

    size: Number
    born: int
    last: int


class Gradients:
    """The gradients of the outputs of all nodes that need one (``learns``).

    ``moment`` gives the moment of a node's backward pass; at the next one the gradients that it made are added.
    """

    def __init__(self, graph: Graph, scale: Number, learns: Sequence[bool], moment: Callable[[int], int]) -> None:
        self.graph, self.scale, self.moment = graph, scale, moment
        self.consumers = consumers(graph)
        self.pieces: list[Piece] = []
        self.piece_of: dict[int, Piece] = {}  # node -> the memory of its output's gradient
        for i in range(len(graph.nodes) - 1, 0, -1):
            if learns[i]:
                self.piece_of[i] = self._place(i)
                self.piece_of[i].last = max(self.piece_of[i].last, moment(i))
                for other in self.consumers[i][1:]:
                    if not self._passed(other):  # in use until it is added
                        self._new(i, moment(other), moment(other) + 1)

    def lives(self) -> Iterator[Life]:
        """The size and the lifetime of each piece."""
        return ((piece.size, piece.born, piece.last) for piece in self.pieces)

    def _place(self, i: int) -> Piece:
        """The memory of the gradient of a node's output."""
        if not self.consumers[i]:  # an output of the network
            return self._new(i, self.moment(len(self.graph.nodes) - 1))
        first, *others = self.consumers[i]
        if not (passed := self._passed(first)):
            return self._new(i, self.moment(first))
        theirs = self.piece_of[first]
        if not others:
            return theirs
        second = self.moment(others[0])
        if passed == "whole" and theirs.last <= second and others[0] != first:
            return theirs
        theirs.last = max(theirs.last, second + 1)  # in use or not contiguous, so the sum is a new tensor
        return self._new(i, second + 1)

    def _new(self, i: int, born: int, last: int = 0) -> Piece:
        self.pieces.append(Piece(self.scale * elements(self.graph.nodes[i]), born, last))
        return self.pieces[-1]

    def _passed(self, i: int) -> str:
        layer = self.graph.nodes[i].layer
        return layer.passes_gradient if layer else ""


def consumers(graph: Graph) -> list[list[int]]:
    """For each node, the nodes that use its output, from the last one back."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for i in range(len(graph.nodes) - 1, 0, -1):
        for source in graph.nodes[i].inputs:
            found[source].append(i)
    return found
