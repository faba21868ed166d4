"""How many bytes a network needs: weights, activations, and what must be alive at the same time.

The layers run in the graph's order and none works in place. A layer's output lives until the last layer that takes it
has run; outputs of the network, and its input, belong to the caller and live throughout. Numbers of any type: closed
forms for symbols, arrays for arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple, TypeAlias

from archcalc.errors import ArchcalcError, listing
from archcalc.graph import Graph, Node
from archcalc.number import Number, decide, equal, most, product
from archcalc.report import Report

DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes of an element
STATES = {"sgd": 0, "momentum": 1, "adam": 2}  # tensors an optimizer keeps for each weight

Life: TypeAlias = tuple[Number, int, int]  # how large, from which moment on, up to and with which


class Memory(NamedTuple):
    """Bytes, for a batch in one dtype; None where a layer's weights are not known."""

    batch: Number
    dtype: str
    optimizer: str
    weights: Number | None
    buffers: Number | None
    activations: Number  # the outputs of all layers together
    peak: Number  # of a forward pass: input, and the outputs alive at once
    peak_at: str | None  # the layer that runs then; None where that depends on a symbol
    kept: Number  # what the forward pass of a training step leaves for the backward pass
    step: Number | None  # the peak of a training step: activations and gradients alive at once

    @property
    def inference(self) -> Number | None:
        """Weights, buffers and the activations at the peak."""
        return None if self.weights is None else self.weights + self.buffers + self.peak

    @property
    def training(self) -> Number | None:
        """Weights, buffers, the optimizer's tensors, and activations and gradients at the peak."""
        if self.weights is None or self.step is None:
            return None
        return (1 + STATES[self.optimizer]) * self.weights + self.buffers + self.step


def memory(report: Report, batch: Number = 1, dtype: str = "float32", optimizer: str = "sgd") -> Memory:
    """What the network needs for that batch. Raises ArchcalcError."""
    for word, known in ((dtype, DTYPES), (optimizer, STATES)):
        if word not in known:
            raise ArchcalcError(f"memory knows no {word!r}; there are {listing(known)}")
    width, totals = DTYPES[dtype], report.totals
    passing, step = forward(report.graph), Training(report, batch, width)
    peak, at = highest(passing)
    return Memory(
        batch,
        dtype,
        optimizer,
        weights=None if totals.params is None else width * totals.params,
        buffers=None if totals.buffers is None else width * totals.buffers,
        activations=batch * width * sum(size for size in sizes(report.graph, roots(report.graph))[1:]),
        peak=batch * width * peak,
        peak_at=None if at is None else report.graph.nodes[at + 1].name,
        kept=step.kept(),
        step=None if totals.params is None else highest(step.moments())[0],
    )


def outputs(graph: Graph) -> tuple[int, ...]:
    """The nodes that nothing takes as input."""
    taken = {i for node in graph.nodes for i in node.inputs}
    return tuple(i for i in range(len(graph.nodes)) if i not in taken)


def last_uses(graph: Graph) -> list[int]:
    """For each node, the last one that takes it; what belongs to the caller is used after all of them."""
    end = len(graph.nodes)
    found = [end] * end
    for i, node in enumerate(graph.nodes):
        for source in node.inputs:
            found[source] = i
    found[0] = end
    return found


def roots(graph: Graph, training: bool = False) -> list[int]:
    """For each node, the one whose memory holds its output: itself, or an earlier one that it is a view of."""
    found: list[int] = []
    for i, node in enumerate(graph.nodes):
        found.append(found[node.inputs[0]] if node.layer and is_view(node, training) else i)
    return found


def is_view(node: Node, training: bool) -> bool:
    """Whether its output needs no memory; dropout's does, in training."""
    layer = node.layer
    return bool(layer) and layer.view and not (training and marked(node))  # type: ignore[union-attr]


def marked(node: Node) -> bool:
    """Whether training keeps marks for it."""
    return bool(node.layer) and decide(equal(node.layer.marks(node.shape), 0)) is not True  # type: ignore[union-attr]


def sizes(graph: Graph, root: Sequence[int]) -> list[Number]:
    """The elements that each node's output adds, for one example."""
    return [elements(node) if root[i] == i else 0 for i, node in enumerate(graph.nodes)]


def elements(node: Node) -> Number:
    """Of its output, for one example."""
    return product(node.shape) * node.times


