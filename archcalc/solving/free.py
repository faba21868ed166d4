"""The values that a free knob is tried at."""

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
    from archcalc.network import Network

STEP = Fraction(1, 100)  # of a knob that need not be whole
DOUBLINGS = 16  # of a knob without an upper bound, in search of one
SETTLED = 3  # doublings without a change, after which there will be none


def axis_of(network: Network, name: str, values: Any, limits: Sequence[Constraint], fixed: Mapping[str, Any]) -> Axis:
    """The values to try: those given, or every step between the knob's bounds. Raises ArchcalcError."""
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


def _reach(network: Network, knob: Knob, limits: Sequence[Constraint], fixed: Mapping[str, Any]) -> Number:
    """Past what a knob without an upper bound changes: doubled until the constraints stay as they are."""
    start = max(knob.default, 1)
    change, before = 0, _holds(network, limits, {**fixed, knob.name: start})
    for i in range(1, DOUBLINGS):
        now = _holds(network, limits, {**fixed, knob.name: start * 2**i})
        change, before = i if now != before else change, now
        if change and i - change == SETTLED:
            break
    return start * 2 ** (change or SETTLED)


def _holds(network: Network, limits: Sequence[Constraint], knobs: Mapping[str, Any]) -> bool:
    return not measured(network, {}, limits, knobs)[1]


def described(axis: Axis) -> str:
    """0.04 to 4 in steps of 0.01."""
    if isinstance(axis, Span):
        return f"{show(axis.start)} to {show(axis.last)} in steps of {show(axis.step)}"
    return f"{show(axis[0])} to {show(axis[-1])}" if len(axis) > 5 else " or ".join(map(show, axis))
