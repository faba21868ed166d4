"""A call of an operator of torch as the rules for its layers see it: for one example, without the axis of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archcalc.core.layer import Kind
from archcalc.core.shape import Shape
from archcalc.layers import KINDS


class NoAxis(Exception):
    """The axis is that of the batch."""


@dataclass(frozen=True)
class Asked:
    """A call of an operator."""

    operator: str
    given: dict[str, Any]  # its arguments by name, with values in place of tensors
    shape: Shape  # of the output, one example
    sizes: Shape  # with the batch
    batch: int
    parts: tuple[Shape, ...] = ()  # the sizes of each output, where there are several

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    @property
    def values(self) -> list[Any]:
        """All tensors with elements among the arguments."""
        flat = [one for value in self.given.values() for one in (value if isinstance(value, list) else [value])]
        return [value for value in flat if hasattr(value, "tensors") and 0 not in value.sizes]

    @property
    def activations(self) -> list[Any]:
        return [value for value in self.values if value.operation is not None]

    @property
    def constants(self) -> list[Any]:
        return [value for value in self.values if value.operation is None]

    @property
    def constant(self) -> bool:
        """Whether nothing in it depends on the input."""
        return not self.activations

    @property
    def operands(self) -> list[Any]:
        """What the layer takes as inputs: activations, and for a join its constants, too."""
        if self.operator in ("reshape_as", "view_as", "type_as"):
            return [self.x]
        joins = self.operator in ("add", "mul", "cat", "matmul", "bmm", "stack")
        return self.values if joins else self.activations

    @property
    def tensors(self) -> list[Any]:
        """The constants that are the layer's weights."""
        return [] if len(self.operands) == len(self.values) else self.constants

    @property
    def x(self) -> Any:
        return self.activations[0]

    def axis(self, axis: int, of: Shape | None = None) -> int:
        """The number of an axis, of one example. Raises NoAxis for that of the batch."""
        sizes = self.x.sizes if of is None else of
        axis %= len(sizes)
        batch = next((i for i, size in enumerate(sizes) if size and size % self.batch == 0), len(sizes))
        merged = batch < len(sizes) and sizes[batch] != self.batch
        if axis == batch and not merged:
            raise NoAxis
        return axis if merged or axis < batch else axis - 1

    def part(self, which: int) -> list[Kind] | None:
        """One of the parts that an operator with several outputs gives."""
        try:
            axis = self.axis(dim := self["dim"] or 0)
        except NoAxis:
            return None
        if self.operator == "unbind":
            return picked(self.x.shape, axis, which)
        lengths = [sizes[dim] for sizes in self.parts]
        return [narrow(self.x.shape, sum(lengths[:which]), lengths[which], axis)]


def picked(shape: Shape, axis: int, which: int) -> list[Kind]:
    """One place along an axis, which vanishes."""
    rest = (*shape[:axis], *shape[axis + 1 :]) or (1,)
    return [narrow(shape, which, 1, axis), KINDS["reshape"](rest)]


def narrow(shape: Shape, start: int, length: int, axis: int) -> Kind:
    return KINDS["narrow"](start, length, axis=-1 if axis == len(shape) - 1 > 0 else axis)
