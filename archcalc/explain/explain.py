"""The worked arithmetic of a figure, and why one network needs less than another.

Every line comes from the rules of the kinds, run over numbers that record their factors (archcalc.explain); the
formulas beside the lines come from the same rules run over forms (archcalc.closed_forms.formula).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.address import Address, address
from archcalc.closed_forms.close import labels, translation
from archcalc.closed_forms.evaluation import Evaluation, evaluations
from archcalc.closed_forms.formula import Formula, exact, formula_of
from archcalc.core.bound import BOUNDS, AtLeast, exactly
from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.number import exact_div
from archcalc.explain.derivation import PLAIN, TEX, Derivation, Marks, derivation, latex, rewritten, text, wrapped
from archcalc.explain.layer import Worked, WorkedLatex, size
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Tally
from archcalc.model import Reference
from archcalc.output.tex import escape
from archcalc.quantity import Quantity
from archcalc.report import Report
from archcalc.spec.model import SHAPE_WORDS

LONGEST = 160  # characters of a formula on a slide
WIDE = 110  # characters of a line
MOST_INDENT = 30
TIMES = 10  # a ratio from this on is said as "times as much", a smaller one in percent
MOST_TERMS = 8  # terms of a sum in letters


class Size(NamedTuple):
    """A size of an output, with its derivation."""

    title: str
    trace: Any
    value: Any

    @property
    def text(self) -> str:
        """The size in numbers: floor((224 + 2*3 - 7)/2) + 1."""
        return Worked().write(self.trace)


class Side(NamedTuple):
    """The derivation for one network, in numbers and in letters."""

    label: str
    numbers: Derivation
    letters: Derivation | None  # None where no knob is free, or a free one is a repeat count
    formula: Formula | None


@dataclass(frozen=True, repr=False)
class Explanation:
    """The derivation of a figure; with two networks, what the first saves compared with the second."""

    quantity: Quantity
    sides: tuple[Side, ...]
    size: Size | None = None  # of an output, instead of a figure
    formula: Formula | None = None  # of the ratio
    tied: Formula | None = None  # the ratio with one letter for all knobs of equal value, if it is shorter

    @cached_property
    def ratio(self) -> Any:
        """The first figure over the second; None where one is not known. Raises ArchcalcError where the second is 0."""
        first, second = (exactly(side.numbers.value) for side in self.sides)
        if second == 0:
            raise ArchcalcError(f"there is no ratio to the {self.quantity} of {self.sides[1].label}: it is 0")
        return None if None in (first, second) else exact_div(first, second)

    def lines(self) -> Iterator[str]:
        """The explanation as lines of text."""
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
        """The ratio in a sentence: 90,316,800 / 125,440,000 = 18/25 = 0.72: 28 % less."""
        first, second = (side.numbers.value for side in self.sides)
        quotient = self.ratio
        if quotient is None:
            return "no ratio: not all layers can be counted"
        change = float(abs(1 - quotient) * 100)
        words = f"{change:.3g} % {'less' if quotient < 1 else 'more'}"
        words = "the same" if quotient == 1 else f"{float(quotient):,.3g} times as much" if quotient >= TIMES else words
        exact = f"{quotient} = " if getattr(quotient, "denominator", 1) not in (1, second) else ""
        shown = f"{marks.number(first)} / {marks.number(second)} = {exact}{float(quotient):.4g}"
        return f"{shown}: {words}" if marks is PLAIN else f"{shown}\\text{{: {words}}}".replace(" %", r"\ \%")

    def in_letters(self, marks: Marks) -> Iterator[tuple[str, str]]:
        """The sum in letters and the closed form of each network, then the ratio; too long formulas are missing."""
        for side in self.sides:
            if side.formula and (own := _sum(side, marks)):
                yield side.label, own
        for formula in (self.formula, self.tied):
            if formula is not None and len(formula.text()) <= LONGEST:
                ties = f" with {formula.closed.opens[0].tied}" if formula is self.tied else ""
                yield f"ratio{ties}", formula.text(marks.style)

    def conditions(self, marks: Marks) -> list[str]:
        """The conditions under which the formulas are exact."""
        formula = self.formula or (self.sides[0].formula if len(self.sides) == 1 else None)
        shown = formula is not None and any(self.in_letters(marks))
        return list(formula.domain._replace(letters={}).lines(marks.style)) if formula and shown else []

    @property
    def latex(self) -> str:
        """The explanation as LaTeX, which needs amsmath."""
        if self.size:
            return f"\\[ {WorkedLatex().write(self.size.trace)} = {self.size.value} \\]\n"
        parts = [latex(side.numbers) for side in self.sides]
        rows = [f"  &{self.saving(TEX)}"] if len(self.sides) == 2 else []
        for name, own in self.in_letters(TEX):
            first, *others = own.split(" = ")
            rows += [f"  \\text{{{escape(name)}}} &= {first}", *(f"  &= {other}" for other in others)]
        rows += [f"  &\\quad {condition}" for condition in self.conditions(TEX)]
        return "\n".join([*parts, *["\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}\n"] * bool(rows)])

    def to_dict(self) -> dict[str, Any]:
        """The content as JSON data."""
        if self.size:
            return {"quantity": str(self.quantity), "derivation": self.size.text, "value": self.size.value}
        return {
            "quantity": str(self.quantity),
            "networks": [
                {
                    "network": side.label,
                    "lines": [
                        {"name": n.name, "derivation": PLAIN.sum(n), **_valued(n.value)} for n in side.numbers.lines
                    ],
                    **_valued(side.numbers.value),
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

    __repr__ = __str__


def _valued(value: Any) -> dict[str, Any]:
    """A value in JSON data; a lower bound stands under a name of its own."""
    return {"value": None, BOUNDS: value.value} if isinstance(value, AtLeast) else {"value": value}


def _sum(side: Side, marks: Marks) -> str:
    """A sum in letters and its closed form: (D_F x D_F x N) x (D_K x D_K x M) = M N D_K^2 D_F^2."""
    assert side.formula is not None
    if side.formula.letters or side.formula.closed.quotient is None:
        return ""  # too long for a slide, or not known
    own = side.formula.closed.quotient.write(marks.style)
    terms = [term for line in side.letters.lines for term in line.terms] if side.letters else []
    if len(own) > LONGEST * (2 if marks is TEX else 1):
        return ""
    if not 0 < len(terms) <= MOST_TERMS or any(term.product is None for term in terms):
        return own
    shown = " + ".join(map(marks.term, terms))
    return own if shown == own else f"{shown} = {own}"


def _folded(name: str, text: str) -> Iterator[str]:
    """A line "name = sum" and the result on the next one, wrapped."""
    for i, part in enumerate(text.split(" = ")):
        indent = " " * min(len(name), MOST_INDENT)
        yield from wrapped(part, WIDE, f"{name if i == 0 else indent} = ", f"{indent}   ")


def explain(
    asked: Reference,
    of: str = "mult_adds",
    over: Reference | None = None,
    free: Iterable[str] | None = None,
    depth: int | None = None,
) -> Explanation:
    """The derivation of a figure, in one network or in two side by side. Raises ArchcalcError.

    ``of`` is a figure that is a sum over layers, of all or of a path; or the rows, columns or channels of a path.
    ``free`` are the free knobs, as in `archcalc.closed_forms.formula`. With ``depth`` a line is a block.
    """
    whole = address(of)
    wanted = whole.single.quantity if whole.single and not whole.single.owner.name else None
    evaluated = evaluations(asked, free, over)
    values = [one.opened.values(evaluated[0].opened.base()) for one in evaluated]
    reports = [one.opened.network.summary(**own) for one, own in zip(evaluated, values, strict=True)]
    if wanted and wanted.figure in SHAPE_WORDS and over is None:
        return worked(reports[0], wanted)
    if not wanted or not isinstance(wanted.entry.rule, Tally):
        sums = listing(name for name, figure in FIGURES.items() if isinstance(figure.rule, Tally))
        raise ArchcalcError(f"{whole} is not a sum over layers; explain takes {sums}, or rows of a layer")
    numbers = [_numbers(report, wanted, depth) for report in reports]
    sides = tuple(_side(whole, wanted, *one, depth) for one in zip(evaluated, numbers, labels(evaluated), strict=True))
    if over is None:
        return Explanation(wanted, sides)
    ratio = formula_of(whole, evaluated) if None not in (exactly(side.numbers.value) for side in sides) else None
    return Explanation(wanted, sides, None, ratio, ratio and _shorter(asked, over, whole, evaluated, ratio))


def worked(report: Report, of: Quantity) -> Explanation:
    """The derivation of a sum over layers or of a size, in numbers alone; other figures have no lines."""
    if of.figure in SHAPE_WORDS:
        return Explanation(of, (), Size(_heading(report, report.title), *size(report, of)))
    adds = isinstance(of.entry.rule, Tally)
    return Explanation(of, tuple(Side(report.label, _numbers(report, of, None), None, None) for _ in range(adds)))


def _numbers(report: Report, of: Quantity, depth: int | None) -> Derivation:
    own = derivation(report, of, depth)
    return own._replace(title=_heading(report, own.title))


def _heading(report: Report, title: str) -> str:
    """The title, with the knobs that differ from their defaults."""
    return title if report.label == report.network else f"{title} ({report.label})"


def _side(
    whole: Address, of: Quantity, evaluated: Evaluation, numbers: Derivation, label: str, depth: int | None
) -> Side:
    if not evaluated.opened.free:
        return Side(label, numbers, None, None)
    report = evaluated.report
    alone = not any(node.copies for node in report.graph.nodes)
    letters = rewritten(derivation(report, of, depth), translation(evaluated)) if alone else None
    return Side(label, numbers, letters, formula_of(whole, [evaluated]))


def _shorter(asked: Reference, over: Reference, of: Address, pair: list[Evaluation], whole: Formula) -> Formula | None:
    """The ratio with one letter for all knobs of equal value, such as equal widths; None unless it is much shorter."""
    base, letters = pair[0].opened.base(), pair[0].opened.free
    names: dict[Any, list[str]] = {}
    for knob, letter in letters.items():
        if knob == letter:
            names.setdefault(base[letter], []).append(knob)
    if all(len(knobs) == 1 for knobs in names.values()):
        return None
    if any(value <= 1 for value, knobs in names.items() if len(knobs) > 1):
        return None  # multipliers are all 1 by default, which says nothing
    words = ["=".join(knobs) for knobs in names.values()]
    second = pair[1].opened
    fixed = {k: v.default for k, v in second.network.knobs.items() if k in letters and k not in second.free}
    try:
        own = evaluations(asked, words, Reference(over.network, {**fixed, **over.settings}))
    except ArchcalcError:
        return None  # the values are equal by chance: tied knobs give no closed form
    tied = formula_of(of, own)
    return tied if 2 * len(tied.text()) <= len(whole.text()) else None
