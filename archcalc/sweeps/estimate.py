"""An estimate, before a sweep starts, of its time and of the size of its output."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from archcalc.output.formats import BY_NAME
from archcalc.sweeps.evaluate import evaluate
from archcalc.sweeps.sweep import Sweep

FEW = 100  # points; up to this many, no trial is run
LARGE = 10_000_000  # points; beyond this many, a sweep must be confirmed
SHORT = 5  # seconds; beyond this, the expected time is shown
LONG = 600  # seconds; beyond this, the sweep must be confirmed
TRIAL = 0.5  # seconds that a trial lasts
UNITS = ((86_400 * 365.25, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"), (0, "seconds"))


class Estimate(NamedTuple):
    """A sweep's expected time on one core, and the size of its output."""

    points: int
    seconds: float
    size: str  # "3.2 GiB as csv"; "" where nothing is written

    @property
    def large(self) -> bool:
        """Whether the sweep must be confirmed."""
        return self.points > LARGE or self.seconds > LONG

    @property
    def short(self) -> bool:
        """Whether it is too short to announce its time."""
        return self.seconds < SHORT

    def __str__(self) -> str:
        written = f" and {self.size}" if self.size else ""
        return f"{self.points:,} points, about {duration(self.seconds)} on one core{written}"


def estimate(sweep: Sweep, format_: str = "") -> Estimate:
    """Estimate points, time, and the bytes written in that format, if that contains all points."""
    cells = sweep.points * (len(sweep.axes) + len(sweep.quantities) + 1)
    row = BY_NAME[format_].row_bytes if format_ else 0
    size = f"{memory(cells * row)} as {format_}" if row else ""
    return Estimate(sweep.points, 0.0 if sweep.points <= FEW else sweep.points / speed(sweep), size)


def speed(sweep: Sweep) -> float:
    """Points per second, measured at points spread over the grid, since deep networks take longer than shallow ones."""
    pieces, start, times = sweep.pieces(), time.perf_counter(), []
    for fraction in _spread():
        box, done, before = pieces.box(int(fraction * pieces.number)), list[int](), time.perf_counter()
        at = [int(fraction * len(where)) for where in box]
        evaluate(sweep.network.spec, sweep.axes, box, sweep.quantities, done.append, at)
        times.append((time.perf_counter() - before) / sum(done))
        if time.perf_counter() - start > TRIAL or sum(done) == sweep.points:
            break
    return len(times) / sum(times)


def _spread() -> Iterator[float]:
    """1/2, 1/4, 3/4, 1/8, 5/8 ..."""
    for i in count(1):
        yield int(f"{i:b}"[::-1], 2) / (1 << i.bit_length())


def duration(seconds: float) -> str:
    """A time in the largest suitable unit."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    return f"{seconds / (size or 1):,.{1 if seconds < 10 * (size or 1) else 0}f} {unit}"


def memory(size: float) -> str:
    """A number of bytes in binary units."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            break
        size /= 1024
    return f"{size:,.{1 if size < 10 else 0}f} {unit}"
