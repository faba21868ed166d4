"""What torch raises while a network runs: whether the device failed, or torch refuses the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from archcalc.errors import ArchcalcError

FAULT = re.compile(  # where torch raises a plain RuntimeError; the last are limits of a library at a large batch
    "CUDA error|CUDA out of memory|CUDA driver|NVIDIA driver|cuDNN error|CUDNN_STATUS|CUBLAS_STATUS|allocate memory|"
    "not enough memory|bad.?alloc|find an engine|overflow|32-?bit ?index|integer out of range",
    re.IGNORECASE,
)


def is_fault(error: Exception) -> bool:
    """Whether the device failed, or has too little memory; else it is the network that torch refuses."""
    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and bool(FAULT.search(str(error)))
    )


@contextmanager
def torch_errors() -> Iterator[None]:
    """Makes an ArchcalcError, of one line, of what torch raises while a network runs."""
    try:
        yield
    except ArchcalcError:
        raise
    except Exception as error:
        line = str(error).strip().partition("\n")[0].partition(" GPU ")[0]  # without the state of the allocator
        known = isinstance(error, (RuntimeError, ValueError))
        said = "the device failed" if is_fault(error) else "torch refuses it" if known else type(error).__name__
        raise ArchcalcError(f"{said}: {line}") from error
