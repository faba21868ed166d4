"""What must hold of a graph: shared weights fit, and layers obey the rules of their kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archcalc.core.errors import ArchcalcError, listing, one_line
from archcalc.core.layer import Need
from archcalc.core.number import equal, fails
from archcalc.core.shape import Shape, describe
from archcalc.core.value import exact
from archcalc.graph.evaluation import positive, same_times
from archcalc.graph.graph import Graph, Node
from archcalc.spec.names import Span

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


def checked(graph: Graph) -> Graph:
    """The graph with exact numbers and a name for each node; one without a name is called "conv1", numbered by kind.

    How often each layer runs is computed. Raises ArchcalcError at the first mistake, such as a shape that is not the
    shape of the layer's output.
    """
    nodes: list[Node] = []
    for node in _named(graph.nodes):
        try:
            if node.layer:
                arguments = {name: _exact(value) for name, value in vars(node.layer).items()}
                node = node._replace(layer=node.layer.with_arguments(arguments))
            node = node._replace(shape=tuple(map(exact, node.shape)))
            wrong = next((message for needed, message in _needs(node, nodes) if fails(needed)), "")
        except (TypeError, ValueError, OverflowError) as error:
            wrong = str(error)
        if wrong:
            raise ArchcalcError(f"{node.name}: {wrong}")
        times = nodes[node.inputs[0]].times * node.layer.times() if node.layer else 1
        origin = node.shared if node.shared is None else nodes[node.shared].shared
        nodes.append(node._replace(times=times, shared=node.shared if origin is None else origin))
    if not nodes:
        raise ArchcalcError("a graph has no nodes; the first one is the network's input")
    return graph._replace(nodes=tuple(nodes))


def _named(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes, each with a unique name. Raises ArchcalcError where two nodes have the same name."""
    taken = {name for node in nodes if (name := one_line(node.name))}
    seen: set[str] = set()
    for node in nodes:
        stem = node.layer.label if node.layer else "input"
        name = one_line(node.name) or next(n for i in range(1, len(nodes) + 1) if (n := f"{stem}{i}") not in taken)
        if name in seen:
            raise ArchcalcError(f"two nodes of the graph have the name {name!r}; give one of them another")
        taken.add(name)
        seen.add(name)
        yield node._replace(name=name)


def _exact(value: Any) -> Any:
    """An argument with all its numbers made exact. Raises TypeError, ValueError or OverflowError."""
    if isinstance(value, tuple):
        return tuple(map(_exact, value))
    return value if value is None or isinstance(value, str) else exact(value)


def _needs(node: Node, nodes: Sequence[Node]) -> Iterator[Need]:
    """The conditions on a node that follows these nodes; each condition makes sense only if those before it are met."""
    layer, shapes = node.layer, tuple(nodes[i].shape for i in node.inputs if 0 <= i < len(nodes))
    yield (layer is None) == (not nodes), "the first node of a graph, and no other, has no layer: it is the input"
    yield len(shapes) == len(node.inputs), f"its inputs must be the numbers of earlier nodes, not {node.inputs}"
    yield from positive(node.shape, "its shape would be")
    if layer is None:
        return
    one = "one input" if not layer.many else "one or more inputs"
    yield bool(shapes) and (layer.many or len(shapes) == 1), f"{layer.label} takes {one}, not {len(shapes)}"
    for parameter in layer.parameters:
        if (value := getattr(layer, parameter.name)) is not None:
            yield parameter.need(value)
    yield from layer.needs(*shapes)
    output = layer.shape(*shapes)
    message = f"its output is {describe(output)}, not {describe(node.shape)}"
    yield len(output) == len(node.shape), message
    yield from ((equal(size, said), message) for size, said in zip(output, node.shape, strict=True))
    yield from same_times([nodes[i] for i in node.inputs])
    if node.shared is not None:
        yield 0 < node.shared < len(nodes), f"it must share the weights of an earlier layer, not of node {node.shared}"
        yield from same_weights(node, nodes[node.shared], nodes)
