"""Values of expressions, and the two that decide the structure: `when` and `repeat`."""

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
    """The value of a definition, which others may still round; raises Refusal."""
    value = expression.evaluate(environment)
    if isinstance(value, int):
        return value
    return tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)


def truth(expression: Expression, environment: Mapping[str, Any]) -> bool:
    """A condition that decides the structure; raises Refusal where it is open."""
    try:
        value = condition(evaluate(expression, environment))
        known = decide(getattr(value, "settled", value))
    except Refusal as refusal:
        raise Refusal(str(refusal), refusal.place or expression.place) from None
    if known is None:
        raise Refusal(f"'{expression.text}' decides which layers there are, so it cannot be left open", expression.place)
    return known


def count(expression: Expression, value: Any) -> Number:
    """How many times to repeat: a number, or a form; raises Refusal where that is open or no such number."""
    value = getattr(value, "settled", value)
    if hasattr(value, "copies"):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = f"repeat must be a whole number, at least 0; '{expression.text}' is {show(value)}"
        raise Refusal(message, expression.place)
    return value
