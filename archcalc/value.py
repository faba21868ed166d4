"""A value as its user means it, and as a person reads it."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction
from typing import Any

from archcalc.number import Number, family, plain

LONGEST_SHOWN = 40  # characters of a value in a message
MOST_SHOWN = 8  # elements of an array in a text
MOST_DIGITS = 6  # of a decimal


def exact(value: Number) -> Number:
    """A number as the user meant it: a float is its shortest decimal (0.7 is 7/10), an array becomes exact objects.

    Arrays hold Python numbers (``dtype=object``): NumPy's own integers overflow without a word. Raises TypeError for
    what has no arithmetic, and ValueError for what is not finite.
    """
    if not hasattr(value, "__floordiv__"):
        raise TypeError(f"{value!r} is not a number")
    if isinstance(value, float):
        return plain(Fraction(str(value)))
    match family(value):
        case "numpy":
            import numpy

            array = numpy.asarray(value)
            items = array.astype(str if array.dtype.kind == "f" else object)  # float32's 0.7 is no float64's
            return numpy.frompyfunc(lambda item: exact(float(item) if isinstance(item, str) else item), 1, 1)(items)
        case "sympy":
            import sympy

            return plain(sympy.nsimplify(value, rational=True) if value.has(sympy.Float) else value)
        case "own" if hasattr(value, "as_integer_ratio"):  # decimal.Decimal
            return plain(Fraction(*value.as_integer_ratio()))
    return plain(value)


def show(value: Any) -> str:
    """A value as a person would write it: 3/4 is 0.75, 1/3 stays 1/3; of a long array only the first elements."""
    if getattr(value, "ndim", 0):
        more = ", ..." if value.size > MOST_SHOWN else ""
        return f"[{', '.join(show(item) for item in value.flat[:MOST_SHOWN])}{more}]"
    if isinstance(value, bool):
        return str(value).lower()
    value = plain(value)
    if isinstance(value, Fraction):
        digits = next((n for n in range(1, 5) if 10**n % value.denominator == 0), None)
        return f"{float(value):.{digits}f}" if digits and abs(value) < 10**5 else str(value)
    return str(value)


def decimal(value: Any) -> Any:
    """A fraction as a decimal, with dots where it goes on: 1/8 is 0.125, 1/7 is 0.142857.... What is whole stays."""
    if not isinstance(value, Fraction):
        return value
    with localcontext(prec=MOST_DIGITS, rounding=ROUND_DOWN):
        found = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{found:f}" + "..." * (Fraction(found) != value)


def brief(value: Any) -> str:
    """The same on one line, and short: for messages."""
    if getattr(value, "ndim", 0):
        return f"an array of {value.size:,} values"
    shown = " ".join(show(value).split())
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
