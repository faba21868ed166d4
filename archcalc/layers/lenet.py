"""The layers of LeNet-5 as it was in 1998 (LeCun et al., "Gradient-based learning", section II.B)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axes, Kind, Need, Size, Table
from archcalc.core.number import Number, equal, product
from archcalc.core.shape import Shape, describe, per_axis, window_needs, windows


class TrainablePool(Kind, label="trainable_pool"):
    """The sum of each window, times a learned coefficient of the map, plus a learned bias: the sub-sampling layers.

    y[c, i] = weight[c] * (sum over u of x[c, kernel*i + u]) + bias[c]: one multiplication for each output.
    """

    examples: ClassVar = {"trainable_pool(2)": (6, 28, 28), "trainable_pool((2, 3))": (4, 9, 8)}
    pad: ClassVar[int] = 0
    kernel: Axes
    needs = window_needs

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(windows(size, k, k, 0) for size, k in zip(x[1:], per_axis(self.kernel, x), strict=True)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0], *(1 for _ in x)), "bias": (x[0],)}

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(output)

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": product(output), "pooling": product(output) * product(per_axis(self.kernel, inputs[0]))}

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((kernel, kernel) for kernel in per_axis(self.kernel, x))

    def module(self, torch: Any, x: Shape) -> Any:
        kernel = per_axis(self.kernel, x)
        average = getattr(torch.nn.functional, f"avg_pool{len(x) - 1}d")
        scale = getattr(torch.nn, f"Conv{len(x) - 1}d")(x[0], x[0], 1, groups=x[0])
        scale.register_forward_pre_hook(partial(_sums, partial(average, kernel_size=kernel), product(kernel)))
        return scale


def _sums(average: Any, size: int, module: Any, inputs: Any) -> Any:
    return (size * average(inputs[0]),)


class TableConv(Kind, label="table_conv"):
    """A convolution whose filters see only some maps: those with an X in the filter's column of the table.

    y[o, i] = bias[o] + sum over c, u of weight_o[c, u] * x[c, i + u], where c runs over the maps that o sees.
    """

    examples: ClassVar = {
        "table_conv(5, ('X.X', 'XX.', 'XX.', '.XX'))": (4, 14, 12),
        "table_conv((3,), ('.', 'X'))": (2, 9),
    }
    pad: ClassVar[int] = 0
    kernel: Axes
    table: Table

    def needs(self, x: Shape) -> Iterator[Need]:
        yield from window_needs(self, x)
        yield equal(x[0], len(self.table)), f"a table of {len(self.table)} rows does not fit {x[0]} maps"

    def shape(self, x: Shape) -> Shape:
        axes = zip(x[1:], per_axis(self.kernel, x), strict=True)
        return (len(self.table[0]), *(windows(size, kernel, 1, 0) for size, kernel in axes))

    def weights(self, x: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        for o, maps in enumerate(self.maps_of_filters()):
            shapes |= {f"{o}.weight": (1, len(maps), *per_axis(self.kernel, x)), f"{o}.bias": (1,)}
        return shapes

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        links = sum(map(len, self.maps_of_filters()))
        return links * product(per_axis(self.kernel, inputs[0])) * product(output[1:])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": product(output)}

    def window(self, x: Shape) -> tuple[tuple[Number, Number], ...]:
        return tuple((kernel, 1) for kernel in per_axis(self.kernel, x))

    def maps_of_filters(self) -> list[list[int]]:
        """The maps that each filter sees."""
        return [[c for c, mark in enumerate(column) if mark == "X"] for column in zip(*self.table, strict=True)]

    def module(self, torch: Any, x: Shape) -> Any:
        conv = getattr(torch.nn, f"Conv{len(x) - 1}d")
        filters = torch.nn.ModuleList(conv(len(maps), 1, self.kernel) for maps in self.maps_of_filters())
        filters.forward = partial(_by_table, torch.stack, torch.cat, self.maps_of_filters(), filters)
        return filters


def _by_table(stack: Any, concatenate: Any, maps_of_filters: list[list[int]], filters: Any, tensor: Any) -> Any:
    inputs = (stack([tensor.select(1, c) for c in maps], 1) for maps in maps_of_filters)
    return concatenate([one(maps) for one, maps in zip(filters, inputs, strict=True)], 1)


class RBF(Kind):
    """The squared distances to `out` fixed codes, LeNet-5's output; the codes were set by hand, so they are buffers.

    y[o] = sum over i of (x[i] - weight[o, i])^2: a subtraction and a multiplication for each weight.
    """

    examples: ClassVar = {"rbf(10)": (84,)}
    out: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 1, f"rbf takes features, not a map of {describe(x)}; put flatten before it"

    def shape(self, x: Shape) -> Shape:
        return (self.out,)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (self.out, x[0])}

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return self.out * inputs[0][0]

    def module(self, torch: Any, x: Shape) -> Any:
        codes = torch.nn.Module()
        codes.register_buffer("weight", torch.ones(self.out, x[0]))
        codes.forward = partial(_distances, torch.nn.functional.linear, codes)
        return codes


def _distances(products: Any, codes: Any, tensor: Any) -> Any:
    """(x - w)^2 as x^2 - 2 x w + w^2, with the product in an operator that torch counts."""
    squares = tensor.square().sum(-1, keepdim=True) + codes.weight.square().sum(-1)
    return squares - 2 * products(tensor, codes.weight)
