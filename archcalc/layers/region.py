"""Layers that cut regions out of a map, one for each proposal; the layers after them run once for each region.

Where a region lies depends on the data, so only its shape is used here. The torch counterparts use the whole map as
every region and put the regions in the batch, so that the layers after them run on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axes, Kind, Natural, Need, Size
from archcalc.core.number import Number, equal, product, whole_quotient
from archcalc.core.shape import Shape, describe, per_axis
from archcalc.layers.pool import INDEX


class Region(Kind):
    """The base of these kinds; with 0 `regions`, only the work that is done once for the image is counted."""

    size: Axes
    regions: Natural

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 3, f"{self.label} cuts regions out of a map with height and width, not of {describe(x)}"
        two = not isinstance(self.size, tuple) or len(self.size) == 2
        yield two, f"{self.label}'s size must be a number, or a height and a width"

    def shape(self, x: Shape) -> Shape:
        return (x[0], *per_axis(self.size, x))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"pooling": None}  # the size of a region depends on the data

    def window(self, x: Shape) -> None:
        return None

    def times(self) -> Number:
        return self.regions


def _for_each_region(pool: Any, regions: int, images: Any) -> Any:
    return pool(images).repeat_interleave(regions, 0)


class RoIPool(Region, label="roi_pool"):
    """Cut each region into size x size bins, and take the maximum of each channel in it (Fast R-CNN, section 2.1).

    y[r, c, i] = max of x[c] over bin i of region r.
    """

    examples: ClassVar = {"roi_pool(7, 3)": (512, 38, 50), "roi_pool((5, 7), 1)": (8, 9, 12)}

    def mask_bytes(self, output: Shape) -> Number:
        return INDEX * product(output)

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_for_each_region, torch.nn.AdaptiveMaxPool2d(self.size), self.regions)


class Warp(Region):
    """Scale each region of an image to one size, whatever shape it has (R-CNN, section 2.1)."""

    saved_for_backward = "nothing"
    examples: ClassVar = {"warp(227, 2)": (3, 375, 500)}

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(_for_each_region, torch.nn.Upsample(per_axis(self.size, x), mode="bilinear"), self.regions)


class PSRoIPool(Region, label="ps_roi_pool"):
    """Cut each region into k x k bins; bin i of output c is the mean of a score map for c and i (R-FCN, eq. 1).

    y[r, c, i] = mean of x[k*k*c + i] over bin i of region r, k the `size`.
    """

    examples: ClassVar = {"ps_roi_pool(3, 2)": (45, 38, 63), "ps_roi_pool(7, 1)": (196, 5, 9)}
    size: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from super().needs(x)
        yield equal(x[0] % self.size**2, 0), f"{x[0]} score maps are not {self.size} x {self.size} for each output"

    def shape(self, x: Shape) -> Shape:
        return (whole_quotient(x[0], self.size**2), self.size, self.size)

    def module(self, torch: Any, x: Shape) -> Any:
        means = partial(torch.nn.functional.adaptive_avg_pool2d, output_size=self.size)
        return partial(_for_each_region, partial(_own_bins, means, self.size), self.regions)


def _own_bins(means: Any, size: int, images: Any) -> Any:
    """From the means of all score maps in all bins, the mean of each map in its own bin."""
    bins = means(images)
    maps = bins.shape[1] // size**2
    own = bins.reshape(-1, maps, size**2, size**2).diagonal(dim1=2, dim2=3)
    return own.reshape(-1, maps, size, size)
