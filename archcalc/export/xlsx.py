"""A workbook whose figures are live: knobs feed the layers' columns, these the costs, these the totals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from archcalc.engine.cost import CONVENTION, total
from archcalc.errors import ArchcalcError
from archcalc.export.cells import Cell, cell
from archcalc.export.live import Walk, walk
from archcalc.report import Report
from archcalc.tables.layout import Choice

KNOBS_ROW = 4
HINT = "Blue cells can be changed. The number of layers is that of the knobs at the time of export."
FIGURES = (("params", "params"), ("buffers", "buffers"), ("mult-adds", "mult_adds"))
MOST_ROWS = 1 << 20


NUMBER = {"num_format": "#,##0"}
FORMATS: dict[str, dict[str, Any]] = {
    "plain": {},
    "number": NUMBER,
    "knob": {"font_color": "#0000cc", "bg_color": "#eef2ff"},
    "head": {"bold": True, "bottom": 1},
    "bold": {"bold": True, "top": 1, **NUMBER},
    "percent": {"num_format": "0.0 %"},
    "note": {"font_color": "#555555"},
}


class Styles(NamedTuple):
    """The workbook's formats."""

    plain: Any
    number: Any
    knob: Any
    head: Any
    bold: Any
    percent: Any
    note: Any


def render_reports(reports: Sequence[Report], choice: Choice) -> bytes:
    """A sheet for each network, all layers, and one with the totals side by side. Raises ArchcalcError."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": ", ".join(report.label for report in reports), "comments": CONVENTION})
    styles = Styles(**{name: book.add_format(format_) for name, format_ in FORMATS.items()})
    overview = book.add_worksheet("totals")
    names: dict[str, None] = {"totals": None}
    rows = [_network(book, styles, report, _sheet_name(report.label, names)) for report in reports]
    _overview(overview, styles, rows)
    book.close()
    return file.getvalue()


def _sheet_name(label: str, taken: dict[str, None]) -> str:
    """A name that a workbook allows, and that is free."""
    stem = re.sub(r"[^A-Za-z0-9_.,=-]", "_", label)[:28]
    name = next(n for n in (stem, *(f"{stem}_{i}" for i in range(2, 100))) if n.lower() not in taken)
    taken[name.lower()] = None
    return name


def _network(book: Workbook, styles: Styles, report: Report, name: str) -> tuple[str, str, int, dict[str, Cell]]:
    """Write a network's sheet; gives its label, name and the addresses of its totals."""
    if len(report.layers) > MOST_ROWS - 100:
        raise ArchcalcError(f"{report.label} has more layers than a sheet has rows")
    sheet, done = book.add_worksheet(name), walk(report, KNOBS_ROW)
    columns = done.layout.columns
    for row, text in enumerate((f"{report.title}. {report.source}", CONVENTION, HINT)):
        sheet.write_string(row, 0, text, styles.head if row == 0 else styles.note)
    for row, (knob, value) in enumerate(report.knobs.items(), KNOBS_ROW):
        sheet.write_string(row, 0, knob)
        _put(sheet, row, 1, value, styles.knob)
        sheet.write_string(row, 2, report.spec.given[knob].help, styles.note)
    for title, column in columns.items():
        sheet.write_string(done.layout.input_row - 1, column, title, styles.head)
    last = done.layout.input_row + len(done.graph.nodes) - 1
    _rows(sheet, styles, report, done, last)
    totals = _totals(sheet, styles, report, done, last)
    sheet.freeze_panes(done.layout.input_row, 1)
    sheet.set_column(0, 0, max(len(node.name) for node in done.graph.nodes) + 2)
    sheet.set_column(columns["params"], columns["mult-adds"], 16)
    return report.label, name, len(report.layers), totals


