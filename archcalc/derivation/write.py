"""A derivation as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from archcalc.derivation.factor import Atom
from archcalc.derivation.layer import Product
from archcalc.derivation.lines import Derivation, Line, Term
from archcalc.figures.figure import FIGURES
from archcalc.forms.form import Form
from archcalc.forms.styles import LATEX, TEXT, Style
from archcalc.forms.write import write

WIDE = 96  # characters of a line of text
MOST_SUMMANDS = 6  # in a row of LaTeX


class Marks(NamedTuple):
    """How numbers and the signs between them are written."""

    style: Style
    times: str
    comma: str

    def number(self, value: Any) -> str:
        """A result: 3,763,200; "?" where it is not known."""
        if value is None:
            return "?"
        return f"{value:,}".replace(",", self.comma) if isinstance(value, int) else write(value, self.style)

    def factor(self, atom: Atom) -> str:
        """A factor: 14, or 128/32 for channels divided into groups."""
        if isinstance(atom.value, Form) or isinstance(atom.over, Form) or atom.over == 1:
            text = write(atom.value, self.style)
            return self.style.brackets(text) if isinstance(atom.value, Form) and len(atom.value.terms) > 1 else text
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
        several = isinstance(term.value, Form) and len(term.value.terms) > 1
        return f"{term.often}{self.times}{self.style.brackets(own) if several else own}"

    def sum(self, line: Line) -> str:
        """The sum of the terms; empty where it is just the value of the line."""
        if not line.terms or (len(line.terms) == 1 and line.terms[0].product is None and line.terms[0].often == 1):
            return ""
        single = len(line.terms) == 1
        return " + ".join(self.term(t) if single else self._summand(t) for t in line.terms)

    def _summand(self, term: Term) -> str:
        several = (
            isinstance(term.value, Form) and len(term.value.terms) > 1 and term.product is None and term.often == 1
        )
        return self.style.brackets(self.term(term)) if several else self.term(term)


def _is_one(atom: Atom) -> bool:
    """Whether a factor is one channel for each group, as in a depthwise convolution."""
    grouped = not (isinstance(atom.over, int) and atom.over == 1)
    return grouped and isinstance(atom.value, int) and atom.value == 1


PLAIN = Marks(TEXT, " x ", ",")
TEX = Marks(LATEX, r" \times ", "{,}")


def text(derivation: Derivation) -> Iterator[str]:
    """Lines of text: each with its name, its sum and its value; the last line is the total."""
    what = FIGURES[derivation.figure].heading
    yield f"{derivation.title}: {what}"
    lines = [*derivation.lines, derivation.total] if len(derivation.lines) != 1 else list(derivation.lines)
    names = max((len(line.name) for line in lines), default=0)
    sums = [PLAIN.sum(line) for line in lines]
    values = [PLAIN.number(line.value) for line in lines]
    room = max(min(max(map(len, sums), default=0), WIDE - names - 2), 1)
    width = max(map(len, values), default=0)
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
    lines = [*derivation.lines, derivation.total] if len(derivation.lines) != 1 else list(derivation.lines)
    return "\\begin{align*}\n" + " \\\\\n".join(map(_row, lines)) + "\n\\end{align*}\n"


def _row(line: Line) -> str:
    name = line.name.replace("_", r"\_")
    summands = [TEX.term(term) for term in line.terms] if TEX.sum(line) else []
    pieces = [" + ".join(summands[i : i + MOST_SUMMANDS]) for i in range(0, len(summands), MOST_SUMMANDS)]
    body = " \\\\\n    &\\quad + ".join(pieces)
    value = TEX.number(line.value)
    return f"  \\text{{{name}}} &= {body} = {value}" if body else f"  \\text{{{name}}} &= {value}"
