"""What a verification goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import torch

from archcalc.errors import ArchcalcError
from archcalc.memory.footprint import memory
from archcalc.report import Report
from archcalc.verify.against import witness
from archcalc.verify.allocator import Used, compare_memory
from archcalc.verify.check import Verified, verify
from archcalc.verify.results import Findings, NotRun, Result, Witnessed
from archcalc.verify.timing import Timed, study

GIB = 2**30
LIMIT = 8.0  # GiB


class Asked(NamedTuple):
    """What to do with each network."""

    device: torch.device
    batch: int | None = None  # None: what suits each part
    limit: float = LIMIT
    against: tuple[str, ...] = ()
    everything: bool = False  # a network that a library does not have is then no omission
    memory: bool = False
    time: bool = False


def examine(report: Report, asked: Asked) -> Iterator[Result]:
    """All that is asked of one network. What cannot be done is among the results."""
    batch = asked.batch or (2 if asked.device.type == "meta" else 1)  # 2 shows what mixes examples
    if asked.device.type != "meta" and (reason := too_large(report, batch, asked.limit)):
        yield NotRun(report.label, "layers", reason)
        return
    yield from _attempt(report, "layers", lambda: [verify(report, asked.device, batch)])
    for library in asked.against:
        yield from witness(report, library, unknown=not asked.everything)
    if asked.memory:
        yield from _attempt(report, "memory", lambda: compare_memory(report, asked.device, asked.batch or 1))
    if asked.time and asked.device.type == "meta":
        yield NotRun(report.label, "time", "the meta device computes nothing")
    elif asked.time:
        yield from _attempt(report, "time", lambda: study(report, asked.device, asked.batch))


def _attempt(report: Report, what: str, run: Callable[[], Iterable[Result]]) -> Iterator[Result]:
    try:
        yield from run()
    except (ArchcalcError, torch.cuda.OutOfMemoryError) as error:
        yield NotRun(report.label, what, str(error).partition("\n")[0])


def gather(command: str, environment: dict[str, str], results: Iterable[Result]) -> Findings:
    """Results by what they are."""
    found: dict[type, list[Any]] = {kind: [] for kind in (Verified, Witnessed, Used, Timed, NotRun)}
    for result in results:
        found[type(result)].append(result)
    found[NotRun] = together(found[NotRun])
    return Findings(command, environment, *map(tuple, found.values()))


def together(not_run: Iterable[NotRun]) -> list[NotRun]:
    """What was not run of several networks for one reason, said once."""
    labels: dict[tuple[str, str], list[str]] = {}
    for label, what, reason in not_run:
        labels.setdefault((what, reason), []).append(label)
    return [NotRun(each[0] if len(each) == 1 else f"{len(each)} networks", *key) for key, each in labels.items()]


def too_large(report: Report, batch: int, limit: float) -> str | None:
    """Why a forward pass does not fit."""
    needed = memory(report, batch)
    total = (needed.weights or 0) + (needed.buffers or 0) + needed.peak
    if total <= limit * GIB:
        return None
    return f"a forward pass of {batch} needs {total / GIB:.1f} GiB; the limit is {limit:g} GiB"
