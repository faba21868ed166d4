"""The operations that every number type of archcalc has, and the functions that the number types do not share."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeAlias

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def is_int(value: Any, number: int) -> bool:
    """Whether a value is this plain integer; comparing other types may give a condition."""
    return isinstance(value, int) and value == number


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: getattr(type(self), name)(other, self)


def _comparison(sign: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: self.compared(sign, other) if isinstance(other, PLAIN_OR_OWN) else NotImplemented


class OwnNumber:
    """The base of number types. A type defines the members declared first, and ``__floor__`` or its own operator //."""

    __slots__ = ()
    __add__: Any
    __mul__: Any
    __truediv__: Any
    __pow__: Any
    __neg__: Any
    minimum: Any  # the smaller of two numbers
    compared: Any  # compared("<", other): a condition, or True or False where it is known

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __floordiv__(self, other: Any) -> Any:
        return math.floor(self / other)

    def __mod__(self, other: Any) -> Any:
        quotient = self // other
        return 0 if quotient is self and is_int(other, 1) else self - other * quotient

    def maximum(self, other: Any) -> Any:
        """The larger of two numbers."""
        return -(-self).minimum(-other)

    def whole_quotient(self, other: Any) -> Any:
        """The quotient, which the caller knows to be whole."""
        return self // other

    __radd__, __rsub__, __rmul__ = map(_reflected, ("__add__", "__sub__", "__mul__"))
    __rtruediv__, __rfloordiv__ = map(_reflected, ("__truediv__", "__floordiv__"))
    __rmod__, __rpow__ = map(_reflected, ("__mod__", "__pow__"))
    __eq__, __ne__, __lt__, __le__, __gt__, __ge__ = map(_comparison, COMPARE)


PLAIN_OR_OWN = (int, Fraction, OwnNumber)


class OwnCondition:
    """An open condition on such numbers. A type defines the members that are declared first."""

    __slots__ = ()
    __invert__: Any
    joined: Any  # joined("and", other) or joined("or", other), with a condition of the same type
    select: Any  # select(yes, no): the number that is yes where the condition holds, else no

    @property
    def known(self) -> bool | None:
        """True or False where it is the same for all values of the numbers; None where it is not."""
        return None

    def __and__(self, other: Any) -> Any:
        return self.joined("and", other) if isinstance(other, OwnCondition) else self if other else False

    def __or__(self, other: Any) -> Any:
        return self.joined("or", other) if isinstance(other, OwnCondition) else True if other else self

    __rand__, __ror__ = __and__, __or__


Number: TypeAlias = Any  # int | Fraction | sympy.Expr | numpy.ndarray | anything with the same operators
Condition: TypeAlias = Any  # bool | sympy Boolean | numpy array of bool


def family(*values: Number) -> str:
    """The library that must combine these values: "python", "sympy", "numpy", or "own" for archcalc's own types."""
    for value in values:
        if not isinstance(value, (int, Fraction)):
            root = type(value).__module__.partition(".")[0]
            return root if root in ("sympy", "numpy") else "own"
    return "python"


def minimum(a: Number, b: Number) -> Number:
    return _one_of(a, b, "minimum", min, "Min")


def maximum(a: Number, b: Number) -> Number:
    return _one_of(a, b, "maximum", max, "Max")


def _one_of(a: Number, b: Number, name: str, python: Callable[[Any, Any], Any], in_sympy: str) -> Number:
    """The smaller or the larger of two numbers, by the function of that name in their library."""
    match family(a, b):
        case "python":
            return python(a, b)
        case "sympy":
            import sympy

            return getattr(sympy, in_sympy)(a, b)
        case "numpy":
            import numpy

            return getattr(numpy, name)(a, b)
    return getattr(a, name)(b) if isinstance(a, OwnNumber) else getattr(b, name)(a)


def select(condition: Condition, yes: Number, no: Number) -> Number:
    """``yes`` where the condition holds, else ``no``; where the condition is decided, just that number."""
    if isinstance(condition, OwnCondition):
        return condition.select(yes, no)
    known = decide(condition)
    if known is not None:
        return yes if known else no
    if family(condition) == "sympy":
        import sympy

        return sympy.Piecewise((yes, condition), (no, True))
    import numpy

    chosen: Any = numpy.where(condition, yes, no)
    return chosen.astype(object)  # from two ints NumPy makes int64, which overflows


