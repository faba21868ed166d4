"""The operators of a graph of ONNX: which of them are needed, and the modules that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from archcalc.core.errors import one_line

DEEPEST = 20  # modules within modules that are told apart
SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"  # what torch says of an operator
CONTAINER = "Sequential"  # the class of a module whose parts are only numbered


class Scopes:
    """The modules around each operator, by its metadata or by its name."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        self.found = {node.output[0]: scopes_of(node) for node in nodes}
        self.inside: dict[str, set[str]] = {}
        for paths in self.found.values():
            for (above, _), (path, _) in pairwise(paths):
                self.inside.setdefault(above, set()).add(path.rpartition(".")[2])

    def of(self, node: Any) -> dict[str, tuple[str, str]]:
        """A key of each module, outermost first -> its path and its class."""
        return {path: (path, kind or self.kind(path)) for path, kind in self.found.get(node.output[0], ())}

    def kind(self, path: str) -> str:
        """A word for the class of a module of which only the name is known."""
        if all(name.isdigit() for name in self.inside.get(path, {"x"})):
            return CONTAINER
        return path.rpartition(".")[2].rstrip("_0123456789") or "block"


def scopes_of(node: Any) -> list[tuple[str, str]]:
    """The path of each module around an operator, and its class, where that is told."""
    told = {entry.key: entry.value for entry in node.metadata_props}
    if SCOPES in told:
        paths, kinds = (re.findall("'([^']*)'", told.get(key, "")) for key in (SCOPES, CLASSES))
        return [*zip(paths[:-1], kinds, strict=False)][:DEEPEST]
    found: list[tuple[str, str]] = []
    path = before = ""
    for part in [part for part in node.name.split("/")[:-1] if part][:DEEPEST]:
        path = f"{path}.{part.removeprefix(f'{before}.')}".lstrip(".")
        before = part
        found.append((path, ""))
    return found


def live(graph: Any) -> tuple[list[Any], set[str]]:
    """The operators on which the outputs of a graph depend, and the values that they use."""
    used, found = {output.name for output in graph.output}, []
    for node in reversed(graph.node):
        if used & {name for name in node.output if name}:
            used |= {*_inputs(node)}
            found.append(node)
    return found[::-1], used


def _inputs(node: Any) -> Iterator[str]:
    """The names that an operator uses, also those that its branches do."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            yield from (output.name for output in graph.output)
            for inner in graph.node:
                yield from _inputs(inner)


def kind_of(node: Any) -> str:
    """The operator's name, with its domain if it is not ONNX's own."""
    name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return one_line(name)
