"""A formula with its definitions, conditions and values: as lines of text, as LaTeX, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from archcalc.address import Address, address
from archcalc.closed_forms.close import Closed, closed, widened
from archcalc.closed_forms.domain import Domain
from archcalc.closed_forms.evaluation import Evaluation, evaluations
from archcalc.closed_forms.form import Form
from archcalc.closed_forms.quotient import Quotient, reduced
from archcalc.closed_forms.smooth import Gap, gaps, has_roundings, named
from archcalc.closed_forms.symbol_table import SymbolTable, Translation
from archcalc.closed_forms.symbols import Named
from archcalc.closed_forms.write import LATEX, PYTHON, TEXT, Style, write
from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.number import Number
from archcalc.core.value import show
from archcalc.model import Reference

WIDE = 90  # characters of a line of LaTeX, after which a sum is broken
EXACT = "exact where"


def exact(conditions: Sequence[str]) -> Iterator[str]:
    """The conditions under which a formula is exact, a line each."""
    if conditions:
        yield f"{EXACT} {conditions[0]}"
        yield from (f"        and {condition}" for condition in conditions[1:])


def pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {show(value)}" for name, value in values.items())


def _gap(gap: Gap) -> str:
    where = f"{gap.tried} values of {gap.knob} from {_short(gap.low)} to {_short(gap.high)}"
    usual = f"; at most {_percent(gap.near)} from half to twice its value above" if gap.near != gap.largest else ""
    return f"        differs by at most {_percent(gap.largest)} (at {gap.knob} = {_short(gap.at)}), for {where}{usual}"


def _percent(ratio: Any) -> str:
    return f"{float(100 * ratio):.2g} %" if ratio < 1 else f"{float(100 * ratio):,.0f} %"


def _short(value: Any) -> str:
    return show(value) if isinstance(value, int) else f"{float(value):.4g}"


def for_humans(value: Any) -> str:
    """A number for people: 1,234,567, or 521/4608 = 0.1131."""
    return f"{value:,}" if isinstance(value, int) else f"{value} = {float(value):.4g}"


def as_latex(formula: Formula) -> str:
    """LaTeX for a paper or a slide, which needs amsmath: the formula, its letters, its domain."""
    names = [f"\\text{{{formula.quantity}}}"]
    if len(formula.closed.labels) > 1:
        names = [f"\\text{{{formula.quantity} of {label}}}" for label in formula.closed.labels]
    name = (f"\\frac{{{names[0]}}}{{{names[1]}}}" if len(names) > 1 else names[0]).replace("_", r"\_")
    first, *rest = _broken(formula.text(LATEX))
    lines = [f"{name} &= {first}", *(rf"&\quad {line}" for line in rest)]
    lines += [definition.replace(" = ", " &= ", 1) for definition in formula.definitions(LATEX)]
    lines += [f"&\\quad {condition}" for condition in formula.conditions(LATEX)]
    return "\\begin{align*}\n  " + " \\\\\n  ".join(lines) + "\n\\end{align*}\n"


def _broken(text: str) -> list[str]:
    """A long sum on several lines, broken before plus and minus signs outside brackets."""
    lines, depth = [""], 0
    for word in text.split(" "):
        if depth == 0 and word in "+-" and len(lines[-1]) > WIDE:
            lines.append("")
        depth += word.count(r"\left") - word.count(r"\right") + word.count("{") - word.count("}")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


LONG = 100  # characters; in a longer formula the functions get letters
IMPORTS = "from sympy import Function, Max, Min, Mod, Piecewise, Rational, ceiling, floor, symbols"


@dataclass(frozen=True, repr=False)
class Formula:
    """A closed form with its domain."""

    quantity: Address
    closed: Closed
    evaluations: tuple[Evaluation, ...]

    @property
    def title(self) -> str:
        """The quantity and its networks: "mult_adds of mobilenet_v1"."""
        what = self.quantity if self.quantity.alone else f"({self.quantity})"
        return f"{what} of {' / '.join(self.closed.labels)}"

    @cached_property
    def domain(self) -> Domain:
        """The values of the knobs for which it is exact."""
        if self.closed.quotient is None:
            return self.closed.domain
        return closed(self.quantity, [widened(found, self.quantity) for found in self.evaluations]).domain

    @property
    def free(self) -> tuple[str, ...]:
        """The knobs, or letters for several knobs, that occur in it or in its domain."""
        return self.domain.shown

    @property
    def known(self) -> Quotient:
        """The form in the knobs. Raises ArchcalcError where the work of a layer is not known."""
        if self.closed.quotient is None:
            raise ArchcalcError(f"{self.title} is not known: {listing(self.closed.unknown)} cannot be counted")
        return self.closed.quotient

    @property
    def expression(self) -> Any:
        """A sympy expression in symbols with the knobs' names. Raises ArchcalcError where the formula is not known."""
        from archcalc.closed_forms.sympify import to_sympy

        return to_sympy(self.known.top) / to_sympy(self.known.bottom)

    def at(self, **values: Any) -> Number:
        """The exact value at these values of the letters, as in `Network.summary`, or else at their base values.

        Raises ArchcalcError for an unknown letter, for a value that a knob does not take, and where it is not exact.
        """
        point = self.closed.point(values)
        if broken := self.domain.broken(point):
            at = pairs({letter: point[letter] for letter in self.free})
            raise ArchcalcError(f"{self.title} at {at}: another formula holds there; this one is {EXACT} {broken}")
        try:
            return self.known.at(point)
        except ZeroDivisionError:
            raise ArchcalcError(f"{self.title} divides by zero there") from None

    @cached_property
    def written(self) -> Quotient | None:
        """The form that is printed: in the knobs, or in their steps where only these make all coefficients whole."""
        knobs, steps = self.closed.quotient, self.closed.stepped
        return steps if knobs and steps and steps.is_plain and not knobs.is_plain else knobs

    @cached_property
    def letters(self) -> dict[Named, str]:
        """Letters for the functions in a long formula."""
        if self.written is None or len(self.written.write(TEXT)) < LONG:
            return {}
        free = (name for i in count(1) if (name := f"c{i}") not in self.closed.base)
        return {symbol: next(free) for symbol in dict.fromkeys(self.written.functions())}

    def text(self, style: Style = TEXT) -> str:
        """The formula as text; "?" where it is not known."""
        return "?" if self.written is None else self.written.write(style, self.letters)

    def definitions(self, style: Style = TEXT) -> Iterator[str]:
        """The definitions of its letters."""
        for symbol, name in self.letters.items():
            arguments = [write(argument, style) for argument in symbol.arguments]
            yield f"{style.name(name)} = {style.call(symbol.function, arguments)}"

    def conditions(self, style: Style = TEXT) -> list[str]:
        """The conditions under which it is exact, a line each."""
        in_steps = self.written is not self.closed.quotient
        return list((self.domain if in_steps else self.domain._replace(letters={})).lines(style))

    @property
    def source(self) -> str:
        """A Python program that builds the formula in sympy."""
        letters = f"{', '.join(map(PYTHON.name, self.free))} = symbols({' '.join(self.free)!r})"
        rounds = any(symbol.function == "make_divisible" for symbol in named(self.known))
        lines = [IMPORTS, *[letters] * bool(self.free), *['make_divisible = Function("make_divisible")'] * rounds]
        name = "ratio" if len(self.closed.labels) > 1 else self.quantity.entry.name
        return "\n".join([*lines, f"{name} = {self.known.write(PYTHON)}"])

    @cached_property
    def smooth(self) -> Quotient | None:
        """The form without its roundings; None where it has none."""
        if self.closed.quotient is None or not has_roundings(self.closed.quotient):
            return None
        over = next(side.table for side in self.closed.quotient if isinstance(side, Form))
        return Quotient(*reduced(*map(Translation(SymbolTable(over.defaults, over.bounds), smooth=True), self.known)))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The difference of the smooth form from this one, for each knob on which a rounding depends."""
        return tuple(gaps(self.known, self.smooth, self.domain, self.closed.base)) if self.smooth else ()

    @property
    def base(self) -> dict[str, Any]:
        """The base values of the letters that occur in it or in its domain."""
        return {name: value for name, value in self.closed.base.items() if name in self.free}

    def to_dict(self) -> dict[str, Any]:
        """The content as JSON data."""
        value = self.at() if self.closed.quotient else None
        return {
            "quantity": str(self.quantity),
            "networks": list(self.closed.labels),
            "free": list(self.free),
            "formula": self.text(),
            "where": list(self.definitions()),
            "latex": self.latex,
            "sympy": self.known.write(PYTHON) if self.closed.quotient else None,
            "exact_where": self.conditions(),
            "with": {name: show(value) for name, value in self.domain.fixed.items()},
            "at": {name: show(value) for name, value in self.base.items()},
            "value": value if value is None or isinstance(value, int) else str(value),
            "smooth": self.smooth.write(TEXT) if self.smooth else None,
            "differs_by": {gap.knob: float(gap.largest) for gap in self.gaps},
            "unknown": list(self.closed.unknown),
        }

    def notes(self) -> Iterator[str]:
        """Lines to print below it: the definitions of its letters, its value, where it is exact, the smooth form."""
        for definition in self.definitions():
            yield f"where {definition}"
        if self.closed.quotient is None:
            yield f"{self.title}: not known, since {', '.join(self.closed.unknown)} cannot be counted"
            return
        at = f" at {pairs(self.base)}" if self.base else ""
        yield f"{self.title}: {for_humans(self.at())}{at}"
        yield from exact(self.conditions())
        if self.domain.fixed:
            yield f"with {pairs(self.domain.fixed)}"
        if self.smooth is not None:
            yield f"smooth: {self.smooth.write(TEXT)}"
            yield from map(_gap, self.gaps)
        yield from (f"no closed form in {letter}: {why}" for letter, why in self.closed.left_out.items())

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"{self.title} = {self}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        return self.text(LATEX)


def formula(
    asked: Reference, of: str | Address = "mult_adds", free: Iterable[str] | None = None, over: Reference | None = None
) -> Formula:
    """The closed form of a quantity, or of its ratio to that of ``over``. Raises ArchcalcError.

    ``free`` names knobs; "M=N" ties two to one letter. None frees every knob that is a number and does not decide the
    structure; for a ratio, those that both have. A knob of ``over`` that is set to the name of a letter is that letter.
    """
    wanted = of if isinstance(of, Address) else address(of)
    return formula_of(wanted, evaluations(asked, free, over))


def formula_of(wanted: Address, found: Sequence[Evaluation]) -> Formula:
    """The closed form of a quantity in one network that was evaluated over forms, or of its ratio in two."""
    return Formula(wanted, closed(wanted, found), tuple(found))
