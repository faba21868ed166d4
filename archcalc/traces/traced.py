"""Numbers that record how they were computed, and the comparisons that their present values do not decide."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from archcalc.core.errors import NO_ROOT, Refusal
from archcalc.core.number import (
    COMPARE,
    OwnCondition,
    OwnNumber,
    both,
    ceil_div,
    decide,
    either,
    exact_div,
    is_int,
    maximum,
    minimum,
    plain,
    select,
)


class Condition(OwnCondition):
    """A condition with its truth at the present values; at other values it may be different."""

    __slots__ = ("operands", "sign", "trace", "value", "varies")

    def __init__(self, sign: str, operands: tuple[Any, ...], value: Any, trace: Trace) -> None:
        self.sign, self.operands = sign, operands  # sign: one of COMPARE, or "and", "or", "not"
        self.value, self.trace = value, trace
        self.varies = any(map(varies, operands))

    @property
    def settled(self) -> bool:
        """Whether it holds at the present values, to decide the structure; the trace records the decision.

        Raises Refusal where it holds for some copies of a repetition, and not for others.
        """
        known = {at(self, place) for place in range(max(1, self.trace.count.value))} if varies(self) else {self.value}
        if len(known) > 1:
            raise Refusal("it differs among the copies of a repetition")
        self.trace.decided.append(self if True in known else ~self)
        return True in known

    def select(self, yes: Any, no: Any) -> Any:
        """A number that depends on the condition; for words and the like the condition decides the structure."""
        if any(isinstance(value, (bool, str, tuple)) for value in (yes, no)):
            return yes if self.settled else no
        if type(yes) is type(no) and decide(yes == no) is True:
            return yes
        return operate("where", self, yes, no)

    def joined(self, sign: str, other: Any) -> Condition:
        """The two conditions joined by "and" or "or"."""
        value = (self.value and other.value) if sign == "and" else (self.value or other.value)
        return Condition(sign, (self, other), value, self.trace)

    def __invert__(self) -> Condition:
        return Condition("not", (self,), not self.value, self.trace)

    def __bool__(self) -> bool:
        raise TypeError("a condition on traced numbers is open; 'settled' decides it")


OPERATIONS: dict[str, Callable[..., Any]] = {  # how the value is computed from the values of the operands
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": exact_div,
    "mod": lambda a, b: a % b,
    "negative": lambda a: -a,
    "known": lambda a: a,
    "floor": lambda a: a // 1,
    "ceil": lambda a: ceil_div(a, 1),
    "min": minimum,
    "max": maximum,
    "power": lambda a, b: plain(Fraction(a) ** b),
    "where": lambda condition, yes, no: yes if condition else no,
}
WHOLE = {"floor", "ceil"}  # whole for all operands
NEVER_WHOLE = {"/"}  # may be a fraction even where the operands are whole
UNEVEN = {"min", "max", "where", "power"}  # which no formula of a spreadsheet computes for all copies at once
JOINED: dict[str, Callable[..., bool]] = {  # a condition, as a function of its operands
    **COMPARE, "and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": lambda a: not a,
}  # fmt: skip
OPEN: dict[str, Callable[..., Any]] = {  # those that need another function where an operand is traced
    "where": select, "power": lambda a, b: a**b, "and": both, "or": either,
    "not": lambda a: not a if isinstance(a, bool) else ~a,
}  # fmt: skip


PLACE = "place"  # what a copy's number of copies before it is called among the names


class Trace:
    """What an evaluation over traced numbers assumed, required and quoted."""

    each_copy = False  # whether what differs among copies is computed for each of them, instead of for all at once

    def __init__(self) -> None:
        self.decided: list[Condition] = []  # conditions at the present values; where one changes, so do the layers
        self.needed: list[tuple[Any, str]] = []  # a condition for an operation to have a result, and the message if not
        self.quoted: dict[int, Traced] = {}  # the numbers in messages, by the id in their mark
        self.count: Any = None  # the cell with the number of copies, within a repetition

    def clear(self) -> None:
        """Forget all of it."""
        for met in (self.decided, self.needed, self.quoted):
            met.clear()


class Traced(OwnNumber):
    """A name, or an operation on numbers of which at least one is traced."""

    __slots__ = ("low", "operands", "operation", "trace", "value", "varies", "whole")

    def __init__(
        self, operation: str, operands: tuple[Any, ...], value: Any, trace: Trace, whole: bool, low: Any = None
    ) -> None:
        self.operation, self.operands = operation, operands  # the only operand of "name" is its label
        self.value, self.trace = value, trace
        self.whole, self.low = whole, low  # for all values of its names: whether it is whole, and a lower bound
        self.varies = operation == "place" or (operation != "sum" and any(map(varies, operands)))

    @property
    def is_integer(self) -> bool | None:
        """True where it is whole for all values of its names, None where that is not known."""
        return True if self.whole else None

    @property
    def settled(self) -> Any:
        """The present value, to decide the structure; the trace records the decision."""
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
        if is_whole(self) and is_whole(other) and not is_int(other, 1):
            return operate("mod", self, other)
        return OwnNumber.__mod__(self, other)  # super() needs a Traced on the left, and that may be a plain number

    def __pow__(self, other: Any) -> Any:
        return 1 if is_int(other, 0) else self if is_int(other, 1) else operate("power", self, other)

    def __neg__(self) -> Any:
        if self.operation == "negative":
            return self.operands[0]
        if self.operation == "floor" and (inner := _without_sign(self.operands[0])) is not None:
            return operate("ceil", inner)  # -(-a // b)
        return operate("negative", self)

    def whole_quotient(self, other: Any) -> Any:
        """The quotient of two numbers, which the caller knows to be whole."""
        quotient = self / other
        if isinstance(quotient, Traced):
            quotient.whole = True
        return quotient

    def minimum(self, other: Any) -> Any:
        """The smaller of two numbers."""
        return operate("min", self, other)

    def maximum(self, other: Any) -> Any:
        """The larger of two numbers."""
        return operate("max", self, other)

    def compared(self, sign: str, other: Any) -> Any:
        """True or False where all values agree, not only the present ones; else a Condition."""
        compare, low = COMPARE[sign], self.low
        other = int(other) if isinstance(other, bool) else other  # as for plain numbers, true is 1
        if self is other:
            return compare(0, 0)
        if low is not None and not hasattr(other, "low") and (low > other or (low == other and sign in (">=", "<"))):
            return compare(low, other)
        if self.operation == "-" and is_int(other, 0):
            return compare(*self.operands)
        return Condition(sign, (self, other), compare(self.value, value_of(other)), self.trace)

    def __str__(self) -> str:
        """A mark for the number in a message, since its value may change before the message is shown."""
        self.trace.quoted[id(self)] = self
        return f"\ue000{id(self)}\ue001"


def name(label: object, value: Any, trace: Trace, whole: bool = True, low: Any = None) -> Traced:
    """A number with a label: the address of a cell, an argument of a layer."""
    return Traced("name", (label,), value, trace, whole, low)


def known(number: Any, low: Any) -> Any:
    """The same number, which a check has found to be whole and at least ``low``."""
    if not isinstance(number, Traced) or (number.whole and number.low is not None and number.low >= low):
        return number
    return Traced("known", (number,), number.value, number.trace, True, max(low, number.low or low))


def operate(operation: str, *operands: Any) -> Traced:
    """The traced result of an operation on numbers of which at least one is traced."""
    trace = next(o.trace for o in operands if hasattr(o, "trace"))
    if operation in UNEVEN and not trace.each_copy and any(map(varies, operands)):
        raise Refusal("it differs among the copies of a repetition")
    whole = operation in WHOLE or (operation not in NEVER_WHOLE and all(map(is_whole, operands)))
    if operation == "power" and not isinstance(exponent := operands[1], int):
        trace.needed.append((math.floor(exponent) == exponent, NO_ROOT))
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
    return isinstance(number, (Traced, Condition)) and number.varies


def at(number: Any, place: int) -> Any:
    """What it is now, for the copy with so many before it."""
    if not varies(number):
        return value_of(number)
    operands = [at(operand, place) for operand in number.operands]
    if isinstance(number, Condition):
        return JOINED[number.sign](*operands)
    return plain(OPERATIONS[number.operation](*operands)) if operands else place


def evaluated(number: Any, values: Mapping[object, Any], found: dict[int, Any]) -> Any:
    """What it would be at these values of the names, and for the copy with PLACE of them before it.

    ``found`` caches what was computed at them.
    """
    waiting = [number]
    while waiting:
        last = waiting.pop()
        operands = getattr(last, "operands", ()) if getattr(last, "operation", "") != "name" else ()
        if missing := [one for one in operands if id(one) not in found]:
            waiting += [last, *missing]
        elif operands:
            compute = OPERATIONS[last.operation] if isinstance(last, Traced) else JOINED[last.sign]
            found[id(last)] = plain(compute(*(found[id(one)] for one in operands)))
        else:
            found[id(last)] = values[last.operands[0] if last.operands else PLACE] if isinstance(last, Traced) else last
    return found[id(number)]


def first_of(number: Any) -> Any:
    """What it is for the first copy, as a formula."""
    if not varies(number):
        return number
    operands = [first_of(operand) for operand in number.operands]
    if not operands:
        return 0
    kind = number.sign if isinstance(number, Condition) else number.operation
    return (OPEN.get(kind) or OPERATIONS.get(kind) or COMPARE[kind])(*operands)


def _low(number: Any) -> Any:
    """A lower bound of a number; None where none is known."""
    return number.low if isinstance(number, Traced) else None if isinstance(number, Condition) else number


def _lowest(operation: str, lows: list[Any]) -> Any:
    """A lower bound of an operation from the lower bounds of its operands; None where none is known."""
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
    """The present value of a number or a condition."""
    return number.value if isinstance(number, (Traced, Condition)) else number


def _without_sign(x: Any) -> Any:
    """a where x is -a, and a / b where x is -a / b; None for anything else."""
    if isinstance(x, Traced) and x.operation == "negative":
        return x.operands[0]
    if isinstance(x, Traced) and x.operation == "/" and (top := _without_sign(x.operands[0])) is not None:
        return top / x.operands[1]
    return -x if isinstance(x, int) and x < 0 else None


def is_whole(value: Any) -> bool:
    """Whether it is whole for all values of its names; a condition counts as whole, since it changes no number."""
    return value.whole if isinstance(value, Traced) else isinstance(value, (int, Condition))
