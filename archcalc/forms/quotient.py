"""A form divided by a form, which every formula is; the denominator is usually 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.forms.form import Form
from archcalc.forms.styles import LATEX, Style
from archcalc.forms.symbols import Named
from archcalc.forms.write import ordered, summands, write
from archcalc.number import product
from archcalc.protocol import OwnNumber, is_int


class Quotient(NamedTuple):
    """Numerator (``top``) and denominator (``bottom``), each a form or a number."""

    top: Any
    bottom: Any = 1

    def at(self, values: Mapping[str, Any]) -> Any:
        """Its exact value, an int where it is whole. Raises ZeroDivisionError."""
        top, bottom = (side.at(values) if isinstance(side, Form) else side for side in self)
        value = Fraction(top) / bottom
        return value.numerator if value.denominator == 1 else value

    @property
    def is_plain(self) -> bool:
        """Whether all coefficients are whole."""
        return all(isinstance(c, int) for side in self if isinstance(side, Form) for c in side.terms.values())

    def functions(self) -> Iterator[Named]:
        """The named functions in it, without those in their arguments."""
        for side in self:
            if isinstance(side, Form):
                for number in sorted({number for monomial in side.terms for number, _ in monomial}):
                    symbol = side.table.symbols[number]
                    if isinstance(symbol, Named) and symbol.function != "inverse":
                        yield symbol

    def write(self, style: Style, letters: Mapping[Named, str] | None = None) -> str:
        """The quotient in a style, with these letters for its functions."""
        top, bottom = (write(side, style, _numbered(side, letters or {})) for side in self)
        if self.bottom == 1:
            return top
        count = len(summands(self.top.terms, ordered(self.top))) if isinstance(self.top, Form) else 1
        top = style.brackets(top) if count > 1 and style is not LATEX else top
        return style.ratio(top, bottom, single=not isinstance(self.bottom, Form))


class Over(OwnNumber):
    """A number on the way to a quotient, whose denominator stays apart until all is computed."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: Any, bottom: Any = 1) -> None:
        self.top, self.bottom = top, bottom

    def __add__(self, other: Any) -> Over:
        (a, b), (c, d) = _sides(self), _sides(other)
        return Over(a * d + c * b, b * d)

    def __mul__(self, other: Any) -> Over:
        (a, b), (c, d) = _sides(self), _sides(other)
        return Over(a * c, b * d)

    def __truediv__(self, other: Any) -> Over:
        top, bottom = _sides(other)
        if is_int(top, 0):
            raise ZeroDivisionError
        return self * Over(bottom, top)

    def __neg__(self) -> Over:
        return Over(-self.top, self.bottom)

    def __pow__(self, exponent: Any) -> Over:
        return product([self] * exponent)  # type: ignore[no-any-return]


def _sides(number: Any) -> tuple[Any, Any]:
    return (number.top, number.bottom) if isinstance(number, Over) else (number, 1)


def _numbered(side: Any, letters: Mapping[Named, str]) -> dict[int, str]:
    """The letters by the number of their function in the symbol table of the form."""
    symbols = side.table.symbols if isinstance(side, Form) else []
    return {n: letters[symbol] for n, symbol in enumerate(symbols) if isinstance(symbol, Named) and symbol in letters}
