"""Plain text, as wide as it needs, without colours."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from archcalc.grid import Table
from archcalc.tables import show_table


def render_tables(tables: Sequence[Table]) -> str:
    """The tables one after the other."""
    file = StringIO()
    for table in tables:
        show_table(table, file)
        file.write("\n")
    return file.getvalue().rstrip() + "\n"
