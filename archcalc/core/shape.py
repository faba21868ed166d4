"""Shapes of one example, without a batch axis: (channels, height, width), (features,), (channels, length) ..."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, TypeAlias

from archcalc.core.number import Condition, Number, ceil_div, decide, equal, minimum
from archcalc.core.value import show

Shape: TypeAlias = tuple[Number, ...]


def describe(shape: Shape) -> str:
    """A shape in words: 64 x 56 x 56."""
    return " x ".join(map(show, shape))


def per_axis(value: Number | tuple[Number, ...], shape: Shape) -> tuple[Number, ...]:
    """One number for each spatial axis of the shape; a single number means the same on every axis."""
    return value if isinstance(value, tuple) else (value,) * (len(shape) - 1)


def is_same(pad: Number | tuple[Number, ...] | str) -> bool:
    """Whether the pad is "same"; comparing an array with a text would compare its elements."""
    return isinstance(pad, str)


def windows(
    size: Number, kernel: Number, stride: Number, pad: Number | str, dilation: Number = 1, *, ceil: bool = False
) -> Number:
    """The number of positions of a window along one axis: the output-size formula of convolution and pooling.

    ``pad`` is added on each side; "same" pads just enough for ceil(size / stride) positions. With ``ceil`` a partial
    window at the end counts too, unless it would start in the padding (the rule of torch.nn.MaxPool2d).
    """
    if is_same(pad):
        return ceil_div(size, stride)
    reach = dilation * (kernel - 1) + 1
    room = size + 2 * pad - reach
    if not ceil:
        return room // stride + 1
    count = ceil_div(room, stride) + 1
    clipped = decide(pad + stride <= reach) is not True  # else no window can start in the padding
    return minimum(count, ceil_div(size + pad, stride)) if clipped else count


def axes(layer: Any, x: Shape) -> list[tuple[Any, ...]]:
    """Along each axis: size, kernel, stride, pad, dilation; without a stride, it is the kernel."""
    stride = getattr(layer, "stride", 1)
    given = (layer.kernel, layer.kernel if stride is None else stride, layer.pad, getattr(layer, "dilation", 1))
    return list(zip(x[1:], *(per_axis(value, x) for value in given), strict=True))


def reach(layer: Any, x: Shape) -> tuple[tuple[Number, Number], ...]:
    """Along each axis, the extent of the dilated window of a layer in positions, and its stride."""
    return tuple((dilation * (kernel - 1) + 1, stride) for _, kernel, stride, _, dilation in axes(layer, x))


def map_needs(layer: Any, x: Shape) -> Iterator[tuple[Condition, str]]:
    """The conditions of a layer that works along the axes: its input has axes, and its arguments fit their number."""
    yield len(x) > 1, f"{layer.label} takes a map; {describe(x)} features have no axes"
    for parameter in layer.parameters:
        name, given = parameter.name, getattr(layer, parameter.name)
        if parameter.type.per_axis and isinstance(given, tuple) and len(given) != len(x) - 1:
            yield False, f"{layer.label}'s {name} has {len(given)} numbers for the {len(x) - 1} axes of {describe(x)}"


def window_needs(layer: Any, x: Shape) -> Iterator[tuple[Condition, str]]:
    """The conditions of a window on its input: it must fit into it, with ``ceil`` at least as a partial window."""
    needs = list(map_needs(layer, x))
    yield from needs
    if is_same(layer.pad) or not all(condition for condition, _ in needs):
        return
    for size, k, stride, pad, d in axes(layer, x):
        reach = d * (k - 1) + 1
        missing = stride - 1 if getattr(layer, "ceil", False) else 0
        dilated = f" (dilated to {reach})" if decide(equal(d, 1)) is not True else ""
        padded = f", padded to {size + 2 * pad}" if decide(equal(pad, 0)) is not True else ""
        message = f"a kernel of {k}{dilated} is larger than its input of {size}{padded}"
        yield size + 2 * pad + missing >= reach, message


def last_needs(layer: Any, x: Shape) -> Iterator[tuple[Condition, str]]:
    """The conditions of a layer over the last axis: of a map, that it has the features there must be said.

    Else a map whose rows and columns were to be made one row of features would give a wrong number without a word.
    """
    if layer.axis is None:
        message = (
            f"{layer.label} takes features, or tokens x features, not a map of {describe(x)}; put flatten before it"
        )
        yield len(x) <= 2, f"{message}, or write axis=-1 where its last axis has the features"
    else:
        last = layer.axis in (-1, len(x) - 1)
        yield last, f"{layer.label} works along the last axis of {describe(x)}, which is -1, not {layer.axis}"


def axis_need(layer: Any, x: Shape) -> tuple[Condition, str]:
    """The condition that an input has the axis that a layer names."""
    return -len(x) <= layer.axis < len(x), f"{layer.label}: {describe(x)} has no axis {layer.axis}"


def replaced(x: Shape, axis: int, *sizes: Number) -> Shape:
    """The shape with other sizes, or none, in the place of an axis."""
    place = axis % len(x)
    return (*x[:place], *sizes, *x[place + 1 :])


def torch_axis(axis: int) -> int:
    """The number of an axis where the first one is the batch."""
    return axis + 1 if axis >= 0 else axis


def even_groups(groups: Number, count: Number, what: str) -> tuple[Condition, str]:
    """The condition of grouped channels: there is the same number in each group."""
    return equal(count % groups, 0), f"{count} {what} are not divisible by {groups} groups"


def weight_and_bias(weight: Shape, bias: bool, out: Number) -> dict[str, Shape]:
    """The learned tensors of a layer with ``out`` filters or features, by name."""
    return {"weight": weight, "bias": (out,)} if bias else {"weight": weight}


def same_padding(torch: Any, module: Any, layer: Any, x: Shape, fill: float = 0.0) -> Any:
    """The torch module, which pads its input for ceil(size / stride) positions; an odd one is padded at the end.

    Torch's own "same" is only for a stride of 1; this is the rule of TensorFlow and Keras.
    """
    totals = [max((ceil_div(size, s) - 1) * s + d * (k - 1) + 1 - size, 0) for size, k, s, _, d in axes(layer, x)]
    if not any(total % 2 for total in totals):
        module.padding = tuple(total // 2 for total in totals)
        return module
    pads = [pad for total in reversed(totals) for pad in (total // 2, total - total // 2)]  # torch: last axis first
    module.register_forward_pre_hook(partial(_padded, partial(torch.nn.functional.pad, pad=pads, value=fill)))
    return module


def _padded(pad: Any, module: Any, inputs: Any) -> Any:
    return (pad(inputs[0]),)
