"""A comparison whose result depends on the free knobs, and comparisons joined by "and" and "or"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.closed_forms.symbols import Values
from archcalc.core.number import COMPARE, OwnCondition, decide

if TYPE_CHECKING:
    from archcalc.closed_forms.form import Form
    from archcalc.closed_forms.symbol_table import SymbolTable

HOLDS = COMPARE | {"multiple of": lambda a, b: a % b == 0, "not a multiple of": lambda a, b: a % b != 0}
OPPOSITE = {">=": "<", ">": "<=", "==": "!=", "and": "or", "multiple of": "not a multiple of"}
OPPOSITE |= {other: own for own, other in OPPOSITE.items()}


class Relation(OwnCondition):
    """A comparison such as a >= b, or two relations joined by "and" or "or"."""

    def __init__(self, table: SymbolTable, left: Any, sign: str, right: Any) -> None:
        self.table, self.left, self.sign, self.right = table, left, sign, right

    @property
    def settled(self) -> bool:
        """The decision of the relation where it decides the structure of a network."""
        return self.table.decide(self)

    def at(self, values: Values) -> bool:
        """Whether it holds at these values of the knobs."""
        left, right = (side.at(values) if hasattr(side, "at") else side for side in (self.left, self.right))
        if self.sign in ("and", "or"):
            return bool(left and right) if self.sign == "and" else bool(left or right)
        return bool(HOLDS[self.sign](left, right))

    def select(self, yes: Any, no: Any) -> Any:
        """A number that depends on the relation, unless both are the same."""
        if type(yes) is type(no) and decide(yes == no) is True:
            return yes
        return self.table.named("where", self, yes, no)

    def joined(self, sign: str, other: Any) -> Relation:
        """The two relations joined by "and" or "or"."""
        return Relation(self.table, self, sign, other)

    def __invert__(self) -> Relation:
        joined = self.sign in ("and", "or")
        left, right = (~side if joined else side for side in (self.left, self.right))
        return Relation(self.table, left, OPPOSITE[self.sign], right)

    def __bool__(self) -> bool:
        """False for an open comparison, so that two forms that may differ are different keys of a dictionary."""
        return self.sign == "!="

    def key(self) -> tuple[Any, ...]:
        """The sides and the sign; equal relations have equal keys."""
        return tuple(side.key() if isinstance(side, Relation) else side for side in (self.left, self.sign, self.right))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        sides = (f"({s})" if isinstance(s, Relation) and s.sign == "or" else str(s) for s in (self.left, self.right))
        left, right = sides
        return f"{left} {self.sign} {right}"


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
        if is_above(difference) or is_above(-difference):
            return False
        if parts := _remainder(difference):
            return Relation(difference.table, parts[0], "multiple of", parts[1])
    elif is_above(difference, or_equal=sign == ">="):
        return True
    elif is_above(-difference, or_equal=sign == ">"):
        return False
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
    return symbol.arguments if symbol and symbol.function == "mod" else None


def _without_positive(x: Form) -> Form:
    """A single term without its positive factors: c x y > 0 becomes x > 0 where c and y are known to be positive."""
    if len(x.terms) > 1:
        return x
    ((monomial, c),) = x.terms.items()
    rest = tuple((n, e) for n, e in monomial if (low := x.table.symbols[n].low) is None or low <= 0)
    return type(x)({rest: 1}, x.table) if c > 0 else x
