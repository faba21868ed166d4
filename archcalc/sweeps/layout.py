"""A sweep as a table for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archcalc.errors import many
from archcalc.sweeps.columns import WHY
from archcalc.sweeps.evaluate import Chunk
from archcalc.sweeps.files import columns
from archcalc.sweeps.ranges import has_words
from archcalc.tables.grid import ABSENT, KNOB, WORDS, Table, asked_for
from archcalc.tables.grid import Column as Heading
from archcalc.tables.layout import counted

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

MOST_ROWS = 10_000


def sweep_table(sweep: Sweep, chunks: Iterable[Chunk]) -> Table:
    """A row for each point; a last column says why a network cannot be built, if there is such a point."""
    rows: list[tuple[Any, ...]] = []
    for chunk in chunks:
        points = zip(*(values for _, values in columns(sweep, chunk, lambda value: value)), strict=True)
        rows += [tuple(ABSENT if value is None and row[-1] else value for value in row) for row in points]
        if len(rows) >= MOST_ROWS:
            break
    more, reasons = sweep.points - MOST_ROWS, any(row[-1] for row in rows)
    knobs = [Heading(name, name, WORDS if has_words(axis) else KNOB) for name, axis in sweep.axes.items()]
    figures = [asked_for(asked) for asked in sweep.quantities.values()]
    heads = (*knobs, *figures, *[Heading(WHY, "why not", WORDS)] * reasons)
    notes = [f"{many(more, 'row')} more; -o FILE.parquet or FILE.csv writes them all"] * (more > 0)
    shown = tuple(row if reasons else row[:-1] for row in rows[:MOST_ROWS])
    title = f"{sweep.network.spec.headings['net']}: {many(sweep.points, 'combination')} of {', '.join(sweep.axes)}"
    convention = counted(sweep.network, (name for asked in sweep.quantities.values() for name in asked.figures))
    return Table(title, heads, shown, notes=(*notes, convention), name="sweep")
