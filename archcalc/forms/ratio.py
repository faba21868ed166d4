"""One form divided by another, in lowest terms."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

from archcalc.forms.form import Form
from archcalc.forms.terms import ONE, Monomial, Terms, content, joined, power, quotient, scaled, whole


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
        return _number(exact, table), 1
    a, b = _without_common_factor(a, b)
    if len(b) == 1:
        return _number(quotient(a, b) or {}, table), 1
    return _number(a, table), Form(b, table)


def _over_number(top: Any, bottom: Any) -> tuple[Any, Any]:
    """A form over a number, with whole coefficients and one common denominator."""
    ratio = top * (1 / Fraction(bottom))
    if bottom == 1 or not isinstance(ratio, Form):
        return whole(ratio), 1
    common = reduce(lcm, (Fraction(c).denominator for c in ratio.terms.values()), 1)
    return ratio * common, common


def _without_common_factor(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    """Both divided by their greatest common divisor: of the monomials, of the polynomials, of the coefficients."""
    inverse = power(content([*a, *b]), -1)
    a, b = ({joined(monomial, inverse): c for monomial, c in terms.items()} for terms in (a, b))
    common = _gcd(a, b)
    a, b = quotient(a, common) or a, quotient(b, common) or b
    denominators = [Fraction(c).denominator for terms in (a, b) for c in terms.values()]
    numerators = [Fraction(c).numerator for terms in (a, b) for c in terms.values()]
    factor = Fraction(reduce(lcm, denominators), 1) / reduce(gcd, numerators)
    if max(b.items(), key=lambda item: len(item[0]))[1] < 0:
        factor = -factor
    return scaled(a, factor), scaled(b, factor)


def _gcd(a: Terms, b: Terms) -> Terms:
    """The greatest common divisor of two polynomials without negative exponents."""
    numbers = sorted({number for terms in (a, b) for monomial in terms for number, _ in monomial})
    from sympy import QQ
    from sympy.polys.rings import ring

    domain = ring([f"x{number}" for number in numbers], QQ)[0]

    def element(terms: Terms) -> Any:
        exponents = {m: tuple(dict(m).get(number, 0) for number in numbers) for m in terms}
        return domain.from_dict(
            {exponents[m]: QQ(Fraction(c).numerator, Fraction(c).denominator) for m, c in terms.items()}
        )

    found = element(a).gcd(element(b))
    return {
        _monomial(numbers, exponents): Fraction(int(c.numerator), int(c.denominator)) for exponents, c in found.items()
    }


def _monomial(numbers: Sequence[int], exponents: Sequence[int]) -> Monomial:
    return tuple((number, exponent) for number, exponent in zip(numbers, exponents, strict=True) if exponent)


def _number(terms: Terms, table: Any) -> Any:
    return terms[ONE] if set(terms) == {ONE} else Form(terms, table) if terms else 0