def _rows(sheet: Worksheet, styles: Styles, report: Report, done: Walk, last: int) -> None:
    columns, first = done.layout.columns, done.layout.input_row
    whole = f"{_absolute(done, last + 1, 'mult-adds')}"
    for (row, title), value in done.cells.items():
        _put(sheet, row, columns[title], value, styles.plain if isinstance(value, Cell) else styles.knob)
    for index, node in enumerate(done.graph.nodes):
        sheet.write_string(first + index, 0, node.name)
        if node.layer is None:
            continue
        sheet.write_string(first + index, 1, node.layer.label)
        cost = done.costs[index]
        for title, figure in FIGURES:
            counted = node.shared is None or figure == "mult_adds"
            _put(sheet, first + index, columns[title], getattr(cost, figure) if counted else 0, styles.number)
        part = report.layers[index - 1].mult_adds
        share = Fraction(part, report.totals.mult_adds) if part and report.totals.mult_adds else 0
        formula = Cell(f"IF({whole}=0,0,{done.layout.at(first + index, 'mult-adds')}/{whole})", share)
        _put(sheet, first + index, columns["share"], formula if part is not None else None, styles.percent)


def _totals(sheet: Worksheet, styles: Styles, report: Report, done: Walk, last: int) -> dict[str, Cell]:
    columns, found = done.layout.columns, {}
    unknown = "total of what is known" if report.unknown else "total"
    sheet.write_string(last + 1, 0, unknown, styles.bold)
    known = total(row.cost.known() for row in report.layers)
    for title, figure in FIGURES:
        top, bottom = done.layout.at(done.layout.input_row + 1, title), done.layout.at(last, title)
        _put(sheet, last + 1, columns[title], Cell(f"SUM({top}:{bottom})", getattr(known, figure)), styles.bold)
        found[title] = Cell(_absolute(done, last + 1, title), getattr(known, figure))
    return found


def _absolute(done: Walk, row: int, title: str) -> str:
    address = done.layout.at(row, title)
    letters = address.rstrip("0123456789")
    return f"${letters}${address[len(letters) :]}"


def _overview(sheet: Worksheet, styles: Styles, rows: Sequence[tuple[str, str, int, dict[str, Cell]]]) -> None:
    titles = ("network", "layers", "params", "ratio", "buffers", "mult-adds", "ratio", "MiB in float32")
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, styles.head)
    for row, (label, name, layers, totals) in enumerate(rows, 1):
        params, buffers, work = (Cell(f"'{name}'!{c.text}", c.value) for c in totals.values())
        sheet.write_string(row, 0, label)
        _put(sheet, row, 1, layers, styles.number)
        ratios = [_ratio(value, row, column, rows[0][3][title].value) for column, title, value in
                  (("C", "params", params), ("F", "mult-adds", work))]  # fmt: skip
        for column, value in ((2, params), (3, ratios[0]), (4, buffers), (5, work), (6, ratios[1])):
            _put(sheet, row, column, value, styles.number if column in (2, 4, 5) else styles.plain)
        _put(sheet, row, 7, Cell(f"C{row + 1}*4/1048576", Fraction(4 * params.value, 1 << 20)), styles.plain)
    sheet.write_string(len(rows) + 2, 0, CONVENTION, styles.note)
    sheet.set_column(0, 0, max(len(label) for label, *_ in rows) + 2)
    sheet.set_column(1, 7, 16)


def _ratio(value: Cell, row: int, column: str, first: Any) -> Cell:
    share = Fraction(value.value, first) if first else 0
    return Cell(f"IF({column}$2=0,0,{column}{row + 1}/{column}$2)", share)


def _put(sheet: Worksheet, row: int, column: int, value: Any, style: Any) -> None:
    """Write a formula with its value, a number, a word, or nothing for what is unknown."""
    if value is None:
        sheet.write_string(row, column, "unknown", style)
    elif isinstance(value, Cell):
        result = value.value
        sheet.write_formula(row, column, f"={value.text}", style, result if isinstance(result, int) else float(result))
    elif isinstance(value, (bool, str)):
        sheet.write_string(row, column, str(value).lower() if isinstance(value, bool) else value, style)
    elif isinstance(value, Fraction):
        sheet.write_formula(row, column, f"={cell(value).text}", style, float(value))
    else:
        sheet.write_number(row, column, value, style)
