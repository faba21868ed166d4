"""The sheet of a network as values: what each cell computes, what it gives now, and what must hold for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from fractions import Fraction
from typing import Any, NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.value import show
from archcalc.figures.rules import Rule
from archcalc.spec.model import Knob
from archcalc.traces.copies import Copies
from archcalc.traces.spreadsheet import DECIMALS, Spreadsheet
from archcalc.traces.traced import Condition, Trace, Traced, first_of, name, value_of, varies

CHECK = "check"
STATUS = "$B$4"
VALID = f'{STATUS}="valid"'
OTHER_LAYERS = "with these values the network has other layers than this sheet; export it again with them"
NO_NUMBER = "a value is not a number"
PRECISION = 6  # decimals of a knob: then the nine decimals that a sheet computes with are enough
LARGEST_DIVISOR = 1000  # of a knob that is a fraction, such as 160/224


class Formula(NamedTuple):
    """What a cell computes, without the leading "=", and what that gives now."""

    text: str
    value: Any


class Layout(NamedTuple):
    """Where things stand on the sheet; rows and columns count from 0."""

    knobs_row: int  # of the first knob
    input_row: int  # of the network's input; the layers follow
    columns: dict[str, int]  # title -> column
    figures: dict[str, Rule]  # title -> how it is counted

    def at(self, row: int, title: str, fixed: bool = False) -> str:
        """The address of a layer's cell; a ``fixed`` one stays the same in a copied formula: $A$1."""
        return str(xl_rowcol_to_cell(row, self.columns[title], fixed, fixed))


class Sheet:
    """The cells so far, by row and title."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.trace = layout, Trace()
        self.writer, self.checker = Spreadsheet(), Spreadsheet()  # a cell that only checks read moves no figure
        self.cells: dict[tuple[int, str], Any] = {}  # a Formula, a plain value, None for what is not known
        self.decided: set[str] = set()  # what decided the structure, as formulas
        self.copies: Copies | None = None  # the repetition that the rows stand for

    def fork(self) -> Sheet:
        """Another that goes on from here."""
        other = copy(self)
        other.cells, other.decided, other.writer = {**self.cells}, {*self.decided}, Spreadsheet()
        other.writer.used |= self.writer.used
        return other

    def knob(self, row: int, knob: Knob, value: Any, whole: bool) -> Any:
        """A knob's value: traced, or the word that it is. ``whole``: it must be. Raises ArchcalcError."""
        if isinstance(value, (bool, str)):
            return value
        if not isinstance(value, (int, Fraction)):
            raise ArchcalcError(f"a workbook needs numbers; {knob.name} = {value}")
        address = f"$B${row + 1}"
        self.cells[row, CHECK] = Formula(knob_check(knob, address, whole), "")
        return name(address, value, self.trace, whole, knob.minimum)

    def put(self, row: int, title: str, value: Any) -> Any:
        """A number in its cell, which stands for it from now on; a plain one can be changed there.

        Of what differs among copies it is that of the first, and stands for no other.
        """
        address, now = self.layout.at(row, title), first_of(value)
        if not isinstance(now, Traced):
            self.cells[row, title] = now
            return value if varies(value) else name(address, value, self.trace, whole=False)  # somebody may write 2.5
        text = self.writer.write(now)
        self.cells[row, title] = Formula(text if now.whole else f"ROUND({text},{DECIMALS})", now.value)
        return value if varies(value) else name(address, now.value, self.trace, now.whole, now.low)

    def show(self, row: int, title: str, value: Any) -> Any:
        """The same, but a plain number stays what it is."""
        if isinstance(value, Traced):
            return self.put(row, title, value)
        self.cells[row, title] = value
        return value

    def figure(self, row: int, title: str, value: Any) -> None:
        """A cost, shown where the whole network is valid; 0 is always 0, and None is not known."""
        known = value is not None and not (isinstance(value, int) and value == 0)
        if self.copies:
            value = self.copies.sum(value)
        self.cells[row, title] = (
            Formula(f'IF({VALID},{self.writer.write(value)},"")', value_of(value)) if known else value
        )

    def check(self, row: int, needs: Iterable[tuple[Any, str]]) -> None:
        """What must hold for a row: the cell says what does not."""
        asked: dict[str, dict[str, None]] = {}  # message -> conditions
        for condition, text in (*needs, *self.trace.needed, *self._structure()):
            if isinstance(condition, Condition):
                where = "in one of the copies (the numbers are those of the first): " * varies(condition)
                asked.setdefault(where + text, {})[self.checker.write(condition)] = None
        parts = [self._said(conditions, text) for text, conditions in asked.items()]
        if parts:
            said = f'IFERROR({"&".join(parts)},"{NO_NUMBER}")'
            said = f'IF({self.checker.write(self.copies.count)}<1,"",{said})' if self.copies else said
            before = self.cells.get((row, CHECK))
            self.cells[row, CHECK] = Formula(f"{before.text}&{said}" if before else said, "")
        self.trace.clear()

    def _said(self, conditions: Iterable[str], text: str) -> str:
        first, *others = conditions
        together = f"AND({','.join((first, *others))})" if others else first
        quoted = {mark: first_of(number) for mark, number in self.trace.quoted.items()}
        return f'IF({together},"",{self.checker.message(f"{text}. ", quoted)})'

    def _structure(self) -> Iterator[tuple[Condition, str]]:
        """What has decided the structure since the last check; each condition once."""
        for condition in self.trace.decided:
            text = self.checker.write(condition)
            if text not in self.decided:
                self.decided.add(text)
                yield condition, OTHER_LAYERS


def knob_check(knob: Knob, address: str, whole: bool) -> str:
    """The formula that says what is wrong with a knob's value."""
    needs = [(f"ISNUMBER({address})", "a number")]
    if knob.choices:
        found = ",".join(f"{address}={show(choice)}" for choice in knob.choices)
        needs.append((f"OR({found})", f"one of {listing(map(show, knob.choices))}"))
    if knob.minimum is not None:
        needs.append((f"{address}>={knob.minimum}", f"at least {show(knob.minimum)}"))
    if knob.maximum is not None:
        needs.append((f"{address}<={knob.maximum}", f"at most {show(knob.maximum)}"))
    if whole:
        needs.append((f"INT({address})={address}", "a whole number"))
    else:
        multiples = f"{address}*ROW($1:${LARGEST_DIVISOR})"
        fraction = f"SUMPRODUCT(--(ABS({multiples}-ROUND({multiples},0))<1E-10))>0"
        words = f"a number of at most {PRECISION} decimals, or a fraction such as 160/224"
        needs.append((f"OR(ROUND({address},{PRECISION})={address},{fraction})", words))
    parts = "&".join(f'IF({condition},"","it is {words}. ")' for condition, words in needs)
    return f'IFERROR({parts},"{NO_NUMBER}")'
