"""A comparison of traced numbers, and what comparisons are joined to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.traces.traced import Trace

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Condition:
    """A condition that holds or does not, now; ``known`` is None, since other values would tell otherwise."""

    __slots__ = ("operands", "sign", "trace", "value")
    __hash__ = None  # type: ignore[assignment]
    known = None

    def __init__(self, sign: str, operands: tuple[Any, ...], value: Any, trace: Trace) -> None:
        self.sign, self.operands = sign, operands  # sign: of COMPARE, or "and", "or", "not"
        self.value, self.trace = value, trace

    @classmethod
    def of(cls, sign: str, a: Any, b: Any) -> Any:
        """a < b and the like."""
        if isinstance(b, (bool, str, tuple)) or not hasattr(b, "__floordiv__"):
            return NotImplemented
        if a is b:
            return COMPARE[sign](0, 0)
        if sign in (">=", ">") and a.low is not None and not hasattr(b, "low") and COMPARE[sign](a.low, b):
            return True
        if a.operation == "-" and isinstance(b, int) and b == 0:
            return COMPARE[sign](*a.operands)
        return cls(sign, (a, b), COMPARE[sign](a.value, getattr(b, "value", b)), a.trace)

    @property
    def settled(self) -> bool:
        """Whether it holds now, for what decides the structure; that it was used so is noted."""
        self.trace.decided.append(self if self.value else ~self)
        return bool(self.value)

    def select(self, yes: Any, no: Any) -> Any:
        """A number that depends on it; between words it decides the structure."""
        from archcalc.traces.traced import operate

        if any(isinstance(value, (bool, str, tuple)) for value in (yes, no)):
            return yes if self.settled else no
        return operate("where", self, yes, no)

    def __and__(self, other: Condition) -> Condition:
        return Condition("and", (self, other), self.value and other.value, self.trace)

    def __or__(self, other: Condition) -> Condition:
        return Condition("or", (self, other), self.value or other.value, self.trace)

    def __invert__(self) -> Condition:
        return Condition("not", (self,), not self.value, self.trace)

    def __bool__(self) -> bool:
        raise TypeError("a condition on traced numbers is open; settled decides it")
