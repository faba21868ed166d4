"""A table as data, whatever it will be written in."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.figures.rules import ABSENT as ABSENT
from archcalc.value import show


class Column(NamedTuple):
    """A column; numbers stand right, words left."""

    key: str  # "mult_adds", for machines
    title: str  # "mult-adds", for people
    number: bool = True


class Table(NamedTuple):
    """Columns and rows of raw values, with what must stand beside them.

    A value is a number, a word, a shape, a Share; a Decimal keeps the digits that it has. None is unknown, ABSENT is a
    place without a value.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    totals: tuple[tuple[Any, ...], ...] = ()
    notes: tuple[str, ...] = ()  # knobs, convention, source


class Share(NamedTuple):
    """A part of a whole: shown in percent, stored as a fraction."""

    value: Fraction


class Ratio(NamedTuple):
    """How many times as much as the first."""

    value: Fraction


def people(value: Any) -> str:
    """As a person reads it: 4,089,184,256 and 12.3 % and 64 x 56 x 56; unknown is ?."""
    match value:
        case None:
            return "?"
        case Share():
            return f"{float(100 * value.value):.1f} %"
        case Ratio():
            return _ratio(value.value)
        case tuple():
            return " x ".join(map(show, value))
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case Fraction():
            return f"{float(value):,.2f}"
    return str(value)


def _ratio(value: Fraction) -> str:
    """Three digits, but 1 only for what is equal."""
    if value == 1:
        return "1"
    return f"{float(value):,.0f}" if value >= 1000 else f"{float(value):.{3 if value < 10 else 1}f}"


def machine(value: Any) -> str | int | float | None:
    """As a program reads it: numbers stay numbers; unknown is None."""
    match value:
        case Share() | Ratio():
            return float(value.value)
        case tuple():
            return "x".join(map(show, value))
        case None | bool() | str() | int():
            return value
        case Fraction():
            return float(value)
        case Decimal():
            return float(value) if value.as_tuple().exponent else int(value)
    return str(value)


def fraction(part: Any, whole: Any) -> Fraction | None:
    """part / whole where both are plain numbers, else None; nothing of nothing is nothing."""
    if not isinstance(part, int) or not isinstance(whole, int):
        return None
    return Fraction(part, whole or 1)
