"""The memory that a pass used, beside the formula, with the parts of the difference."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """Bytes at the peak, without weights; None where the allocator of the device does not report them."""

    label: str
    what: str  # "forward" or "training step"
    batch: int
    formula: int
    tensors: int  # returned by operators and in use, with the inputs; no gradients added in place
    requested: int | None = None  # from the allocator
    allocated: int | None = None  # by the allocator, in blocks; not known on a CPU
    standing: int | None = None  # permanent workspaces of libraries, on CUDA

    @property
    def inside(self) -> int:
        """Bytes of tensors that are made and freed inside layers."""
        return self.tensors - self.formula

    @property
    def workspace(self) -> int | None:
        """Bytes requested beside all tensors, during an operation; negative where gradients are added in place."""
        return None if self.requested is None else self.requested - self.tensors

    @property
    def rounding(self) -> int | None:
        """Bytes allocated beyond those requested."""
        return None if self.allocated is None or self.requested is None else self.allocated - self.requested

    @property
    def error(self) -> float:
        """The relative error of the formula."""
        return self.formula / (self.allocated or self.requested or self.tensors) - 1
