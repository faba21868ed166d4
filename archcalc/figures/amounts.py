"""What a layer amounts to: the numbers that figures are sums of, asked of its kind where a figure needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from archcalc.kind import Kind
from archcalc.number import Number, product
from archcalc.shape import Shape

Amount: TypeAlias = Callable[[Kind, tuple[Shape, ...], Shape], Number | None]


def elements(shapes: Mapping[str, Shape]) -> Number:
    """How many numbers tensors of these shapes hold."""
    return sum(map(product, shapes.values()))


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


TENSORS: dict[str, Amount] = {"weights": _tensors(bias=False), "biases": _tensors(bias=True), "buffers": _buffers}
WORK = {  # by the kind of work, and what one of it is called
    "products": "multiplication with its addition",
    "bias": "addition of a bias",
    "normalisation": "normalised element",
    "activations": "activation",
    "pooling": "element that a window reads",
    "elementwise": "operation on two elements",
}
AMOUNTS: dict[str, Amount] = {
    **TENSORS,
    "products": lambda layer, inputs, output: layer.mult_adds(inputs, output),
    **{name: _work(name) for name in WORK if name != "products"},
    "inputs": lambda layer, inputs, output: sum(map(product, inputs)),
    "outputs": lambda layer, inputs, output: product(output),
    "layers": lambda layer, inputs, output: 1,
}
NAMES = {
    **WORK, "weights": "weight", "biases": "bias", "buffers": "stored number", "inputs": "element of the input",
    "outputs": "element of the output", "layers": "layer",
}  # fmt: skip
