"""A comparison of traced numbers, and comparisons joined by "and", "or" and "not"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.errors import Refusal
from archcalc.protocol import COMPARE, OwnCondition

if TYPE_CHECKING:
    from archcalc.traces.traced import Trace


class Condition(OwnCondition):
    """A condition with its truth at the present values; at other values it may be different."""

    __slots__ = ("operands", "sign", "trace", "value")

    def __init__(self, sign: str, operands: tuple[Any, ...], value: Any, trace: Trace) -> None:
        self.sign, self.operands = sign, operands  # sign: one of COMPARE, or "and", "or", "not"
        self.value, self.trace = value, trace

    @classmethod
    def of(cls, a: Any, sign: str, b: Any) -> Any:
        """A comparison such as a < b: True or False where all values agree, else a Condition."""
        b = int(b) if isinstance(b, bool) else b  # as for plain numbers, true is 1
        if a is b:
            return COMPARE[sign](0, 0)
        if a.low is not None and not hasattr(b, "low") and (a.low > b or (a.low == b and sign in (">=", "<"))):
            return COMPARE[sign](a.low, b)
        if a.operation == "-" and isinstance(b, int) and b == 0:
            return COMPARE[sign](*a.operands)
        return cls(sign, (a, b), COMPARE[sign](a.value, getattr(b, "value", b)), a.trace)

    @property
    def settled(self) -> bool:
        """Whether it holds at the present values, to decide the structure; the trace records the decision.

        Raises Refusal where it holds for some copies of a repetition, and not for others.
        """
        from archcalc.traces.traced import at, varies

        known = {at(self, place) for place in range(max(1, self.trace.count.value))} if varies(self) else {self.value}
        if len(known) > 1:
            raise Refusal("it differs among the copies of a repetition")
        self.trace.decided.append(self if True in known else ~self)
        return True in known

    def select(self, yes: Any, no: Any) -> Any:
        """A number that depends on the condition; for words and the like the condition decides the structure."""
        from archcalc.traces.traced import operate

        if any(isinstance(value, (bool, str, tuple)) for value in (yes, no)):
            return yes if self.settled else no
        return operate("where", self, yes, no)

    def joined(self, sign: str, other: Any) -> Condition:
        """The two conditions joined by "and" or "or"."""
        value = (self.value and other.value) if sign == "and" else (self.value or other.value)
        return Condition(sign, (self, other), value, self.trace)

    def __invert__(self) -> Condition:
        return Condition("not", (self,), not self.value, self.trace)

    def __bool__(self) -> bool:
        raise TypeError("a condition on traced numbers is open; 'settled' decides it")
