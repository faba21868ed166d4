"""Lower and upper bounds of a sum of products, from the bounds of its symbols."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from archcalc.forms.symbols import Symbol
from archcalc.forms.terms import ONE, Monomial, Rational, Terms, plus, scaled, times, whole

MOST_SHIFTED = 400  # terms


def lower(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The best lower bound that three methods give; None where none of them gives one."""
    first = _termwise(terms, symbols)
    if first is not None and all(c > 0 for monomial, c in terms.items() if monomial):
        return first  # no other method gives a larger bound
    relaxed = _relaxed(terms, symbols)
    found = [first, _shifted(terms, symbols), None if relaxed is None else lower(relaxed, symbols)]
    return max((bound for bound in found if bound is not None), default=None)


def _relaxed(terms: Terms, symbols: Sequence[Symbol]) -> Terms | None:
    """A sum that is never larger, with one floor, ceil or index replaced by its bound; None where no bound is known."""
    single = [monomial for monomial in terms if len(monomial) == 1 and monomial[0][1] == 1]
    for own in sorted(single, reverse=True):
        bound = symbols[own[0][0]].bounding(above=terms[own] < 0)
        if bound is not None:
            rest = {monomial: c for monomial, c in terms.items() if monomial != own}
            return plus(rest, scaled(bound, terms[own]))
    return None


def upper(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The best upper bound; None where none is known."""
    bound = lower(scaled(terms, -1), symbols)
    return None if bound is None else -bound


def _termwise(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The sum of the smallest value of each term; None unless no symbol can be negative."""
    total: Rational = 0
    for monomial, c in terms.items():
        if not monomial:
            total += c
            continue
        extreme = _extreme(monomial, symbols, smallest=c > 0)
        if extreme is None:
            return None
        total += c * extreme
    return whole(total)


def _extreme(monomial: Monomial, symbols: Sequence[Symbol], smallest: bool) -> Rational | None:
    """The smallest or the largest value of a product of powers; None where it is not known."""
    result: Rational = 1
    for number, exponent in monomial:
        symbol = symbols[number]
        if symbol.low is None or symbol.low < 0:
            return None
        at_low = smallest == (exponent > 0)
        value = symbol.low if at_low else symbol.high
        if exponent < 0 and (value is None or value == 0):
            if smallest and value is None:
                return 0
            return None
        if value is None:
            return None
        result = result * (value**exponent if exponent > 0 else Fraction(value) ** exponent)
    return whole(result)


def _shifted(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """A bound from each symbol written as its minimum plus a rest; None where a rest has a negative coefficient."""
    used = {number for monomial in terms for number, _ in monomial}
    if any(exponent < 0 for monomial in terms for _, exponent in monomial):
        return None
    if any(symbols[number].low is None for number in used):
        return None
    result: Terms = {}
    for monomial, c in terms.items():
        product: Terms = {ONE: c}
        for number, exponent in monomial:
            low = symbols[number].low
            factor: Terms = {((number, 1),): 1, ONE: low} if low else {((number, 1),): 1}
            for _ in range(exponent):
                product = times(product, factor)
            if len(product) > MOST_SHIFTED:
                return None
        result = plus(result, product)
    fits = all(c >= 0 for monomial, c in result.items() if monomial)
    return result.get(ONE, 0) if fits else None
