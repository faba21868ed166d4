"""A search: the values of each free knob, and all combinations of them with their quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.number import Number
from archcalc.core.value import show
from archcalc.model import Model
from archcalc.search.constraint import Constraint, measured
from archcalc.spec.model import Knob
from archcalc.sweeps.ranges import Axis, Span, has_words, make_axis, size
from archcalc.sweeps.sweep import Advance, Sweep

STEP = Fraction(1, 100)  # of a knob that need not be whole
DOUBLINGS = 16  # at most, to find a range for a knob without an upper bound
UNCHANGED = 3  # doublings without a change, after which no change is expected


def axis_of(network: Model, name: str, values: Any, limits: Sequence[Constraint], fixed: Mapping[str, Any]) -> Axis:
    """The values to try: those given, or all steps between the bounds of the knob. Raises ArchcalcError."""
    knob = network.knobs[name]
    if values is not None:
        axis = make_axis(knob, values)
        return axis if isinstance(axis, Span) or has_words(axis) else tuple(sorted(axis))
    if knob.choices:
        return knob.choices
    ends = [end for end in (knob.default, knob.minimum, knob.maximum) if end is not None]
    step = 1 if all(isinstance(end, int) for end in ends) else STEP
    low = -(-knob.minimum // step) * step if knob.minimum is not None else step
    high = knob.maximum if knob.maximum is not None else _reach(network, knob, limits, fixed)
    return make_axis(knob, Span(low, step, int((high - low) // step) + 1))


def _reach(network: Model, knob: Knob, limits: Sequence[Constraint], fixed: Mapping[str, Any]) -> Number:
    """An upper end for a knob without a bound: doubled until the constraints no longer change."""
    start = max(knob.default, 1)
    change, before = 0, _met(network, limits, {**fixed, knob.name: start})
    for i in range(1, DOUBLINGS):
        now = _met(network, limits, {**fixed, knob.name: start * 2**i})
        change, before = i if now != before else change, now
        if change and i - change == UNCHANGED:
            break
    return start * 2 ** (change or UNCHANGED)


def _met(network: Model, limits: Sequence[Constraint], knobs: Mapping[str, Any]) -> bool:
    return not measured(network, {}, limits, knobs)[1]


def described(axis: Axis) -> str:
    """The values in words: 0.04 to 4 in steps of 0.01."""
    if isinstance(axis, Span):
        return f"{show(axis.start)} to {show(axis.last)} in steps of {show(axis.step)}"
    return f"{show(axis[0])} to {show(axis[-1])}" if len(axis) > 5 else " or ".join(map(show, axis))


MOST_POINTS = 20_000_000
FIGURES = ("mult_adds", "params")


class Found(NamedTuple):
    """A point of the grid, counted by the engine; without figures where no network can be built."""

    knobs: dict[str, Any]
    figures: dict[str, Number | None]
    broken: tuple[str, ...]  # the constraints that it does not meet, or why it cannot be built

    @property
    def meets(self) -> bool:
        """Whether it meets all constraints."""
        return not self.broken


class Want(NamedTuple):
    """The objective: a knob or a quantity that should be as large, or as small, as possible."""

    name: str
    large: bool

    def __str__(self) -> str:
        return f"{'largest' if self.large else 'smallest'} {self.name}"


class Search:
    """A grid of all combinations of the free knobs, with their quantities."""

    def __init__(
        self,
        network: Model,
        axes: Mapping[str, Axis],
        fixed: Mapping[str, Any],
        limits: Sequence[Constraint],
        of: Sequence[str] = (),
    ) -> None:
        self.network, self.axes, self.fixed, self.limits = network, dict(axes), dict(fixed), tuple(limits)
        names = dict.fromkeys([*FIGURES, *(str(limit.quantity) for limit in limits), *of])
        self.sweep = Sweep(network, names, {**self.axes, **{name: (value,) for name, value in fixed.items()}})
        self.names = list(self.sweep.quantities)
        self.columns: dict[str, Any] = {}
        if self.sweep.points > MOST_POINTS:
            message = f"{self.sweep.points:,} combinations of {listing(axes)} are too many (at most {MOST_POINTS:,})"
            raise ArchcalcError(f"{message}; give ranges, as in --free NAME=START:STOP:STEP")

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each free knob."""
        return tuple(map(size, self.axes.values()))

    def evaluate(self, advance: Advance | None = None) -> None:
        """Compute the columns: each quantity over the grid, masked where no network can be built."""
        arrays = self.sweep.arrays(advance=advance)
        self.columns = {name: arrays[name].reshape(self.shape) for name in (*self.names, "why")}

    @cached_property
    def met(self) -> np.ndarray:
        """For each point, whether it meets all constraints."""
        return np.logical_and.reduce([self.meets(limit) for limit in self.limits])  # type: ignore[no-any-return]

    def meets(self, limit: Constraint) -> np.ndarray:
        """For each point, whether it meets this constraint."""
        values = self.columns[str(limit.quantity)]
        return np.asarray(limit.met(values.data)).astype(bool) & ~np.ma.getmaskarray(values)

    def found(self, place: Sequence[int]) -> Found:
        """The point at this place, counted by the engine. Raises AssertionError where the arrays have another value."""
        knobs = {name: axis[int(i)] for (name, axis), i in zip(self.axes.items(), place, strict=True)}
        figures, broken = measured(self.network, self.sweep.quantities, self.limits, {**self.fixed, **knobs})
        for name, value in figures.items():
            array = self.columns[name][tuple(place)]
            assert value is None or array == value, f"{name} at {knobs}: {array} by arrays, {value} by integers"
        return Found(knobs, figures, broken)

    def best(self, want: Want) -> tuple[int, ...]:
        """The place of the best point; where several are equal, the values of the first knobs decide."""
        places = np.argwhere(self.met)
        if want.name in self.axes:
            first = places[:, list(self.axes).index(want.name)] * (1 if _ascending(self.axes[want.name]) else -1)
        else:
            first = self.columns[want.name].data[self.met]
        sign = 1 if want.large else -1
        order = [sign * column for column in (*reversed(places.T), first)]
        place = np.lexsort(order)[-1] if all(key.dtype != object for key in order) else _last(order)
        return tuple(int(i) for i in places[place])

    def beyond(self, place: tuple[int, ...], large: bool) -> list[Found]:
        """For each knob, the point one step beyond the answer."""
        found = []
        for i, axis in enumerate(self.axes.values()):
            step = 1 if large == _ascending(axis) else -1
            if 0 <= place[i] + step < size(axis):
                found.append(self.found((*place[:i], place[i] + step, *place[i + 1 :])))
        return found

    def curve(self, large: bool, rows: int) -> list[Found]:
        """For values of the first knob, the largest or smallest value of the second that meets the constraints."""
        if len(self.axes) != 2:
            raise ArchcalcError(f"an iso-cost curve has two free knobs, not {listing(self.axes)}")
        second = list(self.axes.values())[1]
        places = []
        for i in np.flatnonzero(self.met.any(axis=1)):
            js = np.flatnonzero(self.met[i])
            places.append((int(i), int(js[-1] if large == _ascending(second) else js[0])))
        step = max(1, -(-len(places) // rows))
        return [self.found(place) for place in places[::step]]


def _ascending(axis: Axis) -> bool:
    return has_words(axis) or axis[size(axis) - 1] >= axis[0]


def _last(keys: Sequence[Any]) -> int:
    return max(range(len(keys[0])), key=lambda i: tuple(key[i] for key in reversed(keys)))
