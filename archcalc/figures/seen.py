"""The flows along a graph: the receptive field of an output position, and the depth in layers with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.figures.rules import ABSENT, Flow, Read, largest
from archcalc.kind import Kind
from archcalc.number import Number, plain
from archcalc.shape import Shape


class ReceptiveField(NamedTuple):
    """The receptive field along one axis, in positions of the network's input."""

    field: Number  # the number of positions on which an output position depends
    jump: Number  # the distance between the fields of two adjacent output positions


def _through_window(
    layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[tuple[ReceptiveField, ...]]
) -> tuple[ReceptiveField, ...] | None:
    """The receptive fields after a layer, from the largest ones of its inputs along each axis.

    field + (window - 1) * jump, and jump * stride (Araujo et al. 2019, "Computing Receptive Fields", equations 1, 2).
    """
    window, axes = layer.window(*inputs), zip(*passed, strict=False)
    before = [ReceptiveField(*(largest(sizes) for sizes in zip(*axis, strict=True))) for axis in axes]
    if window is None:
        return None
    if not window:  # each position sees only itself
        return tuple(before)
    pairs = zip(before, window, strict=False)
    return tuple(ReceptiveField(own.field + (k - 1) * own.jump, plain(own.jump * stride)) for own, (k, stride) in pairs)


def _deeper(layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[int]) -> int | None:
    """The depth after a layer: that of its deepest input, and 1 more where the layer multiplies by weights."""
    if layer.weights(*inputs) is None:
        return None
    return max(passed, default=0) + (type(layer).mult_adds is not Kind.mult_adds)


RECEPTIVE = Flow(lambda shape: tuple(ReceptiveField(1, 1) for _ in shape[1:]), _through_window, ("field", "jump"))
FIELD = Read(RECEPTIVE, lambda axes: largest([axis.field for axis in axes]) if axes else ABSENT)
JUMP = Read(RECEPTIVE, lambda axes: largest([axis.jump for axis in axes]) if axes else ABSENT)
DEPTH = Read(Flow(lambda shape: 0, _deeper), lambda depth: depth, adds=True)
