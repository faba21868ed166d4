"""A cache of blocks: a block called with equal arguments on equal inputs is not walked again.

A block sees only its arguments, its inputs and the definitions of its file, so its layers are a function of these.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from archcalc.graph.graph import Node
from archcalc.spec.names import Span, Spans


class Met(NamedTuple):
    """The result of a call of a block: its nodes, the names in it, its output."""

    name: str
    sources: tuple[int, ...]
    first: int
    nodes: tuple[Node, ...]
    spans: tuple[tuple[str, Span], ...]
    output: int
    entries: int  # of the budget


class BlockCache:
    """The results of the calls of blocks so far."""

    def __init__(self, nodes: list[Node], spans: Spans) -> None:
        self.nodes, self.spans = nodes, spans
        self.met: dict[Hashable, Met] = {}

    def key(self, block: Any, arguments: tuple[Any, ...], sources: tuple[int, ...], depth: int) -> Hashable | None:
        """All that the result of a call depends on, and its depth, which is limited; None if some has no hash."""
        values, keywords = arguments
        inputs = tuple([(self.nodes[i].shape, self.nodes[i].times, sources.index(i)) for i in sources])
        types = tuple(map(type, (*values, *keywords.values())))  # true is not 1
        key = (id(block), values, *keywords.items(), types, inputs, depth)
        try:
            hash(key)
        except TypeError:
            return None
        return key

    def replay(self, met: Met, name: str, sources: tuple[int, ...]) -> int:
        """Add the same layers under another name, on other inputs; returns the output."""
        start, cut = len(self.nodes), len(met.name)
        moved = dict(zip(met.sources, sources, strict=True))
        shift = start - met.first

        def at(index: int) -> int:
            return index + shift if index >= met.first else moved[index]

        self.nodes.extend(
            Node(name + node.name[cut:], node.layer, tuple([at(i) for i in node.inputs]), node.shape, node.place,
                 None if node.shared is None else node.shared + shift, node.times, node.copies)
            for node in met.nodes
        )  # fmt: skip
        for inner, span in met.spans:
            output = None if span.output is None else at(span.output)
            self.spans.found[name + inner[cut:]] = Span(span.first + shift, span.end + shift, output)
        return at(met.output)
