"""Solutions as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import listing
from archcalc.number import exact_div
from archcalc.solving.free import described
from archcalc.solving.search import Found
from archcalc.solving.solve import Solution
from archcalc.tables.grid import ABSENT, KNOB, RATIO, WORDS, Column, Table, asked_for, words
from archcalc.tables.layout import counted
from archcalc.value import show


def solution_tables(solution: Solution) -> list[Table]:
    """The answer and the next steps; for two knobs, the iso-cost curve too."""
    tables = [solution_table(solution)]
    return [*tables, curve_table(solution)] if len(solution.search.axes) == 2 else tables


def solution_table(solution: Solution) -> Table:
    """The answer, and the points one step beyond it."""
    search, wanted = solution.search, listing(limit.text for limit in solution.constraints)
    rows = [("answer", solution.best), *(("next step", found) for found in solution.beyond)]
    title = f"{solution.network.spec.headings['net']}: {solution.want} with {wanted}"
    ranges = listing(f"{name} = {described(axis)}" for name, axis in search.axes.items())
    fixed = listing(f"{name} = {show(value)}" for name, value in search.fixed.items())
    points, meeting = search.sweep.points, solution.meeting
    notes = [
        f"all {points:,} combinations of {ranges} were computed; {meeting:,} meet every constraint",
        *([f"with {fixed}"] if search.fixed else []),
        *([] if solution.beyond else ["no further step is within the range"]),
        counted(
            solution.network, (name for one in search.sweep.quantities.values() for name in one.figures), **search.fixed
        ),
    ]
    columns = (Column("which", "", WORDS), *_columns(solution), *words("met"))
    table = [(which, *_cells(solution, found), _met(found)) for which, found in rows]
    return Table(title, columns, tuple(table), notes=tuple(notes), name="answer")


def curve_table(solution: Solution) -> Table:
    """For each value of the first of two knobs, the largest or smallest value of the second."""
    first, second = solution.search.axes
    limit = solution.constraints[0]
    rows = [(*_cells(solution, found), _used(found, limit)) for found in solution.curve()]
    word = "largest" if solution.want.large else "smallest"
    title = f"Iso-cost curve: for each {first} the {word} {second}"
    return Table(title, (*_columns(solution), Column("used", f"of {limit.text}", RATIO)), tuple(rows), name="curve")


def _columns(solution: Solution) -> Sequence[Column]:
    search = solution.search
    knobs = [Column(name, name, KNOB) for name in search.axes]
    return [*knobs, *(asked_for(one) for one in search.sweep.quantities.values())]


def _cells(solution: Solution, found: Found) -> tuple[Any, ...]:
    return (*found.knobs.values(), *(found.figures.get(name, ABSENT) for name in solution.search.names))


def _met(found: Found) -> str:
    return "yes" if found.meets else f"no: {listing(found.broken)}"


def _used(found: Found, limit: Any) -> Any:
    value = found.figures[str(limit.quantity)]
    return exact_div(value, limit.bound) if value is not None and limit.bound else ABSENT
