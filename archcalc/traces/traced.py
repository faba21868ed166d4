"""A number that remembers how it was computed.

Its value is known and goes along, for what must be a number today: which layers there are, what a cell shows at first.
What is remembered never depends on it, so that the trace is right for other values too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.errors import Refusal
from archcalc.number import ceil_div, exact_div, least, most, plain
from archcalc.protocol import COMPARE, OwnNumber, is_int
from archcalc.traces.conditions import Condition

OPERATIONS: dict[str, Callable[..., Any]] = {  # what the value is, given the operands' values
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": exact_div,
    "mod": lambda a, b: a % b,
    "negative": lambda a: -a,
    "floor": lambda a: a // 1,
    "ceil": lambda a: ceil_div(a, 1),
    "min": least,
    "max": most,
    "power": lambda a, b: plain(Fraction(a) ** b),
    "where": lambda condition, yes, no: yes if condition else no,
}
JOINED: dict[str, Callable[..., bool]] = {  # what a condition is, given its operands
    **COMPARE, "and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": lambda a: not a,
}  # fmt: skip
WHOLE = {"floor", "ceil"}  # whatever the operands are
NEVER_WHOLE = {"/"}
UNEVEN = {"min", "max", "where", "power"}  # which no formula computes for all copies at once


class Trace:
    """What a walk over traced numbers has met beside them."""

    def __init__(self) -> None:
        self.decided: list[Condition] = []  # they hold now; where they do not, the network has other layers
        self.needed: list[tuple[Any, str]] = []  # conditions for an operation to have a result, and what to say else
        self.quoted: dict[int, Traced] = {}  # numbers in messages, by their marks
        self.count: Any = None  # of the copies of the repetition that the walk is in: the cell

    def clear(self) -> None:
        """What was met is written down, or of no use."""
        for met in (self.decided, self.needed, self.quoted):
            met.clear()


class Traced(OwnNumber):
    """A name, or an operation on numbers of which one at least is traced."""

    __slots__ = ("low", "operands", "operation", "trace", "value", "whole")

    def __init__(
        self, operation: str, operands: tuple[Any, ...], value: Any, trace: Trace, whole: bool, low: Any = None
    ) -> None:
        self.operation, self.operands = operation, operands  # of a "name", the one operand is what it is called
        self.value, self.trace = value, trace
        self.whole, self.low = whole, low  # whatever the names in it stand for: whether whole, and at least how much

    @property
    def is_integer(self) -> bool | None:
        """True where it is whole whatever the names stand for, None where that depends."""
        return True if self.whole else None

    @property
    def settled(self) -> Any:
        """The value alone, for what decides the structure; that it was used so is noted."""
        if varies(self):
            raise Refusal("it differs among the copies of a repetition")
        self.trace.decided.append(Condition("==", (self, self.value), True, self.trace))
        return self.value

    def __add__(self, other: Any) -> Any:
        if is_int(self, 0) or is_int(other, 0):
            return other if is_int(self, 0) else self
        if isinstance(other, int) and self.operation in ("+", "-") and isinstance(self.operands[1], int):
            first, constant = self.operands
            return first + (other + (constant if self.operation == "+" else -constant))  # (k - 1) + 1 is k
        return self - -other if isinstance(other, int) and other < 0 else operate("+", self, other)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, int) and (other < 0 or (self.operation in "+-" and isinstance(self.operands[1], int))):
            return self + -other
        return -other if is_int(self, 0) else self if is_int(other, 0) else operate("-", self, other)

    def __mul__(self, other: Any) -> Any:
        if is_int(self, 1) or is_int(other, 1):
            return other if is_int(self, 1) else self
        return 0 if is_int(self, 0) or is_int(other, 0) else operate("*", self, other)

    def __truediv__(self, other: Any) -> Any:
        if is_int(self, 0) and (other.low or 0) > 0:
            return 0
        return self if is_int(other, 1) else operate("/", self, other)

    def __floor__(self) -> Any:
        return self if self.whole else operate("floor", self)

    def __mod__(self, other: Any) -> Any:
        if _is_whole(self) and _is_whole(other) and not is_int(other, 1):
            return operate("mod", self, other)
        return OwnNumber.__mod__(self, other)  # super() would ask whether it is on the left

    def __pow__(self, other: Any) -> Any:
        return 1 if is_int(other, 0) else self if is_int(other, 1) else operate("power", self, other)

    def __neg__(self) -> Any:
        if self.operation == "negative":
            return self.operands[0]
        if self.operation == "floor" and (inner := _without_sign(self.operands[0])) is not None:
            return operate("ceil", inner)  # -(-a // b)
        return operate("negative", self)

    def share(self, other: Any) -> Any:
        """The quotient of two numbers, where it is known to be whole."""
        quotient = self / other
        if isinstance(quotient, Traced):
            quotient.whole = True
        return quotient

    def least(self, other: Any) -> Any:
        """The smaller of the two."""
        return operate("min", self, other)

    def most(self, other: Any) -> Any:
        """The larger of the two."""
        return operate("max", self, other)

    def compared(self, sign: str, other: Any) -> Any:
        """A condition on other values than the present ones."""
        return Condition.of(self, sign, other)

    def __str__(self) -> str:
        """A mark that stands for the number in a message: which number that is may change."""
        self.trace.quoted[id(self)] = self
        return f"\ue000{id(self)}\ue001"


def name(label: object, value: Any, trace: Trace, whole: bool = True, low: Any = None) -> Traced:
    """A number that a label stands for: the address of a cell, an argument of a layer."""
    return Traced("name", (label,), value, trace, whole, low)


def operate(operation: str, *operands: Any) -> Traced:
    """The operation on these numbers, at least one of which is traced."""
    trace = next(o.trace for o in operands if hasattr(o, "trace"))
    if operation in UNEVEN and any(map(varies, operands)):
        raise Refusal("it differs among the copies of a repetition")
    whole = operation in WHOLE or (operation not in NEVER_WHOLE and all(map(_is_whole, operands)))
    if operation == "power" and not isinstance(exponent := operands[1], int):
        trace.needed.append((math.floor(exponent) == exponent, "a root is not exact; only whole exponents"))
        whole = False
    if operation in ("/", "mod") and isinstance(operands[1], Traced) and not (operands[1].low or 0) > 0:
        trace.needed.append((operands[1] != 0, "a division by zero"))
    value = plain(OPERATIONS[operation](*map(value_of, operands)))
    return Traced(operation, operands, value, trace, whole, _lowest(operation, [_low(operand) for operand in operands]))


def place_of(trace: Trace) -> Traced:
    """How many copies of a repetition come before one: 0, 1 ..."""
    return Traced("place", (), 0, trace, whole=True, low=0)


def total(count: Any, number: Any) -> Traced:
    """The sum of a number over so many copies."""
    value = sum(at(number, place) for place in range(count.value))
    return Traced("sum", (count, number), value, number.trace, number.whole)


def varies(number: Any) -> bool:
    """Whether a number, or a condition, differs among the copies of a repetition."""
    operation = getattr(number, "operation", "")
    return operation == "place" or (operation != "sum" and any(map(varies, getattr(number, "operands", ()))))


def at(number: Any, place: int) -> Any:
    """What it is now, for the copy with so many before it."""
    if not varies(number):
        return value_of(number)
    operands = [at(operand, place) for operand in number.operands]
    if isinstance(number, Condition):
        return JOINED[number.sign](*operands)
    return plain(OPERATIONS[number.operation](*operands)) if operands else place


def first_of(number: Any) -> Any:
    """What it is for the first copy, as a formula."""
    if not varies(number):
        return number
    return OPERATIONS[number.operation](*map(first_of, number.operands)) if number.operands else 0


def _low(number: Any) -> Any:
    """What a number is at least; None where that is not known."""
    return number.low if isinstance(number, Traced) else None if isinstance(number, Condition) else number


def _lowest(operation: str, lows: list[Any]) -> Any:
    """What the result of an operation on numbers with these lower bounds is at least."""
    if operation == "max":
        return max((low for low in lows if low is not None), default=None)
    if operation == "where":
        lows = lows[1:]
    if any(low is None for low in lows) or operation in ("-", "negative"):
        return None
    if operation in ("min", "where"):
        return min(lows)
    if operation == "+":
        return lows[0] + lows[1]
    if operation in ("floor", "ceil"):
        return lows[0] // 1
    if min(lows) < 0:
        return None
    return lows[0] * lows[1] if operation == "*" else 1 if operation == "power" and lows[0] >= 1 else 0


def value_of(number: Any) -> Any:
    """What a number, or a condition, is now."""
    return number.value if isinstance(number, (Traced, Condition)) else number


def _without_sign(x: Any) -> Any:
    """a of -a, and a / b of -a / b; None of anything else."""
    if isinstance(x, Traced) and x.operation == "negative":
        return x.operands[0]
    if isinstance(x, Traced) and x.operation == "/" and (top := _without_sign(x.operands[0])) is not None:
        return top / x.operands[1]
    return -x if isinstance(x, int) and x < 0 else None


def _is_whole(value: Any) -> bool:
    """Whether it is a whole number whatever the names stand for; a condition is no number, and does no harm."""
    return value.whole if isinstance(value, Traced) else isinstance(value, (int, Condition))
