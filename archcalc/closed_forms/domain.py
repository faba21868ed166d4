"""The domain of a form: the values of the knobs for which it is exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any, NamedTuple

from archcalc.closed_forms.form import Form
from archcalc.closed_forms.polynomial import ONE
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbols import Knob, Step
from archcalc.closed_forms.write import TEXT, Style, as_whole, write
from archcalc.core.number import plain
from archcalc.core.value import show


class Domain(NamedTuple):
    """Bounds and steps of the free knobs, further conditions, and the values of the other knobs."""

    bounds: dict[str, tuple[Any, Any]]
    steps: dict[str, Step]
    conditions: tuple[Relation, ...]
    fixed: dict[str, Any]
    letters: dict[str, str]  # knob -> the letter that stands for its steps, where the form is written in it
    shown: tuple[str, ...]  # the knobs on which the form or its domain depends

    def holds(self, **values: Any) -> bool:
        """Whether the form is exact at these values; every free knob needs one."""
        return self.broken(values) is None

    def broken(self, values: Mapping[str, Any]) -> str | None:
        """The first condition that does not hold at these values; None where the form is exact."""
        for name, (low, high) in self.bounds.items():
            value, step = values[name], self.steps.get(name)
            outside = (low is not None and value < low) or (high is not None and value > high)
            if outside or (step and Fraction(value - step.residue) % step.size != 0):
                return " and ".join(self._replace(shown=(name,), conditions=(), letters={}).lines())
        return next((write(condition, TEXT) for condition in self.conditions if not _holds(condition, values)), None)

    def lines(self, style: Style = TEXT) -> Iterator[str]:
        """The conditions, a line each; knobs with the same condition are listed in one line."""
        same: dict[tuple[str, str], list[str]] = {}
        for name in self.shown:
            (low, high), step = self.bounds[name], self.steps.get(name)
            if step == (1, 0):
                same.setdefault(("whole", style.range("", low, high)), []).append(style.name(name))
                continue
            if step:
                yield step_text(name, step, self.letters.get(name, ""), style)
            if (low, high) != (None, None):
                yield style.range(style.name(name), low, high)
        yield from _joined(same, style)
        yield from _conditions(self.conditions, style)

    def __str__(self) -> str:
        return "; ".join(self.lines())


def _holds(condition: Relation, values: Mapping[str, Any]) -> bool:
    try:
        return condition.at(values)
    except (ValueError, ZeroDivisionError):  # an exponent that is not whole, or a division by zero
        return False


def _conditions(conditions: Iterable[Relation], style: Style) -> Iterator[str]:
    """The conditions as lines; all that must be whole are in one line, and so are all that a number must divide."""
    same: dict[tuple[str, str], list[str]] = {}
    for condition in conditions:
        if condition.sign == "multiple of" and (whole := as_whole(condition)) is not None:
            same.setdefault(("whole", ""), []).append(write(whole, style))
        elif condition.sign == "multiple of" and isinstance(condition.right, Form):
            same.setdefault(("divides", write(condition.right, style)), []).append(write(condition.left, style))
        else:
            same.setdefault(("", write(condition, style)), [])
    return _joined(same, style)


def _joined(same: Mapping[tuple[str, str], Sequence[str]], style: Style) -> Iterator[str]:
    for (what, rest), subjects in same.items():
        together = ", ".join(subjects)
        if what == "whole":
            yield style.prose(together, f"{'are' if len(subjects) > 1 else 'is'} whole") + rest
        else:
            yield style.divides(rest, what, together) if what else rest


def step_text(name: str, step: Step, letter: str, style: Style) -> str:
    """A step in words: resolution = 32 s + 11; 32 alpha is whole; classes is whole."""
    knob, size = style.name(name), Fraction(step.size)
    if letter and step != (1, 0):
        residue = f" + {style.coefficient(step.residue)}" if step.residue else ""
        return f"{knob} = {style.coefficient(step.size)}{style.times}{style.name(letter)}{residue}"
    if step.residue == 0 and size.numerator == 1:
        multiple = knob if size == 1 else f"{size.denominator}{style.times}{knob}"
        return style.prose(multiple, "is whole")
    if step.residue == 0:
        return style.prose(knob, f"is a multiple of {show(step.size)}")
    return style.prose(knob, f"is {show(step.residue)} more than a multiple of {show(step.size)}")


def tightened(bounds: Mapping[str, tuple[Any, Any]], conditions: Iterable[Any]) -> dict[str, tuple[Any, Any]]:
    """The bounds, narrowed by conditions such as 3 k >= 1."""
    found = dict(bounds)
    for condition in conditions:
        if (limit := _limit(condition)) is not None:
            name, value, is_low = limit
            found[name] = meet([found[name], (value, None) if is_low else (None, value)])
    return found


def meet(intervals: Iterable[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The interval that is inside all of these; None stands for an end that an interval does not have."""
    lows, highs = ([end for end in ends if end is not None] for ends in zip(*intervals, strict=True))
    return max(lows, default=None), min(highs, default=None)


def _limit(condition: Any) -> tuple[str, Any, bool] | None:
    """The knob that a condition bounds, the bound, and whether it is a lower one; None for any other condition."""
    if not isinstance(condition, Relation) or condition.sign not in (">=", "<="):
        return None
    difference = condition.left - condition.right
    constant = difference.terms.get(ONE, 0) if isinstance(difference, Form) else difference
    varying = difference - constant
    single = varying.single if isinstance(varying, Form) else None
    c, symbol = single or (0, None)
    if not isinstance(symbol, Knob):
        return None
    value = Fraction(-constant) / c
    if symbol.step:
        value = value * symbol.step.size + symbol.step.residue
    return symbol.knob, plain(value), (condition.sign == ">=") == (c > 0)


def union(domains: list[Domain], conditions: Mapping[Relation, None]) -> Domain:
    """The domain in which all of these hold; each knob takes the values that are on the steps of all of them."""
    first, *others = domains
    steps = dict(first.steps)
    for other in others:
        for name, step in other.steps.items():
            steps[name] = _common(steps[name], step) if name in steps else step
    fixed = dict(first.fixed)
    for other in others:
        for name, value in other.fixed.items():
            if name in first.bounds and name not in fixed:
                continue  # a letter in the first network; the label of the other network shows its value
            same = name not in fixed or fixed[name] == value
            fixed[name] = value if same else f"{show(fixed[name])} and {show(value)}"
    return Domain(first.bounds, steps, tuple(conditions), fixed, first.letters, ())


def with_whole(domain: Domain) -> Domain:
    """The same domain, with a step of 1 in place of each condition that a knob is whole."""
    steps, conditions = dict(domain.steps), []
    for condition in domain.conditions:
        knob = _knob(as_whole(condition)) if condition.sign == "multiple of" else None
        if knob is None:
            conditions.append(condition)
        else:
            steps.setdefault(knob, Step(1, 0))
    return domain._replace(steps=steps, conditions=tuple(conditions))


def _knob(x: Any) -> str | None:
    """The name of the knob where a form is exactly one knob; None for any other form."""
    single = x.single if isinstance(x, Form) else None
    return single[1].knob if single and single[0] == 1 and isinstance(single[1], Knob) else None


def _common(a: Step, b: Step) -> Step:
    """The values that are on both steps, as one step; there must be such a value."""
    x, y = Fraction(a.size), Fraction(b.size)
    size = Fraction(lcm(x.numerator, y.numerator), gcd(x.denominator, y.denominator))
    value = Fraction(a.residue)
    while Fraction(value - b.residue) % y != 0:
        value += x
    return Step(plain(size), plain(value))
