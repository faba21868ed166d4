"""A layout as a table: every cell is filled, and a column of numbers is one of numbers in every format."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from archcalc.core.bound import exactly
from archcalc.core.errors import ArchcalcError, Place, Problem, Refusal, SpecError
from archcalc.figures.sentence import sentence
from archcalc.layouts.cells import Answer, Cell, Words, expanded, filled, lacking
from archcalc.layouts.layout import NETWORK, Column, Layout
from archcalc.model import reference
from archcalc.output import table
from archcalc.output.table import WORDS, Table, Type
from archcalc.quantity import Quantity
from archcalc.report import Report
from archcalc.spec.text import Scalar
from archcalc.tables import unknown_among

BLANK = ("", "-")  # texts that may stand in a column of numbers


class Filled(NamedTuple):
    """A layout with its cells filled, by row."""

    layout: Layout
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[tuple[Cell, ...], ...]
    notes: tuple[Cell, ...]

    @property
    def shown(self) -> list[Answer]:
        """All figures in the rows."""
        cells = [cell for row in (*self.rows, *self.totals) for cell in row]
        return [part for cell in cells for part in cell.parts if isinstance(part, Answer)]

    @property
    def answers(self) -> list[Answer]:
        """All figures, with those in the notes."""
        return [*self.shown, *(part for note in self.notes for part in note.parts if isinstance(part, Answer))]

    @property
    def table(self) -> Table:
        """The table; its last notes say how the figures are counted, and where the table is from."""
        cells, count = (*self.rows, *self.totals), len(self.rows)
        parts = [_column(heading, [row[i] for row in cells]) for i, heading in enumerate(self.headings)]
        rows = tuple(zip(*(values for _, values in parts), strict=True))
        source = self.layout.source
        told = [*_unknown(self.answers), _counted(self.answers), f"source: {source}" if source else ""]
        notes = [*(note.prose for note in self.notes), *told]
        columns = tuple(column for column, _ in parts)
        return Table(self.layout.title, columns, rows[:count], rows[count:], tuple(filter(None, notes)),
                     self.layout.name)  # fmt: skip


def fill(layout: Layout) -> Filled:
    """Compute all figures of a layout. Raises SpecError with all mistakes."""
    filler = _Filler(layout)
    heads = tuple(filler.heading(column) for column in layout.columns)
    rows, totals = (
        tuple(tuple(filler.cell(column, head, row) for column, head in zip(layout.columns, heads, strict=True))
              for row in part)
        for part in (layout.rows, layout.totals)
    )  # fmt: skip
    notes = tuple(filler.filled(text, layout.words, "a note") for text in layout.notes)
    for number, column in enumerate(layout.columns):
        if heads[number] in heads[:number]:
            filler.problems.append(Problem(f"two columns have the heading {heads[number]!r}", column.heading.place))
    if filler.problems:
        raise SpecError({(one.place, one.message): one for one in reversed(filler.problems)}.values())
    return Filled(layout, heads, rows, totals, notes)


class _Filler:
    """Fills the cells of one table, and collects what is wrong with them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.problems: list[Problem] = []
        self.reports: dict[str, Report] = {}  # of networks at their settings, by text

    def heading(self, column: Column) -> str:
        """The column's heading, with its words."""
        try:
            return expanded(column.heading, column.words).text
        except Refusal as refusal:
            self.problems.append(refusal.at(column.heading.place))
            return column.heading.text

    def cell(self, column: Column, heading: str, row: Words) -> Cell:
        """The cell of a row: what the row gives under the heading, or else the first text that has all its words."""
        words = {**self.layout.words, **column.words, **row}
        if heading in row:
            return self.filled(row[heading], words, f"the column {heading!r}")
        text = next((text for text in column.cells if not lacking(text, words)), None)
        return self.filled(text, words, f"the column {heading!r}") if text else Cell()

    def filled(self, text: Scalar, words: Words, where: str) -> Cell:
        """A filled text; an empty one if something is wrong with it."""
        try:
            return filled(expanded(text, words), partial(self.report, words))
        except SpecError as error:
            self.problems += [one._replace(context=_context(one.place, where)) for one in error.problems]
        except (ArchcalcError, Refusal) as error:
            place = getattr(error, "place", None) or text.place
            self.problems.append(Problem(str(error), place, _context(place, where)))
        return Cell()

    def report(self, words: Words) -> Report:
        """The network of a cell that names none. Raises Refusal."""
        if NETWORK not in words:
            raise Refusal("of which network? Write NETWORK: FIGURE, or give the table or the row a 'network:'")
        text = expanded(words[NETWORK], words)
        try:
            if text.text not in self.reports:
                self.reports[text.text] = reference(text.text).summary({})
        except ArchcalcError as error:
            raise Refusal(str(error), text.place) from None
        return self.reports[text.text]


def _context(place: Place, where: str) -> str:
    return f"in {where}" if place.read_as else ""


def _column(heading: str, cells: Sequence[Cell]) -> tuple[table.Column, list[Any]]:
    """A column of numbers where all its cells are numbers that look alike, else one of texts."""
    numbers = [cell.answer for cell in cells if cell.answer and cell.answer.is_number]
    others = [cell for cell in cells if not (cell.answer and cell.answer.is_number)]
    looks = {answer.look for answer in numbers}
    if len(looks) != 1 or any(cell.text not in BLANK for cell in others):
        return table.Column(heading, heading, WORDS), [cell.text for cell in cells]
    units = {answer.address.unit for answer in numbers if answer.look.unit == 1}
    own = Type(numbers[0].look.people, numbers[0].look.program)
    values = [cell.answer.value if cell.answer else cell.text for cell in cells]
    return table.Column(heading, heading, own, units.pop() if len(units) == 1 else ""), values


def _counted(answers: Sequence[Answer]) -> str:
    """The sentence on how the figures are counted."""
    asked = _asked(answers)
    graphs = {id(report): report.graph for _, report in asked}
    return sentence([*dict.fromkeys(quantity.figure for quantity, _ in asked)], graphs.values())


def _unknown(answers: Sequence[Answer]) -> list[str]:
    """The line on what is not known of them."""
    bounds = [answer for answer in answers if answer.is_number and exactly(answer.value) is None]
    return unknown_among(_asked(bounds))


def _asked(answers: Sequence[Answer]) -> list[tuple[Quantity, Report]]:
    """What is asked of which report."""
    asked = [(answer, term) for answer in answers for term in answer.address.terms]
    return [(term.quantity, report) for answer, term in asked if (report := answer.report_of(term))]
