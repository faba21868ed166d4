"""Reports and layouts as files: JSON of reports and live workbooks are written from them, the rest from tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archcalc.core.errors import ArchcalcError
from archcalc.output import render_tables, suffix
from archcalc.output.formats import BY_NAME
from archcalc.report import Report
from archcalc.tables import Choice, summary_tables

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.layouts.tables import Filled

OF_REPORTS = ("json", "xlsx")
IN_FOLDER = ("md", "csv", "tex")  # the files of each table of a folder


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


def folder(found: Sequence[Filled], path: Path) -> dict[Path, bytes]:
    """A folder's files: those of each table, a workbook of all, and an index. Raises ArchcalcError."""
    book = f"{path.resolve().name}.xlsx"
    return {path / name: data for name, data in {**pages(found, book), book: live(found)}.items()}


def pages(found: Sequence[Filled], book: str) -> dict[str, bytes]:
    """The files of each table, and an index of them and of the workbook. Raises ArchcalcError."""
    names = [one.layout.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ArchcalcError(f"two tables are called {twice!r}, and so would be their files")
    files = {f"{table.name}{suffix(format_)}": render_tables([table], format_)
             for table in (one.table for one in found) for format_ in IN_FOLDER}  # fmt: skip
    return {"README.md": _index(found, book).encode(), **files}


def live(found: Sequence[Filled]) -> bytes:
    """Tables as a live workbook."""
    from archcalc.workbook.tables import render

    return render(found)


def _index(found: Sequence[Filled], book: str) -> str:
    """A page with a line for each table."""
    from archcalc.output.md import escape

    links = {format_: f"{{name}}{suffix(format_)}" for format_ in IN_FOLDER}
    lines = [
        "# Tables",
        "",
        f"[{book}]({book}) has all of them, as formulas over sheets of the networks.",
        "",
        f"| table | {' | '.join(IN_FOLDER)} | source |",
        f"|---|{'---|' * len(IN_FOLDER)}---|",
    ]
    for one in found:
        cells = [f"[{format_}]({link.format(name=one.layout.name)})" for format_, link in links.items()]
        lines.append(f"| {escape(one.layout.title)} | {' | '.join(cells)} | {escape(one.layout.source)} |")
    return "\n".join(lines) + "\n"
