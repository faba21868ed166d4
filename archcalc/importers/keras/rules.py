"""What the rules of Keras's layers share: where axes are, how numbers are meant, activations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archcalc.core.errors import ArchcalcError
from archcalc.core.shape import Shape, describe
from archcalc.importers.keras.graph import is_own
from archcalc.importers.keras.model import Layer, Value, as_written, channel_first
from archcalc.layers import KINDS

Rule = Callable[[Layer], Value | None]

ACTIVATIONS = {
    **{name: name for name in ("relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "elu", "selu", "celu", "mish",
                               "softplus", "softsign", "leaky_relu")},
    "swish": "silu", "hard_sigmoid": "hardsigmoid", "hard_silu": "hardswish", "hard_swish": "hardswish",
}  # fmt: skip
FREE_ACTIVATIONS = {  # those of Keras for which archcalc has no layer
    *("exponential", "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "log_sigmoid", "squareplus"),
    *("sparse_plus", "sparsemax", "sparse_sigmoid", "threshold"),
}


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The sizes of an operation on the elements of several tensors. Raises ArchcalcError."""
    count = max(map(len, shapes))
    columns = [*zip(*((1,) * (count - len(shape)) + shape for shape in shapes), strict=True)]
    if any(len({*column} - {1}) > 1 for column in columns):
        raise ArchcalcError(f"its inputs do not match: {' and '.join(map(describe, shapes))}")
    return tuple(max(column) for column in columns)


def one(values: Any) -> Any:
    """A number for all axes where they are equal, else one for each."""
    values = tuple(values) if isinstance(values, list) else (values,)
    return values[0] if len({*values}) == 1 else values


def exact(number: Any) -> Fraction:
    """The number that is meant: 1/255 and not 0.00392156862745098."""
    written = Fraction(repr(number))
    simple = written.limit_denominator(1000)
    return simple if abs(simple - written) <= abs(written) / 10**12 else written


def flat(values: Any) -> list[float]:
    """The numbers of an array in a file."""
    if isinstance(values, dict):
        values = values["config"]["value"]
    return [one for each in values for one in flat(each)] if isinstance(values, list) else [values]


def number(layer: Layer, axis: int) -> int:
    """The axis that a layer numbers, as a spec writes it."""
    found = layer.axis(axis)
    return -1 if 0 < found == len(layer.x) - 1 else found


def on_map(rule: Rule) -> Rule:
    """The rule for a layer along the axes of a map, whose channels are moved to the front."""

    def placed(layer: Layer) -> Value | None:
        count, digit = len(layer.x), re.search(r"(\d)D", layer.kind)
        if digit and count != int(digit[1]) + 1:
            raise ArchcalcError(f"it takes {int(digit[1]) + 1} axes, not {describe(layer.value.keras)}")
        axis = 0 if layer.given.get("data_format") == "channels_first" else -1
        return rule(layer.placed(channel_first(count, axis)))

    return placed


def in_order(rule: Rule) -> Rule:
    """The rule for a layer along the last axis of Keras, which is the last one of archcalc there, too."""
    return lambda layer: rule(layer._replace(values=tuple(layer.reader.placed(
        value, as_written(len(value.shape)), layer.within[:-1]) for value in layer.values)))  # fmt: skip


def plain(name: str) -> Rule:
    return lambda layer: layer.then(KINDS[name]())


def within(layer: Layer, description: Any) -> Layer:
    """The layer that another one describes among its arguments, on the same inputs."""
    own = is_own(description.get("module"), description.get("registered_name"))
    return layer._replace(kind=str(description["class_name"]) if own else "", given=description["config"])


def activated(layer: Layer, value: Value) -> Value:
    """The value after the activation that is an argument of a layer: a name, a function, or a layer of its own."""
    activation = layer.given.get("activation")
    after = layer._replace(values=(value,), stated=value.keras)
    if isinstance(activation, dict) and isinstance(activation.get("config"), dict):
        return layer.reader.rule(within(after, activation))
    if activation in (None, "linear"):
        return value
    if activation in ("softmax", "log_softmax"):
        return after.then(KINDS[activation](axis=number(after, -1)))
    activation = str(activation)
    known = ACTIVATIONS.get(activation)
    if known:
        return after.then(KINDS[known]())
    return after.opaque(params=0, mult_adds=0 if activation in FREE_ACTIVATIONS else None)
