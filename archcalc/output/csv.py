"""CSV: bare numbers, one header, no notes and no totals, so that a column can be added up."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

from archcalc.output.table import Table, groups

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def render_tables(tables: Sequence[Table]) -> str:
    """Tables with the same columns below each other, named in the first one; else an empty line between two."""
    parts = []
    for group in groups(tables):
        header, named = [column.name for column in group[0].columns], len(group) > 1
        rows = [[*[table.name] * named, *map(cell, row, data)] for table in group
                for row, data in zip(table.rows, table.data(), strict=True)]  # fmt: skip
        file = StringIO()
        csv.writer(file).writerows([[*["network"] * named, *header], *rows])
        parts.append(file.getvalue())
    return "\r\n".join(parts)


def cell(value: Any, data: Any) -> Any:
    """The value as data; a text that a spreadsheet would take for a formula is quoted, but a fraction is not."""
    runs = isinstance(data, str) and data.startswith(FORMULA) and not isinstance(value, Fraction)
    return f"'{data}" if runs else data
