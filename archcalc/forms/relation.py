"""A comparison whose result depends on the free knobs, and comparisons joined by "and" and "or"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.forms.symbols import Values
from archcalc.number import decide
from archcalc.protocol import COMPARE, OwnCondition

if TYPE_CHECKING:
    from archcalc.forms.field import SymbolTable

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
