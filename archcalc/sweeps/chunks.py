"""A grid cut into pieces, so that the memory in use stays bounded for grids of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Box = tuple[np.ndarray, ...]  # for each axis, the positions of the values that belong to it
BYTES = 1 << 28  # for the arrays of one piece: one array per layer, if every layer depends on every knob
LARGEST = 1 << 18  # points of a piece


@dataclass(frozen=True)
class Pieces:
    """Boxes in the order of the points: the last axis varies fastest. Axes before ``axis`` have one value per box."""

    sizes: tuple[int, ...]
    axis: int
    run: int  # values of that axis in a piece

    @property
    def runs(self) -> int:
        """How many pieces the axis is cut into."""
        return -(-self.sizes[self.axis] // self.run)

    @property
    def number(self) -> int:
        """How many pieces there are; len() counts no further than 63 bits."""
        return self.runs * math.prod(self.sizes[: self.axis])

    def __iter__(self) -> Iterator[Box]:
        index = 0
        while index < self.number:
            yield self.box(index)
            index += 1

    def box(self, index: int) -> Box:
        """The piece at this index."""
        index, start = divmod(index, self.runs)
        start *= self.run
        middle = np.arange(start, min(start + self.run, self.sizes[self.axis]))
        outer = []
        for size in reversed(self.sizes[: self.axis]):
            index, at = divmod(index, size)
            outer.append(np.array([at]))
        return (*reversed(outer), middle, *(np.arange(size) for size in self.sizes[self.axis + 1 :]))


def pieces(sizes: tuple[int, ...], layers: int, most: int | None = None) -> Pieces:
    """Cut a grid of these sizes into pieces small enough to evaluate a network of this many layers at once.

    ``most`` is a further limit on the points of a piece.
    """
    most = max(1, min(LARGEST, most or LARGEST, BYTES // (16 * max(layers, 1))))
    axis, inner = len(sizes) - 1, 1
    while axis > 0 and inner * sizes[axis] <= most:
        inner *= sizes[axis]
        axis -= 1
    return Pieces(sizes, axis, max(1, min(most // inner, sizes[axis])))
