"""The worked arithmetic behind a number; and what one network saves against another, and why.

Every line comes from the kinds' own rules, run over numbers that remember their factors (archcalc.derivation); the
formulas beside them from the same rules run over forms (archcalc.forms.formula).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.address import Address, address
from archcalc.derivation.lines import Derivation, derivation, rewritten
from archcalc.derivation.size import Worked, WorkedLatex, size
from archcalc.derivation.write import PLAIN, TEX, Marks, latex, text, wrapped
from archcalc.errors import ArchcalcError, listing
from archcalc.export.tex import escape
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Tally
from archcalc.forms.close import labels, translation
from archcalc.forms.formula import Formula, formula_of
from archcalc.forms.notes import exact
from archcalc.forms.opening import walks
from archcalc.forms.walk import Walk
from archcalc.language.spec import SHAPE_WORDS
from archcalc.network import Reference
from archcalc.quantity import Quantity, ratio
from archcalc.report import Report

LONGEST = 160  # characters of a formula on a slide
WIDE = 110  # characters of a line
MOST_INDENT = 30
TIMES = 10  # from which on a ratio is no percentage
MOST_TERMS = 8  # layers of a sum in letters


class Size(NamedTuple):
    """One size of an output."""

    title: str
    trace: Any
    value: Any

    @property
    def text(self) -> str:
        """floor((224 + 2*3 - 7)/2) + 1."""
        return Worked().write(self.trace)


class Side(NamedTuple):
    """A network at its numbers, and the same in letters."""

    label: str
    numbers: Derivation
    letters: Derivation | None  # None where nothing is free, or how often layers repeat
    formula: Formula | None


@dataclass(frozen=True)
class Explanation:
    """What a figure comes from; of two networks, what the first saves against the second."""

    quantity: Quantity
    sides: tuple[Side, ...]
    size: Size | None = None  # of an output, instead
    formula: Formula | None = None  # of the ratio
    tied: Formula | None = None  # the same where letters of one value are one letter, if that is shorter

    @cached_property
    def ratio(self) -> Any:
        """The first figure over the second; None where one is not known. Raises ArchcalcError where the second is 0."""
        first, second = (side.numbers.value for side in self.sides)
        return ratio(first, second, f"{self.quantity} of {self.sides[1].label}")

    def lines(self) -> Iterator[str]:
        """As text."""
        if self.size:
            yield f"{self.size.title}: {self.quantity}"
            yield f"  {self.size.text} = {self.size.value}"
            return
        for side in self.sides:
            yield from text(side.numbers)
            yield ""
        if len(self.sides) == 2:
            yield self.saving(PLAIN)
        for name, own in self.in_letters(PLAIN):
            yield from _folded(name, own)
        yield from exact(self.conditions(PLAIN))

    def saving(self, marks: Marks) -> str:
        """90,316,800 / 125,440,000 = 18/25 = 0.72: 28 % less."""
        first, second = (side.numbers.value for side in self.sides)
        share = self.ratio
        if share is None:
            return "no ratio: not all layers can be counted"
        change = float(abs(1 - share) * 100)
        words = f"{change:.3g} % {'less' if share < 1 else 'more'}"
        words = "the same" if share == 1 else f"{float(share):,.3g} times as much" if share >= TIMES else words
        exact = f"{share} = " if getattr(share, "denominator", 1) not in (1, second) else ""
        shown = f"{marks.number(first)} / {marks.number(second)} = {exact}{float(share):.4g}"
        return f"{shown}: {words}" if marks is PLAIN else f"{shown}\\text{{: {words}}}".replace(" %", r"\ \%")

    def in_letters(self, marks: Marks) -> Iterator[tuple[str, str]]:
        """Each side's sum in letters and its closed form, then the ratio; what is too long to read is left out."""
        for side in self.sides:
            if side.formula and (own := _sum(side, marks)):
                yield side.label, own
        for found, label in ((self.formula, "ratio"), (self.tied, "ratio")):
            if found is not None and len(found.text()) <= LONGEST:
                ties = _ties(found) if found is self.tied else ""
                yield f"{label} {ties}".strip(), found.text(marks.style)

    def conditions(self, marks: Marks) -> list[str]:
        """Where what is said in letters is exact."""
        formula = self.formula or (self.sides[0].formula if len(self.sides) == 1 else None)
        shown = formula is not None and any(self.in_letters(marks))
        return list(formula.domain._replace(letters={}).lines(marks.style)) if formula and shown else []

    @property
    def latex(self) -> str:
        """align* environments, for amsmath."""
        if self.size:
            return f"\\[ {WorkedLatex().write(self.size.trace)} = {self.size.value} \\]\n"
        parts = [latex(side.numbers) for side in self.sides]
        rows = [f"  &{self.saving(TEX)}"] if len(self.sides) == 2 else []
        rows += [f"  \\text{{{escape(name)}}} &= {own}" for name, own in self.in_letters(TEX)]
        rows += [f"  &\\quad {condition}" for condition in self.conditions(TEX)]
        return "\n".join([*parts, *["\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}\n"] * bool(rows)])

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        if self.size:
            return {"quantity": str(self.quantity), "derivation": self.size.text, "value": self.size.value}
        return {
            "quantity": str(self.quantity),
            "networks": [
                {
                    "network": side.label,
                    "lines": [
                        {"name": n.name, "derivation": PLAIN.sum(n), "value": n.value} for n in side.numbers.lines
                    ],
                    "value": side.numbers.value,
                    "formula": side.formula.text() if side.formula else None,
                    "exact_where": list(side.formula.domain.lines()) if side.formula else [],
                }
                for side in self.sides
            ],
            "ratio": str(self.ratio) if len(self.sides) == 2 else None,
            "formula": self.formula.text() if self.formula else None,
        }

    def __str__(self) -> str:
        return "\n".join(self.lines()).rstrip()


