"""The operators and functions of the spec language; every intermediate number is exact and of bounded size."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.errors import Refusal
from archcalc.language.logic import length, negate, shown
from archcalc.language.roots import log, sqrt
from archcalc.number import equal, exact_div, family, half_up, least, make_divisible, most, plain

LARGEST_BITS = 256  # of an intermediate number
WORDS = {"true": True, "false": False, "same": "same"}


def bounded(value: Any) -> Any:
    """The number in its simplest type. Raises Refusal where it is too large."""
    if isinstance(value, (int, Fraction)):
        if _bits(value) > LARGEST_BITS:
            raise Refusal(f"a number of more than {LARGEST_BITS} bits")
        return plain(value)
    return value


def _bits(value: Any) -> int:
    if isinstance(value, int):
        return value.bit_length()
    return max(_bits(value.numerator), _bits(value.denominator)) if isinstance(value, Fraction) else 0


def decimal(literal: str) -> Any:
    """The exact value of a decimal: 0.75 is 3/4. Raises Refusal where it is too large."""
    exponent = literal.lower().partition("e")[2]
    if exponent and (len(exponent) > 8 or abs(int(exponent)) > LARGEST_BITS):
        raise Refusal(f"a number of more than {LARGEST_BITS} bits")
    return bounded(Fraction(literal))


def _numeric(compute: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        for value in values:
            if isinstance(value, (str, bool, tuple)):
                raise Refusal(f"arithmetic needs numbers, not {shown(value)}")
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
        raise Refusal("a root is not exact; only whole exponents")
    if isinstance(base, Fraction) and not isinstance(exponent, int):
        return exponent.__rpow__(base)  # Fraction would turn its base into a float for another type of exponent
    return exact_div(1, base**-exponent) if isinstance(exponent, int) and exponent < 0 else base**exponent


def _ordered(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(a: Any, b: Any) -> Any:
        for value in (a, b):
            if isinstance(value, (str, bool, tuple)):
                raise Refusal(f"only numbers can be compared by size, not {shown(value)}")
        return compute(a, b)

    return checked


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
    "min": (_numeric(least), 2),
    "max": (_numeric(most), 2),
    "make_divisible": (_numeric(make_divisible), 2),
    "len": (length, 1),
    "sqrt": (_numeric(sqrt), 1),
    "log": (_numeric(log), 2),
}
