"""Pause Python's garbage collector while large results are made, since it would scan them and find nothing."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class _Pause:
    """The number of blocks, in all threads, that need the collector paused: the first stops it, the last starts it."""

    def __init__(self) -> None:
        self.lock, self.blocks, self.was_on = Lock(), 0, True

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Pause the garbage collector, in all threads.

        For a deep network or a large file the collector would need a third to half of the time, and find nothing.
        """
        with self.lock:
            if self.blocks == 0:
                self.was_on = gc.isenabled()
                gc.disable()
            self.blocks += 1
        try:
            yield
        finally:
            with self.lock:
                self.blocks -= 1
                if self.blocks == 0 and self.was_on:
                    gc.enable()

    def forked(self) -> None:
        """Reset the pause in a forked process, where the other threads no longer exist to leave it or to unlock it."""
        if self.blocks and self.was_on:
            gc.enable()
        self.lock, self.blocks = Lock(), 0


gc_paused = _Pause()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=gc_paused.forked)


@contextmanager
def gc_frozen() -> Iterator[None]:
    """Exclude all present objects from garbage collection, since there are many of them and they stay in use."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
