"""Activations: layers that act on each element separately, or on the elements along one axis."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axis, Factor, Factors, Flag, Kind, Need, Rate
from archcalc.core.number import Number, equal, product, whole_quotient
from archcalc.core.shape import Shape, axis_need, replaced, torch_axis
from archcalc.core.value import show


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


elu = pointwise("elu", "ELU", "y = x where x > 0, else exp(x) - 1.")
selu = pointwise("selu", "SELU", "y = 1.0507 * (x where x > 0, else 1.6733 * (exp(x) - 1)).")
celu = pointwise("celu", "CELU", "y = max(x, 0) + min(exp(x) - 1, 0).")
mish = pointwise("mish", "Mish", "y = x * tanh(log(1 + exp(x))).")
softplus = pointwise("softplus", "Softplus", "y = log(1 + exp(x)).")
softsign = pointwise("softsign", "Softsign", "y = x / (1 + abs(x)).")


class LeakyReLU(Kind, label="leaky_relu"):
    """y = x where x > 0, else slope * x."""

    work_per_element = "activations"
    examples: ClassVar = {"leaky_relu": (8, 5, 5), "leaky_relu(0.1)": (1024,)}
    slope: Factor = Fraction(1, 100)

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.LeakyReLU(float(self.slope))


class PReLU(Kind):
    """y = x where x > 0, else weight * x, with one learned slope, or one for each channel (`shared` is false)."""

    accumulates_out_of_place = True
    work_per_element = "activations"
    examples: ClassVar = {"prelu": (8, 5, 5), "prelu(shared=false)": (8, 5, 5)}
    shared: Flag = True

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (1 if self.shared else x[0],)}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.PReLU(1 if self.shared else x[0])


class Softmax(Kind):
    """y[c] = exp(x[c]) / sum over d of exp(x[d]), over the channels, or along another axis."""

    saved_for_backward = "output"
    work_per_element = "activations"
    examples: ClassVar = {"softmax": (1000,), "softmax(axis=-1)": (12, 5, 7)}
    axis: Axis = 0
    torch_name: ClassVar[str] = "Softmax"

    def needs(self, x: Shape) -> Iterator[Need]:
        yield axis_need(self, x)

    def module(self, torch: Any, x: Shape) -> Any:
        return getattr(torch.nn, self.torch_name)(dim=torch_axis(self.axis))


class LogSoftmax(Softmax, label="log_softmax"):
    """y[c] = x[c] - log(sum over d of exp(x[d])), over the channels, or along another axis."""

    examples: ClassVar = {"log_softmax": (1000,), "log_softmax(axis=-1)": (5, 7)}
    torch_name: ClassVar[str] = "LogSoftmax"


class GLU(Kind):
    """Half of an axis, gated by the other half: y = x1 * sigmoid(x2), along the channels or another axis."""

    examples: ClassVar = {"glu": (8, 5, 5), "glu(axis=-1)": (5, 6)}
    axis: Axis = 0

    def needs(self, x: Shape) -> Iterator[Need]:
        yield axis_need(self, x)
        if -len(x) <= self.axis < len(x):
            yield equal(x[self.axis] % 2, 0), f"glu cuts an axis into halves, and {x[self.axis]} is odd"

    def shape(self, x: Shape) -> Shape:
        return replaced(x, self.axis, whole_quotient(x[self.axis], 2))

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"activations": product(output), "elementwise": product(output)}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.GLU(dim=torch_axis(self.axis))


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
    """y = factor * x + shift, where neither is learned: the scaling of residuals (Inception-v4 paper, figure 20).

    Or y[c] = factor[c] * x[c] + shift[c], where they have a number for each channel: pixels of a known mean.
    """

    saved_for_backward = "nothing"
    examples: ClassVar = {"scale(0.1)": (8, 5, 5), "scale((1/2, 1/4), shift=-1)": (2, 5, 5)}
    factor: Factors
    shift: Factors = None

    def needs(self, x: Shape) -> Iterator[Need]:
        for name, value in vars(self).items():
            if isinstance(value, tuple):
                yield equal(len(value), x[0]), f"scale's {name} has {len(value)} numbers for {show(x[0])} channels"

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {"elementwise": (1 if self.shift is None else 2) * product(output)}

    def module(self, torch: Any, x: Shape) -> Any:
        if self.shift is None and not isinstance(self.factor, tuple):
            return partial(operator.mul, float(self.factor))
        given = (self.factor, 0 if self.shift is None else self.shift)
        factor, shift = ((value if isinstance(value, tuple) else (value,)) for value in given)
        return partial(_scaled, [*map(float, factor)], [*map(float, shift)], (-1, *(1 for _ in x[1:])))


def _scaled(factor: list[float], shift: list[float], sizes: tuple[int, ...], x: Any) -> Any:
    return x.new_tensor(shift).reshape(sizes).addcmul(x, x.new_tensor(factor).reshape(sizes))
