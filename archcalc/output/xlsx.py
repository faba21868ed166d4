"""Tables as the sheets of a workbook, with numbers that show as many digits as on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from io import BytesIO
from textwrap import wrap
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from archcalc.core.errors import ArchcalcError
from archcalc.core.value import show
from archcalc.output.rounding import PREFIXES, Scale
from archcalc.output.table import Column, Table

EXACT = 10**15  # from which on a spreadsheet does not show every digit
FIRST_ROW = 2  # of a table's values, below its title and its headings
NOTE_WIDTH, WIDEST = 100, 60  # characters of a line of a note, and of a column
A4 = 9  # the number of this size of paper in a workbook
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
MADE = datetime(2000, 1, 1)  # not the time, so that equal tables are equal files
UNKNOWN = "unknown"  # what a cell says that has no number
NUMBER = {"num_format": f'[>={EXACT}]"more than 15 digits";#,##0'}
FORMATS: dict[str, dict[str, Any]] = {
    "plain": {},
    "head": {"bold": True, "bottom": 1},
    "bold": {"bold": True, "top": 1, **NUMBER},
    "note": {"font_color": "#555555"},
}


def workbook(file: BytesIO, title: str = "", comments: str = "") -> Workbook:
    """An empty workbook; the file is the same whenever it is made."""
    book = Workbook(file, OPTIONS)
    book.set_properties({"title": title, "comments": comments, "created": MADE})
    return book


def render_tables(tables: Sequence[Table]) -> bytes:
    """A sheet for each table. Raises ArchcalcError."""
    file, names = BytesIO(), dict[str, None]()
    book = workbook(file)
    for table in tables:
        write_table(book, book.add_worksheet(sheet_name(table.name, names)), table)
    book.close()
    return file.getvalue()


def write_table(book: Workbook, sheet: Worksheet, table: Table) -> None:
    """Write a table into its sheet."""
    rows = (*table.rows, *table.totals)
    put_text(sheet, 0, 0, table.title, book.add_format({"bold": True}))
    for i, column in enumerate(table.columns):
        _column(book, sheet, i, column, [row[i] for row in rows], len(table.rows))
    put_notes(sheet, FIRST_ROW + len(rows) + 1, table.notes, book.add_format(FORMATS["note"]))
    sheet.freeze_panes(FIRST_ROW, 1)
    fit_page(sheet, FIRST_ROW - 1)


def put_notes(sheet: Worksheet, row: int, notes: Sequence[str], style: Any) -> None:
    """Write notes below a table, each on as many rows as it needs."""
    for at, line in enumerate((line for note in notes for line in wrap(note, NOTE_WIDTH)), row):
        put_text(sheet, at, 0, line, style)


def fit_page(sheet: Worksheet, headings: int) -> None:
    """Print the sheet on landscape pages as wide as it is, with its row of headings on each."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(headings)


def _column(book: Workbook, sheet: Worksheet, place: int, column: Column, values: Sequence[Any], body: int) -> None:
    """A column's heading and values, of which those below the body are totals."""
    if column.scale and column.scale.base != 1000:  # a format divides by thousands only
        column = column._replace(scale=None)
    heading, texts = column.title.replace("\n", " "), [*map(column.text, values)]
    put_text(sheet, FIRST_ROW - 1, place, heading, book.add_format({**FORMATS["head"], **side(column, place)}))
    for i, (value, text) in enumerate(zip(values, texts, strict=True)):
        look = book.add_format(
            {
                **FORMATS["plain" if i < body else "bold"],
                **side(column, place),
                "num_format": as_shown(text, column.scale),
            }
        )
        put(sheet, FIRST_ROW + i, place, _cell(value, column.type.data(value), text), look)
    sheet.set_column(place, place, min(WIDEST, max(map(len, (heading, *texts)))) + 2)


def side(column: Column, place: int) -> dict[str, Any]:
    """The side to which a column's cells are aligned; words keep a distance from numbers to their left."""
    return {"align": "right"} if column.type.number else {"align": "left", "indent": int(place > 0)}


def _cell(value: Any, number: Any, text: str) -> Any:
    """A number where a spreadsheet shows all of it, a fraction, or the text."""
    if isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) < EXACT:
        return number
    short = isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) < EXACT
    return value if value is None or short else text


def as_shown(text: str, scale: Scale | None = None) -> str:
    """The format in which a spreadsheet shows a number with the sign, the decimals and the unit of this text."""
    found = re.fullmatch(r"(\+?)-?[\d,]+(\.\d+)?( %| [KMG])?", text)
    if not found:
        return "General"
    sign, decimals, behind = (part or "" for part in found.groups())
    prefix = behind.strip(" %") or (scale.prefixes[0] if scale and not scale.in_cells else "")
    unit = f' "{prefix}"' if behind.strip(" %") else behind
    return f"{sign}#,##0{re.sub('[0-9]', '0', decimals)}{',' * PREFIXES.index(prefix)}{unit}"


def put_text(sheet: Worksheet, row: int, column: int, text: str, style: Any) -> None:
    if sheet.write_string(row, column, text, style):
        raise ArchcalcError(f"{text[:20]!r}... is too long for a cell of a workbook; the other formats hold it")


def sheet_name(label: str, taken: dict[str, None]) -> str:
    """A name that a workbook allows, and that is free."""
    stem = re.sub(r"[^A-Za-z0-9_.,=-]", "_", label)[:28]
    name = next(n for n in (stem, *(f"{stem}_{i}" for i in range(2, 100))) if n.lower() not in taken)
    taken[name.lower()] = None
    return name


def put(sheet: Worksheet, row: int, column: int, value: Any, style: Any) -> None:
    """Write a number, a fraction, a word, or that it is not known."""
    if value is None:
        sheet.write_string(row, column, UNKNOWN, style)
    elif isinstance(value, (bool, str)):
        put_text(sheet, row, column, show(value), style)
    elif isinstance(value, Fraction):
        sheet.write_formula(row, column, f"={value.numerator}/{value.denominator}", style, float(value))
    else:
        sheet.write_number(row, column, value, style)
