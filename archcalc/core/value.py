"""Values of knobs and arguments: made exact when they come in, and made readable when they are shown."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction
from typing import Any

from archcalc.core.number import Number, family, plain

LONGEST_SHOWN = 40  # characters of a value in a message
MOST_SHOWN = 8  # elements of an array in a text
MOST_DIGITS = 6  # of a decimal
MOST_ZEROS = 400  # before or after the decimal point of a Decimal; a float cannot have more
NUMBERS = "it must be a number: an int, float, Fraction or Decimal, a NumPy array or a sympy expression"


def exact(value: Any) -> Number:
    """A number as the user meant it: a float is its shortest decimal (0.7 is 7/10), of an array each element.

    Arrays hold Python numbers (``dtype=object``), since NumPy's own integers overflow silently. Raises TypeError for
    a value of another type, and ValueError or OverflowError for a number that is not finite.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)  # a member of an enumeration becomes a plain int
    if isinstance(value, float):
        return plain(Fraction(str(float(value))))
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > MOST_ZEROS:
        raise OverflowError("it has too many digits")
    if isinstance(value, (Fraction, Decimal)):
        return plain(Fraction(value))
    match family(value):
        case "numpy":
            return _array(value)
        case "sympy":
            return _expression(value)
    raise TypeError(f"{NUMBERS}, not a {type(value).__name__}")


def _array(value: Any) -> Number:
    """The exact numbers of a NumPy array or scalar; a float32 is read as its own shortest decimal."""
    import numpy

    if isinstance(value, numpy.generic):
        if value.dtype.kind not in "biuf":
            raise TypeError(f"{NUMBERS}, not a {type(value).__name__}")
        return value.item() if value.dtype.kind in "biu" else plain(Fraction(str(value)))
    if numpy.ma.is_masked(value) or not value.size:
        raise TypeError("some of it is masked" if value.size else "it has no values")
    values = [exact(item) for item in numpy.asarray(value).flat]
    if any(isinstance(item, bool) or family(item) == "numpy" for item in values):
        raise TypeError(f"{NUMBERS}, and so must each element of an array")
    found = numpy.empty(len(values), object)
    found[:] = values
    return found.reshape(value.shape) if value.ndim else values[0]


def _expression(value: Any) -> Number:
    """A sympy expression with exact numbers; it must be possibly real and finite."""
    import sympy

    if not isinstance(value, sympy.Expr) or value.is_real is False or value.has(sympy.nan, sympy.oo, -sympy.oo):
        raise TypeError("it must be a real and finite number")
    floats = {item: sympy.Rational(str(float(item))) for item in value.atoms(sympy.Float)}
    return plain(value.xreplace(floats))


def show(value: Any) -> str:
    """A value as a person would write it: 3/4 as 0.75, 1/3 as 1/3; a long array by its first elements."""
    if type(value) is int or type(value) is str:
        return str(value)
    if _is_array(value):
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
    """A fraction as a decimal, with dots where it is cut: 1/8 is 0.125, 1/7 is 0.142857.... Others are unchanged."""
    if not isinstance(value, Fraction):
        return value
    with localcontext(prec=MOST_DIGITS, rounding=ROUND_DOWN):
        found = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{found:f}" + "..." * (Fraction(found) != value)


def brief(value: Any) -> str:
    """A value on one short line, for messages."""
    if _is_array(value):
        return f"an array of {value.size:,} values"
    shown = " ".join(show(value).split())
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def _is_array(value: Any) -> bool:
    return family(value) == "numpy" and getattr(value, "ndim", 0) > 0
