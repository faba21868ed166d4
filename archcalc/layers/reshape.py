"""Layers that rearrange, drop or add channels without computing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Kind, Natural, Need, Size
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape, even_groups, map_needs


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
    """`length` channels, from channel `start` on: one part of a channel split."""

    view = True
    saved_for_backward = "nothing"
    examples: ClassVar = {"narrow(58, 58)": (116, 28, 28)}
    start: Natural
    length: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        end = self.start + self.length
        yield end <= x[0], f"channels {self.start} to {end} do not exist in {x[0]} channels"

    def shape(self, x: Shape) -> Shape:
        return (self.length, *x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(torch.narrow, dim=1, start=self.start, length=self.length)


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
