"""What every importer reads a network into: operations in the order in which they run."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.core.layer import Kind
from archcalc.core.shape import Shape

INPUT = -1  # in place of an operation: the network's input


class Within(NamedTuple):
    """A call of a module around an operation."""

    key: str  # tells the calls of one module apart
    name: str  # in the module around it
    kind: str  # its class


class Operation(NamedTuple):
    """A layer of the network to be imported."""

    layer: Kind
    inputs: tuple[int, ...]  # operations
    shape: Shape  # of the output, one example
    within: tuple[Within, ...] = ()  # outermost first
    name: str = ""  # what it does, where the layer does not say so
    weights: tuple[str, ...] = ()  # the names of its tensors
    shared: int | None = None  # the operation whose weights it uses


class Imported(NamedTuple):
    """A network read from elsewhere."""

    operations: tuple[Operation, ...]
    shape: Shape  # of the input, one example
    unknown: tuple[str, ...] = ()  # operators whose work is not known
    unused: int = 0  # learned numbers of the module that its forward does not use
    params: int | None = None  # those that it does use, and its multiply-adds, counted by others
    mult_adds: int | None = None
    notes: tuple[str, ...] = ()  # what else a reader should know of it, as sentences without a full stop

    def before(self, number: int) -> Shape:
        """The shape of an operation's first input."""
        first = next(iter(self.operations[number].inputs), INPUT)
        return self.shape if first == INPUT else self.operations[first].shape
