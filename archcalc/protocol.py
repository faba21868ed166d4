"""The base of archcalc's own number types: the operators that follow from the few that a type defines.

Each operator takes two numbers of which at least one is of the type, on either side. So a reflected operator is the
same function with its sides exchanged.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

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
    least: Any  # the smaller of two numbers
    compared: Any  # compared("<", other): a condition, or True or False where it is known

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __floordiv__(self, other: Any) -> Any:
        return math.floor(self / other)

    def __mod__(self, other: Any) -> Any:
        quotient = self // other
        return 0 if quotient is self and is_int(other, 1) else self - other * quotient

    def most(self, other: Any) -> Any:
        """The larger of two numbers."""
        return -(-self).least(-other)

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