def forward(graph: Graph) -> list[Number]:
    """The elements alive while each layer runs, for one example."""
    root, count = roots(graph), len(graph.nodes)
    lives = zip(sizes(graph, root), range(count), ends(root, last_uses(graph)), strict=True)
    return list(over_time(lives, count))[1:]


def ends(root: Sequence[int], uses: Sequence[int]) -> list[int]:
    """When each memory is done with: after the last use of all that lies in it."""
    found = list(uses)
    for i, at in enumerate(root):
        found[at] = max(found[at], uses[i])
    return found


def highest(values: Sequence[Number]) -> tuple[Number, int | None]:
    """The largest, and where it is (the first place); None where that is not one place."""
    if all(isinstance(value, int) for value in values):
        at = max(range(len(values)), key=lambda i: values[i])
        return values[at], at
    try:
        values = list(dict.fromkeys(values))
    except TypeError:  # arrays have no hash
        pass
    return reduce(most, values), None


class Training:
    """A training step: the forward pass keeps what the backward pass needs; that runs in the opposite order.

    The backward pass of a layer needs its output's gradient and makes one for each of its inputs and weights. A join
    by addition, and a view, hand the gradient on.
    """

    def __init__(self, report: Report, batch: Number, width: int) -> None:
        self.graph, self.scale = report.graph, batch * width
        self.batch, self.width = batch, width
        self.root = roots(self.graph, training=True)
        self.params = [0, *(row.params or 0 for row in report.layers)]
        self.learns = self._learns()

    def _learns(self) -> list[bool]:
        """Whether a gradient passes through each node: it or something before it has weights."""
        found: list[bool] = []
        for node in self.graph.nodes:
            weights = node.layer.weights(*self.graph.input_shapes(node)) if node.layer else {}
            found.append(bool(weights) or any(found[i] for i in node.inputs))
        return found

    def keeps(self, i: int) -> set[int]:
        """The memories that the backward pass of that node needs."""
        node = self.graph.nodes[i]
        if not node.layer or not self.learns[i]:
            return set()
        kept = {"inputs": node.inputs, "output": (i,), "nothing": ()}[node.layer.keeps]
        return {self.root[j] for j in kept}

    def marks(self, i: int) -> Number:
        """Bytes kept beside them."""
        node = self.graph.nodes[i]
        return self.batch * node.times * node.layer.marks(node.shape) if node.layer and self.learns[i] else 0

    def kept(self) -> Number:
        """Bytes that the forward pass leaves for the backward pass."""
        nodes = range(len(self.graph.nodes))
        memories = set().union(*(self.keeps(i) for i in nodes))
        return self.scale * sum(elements(self.graph.nodes[i]) for i in sorted(memories)) + sum(map(self.marks, nodes))

    def moments(self) -> list[Number]:
        """Bytes alive while each layer runs forward, then while each runs backward."""
        count = len(self.graph.nodes)
        size = [self.scale * n for n in sizes(self.graph, self.root)]
        end = ends(self.root, last_uses(self.graph))
        end = [count * 2 if last == count else last for last in end]
        for i in range(count - 1, -1, -1):  # a moment of the backward pass: after count, the last layer's first
            for memory_ in self.keeps(i):
                end[memory_] = max(end[memory_], 2 * count - 1 - i)
        events = [(size[i], i, end[i]) for i in range(count)]
        events += [(self.marks(i), i, 2 * count - 1 - i) for i in range(count)]
        events += list(self.gradients())
        return list(over_time(events, 2 * count))[1:-1]

    def gradients(self) -> Iterator[Life]:
        """Of each output and each weight."""
        count = len(self.graph.nodes)
        first = [2 * count] * count
        for i in range(count - 1, 0, -1):
            for source in self.graph.nodes[i].inputs:
                first[source] = min(first[source], 2 * count - 1 - i)
        for i in range(1, count):
            if self.learns[i]:
                born = first[i] if first[i] < 2 * count else count
                yield self.scale * elements(self.graph.nodes[i]), born, 2 * count - 1 - i
            yield self.width * self.params[i], 2 * count - 1 - i, 2 * count


def over_time(events: Iterable[Life], count: int) -> Iterator[Number]:
    """How much is alive at each of that many moments."""
    changes: list[list[Number]] = [[] for _ in range(count + 2)]
    for size, first, last in events:
        changes[first].append(size)
        changes[min(last, count) + 1].append(-size)
    now: Number = 0
    for change in changes[:count]:
        now = now + sum(change)
        yield now
