"""A repetition whose length differs along a grid: all its copies are walked at once, along an axis of their own."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, NoReturn

import numpy as np

from archcalc.engine.unfold import MOST_LAYERS
from archcalc.errors import Refusal
from archcalc.number import equal, select
from archcalc.sweeps.chunks import LARGEST as PIECE
from archcalc.sweeps.values import Split, Values, made


class Places(NamedTuple):
    """What arrays extend along: the grid, and before it an axis for each repetition that is walked at once."""

    shape: tuple[int, ...]  # of the grid
    copies: tuple[int, ...] = ()  # of each repetition, from the outermost on

    @property
    def full(self) -> tuple[int, ...]:
        """The shape of an array that extends along all of them."""
        return (*reversed(self.copies), *self.shape)

    @property
    def axes(self) -> int:
        """How many there are."""
        return len(self.full)

    def within(self, most: int) -> Places:
        """Those in a repetition with at most so many copies. Raises Split where an array could become too large."""
        if (number := math.prod(self.copies) * most) > MOST_LAYERS:
            raise Refusal("more copies than a network can have")
        if (parts := -(-number * math.prod(self.shape) // PIECE)) > 1:
            longest = max(self.shape)
            labels = np.arange(longest) * min(parts, longest) // longest
            axis = self.shape.index(longest)
            raise Split(labels.reshape([-1 if i == axis else 1 for i in range(len(self.shape))]))
        return self._replace(copies=(*self.copies, most))


class Copies(NamedTuple):
    """Those from the first to the last, which there may be none of at some points of the grid."""

    first: int
    last: Values
    before: Any  # how many entries of their name stand above the repetition
    places: Places  # in them

    @property
    def index(self) -> Any:
        """Their numbers, along the first axis of the arrays in them."""
        numbers = np.arange(self.first, self.first + self.most).reshape(-1, *[1] * (self.places.axes - 1))
        return made(numbers, 1, self.first, self.first + self.most - 1)

    @property
    def name(self) -> str:
        """What follows on their common name: for each its number."""
        return str(self.before + self.index)

    @property
    def count(self) -> Any:
        """How many they are."""
        return self.last - self.first + 1

    @property
    def done(self) -> Any:
        """How many come before each."""
        return self.index - self.first

    @property
    def most(self) -> int:
        """How many they are at most."""
        return self.places.copies[-1]

    def rise(self, before: Any, after: Any) -> Any:
        """How much larger a size is after the first one."""
        rise = self.of(after, 0) - before
        return 0 if (rise == 0) is True else rise

    def sum(self, x: Any) -> Any:
        """What x comes to for all copies."""
        if self._axis(x) > 1:
            return select(self.index <= self.last, x, 0).sum()
        return x if isinstance(x, int) and x == 0 else self.count * self.of(x, 0)

    def last_of(self, x: Any) -> Any:
        """What x is for the last one."""
        return self.sum(select(equal(self.index, self.last), x, 0)) if self._axis(x) > 1 else self.of(x, 0)

    def of(self, x: Any, place: int) -> Any:
        """What x is for the copy at that place, counted from 0."""
        axis = self._axis(x)
        return x.slice(min(place, axis - 1)) if axis else x

    def _axis(self, x: Any) -> int:
        """How long it is along the copies; 0 of what is no array along them."""
        return len(x.n) if isinstance(x, Values) and np.ndim(x.n) == self.places.axes else 0


class Depth:
    """How often layers repeat, at each place."""

    def __init__(self, times: Values, places: Places) -> None:
        self.times, self.places = times, places

    def __sub__(self, other: int) -> Any:
        return self.times - other

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """Those from the first of these numbers on, up to so many before the last. Raises Refusal, or Split."""
        last = self.times - after
        return Copies(first, last, before, self.places.within(max(1, int(last.high) - first + 1)))

    def reaches(self, number: int) -> bool:
        """Whether it is so large everywhere. Raises Split where it is at some points alone."""
        return bool(self.times >= number)

    def refuse(self, why: str) -> NoReturn:
        """Each length has a walk of its own. Raises Split."""
        raise Split(self.times.n)


def depth(value: Any, places: Places) -> Any:
    """Numbers of repetitions as a depth, where they are such numbers and several."""
    whole = isinstance(value, Values) and value.d == 1 and not value.fractional
    tight = value.tight() if whole else value
    return Depth(tight, places) if whole and 0 <= tight.low < tight.high else value
