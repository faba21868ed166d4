"""The values of a free knob that are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from archcalc.language.spec import Knob
from archcalc.number import Number
from archcalc.solving.constraint import Constraint, measured
from archcalc.sweeps.ranges import Axis, Span, has_words, make_axis
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.model import Model

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
    ends = [end for end in (knob.default, knob.least, knob.most) if end is not None]
    step = 1 if all(isinstance(end, int) for end in ends) else STEP
    low = -(-knob.least // step) * step if knob.least is not None else step
    high = knob.most if knob.most is not None else _reach(network, knob, limits, fixed)
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
