"""Python's garbage collector, kept from looking for garbage among results that stay."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class _Pause:
    """How many blocks, in whatever threads, want the collector paused: the first pauses it, the last ends that."""

    def __init__(self) -> None:
        self.lock, self.blocks, self.was_on = Lock(), 0, True

    def enter(self) -> None:
        with self.lock:
            if self.blocks == 0:
                self.was_on = gc.isenabled()
                gc.disable()
            self.blocks += 1

    def leave(self) -> None:
        with self.lock:
            self.blocks -= 1
            if self.blocks == 0 and self.was_on:
                gc.enable()

    def forked(self) -> None:
        """Start again in a forked process, where the other threads are gone and will neither leave nor unlock."""
        if self.blocks and self.was_on:
            gc.enable()
        self.lock, self.blocks = Lock(), 0


_pause = _Pause()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pause.forked)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Collect no garbage meanwhile, in any thread.

    Over a deep network or a wide file the collector takes a third to half of the time, and finds nothing.
    """
    _pause.enter()
    try:
        yield
    finally:
        _pause.leave()


@contextmanager
def gc_frozen() -> Iterator[None]:
    """Collect garbage only among what is made from here on: what there is already stays, and is much."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
