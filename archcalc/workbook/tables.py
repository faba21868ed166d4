"""Tables as a live workbook: their cells are formulas over sheets of the networks, which stand behind them.

What no sheet has, such as a depth or an accuracy, is a plain number in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from math import prod
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from archcalc.address import Term
from archcalc.core.bound import exactly
from archcalc.core.number import is_whole
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Tally
from archcalc.layouts.cells import Answer, Cell
from archcalc.layouts.tables import Filled
from archcalc.output.xlsx import FIRST_ROW, as_shown, put, put_text, sheet_name, side, workbook, write_table
from archcalc.quantity import KNOB, Quantity
from archcalc.report import Report
from archcalc.tables import Choice
from archcalc.traces.spreadsheet import Spreadsheet
from archcalc.traces.traced import Trace, Traced, name
from archcalc.workbook.book import KNOBS_ROW, Written, network_sheet, styles_of
from archcalc.workbook.sheet import STATUS, Formula

MOST_LAYERS = 900  # of a network with a sheet; the book opens quickly, and is small
SHAPES = ("input", "output")
INDEX = "tables"
SIZES = {"channels": "C", "rows": "H", "columns": "W"}
CELLS = {*SIZES, *SHAPES, "elements", "kernel", "stride", "pad", KNOB.name}  # figures in the cells of a layer
GREY = {"font_color": "#777777"}
HINT = (
    "Figures are formulas over the sheets of the networks behind the tables, where the blue cells can be changed. "
    "What is grey does not change."
)


class Source(NamedTuple):
    """A network's sheet, as formulas on other sheets read it."""

    report: Report
    written: Written

    def find(self, asked: Quantity) -> tuple[Formula, ...]:
        """The parts of a figure, of a number one and of a shape several; none if the sheet does not have it."""
        rows = self.rows(asked)
        if asked.figure == KNOB.name:
            row = KNOBS_ROW + [*self.report.knobs].index(asked.path)
            return (Formula(self.at(f"$B${row + 1}"), self.report.knobs[asked.path]),)
        if isinstance(FIGURES[asked.figure].rule, Tally):
            return self.sum(rows, FIGURES[asked.figure].heading)
        if not rows:
            return ()
        if asked.figure == "elements":
            sizes = self.cells(rows[-1], "out ")
            return (Formula(f"({'*'.join(one.text for one in sizes)})", prod(one.value for one in sizes)),)
        if asked.figure in SHAPES:
            return self.cells(*((rows[-1], "out ") if asked.figure == "output" else (rows[0], "in ")))
        if asked.figure in SIZES:
            return self.cells(rows[-1], f"out {SIZES[asked.figure]}")
        found = self.cells(rows[-1], asked.figure)
        if not found and asked.figure == "stride":
            found = self.cells(rows[-1], "kernel")
        if len({one.value for one in found}) != 1:
            return found
        (high, *_), (wide, *_) = found[0], found[-1]  # one number stands for both, as long as they are equal
        return (Formula(f"IF({high}={wide},{high},NA())", found[0].value),)

    def rows(self, asked: Quantity) -> list[int]:
        """The rows of the layers that are asked for."""
        path, done = asked.path, self.written.done
        return [
            row
            for row, node in enumerate(done.graph.nodes, done.layout.input_row)
            if (
                node.name == "input"
                if path == "input"
                else node.layer and f"{node.name}/".startswith(path and f"{path}/")
            )
            and (not asked.kind or (node.layer and node.layer.label == asked.kind))
        ]

    def sum(self, rows: Sequence[int], title: str) -> tuple[Formula, ...]:
        """The sum of a column over rows."""
        layout = self.written.done.layout
        cells = [self.written.done.cells.get((row, title)) for row in rows]
        values = [cell.value if isinstance(cell, Formula) else cell for cell in cells]
        if title not in layout.figures or None in values:
            return ()
        starts = [row for row in rows if row - 1 not in rows]
        ends = [row for row in rows if row + 1 not in rows]
        parts = [self.at(f"{layout.at(a, title)}:{layout.at(b, title)}") for a, b in zip(starts, ends, strict=True)]
        return (Formula(f"SUM({','.join(parts)})", sum(values)),) if parts else ()

    def cells(self, row: int, start: str) -> tuple[Formula, ...]:
        """The cells of a row in the columns whose title starts so."""
        done = self.written.done
        titles = [
            title for title in done.layout.columns if f"{title} ".startswith(start) and (row, title) in done.cells
        ]
        values = [done.cells[row, title] for title in titles]
        return tuple(
            Formula(self.at(done.layout.at(row, title)), value.value if isinstance(value, Formula) else value)
            for title, value in zip(titles, values, strict=True)
        )

    def at(self, cell: str) -> str:
        return f"'{self.written.sheet}'!{cell}"


