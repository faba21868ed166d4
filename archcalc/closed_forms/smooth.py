"""How far a form with roundings differs from the same form without them, over the range of a knob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.closed_forms.domain import Domain
from archcalc.closed_forms.form import Form, knobs_of
from archcalc.closed_forms.polynomial import Rational
from archcalc.closed_forms.symbols import FUNCTIONS, Named

VALUES = 512  # to try over the range of a knob
UNBOUNDED = 4  # times the base value: the end of a range that has no maximum


class Gap(NamedTuple):
    """The largest difference between the rounded and the smooth form, relative to the rounded one."""

    knob: str
    low: Rational
    high: Rational
    tried: int
    largest: Fraction
    at: Rational
    near: Fraction  # the largest difference from half the knob's base value to twice that


def has_roundings(form: Any) -> bool:
    """Whether there is a rounding in it or in an argument of its functions."""
    return any(FUNCTIONS[symbol.function].rounds for symbol in named(form))


def named(form: Any) -> Iterator[Named]:
    """The named functions in a form, or in a tuple of forms, and those in their arguments."""
    if isinstance(form, tuple):
        for side in form:
            yield from named(side)
    for symbol in form.symbols if isinstance(form, Form) else ():
        if isinstance(symbol, Named):
            yield symbol
            yield from named(symbol.arguments)


def gaps(rounded: Any, smooth: Any, domain: Domain, own: Mapping[str, Any]) -> Iterator[Gap]:
    """The gap of each knob on which a rounding depends, over its range, with the other knobs at their base values."""
    inside = {
        knob for symbol in named(rounded) if FUNCTIONS[symbol.function].rounds for knob in knobs_of(symbol.arguments[0])
    }
    for name in domain.bounds:
        if name in inside and (gap := _gap(name, rounded, smooth, domain, own)):
            yield gap


def _gap(name: str, rounded: Any, smooth: Any, domain: Domain, own: Mapping[str, Any]) -> Gap | None:
    found: dict[Any, Fraction] = {}
    for value in grid(name, domain, own[name]):
        values = {**own, name: value}
        if domain.holds(**values) and (exact := rounded.at(values)):
            close = smooth.at(values)
            found[value] = abs(Fraction(close - exact) / exact)
    if not found:
        return None
    at = max(found, key=lambda value: found[value])
    near = [gap for value, gap in found.items() if own[name] <= 2 * value <= 4 * own[name]]
    return Gap(name, min(found), max(found), len(found), found[at], at, max(near, default=Fraction(0)))


def grid(name: str, domain: Domain, own: Any) -> list[Any]:
    """Values of a knob over its range: on its steps, or evenly spaced."""
    low, high = domain.bounds[name]
    low = own / Fraction(UNBOUNDED) if low is None else low
    high = max(UNBOUNDED * own, low) if high is None else high
    if (step := domain.steps.get(name)) is None:
        return [low + Fraction(high - low) * i / VALUES for i in range(VALUES + 1)]
    first, last = -((step.residue - low) // step.size), (high - step.residue) // step.size
    every = max(1, -((first - last) // VALUES))
    return [s * step.size + step.residue for s in range(first, last + 1, every)]
