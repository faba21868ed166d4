"""Learned tensors that do no work."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from archcalc.core.layer import Kind, Need, Size, Sizes
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape, describe
from archcalc.layers.pool import INDEX

SPREAD = 0.02  # the deviation of the initial values, as in BERT, GPT-2 and ViT


class Embedding(Kind):
    """The row of a learned table for each token, whose number is the input: y[t] = weight[x[t]].

    A linear layer without bias may share its weights, as the last layer of GPT-2 does.
    """

    saved_for_backward = "nothing"
    passes_gradient = "none"
    examples: ClassVar = {"embedding(30522, 768)": (512,), "embedding(5, 3)": (2, 4)}
    count: Size
    features: Size

    def needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) <= 2, f"embedding takes the numbers of tokens, not a map of {describe(x)}"

    def shape(self, x: Shape) -> Shape:
        return (*x, self.features)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (self.count, self.features)}

    def mask_bytes(self, output: Shape) -> Number:
        return INDEX * product(output[:-1])  # the rows that were taken

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        table = torch.nn.Embedding(self.count, self.features)
        table.register_forward_pre_hook(_whole)
        return table


def _whole(module: Any, inputs: Any) -> Any:
    return (inputs[0].long(),)


class LearnedTensor(Kind, label="parameter"):
    """A learned tensor, which is the same whatever the input: a class token, a table of positions, a scale.

    It stands in a branch of concat (a token more), of add (positions), or of multiply (a scale for each channel).
    """

    constant = True
    saved_for_backward = "nothing"
    passes_gradient = "none"
    accumulates_out_of_place = True
    examples: ClassVar = {"parameter((1, 768))": (196, 768), "parameter((96, 1, 1))": (96, 56, 56)}
    sizes: Sizes

    def shape(self, x: Shape) -> Shape:
        return self.sizes

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": self.sizes}

    def window(self, x: Shape) -> None:
        return None

    def module(self, torch: Any, x: Shape) -> Any:
        held = torch.nn.Module()
        held.weight = torch.nn.Parameter(torch.randn(self.sizes) * SPREAD)
        held.forward = partial(_for_each, held)  # a copy of it has its own weight
        return held


def _for_each(held: Any, tensor: Any) -> Any:
    return held.weight.expand(tensor.shape[0], *held.weight.shape)
