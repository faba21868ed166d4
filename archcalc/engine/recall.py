"""Blocks met before: called alike on inputs alike, a block gives the same layers, and need not be walked again.

A block sees nothing but its arguments, its inputs and its file's definitions, so what it gives is a function of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice
from typing import Any, NamedTuple

from archcalc.engine.graph import Node
from archcalc.engine.lookup import Span, Spans


class Met(NamedTuple):
    """What a call of a block gave: its nodes, the names in it, its output."""

    name: str
    sources: tuple[int, ...]
    first: int
    nodes: tuple[Node, ...]
    spans: tuple[tuple[str, Span], ...]
    output: int
    entries: int  # what it took of the budget


class Recall:
    """The calls of blocks so far."""

    def __init__(self, nodes: list[Node], spans: Spans) -> None:
        self.nodes, self.spans = nodes, spans
        self.met: dict[Hashable, Met] = {}

    def key(self, block: Any, arguments: tuple[Any, ...], sources: tuple[int, ...], depth: int) -> Hashable | None:
        """What the block's layers depend on, and whether they are too deep; None where a number cannot be compared."""
        values, keywords = arguments
        inputs = tuple([(self.nodes[i].shape, self.nodes[i].times, sources.index(i)) for i in sources])
        types = tuple(map(type, (*values, *keywords.values())))  # true is not 1
        key = (id(block), values, *keywords.items(), types, inputs, depth)
        try:
            hash(key)
        except TypeError:
            return None
        return key

    def keep(
        self, key: Hashable, name: str, sources: tuple[int, ...], first: int, named: int, output: int, entries: int
    ) -> None:
        """Remember the call that gave all nodes and names from these numbers on, and took so many entries."""
        count = len(self.spans.found) - named
        spans = tuple(islice(reversed(self.spans.found.items()), count))[::-1]
        self.met[key] = Met(name, sources, first, tuple(self.nodes[first:]), spans, output, entries)

    def replay(self, met: Met, name: str, sources: tuple[int, ...]) -> int:
        """The same layers again under another name, on other inputs; gives the output."""
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
