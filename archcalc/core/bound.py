"""Lower bounds: what can be said of a sum when a part of it is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from archcalc.core.number import Number
from archcalc.core.value import show

AT_LEAST = "at least"
BOUNDS = "at_least"  # the key of bounds in JSON, where the numbers themselves are null


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A lower bound of a number that is not known. It is no number, so that nothing computes with it by mistake."""

    value: Number

    def through(self, change: Callable[[Any], Any]) -> AtLeast:
        """The bound of what a function, which grows with the number, gives for it."""
        return AtLeast(change(self.value))

    def written(self, write: Callable[[Any], str]) -> str:
        """The bound as people read it: "at least 1,234"."""
        return f"{AT_LEAST} {write(self.value)}"

    def __str__(self) -> str:
        return self.written(show)


def exactly(value: Any) -> Any:
    """The value, but None where only a bound of it is known."""
    return None if isinstance(value, AtLeast) else value


def within(value: Any, change: Callable[[Any], Any]) -> Any:
    """A function of a number, or of its bound, with which it grows; None where the number is not known."""
    return value.through(change) if isinstance(value, AtLeast) else None if value is None else change(value)


def lower(value: Any) -> Any:
    """The lower bound of a number that is not negative: itself where it is known, 0 where nothing is."""
    return value.value if isinstance(value, AtLeast) else 0 if value is None else value


def summed(values: Iterable[Any]) -> Any:
    """The sum of numbers that are not negative; a bound where only bounds of some are known; None where nothing is."""
    parts = [*values]
    total = sum(map(lower, parts))
    return total if all(exactly(part) is not None for part in parts) else bounded(total)


def bounded(known: Number) -> AtLeast | None:
    """The bound that the known parts of a sum are; None where they are 0, which says nothing."""
    return None if isinstance(known, int) and known == 0 else AtLeast(known)
