"""How long a sweep will take and how much it will write, before it starts."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from archcalc.sweeps.evaluate import evaluate
from archcalc.sweeps.files import ROW_BYTES

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

LARGE = 10_000_000  # points, beyond which a sweep must be meant
TRIAL = 0.5  # seconds of trying
UNITS = ((86_400 * 365.25, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"), (0, "seconds"))


class _Tried(Exception):
    pass


def estimate(sweep: Sweep, format_: str) -> str:
    """Points, time on one core, bytes: the first piece is evaluated, or as much of it as half a second allows."""
    seconds = sweep.points / speed(sweep)
    size = sweep.points * ROW_BYTES.get(format_, 9) * (len(sweep.axes) + len(sweep.quantities) + 1)
    return f"{sweep.points:,} points, about {duration(seconds)} on one core and {memory(size)} as {format_}"


def speed(sweep: Sweep) -> float:
    """Points a second."""
    done, start = 0, time.perf_counter()

    def advance(points: int) -> None:
        nonlocal done
        done += points
        if time.perf_counter() - start > TRIAL:
            raise _Tried

    with suppress(_Tried):
        evaluate(sweep.network.spec, sweep.grid, sweep.pieces().box(0), sweep.quantities, advance)
    return done / (time.perf_counter() - start)


def duration(seconds: float) -> str:
    """In the largest unit that fits."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    return f"{seconds / (size or 1):,.{1 if seconds < 10 * (size or 1) else 0}f} {unit}"


def memory(size: float) -> str:
    """Bytes in binary units."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            break
        size /= 1024
    return f"{size:,.{1 if size < 10 else 0}f} {unit}"
