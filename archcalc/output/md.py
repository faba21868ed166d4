"""Markdown, with tables as GitHub and pandoc read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tabulate import tabulate

from archcalc.output.table import Table


def render_tables(tables: Sequence[Table]) -> str:
    """Each table under a heading, its notes below as a list."""
    return "\n".join(map(_table, tables))


def _table(table: Table) -> str:
    rows, size = [[*map(escape, row)] for row in table.texts()], len(table.rows)
    body = tabulate(
        [*rows[:size], *([text and f"**{text}**" for text in row] for row in rows[size:])],
        headers=[escape(column.title) for column in table.columns],
        tablefmt="pipe",
        colalign=["right" if column.type.number else "left" for column in table.columns],
        disable_numparse=True,
    )
    notes = "".join(f"\n- {escape(note)}" for note in table.notes)
    return f"## {escape(table.title)}\n\n{body}\n" + f"{notes}\n" * bool(notes)


def escape(text: str) -> str:
    """The text as Markdown shows it unchanged, inside a table too."""
    escaped = re.sub(r"([\\`*_\[\]<>|#&~$])", r"\\\1", text.replace("\n", " "))
    return re.sub(r"^(\d*)([-+.)])(?=[\s-]|$)", r"\1\\\2", escaped)  # else the start of a list, or a rule


def code(text: str) -> str:
    """The text as code, between more backticks than stand in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