def decide(condition: Condition) -> bool | None:
    """True or False where the condition is decided, None where it depends on a symbol or differs within an array."""
    if isinstance(condition, bool):
        return condition
    match family(condition):
        case "sympy":
            return bool(condition) if condition in (True, False) else None
        case "numpy":
            return True if condition.all() else None if condition.any() else False
        case "python":
            raise TypeError("a number is not a condition")
    return condition.known  # type: ignore[no-any-return]


def fails(condition: Condition) -> bool:
    """Whether the condition is known to fail, for an array at one element at least."""
    known = decide(condition)
    return known is False or (known is None and family(condition) == "numpy")


def both(a: Condition, b: Condition) -> Condition:
    """The conjunction of two conditions of any type."""
    if a is True or b is False:
        return b
    return a if b is True or a is False else a & b


def either(a: Condition, b: Condition) -> Condition:
    """The disjunction of two conditions of any type."""
    if a is True or b is False:
        return a
    return b if b is True or a is False else a | b


def equal(a: Number, b: Number) -> Condition:
    """Whether two numbers, or two conditions, are equal; for sympy, mathematically and not as written."""
    if isinstance(a, OwnCondition) and isinstance(b, (bool, OwnCondition)):
        return either(both(a, b), both(~a, not b if isinstance(b, bool) else ~b))
    if isinstance(b, OwnCondition) and not isinstance(b, OwnNumber):
        return equal(b, a) if isinstance(a, bool) else False
    if family(a, b) == "sympy":
        import sympy

        return sympy.Eq(a, b)
    return a == b


def is_whole(x: Number) -> Condition:
    """Whether the number is an integer."""
    if isinstance(x, int):
        return True
    if isinstance(x, Fraction):
        return x.denominator == 1
    return bool(x.is_integer) if getattr(x, "is_integer", None) is not None else equal(x % 1, 0)


def plain(x: Number) -> Number:
    """The same number in its simplest type: a fraction, or a sympy number, that is an integer becomes an int."""
    if isinstance(x, Fraction):
        return x.numerator if x.denominator == 1 else x
    if getattr(x, "is_Rational", False):
        return plain(Fraction(int(x.p), int(x.q)))
    return x


def ceil_div(a: Number, b: Number) -> Number:
    """a / b rounded up."""
    return -(-a // b)


def half_up(x: Number) -> Number:
    """The nearest integer, with a half rounded up, as ``int(x + 0.5)`` does in the code of papers."""
    return (2 * x + 1) // 2


def make_divisible(x: Number, divisor: Number) -> Number:
    """The multiple of ``divisor`` nearest to ``x``, at least ``divisor``, and never below 90 % of ``x``.

    The rule of the MobileNet reference code (``_make_divisible``), followed by MobileNetV2, MnasNet and EfficientNet.
    """
    return x.make_divisible(divisor) if hasattr(x, "make_divisible") else multiple(x, divisor)


def multiple(x: Number, divisor: Number) -> Number:
    """The same rule, for number types that have no function of their own for it."""
    nearest = maximum(divisor, half_up(exact_div(x, divisor)) * divisor)
    return nearest + divisor * select(10 * nearest < 9 * x, 1, 0)


def exact_div(a: Number, b: Number) -> Number:
    """a / b without rounding."""
    if isinstance(a, int) and isinstance(b, int):
        return plain(Fraction(a, b))
    return a * (Fraction(1) / b) if family(a, b) == "numpy" else a / b  # in an array, int / int would be a float


def whole_quotient(a: Number, b: Number) -> Number:
    """a / b where b is known to divide a, so that no floor is left in a closed form."""
    for number in (a, b):
        if isinstance(number, OwnNumber):
            return type(number).whole_quotient(a, b)
    return a / b if family(a, b) == "sympy" else a // b


def broadcast(values: Iterable[Number]) -> bool:
    """Whether the shapes of the arrays among the values can be combined by broadcasting."""
    shapes = [value.shape for value in values if family(value) == "numpy"]
    if len(shapes) < 2:
        return True
    import numpy

    try:
        numpy.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def product(values: Iterable[Number]) -> Number:
    """The product of the values; 1 where there are none."""
    return math.prod(values)
