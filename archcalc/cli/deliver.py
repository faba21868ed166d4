"""What a command found, to the screen or to a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.streams import tell
from archcalc.errors import ArchcalcError

if TYPE_CHECKING:
    from archcalc.report import Report
    from archcalc.tables.grid import Table
    from archcalc.tables.layout import Choice

FORMAT = click.option("--format", "format_", metavar="FORMAT", help="table, md, csv, tex, html, json or xlsx.")
CONVENTION = click.option("--convention", metavar="NAME", help="Which work is counted: mult_adds, flops, all ...; "
                          "'archcalc conventions' shows them.")  # fmt: skip
OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")
TABLE_FORMAT = click.option("--format", "format_", metavar="FORMAT", help="table, md, csv, tex, html or json.")
TABLE_OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
                            help="Write to a file: .csv .json .md .tex .html")  # fmt: skip


def deliver(reports: Sequence[Report], choice: Choice, options: dict[str, Any]) -> None:
    """Reports, in the format asked for."""
    format_ = chosen_format(options)
    if format_ == "table" and not options["output"]:
        from archcalc.tables.layout import summary_table

        return _show([summary_table(report, choice) for report in reports])
    from archcalc.export import render

    return _write(render(reports, format_, choice), options["output"])


def deliver_tables(tables: Sequence[Table], options: dict[str, Any]) -> None:
    """Tables that are not reports, in the format asked for."""
    format_ = chosen_format(options)
    if format_ == "table" and not options["output"]:
        return _show(tables)
    from archcalc.export import render_tables

    return _write(render_tables(tables, format_), options["output"])


def quantities(options: dict[str, Any], usual: str = "{}") -> str:
    """What --of asks for, or else the work by the convention that is asked for. Raises ArchcalcError."""
    from archcalc.figures.conventions import DEFAULT, convention

    asked, name = options["of"], options["convention"]
    if asked and name:
        raise ArchcalcError(f"give --of or --convention; with both, write --of {name}")
    return str(asked or usual.format(convention(name).name if name else DEFAULT))


def chosen_format(options: dict[str, Any]) -> str:
    """The format asked for, or that of the file's suffix. Raises ArchcalcError."""
    format_, output = options["format_"], options["output"]
    if format_ is None and output is None:
        return "table"
    from archcalc.export import FORMATS, format_of

    if format_ is None:
        return format_of(output)
    if format_ not in FORMATS:
        raise ArchcalcError(f"no format {format_!r}; there are {', '.join(FORMATS)}")
    if format_ == "xlsx" and output is None:
        raise ArchcalcError("a workbook is not text; give it a file with -o FILE.xlsx")
    return str(format_)


def _show(tables: Sequence[Table]) -> None:
    from archcalc.tables.terminal import show_tables

    show_tables(tables, sys.stdout)


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        return click.echo(data.decode(), nl=False)
    from archcalc.export import write

    write(output, data)
    return tell(f"{output} written")
