"""Amounts: the numbers of a layer that figures are sums of, computed by its kind when a figure needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import TypeAlias

from archcalc.core.layer import Kind
from archcalc.core.number import Number, both, ceil_div, equal, maximum, product, select
from archcalc.core.shape import Shape, axes, is_same

Amount: TypeAlias = Callable[[Kind, tuple[Shape, ...], Shape], Number | None]


def elements(shapes: Mapping[str, Shape]) -> Number:
    """The number of elements of tensors with these shapes."""
    return sum(map(product, shapes.values()))


def _learned(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    tensors = layer.weights(*inputs)
    return None if tensors is None else elements(tensors)


def _tensors(bias: bool) -> Amount:
    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        tensors = layer.weights(*inputs)
        if tensors is None:
            return None
        return elements({name: shape for name, shape in tensors.items() if name.endswith("bias") is bias})

    return amount


def _buffers(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    return None if layer.weights(*inputs) is None else elements(layer.buffers(*inputs))


def _work(name: str) -> Amount:
    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        return layer.work(inputs, output).get(name, 0)

    return amount


TENSORS: dict[str, Amount] = {
    "learned": _learned,
    "weights": _tensors(bias=False),
    "biases": _tensors(bias=True),
    "buffers": _buffers,
}
WORK = {  # kind of work -> the name of one unit of it
    "products": "multiplication with its addition",
    "bias": "addition of a bias",
    "normalisation": "normalised element",
    "activations": "activation",
    "pooling": "element that a window reads",
    "elementwise": "operation on two elements",
}


def _where_learned(name: str) -> Amount:
    """The elements of the output where the layer learns such a tensor, else 0."""

    def amount(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        learned = [tensor.endswith("bias") for tensor in layer.weights(*inputs) or ()]
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


def _spread(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
    weights = TENSORS["weights"](layer, inputs, output)
    return None if weights is None else weights * product(output[1:])


AMOUNTS: dict[str, Amount] = {
    **TENSORS,
    "products": lambda layer, inputs, output: layer.mult_adds(inputs, output),
    **{name: _work(name) for name in WORK if name != "products"},
    "inputs": lambda layer, inputs, output: sum(map(product, inputs)),
    "outputs": lambda layer, inputs, output: product(output),
    "layers": lambda layer, inputs, output: 1,
    "scaled": _where_learned("weight"),
    "shifted": _where_learned("bias"),
    "padded": _padded,
    "places": lambda layer, inputs, output: product(output[1:]),
    "spread": _spread,
    "unknown": lambda layer, inputs, output: None,
}
NAMES = {
    **WORK, "learned": "parameter", "weights": "weight", "biases": "bias", "buffers": "stored number",
    "inputs": "element of the input",
    "outputs": "element of the output", "layers": "layer",
    "scaled": "element of the output where a scale is learned", "padded": "element of the input with its padding",
    "shifted": "element of the output where a bias is learned", "places": "position of the output's map",
    "spread": "weight at each position of the output's map", "unknown": "thing that is not known",
}  # fmt: skip
