"""The measured peak rates of a device: operations in a large matrix product, bytes in a large copy."""

from __future__ import annotations

import torch

from archcalc.verify.clock import Clock, Mode, precision
from archcalc.verify.roofline import Ceilings

SIDE = {"cuda": 8192, "cpu": 1024}  # of the square matrices
COPIED = {"cuda": 2**30, "cpu": 2**27}  # bytes, more than any cache has


def measure(device: torch.device, mode: Mode, side: int | None = None, copied: int | None = None) -> Ceilings:
    """Both ceilings in a mode, from the fastest run; a copied byte is read once and written once."""
    side, copied = side or SIDE[device.type], copied or COPIED[device.type]
    clock = Clock(device)
    with torch.inference_mode(), precision(mode):
        a, b = (torch.randn(side, side, device=device, dtype=mode.dtype) for _ in range(2))
        product = min(clock.time(lambda: torch.mm(a, b)))
        source = torch.ones(copied, device=device, dtype=torch.uint8)
        target = torch.empty_like(source)
        copy = min(clock.time(lambda: target.copy_(source)))
    return Ceilings(2 * side**3 / product, 2 * copied / copy)
