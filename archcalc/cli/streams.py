"""Standard output and standard error, whether a terminal, a pipe, a file on a full disk, or closed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import StringIO
from typing import Any

from archcalc.errors import printable
from archcalc.likeness import encoded

HELD = 1 << 20  # characters; more than this is written before the command ends


class Ended(Exception):
    """The reader of standard output has closed it, so the command need not continue."""


class Output(StringIO):
    """Standard output: text is collected and written at once, and an error of the stream is known from any other."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream, self.failure, self.is_read = stream, "", True

    def isatty(self) -> bool:
        return self.stream is not None and bool(self.stream.isatty())

    def write(self, text: str | bytes) -> int:
        """Collect a text, which click sometimes passes as bytes. Raises Ended if the reader has closed the stream."""
        size = super().write(text if isinstance(text, str) else text.decode())
        if self.tell() > HELD:
            self.flush()
            if self.failure or not self.is_read:
                raise Ended
        return size

    def flush(self) -> None:
        """Write the collected text in the stream's encoding. A failure is recorded; a closed pipe is not a failure."""
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
    """Write a message to standard error, or nothing if that fails."""
    with suppress(OSError):
        _write(sys.stderr, message and f"{printable(message)}\n")


def _write(stream: Any, text: str) -> None:
    """Write all of the text immediately. Raises OSError."""
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
    """Discard what the stream still buffers; otherwise Python would try to write it at exit, and fail."""
    with suppress(OSError):  # it has no file
        number, nowhere = stream.fileno(), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
