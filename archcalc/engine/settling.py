"""Values of expressions, and of the two that decide which layers there are: `when` and `repeat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.errors import Refusal
from archcalc.language.logic import condition
from archcalc.language.roots import exactly
from archcalc.language.terms import Expression
from archcalc.number import Number, decide, plain
from archcalc.value import show


def evaluate(expression: Expression, environment: Mapping[str, Any]) -> Any:
    """The expression's value, which is exact, in its simplest type; raises Refusal."""
    value = defined(expression, environment)
    return value if isinstance(value, int) else exactly(value, expression.text, expression.place)


def defined(expression: Expression, environment: Mapping[str, Any]) -> Any:
    """The value of a definition; it may be inexact, since the expressions that use it may round it. Raises Refusal."""
    value = expression.evaluate(environment)
    if isinstance(value, int):
        return value
    return tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)


def truth(expression: Expression, environment: Mapping[str, Any]) -> bool:
    """Whether a condition that decides which layers there are is true; raises Refusal where that is left open."""
    try:
        value = condition(evaluate(expression, environment))
        known = decide(getattr(value, "settled", value))
    except Refusal as refusal:
        raise Refusal(str(refusal), refusal.place or expression.place) from None
    if known is None:
        message = f"'{expression.text}' decides which layers there are, so it cannot be left open"
        raise Refusal(message, expression.place)
    return known


def count(expression: Expression, value: Any) -> Number:
    """How many times to repeat: a whole number or a form. Raises Refusal for anything else."""
    value = getattr(value, "settled", value)
    if hasattr(value, "copies"):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = f"repeat must be a whole number, at least 0; '{expression.text}' is {show(value)}"
        raise Refusal(message, expression.place)
    return value
