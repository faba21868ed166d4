"""JSON, the contract for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcalc.output.table import Table


def render_tables(tables: Sequence[Table]) -> str:
    """A list of tables, each row an object."""
    return written(list(map(_table, tables)))


def _table(table: Table) -> dict[str, Any]:
    names = [column.name for column in table.columns]
    return {
        "name": table.name,
        "title": table.title,
        "units": {column.name: column.unit for column in table.columns if column.unit},
        "rows": [dict(zip(names, row, strict=True)) for row in table.data()],
        "notes": list(table.notes),
    }


def written(data: Any) -> str:
    """The data as a file holds it."""
    return json.dumps(data, indent=1) + "\n"
