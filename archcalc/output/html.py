"""HTML: a page that stands alone, and the fragment that a notebook shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tabulate import tabulate

from archcalc.output.table import Table

STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; vertical-align: top; white-space: pre-line; }
td[style*="right"] { white-space: nowrap; }
thead th { border-bottom: 2px solid #444; }
tbody tr:nth-child(even) { background: #f4f4f4; }
.totals tbody tr:last-child td { border-top: 2px solid #444; font-weight: bold; }
.note { color: #555; margin: .2rem 0; }
"""


def render_tables(tables: Sequence[Table]) -> str:
    """A page with the tables, in ASCII, so that it is right in any encoding; nothing is loaded from elsewhere."""
    title = escape(", ".join(table.title for table in tables))
    head = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>'
    page = f"{head}\n<style>{STYLE}</style>\n</head>\n<body>\n{fragment(tables)}</body>\n</html>\n"
    return page.encode("ascii", "xmlcharrefreplace").decode()


def fragment(tables: Sequence[Table]) -> str:
    """Tables for a notebook."""
    return "\n".join(map(_table, tables))


def _table(table: Table) -> str:
    body = tabulate(
        table.texts(),
        headers=[column.title for column in table.columns],
        tablefmt="html",  # escapes what it is given
        colalign=["right" if column.type.number else "left" for column in table.columns],
        disable_numparse=True,
    )
    totals = ' class="totals"' if table.totals else ""
    notes = "".join(f'<p class="note">{escape(note)}</p>\n' for note in table.notes)
    return f"<h2>{escape(table.title)}</h2>\n<div{totals}>\n{body}\n</div>\n{notes}"
