"""The operators and functions of the spec language; every number on the way is exact and of bounded size."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from math import isqrt
from typing import Any

from archcalc.core.errors import NO_ROOT, Place, Refusal
from archcalc.core.number import (
    COMPARE,
    PLAIN_OR_OWN,
    OwnCondition,
    OwnNumber,
    decide,
    equal,
    exact_div,
    family,
    half_up,
    make_divisible,
    maximum,
    minimum,
    plain,
    select,
)


def condition(value: Any) -> Any:
    """The value, if it is a condition. Raises Refusal."""
    if isinstance(value, OwnCondition):
        return value
    numbers = str(getattr(value, "dtype", "bool")) != "bool"  # along an array
    if numbers or (isinstance(value, (*PLAIN_OR_OWN, str, tuple)) and not isinstance(value, bool)):
        raise Refusal(f"{shown(value)} is not a condition, like stride > 1")
    return value


def negate(value: Any) -> Any:
    """The opposite of a condition. Raises Refusal."""
    return not value if isinstance(condition(value), bool) else ~value


def junction(settled_by: bool, values: Iterable[Any]) -> Any:
    """The values joined by "or", if True settles the result, or by "and", if False does; the rest is not evaluated."""
    result: Any = not settled_by
    for value in values:
        known = decide(condition(value))
        if known is settled_by:
            return settled_by
        if known is None:
            result = value if isinstance(result, bool) else (result | value if settled_by else result & value)
    return result


def choice(test: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """``yes() if test else no()``; both are evaluated where the test is undecided or records its formula."""
    known = decide(condition(test))
    if known is None or isinstance(test, OwnCondition):
        return select(test, yes(), no())
    return yes() if known else no()


def pick(values: Any, number: Any) -> Any:
    """The value of a list with that number, counted from 1. Raises Refusal, also for a number that is left open."""
    if not isinstance(values, tuple):
        raise Refusal(f"only a list has numbered values, not {shown(values)}")
    if isinstance(number, (bool, str, tuple)):
        raise Refusal(f"a number must stand in the brackets after a list, not {shown(number)}")
    if isinstance(number, int) and 1 <= number <= len(values):
        return values[number - 1]
    for i, value in enumerate(values, 1):
        chosen = equal(number, i)
        known = decide(getattr(chosen, "settled", chosen))
        if known is None:
            raise Refusal("which value of a list is taken decides which layers there are, so it cannot be left open")
        if known:
            return value
    message = f"no value with the number {shown(number)} in a list of {len(values)}; the first one has the number 1"
    raise Refusal(message)


def length(values: Any) -> int:
    """How many values a list has. Raises Refusal."""
    if not isinstance(values, tuple):
        raise Refusal(f"only a list has a length, not {shown(values)}")
    return len(values)


def shown(value: Any) -> str:
    """A value as it is written in a spec."""
    return repr(value) if isinstance(value, str) else str(value).lower()


DIGITS = 100  # after the decimal point
SPARE = 100  # more digits, for logarithms of numbers near 1
LARGEST_ROOT = 256
LARGEST_PART = 256  # numerator or denominator of a logarithm that is a fraction
SCALE = 10**DIGITS


class Irrational(OwnNumber):
    """A number known only to lie between two fractions, ``low`` and ``high``."""

    __slots__ = ("high", "low")

    def __init__(self, ends: Iterable[Any]) -> None:
        found = list(ends)
        self.low, self.high = Fraction(min(found) * SCALE // 1, SCALE), Fraction(-(-max(found) * SCALE // 1), SCALE)
        if max(-self.low, self.high) // 1 >> LARGEST_ROOT:
            raise Refusal(f"a number of more than {LARGEST_ROOT} bits")

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

    def minimum(self, other: Any) -> Any:
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


LARGEST_BITS = 256  # of an intermediate number
WORDS = {"true": True, "false": False, "same": "same"}


def bounded(value: Any) -> Any:
    """The number in its simplest type. Raises Refusal where it is too large."""
    if is_too_large(value):
        raise Refusal(f"a number of more than {LARGEST_BITS} bits")
    return plain(value) if isinstance(value, (int, Fraction)) else value


def is_too_large(value: Any) -> bool:
    """Whether it is a number whose numerator or denominator has more bits than a number may have."""
    return isinstance(value, (int, Fraction)) and max(abs(value.numerator), value.denominator) >> LARGEST_BITS > 0


def decimal(literal: str) -> Any:
    """The exact value of a decimal: 0.75 is 3/4. Raises Refusal where it is too large."""
    exponent = literal.lower().partition("e")[2]
    if exponent and (len(exponent) > 8 or abs(int(exponent)) > LARGEST_BITS):
        raise Refusal(f"a number of more than {LARGEST_BITS} bits")
    return bounded(Fraction(literal))


def _numeric(compute: Callable[..., Any], rule: str = "arithmetic needs numbers") -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        for value in values:
            if isinstance(value, (str, bool, tuple)):
                raise Refusal(f"{rule}, not {shown(value)}")
        return bounded(compute(*values))

    return checked


def _growing(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Wrap an operator that can double the digits: each number of an array must be bounded too."""

    def checked(a: Any, b: Any) -> Any:
        result = compute(a, b)
        for value in getattr(result, "flat", ()):
            bounded(value)
        return result.limited(LARGEST_BITS) if hasattr(result, "limited") else result

    return _numeric(checked)


def _power(base: Any, exponent: Any) -> Any:
    if family(base, exponent) == "numpy":
        import numpy

        return numpy.frompyfunc(_power, 2, 1)(base, exponent)
    exponent = plain(exponent)
    if isinstance(exponent, int) and not abs(exponent) <= LARGEST_BITS:
        raise Refusal(f"an exponent of more than {LARGEST_BITS}")
    if isinstance(exponent, Fraction):
        raise Refusal(NO_ROOT)
    if isinstance(base, Fraction) and not isinstance(exponent, int):
        return exponent.__rpow__(base)  # Fraction would turn its base into a float for another type of exponent
    return exact_div(1, base**-exponent) if isinstance(exponent, int) and exponent < 0 else base**exponent


_ordered = partial(_numeric, rule="only numbers can be compared by size")

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _numeric(operator.add),
    ast.Sub: _numeric(operator.sub),
    ast.Mult: _growing(operator.mul),
    ast.Div: _growing(exact_div),
    ast.FloorDiv: _numeric(operator.floordiv),
    ast.Mod: _numeric(operator.mod),
    ast.Pow: _growing(_power),
    ast.USub: _numeric(operator.neg),
    ast.Eq: equal,
    ast.NotEq: lambda a, b: negate(equal(a, b)),
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.Not: negate,
}

DEAR = {"log": 500}  # functions that cost more than one node, and how many nodes each counts as
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {  # name -> function, and how many arguments it takes
    "floor": (_numeric(lambda x: x // 1), 1),
    "ceil": (_numeric(lambda x: -(-x // 1)), 1),
    "round": (_numeric(half_up), 1),
    "min": (_numeric(minimum), 2),
    "max": (_numeric(maximum), 2),
    "make_divisible": (_numeric(make_divisible), 2),
    "len": (length, 1),
    "sqrt": (_numeric(sqrt), 1),
    "log": (_numeric(log), 2),
}
