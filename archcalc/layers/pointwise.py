"""Layers that act on each element separately: they have no weights and keep the shape."""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Factor, Kind, Rate
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape


class Pointwise(Kind):
    """The base of the activations: a torch module of that name, without arguments."""

    work_per_element = "activations"
    torch_name: ClassVar[str]

    def module(self, torch: Any, x: Shape) -> Any:
        return getattr(torch.nn, self.torch_name)()


def pointwise(label: str, torch_name: str, equation: str, saved: str = "inputs") -> type[Pointwise]:
    """A kind from its equation; ``saved`` is "output" where the backward pass computes the slope from the output."""
    members = {"__doc__": equation, "torch_name": torch_name, "examples": {label: (8, 5, 5)}}
    members |= {"saved_for_backward": saved, "__qualname__": label}  # the name by which pickle finds the class
    kind: type[Pointwise] = type(torch_name, (Pointwise,), members, label=label)
    return kind


relu = pointwise("relu", "ReLU", "y = max(x, 0).", saved="output")
relu6 = pointwise("relu6", "ReLU6", "y = min(max(x, 0), 6).")
sigmoid = pointwise("sigmoid", "Sigmoid", "y = 1 / (1 + exp(-x)).", saved="output")
tanh = pointwise("tanh", "Tanh", "y = tanh(x).", saved="output")
silu = pointwise("silu", "SiLU", "y = x * sigmoid(x), also known as swish.")
hardswish = pointwise("hardswish", "Hardswish", "y = x * relu6(x + 3) / 6.")
hardsigmoid = pointwise("hardsigmoid", "Hardsigmoid", "y = relu6(x + 3) / 6.")
gelu = pointwise("gelu", "GELU", "y = x * Phi(x), Phi the normal distribution function.")


class LeakyReLU(Kind, label="leaky_relu"):
    """y = x where x > 0, else slope * x."""

    work_per_element = "activations"
    examples: ClassVar = {"leaky_relu": (8, 5, 5), "leaky_relu(0.1)": (1024,)}
    slope: Factor = Fraction(1, 100)

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.LeakyReLU(float(self.slope))


class Softmax(Kind):
    """y[c] = exp(x[c]) / sum over d of exp(x[d]), over the channels."""

    saved_for_backward = "output"
    work_per_element = "activations"
    examples: ClassVar = {"softmax": (1000,)}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Softmax(dim=1)


class Dropout(Kind):
    """In training, zero each element with probability `rate` and scale the rest by 1/(1 - rate); else the identity."""

    view = True
    saved_for_backward = "nothing"
    examples: ClassVar = {"dropout": (4096,), "dropout(0.2)": (8, 5, 5)}
    rate: Rate = 0.5

    def mask_bytes(self, output: Shape) -> Number:
        return product(output)

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.Dropout(float(self.rate))


class Scale(Kind):
    """y = factor * x, where the factor is not learned: the scaling of residuals (Inception-v4 paper, figure 20)."""

    saved_for_backward = "nothing"
    work_per_element = "elementwise"
    examples: ClassVar = {"scale(0.1)": (8, 5, 5)}
    factor: Factor

    def module(self, torch: Any, x: Shape) -> Any:
        return partial(operator.mul, float(self.factor))
