"""A table as data, whatever it will be written in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.figures.figure import Figure, heading
from archcalc.figures.rules import ABSENT as ABSENT
from archcalc.value import decimal, show

if TYPE_CHECKING:
    from archcalc.address import Address


class Type(NamedTuple):
    """What a column holds: how people read it, rounded where need be, and how programs do."""

    people: Callable[[Any], str]
    program: Callable[[Any], Any]
    number: bool = True  # numbers stand right, words left

    def text(self, value: Any) -> str:
        """A value as people read it: 4,089,184,256 and 12.3 % and 64 x 56 x 56; unknown is ?."""
        return "?" if value is None else value if isinstance(value, str) else self.people(value)

    def data(self, value: Any) -> Any:
        """A value as a program reads it: numbers stay numbers; unknown is None."""
        return value if value is None or isinstance(value, str) else self.program(value)


def plain(value: Any) -> str:
    """An integer with its thousands apart, a shape as 64 x 56 x 56; a sum of symbols as it is."""
    if isinstance(value, tuple):
        return " x ".join(map(show, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def exact(value: Any) -> Any:
    """Of a fraction the float that prints as the same decimal; where there is none, the text 3/7."""
    if isinstance(value, tuple):
        return "x".join(map(show, value))
    if isinstance(value, Fraction):
        found = nearest(value)
        return found if Fraction(str(found)) == value else str(value)
    if isinstance(value, Decimal):
        return float(value) if value.as_tuple().exponent else int(value)
    return value if isinstance(value, (int, float)) else str(value)


def nearest(value: Any) -> Any:
    """The nearest float: of what is one number beside another."""
    return float(value) if isinstance(value, (int, float, Fraction)) else str(value)


def fixed(value: Any, digits: int, sign: str = "") -> str:
    """With so many decimals, rounded from the exact value; ``sign`` stands before what is not negative."""
    if not isinstance(value, (int, float, Fraction)):
        return str(value)
    whole, rest = divmod(round(abs(Fraction(value)) * 10**digits), 10**digits)
    return f"{'-' if value < 0 else sign}{whole:,}" + (f".{rest:0{digits}}" if digits else "")


def _times(value: Any) -> str:
    """Three digits, but 1 only for what is equal."""
    return "1" if value == 1 else fixed(value, 3 if value < 10 else 1 if value < 1000 else 0)


def _knob(value: Any) -> str:
    return show(value) if isinstance(value, (bool, Fraction)) else plain(value)


def digits(count: int, program: Callable[[Any], Any] = nearest) -> Type:
    """Numbers with so many decimals."""
    return Type(lambda value: fixed(value, count), program)


WORDS = Type(_knob, exact, number=False)
COUNT = Type(plain, exact)
KNOB = Type(_knob, exact)  # as it is written on the command line
EXACT = Type(lambda value: plain(decimal(value)), exact)  # a fraction with dots where its decimals go on
SHARE = Type(lambda value: f"{fixed(100 * value, 1)} %", nearest)  # of a whole
CHANGE = Type(lambda value: f"{fixed(100 * value, 1, '+')} %", nearest)  # against another
RATIO = Type(_times, nearest)  # how many times as much as another


class Column(NamedTuple):
    """A column: what is in it, and what it is called."""

    name: str  # "mult_adds", for programs
    heading: str  # "mult-adds", for people
    type: Type = COUNT
    unit: str = ""  # "bytes", "params" ...; "" of what has none


class Table(NamedTuple):
    """Columns and rows of values, with what must stand beside them.

    A value is a number, a word, or a shape; a Decimal keeps the digits that it has. None is unknown, ABSENT is a place
    without a value.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    totals: tuple[tuple[Any, ...], ...] = ()
    notes: tuple[str, ...] = ()  # knobs, convention, source
    name: str = "table"  # in one word, for a file or a sheet: a network, or what is shown

    def texts(self) -> list[list[str]]:
        """The rows, then the totals, as people read them."""
        rows = (*self.rows, *self.totals)
        return [[column.type.text(value) for column, value in zip(self.columns, row, strict=True)] for row in rows]

    def data(self) -> list[list[Any]]:
        """The rows as programs read them; without totals, so that a column can be added up."""
        return [[column.type.data(value) for column, value in zip(self.columns, row, strict=True)] for row in self.rows]


def words(*names: str) -> tuple[Column, ...]:
    """Columns of words, each called as in data."""
    return tuple(Column(name, name.replace("_", " "), WORDS) for name in names)


def numbers(*names: str, type: Type = COUNT, unit: str = "") -> tuple[Column, ...]:
    """Columns of numbers, each called as in data."""
    return tuple(Column(name, heading(name).replace("_", " "), type, unit) for name in names)


def of_figure(figure: Figure, name: str = "") -> Column:
    """A column of a figure."""
    return Column(name or figure.name, figure.heading, digits(2) if figure.is_ratio else COUNT, figure.unit)


def asked_for(asked: Address) -> Column:
    """A column of what stands at an address, not rounded, since it may stand beside its bound."""
    return Column(str(asked), heading(str(asked)), EXACT, asked.unit)


def fraction(part: Any, whole: Any) -> Fraction | None:
    """part / whole where both are plain numbers, else None; nothing of nothing is nothing."""
    if not isinstance(part, int) or not isinstance(whole, int):
        return None
    return Fraction(part, whole or 1)


def ratio(part: Any, whole: Any) -> Any:
    """part / whole; None where unknown, ABSENT where there is nothing to measure by."""
    absent = isinstance(part, str) or isinstance(whole, str) or (isinstance(whole, int) and whole == 0)
    return ABSENT if absent else fraction(part, whole)
