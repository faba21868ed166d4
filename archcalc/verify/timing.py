"""A network's layers timed on a device, each beside the least time that the roofline allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import torch

from archcalc.memory.footprint import memory
from archcalc.report import Report
from archcalc.verify.ceilings import measure
from archcalc.verify.clock import MODES, REPEATS, Clock, Mode, Times, precision, time_network
from archcalc.verify.device import free_memory
from archcalc.verify.faults import is_fault
from archcalc.verify.module import NetworkModule, to_module
from archcalc.verify.roofline import Ceilings, Work, work

LARGEST_BATCH = 1024
GAIN = 1.05  # in examples a second, that makes a larger batch worth it
PATIENCE = 2  # batches that gain less than that
ROOM = 2  # times the memory that the formulas say: libraries need workspaces


class LayerTime(NamedTuple):
    """One layer, measured."""

    work: Work
    seconds: float
    bound: float

    @property
    def fraction(self) -> float | None:
        """Of the bound that was reached; above 1 where data stayed in a cache. None of what moves nothing."""
        return self.bound / self.seconds if self.bound and self.seconds else None


@dataclass(frozen=True)
class Timed:
    """A network in one mode."""

    label: str
    device: str
    mode: str
    batch: int
    ceilings: Ceilings
    whole: float
    floor: float  # between two marks with nothing between them: no layer seems faster
    layers: tuple[LayerTime, ...]

    @property
    def bound(self) -> float:
        """The layers' bounds together."""
        return sum(layer.bound for layer in self.layers)


class KindTime(NamedTuple):
    """All layers of a kind."""

    kind: str
    layers: int
    operations: float  # share of the network's
    seconds: float  # share of the layers' time
    fraction: float | None


def modes(device: torch.device) -> Sequence[Mode]:
    """All on CUDA; a CPU has no TF32, and not always bf16."""
    return MODES if device.type == "cuda" else MODES[:1]


def study(
    report: Report, device: torch.device, batch: int | None = None, repeats: int = REPEATS, limit: float = inf
) -> Iterator[Timed]:
    """The network in each mode; unless a batch is given, with one that fills the device in at most so many bytes."""
    batch = batch or filling_batch(report, device, limit)
    for mode in modes(device):
        yield _timed(report, device, mode, batch, repeats)


def _timed(report: Report, device: torch.device, mode: Mode, batch: int, repeats: int) -> Timed:
    ceilings = measure(device, mode)
    times = run(report, device, mode, batch, repeats)
    return joined(report, str(device), mode, batch, ceilings, times)


def joined(report: Report, device: str, mode: Mode, batch: int, ceilings: Ceilings, times: Times) -> Timed:
    """Measurements beside bounds."""
    done = work(report, batch, mode.width)
    layers = [LayerTime(w, seconds, w.bound(ceilings)) for w, seconds in zip(done, times.layers, strict=True)]
    return Timed(report.label, device, mode.name, batch, ceilings, times.whole, times.floor, tuple(layers))


def run(report: Report, device: torch.device, mode: Mode, batch: int, repeats: int) -> Times:
    """Raises ArchcalcError where the network cannot run."""
    with torch.device(device):  # costs each operation two microseconds: not while the clock runs
        network: NetworkModule = to_module(report.graph).eval().to(mode.dtype)
        x = torch.randn(batch, *report.input, dtype=mode.dtype)
    with precision(mode):
        return time_network(network, x, Clock(device), repeats)


def filling_batch(report: Report, device: torch.device, limit: float = inf) -> int:
    """The smallest power of two that no larger one beats by much in examples a second, within the memory."""
    rates = _rates(report, device, limit)
    best = max(rates.values(), default=0.0)
    return next((batch for batch, rate in rates.items() if GAIN * rate >= best), 1)


def _rates(report: Report, device: torch.device, limit: float) -> dict[int, float]:
    """Examples a second for each batch, until two in a row gain little: a library may choose badly for one of them."""
    mode, batch, missed = modes(device)[-1], 1, 0
    free = free_memory(device)
    room = limit if free is None else min(limit, free / ROOM)
    rates: dict[int, float] = {}
    while batch <= LARGEST_BATCH and missed < PATIENCE and (memory(report, batch).inference or 0) <= room:
        best = max(rates.values(), default=0.0)
        try:
            rates[batch] = batch / run(report, device, mode, batch, 3).whole
        except RuntimeError as error:
            if is_fault(error):  # too large for it
                break
            raise
        missed = 0 if rates[batch] >= GAIN * best else missed + 1
        batch *= 2
    return rates


def by_kind(timed: Timed) -> list[KindTime]:
    """Where the time goes, the most first."""
    groups: dict[str, list[LayerTime]] = {}
    for layer in timed.layers:
        groups.setdefault(layer.work.kind, []).append(layer)
    operations = sum(layer.work.operations for layer in timed.layers) or 1
    seconds = sum(layer.seconds for layer in timed.layers) or 1.0
    found = [_kind(kind, layers, operations, seconds) for kind, layers in groups.items()]
    return sorted(found, key=lambda kind: -kind.seconds)


def _kind(kind: str, layers: Sequence[LayerTime], operations: float, seconds: float) -> KindTime:
    own = sum(layer.seconds for layer in layers)
    bound = sum(layer.bound for layer in layers)
    done = sum(layer.work.operations for layer in layers)
    return KindTime(kind, len(layers), done / operations, own / seconds, bound / own if bound and own else None)
