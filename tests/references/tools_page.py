"""reports/conventions.md from tools.csv: what the tools give for modules that others wrote, beside the conventions.

Write it with ``cd tests && python -m references.tools_page > ../reports/conventions.md``.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from references.tool_witnesses import DIFFERENCES, ways

from archcalc.figures.conventions import TOOLS
from archcalc.model import reference
from archcalc.report import Report

DATA = Path(__file__).parent / "tools.csv"
HEAD = """# What six counting tools give for modules that others wrote

Each integer is what the tool gave for that module: one example, evaluation. Behind it stands its difference from the
convention of that name: of the tool's integer for the module that `to_torch()` makes. The causes stand below.
"""


def rows() -> list[dict[str, str]]:
    """The rows of tools.csv."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@cache
def _report(network: str) -> Report:
    return reference(network).summary({})


def page() -> str:
    """The page."""
    names = [tool.name for tool in TOOLS]
    versions = [line[2:] for line in DATA.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    found = [row for row in rows() if not row["module"].startswith("archcalc")]
    causes: dict[str, int] = {}
    table = [f"| network | module | {' | '.join(names)} | causes |", f"|:--|:--|{'--:|' * len(names)}:--|"]
    for row in found:
        cells = [_cell(int(row[name]), _report(row["network"]).totals.figure(name)) for name in names]
        own = [str(causes.setdefault(cause, len(causes) + 1)) for cause in _causes(row)]
        table.append(f"| {row['network']} | {row['module']} | {' | '.join(cells)} | {', '.join(own)} |")
    listed = [f"{number}. {cause}" for cause, number in causes.items()]
    return "\n".join([HEAD, f"Versions: {'; '.join(versions)}.", "", *table, "", *listed, ""])


def _cell(given: int, ours: int | None) -> str:
    return f"{given:,}" if given == ours else f"{given:,} ({'?' if ours is None else f'{given - ours:+,}'})"


def _causes(row: dict[str, str]) -> list[str]:
    network, module = row["network"], row["module"]
    own = [one.sentence for one in DIFFERENCES if one.concerns(module) and network in one.numbers]
    return list(dict.fromkeys([*(way.sentence for way in ways(module)), *own]))


if __name__ == "__main__":
    print(page(), end="")
