"""A number that remembers how a spreadsheet would compute it.

The engine's formulas run over cells as over any other number, and what comes out is the formula of the cell beside
its value: the workbook's formulas are the engine's, not a second writing of them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

ATOM, UNARY, PRODUCT, SUM, RELATION = range(5)  # the outermost operation; what binds less needs brackets


class Cell:
    """A value and its formula, without the leading "="."""

    __hash__ = None  # type: ignore[assignment]  # equality gives a Relation

    def __init__(self, text: str, value: Any, binding: int = ATOM) -> None:
        self.text, self.value, self.binding = text, value, binding

    @property
    def settled(self) -> Any:
        """The value alone, for what decides the structure."""
        return self.value

    def within(self, binding: int) -> str:
        """The formula as an operand of an operation that binds so tightly."""
        return f"({self.text})" if self.binding > binding else self.text

    def least(self, other: Any) -> Cell:
        """The smaller of the two."""
        other = cell(other)
        return Cell(f"MIN({self.text},{other.text})", min(self.value, other.value))

    def __add__(self, other: Any) -> Cell:
        return _binary("+", SUM, SUM, operator.add, self, cell(other))

    def __sub__(self, other: Any) -> Cell:
        return _binary("-", SUM, PRODUCT, operator.sub, self, cell(other))

    def __mul__(self, other: Any) -> Cell:
        return _binary("*", PRODUCT, PRODUCT, operator.mul, self, cell(other))

    def __truediv__(self, other: Any) -> Cell:
        return _binary("/", PRODUCT, UNARY, lambda a, b: Fraction(a) / b, self, cell(other))

    def __floordiv__(self, other: Any) -> Cell:
        other = cell(other)
        quotient = self if other.value == 1 and other.text == "1" else self / other
        whole = isinstance(self.value, int) and isinstance(other.value, int)
        inner = quotient.text if whole else f"ROUND({quotient.text},9)"  # 28.999999999999996 is 29
        return Cell(f"INT({inner})", self.value // other.value)

    def __mod__(self, other: Any) -> Cell:
        other = cell(other)
        return Cell(f"MOD({self.text},{other.text})", self.value % other.value)

    def __neg__(self) -> Cell:
        return Cell(f"-{self.within(ATOM)}", -self.value, UNARY)

    def __radd__(self, other: Any) -> Cell:
        return cell(other) + self

    def __rsub__(self, other: Any) -> Cell:
        return cell(other) - self

    def __rmul__(self, other: Any) -> Cell:
        return cell(other) * self

    def __rtruediv__(self, other: Any) -> Cell:
        return cell(other) / self

    def __rfloordiv__(self, other: Any) -> Cell:
        return cell(other) // self

    def __rmod__(self, other: Any) -> Cell:
        return cell(other) % self

    def __eq__(self, other: object) -> Any:
        return _relation("=", operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _relation("<>", operator.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return _relation("<", operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _relation("<=", operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _relation(">", operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _relation(">=", operator.ge, self, other)

    def __str__(self) -> str:
        return str(self.value)


class Relation(Cell):
    """A comparison: it decides the structure by its value, and chooses numbers by its formula."""

    def __bool__(self) -> bool:
        return bool(self.value)

    def select(self, yes: Any, no: Any) -> Cell:
        """IF(condition, yes, no)."""
        yes, no = cell(yes), cell(no)
        return Cell(f"IF({self.text},{yes.text},{no.text})", yes.value if self.value else no.value)

    def __and__(self, other: Any) -> Relation:
        other = other if isinstance(other, Relation) else Relation(str(bool(other)).upper(), bool(other))
        return Relation(f"AND({self.text},{other.text})", self.value and other.value)

    __rand__ = __and__

    def __invert__(self) -> Relation:
        return Relation(f"NOT({self.text})", not self.value)


def cell(value: Any) -> Cell:
    """A number as a cell's formula writes it."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, Fraction) and value.denominator != 1:
        return Cell(f"{value.numerator}/{value.denominator}", value, PRODUCT)
    return Cell(str(value), value, ATOM if value >= 0 else UNARY)


def _binary(symbol: str, own: int, right: int, compute: Callable[[Any, Any], Any], a: Cell, b: Cell) -> Cell:
    """The operation, without adding 0 or multiplying by 1; ``right`` is how tightly its right side is held."""
    neutral = {"+": "0", "-": "0", "*": "1", "/": "1"}[symbol]
    value = compute(a.value, b.value)
    value = value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value
    if b.text == neutral:
        return Cell(a.text, value, a.binding)
    if a.text == neutral and symbol in "+*":
        return Cell(b.text, value, b.binding)
    return Cell(f"{a.within(own)}{symbol}{b.within(right)}", value, own)


def _relation(symbol: str, compute: Callable[[Any, Any], bool], a: Cell, other: object) -> Any:
    if not isinstance(other, (int, Fraction, Cell)):
        return NotImplemented
    b = cell(other)
    return Relation(f"{a.within(SUM)}{symbol}{b.within(SUM)}", compute(a.value, b.value), RELATION)
