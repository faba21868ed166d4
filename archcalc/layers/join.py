"""Joins of branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial, reduce
from itertools import combinations
from typing import Any, ClassVar

from archcalc.core.layer import Axis, Kind, Need
from archcalc.core.number import Number, decide, either, equal, maximum, product
from archcalc.core.shape import Shape, axis_need, describe, replaced, torch_axis


class Join(Kind):
    """The base of all joins: any number of inputs."""

    many: ClassVar[bool] = True
    saved_for_backward = "nothing"


def _same(sizes: tuple[Shape, ...], what: str, joined: int | None = None) -> Iterator[Need]:
    """The conditions that all sizes are equal, except along the axis that is ``joined``."""
    shown = " and ".join(map(describe, sizes))
    yield len({len(x) for x in sizes}) == 1, f"branches do not match: {shown}"
    for other in sizes[1:]:
        for axis, (a, b) in enumerate(zip(sizes[0], other, strict=False)):
            if axis != joined:
                yield equal(a, b), f"branches do not match: {shown}; {what}"


def _not_one(sizes: Iterable[Number]) -> list[Number]:
    """The sizes that are not known to be 1."""
    return [size for size in sizes if decide(equal(size, 1)) is not True]


def _fold(function: Any, *tensors: Any) -> Any:
    return reduce(function, tensors)


def _along(concatenate: Any, axis: int, *tensors: Any) -> Any:
    return concatenate(tensors, axis)


class Combine(Join):
    """The base of add and multiply: an operation on two elements for each input except the first."""

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"elementwise": (len(inputs) - 1) * product(output)}


class Add(Combine):
    """y = x1 + x2 + ..., element by element."""

    passes_gradient = "whole"
    examples: ClassVar = {"add": ((8, 5, 5), (8, 5, 5)), "add()": ((7,), (7,), (7,))}

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        yield from _same(inputs, "add needs equal shapes")

    def module(self, torch: Any, *inputs: Shape) -> Any:
        return partial(_fold, torch.add)


class Multiply(Combine):
    """y = x1 * x2 * ..., element by element; a size of 1 is broadcast, so that C x 1 x 1 scales each channel."""

    saved_for_backward = "inputs"
    examples: ClassVar = {"multiply": ((8, 5, 5), (8, 1, 1)), "multiply()": ((8, 1, 1), (8, 5, 5))}

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        shown = " and ".join(map(describe, inputs))
        yield len({len(x) for x in inputs}) == 1, f"branches do not match: {shown}"
        for sizes in zip(*inputs, strict=False):
            for a, b in combinations(_not_one(sizes), 2):
                meet = either(equal(a, b), either(equal(a, 1), equal(b, 1)))
                yield meet, f"branches do not match: {shown}; multiply needs equal sizes or 1"

    def shape(self, *inputs: Shape) -> Shape:
        return tuple(reduce(maximum, _not_one(sizes) or [1]) for sizes in zip(*inputs, strict=True))

    def module(self, torch: Any, *inputs: Shape) -> Any:
        return partial(_fold, torch.mul)


class Concat(Join):
    """y = x1, x2, ... one after the other along the channels, or along another axis."""

    passes_gradient = "part"
    examples: ClassVar = {
        "concat": ((64, 28, 28), (128, 28, 28), (32, 28, 28)),
        "concat()": ((5,), (3,)),
        "concat(axis=-1)": ((6, 5), (6, 3)),
    }
    axis: Axis = 0

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        exists = axis_need(self, inputs[0])
        yield exists
        if exists[0]:
            what = (
                "concat needs maps of one size" if self.axis == 0 else "concat needs equal sizes along the other axes"
            )
            yield from _same(inputs, what, self.axis % len(inputs[0]))

    def shape(self, *inputs: Shape) -> Shape:
        return replaced(inputs[0], self.axis, sum(x[self.axis] for x in inputs))

    def module(self, torch: Any, *inputs: Shape) -> Any:
        return partial(_along, torch.cat, torch_axis(self.axis))
