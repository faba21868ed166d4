"""The times of the layers of a network on a device, each beside its roofline bound."""

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
GAIN = 1.05  # in examples per second: less is not worth a larger batch
PATIENCE = 2  # batches in a row with less gain, after which larger ones are not tried
ROOM = 2  # times the memory of the formulas, since libraries need workspaces


class LayerTime(NamedTuple):
    """The measured time of a layer and its bound."""

    work: Work
    seconds: float
    bound: float

    @property
    def fraction(self) -> float | None:
        """The bound divided by the time; above 1 where data stayed in a cache, None for a layer that moves nothing."""
        return self.bound / self.seconds if self.bound and self.seconds else None


@dataclass(frozen=True)
class Timed:
    """The times of a network in one mode."""

    label: str
    device: str
    mode: str
    batch: int
    ceilings: Ceilings
    whole: float
    floor: float  # seconds between two marks without work, so that no layer seems faster
    layers: tuple[LayerTime, ...]

    @property
    def bound(self) -> float:
        """The sum of the bounds of the layers."""
        return sum(layer.bound for layer in self.layers)


class KindTime(NamedTuple):
    """The time of all layers of a kind."""

    kind: str
    layers: int
    operations: float  # share of the network's
    seconds: float  # share of the layers' time
    fraction: float | None


def modes(device: torch.device) -> Sequence[Mode]:
    """All modes on CUDA; only fp32 on a CPU, which has no TF32 and not always bf16."""
    return MODES if device.type == "cuda" else MODES[:1]


def study(
    report: Report, device: torch.device, batch: int | None = None, repeats: int = REPEATS, limit: float = inf
) -> Iterator[Timed]:
    """Time the network in each mode; without a ``batch``, with one that fills the device within ``limit`` bytes."""
    batch = batch or filling_batch(report, device, limit)
    for mode in modes(device):
        yield _timed(report, device, mode, batch, repeats)


def _timed(report: Report, device: torch.device, mode: Mode, batch: int, repeats: int) -> Timed:
    ceilings = measure(device, mode)
    times = run(report, device, mode, batch, repeats)
    return joined(report, str(device), mode, batch, ceilings, times)


def joined(report: Report, device: str, mode: Mode, batch: int, ceilings: Ceilings, times: Times) -> Timed:
    """The measured times joined with the bounds."""
    done = work(report, batch, mode.width)
    layers = [LayerTime(w, seconds, w.bound(ceilings)) for w, seconds in zip(done, times.layers, strict=True)]
    return Timed(report.label, device, mode.name, batch, ceilings, times.whole, times.floor, tuple(layers))


def run(report: Report, device: torch.device, mode: Mode, batch: int, repeats: int) -> Times:
    """Time the network in one mode. Raises ArchcalcError where it cannot run."""
    with torch.device(device):  # not around the timing, since it costs two microseconds per operation
        network: NetworkModule = to_module(report.graph).eval().to(mode.dtype)
        x = torch.randn(batch, *report.input, dtype=mode.dtype)
    with precision(mode):
        return time_network(network, x, Clock(device), repeats)


def filling_batch(report: Report, device: torch.device, limit: float = inf) -> int:
    """The smallest power of two that is nearly as fast, in examples per second, as all others that fit in memory."""
    rates = _rates(report, device, limit)
    best = max(rates.values(), default=0.0)
    return next((batch for batch, rate in rates.items() if GAIN * rate >= best), 1)


def _rates(report: Report, device: torch.device, limit: float) -> dict[int, float]:
    """Examples per second by batch, until two batches in a row gain little: one may just have a slow algorithm."""
    mode, batch, missed = modes(device)[-1], 1, 0
    free = free_memory(device)
    room = limit if free is None else min(limit, free / ROOM)
    rates: dict[int, float] = {}
    while batch <= LARGEST_BATCH and missed < PATIENCE and (memory(report, batch).inference or 0) <= room:
        best = max(rates.values(), default=0.0)
        try:
            rates[batch] = batch / run(report, device, mode, batch, 3).whole
        except RuntimeError as error:
            if is_fault(error):  # too large for the device
                break
            raise
        missed = 0 if rates[batch] >= GAIN * best else missed + 1
        batch *= 2
    return rates


def by_kind(timed: Timed) -> list[KindTime]:
    """The times by kind of layer, the largest first."""
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
