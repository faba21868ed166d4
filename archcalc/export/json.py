"""JSON, the contract for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcalc.report import Report
from archcalc.tables.grid import Table, machine
from archcalc.tables.layout import Choice


def render_reports(reports: Sequence[Report], choice: Choice) -> str:
    """One network is an object, several are a list; always all layers, unknown is null."""
    data = [report.to_dict(choice.columns) for report in reports]
    return _written(data[0] if len(data) == 1 else data)


def render_tables(tables: Sequence[Table]) -> str:
    """A list of tables, each row an object."""
    data = [
        {
            "title": table.title,
            "rows": [{c.key: machine(v) for c, v in zip(table.columns, row, strict=True)} for row in table.rows],
            "notes": list(table.notes),
        }
        for table in tables
    ]
    return _written(data)


def _written(data: Any) -> str:
    return json.dumps(data, indent=1) + "\n"
