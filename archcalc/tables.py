"""Tables on a terminal, fitted to its width. The only import of rich."""

from __future__ import annotations

import os
import shutil
import sys
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from archcalc.grid import Table, people
from archcalc.layout import Choice, summary_table

if TYPE_CHECKING:
    from archcalc.report import Report

NARROWEST = 10  # of a column of words, before a column of numbers is left out
LEAST_NAME = 20  # columns that the first one, the names, keeps
PADDING = 3  # between two columns


def show_table(table: Table, file: TextIO, *, width: int | None = None) -> None:
    """Print a table; ``width`` is the terminal's, or None for a file, where nothing is folded."""
    table, left_out = _fitted(table, width)
    natural = sum(_natural(table, i) + PADDING for i in range(len(table.columns)))
    console = Console(file=file, width=width or max(natural, 80), highlight=False, soft_wrap=width is None)
    console.print(Text(table.title, style="bold"))
    console.print(_rich(table), soft_wrap=False)
    if left_out:
        console.print(f"left out, for want of width: {', '.join(left_out)}", style="dim")
    for note in table.notes:
        console.print(note, style="dim", markup=False)


def as_text(report: Report) -> str:
    """A report's table without colours, as wide as it needs."""
    file = StringIO()
    show_table(summary_table(report, Choice()), file)
    return file.getvalue().rstrip()


def _rich(table: Table) -> RichTable:
    rich = RichTable(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(table.columns):
        align = "right" if column.number else "left"
        narrowest = min(_natural(table, index), LEAST_NAME) if index == 0 else None
        rich.add_column(column.title, justify=align, no_wrap=column.number, overflow="fold", min_width=narrowest)  # type: ignore[arg-type]
    for row in table.rows:
        rich.add_row(*(Text(people(value)) for value in row))
    if table.totals:
        rich.add_section()
    for row in table.totals:
        rich.add_row(*(Text(people(value)) for value in row), style="bold")
    return rich


def _natural(table: Table, index: int) -> int:
    cells = (people(row[index]) for row in (*table.rows, *table.totals))
    title = max(map(cell_len, table.columns[index].title.split("\n")))
    return max([title, *map(cell_len, cells)])


def _fitted(table: Table, width: int | None) -> tuple[Table, list[str]]:
    """The table without the last columns of numbers for which there is no room: a number is never cut."""
    left_out: list[str] = []
    while width is not None:
        columns = list(enumerate(table.columns))
        least = {0: LEAST_NAME}
        needs = [
            _natural(table, i) if c.number else min(least.get(i, NARROWEST), _natural(table, i)) for i, c in columns
        ]
        numbers = [i for i, column in columns if column.number]
        if sum(needs) + PADDING * len(needs) <= width or len(numbers) < 2:
            break
        left_out.insert(0, table.columns[numbers[-1]].title.replace("\n", " "))
        table = _without(table, numbers[-1])
    return table, left_out


def _without(table: Table, index: int) -> Table:
    def cut(row: tuple[object, ...]) -> tuple[object, ...]:
        return row[:index] + row[index + 1 :]

    columns = table.columns[:index] + table.columns[index + 1 :]
    return table._replace(columns=columns, rows=tuple(map(cut, table.rows)), totals=tuple(map(cut, table.totals)))


def terminal_width() -> int | None:
    """The terminal's width, or the COLUMNS of the environment; None where output goes to a file or a pipe."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return None
