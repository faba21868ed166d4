"""Conditions: "and", "or", "not" and the choice between two values; a condition may be undecided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archcalc.errors import Refusal
from archcalc.number import decide, equal, select
from archcalc.protocol import PLAIN_OR_OWN, OwnCondition


def condition(value: Any) -> Any:
    """The value, if it is a condition. Raises Refusal."""
    if isinstance(value, OwnCondition):
        return value
    numbers = str(getattr(value, "dtype", "bool")) != "bool"  # along an array
    if numbers or (isinstance(value, (*PLAIN_OR_OWN, str, tuple)) and not isinstance(value, bool)):
        raise Refusal(f"{shown(value)} is not a condition, like stride > 1")
    return value


def negate(value: Any) -> Any:
    """The opposite of a condition. Raises Refusal."""
    return not value if isinstance(condition(value), bool) else ~value


def junction(settled_by: bool, values: Iterable[Any]) -> Any:
    """The values joined by "or", if True settles the result, or by "and", if False does; the rest is not evaluated."""
    result: Any = not settled_by
    for value in values:
        known = decide(condition(value))
        if known is settled_by:
            return settled_by
        if known is None:
            result = value if isinstance(result, bool) else (result | value if settled_by else result & value)
    return result


def choice(test: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """``yes() if test else no()``; both are evaluated where the test is undecided or records its formula."""
    known = decide(condition(test))
    if known is None or isinstance(test, OwnCondition):
        return select(test, yes(), no())
    return yes() if known else no()


def pick(values: Any, number: Any) -> Any:
    """The value of a list with that number, counted from 1. Raises Refusal, also for a number that is left open."""
    if not isinstance(values, tuple):
        raise Refusal(f"only a list has numbered values, not {shown(values)}")
    if isinstance(number, (bool, str, tuple)):
        raise Refusal(f"a number must stand in the brackets after a list, not {shown(number)}")
    if isinstance(number, int) and 1 <= number <= len(values):
        return values[number - 1]
    for i, value in enumerate(values, 1):
        chosen = equal(number, i)
        known = decide(getattr(chosen, "settled", chosen))
        if known is None:
            raise Refusal("which value of a list is taken decides which layers there are, so it cannot be left open")
        if known:
            return value
    raise Refusal(
        f"no value with the number {shown(number)} in a list of {len(values)}; the first one has the number 1"
    )


def length(values: Any) -> int:
    """How many values a list has. Raises Refusal."""
    if not isinstance(values, tuple):
        raise Refusal(f"only a list has a length, not {shown(values)}")
    return len(values)


def shown(value: Any) -> str:
    """A value as it is written in a spec."""
    return repr(value) if isinstance(value, str) else str(value).lower()
