"""A repetition whose length differs along a grid: its copies are walked once where they are all alike.

Alike means that a copy gives what it takes and does not depend on its number. All else is walked length by length.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from archcalc.errors import Refusal
from archcalc.sweeps.values import Split, Values


class Index:
    """The number of a copy, known only to lie between the first and the last."""

    def __init__(self, first: int, last: Values) -> None:
        self.first, self.last = first, last

    def _compared(self, other: Any, below: bool, above: bool, at_first: bool, at_last: bool) -> bool:
        """What holds of a number below all of them, above, or at an end. Raises Refusal where it differs among them."""
        if (other < self.first) is True:
            return below
        if (other > self.last) is True:
            return above
        if below is at_first and (other <= self.first) is True:
            return below
        if above is at_last and (other >= self.last) is True:
            return above
        raise Refusal("it differs among the copies of a repetition")

    def __eq__(self, other: object) -> bool:
        return self._compared(other, below=False, above=False, at_first=True, at_last=True)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __gt__(self, other: Any) -> bool:
        return self._compared(other, below=True, above=False, at_first=False, at_last=False)

    def __ge__(self, other: Any) -> bool:
        return self._compared(other, below=True, above=False, at_first=True, at_last=True)

    def __lt__(self, other: Any) -> bool:
        return not self >= other

    def __le__(self, other: Any) -> bool:
        return not self > other

    __hash__ = None  # type: ignore[assignment]

    @property
    def is_integer(self) -> NoReturn:
        """Asked of the size of a layer. Raises Refusal."""
        raise Refusal("a size differs among the copies of a repetition")


class Copies(NamedTuple):
    """Those from the first to the last, which there may be none of at some points of the grid."""

    first: int
    last: Values
    before: int

    done = 0  # before any of them: what is true of one is true of all

    @property
    def index(self) -> Index:  # type: ignore[override]  # of a tuple
        return Index(self.first, self.last)

    @property
    def name(self) -> str:
        """What follows on their common name: that of the first one, in which anything wrong shows first."""
        return str(self.before + self.first)

    @property
    def count(self) -> Any:  # type: ignore[override]  # of a tuple
        """How many they are."""
        return self.last - self.first + 1

    @property
    def most(self) -> int:
        """How many they are at most."""
        return int(self.last.high) - self.first + 1

    def rise(self, before: Any, after: Any) -> int:
        """How much larger a size is after the first one: it must be the same. Raises Refusal."""
        if (before == after) is not True:
            raise Refusal("its sizes differ from copy to copy")
        return 0

    def sum(self, x: Any) -> Any:
        """What x comes to for all copies."""
        return x if isinstance(x, int) and x == 0 else self.count * x

    def last_of(self, x: Any) -> Any:
        """What x is for the last one."""
        return x


class Depth:
    """How often layers repeat, at each point of a grid."""

    def __init__(self, times: Values) -> None:
        self.times = times

    def __sub__(self, other: int) -> Any:
        return self.times - other

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """Those from the first of these numbers on, up to so many before the last."""
        last = self.times - after
        if not isinstance(before, int) or not isinstance(last, Values):
            raise Refusal("their numbers differ along the grid")
        return Copies(first, last, before)

    def reaches(self, number: int) -> bool:
        """Whether it is so large everywhere. Raises Split where it is at some points alone."""
        return bool(self.times >= number)

    def refuse(self, why: str) -> NoReturn:
        """Each length has a walk of its own. Raises Split."""
        raise Split(self.times.n)


def depth(value: Any) -> Any:
    """Numbers of repetitions as a depth, where they are such numbers and several."""
    whole = isinstance(value, Values) and value.d == 1 and not value.fractional and value.low >= 0
    return Depth(value) if whole and not (value.n == value.n.flat[0]).all() else value
