"""Amounts: the numbers of a layer that figures are sums of, computed by its kind when a figure needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import TypeAlias

from archcalc.core.layer import Kind
from archcalc.core.number import Number, both, ceil_div, equal, maximum, product, select
from archcalc.core.shape import Shape, axes, is_same, replaced

Amount: TypeAlias = Callable[[Kind, tuple[Shape, ...], Shape], Number | None]


def elements(shapes: Mapping[str, Shape]) -> Number:
    """The number of elements of tensors with these shapes."""
    return sum(map(product, shapes.values()))


def is_bias(tensor: str) -> bool:
    """Whether a learned tensor is a bias, by its name: "bias", "query.bias", "bias_ih_l0"."""
    return tensor.rpartition(".")[2].startswith("bias")


def _tensors(bias: bool) -> Amount:
    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        tensors = layer.weights(*inputs)
        if tensors is None:
            return None
        return elements({name: shape for name, shape in tensors.items() if is_bias(name) is bias})

    return amount


def _work(name: str) -> Amount:
    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        return layer.work(inputs, output).get(name, 0)

    return amount


TENSORS: dict[str, Amount] = {
    "learned": lambda layer, inputs, output: layer.learned(*inputs),
    "weights": _tensors(bias=False),
    "biases": _tensors(bias=True),
    "buffers": lambda layer, inputs, output: layer.stored(*inputs),
}
WORK = {  # kind of work -> the name of one unit of it
    "products": "multiplication with its addition",
    "activation_products": "multiplication of two activations with its addition",
    "bias": "addition of a bias",
    "normalisation": "normalised element",
    "activations": "activation",
    "pooling": "element that a window reads",
    "elementwise": "operation on two elements",
}


def _where_learned(name: str) -> Amount:
    """The elements of the output where the layer learns such a tensor, else 0."""

    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        learned = [is_bias(tensor) for tensor in layer.weights(*inputs) or ()]
        return product(output) if (name == "bias") in learned else 0

    return amount


def _padded(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    """Elements of the padded input: torch pads channels for lrn; an uneven pad=same is put around the input itself."""
    (channels, *sizes), size = inputs[0], getattr(layer, "size", 1)
    if layer.label == "lrn":
        return (channels + size - 1) * product(sizes)
    if not is_same(getattr(layer, "pad", 0)):
        return product(inputs[0])
    pads = [maximum((ceil_div(n, s) - 1) * s + d * (k - 1) + 1 - n, 0) for n, k, s, _, d in axes(layer, inputs[0])]
    even = reduce(both, (equal(pad % 2, 0) for pad in pads))
    return channels * product(n + select(even, 0, pad) for n, pad in zip(sizes, pads, strict=True))


def _places(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    """Positions of the output: all that is not along the channels, or along the axis that a softmax has."""
    return product(replaced(output, getattr(layer, "axis", 0) or 0))


def _relative(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    return elements({name: shape for name, shape in (layer.weights(*inputs) or {}).items() if name == "relative"})


def _spread(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    weights = TENSORS["weights"](layer, inputs, output)
    return None if weights is None else weights * product(output[1:])


AMOUNTS: dict[str, Amount] = {
    **TENSORS,
    "products": lambda layer, inputs, output: layer.products(inputs, output),
    **{name: _work(name) for name in WORK if name != "products"},
    "inputs": lambda layer, inputs, output: sum(map(product, inputs)),
    "outputs": lambda layer, inputs, output: product(output),
    "cached": lambda layer, inputs, output: layer.cache(*inputs),
    "layers": lambda layer, inputs, output: 1,
    "scaled": _where_learned("weight"),
    "shifted": _where_learned("bias"),
    "padded": _padded,
    "places": _places,
    "relative": _relative,
    "spread": _spread,
    "unknown": lambda layer, inputs, output: None,
}
NAMES = {
    **WORK, "learned": "parameter", "weights": "weight", "biases": "bias", "buffers": "stored number",
    "inputs": "element of the input",
    "outputs": "element of the output", "layers": "layer", "cached": "number in a decoder's cache",
    "scaled": "element of the output where a scale is learned", "padded": "element of the input with its padding",
    "shifted": "element of the output where a bias is learned", "places": "position of the output's map",
    "relative": "learned bias of a difference of positions",
    "spread": "weight at each position of the output's map", "unknown": "thing that is not known",
}  # fmt: skip
