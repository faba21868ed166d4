"""What a training step keeps alive: the forward pass leaves what the backward pass needs, which runs the other way."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.memory.gradients import Gradients
from archcalc.memory.liveness import Life, elements, ends, last_uses, over_time, roots, sizes
from archcalc.number import Number, product
from archcalc.report import Report


class Training:
    """One step, for a batch of elements of some bytes each.

    A layer's backward pass takes its output's gradient and makes one for each of its inputs and its weights.
    """

    def __init__(self, report: Report, batch: Number, width: int) -> None:
        self.graph, self.scale = report.graph, batch * width
        self.batch, self.width = batch, width
        self.root = roots(self.graph, training=True)
        self.params = [0, *(0 if row.params is None else row.params for row in report.layers)]
        self.users = self._users()
        self.learns = self._learns()
        self.end = 3 * len(self.graph.nodes)  # of all moments: one for each node forward, two backward

    def _learns(self) -> list[bool]:
        """Whether a gradient passes through each node: it or something before it has weights."""
        found: list[bool] = []
        for node in self.graph.nodes:
            weights = node.layer.weights(*self.graph.input_shapes(node)) if node.layer else {}
            found.append(bool(weights) or any(found[i] for i in node.inputs))
        return found

    def _users(self) -> list[list[int]]:
        """For each node, those that use its weights, the last first and itself at the end."""
        found: list[list[int]] = [[] for _ in self.graph.nodes]
        for i in range(len(self.graph.nodes) - 1, 0, -1):
            shared = self.graph.nodes[i].shared
            found[i if shared is None else shared].append(i)
        return found

    def keeps(self, i: int) -> set[int]:
        """The memories that the backward pass of that node needs."""
        node = self.graph.nodes[i]
        if not node.layer or not self.learns[i]:
            return set()
        kept = {"inputs": node.inputs, "output": (i,), "nothing": ()}[node.layer.saved_for_backward]
        return {self.root[j] for j in kept}

    def marks(self, i: int) -> Number:
        """Bytes kept beside them."""
        node = self.graph.nodes[i]
        if not node.layer or not self.learns[i]:
            return 0
        return self.batch * node.times * node.layer.mask_bytes(node.shape) + node.layer.statistics_bytes(node.shape)

    def kept(self) -> Number:
        """Bytes that the forward pass leaves for the backward pass."""
        nodes = range(len(self.graph.nodes))
        memories = set().union(*(self.keeps(i) for i in nodes))
        return self.scale * sum(elements(self.graph.nodes[i]) for i in sorted(memories)) + sum(map(self.marks, nodes))

    def moments(self) -> list[Number]:
        """Bytes alive while each layer runs forward, then while each runs backward; while its gradients are added."""
        count = len(self.graph.nodes)
        size = [self.scale * n for n in sizes(self.graph, self.root)]
        end = [self.end if last == count else last for last in ends(self.root, last_uses(self.graph))]
        for i in range(count):
            for memory_ in self.keeps(i):
                end[memory_] = max(end[memory_], self.when(i))
        events = [(size[i], i, end[i]) for i in range(count)]
        events += [(self.marks(i), i, self.when(i)) for i in range(count)]
        events += Gradients(self.graph, self.scale, self.learns, self.when).lives()
        events += self.weight_gradients()
        return list(over_time(events, self.end))[1:-2]

    def weight_gradients(self) -> Iterator[Life]:
        """Kept to the end of the step; of shared weights, what each further layer makes is added to the last layer's.

        The bias is added first, the weight at the next moment; where it is added apart, the first sum is a new tensor.
        """
        for i, users in enumerate(self.users):
            if users:
                yield self.width * self.params[i], self.when(users[0]), self.end
            for user in users[1:]:
                at, weight = self.when(user), self.width * self.weight(i)
                yield self.width * self.params[i], at, at
                yield weight * (1 + (user == users[1] and self.apart(i))), at + 1, at + 1

    def weight(self, i: int) -> Number:
        """The elements of the first of its learned tensors."""
        node = self.graph.nodes[i]
        weights = node.layer and node.layer.weights(*self.graph.input_shapes(node))
        return product(next(iter(weights.values()))) if weights else 0

    def apart(self, i: int) -> bool:
        """Whether the first two gradients of its weight are added in a place of their own."""
        layer = self.graph.nodes[i].layer
        return bool(layer) and layer.accumulates_out_of_place  # type: ignore[union-attr]

    def when(self, i: int) -> int:
        """The moment of a node's backward pass. At the next, what it kept is gone, and its gradients are added up."""
        return self.end - 2 - 2 * i
