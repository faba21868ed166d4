"""What must be alive at the same time while a graph runs, one layer a moment.

A layer's output lives until the last layer that takes it has run. The network's input and outputs belong to the caller
and live throughout. No layer works in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import reduce
from typing import TypeAlias

from archcalc.engine.graph import Graph, Node
from archcalc.number import Number, decide, equal, most, product

Life: TypeAlias = tuple[Number, int, int]  # how large, from which moment on, up to and with which


def forward(graph: Graph) -> list[Number]:
    """The elements alive while each layer runs, for one example."""
    root, count = roots(graph), len(graph.nodes)
    lives = zip(sizes(graph, root), range(count), ends(root, last_uses(graph)), strict=True)
    return list(over_time(lives, count))[1:]


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
    return bool(node.layer) and decide(equal(node.layer.mask_bytes(node.shape), 0)) is not True  # type: ignore[union-attr]


def sizes(graph: Graph, root: Sequence[int]) -> list[Number]:
    """The elements that each node's output adds, for one example."""
    return [elements(node) if root[i] == i else 0 for i, node in enumerate(graph.nodes)]


def elements(node: Node) -> Number:
    """Of its output, for one example."""
    return product(node.shape) * node.times


def ends(root: Sequence[int], uses: Sequence[int]) -> list[int]:
    """When each memory is done with: after the last use of all that lies in it."""
    found = list(uses)
    for i, at in enumerate(root):
        found[at] = max(found[at], uses[i])
    return found


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


def highest(values: Sequence[Number]) -> tuple[Number, int | None]:
    """The largest, and where it is (the first place); None where that is not one place."""
    if not values:  # a network without layers
        return 0, None
    if all(isinstance(value, int) for value in values):
        at = max(range(len(values)), key=lambda i: values[i])
        return values[at], at
    with suppress(TypeError):  # arrays have no hash
        values = list(dict.fromkeys(values))
    return reduce(most, values), None
