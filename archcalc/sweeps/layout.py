"""A sweep as a table for people."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.sweeps.columns import WHY
from archcalc.sweeps.evaluate import Chunk
from archcalc.sweeps.ranges import has_words
from archcalc.tables.grid import ABSENT, KNOB, WORDS, Column, Table, asked_for
from archcalc.tables.layout import counted

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

MOST_ROWS = 10_000


def sweep_table(sweep: Sweep, chunks: Iterable[Chunk]) -> Table:
    """A row for each point; the last column, why there is no network, only where that is needed."""
    rows: list[tuple[Any, ...]] = []
    for chunk in chunks:
        rows += _rows(sweep, chunk)
        if len(rows) >= MOST_ROWS:
            break
    more, reasons = sweep.points - MOST_ROWS, any(row[-1] for row in rows)
    knobs = [Column(name, name, WORDS if has_words(axis) else KNOB) for name, axis in sweep.axes.items()]
    figures = [asked_for(asked) for asked in sweep.quantities.values()]
    columns = (*knobs, *figures, *[Column(WHY, "why not", WORDS)] * reasons)
    notes = [f"{more:,} rows more; -o FILE.parquet or FILE.csv writes them all"] * (more > 0)
    shown = tuple(row if reasons else row[:-1] for row in rows[:MOST_ROWS])
    title = f"{sweep.network.spec.headings['net']}: {sweep.points:,} combinations of {', '.join(sweep.axes)}"
    convention = counted(sweep.network, (name for asked in sweep.quantities.values() for name in asked.figures))
    return Table(title, columns, shown, notes=(*notes, convention), name="sweep")


def _rows(sweep: Sweep, chunk: Chunk) -> Iterable[tuple[Any, ...]]:
    why = chunk.why.reshape(-1)
    figures = [(column.data.reshape(-1), column.known.reshape(-1)) for column in chunk.columns.values()]
    for i, places in enumerate(np.ndindex(chunk.why.shape)):
        pairs = zip(sweep.axes.values(), chunk.box, places, strict=True)
        knobs = [axis[int(where[place])] for axis, where, place in pairs]
        values = [_figure(data[i], known[i], why[i]) for data, known in figures]
        yield (*knobs, *values, chunk.reasons[why[i]] if why[i] >= 0 else "")


def _figure(value: Any, known: bool, why: int) -> Any:
    if not known:
        return None if why < 0 else ABSENT
    return value if isinstance(value, Fraction) else int(value)  # of an array
