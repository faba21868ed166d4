"""Layers that move, drop or repeat elements without computing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.kind import Axes, Kind, Natural, Need, Pads, Size
from archcalc.number import product
from archcalc.shape import Shape, map_needs, per_axis, sharing, windows


class Flatten(Kind):
    """All elements in one row of features, channel by channel."""

    view = True
    keeps = "nothing"
    examples: ClassVar = {"flatten": (512, 7, 7)}

    def shape(self, x: Shape) -> Shape:
        return (product(x),)

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Flatten()


class Narrow(Kind):
    """`length` channels from channel `start` on: one part of a channel split."""

    view = True
    keeps = "nothing"
    examples: ClassVar = {"narrow(58, 58)": (116, 28, 28)}
    start: Natural
    length: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        end = self.start + self.length
        yield end <= x[0], f"channels {self.start} to {end} are asked of {x[0]} channels"

    def shape(self, x: Shape) -> Shape:
        return (self.length, *x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        return lambda tensor: torch.narrow(tensor, 1, self.start, self.length)


class Shuffle(Kind):
    """Channels dealt out anew, so that the next grouped convolution sees every group (ShuffleNet)."""

    keeps = "nothing"
    examples: ClassVar = {"shuffle(3)": (12, 5, 5)}
    groups: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)
        yield sharing(self.groups, x[0], "channels")

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.ChannelShuffle(self.groups)


class ZeroPad(Kind):
    """`before` zeros before each axis and `after` behind it."""

    keeps = "nothing"
    examples: ClassVar = {"zeropad(0, 1)": (3, 224, 224), "zeropad((0, 2), (1, 0))": (3, 5, 6)}
    before: Pads
    after: Pads

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)

    def shape(self, x: Shape) -> Shape:
        ends = zip(per_axis(self.before, x), x[1:], per_axis(self.after, x), strict=True)
        return (x[0], *(before + size + after for before, size, after in ends))

    def module(self, torch: Any, x: Shape) -> Any:
        ends = zip(per_axis(self.before, x), per_axis(self.after, x), strict=True)
        pads = [pad for axis in reversed(list(ends)) for pad in axis]  # torch wants the last axis first
        return lambda tensor: torch.nn.functional.pad(tensor, pads)


class Crop(Kind):
    """`before` positions cut off the front of each axis and `after` off its end.

    y[c, i] = x[c, before + i].
    """

    view = True
    keeps = "nothing"
    examples: ClassVar = {"crop(1, 0)": (8, 7, 9), "crop((0, 2), (1, 0))": (3, 5, 6)}
    before: Pads
    after: Pads

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)
        for before, size, after in zip(per_axis(self.before, x), x[1:], per_axis(self.after, x), strict=False):
            yield size > before + after, f"crop leaves nothing of an axis of {size}"

    def shape(self, x: Shape) -> Shape:
        ends = zip(per_axis(self.before, x), x[1:], per_axis(self.after, x), strict=True)
        return (x[0], *(size - before - after for before, size, after in ends))

    def module(self, torch: Any, x: Shape) -> Any:
        starts = zip(per_axis(self.before, x), self.shape(x)[1:], strict=True)
        places = (slice(None), slice(None), *(slice(start, start + size) for start, size in starts))
        return lambda tensor: tensor[places]


class PadChannels(Kind, label="pad_channels"):
    """Channels of zeros behind the input's own, up to `out` (shortcut option A of ResNet, section 3.3)."""

    keeps = "nothing"
    examples: ClassVar = {"pad_channels(128)": (64, 28, 28), "pad_channels(9)": (7,)}
    out: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield self.out >= x[0], f"pad_channels only adds: {x[0]} channels are more than {self.out}"

    def shape(self, x: Shape) -> Shape:
        return (self.out, *x[1:])

    def module(self, torch: Any, x: Shape) -> Any:
        pads = [0, 0] * (len(x) - 1) + [0, self.out - x[0]]
        return lambda tensor: torch.nn.functional.pad(tensor, pads)


class Subsample(Kind):
    """y[c, i] = x[c, stride*i]: every `stride`-th position (shortcut option A of ResNet takes every second)."""

    view = True
    keeps = "nothing"
    examples: ClassVar = {"subsample(2)": (64, 56, 55), "subsample((1, 3))": (8, 7, 9)}
    stride: Axes

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(windows(size, 1, step, 0) for size, step in zip(x[1:], per_axis(self.stride, x), strict=True)))

    def module(self, torch: Any, x: Shape) -> Any:
        steps = (slice(None, None, step) for step in per_axis(self.stride, x))
        places = (slice(None), slice(None), *steps)
        return lambda tensor: tensor[places]


class Upsample(Kind):
    """Each position repeated `scale` times along every axis (nearest neighbour)."""

    keeps = "nothing"
    examples: ClassVar = {"upsample(2)": (8, 7, 9)}
    scale: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(size * self.scale for size in x[1:]))

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Upsample(scale_factor=self.scale)