def _sum(side: Side, marks: Marks) -> str:
    """(D_F x D_F x N) x (D_K x D_K x M) = M N D_K^2 D_F^2."""
    assert side.formula is not None
    if side.formula.letters or side.formula.parts.quotient is None:
        return ""  # too long for a slide, or not known
    own = side.formula.parts.quotient.write(marks.style)
    terms = [term for line in side.letters.lines for term in line.terms] if side.letters else []
    if len(own) > LONGEST * (2 if marks is TEX else 1):
        return ""
    if not 0 < len(terms) <= MOST_TERMS or any(term.product is None for term in terms):
        return own
    shown = " + ".join(map(marks.term, terms))
    return own if shown == own else f"{shown} = {own}"


def _folded(name: str, text: str) -> Iterator[str]:
    """name = sum, and what it comes to below, in lines of bounded width."""
    for i, part in enumerate(text.split(" = ")):
        indent = " " * min(len(name), MOST_INDENT)
        yield from wrapped(part, WIDE, f"{name if i == 0 else indent} = ", f"{indent}   ")


def _ties(found: Formula) -> str:
    """with M = N = middle."""
    return f"with {found.parts.tied}"


def explain(
    asked: Reference,
    of: str = "mult_adds",
    over: Reference | None = None,
    free: Iterable[str] | None = None,
    depth: int | None = None,
) -> Explanation:
    """The derivation of a figure, of two networks side by side. Raises ArchcalcError.

    ``of`` is a figure that adds up over layers, of all or of a path; or rows, columns, channels of a path. ``free``
    are the letters of the formulas, as in `archcalc.forms.formula`. With ``depth`` a line is a block.
    """
    whole = address(of)
    wanted = whole.single.quantity if whole.single and not whole.single.owner.name else None
    found = walks(asked, free, over)
    values = [w.asked.values(found[0].asked.start()) for w in found]
    reports = [w.asked.network.summary(**own) for w, own in zip(found, values, strict=True)]
    if wanted and wanted.figure in SHAPE_WORDS and over is None:
        return worked(reports[0], wanted)
    if not wanted or not isinstance(wanted.entry.rule, Tally):
        sums = listing(name for name, figure in FIGURES.items() if isinstance(figure.rule, Tally))
        raise ArchcalcError(f"{whole} is not a sum over layers; explain takes {sums}, or rows of a layer")
    numbers = [_numbers(report, wanted, depth) for report in reports]
    sides = tuple(_side(whole, wanted, *one, depth) for one in zip(found, numbers, labels(found), strict=True))
    if over is None:
        return Explanation(wanted, sides)
    ratio = formula_of(whole, found) if None not in (side.numbers.value for side in sides) else None
    return Explanation(wanted, sides, None, ratio, ratio and _shorter(asked, over, whole, found, ratio))


def worked(report: Report, of: Quantity) -> Explanation:
    """The derivation of a sum over layers, or of a size, without letters; of what is neither without a line."""
    if of.figure in SHAPE_WORDS:
        return Explanation(of, (), Size(_heading(report, report.title), *size(report, of)))
    adds = isinstance(of.entry.rule, Tally)
    return Explanation(of, tuple(Side(report.label, _numbers(report, of, None), None, None) for _ in range(adds)))


def _numbers(report: Report, of: Quantity, depth: int | None) -> Derivation:
    own = derivation(report, of, depth)
    return own._replace(title=_heading(report, own.title))


def _heading(report: Report, title: str) -> str:
    """The title, with the knobs that are not at their defaults."""
    return title if report.label == report.network else f"{title} ({report.label})"


def _side(whole: Address, of: Quantity, found: Walk, numbers: Derivation, label: str, depth: int | None) -> Side:
    if not found.asked.free:
        return Side(label, numbers, None, None)
    alone = not any(node.copies for node in found.report.graph.nodes)
    letters = rewritten(derivation(found.report, of, depth), translation(found)) if alone else None
    return Side(label, numbers, letters, formula_of(whole, [found]))


def _shorter(asked: Reference, over: Reference, of: Address, found: list[Walk], whole: Formula) -> Formula | None:
    """The ratio with one letter for all knobs of one value, as where all widths are equal; None if no shorter."""
    start, kept = found[0].asked.start(), found[0].asked.free
    names: dict[Any, list[str]] = {}
    for knob, letter in kept.items():
        if knob == letter:
            names.setdefault(start[letter], []).append(knob)
    if all(len(knobs) == 1 for knobs in names.values()):
        return None
    if any(value <= 1 for value, knobs in names.items() if len(knobs) > 1):
        return None  # multipliers, which are 1 by themselves
    words = ["=".join(knobs) for knobs in names.values()]
    second = found[1].asked
    apart = {k: v.default for k, v in second.network.knobs.items() if k in kept and k not in second.free}
    try:
        own = walks(asked, words, Reference(over.network, {**apart, **over.settings}))
    except ArchcalcError:
        return None  # equal by chance, and not where all is free
    tied = formula_of(of, own)
    return tied if 2 * len(tied.text()) <= len(whole.text()) else None
