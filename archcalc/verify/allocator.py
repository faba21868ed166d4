"""The memory that is really used, beside the formulas: by PyTorch's tensors, and by its allocators.

The difference between formula and allocator is split into tensors inside layers (such as a padded copy), workspaces of
libraries, and the rounding of the allocator.
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

LOG_LEVEL = "KINETO_LOG_LEVEL"  # of the profiler
Pass = Callable[[NetworkModule, Tensor], Any]


def used_forward(report: Report, device: torch.device, batch: int) -> Used:
    """The memory of a forward pass. Raises ArchcalcError where the network cannot run."""
    network, x = _placed(report, device, batch)
    return Used(report.label, "forward", batch, memory(report, batch).peak, **_measured(network.eval(), x, _forward))


def used_training(report: Report, device: torch.device, batch: int) -> Used:
    """The memory of a training step; the network must have weights. Raises ArchcalcError where it cannot run."""
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
    """A loss that gives every output a gradient and needs almost no memory itself."""

    @staticmethod
    def forward(ctx: Any, *outputs: Tensor) -> Tensor:
        ctx.shapes = [output.shape for output in outputs]
        return outputs[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        return tuple(gradient.new_ones(shape) for shape in ctx.shapes)


def training_step(network: NetworkModule, x: Tensor) -> None:
    """A forward and a backward pass; the gradients are freed at the end."""
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
    """The peak of bytes requested from the CPU's allocator, with the input; a first run allocates what is permanent."""
    run(network, x)
    gc.collect()  # else memory from before, freed during the run, would be subtracted
    with _silent(), profile(profile_memory=True) as profiled:
        run(network, x)
    events = [event for event in profiled.kineto_results.events() if event.name() == "[memory]"]
    changes = (event.nbytes() for event in sorted(events, key=lambda event: event.start_ns()))
    return {"requested": max(accumulate(changes), default=0) + x.untyped_storage().nbytes()}


@contextmanager
def _silent() -> Iterator[None]:
    """Silence the messages with which the profiler starts and stops."""
    before = os.environ.get(LOG_LEVEL)
    os.environ[LOG_LEVEL] = "99"
    try:
        yield
    finally:
        os.environ.pop(LOG_LEVEL)
        os.environ.update({LOG_LEVEL: before} if before is not None else {})


def _asked_of_cuda(network: NetworkModule, x: Tensor, run: Pass) -> dict[str, int]:
    """The peaks of CUDA's allocator, with the input; a first run allocates the permanent workspaces of libraries."""
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
    """Free what earlier networks left: reference cycles, cuBLAS workspaces, cached blocks of the allocator."""
    gc.collect()
    getattr(torch._C, "_cuda_clearCublasWorkspaces", lambda: None)()
    torch.cuda.empty_cache()


def _bytes(device: torch.device, when: str) -> dict[str, int]:
    statistics = torch.cuda.memory_stats(device)
    return {word: statistics[f"{word}_bytes.all.{when}"] for word in ("requested", "allocated")}
