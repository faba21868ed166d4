"""The time that layers take on a device, and work that a time limit may interrupt."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from threading import current_thread, main_thread
from typing import Any, NamedTuple

import torch
from torch import Tensor

from archcalc.verify.device import synchronize
from archcalc.verify.module import NetworkModule, watched


@contextmanager
def ended_by_term() -> Iterator[None]:
    """Let SIGTERM interrupt the work as Ctrl-C does, so that the results so far are shown."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


WARM_UP, REPEATS = 5, 20
AHEAD = 200_000  # cycles, about 100 us: for each layer the device waits so long, while the host queues the work


class Mode(NamedTuple):
    """A numeric precision to compute in."""

    name: str
    dtype: torch.dtype
    tf32: bool

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize


MODES = (
    Mode("fp32", torch.float32, tf32=False),
    Mode("tf32", torch.float32, tf32=True),
    Mode("bf16", torch.bfloat16, tf32=False),
)


@contextmanager
def precision(mode: Mode) -> Iterator[None]:
    """Run matrix products and convolutions with or without TF32, and restore the setting afterwards."""
    places: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [place.allow_tf32 for place in places]
    for place in places:
        place.allow_tf32 = mode.tf32
    try:
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value


class Clock:
    """Time marks on one device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.events = device.type == "cuda"

    def mark(self) -> Any:
        """A mark for the present moment, in the order of the queued work."""
        if not self.events:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event

    def seconds(self, start: Any, end: Any) -> float:
        """The seconds between two marks, after a call of finish()."""
        return float(start.elapsed_time(end) / 1000 if self.events else end - start)

    def wait(self, layers: int) -> None:
        """Let the device wait while the host queues a pass of so many layers."""
        if self.events:
            with torch.cuda.device(self.device):
                torch.cuda._sleep(AHEAD * layers)  # type: ignore[no-untyped-call]

    def finish(self) -> None:
        """Wait until all work is done."""
        synchronize(self.device)

    def time(self, run: Callable[[], Any], repeats: int = REPEATS, layers: int = 1) -> list[float]:
        """The seconds of each run, after a few runs to warm up; ``layers`` is the number of layers in a run."""
        for _ in range(min(WARM_UP, repeats)):
            run()
        self.finish()
        marks = []
        for _ in range(repeats):
            self.wait(layers)
            start = self.mark()
            run()
            marks.append((start, self.mark()))
        self.finish()
        return [self.seconds(*pair) for pair in marks]


class Times(NamedTuple):
    """Median seconds of a pass, of each layer within a pass, and between two marks without work."""

    whole: float
    layers: list[float]
    floor: float = 0.0


def time_network(network: NetworkModule, x: Tensor, clock: Clock, repeats: int = REPEATS) -> Times:
    """Time the whole pass without marks, then each layer within passes, where its inputs may still be in a cache."""
    with torch.inference_mode():
        whole = median(clock.time(lambda: network(x), repeats, len(list(network.layers()))))
        passes = [_marked_pass(network, x, clock) for _ in range(repeats)]
        floor = median(clock.time(lambda: None, repeats))
    return Times(whole, [median(times) for times in zip(*passes, strict=True)], floor)


def _marked_pass(network: NetworkModule, x: Tensor, clock: Clock) -> list[float]:
    starts: list[Any] = []
    ends: list[Any] = []
    with watched(network, lambda *_: starts.append(clock.mark()), lambda *_: ends.append(clock.mark())):
        clock.wait(2 * len(list(network.layers())))
        network(x)
        clock.finish()
    return [clock.seconds(*pair) for pair in zip(starts, ends, strict=True)]
