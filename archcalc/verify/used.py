"""The memory that a pass used, beside the formula: the difference taken apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """Bytes at the peak, without weights; None where the device's allocator does not tell."""

    label: str
    what: str  # "forward" or "training step"
    batch: int
    formula: int
    tensors: int  # what operators returned and was alive, inputs with it; with no gradients added in place
    requested: int | None = None  # asked of the allocator
    allocated: int | None = None  # given by it, in blocks; a CPU has none
    standing: int | None = None  # workspaces that libraries keep for good, on CUDA

    @property
    def inside(self) -> int:
        """Made and dropped inside layers."""
        return self.tensors - self.formula

    @property
    def workspace(self) -> int | None:
        """Asked for beside all tensors, for the time of an operation; below 0 where gradients are added in place."""
        return None if self.requested is None else self.requested - self.tensors

    @property
    def rounding(self) -> int | None:
        """Given beyond what was asked for."""
        return None if self.allocated is None or self.requested is None else self.allocated - self.requested

    @property
    def error(self) -> float:
        """Of the formula, relative to what was really used."""
        return self.formula / (self.allocated or self.requested or self.tensors) - 1
