"""Fully connected layers."""

from __future__ import annotations

from typing import Any, ClassVar

from archcalc.core.layer import Axis, Flag, Kind, Size
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape, last_needs, weight_and_bias


class Linear(Kind):
    """The same weights for each position: features, or tokens x features.

    y[o] = bias[o] + sum over i of weight[o, i] * x[i]. Where a map has its features on the last axis, `axis` is -1.
    """

    accumulates_out_of_place = True
    examples: ClassVar = {
        "linear(10)": (84,),
        "linear(1000, bias=false)": (512,),
        "linear(3072)": (197, 768),
        "linear(6, axis=-1)": (7, 5, 4),
    }
    out: Size
    bias: Flag = True
    axis: Axis = None
    needs = last_needs

    def shape(self, x: Shape) -> Shape:
        return (*x[:-1], self.out)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return weight_and_bias((self.out, x[-1]), self.bias, self.out)

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product((*self.weights(*inputs)["weight"], *output[:-1]))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": product(output)} if self.bias else {}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Linear(x[-1], self.out, bias=self.bias)
