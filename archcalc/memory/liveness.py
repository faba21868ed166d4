"""Which tensors are in use at the same time while a graph runs, one layer in each moment.

The output of a layer is in use until the last layer that takes it has run. The input and the outputs of the network
belong to the caller and are in use all the time. No layer works in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import reduce
from typing import TypeAlias

from archcalc.engine.graph import Graph, Node
from archcalc.number import Number, decide, equal, most, product

Life: TypeAlias = tuple[Number, int, int]  # size, first moment, last moment


def forward(graph: Graph) -> list[Number]:
    """The elements in use while each layer runs, for one example."""
    storage, count = storages(graph), len(graph.nodes)
    lives = zip(sizes(graph, storage), range(count), ends(storage, last_uses(graph)), strict=True)
    return list(over_time(lives, count))[1:]


def outputs(graph: Graph) -> tuple[int, ...]:
    """The nodes that no node has as an input."""
    used = {i for node in graph.nodes for i in node.inputs}
    return tuple(i for i in range(len(graph.nodes)) if i not in used)


def last_uses(graph: Graph) -> list[int]:
    """For each node, the last one that uses it; the end of the graph for the network's input and outputs."""
    end = len(graph.nodes)
    found = [end] * end
    for i, node in enumerate(graph.nodes):
        for source in node.inputs:
            found[source] = i
    found[0] = end
    return found


def storages(graph: Graph, training: bool = False) -> list[int]:
    """For each node, the node whose storage contains its output: itself, or an earlier node of which it is a view."""
    found: list[int] = []
    for i, node in enumerate(graph.nodes):
        found.append(found[node.inputs[0]] if node.layer and is_view(node, training) else i)
    return found


def is_view(node: Node, training: bool) -> bool:
    """Whether the output of a node needs no memory; in training, that of dropout does."""
    layer = node.layer
    return bool(layer) and layer.view and not (training and has_mask(node))  # type: ignore[union-attr]


def has_mask(node: Node) -> bool:
    """Whether training saves a mask or positions for a node."""
    return bool(node.layer) and decide(equal(node.layer.mask_bytes(node.shape), 0)) is not True  # type: ignore[union-attr]


def sizes(graph: Graph, storage: Sequence[int]) -> list[Number]:
    """The elements for which each node allocates memory, for one example."""
    return [elements(node) if storage[i] == i else 0 for i, node in enumerate(graph.nodes)]


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
    now: Number = 0
    for change in changes[:count]:
        now = now + sum(change)
        yield now


def highest(values: Sequence[Number]) -> tuple[Number, int | None]:
    """The largest value and the first index at which it is; the index is None for symbols and arrays."""
    if not values:  # a network without layers
        return 0, None
    if all(isinstance(value, int) for value in values):
        at = max(range(len(values)), key=lambda i: values[i])
        return values[at], at
    with suppress(TypeError):  # arrays have no hash
        values = list(dict.fromkeys(values))
    return reduce(most, values), None
