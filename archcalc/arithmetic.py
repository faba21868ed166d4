"""The operators and functions of the spec language; every number on the way is exact and of bounded size."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.errors import Refusal
from archcalc.number import equal, exact_div, half_up, least, make_divisible, most

LARGEST_BITS = 256  # of a number on the way
WORDS = {"true": True, "false": False, "same": "same"}


def bounded(value: Any) -> Any:
    """The number in its simplest type. Raises Refusal where it is too large."""
    if isinstance(value, int):
        bits = value.bit_length()
    elif isinstance(value, Fraction):
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        value = value.numerator if value.denominator == 1 else value
    else:
        return value
    if bits > LARGEST_BITS:
        raise Refusal(f"a number of more than {LARGEST_BITS} bits")
    return value


def decimal(literal: str) -> Any:
    """A decimal, exactly: 0.75 is 3/4. Raises Refusal where it is too large."""
    exponent = literal.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > LARGEST_BITS:
        raise Refusal(f"a number of more than {LARGEST_BITS} bits")
    return bounded(Fraction(literal))


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(a: Any, b: Any) -> Any:
        if isinstance(a, (str, bool, tuple)) or isinstance(b, (str, bool, tuple)):
            raise Refusal("arithmetic needs numbers")
        return bounded(compute(a, b))

    return checked


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int) and not abs(exponent) <= LARGEST_BITS:
        raise Refusal(f"an exponent of more than {LARGEST_BITS}")
    if isinstance(exponent, Fraction) and isinstance(base, (int, Fraction)):
        raise Refusal("a root is not exact; only whole exponents")
    return exact_div(1, base**-exponent) if isinstance(exponent, int) and exponent < 0 else base**exponent


def _negate(condition: Any) -> Any:
    if isinstance(condition, (int, Fraction, str)) and not isinstance(condition, bool):
        raise Refusal("'not' needs a condition, like stride > 1")
    return not condition if isinstance(condition, bool) else ~condition


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _arithmetic(operator.add),
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(exact_div),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Pow: _arithmetic(_power),
    ast.USub: operator.neg,
    ast.Eq: equal,
    ast.NotEq: lambda a, b: _negate(equal(a, b)),
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Not: lambda a: _negate(a),
}

FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {  # with how many arguments
    "floor": (lambda x: x // 1, 1),
    "ceil": (lambda x: -(-x // 1), 1),
    "round": (half_up, 1),
    "min": (least, 2),
    "max": (most, 2),
    "make_divisible": (make_divisible, 2),
}
