"""The slider or the choice of a knob."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from archcalc.core.number import Number, ceil_div, plain
from archcalc.core.value import show
from archcalc.spec.model import Knob

FINEST = 10**6  # steps to 1
MOST_POSITIONS = 12  # of a slider, that are tried for another structure
USUAL_END = 16  # of a slider without a bound, at least


class Slider(NamedTuple):
    """start, start + step ..."""

    start: Number
    step: Number
    values: int

    def at(self, position: int) -> Number:
        """The value at a position."""
        return plain(Fraction(self.start + self.step * position))


def slider(knob: Knob) -> Slider:
    """The slider of a number: whole numbers if its default and bounds are, hundredths or finer if they are not.

    Without an upper bound it ends at twice the default.
    """
    ends = [end for end in (knob.default, knob.minimum, knob.maximum) if end is not None]
    fine = lcm(100, Fraction(knob.default).denominator)
    step = Fraction(1) if all(isinstance(end, int) for end in ends) else Fraction(1, fine if fine <= FINEST else 100)
    start = ceil_div(Fraction(step if knob.minimum is None else knob.minimum), step) * step
    whole = max(2 * knob.default, USUAL_END if step == 1 else 2 * step)
    end = whole if knob.maximum is None else knob.maximum
    return Slider(plain(start), plain(step), int((end - start) // step) + 1)


def positions(knob: Knob) -> Iterator[Number]:
    """Values of a number to be tried: the default's neighbours, then some over the whole slider."""
    own = slider(knob)
    near = round(Fraction(knob.default - own.start) / Fraction(own.step))
    places = [near - 1, near + 1, *range(0, own.values, max(1, own.values // MOST_POSITIONS)), own.values - 1]
    return (own.at(place) for place in dict.fromkeys(places) if 0 <= place < own.values)


def control(knob: Knob, value: Any) -> dict[str, Any]:
    """What the page is told of a knob that starts at this value."""
    told: dict[str, Any] = {"name": knob.name, "help": knob.help, "default": show(knob.default), "value": show(value)}
    if knob.choices:
        words = [isinstance(choice, (bool, str)) for choice in knob.choices]
        return {**told, "choices": [*map(show, knob.choices)], "words": words}
    own = slider(knob)
    ends = {"minimum": knob.minimum, "maximum": knob.maximum}
    return {
        **told,
        **{name: show(end) for name, end in ends.items() if end is not None},
        "slider": [str(own.start), str(own.step), own.values],
    }
