"""LaTeX, tables with the rules of booktabs; a document that compiles as it stands, or whose tables can be taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import normalize

from archcalc.tables.grid import Table, people

SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=1.5cm,landscape]{geometry}
\usepackage{booktabs,longtable}
\begin{document}
\small
"""


def render_tables(tables: Sequence[Table]) -> str:
    """A document with the tables; longtable breaks them over pages."""
    return HEAD + "\n".join(map(_table, tables)) + "\\end{document}\n"


def _table(table: Table) -> str:
    columns = "".join("r" if column.number else "l" for column in table.columns)
    header = _row(column.title.replace("\n", " ") for column in table.columns)
    lines = [
        f"\\section*{{{escape(table.title)}}}",
        f"\\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
        f"\\toprule\n{header}\n\\midrule\n\\endhead",
        *(_row(map(people, row)) for row in table.rows),
        *(["\\midrule"] if table.totals else []),
        *(_row(map(people, row)) for row in table.totals),
        "\\bottomrule\n\\end{longtable}",
        *(f"\\noindent {escape(note)}\\par" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(map(escape, cells)) + r" \\"


def escape(text: str) -> str:
    """The text as LaTeX prints it unchanged; between sizes a multiplication sign."""
    latin = normalize("NFKD", text).encode("ascii", "replace").decode()
    escaped = "".join(SPECIAL.get(c, c) for c in latin)
    return escaped.replace(" x ", r" $\times$ ")
