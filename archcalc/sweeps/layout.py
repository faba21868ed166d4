"""A sweep as a table for people."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.figures.figure import heading
from archcalc.sweeps.evaluate import Chunk
from archcalc.sweeps.ranges import has_words
from archcalc.tables.grid import ABSENT, Column, Table
from archcalc.tables.layout import counted
from archcalc.value import decimal, show

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
    knobs = [Column(name, name, number=not has_words(axis)) for name, axis in sweep.axes.items()]
    figures = [Column(name, heading(name)) for name in sweep.quantities]
    columns = (*knobs, *figures, *[Column("why", "why not", number=False)] * reasons)
    notes = [f"{more:,} rows more; -o FILE.parquet or FILE.csv writes them all"] * (more > 0)
    shown = tuple(row if reasons else row[:-1] for row in rows[:MOST_ROWS])
    title = f"{sweep.network.spec.headings['net']}: {sweep.points:,} combinations of {', '.join(sweep.axes)}"
    convention = counted(sweep.network, (name for asked in sweep.quantities.values() for name in asked.figures))
    return Table(title, columns, shown, notes=(*notes, convention))


def _rows(sweep: Sweep, chunk: Chunk) -> Iterable[tuple[Any, ...]]:
    why = chunk.why.reshape(-1)
    figures = [(column.data.reshape(-1), column.known.reshape(-1)) for column in chunk.columns.values()]
    for i, places in enumerate(np.ndindex(chunk.why.shape)):
        pairs = zip(sweep.axes.values(), chunk.box, places, strict=True)
        knobs = [axis[int(where[place])] for axis, where, place in pairs]
        values = [_figure(data[i], known[i], why[i]) for data, known in figures]
        yield (*map(_shown, knobs), *values, chunk.reasons[why[i]] if why[i] >= 0 else "")


def _shown(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else show(value)


def _figure(value: Any, known: bool, why: int) -> Any:
    if not known:
        return None if why < 0 else ABSENT
    return decimal(value) if isinstance(value, Fraction) else int(value)
