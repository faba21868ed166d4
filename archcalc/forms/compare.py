"""Comparisons of forms: decided by the bounds of their symbols where possible, else left open as a Relation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.forms.relation import Relation
from archcalc.protocol import COMPARE

if TYPE_CHECKING:
    from archcalc.forms.form import Form

TURNED = {"<": ">", "<=": ">="}


def compared(a: Any, sign: str, b: Any) -> Any:
    """True or False where the bounds decide it, else a Relation."""
    if sign == "!=":
        equal = compared(a, "==", b)
        return not equal if isinstance(equal, bool) else ~equal
    if sign in TURNED:
        return compared(b, TURNED[sign], a)
    difference = a - b
    if not is_form(difference):
        return COMPARE[sign](difference, 0)
    if sign == "==":
        settled = False if is_above(difference) or is_above(-difference) else None
    elif is_above(difference, or_equal=sign == ">="):
        settled = True
    else:
        settled = False if is_above(-difference, or_equal=sign == ">") else None
    if settled is not None:
        return settled
    if sign == "==" and (parts := _remainder(difference)):
        return Relation(difference.table, parts[0], "multiple of", parts[1])
    left = _without_positive(difference) if isinstance(b, int) and b == 0 else a
    return Relation(difference.table, left, sign, b)


def is_form(x: Any) -> bool:
    """Whether x is a form rather than a plain number."""
    return hasattr(x, "terms")


def is_above(x: Any, or_equal: bool = False) -> bool:
    """Whether x is known to be more than 0; with ``or_equal``, at least 0."""
    low = x.low if is_form(x) else x
    return low is not None and bool(low >= 0 if or_equal else low > 0)


def is_never_less(a: Any, b: Any) -> bool:
    """Whether a is known to be at least b; where it is not, the values at a few points usually show that at once."""
    if is_form(a) and is_form(b) and any(x < y for x, y in zip(a.samples, b.samples, strict=True)):
        return False
    return is_above(a - b, or_equal=True)


def _remainder(x: Form) -> tuple[Any, Any] | None:
    """a and b of the form a mod b; None for any other form."""
    ((monomial, _),) = list(x.terms.items())[:1]
    symbol = x.table.symbols[monomial[0][0]] if len(x.terms) == len(monomial) == 1 else None
    return symbol.arguments if getattr(symbol, "function", "") == "mod" else None  # type: ignore[union-attr]


def _without_positive(x: Form) -> Form:
    """A single term without its positive factors: c x y > 0 becomes x > 0 where c and y are known to be positive."""
    if len(x.terms) > 1:
        return x
    ((monomial, c),) = x.terms.items()
    rest = tuple((n, e) for n, e in monomial if (low := x.table.symbols[n].low) is None or low <= 0)
    return type(x)({rest: 1}, x.table) if c > 0 else x
