"""Layers that rearrange, drop or add elements without computing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axis, Kind, Natural, Need, Order, Shifts, Size, Sizes
from archcalc.core.number import Number, equal, product
from archcalc.core.shape import Shape, axis_need, describe, even_groups, map_needs, replaced, torch_axis


class Flatten(Kind):
    """All elements as one row of features, channel by channel."""

    view = True
    passes_gradient = "whole"
    saved_for_backward = "nothing"
    examples: ClassVar = {"flatten": (512, 7, 7)}

    def shape(self, x: Shape) -> Shape:
        return (product(x),)

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((size, 1) for size in x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Flatten()


class Narrow(Kind):
    """`length` channels, from channel `start` on, or such a part of another axis: one part of a split.

    The class token is narrow(0, 1) of tokens x features, a third of fused queries, keys and values has `axis` -1.
    """

    view = True
    saved_for_backward = "nothing"
    examples: ClassVar = {"narrow(58, 58)": (116, 28, 28), "narrow(4, 3, axis=-1)": (5, 9)}
    start: Natural
    length: Size
    axis: Axis = 0

    def needs(self, x: Shape) -> Iterator[Need]:
        exists = axis_need(self, x)
        yield exists
        if exists[0]:
            end, size = self.start + self.length, x[self.axis]
            what = "channels" if self.axis == 0 else "places"
            yield end <= size, f"{what} {self.start} to {end} do not exist in {size} {what}"

    def shape(self, x: Shape) -> Shape:
        return replaced(x, self.axis, self.length)

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...] | None:
        return () if self.axis == 0 else None

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(torch.narrow, dim=torch_axis(self.axis), start=self.start, length=self.length)


class Reshape(Kind):
    """The same elements, in the same order, with other sizes."""

    view = True
    passes_gradient = "whole"
    saved_for_backward = "nothing"
    examples: ClassVar = {"reshape((49, 8, 3))": (7, 7, 24), "reshape((196,))": (4, 7, 7)}
    sizes: Sizes

    def needs(self, x: Shape) -> Iterator[Need]:
        yield equal(product(x), product(self.sizes)), f"{describe(x)} cannot be reshaped to {describe(self.sizes)}"

    def shape(self, x: Shape) -> Shape:
        return self.sizes

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_reshaped, self.sizes)


def _reshaped(sizes: tuple[int, ...], tensor: Any) -> Any:
    return tensor.reshape(tensor.shape[0], *sizes)


class Permute(Kind):
    """The axes in another order: permute((1, 2, 0)) puts the channels of a map last, permute((2, 0, 1)) first again."""

    view = True
    passes_gradient = "part"
    saved_for_backward = "nothing"
    examples: ClassVar = {"permute((1, 2, 0))": (96, 56, 57), "permute((1, 0))": (5, 7)}
    order: Order

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(self.order) == len(x), f"permute has {len(self.order)} axes for the {len(x)} of {describe(x)}"

    def shape(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self.order)

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(torch.permute, dims=(0, *(1 + axis for axis in self.order)))


class Tokens(Kind):
    """A map as tokens: a row of features for each position, y[i, c] = x[c, i]."""

    view = True
    passes_gradient = "part"
    saved_for_backward = "nothing"
    examples: ClassVar = {"tokens": (768, 14, 15), "tokens()": (8, 9)}

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)

    def shape(self, x: Shape) -> Shape:
        return (product(x[1:]), x[0])

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        return _tokens


def _tokens(tensor: Any) -> Any:
    return tensor.flatten(2).transpose(1, 2)


class Untokens(Kind):
    """Tokens as a map of `sizes` positions: y[c, i] = x[i, c]."""

    view = True
    passes_gradient = "part"
    saved_for_backward = "nothing"
    examples: ClassVar = {"untokens((14, 15))": (210, 768)}
    sizes: Sizes

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 2, f"untokens takes tokens x features, not {describe(x)}"
        yield equal(product(self.sizes), x[0]), f"{x[0]} tokens are not a map of {describe(self.sizes)}"

    def shape(self, x: Shape) -> Shape:
        return (x[-1], *self.sizes)

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_untokens, self.sizes)


def _untokens(sizes: tuple[int, ...], tensor: Any) -> Any:
    return tensor.transpose(1, 2).unflatten(2, sizes)


class Roll(Kind):
    """Shift the elements along each axis; what leaves at one end comes in at the other (the windows of Swin)."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"roll((-3, -3, 0))": (14, 14, 96), "roll((0, 1))": (8, 5)}
    shifts: Shifts

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(self.shifts) == len(x), f"roll has {len(self.shifts)} axes for the {len(x)} of {describe(x)}"

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(torch.roll, shifts=self.shifts, dims=tuple(range(1, 1 + len(x))))


class Shuffle(Kind):
    """Reorder the channels, so that each group of the next convolution sees channels of every group (ShuffleNet)."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"shuffle(3)": (12, 5, 5)}
    groups: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)
        yield even_groups(self.groups, x[0], "channels")

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.ChannelShuffle(self.groups)


class PadChannels(Kind, label="pad_channels"):
    """Add channels of zeros after those of the input, up to `out` (shortcut option A of ResNet, section 3.3)."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"pad_channels(128)": (64, 28, 28), "pad_channels(9)": (7,)}
    out: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield self.out >= x[0], f"pad_channels only adds: {x[0]} channels are more than {self.out}"

    def shape(self, x: Shape) -> Shape:
        return (self.out, *x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        pads = [0, 0] * (len(x) - 1) + [0, self.out - x[0]]
        return partial(torch.nn.functional.pad, pad=pads)