def render(found: Sequence[Filled]) -> bytes:
    """An index, a sheet for each table, and behind them one for each network at its settings."""
    file, names = BytesIO(), {INDEX: None}
    book = workbook(file, ", ".join(one.layout.title for one in found))
    index = book.add_worksheet(INDEX)
    sheets = [book.add_worksheet(sheet_name(one.layout.name, names)) for one in found]
    sources = _sources(book, found, names)
    note = book.add_format(GREY)
    for row, (sheet, one) in enumerate(zip(sheets, found, strict=True)):
        index.write_url(row, 0, f"internal:'{sheet.name}'!A1", string=one.layout.title)
        _table(book, sheet, one, sources)
    put_text(index, len(sheets) + 1, 0, HINT, note)
    index.fit_to_pages(1, 0)
    index.set_column(0, 0, max(len(one.layout.title) for one in found))
    book.close()
    return file.getvalue()


def _sources(book: Workbook, found: Sequence[Filled], names: dict[str, None]) -> dict[str, Source]:
    """The sheets of the networks of which tables show a figure that a sheet has, by label."""
    asked: dict[str, tuple[Report, dict[str, None]]] = {}
    for answer in (answer for one in found for answer in one.shown):
        for term in answer.address.terms:
            if report := answer.report_of(term):
                asked.setdefault(report.label, (report, {}))[1][term.quantity.figure] = None
    sources, styles = dict[str, Source](), styles_of(book)
    for label, (report, figures) in asked.items():
        sums = tuple(one for one in figures if one in FIGURES and isinstance(FIGURES[one].rule, Tally))
        if (sums or figures.keys() & CELLS) and len(report.layers) <= MOST_LAYERS:
            name = sheet_name(label, names)
            sources[label] = Source(report, network_sheet(book, styles, report, name, Choice(columns=sums)))
    return sources


def _table(book: Workbook, sheet: Worksheet, one: Filled, sources: dict[str, Source]) -> None:
    """Write a table, and its figures again: as formulas, or in grey."""
    table = one.table
    write_table(book, sheet, table)
    values, texts = (*table.rows, *table.totals), table.texts()
    for row, cells in enumerate((*one.rows, *one.totals)):
        for column, cell in enumerate(cells):
            if not any(isinstance(part, Answer) for part in cell.parts):
                continue
            own, text = table.columns[column], texts[row][column]
            shown = as_shown(text) if own.type.number else as_shown(text).replace("#,##0", "0")
            total = {"bold": True, "top": 1} if row >= len(table.rows) else {}
            look = {**side(own, column), "num_format": shown, **total}
            if formula := Cells(sources).of(cell):
                value = float(formula.value) if isinstance(formula.value, Fraction) else formula.value
                sheet.write_formula(FIRST_ROW + row, column, f"={formula.text}", book.add_format(look), value)
            else:
                data, grey = own.type.data(values[row][column]), book.add_format({**look, **GREY})
                put(sheet, FIRST_ROW + row, column, data if isinstance(data, (int, float)) else text, grey)


class Cells:
    """Writes a cell as a formula, and remembers the sheets it reads."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self.sources, self.writer = sources, Spreadsheet()
        self.read: dict[str, None] = {}

    def of(self, cell: Cell) -> Formula | None:
        """The formula; None if no part of the cell stands on a sheet, or if its number is not known."""
        answer = cell.answer if cell.answer and cell.answer.is_number else None
        if answer and exactly(answer.value) is None:
            return None
        text = self.number(answer) if answer else "&".join(map(self.text, cell.parts))
        value = answer.look.program(answer.value) if answer else cell.text
        valid = ",".join(f"'{sheet}'!{STATUS}=\"valid\"" for sheet in self.read)
        return Formula(f'IFERROR(IF(AND({valid}),{text},""),"")', value) if valid else None

    def text(self, part: str | Answer) -> str:
        """A part of a text."""
        if isinstance(part, str):
            return self.writer.text(part)
        if isinstance(part.value, tuple) and part.address.single:
            found = self.found(part.address.single, part, part.value)
            is_shape = part.address.single.quantity.figure in SHAPES
            if found:
                return '&"x"&'.join(one.text for one in ((*found[1:], found[0]) if is_shape else found))
        if not part.is_number or exactly(part.value) is None:
            return self.writer.text(part.text)
        digits = part.look.digits
        return self.number(part) if digits is None else f'TEXT({self.number(part)},"{as_shown(part.text)}")'

    def number(self, answer: Answer) -> str:
        """A number in its unit."""
        trace, unit = Trace(), Fraction(answer.look.unit)

        def traced(term: Term) -> Any:
            value = term.value(answer.report)
            found = self.found(term, answer, (value,))
            return name(found[0].text, value, trace, is_whole(value)) if found else value

        result = answer.address.evaluate(traced)  # type: ignore[arg-type]  # terms are its symbols
        text = self.writer.write(result) if isinstance(result, Traced) else self.writer.text(answer.text)
        parts = [
            f"({text})",
            f"*{unit.denominator}" * (unit.denominator > 1),
            f"/{unit.numerator}" * (unit.numerator > 1),
        ]
        return text if unit == 1 else "".join(parts)

    def found(self, term: Term, answer: Answer, values: tuple[Any, ...]) -> tuple[Formula, ...]:
        """The cells that have these values of a figure now; none if a sheet does not show it."""
        report = answer.report_of(term)
        source = self.sources.get(report.label) if report else None
        found = source.find(term.quantity) if source else ()
        if not source or tuple(one.value for one in found) != values:
            return ()
        self.read[source.written.sheet] = None
        return found
