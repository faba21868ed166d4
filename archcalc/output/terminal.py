"""Tables as lines of text, fitted to a width; on a terminal painted by rich. The only import of rich."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, TextIO

from archcalc.output.table import Table

LEAST_NAME = 20  # of the first column, the names
LEAST_WORDS = 10  # of another column of words, before a column of numbers is left out
GAP = "  "
FOLDS = re.compile(r"(?<=[-/_@:])|(?<=,)(?!\d)")  # where a word that is too long for a line may fold

WIDER = "a wider terminal shows them, and so does -o FILE.txt"

Line = tuple[str, str]  # style, text
Cells = list[list[str]]  # of a row, each with its lines


def show_tables(tables: Sequence[Table], file: TextIO) -> None:
    """Print tables with an empty line between them: on a terminal fitted and coloured, elsewhere at full width."""
    terminal = file.isatty()
    width = _size()[0] if terminal or "COLUMNS" in os.environ else None
    if not terminal:
        file.write(render_tables(tables, width))
        return
    for index, table in enumerate(tables):
        _paint([("", "")] * (index > 0) + list(lines(table, width)), file)


def as_text(tables: Sequence[Table]) -> str:
    """Tables as text for Python's prompt: fitted to the terminal if there is one."""
    return render_tables(tables, _size()[0] if sys.stdout.isatty() else None).rstrip("\n")


def render_tables(tables: Sequence[Table], width: int | None = None) -> str:
    """Tables as text with an empty line between them, at full width unless a width is given."""
    return "\n".join("".join(f"{text.rstrip()}\n" for _, text in lines(table, width)) for table in tables)


def _size() -> tuple[int, int]:
    from shutil import get_terminal_size

    return get_terminal_size()


def _console(file: TextIO) -> Any:
    """A rich console with the size that Python finds; rich's own detection may fail."""
    from rich.console import Console

    columns, rows = _size()
    return Console(file=file, width=columns, height=rows, highlight=False, soft_wrap=True)


def _paint(parts: Sequence[Line], file: TextIO) -> None:
    from rich.text import Text

    console = _console(file)
    for style, text in parts:
        console.print(Text(text, style=style))


def lines(table: Table, width: int | None) -> Iterator[Line]:
    """The table's lines with their styles; a number is never cut, a column without room is left out and named."""
    cells = _cells(table, width)
    shown, widths = _fitted(table, cells, width)
    yield from _folded("bold", table.title, width)
    yield from _row("bold", cells[0], table, shown, widths)
    yield "", "─" * _total(widths, shown)
    for index, row in enumerate(cells[1:]):
        if index == len(table.rows):
            yield "", ""
        yield from _row("bold" if index >= len(table.rows) else "", row, table, shown, widths)
    left_out = ", ".join(column.name for i, column in enumerate(table.columns) if i not in shown)
    if left_out or table.notes:
        yield "", ""
    for note in [f"left out, for want of width: {left_out}; {WIDER}"] * bool(left_out) + list(table.notes):
        yield from _folded("dim", note, width)


def _cells(table: Table, width: int | None) -> list[Cells]:
    """The headings and the rows; a heading is folded where the table would be too wide."""
    rows = [[[text] for text in row] for row in table.texts()]
    heads = [column.title.split("\n") for column in table.columns]
    if width is None or _total(_widths([heads, *rows]), range(len(heads))) <= width:
        return [heads, *rows]
    below = _widths([[[""]] * len(heads), *rows])
    return [[_narrow(head, size) for head, size in zip(heads, below, strict=True)], *rows]


def _narrow(heading: list[str], width: int) -> list[str]:
    """A heading about as wide as what stands below it; no word is cut."""
    longest = max(map(len, " ".join(heading).split()), default=0)
    return [part for line in heading for part in _wrapped(line, max(width, longest))] or [""]


def _widths(cells: Sequence[Cells]) -> list[int]:
    """The width of each column."""
    return [max(len(line) for row in cells for line in row[i]) for i in range(len(cells[0]))]


def _fitted(table: Table, cells: list[Cells], width: int | None) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each is; only words are narrowed."""
    widths, words = _widths(cells), [not column.type.number for column in table.columns]
    if width is None:
        return [*range(len(widths))], widths
    least = [min(w, LEAST_WORDS if i else LEAST_NAME) if words[i] else w for i, w in enumerate(widths)]
    shown = _shown(table, widths, least, width)
    while _total(widths, shown) > width and any(words[i] for i in shown):
        widest = max((i for i in shown if words[i]), key=lambda i: widths[i] - least[i])
        if widths[widest] <= 1:
            break
        widths[widest] -= 1
    return shown, widths


def _shown(table: Table, widths: list[int], least: list[int], width: int) -> list[int]:
    """The columns for which there is room; left out are first those that repeat others, then the last of numbers."""
    shown = [*range(len(widths))]
    spare = [i for i in shown if table.columns[i].type.spare]
    readable = [max(own, min(full, LEAST_NAME)) for own, full in zip(least, widths, strict=True)]
    while spare and _total(readable, shown) > width:
        shown.remove(spare.pop())
    numbers = [i for i in shown[1:] if table.columns[i].type.number]
    while numbers and _total(least, shown) > width:
        shown.remove(numbers.pop())
    return shown


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    """The width of a table with these columns."""
    return sum(widths[i] for i in shown) + len(GAP) * (len(shown) - 1)


def _row(style: str, row: list[list[str]], table: Table, shown: list[int], widths: list[int]) -> Iterator[Line]:
    """One row, on as many lines as its longest cell needs."""
    parts = [[piece for text in row[i] for piece in (_wrapped(text, widths[i]) or [""])] for i in shown]
    for cells in zip_longest(*parts, fillvalue=""):
        padded = [
            cell.rjust(widths[i]) if table.columns[i].type.number else cell.ljust(widths[i])
            for i, cell in zip(shown, cells, strict=True)
        ]
        yield style, GAP.join(padded)


def _folded(style: str, text: str, width: int | None) -> Iterator[Line]:
    return ((style, part) for part in (_wrapped(text, width) if width else [text]))


def _wrapped(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    from textwrap import wrap

    return wrap(" ".join(" ".join(_folds(word, width)) for word in text.split(" ")), width)


def _folds(word: str, width: int) -> list[str]:
    """A word that is too long for a line, as parts that each fill one: it folds after a sign, if that is enough."""
    pieces = FOLDS.split(word)
    if len(word) <= width or max(map(len, pieces)) > width:
        return [word]
    parts = [""]
    for part in pieces:
        if parts[-1] and len(parts[-1] + part) > width:
            parts.append("")
        parts[-1] += part
    return parts


@contextmanager
def progress(total: int, what: str, file: TextIO | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere; call what it gives with the number of items just finished."""
    file = file or sys.stderr
    if not file.isatty():
        yield lambda done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(file), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
