"""The device: how it is found and described, the memory that is free on it, and its errors while a network runs."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from archcalc import __version__
from archcalc.core.errors import ArchcalcError, listing

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


MEMINFO = Path("/proc/meminfo")  # on Linux
KINDS = ("auto", "cuda", "cpu", "meta")
LIBRARIES = ("torch", "torchvision", "timm", "pytorchcv", "transformers", "keras")


def find_device(word: str) -> torch.device:
    """The device of this name; "auto" is cuda if there is one, else cpu. Raises ArchcalcError."""
    if word.partition(":")[0] not in KINDS:
        raise ArchcalcError(f"no device {word!r}; there are {listing(KINDS)}")
    if word == "auto":
        word = "cuda" if torch.cuda.is_available() else "cpu"
    if word.startswith("cuda") and not torch.cuda.is_available():
        build = "sees no CUDA device" if torch.version.cuda else "was built without CUDA"
        raise ArchcalcError(f"no device {word!r}: torch {torch.__version__} {build}")
    try:
        device = torch.device(word)
        try_out(device)
    except RuntimeError as error:
        raise ArchcalcError(f"no device {word!r}: {str(error).splitlines()[0]}") from None
    return device


def try_out(device: torch.device) -> None:
    """Compute something on the device. Raises RuntimeError, for example where it is too old for this build of torch."""
    torch.zeros(1, device=device).add_(1)
    synchronize(device)


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished its work. Raises its errors, if they were not raised before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def device_name(device: torch.device) -> str:
    """The maker's name of the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _processor() if device.type == "cpu" else "meta (shapes only)"


def environment(device: torch.device) -> dict[str, str]:
    """The device, its driver and the versions of all libraries involved."""
    found = {"device": device_name(device), "archcalc": __version__, "python": platform.python_version()}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {
            "memory": f"{properties.total_memory / 2**30:.1f} GiB, {properties.multi_processor_count} multiprocessors",
            "compute capability": f"{properties.major}.{properties.minor}",
            "driver": driver(),
            "CUDA": str(torch.version.cuda),
            "cuDNN": str(torch.backends.cudnn.version()),  # type: ignore[no-untyped-call]
        }
    if device.type == "cpu":
        found["threads"] = str(torch.get_num_threads())
    return found | {library: installed(library) for library in LIBRARIES}


def installed(library: str) -> str:
    """The version of a library, or "not installed"."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def driver() -> str:
    """The version of NVIDIA's driver, from nvidia-smi."""
    ask = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, timeout=60, check=True).stdout.split()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "not known"


def free_memory(device: torch.device) -> int | None:
    """The bytes that a pass may use; None where nothing is stored or where it is not known."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # for the next tensors
        return torch.cuda.mem_get_info(device.index or 0)[0] + cached
    if device.type != "cpu":
        return None
    try:
        found = re.search(r"MemAvailable: *(\d+)", MEMINFO.read_text(encoding="ascii"))
    except OSError:
        return None
    return 1024 * int(found[1]) if found else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
