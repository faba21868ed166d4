"""A number type for arrays: the engine's formulas, evaluated exactly at every point of a grid.

Whole numerators over one denominator. int64 where an interval that is carried along proves that neither the result
nor anything on the way to it overflows; Python's integers otherwise. An array has a length only along the knobs that
it depends on, so most of a network is computed once for many points.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from threading import local
from typing import Any

import numpy as np

from archcalc.core.errors import NO_ROOT, Refusal
from archcalc.core.number import COMPARE, OwnCondition, OwnNumber, is_int, plain, product
from archcalc.sweeps.plans import MOST, Plan, fits, plan_add, plan_floor, plan_least, plan_mul, plan_sides

MOST_EXPONENT = 256  # as in archcalc.spec.arithmetic
FEW = 8  # factors that are multiplied one by one
SHOWN = local()  # values quoted in messages, by token, until the walk reads them


class Split(Exception):
    """One answer was needed but differs along the grid, which must be split where the label changes."""

    def __init__(self, labels: np.ndarray) -> None:
        super().__init__("the answer differs along the grid")
        self.labels = labels

    def outside(self, axes: int) -> Exception:
        """The same around copies, which are the first of so many axes; Refusal where the answer differs among them."""
        if self.labels.ndim < axes:
            return self
        alike = bool((self.labels == self.labels[:1]).all())
        return Split(self.labels[0]) if alike else Refusal("it differs among the copies of a repetition")


class Mask(OwnCondition):
    """A condition that is true at some points and false at others."""

    __slots__ = ("array",)

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    @property
    def known(self) -> bool | None:
        """Never: raises Split."""
        raise Split(self.array)

    def __bool__(self) -> bool:
        raise Split(self.array)

    def select(self, yes: Any, no: Any) -> Any:
        """``yes`` where the condition is true, else ``no``."""
        return run(plan_sides, lift(yes), lift(no), lambda a, b: np.where(self.array, a, b))

    def joined(self, sign: str, other: Any) -> Any:
        """The two conditions, combined at each point."""
        return settle(self.array & other.array if sign == "and" else self.array | other.array)

    def __invert__(self) -> Mask:
        return Mask(~self.array)


class Values(OwnNumber):
    """Numbers along a grid."""

    __slots__ = ("d", "high", "low", "n")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to this type

    def __init__(self, n: Any, d: int, low: Any, high: Any) -> None:
        self.n, self.d, self.low, self.high = n, d, low, high  # low <= every numerator <= high

    @property
    def settled(self) -> Any:
        """The one value at all points, needed where it decides the structure. Raises Split if they differ."""
        first = self.n.flat[0]
        if not (self.n == first).all():
            raise Split(self.n)
        return number(first, self.d)

    def tight(self) -> Values:
        """The same values with the smallest interval."""
        kind = Fraction if self.fractional else int
        return Values(self.n, self.d, kind(self.n.min()), kind(self.n.max()))

    def sum(self) -> Any:
        """The sum along the first axis."""
        own, many = self.tight(), len(self.n)
        wide = max(-own.low, own.high) * many > MOST
        return made((own.n.astype(object) if wide else own.n).sum(axis=0), own.d, own.low * many, own.high * many)

    def slice(self, place: int) -> Any:
        """The values at that position of the first axis."""
        return made(self.n[place], self.d, self.low, self.high)

    def limited(self, bits: int) -> Values:
        """The same values. Raises Refusal if a number is too large for the spec language."""
        bound = 1 << bits
        if max(-self.low, self.high, self.d) >= bound:
            large = abs(self.n.astype(object)) >= bound
            if large.all():
                raise Refusal(f"a number of more than {bits} bits")
            if large.any():
                raise Split(large)
        return self

    def minimum(self, other: Any) -> Any:
        """The smaller of the two at each point."""
        b = lift(other)
        if self.high * b.d <= b.low * self.d:
            return self
        if b.high * self.d <= self.low * b.d:
            return other
        return run(plan_least, self, b, np.minimum)

    def __add__(self, other: Any) -> Any:
        return self if is_int(other, 0) else run(plan_add, self, lift(other), operator.add)

    def __mul__(self, other: Any) -> Any:
        return self if is_int(other, 1) else run(plan_mul, self, lift(other), operator.mul)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Any:
        return inverse(lift(other)) * self

    def __floordiv__(self, other: Any) -> Any:
        if is_int(other, 1) and self.d == 1 and not self.fractional:
            return self
        return run(plan_floor, lift(self), nonzero(lift(other)), operator.floordiv)

    def __pow__(self, exponent: Any) -> Any:
        """The exact power. Raises Refusal if it is a root or too large."""
        if isinstance(exponent, int) and 0 <= exponent <= FEW:
            return product([self] * exponent)
        if isinstance(exponent, Fraction):
            raise Refusal(NO_ROOT)
        if isinstance(exponent, Values):
            small = (exponent <= MOST_EXPONENT) & (exponent >= -MOST_EXPONENT)
            too_large = f"an exponent of more than {MOST_EXPONENT}"
            for allowed, why in ((exponent % 1 == 0, NO_ROOT), (small, too_large)):
                if not allowed:  # raises Split where it depends
                    raise Refusal(why)
            exponents = exponent.n
        else:
            exponents = np.array(exponent, dtype=object)
        bases = fractions(self)
        if (zero := (bases == 0) & (exponents < 0)).any():
            nonzero(Values(~zero * 1, 1, 0, 1))
        return gathered(np.frompyfunc(lambda x, e: x ** int(e), 2, 1)(bases, exponents))

    def __neg__(self) -> Values:
        return Values(-self.n, self.d, -self.high, -self.low)

    def compared(self, sign: str, other: Any) -> Any:
        """A comparison: True or False if the intervals decide it or every point agrees, else a Mask."""
        b, compute = lift(other), COMPARE[sign]
        low, high = self.low * b.d - b.high * self.d, self.high * b.d - b.low * self.d  # of the difference
        if low > 0 or high < 0:
            return compute(low, 0)
        if (low == 0 and sign in (">=", "<")) or (high == 0 and sign in ("<=", ">")):
            return sign in (">=", "<=")
        plan = plan_sides(self, b)
        wide = not fits(self, b, plan)
        left, right = (_scaled(v, k, wide) for v, k in zip((self, b), plan.scale, strict=True))
        return settle(compute(left, right))

    @property
    def fractional(self) -> bool:
        """Whether the numerators are fractions, because a common denominator would be too large."""
        return not isinstance(self.low, int)

    def __format__(self, spec: str) -> str:
        """A token that a message later replaces by the value at its point."""
        shown = SHOWN.__dict__
        token = f"\ue000{len(shown)}:{spec}\ue001"
        shown[token] = self
        return token

    def __str__(self) -> str:
        return format(self, "")


def run(plan: Callable[[Any, Any], Plan], a: Values, b: Values, compute: Callable[[Any, Any], Any]) -> Any:
    """Compute in int64 if the plan, made again with tight intervals if necessary, proves that this is enough."""
    planned = plan(a, b)
    if not fits(a, b, planned):
        a, b = (v if isinstance(v.n, int) else v.tight() for v in (a, b))
        planned = plan(a, b)
    wide = not fits(a, b, planned)
    left, right = (_scaled(v, k, wide) for v, k in zip((a, b), planned.scale, strict=True))
    return made(compute(left, right), planned.d, planned.low, planned.high)


def made(n: Any, d: int, low: Any, high: Any) -> Any:
    """The values in lowest terms; a plain number if there is only one."""
    if isinstance(n, (int, Fraction)):
        return number(n, d)
    if n.size == 1 or low == high:
        return number(n.flat[0], d)
    if isinstance(low, Fraction) or isinstance(high, Fraction):
        return Values(n, d, Fraction(low), Fraction(high))
    if d > 1 and (common := math.gcd(d, _item(np.gcd.reduce(n, axis=None)))) > 1:
        n, d, low, high = n // common, d // common, low // common, -(-high // common)
    if n.dtype == object:
        low, high = _item(n.min()), _item(n.max())
        n = n.astype(np.int64) if low >= -MOST and high <= MOST else n
    return Values(n, d, low, high)


def number(n: Any, d: int) -> Any:
    """One value as a plain number."""
    return plain(Fraction(_item(n)) / d)


def lift(value: Any) -> Values:
    """A number as Values; a plain number becomes a single numerator."""
    if isinstance(value, Values):
        return value
    if not isinstance(value, (int, Fraction)):
        raise TypeError(f"{value!r} is not a number")
    n, d = value.numerator, value.denominator
    return Values(n, d, n, n)


def along(values: Sequence[Any], axis: int, axes: int) -> Any:
    """These numbers along one axis of the grid."""
    if len(values) == 1:
        return plain(values[0])
    return gathered(placed(np.array([Fraction(v) for v in values], dtype=object), axis, axes))


def placed(values: np.ndarray, axis: int, axes: int) -> np.ndarray:
    """A row of values along one axis of so many."""
    return values.reshape([-1 if i == axis else 1 for i in range(axes)])


def stepped(start: Any, step: Any, indices: np.ndarray, axis: int, axes: int) -> Any:
    """start + step*i along one axis of the grid."""
    index = made(placed(indices, axis, axes), 1, int(indices.min()), int(indices.max()))
    return plain(start + step * index)


def gathered(fractions: np.ndarray) -> Any:
    """An array of fractions as Values, over one denominator if that is not too large."""
    d = 1
    for denominator in {item.denominator for item in fractions.flat}:
        d = math.lcm(d, denominator)
        if d > MOST:
            return made(fractions, 1, min(fractions.flat), max(fractions.flat))
    n = np.frompyfunc(lambda item: item.numerator * (d // item.denominator), 1, 1)(fractions)
    return made(n, d, _item(n.min()), _item(n.max()))


def settle(array: np.ndarray) -> Any:
    """The condition as True or False if it is the same at every point, else a Mask."""
    array = array.astype(bool)
    return True if array.all() else Mask(array) if array.any() else False


def nonzero(b: Values) -> Values:
    """A divisor. Raises ZeroDivisionError if it is 0 everywhere, and Split if it is 0 only at some points."""
    if b.low <= 0 <= b.high:
        if isinstance(b.n, int) or not (zero := b.n == 0).any():
            _ = 1 // b.n if isinstance(b.n, int) else None
        elif zero.all():
            raise ZeroDivisionError
        else:
            raise Split(zero)
    return b


def inverse(b: Values) -> Any:
    """1 / b, over one denominator if that is not too large."""
    if isinstance(nonzero(b).n, int):
        return Fraction(b.d, b.n)
    return gathered(np.frompyfunc(lambda n: b.d / Fraction(_item(n)), 1, 1)(b.n))


def fractions(value: Any) -> np.ndarray:
    """Values as an array of exact fractions, which are slow to compute with."""
    value = lift(value)
    array = np.array(value.n, dtype=object)
    exact: np.ndarray = np.frompyfunc(lambda n: Fraction(_item(n)) / value.d, 1, 1)(array.reshape(-1))
    return exact.reshape(array.shape)


def _scaled(value: Values, factor: int, wide: bool) -> Any:
    n = np.atleast_1d(np.asarray(value.n, object)) if wide else value.n  # NumPy makes uint64 of a plain 2^63
    return n if factor == 1 else n * factor


def _item(n: Any) -> Any:
    """A NumPy integer as a Python integer."""
    return n if isinstance(n, (int, Fraction)) else int(n)
