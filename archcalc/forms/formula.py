"""Closed forms: any quantity of a network, or its ratio to another's, in the knobs that are left free. Exact.

The engine runs over forms (archcalc.forms) as it does over ints. What comes out is a polynomial in the free knobs;
where a rounding cannot vanish it stays as a named function. The domain says for which values the form is exact.
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
from archcalc.forms.field import Field
from archcalc.forms.form import Form
from archcalc.forms.notes import EXACT, pairs
from archcalc.forms.opening import walks
from archcalc.forms.quotient import Quotient
from archcalc.forms.ratio import reduced
from archcalc.forms.smooth import Gap, gaps, has_roundings, named
from archcalc.forms.styles import LATEX, PYTHON, TEXT, Style
from archcalc.forms.symbols import Named
from archcalc.forms.translate import Translation
from archcalc.forms.walk import Walk
from archcalc.forms.widen import widened
from archcalc.forms.write import write
from archcalc.network import Reference
from archcalc.number import Number

LONG = 100  # characters, from which on the functions in a formula get letters
IMPORTS = "from sympy import Function, Max, Min, Mod, Piecewise, Rational, ceiling, floor, symbols"


@dataclass(frozen=True)
class Formula:
    """A closed form with its domain."""

    quantity: Address
    parts: Closed
    walks: tuple[Walk, ...]

    @property
    def title(self) -> str:
        """What it is a formula of: "mult_adds of mobilenet_v1"."""
        what = self.quantity if self.quantity.alone else f"({self.quantity})"
        return f"{what} of {' / '.join(self.parts.labels)}"

    @cached_property
    def domain(self) -> Domain:
        """Where it is exact."""
        if self.parts.quotient is None:
            return self.parts.domain
        return closed(self.quantity, [widened(found, self.quantity) for found in self.walks]).domain

    @property
    def free(self) -> tuple[str, ...]:
        """The knobs, or letters for several knobs, that it depends on or that must be in its domain."""
        return self.domain.shown

    @property
    def known(self) -> Quotient:
        """The form in the knobs. Raises ArchcalcError where some layer's work is not known."""
        if self.parts.quotient is None:
            raise ArchcalcError(f"{self.title} is not known: {listing(self.parts.unknown)} cannot be counted")
        return self.parts.quotient

    @property
    def expression(self) -> Any:
        """As sympy holds it, in symbols with the knobs' names. Raises ArchcalcError where it is not known."""
        from archcalc.forms.sympify import to_sympy

        return to_sympy(self.known.top) / to_sympy(self.known.bottom)

    def at(self, **values: Any) -> Number:
        """The exact value at these values of the letters, such as `Network.summary` takes; their own for the rest.

        Raises ArchcalcError for an unknown letter, for a value that no knob takes, and where the form is not exact.
        """
        point = self.parts.point(values)
        if broken := self.domain.broken(point):
            at = pairs({letter: point[letter] for letter in self.free})
            raise ArchcalcError(f"{self.title} at {at}: another formula holds there; this one is {EXACT} {broken}")
        try:
            return self.known.at(point)
        except ZeroDivisionError:
            raise ArchcalcError(f"{self.title} divides by zero there") from None

    @cached_property
    def written(self) -> Quotient | None:
        """What is printed: in the knobs, or in their steps where only so all coefficients are whole."""
        knobs, steps = self.parts.quotient, self.parts.stepped
        return steps if knobs and steps and steps.is_plain and not knobs.is_plain else knobs

    @cached_property
    def letters(self) -> dict[Named, str]:
        """Letters for the functions in it, where it is long."""
        if self.written is None or len(self.written.write(TEXT)) < LONG:
            return {}
        free = (name for i in count(1) if (name := f"c{i}") not in self.parts.own)
        return {symbol: next(free) for symbol in dict.fromkeys(self.written.functions())}

    def text(self, style: Style = TEXT) -> str:
        """The formula alone; "?" where it is not known."""
        return "?" if self.written is None else self.written.write(style, self.letters)

    def definitions(self, style: Style = TEXT) -> Iterator[str]:
        """What its letters stand for."""
        for symbol, name in self.letters.items():
            arguments = [write(argument, style) for argument in symbol.arguments]
            yield f"{style.name(name)} = {style.call(symbol.function, arguments)}"

    def conditions(self, style: Style = TEXT) -> list[str]:
        """Where it is exact, a line each."""
        in_steps = self.written is not self.parts.quotient
        return list((self.domain if in_steps else self.domain._replace(letters={})).lines(style))

    @property
    def source(self) -> str:
        """A program in Python that builds it in sympy."""
        letters = f"{', '.join(map(PYTHON.name, self.free))} = symbols({' '.join(self.free)!r})"
        rounds = any(symbol.function == "make_divisible" for symbol in named(tuple(self.known)))
        lines = [IMPORTS, *[letters] * bool(self.free), *['make_divisible = Function("make_divisible")'] * rounds]
        return "\n".join(
            [
                *lines,
                f"{'ratio' if len(self.parts.labels) > 1 else self.quantity.entry.name} = {self.known.write(PYTHON)}",
            ]
        )

    @cached_property
    def smooth(self) -> Quotient | None:
        """Without its roundings; None where it has none."""
        if self.parts.quotient is None or not any(map(has_roundings, self.parts.quotient)):
            return None
        over = next(side.field for side in self.parts.quotient if isinstance(side, Form))
        return Quotient(*reduced(*map(Translation(Field(over.defaults, over.bounds), smooth=True), self.known)))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """How far the smooth form is from this one, for each knob that a rounding depends on."""
        return tuple(gaps(self.known, self.smooth, self.domain, self.parts.own)) if self.smooth else ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        from archcalc.forms.notes import as_dict

        return as_dict(self)

    def notes(self) -> Iterator[str]:
        """What must stand beside it: what it is of, its letters, where it is exact, how far the smooth form is."""
        from archcalc.forms.notes import notes

        return notes(self)

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.text(LATEX)}$"

    @property
    def latex(self) -> str:
        """For a paper or a slide, without dollar signs."""
        return self.text(LATEX)


def formula(
    asked: Reference, of: str | Address = "mult_adds", free: Iterable[str] | None = None, over: Reference | None = None
) -> Formula:
    """The closed form of a quantity, or of its ratio to that of ``over``. Raises ArchcalcError.

    ``free`` are knobs; "M=N" are two that are one letter. None frees every knob that is a number and doesn't decide
    the structure; of a ratio, those that both have. A knob of ``over`` set to the name of a letter is that letter.
    """
    wanted = of if isinstance(of, Address) else address(of)
    return formula_of(wanted, walks(asked, free, over))


def formula_of(wanted: Address, found: Sequence[Walk]) -> Formula:
    """The closed form of a quantity in one network over forms, or of its ratio in two."""
    return Formula(wanted, closed(wanted, found), tuple(found))
