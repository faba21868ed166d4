"""What every number type of archcalc's own has: the operators and functions that follow from a few of its own.

A type's operators take any two numbers of which at least one is its own, on whichever side: the reflected operator is
the same function with the sides exchanged.
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
    """Whether it is this plain integer; of another type, comparing would give a condition."""
    return isinstance(value, int) and value == number


class OwnNumber:
    """A number that knows itself; a type gives + * / -x, ``compared`` and ``least``, and a floor or its own //."""

    __slots__ = ()

    def compared(self, sign: str, other: Any) -> Any:
        """The condition ``self sign other``, True or False where that is known."""
        raise NotImplementedError

    def least(self, other: Any) -> Any:
        """The smaller of the two."""
        raise NotImplementedError

    def most(self, other: Any) -> Any:
        """The larger of the two."""
        return -(-self).least(-other)

    def share(self, other: Any) -> Any:
        """The quotient, where it is known to be whole."""
        return self // other

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError

    def __mul__(self, other: Any) -> Any:
        raise NotImplementedError

    def __truediv__(self, other: Any) -> Any:
        raise NotImplementedError

    def __pow__(self, other: Any) -> Any:
        raise NotImplementedError

    def __neg__(self) -> Any:
        raise NotImplementedError

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __floordiv__(self, other: Any) -> Any:
        return math.floor(self / other)

    def __mod__(self, other: Any) -> Any:
        quotient = self // other
        return 0 if quotient is self and is_int(other, 1) else self - other * quotient

    def __radd__(self, other: Any) -> Any:
        return type(self).__add__(other, self)

    def __rsub__(self, other: Any) -> Any:
        return type(self).__sub__(other, self)

    def __rmul__(self, other: Any) -> Any:
        return type(self).__mul__(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return type(self).__truediv__(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return type(self).__floordiv__(other, self)

    def __rmod__(self, other: Any) -> Any:
        return type(self).__mod__(other, self)

    def __rpow__(self, other: Any) -> Any:
        return type(self).__pow__(other, self)

    def __eq__(self, other: object) -> Any:
        return self.compared("==", other) if isinstance(other, PLAIN_OR_OWN) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self.compared("!=", other) if isinstance(other, PLAIN_OR_OWN) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return self.compared("<", other)

    def __le__(self, other: Any) -> Any:
        return self.compared("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self.compared(">", other)

    def __ge__(self, other: Any) -> Any:
        return self.compared(">=", other)


PLAIN_OR_OWN = (int, Fraction, OwnNumber)


class OwnCondition:
    """A condition on such numbers that is open; a type gives ``joined``, ``select``, ``settled`` and ~."""

    __slots__ = ()

    @property
    def known(self) -> bool | None:
        """True or False where it is the same for all that the numbers stand for."""
        return None

    def joined(self, sign: str, other: Any) -> Any:
        """The condition ``self and other``, or ``self or other``."""
        raise NotImplementedError

    def select(self, yes: Any, no: Any) -> Any:
        """The number that is ``yes`` where it holds, else ``no``."""
        raise NotImplementedError

    def __invert__(self) -> Any:
        raise NotImplementedError

    def __and__(self, other: Any) -> Any:
        return self.joined("and", other) if isinstance(other, OwnCondition) else self if other else False

    def __or__(self, other: Any) -> Any:
        return self.joined("or", other) if isinstance(other, OwnCondition) else True if other else self

    __rand__, __ror__ = __and__, __or__
