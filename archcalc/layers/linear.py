"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.core.layer import Flag, Kind, Need, Size
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape, describe, weight_and_bias


class Linear(Kind):
    """y[o] = bias[o] + sum over i of weight[o, i] * x[i]."""

    accumulates_out_of_place = True
    examples: ClassVar = {"linear(10)": (84,), "linear(1000, bias=false)": (512,)}
    out: Size
    bias: Flag = True

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) == 1, f"linear takes features, not a map of {describe(x)}; put flatten before it"

    def shape(self, x: Shape) -> Shape:
        return (self.out,)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return weight_and_bias((self.out, *x), self.bias, self.out)

    def mult_adds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(self.weights(*inputs)["weight"])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"bias": self.out} if self.bias else {}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Linear(x[0], self.out, bias=self.bias)
