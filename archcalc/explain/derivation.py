"""The derivation of a figure: a line for each layer or block, their sum, and how it is written as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any, NamedTuple

from archcalc.closed_forms.form import Form
from archcalc.closed_forms.write import LATEX, TEXT, Style, write
from archcalc.core.bound import AT_LEAST, AtLeast, summed
from archcalc.core.number import Number
from archcalc.explain.layer import Atom, Product, products
from archcalc.figures.figure import FIGURES
from archcalc.graph.evaluation import remembered
from archcalc.graph.graph import Graph, Node
from archcalc.quantity import Quantity, rows_of
from archcalc.report import Report

MOST_LINES = 24  # with more layers than this, a line is a block


class Term(NamedTuple):
    """A summand: a product or the value of a part of a block, and how often it occurs in a row."""

    value: Number
    product: Product | None
    often: int = 1

    @property
    def is_bare(self) -> bool:
        """Whether it is just a value, which occurs once."""
        return self.product is None and self.often == 1


class Line(NamedTuple):
    """A line "name: sum of the terms = value"."""

    name: str
    terms: tuple[Term, ...]
    value: Number | None  # None, or a lower bound, where it is not known


class Derivation(NamedTuple):
    """The derivation of a figure of a network, a block or a layer."""

    title: str
    figure: str
    lines: tuple[Line, ...]
    value: Number | None
    without: tuple[str, ...]  # the kinds of layer that contribute nothing

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines, and below several of them their sum."""
        if len(self.lines) == 1:
            return self.lines
        return (*self.lines, Line("total", merged(Term(line.value, None) for line in self.lines), self.value))


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
    title = ", ".join(filter(None, (report.title, path, kind and f"every {kind}")))
    without = tuple(kind for kind in silent if kind not in working)
    return Derivation(title, figure, tuple(lines), summed(line.value for line in leaves), without)


def _terms(graph: Graph, node: Node, figure: str, known: dict[Any, tuple[Term, ...] | None]) -> tuple[Term, ...] | None:
    """The products of a layer, computed once for equal layers; None where they are not known."""

    def compute() -> tuple[Term, ...] | None:
        found = products(graph, node, figure)
        return None if found is None else tuple(Term(product.value, product) for product in found)

    key = (node.layer, graph.input_shapes(node), node.shape, node.shared is None, node.times)
    return remembered(known, key, compute)


def _blocks(leaves: Sequence[Line], depth: int) -> list[Line]:
    """A line for each block: the sum of the values of the blocks and layers directly inside it."""
    found = []
    for name, own in _grouped(leaves, depth):
        inside = depth + 1
        while len(own) > 1 and len({_cut(line.name, inside) for line in own}) == 1:
            inside += 1  # everything is in one inner block
        inner = [summed(line.value for line in members) for _, members in _grouped(own, inside)]
        terms = own[0].terms if len(own) == 1 else merged(Term(value, None) for value in inner)
        found.append(Line(name, terms, summed(line.value for line in own)))
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


WIDE = 96  # characters of a line of text
MOST_SUMMANDS = 6  # in a row of LaTeX


