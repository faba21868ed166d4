"""One form divided by another, in lowest terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any, NamedTuple

from archcalc.closed_forms.form import Form, number_of
from archcalc.closed_forms.polynomial import ONE, Terms, content, joined, power, quotient, scaled, used
from archcalc.closed_forms.symbols import Named
from archcalc.closed_forms.write import LATEX, Style, ordered, summands, write
from archcalc.core.number import OwnNumber, is_int, plain, product


def reduced(top: Any, bottom: Any) -> tuple[Any, Any]:
    """The ratio in lowest terms; its denominator is 1 where the numerator is divisible by it."""
    if not isinstance(bottom, Form):
        return _over_number(top, bottom)
    table = bottom.table
    if not top:
        return 0, 1
    a: Terms = top.terms if isinstance(top, Form) else {ONE: top}
    b = bottom.terms
    if (exact := quotient(a, b)) is not None:
        return number_of(exact, table), 1
    a, b = _without_common_factor(a, b)
    if len(b) == 1:
        return number_of(quotient(a, b) or {}, table), 1
    return number_of(a, table), Form(b, table)


def _over_number(top: Any, bottom: Any) -> tuple[Any, Any]:
    """A form over a number, with whole coefficients and one common denominator."""
    ratio = top * (1 / Fraction(bottom))
    if bottom == 1 or not isinstance(ratio, Form):
        return plain(ratio), 1
    common = lcm(*(Fraction(c).denominator for c in ratio.terms.values()))
    return ratio * common, common


def _without_common_factor(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    """Both divided by their greatest common divisor: of the monomials, of the polynomials, of the coefficients."""
    inverse = power(content([*a, *b]), -1)
    a, b = ({joined(monomial, inverse): c for monomial, c in terms.items()} for terms in (a, b))
    common = _gcd(a, b)
    a, b = quotient(a, common) or a, quotient(b, common) or b
    coefficients = [Fraction(c) for c in (*a.values(), *b.values())]
    factor = Fraction(lcm(*(c.denominator for c in coefficients)), gcd(*(c.numerator for c in coefficients)))
    if max(b.items(), key=lambda item: len(item[0]))[1] < 0:
        factor = -factor
    return scaled(a, factor), scaled(b, factor)


def _gcd(a: Terms, b: Terms) -> Terms:
    """The greatest common divisor of two polynomials without negative exponents."""
    from sympy import QQ
    from sympy.polys.rings import ring

    numbers = used([*a, *b])
    domain = ring([f"x{number}" for number in numbers], QQ)[0]

    def element(terms: Terms) -> Any:
        powers = [(dict(monomial), Fraction(c)) for monomial, c in terms.items()]
        return domain.from_dict({tuple(own.get(n, 0) for n in numbers): QQ(*c.as_integer_ratio()) for own, c in powers})

    found = element(a).gcd(element(b))
    result: Terms = {}
    for exponents, c in found.items():
        monomial = tuple((n, exponent) for n, exponent in zip(numbers, exponents, strict=True) if exponent)
        result[monomial] = Fraction(int(c.numerator), int(c.denominator))
    return result


class Quotient(NamedTuple):
    """Numerator (``top``) and denominator (``bottom``), each a form or a number."""

    top: Any
    bottom: Any = 1

    def at(self, values: Mapping[str, Any]) -> Any:
        """Its exact value, an int where it is whole. Raises ZeroDivisionError."""
        top, bottom = (side.at(values) if isinstance(side, Form) else side for side in self)
        return plain(Fraction(top) / bottom)

    @property
    def is_plain(self) -> bool:
        """Whether all coefficients are whole."""
        return all(isinstance(c, int) for side in self if isinstance(side, Form) for c in side.terms.values())

    def functions(self) -> Iterator[Named]:
        """The named functions in it, without those in their arguments."""
        symbols = (symbol for side in self if isinstance(side, Form) for symbol in side.symbols)
        return (symbol for symbol in symbols if isinstance(symbol, Named) and symbol.function != "inverse")

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
