"""Layers that cut regions out of a map, a proposal each; what follows them runs once for each region.

A region's place is data, so its shape is all that counts here. The torch counterparts take the whole map for every
region and put the regions in the batch, so that all that follows runs on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.argument import Axes, Natural, Need, Size
from archcalc.kind import Kind
from archcalc.kinds.pool import INDEX
from archcalc.number import Number, equal, product, share
from archcalc.shape import Shape, describe, per_axis


class Region(Kind):
    """What these kinds share: how many regions, 0 for the image's own work alone."""

    size: Axes
    regions: Natural

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 3, f"{self.label} cuts regions out of a map with height and width, not of {describe(x)}"
        two = not isinstance(self.size, tuple) or len(self.size) == 2
        yield two, f"{self.label}'s size is a number, or a height and a width"

    def shape(self, x: Shape) -> Shape:
        return (x[0], *per_axis(self.size, x))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": None}  # how large the regions are is data

    def window(self, x: Shape) -> None:
        return None

    def times(self) -> Number:
        return self.regions


def _for_each_region(pool: Any, regions: int, images: Any) -> Any:
    return pool(images).repeat_interleave(regions, 0)


class RoIPool(Region, label="roi_pool"):
    """Cut each region into size x size bins, and take each channel's maximum in each bin (Fast R-CNN, section 2.1).

    y[r, c, i] = max of x[c] over bin i of region r.
    """

    examples: ClassVar = {"roi_pool(7, 3)": (512, 38, 50), "roi_pool((5, 7), 1)": (8, 9, 12)}

    def marks(self, output: Shape) -> Number:
        return INDEX * product(output)

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_for_each_region, torch.nn.AdaptiveMaxPool2d(self.size), self.regions)


class Warp(Region):
    """Scale each region of an image to one size, whatever its shape (R-CNN, section 2.1)."""

    keeps = "nothing"
    examples: ClassVar = {"warp(227, 2)": (3, 375, 500)}

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_for_each_region, torch.nn.Upsample(per_axis(self.size, x), mode="bilinear"), self.regions)


class PSRoIPool(Region, label="ps_roi_pool"):
    """Cut each region into k x k bins; bin i of output c is the mean of the score map that c has for i (R-FCN, eq. 1).

    y[r, c, i] = mean of x[k*k*c + i] over bin i of region r, k the `size`.
    """

    examples: ClassVar = {"ps_roi_pool(3, 2)": (45, 38, 63), "ps_roi_pool(7, 1)": (196, 5, 9)}
    size: Size
    regions: Natural

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from super().needs(x)
        yield equal(x[0] % self.size**2, 0), f"{x[0]} score maps are not {self.size} x {self.size} for each output"

    def shape(self, x: Shape) -> Shape:
        return (share(x[0], self.size**2), self.size, self.size)

    def module(self, torch: Any, x: Shape) -> Any:
        means = partial(torch.nn.functional.adaptive_avg_pool2d, output_size=self.size)
        return partial(_for_each_region, partial(_own_bins, means, self.size), self.regions)


def _own_bins(means: Any, size: int, images: Any) -> Any:
    """Of the means of all score maps in all bins, each map's in the bin that it is for."""
    bins = means(images)
    maps = bins.shape[1] // size**2
    own = bins.reshape(-1, maps, size**2, size**2).diagonal(dim1=2, dim2=3)
    return own.reshape(-1, maps, size, size)
