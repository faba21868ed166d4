"""Reports as files: JSON and the live workbook are written from the reports themselves, the rest from their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.output import render_tables
from archcalc.output.formats import BY_NAME
from archcalc.report import Report
from archcalc.tables import Choice, summary_tables

OF_REPORTS = ("json", "xlsx")


def render(reports: Sequence[Report], format_: str, choice: Choice, **how: Any) -> bytes:
    """The contents of a file of that format: in JSON one network is an object with all layers, several are a list."""
    if format_ == "xlsx":
        from archcalc.workbook.book import render_reports

        return render_reports(reports, choice)
    if format_ == "json":
        from archcalc.output.json import written

        data = [report.to_dict(choice.columns) for report in reports]
        return written(data[0] if len(data) == 1 else data).encode()
    return render_tables(summary_tables(reports, choice, overview=not BY_NAME[format_].bare), format_, **how)
