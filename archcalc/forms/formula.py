"""Closed forms: any quantity of a network, or its ratio to another's, in the knobs that are left free. Exact.

The engine runs over forms (archcalc.forms) as it does over ints. The result is a polynomial in the free knobs; a
rounding that cannot vanish stays in it as a named function. The domain says for which values the form is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from archcalc.address import Address, address
from archcalc.errors import ArchcalcError, listing
from archcalc.forms.close import Closed, closed
from archcalc.forms.domain import Domain
from archcalc.forms.field import SymbolTable
from archcalc.forms.form import Form
from archcalc.forms.notes import EXACT, pairs
from archcalc.forms.opening import evaluations
from archcalc.forms.quotient import Quotient
from archcalc.forms.ratio import reduced
from archcalc.forms.smooth import Gap, gaps, has_roundings, named
from archcalc.forms.styles import LATEX, PYTHON, TEXT, Style
from archcalc.forms.symbols import Named
from archcalc.forms.translate import Translation
from archcalc.forms.walk import Evaluation
from archcalc.forms.widen import widened
from archcalc.forms.write import write
from archcalc.model import Reference
from archcalc.number import Number

LONG = 100  # characters; in a longer formula the functions get letters
IMPORTS = "from sympy import Function, Max, Min, Mod, Piecewise, Rational, ceiling, floor, symbols"


@dataclass(frozen=True)
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
        from archcalc.forms.sympify import to_sympy

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
        rounds = any(symbol.function == "make_divisible" for symbol in named(tuple(self.known)))
        lines = [IMPORTS, *[letters] * bool(self.free), *['make_divisible = Function("make_divisible")'] * rounds]
        name = "ratio" if len(self.closed.labels) > 1 else self.quantity.entry.name
        return "\n".join([*lines, f"{name} = {self.known.write(PYTHON)}"])

    @cached_property
    def smooth(self) -> Quotient | None:
        """The form without its roundings; None where it has none."""
        if self.closed.quotient is None or not any(map(has_roundings, self.closed.quotient)):
            return None
        over = next(side.table for side in self.closed.quotient if isinstance(side, Form))
        return Quotient(*reduced(*map(Translation(SymbolTable(over.defaults, over.bounds), smooth=True), self.known)))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The difference of the smooth form from this one, for each knob on which a rounding depends."""
        return tuple(gaps(self.known, self.smooth, self.domain, self.closed.base)) if self.smooth else ()

    def to_dict(self) -> dict[str, Any]:
        """The content as JSON data."""
        from archcalc.forms.notes import as_dict

        return as_dict(self)

    def notes(self) -> Iterator[str]:
        """Lines to print below it: the definitions of its letters, its value, where it is exact, the smooth form."""
        from archcalc.forms.notes import notes

        return notes(self)

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.text(LATEX)}$"

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
