"""JSON, the contract for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcalc.core.bound import BOUNDS, AtLeast
from archcalc.output.table import Column, Table


def render_tables(tables: Sequence[Table]) -> str:
    """A list of tables, each row an object."""
    return written(list(map(_table, tables)))


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "units": {column.name: column.unit for column in table.columns if column.unit},
        "rows": [_row(table.columns, values, data) for values, data in zip(table.rows, table.data(), strict=True)],
        "notes": list(table.notes),
    }


def _row(columns: Sequence[Column], values: Sequence[Any], data: Sequence[Any]) -> dict[str, Any]:
    """A row as an object; the lower bounds of what is null stand in one of their own."""
    bounds = {column.name: column.type.data(value.value) for column, value in zip(columns, values, strict=True)
              if isinstance(value, AtLeast)}  # fmt: skip
    cells = {column.name: cell for column, cell in zip(columns, data, strict=True)}
    return cells | ({BOUNDS: bounds} if bounds else {})


def written(data: Any) -> str:
    """The data as a file holds it."""
    return json.dumps(data, indent=1) + "\n"
