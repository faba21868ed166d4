"""What must be in memory at the same time: in a forward pass, and in a training step as PyTorch's autograd does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from archcalc.core.bound import AtLeast
from archcalc.core.number import Number, decide, equal, maximum, product
from archcalc.graph.graph import Graph, Node

if TYPE_CHECKING:
    from archcalc.report import Report

Life: TypeAlias = tuple[Number, int, int]  # size, first moment, last moment


def forward(graph: Graph) -> list[Number]:
    """The elements in use while each layer runs, for one example."""
    storage, count = storages(graph), len(graph.nodes)
    lives = zip(sizes(graph, storage), range(count), ends(storage, last_uses(graph)), strict=True)
    return list(over_time(lives, count))[1:]


def forward_peak(graph: Graph) -> tuple[Any, int | None]:
    """The most elements in use while a layer runs, for one example, and which layer, from 0; None where it may vary.

    Where layers make more inside than is known, the number is a lower bound.
    """
    most, at = highest(forward(graph))
    return (AtLeast(most), None) if unknown_inside(graph) else (most, at)


def consumers(graph: Graph) -> list[list[int]]:
    """For each node, the nodes that use its output, from the last one back."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for i in range(len(graph.nodes) - 1, 0, -1):
        for source in graph.nodes[i].inputs:
            found[source].append(i)
    return found


def outputs(graph: Graph) -> tuple[int, ...]:
    """The nodes that no node has as an input."""
    return tuple(i for i, users in enumerate(consumers(graph)) if not users)


def last_uses(graph: Graph) -> list[int]:
    """For each node, the last one that uses it; the end of the graph for the network's input and outputs."""
    end = len(graph.nodes)
    return [end, *(users[0] if users else end for users in consumers(graph)[1:])]


def storages(graph: Graph, training: bool = False) -> list[int]:
    """For each node, the node whose storage contains its output: itself, or an earlier node of which it is a view."""
    found: list[int] = []
    for i, node in enumerate(graph.nodes):
        found.append(found[node.inputs[0]] if is_view(node, training) else i)
    return found


def unknown_inside(graph: Graph) -> tuple[str, ...]:
    """The kinds of layers in the graph of which it is not known what they make inside and save."""
    layers = (node.layer for node in graph.nodes)
    return tuple(sorted({layer.label for layer in layers if layer and layer.saved_for_backward == "unknown"}))


def is_view(node: Node, training: bool) -> bool:
    """Whether the output of a node needs no memory; in training, that of dropout does, which saves a mask."""
    layer = node.layer
    if layer is None or not layer.view:
        return False
    return not training or decide(equal(layer.mask_bytes(node.shape), 0)) is True


def sizes(graph: Graph, storage: Sequence[int]) -> list[Number]:
    """The elements for which each node allocates memory, for one example."""
    return [own(node) if storage[i] == i else 0 for i, node in enumerate(graph.nodes)]


def own(node: Node) -> Number:
    """The elements for which a node that is no view allocates memory; a learned tensor is in memory already."""
    return 0 if node.layer and node.layer.constant else elements(node)


def elements(node: Node) -> Number:
    """The elements of the output of a node, for one example."""
    return product(node.shape) * node.times


def ends(storage: Sequence[int], uses: Sequence[int]) -> list[int]:
    """The last use of each storage: the last use of any output in it."""
    found = list(uses)
    for i, at in enumerate(storage):
        found[at] = max(found[at], uses[i])
    return found


def over_time(events: Iterable[Life], count: int) -> Iterator[Number]:
    """The amount in use at each of ``count`` moments."""
    changes: list[list[Number]] = [[] for _ in range(count + 2)]
    for size, first, last in events:
        changes[first].append(size)
        changes[min(last, count) + 1].append(-size)
    return accumulate(sum(change) for change in changes[:count])


def highest(values: Sequence[Number]) -> tuple[Number, int | None]:
    """The largest value and the first index at which it is; the index is None for symbols and arrays."""
    if not values:  # a network without layers
        return 0, None
    if all(isinstance(value, int) for value in values):
        at = max(range(len(values)), key=lambda i: values[i])
        return values[at], at
    with suppress(TypeError):  # arrays have no hash
        values = list(dict.fromkeys(values))
    return reduce(maximum, values), None


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
        self.consumers = [[i for i in users if self._passed(i) != "none"] for users in consumers(graph)]
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


