"""How long a sweep will take and how much it will write, before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from archcalc.sweeps.evaluate import evaluate
from archcalc.sweeps.files import ROW_BYTES

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

FEW = 100  # points, up to which nothing is tried beforehand
LARGE = 10_000_000  # points, beyond which a sweep must be meant
SHORT, LONG = 5, 600  # seconds, beyond which it is told how long it will take, and beyond which it must be meant
TRIAL = 0.5  # seconds of trying
UNITS = ((86_400 * 365.25, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"), (0, "seconds"))


class Estimate(NamedTuple):
    """What a sweep will take, on one core, and write."""

    points: int
    seconds: float
    size: str  # "3.2 GiB as csv"; "" where nothing is written

    @property
    def large(self) -> bool:
        """Whether it must be meant."""
        return self.points > LARGE or self.seconds > LONG

    @property
    def short(self) -> bool:
        """Whether it is over before anyone asks."""
        return self.seconds < SHORT

    def __str__(self) -> str:
        written = f" and {self.size}" if self.size else ""
        return f"{self.points:,} points, about {duration(self.seconds)} on one core{written}"


def estimate(sweep: Sweep, format_: str = "") -> Estimate:
    """Points, time, and bytes in that format, if it holds all points."""
    cells = sweep.points * (len(sweep.axes) + len(sweep.quantities) + 1)
    size = f"{memory(cells * ROW_BYTES[format_])} as {format_}" if format_ in ROW_BYTES else ""
    return Estimate(sweep.points, 0.0 if sweep.points <= FEW else sweep.points / speed(sweep), size)


def speed(sweep: Sweep) -> float:
    """Points a second, tried at places all over the grid: a deep network takes longer than a shallow one."""
    pieces, start, times = sweep.pieces(), time.perf_counter(), []
    for fraction in _spread():
        box, done, before = pieces.box(int(fraction * pieces.number)), list[int](), time.perf_counter()
        at = [int(fraction * len(where)) for where in box]
        evaluate(sweep.network.spec, sweep.grid, box, sweep.quantities, done.append, at)
        times.append((time.perf_counter() - before) / sum(done))
        if time.perf_counter() - start > TRIAL or sum(done) == sweep.points:
            break
    return len(times) / sum(times)


def _spread() -> Iterator[float]:
    """1/2, 1/4, 3/4, 1/8, 5/8 ..."""
    for i in count(1):
        yield int(f"{i:b}"[::-1], 2) / (1 << i.bit_length())


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
