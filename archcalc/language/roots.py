"""Roots and logarithms: exact if they are fractions, otherwise bounds that are close enough to round them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt
from typing import Any

from archcalc.errors import Place, Refusal
from archcalc.number import family, plain
from archcalc.protocol import COMPARE, OwnNumber

DIGITS = 100  # after the decimal point
SPARE = 100  # more digits, for logarithms of numbers near 1
LARGEST_BITS = 256
LARGEST_PART = 256  # numerator or denominator of a logarithm that is a fraction
SCALE = 10**DIGITS


class Irrational(OwnNumber):
    """A number known only to lie between two fractions, ``low`` and ``high``."""

    __slots__ = ("high", "low")

    def __init__(self, ends: Iterable[Any]) -> None:
        found = list(ends)
        self.low, self.high = Fraction(min(found) * SCALE // 1, SCALE), Fraction(-(-max(found) * SCALE // 1), SCALE)
        if max(-self.low, self.high) // 1 >> LARGEST_BITS:
            raise Refusal(f"a number of more than {LARGEST_BITS} bits")

    def __add__(self, other: Any) -> Any:
        return Irrational(a + b for a, b in zip(_ends(self), _ends(other), strict=True))

    def __mul__(self, other: Any) -> Any:
        return Irrational(a * b for a in _ends(self) for b in _ends(other))

    def __truediv__(self, other: Any) -> Any:
        low, high = _ends(other)
        return 1 / 0 if low <= 0 <= high else self * Irrational((1 / low, 1 / high))

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(self, Irrational) or not isinstance(exponent, int) or exponent < 0:
            raise Refusal("a number that is not exact can have only whole exponents")
        return self * self ** (exponent - 1) if exponent else 1

    def __neg__(self) -> Any:
        return Irrational((-self.low, -self.high))

    def __floor__(self) -> Any:
        return self._same(self.low // 1, self.high // 1)

    def least(self, other: Any) -> Any:
        """The smaller of the two."""
        return other if self.compared(">", other) else self

    def compared(self, sign: str, other: Any) -> Any:
        """The comparison with another number by this sign, such as "<"."""
        difference = Irrational.__add__(self, -other)
        return COMPARE[sign](self._same(*((end > 0) - (end < 0) for end in (difference.low, difference.high))), 0)

    def _same(self, low: Any, high: Any) -> Any:
        """The common result at both bounds. Raises Refusal where they differ."""
        if low != high:
            raise Refusal(f"{DIGITS} digits cannot tell this number from another; write it exactly, without a root")
        return low

    def __str__(self) -> str:
        return f"{float(self.low):.6g}..."


def exactly(value: Any, text: str, place: Place) -> Any:
    """The value of an expression. Raises Refusal if it is not exact."""
    for number in value if isinstance(value, tuple) else getattr(value, "flat", (value,)):
        if isinstance(number, Irrational):
            message = f"'{text}' is {number}, which is not exact; floor, ceil or round makes it whole"
            raise Refusal(message, place)
    return value


def _ends(number: Any) -> tuple[Fraction, Fraction]:
    return (number.low, number.high) if isinstance(number, Irrational) else (Fraction(number), Fraction(number))


def _known(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of numbers also take arrays, and symbols through sympy's function of that name. Raises Refusal."""
    name = compute.__name__

    def computed(*values: Any) -> Any:
        match family(*values):
            case "sympy":
                import sympy

                return getattr(sympy, name)(*values)
            case "numpy":
                import numpy

                return numpy.frompyfunc(computed, len(values), 1)(*values)
        for value in values:
            if hasattr(value, "refuse"):
                value.refuse(f"{name} has no closed form")
        settled = [getattr(value, "settled", value) for value in values]
        if any(not isinstance(value, (int, Fraction)) for value in settled):
            raise Refusal(f"{name} takes exact numbers; floor, ceil or round makes one of {settled[0]}")
        return compute(*map(Fraction, settled))

    return computed


@_known
def sqrt(x: Fraction) -> Any:
    """The square root."""
    if x < 0:
        raise Refusal("no number has a square below 0")
    root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    low = isqrt(x.numerator * x.denominator * SCALE**2)
    return plain(root) if root**2 == x else Irrational(Fraction(n, x.denominator * SCALE) for n in (low, low + 1))


@_known
def log(x: Fraction, base: Fraction) -> Any:
    """The logarithm of x to a base."""
    if min(x, base) <= 0 or base == 1:
        raise Refusal("log(x, base) takes a number above 0, and a base above 0 that is not 1")
    with localcontext(prec=DIGITS + SPARE):
        above, below = ((Decimal(n.numerator) / n.denominator).ln() for n in (x, base))
        near = Fraction(above / below)
    exact = near.limit_denominator(LARGEST_PART)
    if abs(exact) <= LARGEST_PART and x**exact.denominator == base**exact.numerator:
        return plain(exact)
    return Irrational((near - Fraction(1, SCALE), near + Fraction(1, SCALE)))
