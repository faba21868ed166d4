"""Layers that use the weights of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archcalc.argument import Need
from archcalc.engine.graph import Node
from archcalc.engine.lookup import Span
from archcalc.errors import listing
from archcalc.number import equal
from archcalc.shape import Shape, describe

Weights = Mapping[str, Shape]


def share(nodes: list[Node], first: int, span: Span, name: str) -> Iterator[Need]:
    """Let the nodes from ``first`` on use the weights of the nodes in a span; gives the conditions for that."""
    own, others = range(first, len(nodes)), range(span.first, span.end)
    yield own != others, "a layer cannot share its own weights"
    if any(nodes[i].copies for i in (*own, *others)):
        yield False, "weights of a repetition whose length is open cannot be shared"
        return
    yield len(own) == len(others), f"cannot share weights: {len(own)} layers here, {len(others)} in {name!r}"
    for mine, other in zip(own, others, strict=False):
        node, original = nodes[mine], nodes[other]
        yield from same_weights(node, original, nodes)
        nodes[mine] = node._replace(shared=other if original.shared is None else original.shared)


def same_weights(node: Node, original: Node, nodes: Sequence[Node]) -> Iterator[Need]:
    """The conditions for a layer to use the weights of another one."""
    own, others = _weights(node, nodes), _weights(original, nodes)
    message = f"{node.name} cannot share {original.name}'s weights: {_shown(own)} here, {_shown(others)} there"
    yield [(name, len(shape)) for name, shape in own.items()] == [(n, len(s)) for n, s in others.items()], message
    for shape, other in zip(own.values(), others.values(), strict=False):
        for size, its in zip(shape, other, strict=False):
            yield equal(size, its), message


def _weights(node: Node, nodes: Sequence[Node]) -> Weights:
    assert node.layer is not None  # the input is in no span
    return node.layer.weights(*(nodes[i].shape for i in node.inputs)) or {}  # nothing where they are not known


def _shown(weights: Weights) -> str:
    return listing(f"{name} {describe(shape)}" for name, shape in weights.items())
