"""What a verification goes through, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import torch

from archcalc.errors import ArchcalcError
from archcalc.memory import memory
from archcalc.report import Report
from archcalc.verify.allocator import Used, compare_memory
from archcalc.verify.check import Verified, verify
from archcalc.verify.timing import Timed, study

GIB = 2**30
LIMIT = 8.0  # GiB


class NotRun(NamedTuple):
    """What was asked for and did not happen."""

    label: str
    what: str  # "layers", "torchvision", "time" ...
    reason: str


class Witnessed(NamedTuple):
    """A network against a library's own."""

    label: str
    library: str
    module: str
    layers: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """All of one verification."""

    command: str
    environment: dict[str, str]
    verified: tuple[Verified, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    used: tuple[Used, ...] = ()
    timed: tuple[Timed, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """What came out different."""
        results: list[Verified | Witnessed] = [*self.verified, *self.witnessed]
        return tuple(dict.fromkeys(one.label for one in results if one.differences))

    @property
    def status(self) -> int:
        """Of the process: 1 where something differs, else 2 where something was not run, else 0."""
        return 1 if self.failed else 2 if self.not_run else 0


class Asked(NamedTuple):
    """What to do with each network."""

    device: torch.device
    batch: int | None = None  # None: what suits each part
    limit: float = LIMIT
    against: tuple[str, ...] = ()
    memory: bool = False
    time: bool = False


Result: TypeAlias = Verified | Witnessed | Used | Timed | NotRun


def examine(report: Report, asked: Asked) -> Iterator[Result]:
    """All that is asked of one network. What cannot be done is among the results."""
    batch = asked.batch or (2 if asked.device.type == "meta" else 1)  # 2 shows what mixes examples
    if asked.device.type != "meta" and (reason := too_large(report, batch, asked.limit)):
        yield NotRun(report.label, "layers", reason)
        return
    yield from _attempt(report, "layers", lambda: [verify(report, asked.device, batch)])
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
    return Findings(command, environment, *map(tuple, found.values()))


def too_large(report: Report, batch: int, limit: float) -> str | None:
    """Why a forward pass does not fit."""
    needed = memory(report, batch)
    total = (needed.weights or 0) + (needed.buffers or 0) + needed.peak
    if total <= limit * GIB:
        return None
    return f"a forward pass of {batch} needs {total / GIB:.1f} GiB; the limit is {limit:g} GiB"
