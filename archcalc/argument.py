"""The types of the arguments of layers: a check for each, and its description in words."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.number import Condition, Number, both, is_whole
from archcalc.value import show

Size: TypeAlias = Number
Natural: TypeAlias = Number
Axes: TypeAlias = Any  # Number | tuple[Number, ...]
Pads: TypeAlias = Any  # Number | tuple[Number, ...]
Padding: TypeAlias = Any  # Number | tuple[Number, ...] | "same"
Sizes: TypeAlias = tuple[Number, ...]
Table: TypeAlias = tuple[str, ...]
Rate: TypeAlias = Number
Factor: TypeAlias = Number
Flag: TypeAlias = bool

Need: TypeAlias = tuple[Condition, str]  # a condition, and the message where it does not hold


def _at_least(bound: int) -> Callable[[Any], Condition]:
    return lambda value: not isinstance(value, (str, bool, tuple)) and both(is_whole(value), value >= bound)


def _each(check: Callable[[Any], Condition]) -> Callable[[Any], Condition]:
    def checked(value: Any) -> Condition:
        result: Condition = True
        for item in value if isinstance(value, tuple) else (value,):
            result = both(result, check(item))
        return result

    return checked


def _is_table(value: Any) -> bool:
    rows = [row if isinstance(row, str) else "" for row in value] if isinstance(value, tuple) else []
    marked = [set(column) for column in zip(*rows, strict=False)]
    return len(set(map(len, rows))) == 1 and all("X" in column <= {"X", "."} for column in marked) and bool(marked)


class ArgumentType(NamedTuple):
    """A type of argument: its description for messages and documentation, and its check."""

    means: str
    check: Callable[[Any], Condition]
    per_axis: bool = False  # one value for all axes, or one for each axis


_size, _natural = _at_least(1), _at_least(0)

TYPES: dict[str, ArgumentType] = {
    "Size": ArgumentType("a whole number, at least 1", _size),
    "Natural": ArgumentType("a whole number, at least 0", _natural),
    "Axes": ArgumentType("a whole number, at least 1, or one for each axis", _each(_size), True),
    "Pads": ArgumentType("a whole number, at least 0, or one for each axis", _each(_natural), True),
    "Padding": ArgumentType(
        "a whole number, at least 0, or one for each axis, or same",
        lambda v: (isinstance(v, str) and v == "same") or _each(_natural)(v),
        True,
    ),
    "Sizes": ArgumentType("sizes in brackets", lambda v: isinstance(v, tuple) and v != () and _each(_size)(v)),
    "Table": ArgumentType("a row of X and . for each input map, an X or more in each column", _is_table),
    "Rate": ArgumentType(
        "a number from 0 to 1", lambda v: not isinstance(v, (str, bool, tuple)) and both(v >= 0, v <= 1)
    ),
    "Factor": ArgumentType("a number", lambda v: not isinstance(v, (str, bool, tuple))),
    "Flag": ArgumentType("true or false", lambda v: isinstance(v, bool)),
}


MISSING: Any = object()  # in place of a default


class Parameter(NamedTuple):
    """An argument of a kind of layer."""

    name: str
    type: ArgumentType
    default: Any

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    def need(self, value: Any) -> Need:
        """The condition on a value of it, with its message."""
        whole = "; floor, ceil or round makes it whole" if isinstance(value, Fraction) else ""
        return self.type.check(value), f"{self.name} must be {self.type.means}, not {word(value)}{whole}"


def argument_type(kind: str, name: str, annotation: str) -> ArgumentType:
    if annotation not in TYPES:
        raise TypeError(f"{kind}.{name}: {annotation} is no type of argument. Is __future__.annotations imported?")
    return TYPES[annotation]


def word(value: Any) -> str:
    """A value as it is written in a spec."""
    if isinstance(value, tuple):
        return f"({', '.join(map(word, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return value if value == "same" else repr(value)
    return show(value)
