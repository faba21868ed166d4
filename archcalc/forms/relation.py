"""A comparison that the free knobs leave open, and what comparisons are joined to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.forms.symbols import Values
from archcalc.number import decide
from archcalc.protocol import COMPARE, OwnCondition

if TYPE_CHECKING:
    from archcalc.forms.field import Field

HOLDS = COMPARE | {"multiple of": lambda a, b: a % b == 0, "not a multiple of": lambda a, b: a % b != 0}
OPPOSITE = {">=": "<", ">": "<=", "==": "!=", "and": "or", "multiple of": "not a multiple of"}
OPPOSITE |= {other: own for own, other in OPPOSITE.items()}


class Relation(OwnCondition):
    """a >= b and the like, or two such joined by "and" or "or"."""

    def __init__(self, field: Field, left: Any, sign: str, right: Any) -> None:
        self.field, self.left, self.sign, self.right = field, left, sign, right

    @property
    def settled(self) -> bool:
        """For what decides the structure."""
        return self.field.decide(self)

    def at(self, values: Values) -> bool:
        """Whether it holds where the knobs have these values."""
        left, right = (side.at(values) if hasattr(side, "at") else side for side in (self.left, self.right))
        if self.sign in ("and", "or"):
            return bool(left and right) if self.sign == "and" else bool(left or right)
        return bool(HOLDS[self.sign](left, right))

    def select(self, yes: Any, no: Any) -> Any:
        """A number that depends on it, unless both are the same."""
        if type(yes) is type(no) and decide(yes == no) is True:
            return yes
        return self.field.named("where", self, yes, no)

    def joined(self, sign: str, other: Any) -> Relation:
        """The two by "and" or "or"."""
        return Relation(self.field, self, sign, other)

    def __invert__(self) -> Relation:
        joined = self.sign in ("and", "or")
        left, right = (~side if joined else side for side in (self.left, self.right))
        return Relation(self.field, left, OPPOSITE[self.sign], right)

    def __bool__(self) -> bool:
        """Not known to hold; two forms that may differ are not the same key."""
        return self.sign == "!="

    def key(self) -> tuple[Any, ...]:
        """What two equal ones have in common."""
        return tuple(side.key() if isinstance(side, Relation) else side for side in (self.left, self.sign, self.right))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __str__(self) -> str:
        sides = (f"({s})" if isinstance(s, Relation) and s.sign == "or" else str(s) for s in (self.left, self.right))
        left, right = sides
        return f"{left} {self.sign} {right}"
