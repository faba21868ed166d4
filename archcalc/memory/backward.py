"""The memory of a training step: the forward pass saves tensors, which the backward pass uses in the reverse order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archcalc.memory.gradients import Gradients
from archcalc.memory.liveness import Life, elements, ends, last_uses, over_time, sizes, storages
from archcalc.number import Number, product

if TYPE_CHECKING:
    from archcalc.report import Report


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
        return self.scale * sum(elements(self.graph.nodes[i]) for i in saved) + sum(map(self.extra_bytes, nodes))

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
