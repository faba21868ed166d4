"""Memory as it really is used, beside the formulas: what PyTorch's tensors hold, and what its allocators give.

The difference between formula and allocator is taken apart: what layers make inside (a padded copy, say), what
libraries ask for as workspace, and what the allocator rounds up.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.autograd.profiler import profile

from archcalc.memory.footprint import memory
from archcalc.report import Report
from archcalc.verify.device import synchronize
from archcalc.verify.live import LiveBytes
from archcalc.verify.module import NetworkModule, to_module
from archcalc.verify.used import Used

WORDS = "KINETO_LOG_LEVEL"  # what the profiler tells of itself
Pass = Callable[[NetworkModule, Tensor], Any]


def used_forward(report: Report, device: torch.device, batch: int) -> Used:
    """A forward pass. Raises ArchcalcError where the network cannot run."""
    network, x = _placed(report, device, batch)
    return Used(report.label, "forward", batch, memory(report, batch).peak, **_measured(network.eval(), x, _forward))


def used_training(report: Report, device: torch.device, batch: int) -> Used:
    """A training step; the network needs weights. Raises ArchcalcError where it cannot run."""
    network, x = _placed(report, device, batch)
    step = memory(report, batch).step or 0
    return Used(report.label, "training step", batch, step, **_measured(network.train(), x, training_step))


def _placed(report: Report, device: torch.device, batch: int) -> tuple[NetworkModule, Tensor]:
    with torch.device(device):
        return to_module(report.graph), torch.randn(batch, *report.input)


def _forward(network: NetworkModule, x: Tensor) -> None:
    with torch.no_grad():
        network(x)


class Loss(torch.autograd.Function):
    """A number that gives every output a gradient and needs no memory itself."""

    @staticmethod
    def forward(ctx: Any, *outputs: Tensor) -> Tensor:
        ctx.shapes = [output.shape for output in outputs]
        return outputs[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        return tuple(gradient.new_ones(shape) for shape in ctx.shapes)


def training_step(network: NetworkModule, x: Tensor) -> None:
    """Forward and backward; the gradients are the step's own memory."""
    outputs = network(x)
    loss = Loss.apply(*(outputs.values() if isinstance(outputs, dict) else [outputs]))  # type: ignore[no-untyped-call]
    loss.backward()
    network.zero_grad(set_to_none=True)


def _measured(network: NetworkModule, x: Tensor, run: Pass) -> dict[str, int]:
    ask = {"cuda": _asked_of_cuda, "cpu": _asked_of_cpu}.get(x.device.type)
    found = ask(network, x, run) if ask else {}
    live = LiveBytes([*network.parameters(), *network.buffers()])
    live.add(x)
    with live:
        run(network, x)
    return {"tensors": live.peak, **found}


def _asked_of_cpu(network: NetworkModule, x: Tensor, run: Pass) -> dict[str, int]:
    """What the profiler sees asked of the CPU's allocator, the input with it; the first run makes what stays."""
    run(network, x)
    gc.collect()  # what was made before and is freed meanwhile would puzzle the profiler
    with _silent(), profile(profile_memory=True) as seen:
        run(network, x)
    events = [event for event in seen.kineto_results.events() if event.name() == "[memory]"]
    changes = (event.nbytes() for event in sorted(events, key=lambda event: event.start_ns()))
    return {"requested": max(accumulate(changes), default=0) + x.untyped_storage().nbytes()}


@contextmanager
def _silent() -> Iterator[None]:
    """Without the profiler's words that it starts and stops."""
    before = os.environ.get(WORDS)
    os.environ[WORDS] = "99"
    try:
        yield
    finally:
        os.environ.pop(WORDS)
        os.environ.update({WORDS: before} if before is not None else {})


def _asked_of_cuda(network: NetworkModule, x: Tensor, run: Pass) -> dict[str, int]:
    """What CUDA's allocator reports, the input with it; the first run leaves the libraries' standing workspaces."""
    device = x.device
    _clear(device)
    before = _bytes(device, "current")
    run(network, x)
    synchronize(device)
    base = _bytes(device, "current")
    torch.cuda.reset_peak_memory_stats(device)
    run(network, x)
    synchronize(device)
    peak, own = _bytes(device, "peak"), x.untyped_storage().nbytes()
    requested, allocated = (peak[word] - base[word] + own for word in ("requested", "allocated"))
    return {"requested": requested, "allocated": allocated, "standing": base["requested"] - before["requested"]}


def _clear(device: torch.device) -> None:
    """Forget what earlier networks left: their cycles, cuBLAS's workspaces, blocks that are larger than asked for."""
    gc.collect()
    getattr(torch._C, "_cuda_clearCublasWorkspaces", lambda: None)()
    torch.cuda.empty_cache()


def _bytes(device: torch.device, when: str) -> dict[str, int]:
    statistics = torch.cuda.memory_stats(device)
    return {word: statistics[f"{word}_bytes.all.{when}"] for word in ("requested", "allocated")}
