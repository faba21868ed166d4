"""Sums of products of numbered symbols, with exact rational coefficients and positive or negative whole exponents."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from archcalc.core.number import plain

Rational: TypeAlias = Any  # int | Fraction; always an int where it is whole
Monomial: TypeAlias = tuple[tuple[int, int], ...]  # (symbol, exponent), sorted by symbol; () is 1
Terms: TypeAlias = dict[Monomial, Rational]  # no coefficient is 0

ONE: Monomial = ()


@cache
def joined(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    exponents = dict(a)
    for symbol, exponent in b:
        exponents[symbol] = exponents.get(symbol, 0) + exponent
    return tuple(sorted((symbol, exponent) for symbol, exponent in exponents.items() if exponent))


def power(a: Monomial, exponent: int) -> Monomial:
    """The monomial to a power."""
    return tuple((symbol, own * exponent) for symbol, own in a)


def plus(a: Terms, b: Terms) -> Terms:
    """The sum a + b."""
    if len(a) < len(b):
        a, b = b, a
    result = dict(a)
    for monomial, c in b.items():
        total = plain(result.get(monomial, 0) + c)
        if total:
            result[monomial] = total
        else:
            del result[monomial]
    return result


def scaled(a: Terms, c: Rational) -> Terms:
    """The product of a number and a sum."""
    return {monomial: plain(own * c) for monomial, own in a.items()} if c else {}


def times(a: Terms, b: Terms) -> Terms:
    """The product a * b."""
    result: Terms = {}
    for m, c in a.items():
        for n, d in b.items():
            product = joined(m, n)
            result[product] = result.get(product, 0) + c * d
    return {monomial: plain(c) for monomial, c in result.items() if c}


def used(a: Iterable[Monomial]) -> list[int]:
    """The symbols that occur in these, in order."""
    return sorted({symbol for monomial in a for symbol, _ in monomial})


def content(a: Collection[Monomial]) -> Monomial:
    """The largest monomial that divides all of these; its exponents are their smallest, which may be negative."""
    exponents = [dict(monomial) for monomial in a]
    least = [(symbol, min(each.get(symbol, 0) for each in exponents)) for symbol in used(a)]
    return tuple((symbol, exponent) for symbol, exponent in least if exponent)


def quotient(a: Terms, b: Terms) -> Terms | None:
    """a / b where that is a sum of products, else None."""
    if len(b) == 1:
        ((monomial, c),) = b.items()
        inverse = power(monomial, -1)
        return {joined(m, inverse): plain(Fraction(d) / c) for m, d in a.items()}
    (rest, down), (divisor, up) = _without_content(a), _without_content(b)
    lead = max(divisor, key=_rank)
    result: Terms = {}
    while rest:
        first = max(rest, key=_rank)
        step = joined(first, power(lead, -1))
        if any(exponent < 0 for _, exponent in step):
            return None
        result[step] = c = plain(Fraction(rest[first]) / divisor[lead])
        rest = plus(rest, scaled({joined(step, m): d for m, d in divisor.items()}, -c))
    shift = joined(down, power(up, -1))
    return {joined(monomial, shift): c for monomial, c in result.items()}


def _without_content(a: Terms) -> tuple[Terms, Monomial]:
    common = content(a)
    return {joined(m, power(common, -1)): c for m, c in a.items()}, common


def _rank(monomial: Monomial) -> tuple[tuple[int, int], ...]:
    """The lexicographic order; of two monomials, the one with the larger power of the first symbol ranks higher."""
    return tuple((-symbol, exponent) for symbol, exponent in monomial)
