"""A repetition whose length differs along a grid: all its copies are evaluated at once, along an axis of their own."""

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
    """The axes of arrays: those of the grid, and before them one for each repetition evaluated at once."""

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
        """The axes inside a repetition of at most this many copies. Raises Split if an array could become too large."""
        if (number := math.prod(self.copies) * most) > MOST_LAYERS:
            raise Refusal("more copies than a network can have")
        if (parts := -(-number * math.prod(self.shape) // PIECE)) > 1:
            longest = max(self.shape)
            labels = np.arange(longest) * min(parts, longest) // longest
            axis = self.shape.index(longest)
            raise Split(labels.reshape([-1 if i == axis else 1 for i in range(len(self.shape))]))
        return self._replace(copies=(*self.copies, most))


class Copies(NamedTuple):
    """The copies of a repetition from ``first`` to ``last``; at some points of the grid there may be none."""

    first: int
    last: Values
    before: Any  # how many entries above the repetition have the same name
    places: Places  # the axes inside the copies

    @property
    def index(self) -> Any:
        """The numbers of the copies, along the first axis of their arrays."""
        numbers = np.arange(self.first, self.first + self.most).reshape(-1, *[1] * (self.places.axes - 1))
        return made(numbers, 1, self.first, self.first + self.most - 1)

    @property
    def name(self) -> str:
        """The suffix of the copies' names: the number of each."""
        return str(self.before + self.index)

    @property
    def count(self) -> Any:
        """The number of copies."""
        return self.last - self.first + 1

    @property
    def done(self) -> Any:
        """How many copies come before each copy."""
        return self.index - self.first

    @property
    def most(self) -> int:
        """The maximum number of copies over the grid."""
        return self.places.copies[-1]

    def rise(self, before: Any, after: Any) -> Any:
        """The increase of a size from before the first copy to after it."""
        rise = self.of(after, 0) - before
        return 0 if (rise == 0) is True else rise

    def sum(self, x: Any) -> Any:
        """The sum of x over all copies."""
        if self._axis(x) > 1:
            return select(self.index <= self.last, x, 0).sum()
        return x if isinstance(x, int) and x == 0 else self.count * self.of(x, 0)

    def last_of(self, x: Any) -> Any:
        """The value of x for the last copy."""
        return self.sum(select(equal(self.index, self.last), x, 0)) if self._axis(x) > 1 else self.of(x, 0)

    def of(self, x: Any, place: int) -> Any:
        """The value of x for the copy at that position, counted from 0."""
        axis = self._axis(x)
        return x.slice(min(place, axis - 1)) if axis else x

    def _axis(self, x: Any) -> int:
        """The length of x along the axis of the copies; 0 if it has no such axis."""
        return len(x.n) if isinstance(x, Values) and np.ndim(x.n) == self.places.axes else 0


class Depth:
    """The number of repetitions, as an array over the grid."""

    def __init__(self, times: Values, places: Places) -> None:
        self.times, self.places = times, places

    def __sub__(self, other: int) -> Any:
        return self.times - other

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """The copies from number ``first`` on, without the last ``after`` ones. Raises Refusal or Split."""
        last = self.times - after
        return Copies(first, last, before, self.places.within(max(1, int(last.high) - first + 1)))

    def reaches(self, number: int) -> bool:
        """Whether there are at least ``number`` repetitions. Raises Split if only at some points."""
        return bool(self.times >= number)

    def refuse(self, why: str) -> NoReturn:
        """Evaluate each length separately. Raises Split."""
        raise Split(self.times.n)


def depth(value: Any, places: Places) -> Any:
    """A Depth if the value is an array of several whole numbers from 0 up, else the value unchanged."""
    whole = isinstance(value, Values) and value.d == 1 and not value.fractional
    tight = value.tight() if whole else value
    return Depth(tight, places) if whole and 0 <= tight.low < tight.high else value
