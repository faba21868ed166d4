"""Layers that change the size of a map."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axes, Kind, Need, Pads
from archcalc.core.number import Number, exact_div, product
from archcalc.core.shape import Shape, describe, map_needs, per_axis, windows

MODES = ("linear", "bilinear", "trilinear")  # torch's names of linear interpolation along one, two and three axes


class Ends(Kind):
    """The base of zeropad and crop: `before` positions at the front of each axis and `after` at its end."""

    saved_for_backward = "nothing"
    before: Pads
    after: Pads
    needs = map_needs

    def ends(self, x: Shape) -> list[tuple[Number, Number, Number]]:
        """Along each axis: positions before it, its size, positions after it."""
        return list(zip(per_axis(self.before, x), x[1:], per_axis(self.after, x), strict=True))


class ZeroPad(Ends):
    """Add `before` zeros at the front of each axis and `after` at its end."""

    examples: ClassVar = {"zeropad(0, 1)": (3, 224, 224), "zeropad((0, 2), (1, 0))": (3, 5, 6)}

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(before + size + after for before, size, after in self.ends(x)))

    def module(self, torch: Any, x: Shape) -> Any:
        pads = [pad for before, _, after in reversed(self.ends(x)) for pad in (before, after)]  # the last axis first
        return partial(torch.nn.functional.pad, pad=pads)


def _part(places: list[slice], tensor: Any) -> Any:
    return tensor[(slice(None), slice(None), *places)]


class Crop(Ends):
    """Cut `before` positions off the front of each axis and `after` off its end.

    y[c, i] = x[c, before + i].
    """

    view = True
    examples: ClassVar = {"crop(1, 0)": (8, 7, 9), "crop((0, 2), (1, 0))": (3, 5, 6)}

    def needs(self, x: Shape) -> Iterator[Need]:
        needs = list(super().needs(x))
        yield from needs
        for before, size, after in self.ends(x) if all(fits for fits, _ in needs) else ():
            yield size > before + after, f"crop leaves nothing of an axis of {size}"

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(size - before - after for before, size, after in self.ends(x)))

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_part, [slice(before, size - after) for before, size, after in self.ends(x)])


class Subsample(Kind):
    """y[c, i] = x[c, stride*i]: every `stride`-th position (shortcut option A of ResNet takes every second)."""

    view = True
    saved_for_backward = "nothing"
    examples: ClassVar = {"subsample(2)": (64, 56, 55), "subsample((1, 3))": (8, 7, 9)}
    stride: Axes
    needs = map_needs

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(windows(size, 1, step, 0) for size, step in zip(x[1:], per_axis(self.stride, x), strict=True)))

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((1, step) for step in per_axis(self.stride, x))

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_part, [slice(None, None, step) for step in per_axis(self.stride, x)])


class Upsample(Kind):
    """Repeat each position `scale` times along every axis (nearest neighbour)."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"upsample(2)": (8, 7, 9), "upsample((1, 3))": (8, 7, 9)}
    scale: Axes
    needs = map_needs

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(size * scale for size, scale in zip(x[1:], per_axis(self.scale, x), strict=True)))

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((1, exact_div(1, scale)) for scale in per_axis(self.scale, x))

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Upsample(scale_factor=self.scale)


class Resize(Kind):
    """A map of another size, each element from its two neighbours along every axis (bilinear for two axes).

    y[c, i] = sum over u in {0, 1}^axes of its share * x[c, floor(i * rows(x) / rows(y)) + u].
    """

    saved_for_backward = "nothing"
    examples: ClassVar = {"resize((224, 200))": (21, 28, 25), "resize(9)": (4, 5)}
    size: Axes

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from map_needs(self, x)
        yield len(x) <= 4, f"resize takes a map with one to three axes, not {describe(x)}"

    def shape(self, x: Shape) -> Shape:
        return (x[0], *per_axis(self.size, x))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": 2 ** (len(output) - 1) * product(output)}

    def window(self, x: Shape) -> None:
        return None  # neighbours see one or two positions along an axis

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Upsample(size=per_axis(self.size, x), mode=MODES[len(x) - 2])
