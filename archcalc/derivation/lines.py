"""The derivation of a figure of a block or a network: a line for each layer or block, and the sum of the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.derivation.factor import Atom
from archcalc.derivation.layer import Product, products
from archcalc.engine.graph import Graph, Node
from archcalc.engine.memo import remembered
from archcalc.number import Number
from archcalc.quantity import Quantity, rows_of
from archcalc.report import Report

MOST_LINES = 24  # with more layers than this, a line is a block


class Term(NamedTuple):
    """A summand: a product or the value of a part of a block, and how often it occurs in a row."""

    value: Number
    product: Product | None
    often: int = 1


class Line(NamedTuple):
    """A line "name: sum of the terms = value"."""

    name: str
    terms: tuple[Term, ...]
    value: Number | None  # None where it is not known


class Derivation(NamedTuple):
    """The derivation of a figure of a network, a block or a layer."""

    title: str
    figure: str
    lines: tuple[Line, ...]
    value: Number | None
    without: tuple[str, ...]  # the kinds of layer that contribute nothing

    @property
    def total(self) -> Line:
        """The last line: the sum of the others."""
        return Line("total", merged(Term(line.value, None) for line in self.lines), self.value)


def derivation(report: Report, of: Quantity, depth: int | None = None) -> Derivation:
    """The derivation of a figure that is a sum over layers: by layers where they are few, else by blocks.

    With ``depth`` it is by blocks whose names have this many levels. Raises ArchcalcError where there is no such layer.
    """
    figure, path, kind = of
    wanted = {row.name for row in rows_of(report, path, kind)}
    leaves, silent, working = [], dict[str, None](), set[str]()
    known: dict[Any, tuple[Term, ...] | None] = {}
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        if node.name in wanted:
            terms = _terms(report.graph, node, figure, known)
            if terms == ():
                silent.setdefault(row.kind)
            else:
                working.add(row.kind)
                leaves.append(Line(row.name, terms or (), getattr(row, figure)))
    if depth is None and len(leaves) > MOST_LINES:
        depth = 1
    lines = _shortened(leaves) if depth is None else _blocks(leaves, depth + len(path.split("/")) * bool(path))
    value = _sum(line.value for line in leaves)
    return Derivation(
        _title(report, path, kind), figure, tuple(lines), value, tuple(k for k in silent if k not in working)
    )


def _terms(graph: Graph, node: Node, figure: str, known: dict[Any, tuple[Term, ...] | None]) -> tuple[Term, ...] | None:
    """The products of a layer, computed once for equal layers; None where they are not known."""

    def compute() -> tuple[Term, ...] | None:
        found = products(graph, node, figure)
        return None if found is None else tuple(Term(product.value, product) for product in found)

    return remembered(
        known, (node.layer, graph.input_shapes(node), node.shape, node.shared is None, node.times), compute
    )


def _title(report: Report, path: str, kind: str) -> str:
    return ", ".join(filter(None, (report.title, path, kind and f"every {kind}")))


def _blocks(leaves: Sequence[Line], depth: int) -> list[Line]:
    """A line for each block: the sum of the values of the blocks and layers directly inside it."""
    found = []
    for name, own in _grouped(leaves, depth):
        inside = depth + 1
        while len(own) > 1 and len({_cut(line.name, inside) for line in own}) == 1:
            inside += 1  # everything is in one inner block
        inner = [_sum(line.value for line in members) for _, members in _grouped(own, inside)]
        terms = own[0].terms if len(own) == 1 else merged(Term(value, None) for value in inner)
        found.append(Line(name, terms, _sum(line.value for line in own)))
    return found


def _grouped(leaves: Iterable[Line], depth: int) -> list[tuple[str, list[Line]]]:
    return [(name, list(own)) for name, own in groupby(leaves, key=lambda line: _cut(line.name, depth))]


def _cut(name: str, depth: int) -> str:
    return "/".join(name.split("/")[:depth])


def merged(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The terms, with equal ones in a row joined into one term and counted."""
    found: list[Term] = []
    for term in terms:
        if found and found[-1].product is None and term.product is None and _same(found[-1].value, term.value):
            found[-1] = found[-1]._replace(often=found[-1].often + 1)
        else:
            found.append(term)
    return tuple(found)


def _same(a: Any, b: Any) -> bool:
    return (a is None) == (b is None) and (a is None or (a == b) is True)


def _sum(values: Iterable[Number | None]) -> Number | None:
    total: Number | None = 0
    for value in values:
        total = None if total is None or value is None else total + value
    return total


def _shortened(lines: Sequence[Line]) -> list[Line]:
    """The lines with shorter names: without a common beginning, and without an end that is not needed to be unique."""
    paths = [line.name.split("/") for line in lines]
    while len(paths) > 1 and len({path[0] for path in paths}) == 1 and min(map(len, paths)) > 1:
        paths = [path[1:] for path in paths]
    for i, path in enumerate(paths):
        others = [other for j, other in enumerate(paths) if j != i]
        while len(path) > 1 and not any(other[: len(path) - 1] == path[:-1] for other in others):
            path = path[:-1]
        paths[i] = path if len(paths) > 1 else path[-1:]
    return [line._replace(name="/".join(path)) for line, path in zip(lines, paths, strict=True)]


def rewritten(derivation: Derivation, rewrite: Callable[[Any], Any]) -> Derivation:
    """The derivation with every number replaced by ``rewrite`` of it."""

    def atoms(own: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(atom._replace(value=rewrite(atom.value), over=rewrite(atom.over)) for atom in own)

    def term(own: Term) -> Term:
        product = own.product and Product(*map(atoms, own.product))
        return own._replace(value=rewrite(own.value), product=product)

    lines = (n._replace(terms=tuple(map(term, n.terms)), value=rewrite(n.value)) for n in derivation.lines)
    return derivation._replace(lines=tuple(lines), value=rewrite(derivation.value))
