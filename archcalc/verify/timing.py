"""The time of each layer, beside a bound of it by the measured peak rates of the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import torch

from archcalc.core.bound import lower
from archcalc.figures.amounts import elements as tensor_elements
from archcalc.memory.footprint import memory
from archcalc.memory.liveness import elements
from archcalc.report import Report
from archcalc.verify.clock import MODES, REPEATS, Clock, Mode, Times, precision, time_network
from archcalc.verify.device import free_memory, is_fault
from archcalc.verify.module import NetworkModule, to_module

SIDE = {"cuda": 8192, "cpu": 1024}  # of the square matrices
COPIED = {"cuda": 2**30, "cpu": 2**27}  # bytes, more than any cache has


def measure(device: torch.device, mode: Mode, side: int | None = None, copied: int | None = None) -> Ceilings:
    """Both ceilings in a mode, from the fastest run; a copied byte is read once and written once."""
    side, copied = side or SIDE[device.type], copied or COPIED[device.type]
    clock = Clock(device)
    with torch.inference_mode(), precision(mode):
        a, b = (torch.randn(side, side, device=device, dtype=mode.dtype) for _ in range(2))
        product = min(clock.time(lambda: torch.mm(a, b)))
        source = torch.ones(copied, device=device, dtype=torch.uint8)
        target = torch.empty_like(source)
        copy = min(clock.time(lambda: target.copy_(source)))
    return Ceilings(2 * side**3 / product, 2 * copied / copy)


class Ceilings(NamedTuple):
    """The measured peak rates of a device."""

    operations: float  # per second, in a large matrix product
    bandwidth: float  # bytes per second, read and written, in a large copy

    @property
    def ridge(self) -> float:
        """The intensity above which operations are the limit."""
        return self.operations / self.bandwidth


class Work(NamedTuple):
    """The operations and the memory traffic of a layer for a batch."""

    layer: str
    kind: str  # "conv", or "depthwise conv" where each channel has its own filters
    text: str
    operations: int  # two for each multiply-add
    traffic: int  # bytes of inputs, weights and output, each moved once

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.operations / self.traffic if self.traffic else 0.0

    def bound(self, ceilings: Ceilings) -> float:
        """A lower bound of its time in seconds."""
        return max(self.operations / ceilings.operations, self.traffic / ceilings.bandwidth)

    def limit(self, ceilings: Ceilings) -> str:
        """The limit that gives the bound: "operations" or "bandwidth"."""
        slow = self.operations / ceilings.operations > self.traffic / ceilings.bandwidth
        return "operations" if slow else "bandwidth"


def work(report: Report, batch: int, width: int) -> list[Work]:
    """The work of each layer, for elements of ``width`` bytes. A view moves nothing; unknown work counts as nothing."""
    graph, found = report.graph, []
    for node, row in zip(graph.nodes[1:], report.layers, strict=True):
        assert node.layer is not None
        inputs = graph.input_shapes(node)
        tensors = {**(node.layer.weights(*inputs) or {}), **node.layer.buffers(*inputs)}
        moved = batch * (elements(node) + sum(elements(graph.nodes[i]) for i in node.inputs)) + tensor_elements(tensors)
        traffic = 0 if node.layer.view else width * moved
        found.append(
            Work(row.name, _kind_of(row.kind, inputs, node.layer), row.text, 2 * batch * (row.mult_adds or 0), traffic)
        )
    return found


def _kind_of(label: str, inputs: tuple[tuple[int, ...], ...], layer: object) -> str:
    groups = getattr(layer, "groups", 1)
    return f"depthwise {label}" if label == "conv" and groups == inputs[0][0] and groups > 1 else label


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
        x = torch.rand(batch, *report.input, dtype=mode.dtype)
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
    while batch <= LARGEST_BATCH and missed < PATIENCE and lower(memory(report, batch).inference) <= room:
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