class Training:
    """One training step, for a batch of examples whose elements have ``width`` bytes.

    The backward pass of a layer turns the gradient of its output into those of its inputs and of its weights.
    """

    def __init__(self, report: Report, batch: Number, width: int) -> None:
        self.graph, self.scale = report.graph, batch * width
        self.batch, self.width = batch, width
        self.storage = storages(self.graph, training=True)
        self.params = [0, *(0 if row.params is None else row.params for row in report.layers)]
        self.users = self._users()
        self.requires_grad = self._requires_grad()
        self.end = 3 * len(self.graph.nodes)  # of the step: each node has one moment forward and two backward

    def _requires_grad(self) -> list[bool]:
        """Whether a gradient flows through each node, because it or a node before it has weights."""
        found: list[bool] = []
        for node in self.graph.nodes:
            weights = node.layer.weights(*self.graph.input_shapes(node)) if node.layer else {}
            found.append(bool(weights) or any(found[i] for i in node.inputs))
        return found

    def _users(self) -> list[list[int]]:
        """For each node, the nodes that use its weights, from the last one back to itself."""
        found: list[list[int]] = [[] for _ in self.graph.nodes]
        for i in range(len(self.graph.nodes) - 1, 0, -1):
            shared = self.graph.nodes[i].shared
            found[i if shared is None else shared].append(i)
        return found

    def saved(self, i: int) -> set[int]:
        """The storages that the backward pass of a node needs."""
        node = self.graph.nodes[i]
        if not node.layer or not self.requires_grad[i]:
            return set()
        saved = {"inputs": node.inputs, "output": (i,), "nothing": ()}[node.layer.saved_for_backward]
        return {self.storage[j] for j in saved}

    def extra_bytes(self, i: int) -> Number:
        """Bytes of masks and statistics that the backward pass of a node needs beside them."""
        node = self.graph.nodes[i]
        if not node.layer or not self.requires_grad[i]:
            return 0
        return self.batch * node.times * node.layer.mask_bytes(node.shape) + node.layer.statistics_bytes(node.shape)

    def saved_bytes(self) -> Number:
        """All bytes that the forward pass saves for the backward pass."""
        nodes = range(len(self.graph.nodes))
        saved = sorted(set().union(*(self.saved(i) for i in nodes)))
        return self.scale * sum(own(self.graph.nodes[i]) for i in saved) + sum(map(self.extra_bytes, nodes))

    def moments(self) -> list[Number]:
        """Bytes in use at each moment: each layer forward, then each backward and the addition of its gradients."""
        count = len(self.graph.nodes)
        size = [self.scale * n for n in sizes(self.graph, self.storage)]
        end = [self.end if last == count else last for last in ends(self.storage, last_uses(self.graph))]
        for i in range(count):
            for storage in self.saved(i):
                end[storage] = max(end[storage], self.moment(i))
        events = [(size[i], i, end[i]) for i in range(count)]
        events += [(self.extra_bytes(i), i, self.moment(i)) for i in range(count)]
        events += Gradients(self.graph, self.scale, self.requires_grad, self.moment).lives()
        events += self.weight_gradients()
        return list(over_time(events, self.end))[1:-2]

    def weight_gradients(self) -> Iterator[Life]:
        """The gradients of weights, which live to the end of the step; for shared weights they are summed.

        Biases are added first, weights at the next moment; where that is out of place, the first sum is a new tensor.
        """
        for i, users in enumerate(self.users):
            if users:
                yield self.width * self.params[i], self.moment(users[0]), self.end
            for user in users[1:]:
                at, weight = self.moment(user), self.width * self.weight(i)
                yield self.width * self.params[i], at, at
                yield weight * (1 + (user == users[1] and self.out_of_place(i))), at + 1, at + 1

    def weight(self, i: int) -> Number:
        """The number of elements of the first learned tensor of a node."""
        node = self.graph.nodes[i]
        weights = node.layer and node.layer.weights(*self.graph.input_shapes(node))
        return product(next(iter(weights.values()))) if weights else 0

    def out_of_place(self, i: int) -> bool:
        """Whether the first two gradients of its weight are added out of place."""
        layer = self.graph.nodes[i].layer
        return bool(layer) and layer.accumulates_out_of_place  # type: ignore[union-attr]

    def moment(self, i: int) -> int:
        """The moment of a node's backward pass; at the next one its saved tensors are free and its gradients added."""
        return self.end - 2 - 2 * i
