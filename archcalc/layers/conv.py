"""Convolutions over any number of axes: (C, L), (C, H, W), (C, D, H, W)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.core.layer import Axes, Flag, Kind, Need, Padding, Pads, Size
from archcalc.core.number import Number, ceil_div, exact_div, maximum, product, whole_quotient
from archcalc.core.shape import (
    Shape,
    axes,
    even_groups,
    is_same,
    map_needs,
    per_axis,
    reach,
    same_padding,
    weight_and_bias,
    window_needs,
    windows,
)


class Conv(Kind):
    """Slide `out` filters over the input; with `groups`, each filter sees only the channels of its group.

    y[o, i] = bias[o] + sum over c, u of weight[o, c, u] * x[c, stride*i + dilation*u - pad],
    where c runs over the in/groups channels of o's group.
    """

    examples: ClassVar = {
        "conv(64, 7, stride=2, pad=3)": (3, 224, 224),
        "conv(8, (1, 3), groups=4, bias=false)": (8, 9, 9),
        "conv(6, 3, stride=2, pad=same, dilation=2)": (4, 14, 15),
        "conv(5, 3, pad=(1,))": (2, 10),
        "conv(5, (1, 2, 3), stride=(1, 1, 2))": (2, 4, 6, 8),
    }
    out: Size
    kernel: Axes
    stride: Axes = 1
    pad: Padding = 0
    dilation: Axes = 1
    groups: Size = 1
    bias: Flag = True
    window = reach

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from window_needs(self, x)
        yield even_groups(self.groups, x[0], "channels")
        yield even_groups(self.groups, self.out, "filters")

    def shape(self, x: Shape) -> Shape:
        return (self.out, *(windows(*axis) for axis in axes(self, x)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (self.out, whole_quotient(x[0], self.groups), *per_axis(self.kernel, x))
        return weight_and_bias(weight, self.bias, self.out)

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(*inputs)["weight"]) * product(output[1:])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": product(output)} if self.bias else {}

    def module(self, torch: Any, x: Shape) -> Any:
        make, pad = getattr(torch.nn, f"Conv{len(x) - 1}d"), 0 if is_same(self.pad) else self.pad
        conv = make(x[0], self.out, self.kernel, self.stride, pad, self.dilation, self.groups, self.bias)
        return same_padding(torch, conv, self, x) if is_same(self.pad) else conv


class ConvTranspose(Kind, label="conv_transpose"):
    """The transpose of conv, which makes a map larger: each input position adds a weighted kernel to the output.

    y[o, stride*i + dilation*u - pad] = bias[o] + sum over c, u of weight[c, o, u] * x[c, i];
    out_pad positions are added at the end of each axis.
    """

    examples: ClassVar = {
        "conv_transpose(8, 4, stride=2, pad=1)": (16, 7, 9),
        "conv_transpose(6, 3, stride=2, pad=1, out_pad=1, groups=2, bias=false)": (4, 5, 5),
    }
    out: Size
    kernel: Axes
    stride: Axes = 1
    pad: Pads = 0
    out_pad: Pads = 0
    dilation: Axes = 1
    groups: Size = 1
    bias: Flag = True

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)
        yield even_groups(self.groups, x[0], "channels")
        yield even_groups(self.groups, self.out, "filters")
        for extra, s, d in zip(*(per_axis(v, x) for v in (self.out_pad, self.stride, self.dilation)), strict=False):
            yield extra < maximum(s, d), f"an out_pad of {extra} is not smaller than the stride of {s}"

    def shape(self, x: Shape) -> Shape:
        ends = zip(axes(self, x), per_axis(self.out_pad, x), strict=True)
        return (self.out, *((n - 1) * s - 2 * p + d * (k - 1) + 1 + extra for (n, k, s, p, d), extra in ends))

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (x[0], whole_quotient(self.out, self.groups), *per_axis(self.kernel, x))
        return weight_and_bias(weight, self.bias, self.out)

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(*inputs)["weight"]) * product(inputs[0][1:])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": product(output)} if self.bias else {}

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((ceil_div(size, stride), exact_div(1, stride)) for size, stride in reach(self, x))

    def module(self, torch: Any, x: Shape) -> Any:
        make = getattr(torch.nn, f"ConvTranspose{len(x) - 1}d")
        sizes = (self.kernel, self.stride, self.pad, self.out_pad, self.groups, self.bias, self.dilation)
        return make(x[0], self.out, *sizes)
