"""CSV: bare numbers, one header, no notes; several networks stand below each other, named in the first column."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from archcalc.report import Report
from archcalc.tables.grid import Table, machine
from archcalc.tables.layout import Choice, summary_table

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def render_reports(reports: Sequence[Report], choice: Choice) -> str:
    """The rows of all networks; totals are left out, so that a column can be added up."""
    tables = [summary_table(report, choice) for report in reports]
    header = [column.key for column in tables[0].columns]
    if len(reports) == 1:
        return _written([header, *tables[0].rows])
    rows = [(report.label, *row) for report, table in zip(reports, tables, strict=True) for row in table.rows]
    return _written([["network", *header], *rows])


def render_tables(tables: Sequence[Table]) -> str:
    """Each table with its header, an empty line between two."""
    parts = [_written([[column.key for column in table.columns], *table.rows]) for table in tables]
    return "\r\n".join(parts)


def _written(rows: Sequence[Sequence[Any]]) -> str:
    file = StringIO()
    csv.writer(file).writerows([[_cell(value) for value in row] for row in rows])
    return file.getvalue()


def _cell(value: Any) -> Any:
    """Unknown is an empty cell; a text that a spreadsheet would take for a formula is quoted."""
    plain = machine(value)
    return f"'{plain}" if isinstance(plain, str) and plain.startswith(FORMULA) else plain