class Marks(NamedTuple):
    """How numbers and the signs between them are written."""

    style: Style
    times: str
    comma: str
    at_least: str

    def number(self, value: Any) -> str:
        """A result: 3,763,200; "?" where it is not known."""
        if value is None:
            return "?"
        if isinstance(value, AtLeast):
            return f"{self.at_least}{self.number(value.value)}"
        return f"{value:,}".replace(",", self.comma) if isinstance(value, int) else write(value, self.style)

    def factor(self, atom: Atom) -> str:
        """A factor: 14, or 128/32 for channels divided into groups."""
        if isinstance(atom.value, Form) or isinstance(atom.over, Form) or atom.over == 1:
            text = write(atom.value, self.style)
            return self.style.brackets(text) if _is_sum(atom.value) else text
        return f"{write(atom.value * atom.over, self.style)}/{write(atom.over, self.style)}"

    def factors(self, atoms: Sequence[Atom], brackets: bool) -> str:
        """A group of factors: (14 x 14 x 48)."""
        shown = self.times.join(map(self.factor, atoms))
        return self.style.brackets(shown) if brackets and len(atoms) > 1 else shown

    def product(self, product: Product) -> str:
        """A product: 300 x (14 x 14 x 48) x (5 x 5 x 16)."""
        each = [atom for atom in product.each if not _is_one(atom)]
        groups = [group for group in (product.times, product.places, each) if group]
        return self.times.join(self.factors(group, len(groups) > 1) for group in groups) or "1"

    def term(self, term: Term) -> str:
        """A summand, with how often it occurs."""
        own = self.number(term.value) if term.product is None else self.product(term.product)
        if term.often == 1:
            return own
        return f"{term.often}{self.times}{self.style.brackets(own) if _is_sum(term.value) else own}"

    def sum(self, line: Line) -> str:
        """The sum of the terms; empty where it is just the value of the line."""
        if len(line.terms) == 1:
            return "" if line.terms[0].is_bare else self.term(line.terms[0])
        return " + ".join(map(self.summand, line.terms))

    def summand(self, term: Term) -> str:
        own = self.term(term)
        return self.style.brackets(own) if term.is_bare and _is_sum(term.value) else own


def _is_sum(value: Any) -> bool:
    """Whether a number is written as a sum, or with words, which needs brackets within a sum."""
    return isinstance(value, AtLeast) or (isinstance(value, Form) and len(value.terms) > 1)


def _is_one(atom: Atom) -> bool:
    """Whether a factor is one channel for each group, as in a depthwise convolution."""
    grouped = not (isinstance(atom.over, int) and atom.over == 1)
    return grouped and isinstance(atom.value, int) and atom.value == 1


PLAIN = Marks(TEXT, " x ", ",", f"{AT_LEAST} ")
TEX = Marks(LATEX, r" \times ", "{,}", rf"\text{{{AT_LEAST} }}")


def text(derivation: Derivation) -> Iterator[str]:
    """Lines of text: each with its name, its sum and its value; the last line is the total."""
    what = FIGURES[derivation.figure].heading
    yield f"{derivation.title}: {what}"
    lines = derivation.shown
    names = max(len(line.name) for line in lines)
    sums = [PLAIN.sum(line) for line in lines]
    values = [PLAIN.number(line.value) for line in lines]
    room = max(min(max(map(len, sums)), WIDE - names - 2), 1)
    width = max(map(len, values))
    for i, (line, own, value) in enumerate(zip(lines, sums, values, strict=True)):
        if i and line.name == "total":
            yield "-" * (names + room + width + 7)
        *first, last = wrapped(own, room)
        for j, part in enumerate(first):
            yield f"  {line.name if j == 0 else '':{names}}  {part}"
        yield f"  {line.name if not first else '':{names}}  {last:{room}} = {value:>{width}}"
    if derivation.without:
        yield f"  no {what}: {', '.join(derivation.without)}"


def wrapped(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """A text wrapped before plus and minus signs, never within a product."""
    whole = re.sub(r"(?<![+-]) (?![+-])", "\N{NO-BREAK SPACE}", text)
    lines = wrap(
        whole, width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines or [first]]


def latex(derivation: Derivation) -> str:
    r"""A derivation as a LaTeX align* environment, which needs amsmath."""
    return "\\begin{align*}\n" + " \\\\\n".join(map(_row, derivation.shown)) + "\n\\end{align*}\n"


def _row(line: Line) -> str:
    name = line.name.replace("_", r"\_")
    summands = [TEX.summand(term) for term in line.terms] if TEX.sum(line) else []
    pieces = [" + ".join(summands[i : i + MOST_SUMMANDS]) for i in range(0, len(summands), MOST_SUMMANDS)]
    body = " \\\\\n    &\\quad + ".join(pieces)
    value = TEX.number(line.value)
    return f"  \\text{{{name}}} &= {body} = {value}" if body else f"  \\text{{{name}}} &= {value}"
