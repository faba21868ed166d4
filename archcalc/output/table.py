"""A table as data, independent of the format it is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.bound import AtLeast, exactly
from archcalc.core.errors import ArchcalcError, alternatives, listing, suggest
from archcalc.core.value import decimal, show
from archcalc.figures.figure import FIGURES, Figure, heading
from archcalc.figures.rules import ABSENT as ABSENT
from archcalc.output.rounding import MIXED as MIXED
from archcalc.output.rounding import UNITS, Scale, scale_for, significant, sizes
from archcalc.output.rounding import fixed as fixed
from archcalc.output.shown import Shown

if TYPE_CHECKING:
    from archcalc.address import Address


LARGE = 1000  # a larger ratio is rounded to tenths, others to four digits


class Type(NamedTuple):
    """The type of a column: how its values are written for people, rounded if needed, and for programs."""

    people: Callable[[Any], str]
    program: Callable[[Any], Any]
    number: bool = True  # numbers are aligned right, words left
    spare: bool = False  # whether other columns say the same, so that it is left out first where there is no room

    def text(self, value: Any) -> str:
        """A value as text for people: 4,089,184,256 or 12.3 % or 64 x 56 x 56; unknown is ?."""
        return "?" if value is None else value if isinstance(value, str) and self.number else self.people(value)

    def data(self, value: Any) -> Any:
        """A value as data for programs: numbers stay numbers; what is unknown is None, even if a bound is known."""
        value = exactly(value)
        return value if value is None or isinstance(value, str) else self.program(value)


def plain(value: Any) -> str:
    """An integer with separated thousands, a shape as 64 x 56 x 56; an expression of symbols unchanged."""
    if isinstance(value, AtLeast):
        return value.written(plain)
    if isinstance(value, tuple):
        return " x ".join(map(show, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def exact(value: Any) -> Any:
    """For a fraction the float that prints as the same decimal; if there is none, a text such as 3/7."""
    if isinstance(value, tuple):
        return "x".join(map(show, value))
    if isinstance(value, Fraction):
        found = nearest(value)
        return found if Fraction(str(found)) == value else str(value)
    if isinstance(value, Decimal):
        return float(value) if value.as_tuple().exponent else int(value)
    return value if isinstance(value, (int, float)) else str(value)


def nearest(value: Any) -> Any:
    """The nearest float, for ratios and shares."""
    return float(value) if isinstance(value, (int, float, Fraction)) else str(value)


def _times(value: Any) -> str:
    """A ratio in three digits, but 1 only if both sides are equal."""
    shown = "1" if value == 1 else fixed(value, 3 if value < 10 else 1 if value < 1000 else 0)
    return shown if float(shown.replace(",", "")) or not value else significant(value)


def _knob(value: Any) -> str:
    return show(value) if isinstance(value, (bool, Fraction)) else plain(value)


def _brief(value: Any) -> str:
    if not isinstance(value, Fraction) or "/" not in show(value):
        return _knob(value)
    return f"{float(value):{'#,.4g' if abs(value) < LARGE else ',.1f'}}"


def digits(count: int, program: Callable[[Any], Any] = nearest) -> Type:
    """The type of numbers with this many decimals."""
    return Type(lambda value: fixed(value, count), program)


WORDS = Type(_knob, exact, number=False)
NAME = WORDS._replace(spare=True)  # beside a title
COUNT = Type(plain, exact)
KNOB = Type(_knob, exact)  # as it is written on the command line
EXACT = Type(lambda value: plain(decimal(value)), exact)  # a fraction with dots where its decimals continue
ROUNDED = Type(_brief, lambda value: nearest(value) if isinstance(value, Fraction) else exact(value))
SHARE = Type(lambda value: f"{fixed(100 * value, 1)} %", nearest)  # of a whole
CHANGE = Type(lambda value: f"{fixed(100 * value, 1, '+')} %", nearest)  # against another
RATIO = Type(_times, nearest, spare=True)  # how many times as much as another


class Column(NamedTuple):
    """A column: its names, its type and its unit."""

    name: str  # "mult_adds", for programs
    heading: str  # "mult-adds", for people
    type: Type = COUNT
    unit: str = ""  # "bytes", "params" ...; "" of what has none
    scale: Scale | None = None  # in which larger unit people see it; the data stays exact

    @property
    def title(self) -> str:
        """The heading for people, in its first line the unit: "params [M]"."""
        if not self.scale or self.scale.in_cells:
            return self.heading
        first, *rest = self.heading.split("\n")
        return "\n".join([f"{first} [{self.scale.unit(self.scale.prefixes[0])}]", *rest])

    def text(self, value: Any) -> str:
        """A value as text for people."""
        return self.scale.text(value) if self.scale and self.scale.fits(value) else self.type.text(value)

    def in_units(self, units: str, values: Sequence[Any]) -> Column:
        """The same column with counts in K, M or G, as it suits these values."""
        return self._replace(scale=scale_for(units, values, self.unit))


class _Table(NamedTuple):
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    totals: tuple[tuple[Any, ...], ...] = ()
    notes: tuple[str, ...] = ()  # knobs, convention, source
    name: str = "table"  # in one word, for a file or a sheet: a network, or what is shown


class Table(Shown, _Table):
    """Columns and rows of values, with a title, totals and notes.

    A value is a number, a word, or a shape; a Decimal keeps the digits that it has. None is unknown, of AtLeast only a
    lower bound is known, and ABSENT is a place without a value.
    """

    def tables(self) -> Sequence[Table]:
        return (self,)

    def texts(self) -> list[list[str]]:
        """The rows, then the totals, as text for people."""
        rows = (*self.rows, *self.totals)
        return [[column.text(value) for column, value in zip(self.columns, row, strict=True)] for row in rows]

    def data(self) -> list[list[Any]]:
        """The rows as data for programs; without totals, so that a column can be summed."""
        return [[column.type.data(value) for column, value in zip(self.columns, row, strict=True)] for row in self.rows]

    def sorted_by(self, name: str, descending: bool = False) -> Table:
        """The same table with its rows in the order of a column's values; rows without a value come last.

        Raises ArchcalcError.
        """
        names = [column.name for column in self.columns]
        if name not in names:
            raise _no_column(name, names)
        place = names.index(name)
        valued = [row for row in self.rows if exactly(row[place]) not in (None, ABSENT)]
        others = [row for row in self.rows if exactly(row[place]) in (None, ABSENT)]
        ordered = sorted(valued, key=lambda row: _order(row[place]), reverse=descending)
        return self._replace(rows=(*ordered, *others))

    def in_units(self, units: str) -> Table:
        """The same table with counts in one of UNITS for people, those of a kind in the same; the data stays exact.

        Raises ArchcalcError.
        """
        if units not in UNITS:
            raise ArchcalcError(f"units are {alternatives(UNITS)}, not {units!r}")
        values: dict[str, list[Any]] = {}
        for i, column in enumerate(self.columns):
            values.setdefault(column.unit, []).extend(row[i] for row in self.rows)
        columns = tuple(column.in_units(units, values[column.unit]) for column in self.columns)
        said = sizes([column.scale for column in columns if column.scale])
        return self._replace(columns=columns, notes=(*self.notes, *said))


def _no_column(name: str, known: Iterable[str]) -> ArchcalcError:
    there = dict.fromkeys(known)
    return ArchcalcError(f"no column {name!r} to sort by{suggest(name, there) or f' (there are {listing(there)})'}")


def _order(value: Any) -> tuple[int, Any]:
    """What a value is sorted by: numbers by size and before words, which are in the order of the alphabet."""
    if isinstance(value, tuple):
        return 1, [_order(item) for item in value]
    number = isinstance(value, (int, float, Fraction, Decimal))
    return (0, Fraction(value)) if number else (2, str(value).lower())


def sorted_tables(tables: Sequence[Table], by: str) -> list[Table]:
    """The tables sorted by a column, "-COLUMN" from the largest value down; those without it as they are.

    Raises ArchcalcError where none of them has such a column.
    """
    name, known = by.removeprefix("-"), [[column.name for column in table.columns] for table in tables]
    if not any(name in names for names in known):
        raise _no_column(name, (one for names in known for one in names))
    return [table.sorted_by(name, by.startswith("-")) if name in names else table
            for table, names in zip(tables, known, strict=True)]  # fmt: skip


def words(*names: str) -> tuple[Column, ...]:
    """Columns of words, whose headings come from their names."""
    return tuple(Column(name, name.replace("_", " "), WORDS) for name in names)


def numbers(*names: str, type: Type = COUNT, unit: str = "") -> tuple[Column, ...]:
    """Columns of numbers, whose headings come from their names."""
    own = {name: FIGURES[name].unit for name in names if type is COUNT and name in FIGURES}
    return tuple(Column(name, heading(name).replace("_", " "), type, unit or own.get(name, "")) for name in names)


def of_figure(figure: Figure, name: str = "") -> Column:
    """The column that shows a figure."""
    return Column(name or figure.name, figure.heading, digits(2) if figure.is_ratio else COUNT, figure.unit)


def asked_for(asked: Address) -> Column:
    """The column that shows an address's value, not rounded, since it may be compared with a bound."""
    return Column(str(asked), heading(str(asked)), EXACT, asked.unit)


def fraction(part: Any, whole: Any) -> Fraction | None:
    """part / whole if both are plain numbers, else None; 0 / 0 is 0."""
    if not isinstance(part, int) or not isinstance(whole, int):
        return None
    return Fraction(part, whole or 1)


def ratio(part: Any, whole: Any) -> Any:
    """part / whole; None if unknown, ABSENT if the whole is 0 or absent."""
    absent = isinstance(part, str) or isinstance(whole, str) or (isinstance(whole, int) and whole == 0)
    return ABSENT if absent else fraction(part, whole)


def groups(tables: Sequence[Table]) -> list[list[Table]]:
    """The tables with the same columns together, in the order of the first of each."""
    found: dict[tuple[str, ...], list[Table]] = {}
    for table in tables:
        found.setdefault(tuple(column.name for column in table.columns), []).append(table)
    return [*found.values()]
