"""Standard output and standard error, whatever they are: a terminal, a pipe, a full disk, nothing at all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import StringIO
from typing import Any

from archcalc.errors import printable
from archcalc.likeness import encoded

HELD = 1 << 20  # characters; more than that is written before the command has ended


class Ended(Exception):
    """The command need not go on."""


class Output(StringIO):
    """Standard output: a text is collected and written whole, and an error of the stream is told from any other."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream, self.failure, self.is_read = stream, "", True

    def isatty(self) -> bool:
        return self.stream is not None and bool(self.stream.isatty())

    def write(self, text: str | bytes) -> int:
        """Collect a text, which click gives as bytes at times. Raises Ended where nobody reads on."""
        size = super().write(text if isinstance(text, str) else text.decode())
        if self.tell() > HELD:
            self.flush()
            if self.failure or not self.is_read:
                raise Ended
        return size

    def flush(self) -> None:
        """Write what was collected, in the stream's encoding. A failure is noted; a pipe that is closed is none."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        if text and self.is_read and not self.failure:
            try:
                _write(self.stream, text)
            except BrokenPipeError:
                self.is_read = False
            except OSError as error:
                self.failure = (error.strerror or str(error)).lower()


def tell(message: str) -> None:
    """A message on standard error; nothing where nobody can read it."""
    with suppress(OSError):
        _write(sys.stderr, message and f"{printable(message)}\n")


def _write(stream: Any, text: str) -> None:
    """All of the text, now. Raises OSError."""
    if stream is None:
        raise OSError("it is closed")
    try:
        stream.flush()
        if hasattr(stream, "buffer"):
            stream.buffer.write(encoded(text, stream.encoding))
        else:
            stream.write(text)
        stream.flush()
    except OSError:
        _silence(stream)
        raise


def _silence(stream: Any) -> None:
    """Send what the stream still holds nowhere; else Python would try once more as it ends, and fail."""
    with suppress(OSError):  # it has no file
        number, nowhere = stream.fileno(), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
