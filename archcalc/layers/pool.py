"""Pooling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axes, Axis, Flag, Kind, Need, Padding
from archcalc.core.number import Number, decide, equal, product
from archcalc.core.shape import (
    Shape,
    axes,
    axis_need,
    describe,
    is_same,
    map_needs,
    per_axis,
    reach,
    replaced,
    same_padding,
    torch_axis,
    window_needs,
    windows,
)

INDEX = 8  # bytes of the position of a maximum


class Pool(Kind):
    """The base of maxpool and avgpool: a window that slides over each channel separately."""

    kernel: Axes
    stride: Axes = None
    pad: Padding = 0
    ceil: Flag = False
    window = reach

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from window_needs(self, x)
        if not is_same(self.pad):
            for kernel, pad in zip(per_axis(self.kernel, x), per_axis(self.pad, x), strict=False):
                yield 2 * pad <= kernel, f"{self.label}'s pad of {pad} is more than half its kernel of {kernel}"

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(windows(*axis, ceil=self.ceil) for axis in axes(self, x)))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": product(output) * product(per_axis(self.kernel, inputs[0]))}

    def module(self, torch: Any, x: Shape) -> Any:
        make, pad = getattr(torch.nn, f"{type(self).__name__}{len(x) - 1}d"), 0 if is_same(self.pad) else self.pad
        return make(self.kernel, self.stride, pad, ceil_mode=self.ceil)


class MaxPool(Pool):
    """y[c, i] = max over u of x[c, stride*i + u - pad]; the stride is the kernel unless given.

    With `ceil`, a last, partial window counts too, unless it would start in the padding.
    """

    examples: ClassVar = {
        "maxpool(3, stride=2)": (96, 55, 55),
        "maxpool(3, stride=2, pad=1, ceil=true)": (64, 111, 112),
        "maxpool((1, 2), stride=(1, 3), pad=(0, 1), ceil=true)": (4, 5, 8),
        "maxpool(3, stride=2, pad=same)": (4, 8, 9),
        "maxpool(2)": (4, 9),
    }

    def mask_bytes(self, output: Shape) -> Number:
        return INDEX * product(output)

    def module(self, torch: Any, x: Shape) -> Any:
        pool = super().module(torch, x)
        return same_padding(torch, pool, self, x, fill=float("-inf")) if is_same(self.pad) else pool


class AvgPool(Pool):
    """y[c, i] = mean over u of x[c, stride*i + u - pad]; the stride is the kernel unless given."""

    examples: ClassVar = {"avgpool(2)": (6, 28, 28), "avgpool(3, stride=2, pad=1, ceil=true)": (8, 7, 8)}

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from super().needs(x)
        yield not is_same(self.pad), "avgpool with pad=same differs between frameworks; give the pad as a number"


class GlobalAvgPool(Kind, label="global_avgpool"):
    """y[c] = mean of x[c] over all positions; the map shrinks to 1 x 1."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"global_avgpool": (1024, 7, 7), "global_avgpool()": (16, 9)}
    needs = map_needs

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(1 for _ in x[1:]))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": product(inputs[0])}

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((size, 1) for size in x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        return getattr(torch.nn, f"AdaptiveAvgPool{len(x) - 1}d")(1)


class AdaptiveAvgPool(Kind, label="adaptive_avgpool"):
    """Cut each axis into `size` nearly equal bins, which may overlap; y[c, i] = mean of x[c] in bin i.

    Bin i of an axis of n goes from floor(i*n/size) to ceil((i + 1)*n/size): a map of that size is unchanged.
    """

    examples: ClassVar = {"adaptive_avgpool(6)": (256, 6, 7), "adaptive_avgpool((7, 5))": (4, 14, 3)}
    size: Axes
    needs = map_needs

    def shape(self, x: Shape) -> Shape:
        return (x[0], *per_axis(self.size, x))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": product(inputs[0]) if self.window(*inputs) else None}

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...] | None:
        """The size and the stride of the bins; None unless they are equal."""
        bins = list(zip(x[1:], per_axis(self.size, x), strict=True))
        even = all(decide(equal(size % bins, 0)) is True for size, bins in bins)
        return tuple((size // bins, size // bins) for size, bins in bins) if even else None

    def module(self, torch: Any, x: Shape) -> Any:
        return getattr(torch.nn, f"AdaptiveAvgPool{len(x) - 1}d")(self.size)


class Mean(Kind):
    """The mean along one axis, which vanishes: mean of tokens x features is one row of features."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"mean": (196, 768), "mean(axis=-1)": (5, 7, 6)}
    axis: Axis = 0

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) > 1, f"mean leaves no axis of {describe(x)} features"
        yield axis_need(self, x)

    def shape(self, x: Shape) -> Shape:
        return replaced(x, self.axis)

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": product(inputs[0])}

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(torch.mean, dim=torch_axis(self.axis))
