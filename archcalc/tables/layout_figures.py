"""The figures and the conventions as tables."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.figures.conventions import CONVENTIONS, DEFAULT
from archcalc.figures.figure import FIGURES
from archcalc.figures.sentence import sentence
from archcalc.report import Report
from archcalc.tables.grid import RATIO, Column, Table, ratio, words
from archcalc.tables.layout import labels


def figures_table(conventions: bool = False) -> Table:
    """Each figure, or each convention: its name, unit and meaning."""
    rows = tuple(
        (figure.name, figure.unit, figure.meaning)
        for figure in FIGURES.values()
        if (figure.name in CONVENTIONS) >= conventions
    )
    title = f"{len(rows)} {'conventions' if conventions else 'figures'}"
    return Table(title, words("name", "unit", "meaning"), rows, name=title.split()[1])


def conventions_table(reports: Sequence[Report]) -> Table:
    """The work of each network by each convention, with its ratio to the mult-adds."""
    columns = [*words("convention")]
    for label in labels(reports):
        columns += [Column(label, label), Column(f"{label} ratio", "ratio", RATIO)]
    rows = []
    for name in CONVENTIONS:
        values = [(report.totals.figure(name), report.totals.figure(DEFAULT)) for report in reports]
        rows.append((name, *(cell for own, first in values for cell in (own, ratio(own, first)))))
    notes = tuple(f"{name}: {sentence([name], [report.graph for report in reports])}" for name in CONVENTIONS)
    return Table("Work by convention", tuple(columns), tuple(rows), notes=notes, name="conventions")
