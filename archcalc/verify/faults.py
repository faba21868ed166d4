"""Errors of torch while a network runs: either the device failed, or torch refuses the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from archcalc.errors import ArchcalcError

FAULT = re.compile(  # in a plain RuntimeError; the last ones are limits of libraries at large batches
    "CUDA error|CUDA out of memory|CUDA driver|NVIDIA driver|cuDNN error|CUDNN_STATUS|CUBLAS_STATUS|allocate memory|"
    "not enough memory|bad.?alloc|find an engine|overflow|32-?bit ?index|integer out of range",
    re.IGNORECASE,
)


def is_fault(error: Exception) -> bool:
    """Whether the device failed or has too little memory; otherwise torch refuses the network."""
    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and bool(FAULT.search(str(error)))
    )


@contextmanager
def torch_errors() -> Iterator[None]:
    """Turn an error of torch while a network runs into an ArchcalcError of one line."""
    try:
        yield
    except ArchcalcError:
        raise
    except Exception as error:
        line = str(error).strip().partition("\n")[0].partition(" GPU ")[0]  # without the state of the allocator
        known = isinstance(error, (RuntimeError, ValueError))
        what = "the device failed" if is_fault(error) else "torch refuses it" if known else type(error).__name__
        raise ArchcalcError(f"{what}: {line}") from error
