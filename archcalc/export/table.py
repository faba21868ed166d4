"""Plain text, as wide as it needs, without colours."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.tables.grid import Table
from archcalc.tables.terminal import lines


def render_tables(tables: Sequence[Table]) -> str:
    """The tables one after the other."""
    parts = (text.rstrip() for table in tables for _, text in (*lines(table, None), ("", "")))
    return "\n".join(parts).rstrip() + "\n"
