"""What flows along a graph: how much of the input an output position sees, and how many weight layers lie before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.figures.rules import ABSENT, Flow, Read, largest
from archcalc.kind import Kind
from archcalc.number import Number, plain
from archcalc.shape import Shape


class Seen(NamedTuple):
    """Along one axis of the network's input, in its positions."""

    field: Number  # how many an output position depends on
    jump: Number  # how far apart those of two neighbours are


def _seen(layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[tuple[Seen, ...]]) -> tuple[Seen, ...] | None:
    """What a layer's window sees through what its inputs have seen, of which the largest counts along each axis.

    field + (window - 1) * jump, and jump * step (Araujo et al. 2019, "Computing Receptive Fields", equations 1 and 2).
    """
    window, axes = layer.window(*inputs), zip(*passed, strict=False)
    before = [Seen(*(largest(sizes) for sizes in zip(*axis, strict=True))) for axis in axes]
    if window is None:
        return None
    if not window:  # each position by itself
        return tuple(before)
    steps = zip(before, window, strict=False)
    return tuple(Seen(own.field + (size - 1) * own.jump, plain(own.jump * step)) for own, (size, step) in steps)


def _deeper(layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[int]) -> int | None:
    """One more than the deepest input, where the layer multiplies by weights."""
    if layer.weights(*inputs) is None:
        return None
    return max(passed, default=0) + (type(layer).mult_adds is not Kind.mult_adds)


SEEN = Flow(lambda shape: tuple(Seen(1, 1) for _ in shape[1:]), _seen, ("field", "jump"))
FIELD = Read(SEEN, lambda axes: largest([axis.field for axis in axes]) if axes else ABSENT)
JUMP = Read(SEEN, lambda axes: largest([axis.jump for axis in axes]) if axes else ABSENT)
DEPTH = Read(Flow(lambda shape: 0, _deeper), lambda depth: depth, adds=True)
