"""The parts of a verification, run for each network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch

from archcalc.core.bound import lower
from archcalc.core.errors import ArchcalcError
from archcalc.memory.footprint import Memory, memory
from archcalc.report import Report
from archcalc.verify.against import Foreign, witness
from archcalc.verify.allocator import Used, used_forward, used_training
from archcalc.verify.check import Verified, verify
from archcalc.verify.device import free_memory, torch_errors
from archcalc.verify.tables import Findings, NotRun, Result, Witnessed
from archcalc.verify.timing import Timed, study

GIB = 2**30
LIMIT = 8.0  # GiB
BATCH = 2  # shows layers that mix examples; normalising 1 x 1 maps needs more than one example


class Asked(NamedTuple):
    """The parts of a verification to run for each network."""

    device: torch.device
    batch: int | None = None  # None for the default of each part
    limit: float = LIMIT
    against: tuple[str, ...] = ()  # libraries
    modules: tuple[Foreign, ...] = ()
    everything: bool = False  # then a network that a library does not have is not reported
    memory: bool = False
    time: bool = False


def examine(report: Report, asked: Asked) -> Iterator[Result]:
    """The results for one network; a part that cannot be run is a NotRun among them."""
    yield from _attempt(report, "layers", _layers(report, asked))
    for library in asked.against:
        yield from witness(report, library, unknown=not asked.everything)
    for module in asked.modules:
        yield from _attempt(report, module.path, _beside(report, module))
    if asked.memory:
        yield from _attempt(report, "memory", _memory(report, asked))
    if asked.time:
        yield from _attempt(report, "time", _time(report, asked))


def _attempt(report: Report, what: str, results: Iterable[Result]) -> Iterator[Result]:
    try:
        with torch_errors():
            yield from results
    except ArchcalcError as error:
        yield NotRun(report.label, what, str(error).partition("\n")[0])


def _layers(report: Report, asked: Asked) -> Iterator[Result]:
    batch = asked.batch or BATCH
    _check_room(asked, f"a forward pass of {batch}", _forward(memory(report, batch)))
    found = verify(report, asked.device, batch)
    if not found.layers and not found.differences:
        raise ArchcalcError("no layer declares more than the shape of its output")
    yield found


def _beside(report: Report, module: Foreign) -> Iterator[Result]:
    yield module.beside(report)


def _memory(report: Report, asked: Asked) -> Iterator[Result]:
    batch = asked.batch or BATCH
    needed = memory(report, batch)
    _check_room(asked, f"a forward pass of {batch}", _forward(needed))
    yield used_forward(report, asked.device, batch)
    if report.known.params:
        _check_room(asked, f"a training step of {batch}", needed.training)
        yield used_training(report, asked.device, batch)


def _time(report: Report, asked: Asked) -> Iterator[Result]:
    if asked.device.type == "meta":
        raise ArchcalcError("the meta device computes nothing")
    batch = asked.batch or 1
    _check_room(asked, f"a forward pass of {batch}", _forward(memory(report, batch)))
    yield from study(report, asked.device, asked.batch, limit=asked.limit * GIB)


def _forward(needed: Memory) -> Any:
    """A lower bound of the bytes of a forward pass."""
    return lower(needed.inference)


def _check_room(asked: Asked, what: str, needed: Any) -> None:
    """Raise ArchcalcError where so many bytes exceed the limit or the free memory; the meta device needs none."""
    if asked.device.type == "meta" or needed is None:
        return
    if needed > asked.limit * GIB:
        raise ArchcalcError(f"{what} needs {needed / GIB:.1f} GiB; the limit is {asked.limit:g} GiB")
    free = free_memory(asked.device)
    if free is not None and needed > free:
        raise ArchcalcError(f"{what} needs {needed / GIB:.1f} GiB; the device has {free / GIB:.1f} GiB free")


def gather(command: str, environment: dict[str, str], results: Iterable[Result]) -> Findings:
    """The results, sorted by their type."""
    found: dict[type, list[Any]] = {kind: [] for kind in (Verified, Witnessed, Used, Timed, NotRun)}
    for result in results:
        found[type(result)].append(result)
    return Findings(command, environment, *map(tuple, found.values()))
