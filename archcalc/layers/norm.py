"""Normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Axis, Factor, Flag, Kind, Need, Size
from archcalc.core.number import Number
from archcalc.core.shape import Shape, even_groups, last_needs, map_needs

MOMENTS = 8  # bytes of a mean and a deviation in float32, which CUDA saves for float32 and narrower types


class BatchNorm(Kind):
    """Normalise each channel by its statistics over batch and positions, then scale and shift.

    y[c, i] = weight[c] * (x[c, i] - running_mean[c]) / sqrt(running_var[c] + eps) + bias[c];
    weight (gamma) and bias (beta) are learned, the running statistics are buffers. With scale=false the weight is 1;
    with affine=false the bias is also 0.
    """

    work_per_element = "normalisation"
    examples: ClassVar = {
        "batchnorm": (64, 56, 56),
        "batchnorm()": (128,),
        "batchnorm(scale=false)": (8, 5, 5),
        "batchnorm(affine=false)": (8, 5, 5),
    }
    scale: Flag = True
    affine: Flag = True

    def weights(self, x: Shape) -> dict[str, Shape]:
        learned = {"weight": self.affine and self.scale, "bias": self.affine}
        return {name: (x[0],) for name, is_learned in learned.items() if is_learned}

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return {"running_mean": (x[0],), "running_var": (x[0],)}

    def statistics_bytes(self, output: Shape) -> Number:
        return MOMENTS * output[0]

    def module(self, torch: Any, x: Shape) -> Any:
        norm = getattr(torch.nn, f"BatchNorm{max(len(x) - 1, 1)}d")(x[0], affine=self.affine)
        if not self.scale:
            norm.register_parameter("weight", None)
        return norm


class GroupNorm(Kind):
    """Normalise each group of channels by its statistics in one example, then scale and shift each channel.

    With as many groups as channels it is instance normalisation, which is usually not `affine`.
    """

    work_per_element = "normalisation"
    examples: ClassVar = {"groupnorm(4)": (8, 5, 5), "groupnorm(8, affine=false)": (8, 5, 5)}
    groups: Size
    affine: Flag = True

    def needs(self, x: Shape) -> Iterator[Need]:
        yield even_groups(self.groups, x[0], "channels")

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.GroupNorm(self.groups, x[0], affine=self.affine)


class LayerNorm(Kind):
    """Normalise the features of each token or position by their own mean and deviation, then scale and shift each.

    y[t, c] = weight[c] * (x[t, c] - mean of x[t]) / sqrt(variance of x[t] + eps) + bias[c]. With `axis` 0, the features
    are the channels of a map; -1 is the last axis.
    """

    work_per_element = "normalisation"
    examples: ClassVar = {
        "layernorm": (197, 768),
        "layernorm()": (84,),
        "layernorm(axis=0)": (8, 5, 5),
        "layernorm(axis=-1, bias=false)": (7, 5, 4),
        "layernorm(affine=false)": (6, 4),
    }
    axis: Axis = None
    bias: Flag = True
    affine: Flag = True

    def needs(self, x: Shape) -> Iterator[Need]:
        if self.axis != 0:
            yield from last_needs(self, x)

    def weights(self, x: Shape) -> dict[str, Shape]:
        learned = {"weight": self.affine, "bias": self.affine and self.bias}
        return {name: (self._width(x),) for name, is_learned in learned.items() if is_learned}

    def _width(self, x: Shape) -> Number:
        return x[-1 if self.axis is None else self.axis]

    def module(self, torch: Any, x: Shape) -> Any:
        norm = torch.nn.LayerNorm(self._width(x), elementwise_affine=self.affine, bias=self.bias)
        if self.axis == 0 and len(x) > 1:
            norm.forward = partial(_over_channels, norm.forward)
        return norm


class RMSNorm(Kind):
    """Divide the features of each token by the root of their mean square, then scale each (Zhang and Sennrich 2019).

    y[t, c] = weight[c] * x[t, c] / sqrt(mean over d of x[t, d]^2 + eps), along the last axis.
    """

    accumulates_out_of_place = True
    work_per_element = "normalisation"
    examples: ClassVar = {"rmsnorm": (128, 512), "rmsnorm(axis=-1)": (7, 5, 4)}
    axis: Axis = None
    needs = last_needs

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[-1],)}

    def module(self, torch: Any, x: Shape) -> Any:
        return torch.nn.RMSNorm(x[-1])


def _over_channels(normalized: Any, tensor: Any) -> Any:
    return normalized(tensor.movedim(1, -1)).movedim(-1, 1)


class LRN(Kind):
    """Local response normalisation (AlexNet, section 3.3).

    y[c, i] = x[c, i] / (k + alpha * sum of x[d, i]^2) ** beta, where d runs over `size` channels around c.
    """

    work_per_element = "normalisation"
    examples: ClassVar = {"lrn": (96, 55, 55), "lrn(3, k=1, beta=0.5)": (8, 4, 4)}
    size: Size = 5
    k: Factor = 2
    alpha: Factor = Fraction(1, 10_000)
    beta: Factor = Fraction(3, 4)
    needs = map_needs

    def module(self, torch: Any, x: Shape) -> Any:
        alpha = float(self.alpha * self.size)  # torch divides it by the size, as Caffe does
        return torch.nn.LocalResponseNorm(self.size, alpha, float(self.beta), float(self.k))


class L2Norm(Kind, label="l2norm"):
    """Scale the channels of each position to length 1, then each channel by a learned factor (SSD, section 3.1).

    y[c, i] = weight[c] * x[c, i] / sqrt(sum over d of x[d, i]^2).
    """

    accumulates_out_of_place = True
    work_per_element = "normalisation"
    examples: ClassVar = {"l2norm": (512, 38, 38), "l2norm()": (8,)}

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0],)}

    def module(self, torch: Any, x: Shape) -> Any:
        norm = torch.nn.Module()
        norm.weight = torch.nn.Parameter(torch.full((x[0],), 20.0))  # the initial value in SSD
        norm.forward = partial(_scaled, torch.nn.functional.normalize, norm)  # a copy of it has its own weight
        return norm


def _scaled(normalize: Any, norm: Any, tensor: Any) -> Any:
    return normalize(tensor) * norm.weight.reshape(-1, *(1 for _ in tensor.shape[2:]))
