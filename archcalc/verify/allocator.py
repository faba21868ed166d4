"""The memory in use during a real pass: of each tensor from the operation that makes it to its last reference."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.autograd.profiler import profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from archcalc.core.bound import lower
from archcalc.core.errors import ArchcalcError, listing
from archcalc.memory.footprint import memory
from archcalc.report import Report
from archcalc.verify.device import synchronize
from archcalc.verify.module import NetworkModule, to_module


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes in use now and at the peak, of the storages that operators make in this context; views add nothing.

    Only the tensors that PyTorch's operators return are counted. Memory that an operator allocates and frees inside,
    such as the workspace of a library, is not.
    """

    def __init__(self, known: Sequence[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self.counted = WeakIdKeyDictionary()
        for tensor in known:
            self.counted[tensor.untyped_storage()] = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.add(leaf)
        return result

    def add(self, tensor: Tensor) -> None:
        """Count the storage of a tensor until it is freed."""
        storage = tensor.untyped_storage()
        if storage not in self.counted:
            self.counted[storage] = True
            self.now += (size := storage.nbytes())
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._gone, size).atexit = False

    def _gone(self, size: int) -> None:
        self.now -= size


LOG_LEVEL = "KINETO_LOG_LEVEL"  # of the profiler
Pass = Callable[[NetworkModule, Tensor], Any]


def used_forward(report: Report, device: torch.device, batch: int) -> Used:
    """The memory of a forward pass. Raises ArchcalcError where the network cannot run."""
    network, x = _placed(report, device, batch)
    needed = lower(memory(report, batch).peak)
    return Used(report.label, "forward", batch, needed, **_measured(network.eval(), x, _forward))


def used_training(report: Report, device: torch.device, batch: int) -> Used:
    """The memory of a training step; the network must have weights. Raises ArchcalcError where it cannot run."""
    needed = memory(report, batch)
    if needed.step is None:
        inside = f": what {listing(needed.uncounted)} makes inside is not counted" * bool(needed.uncounted)
        raise ArchcalcError(f"there is no formula of a training step's memory{inside}")
    network, x = _placed(report, device, batch)
    return Used(report.label, "training step", batch, needed.step, **_measured(network.train(), x, training_step))


def _placed(report: Report, device: torch.device, batch: int) -> tuple[NetworkModule, Tensor]:
    with torch.device(device):
        return to_module(report.graph), torch.rand(batch, *report.input)


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
    _clear()
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


def _clear() -> None:
    """Free what earlier networks left: reference cycles, cuBLAS workspaces, cached blocks of the allocator."""
    gc.collect()
    getattr(torch._C, "_cuda_clearCublasWorkspaces", lambda: None)()
    torch.cuda.empty_cache()


def _bytes(device: torch.device, when: str) -> dict[str, int]:
    statistics = torch.cuda.memory_stats(device)
    return {word: statistics[f"{word}_bytes.all.{when}"] for word in ("requested", "allocated")}


@dataclass(frozen=True)
class Used:
    """Bytes at the peak, without weights; None where the allocator of the device does not report them."""

    label: str
    what: str  # "forward" or "training step"
    batch: int
    formula: int
    tensors: int  # returned by operators and in use, with the inputs; no gradients added in place
    requested: int | None = None  # from the allocator
    allocated: int | None = None  # by the allocator, in blocks; not known on a CPU
    standing: int | None = None  # permanent workspaces of libraries, on CUDA

    @property
    def inside(self) -> int:
        """Bytes of tensors that are made and freed inside layers."""
        return self.tensors - self.formula

    @property
    def workspace(self) -> int | None:
        """Bytes requested beside all tensors, during an operation; negative where gradients are added in place."""
        return None if self.requested is None else self.requested - self.tensors

    @property
    def rounding(self) -> int | None:
        """Bytes allocated beyond those requested."""
        return None if self.allocated is None or self.requested is None else self.allocated - self.requested

    @property
    def error(self) -> float:
        """The relative error of the formula."""
        return self.formula / (self.allocated or self.requested or self.tensors) - 1
