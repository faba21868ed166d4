"""Sizes of one example, without a batch axis: (channels, height, width), (features,), (channels, length) ..."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from archcalc.number import Condition, Number, ceil_div, decide, equal, least

Shape: TypeAlias = tuple[Number, ...]


def describe(shape: Shape) -> str:
    """64 x 56 x 56."""
    return " x ".join(str(size) for size in shape)


def per_axis(value: Number | tuple[Number, ...], shape: Shape) -> tuple[Number, ...]:
    """One number for each spatial axis of the shape; a single number means the same on every axis."""
    return value if isinstance(value, tuple) else (value,) * (len(shape) - 1)


def windows(
    size: Number, kernel: Number, stride: Number, pad: Number | str, dilation: Number = 1, ceil: bool = False
) -> Number:
    """How many positions a window takes along one axis: the output-size formula of convolution and pooling.

    ``pad`` is on each side; "same" pads just enough for ceil(size / stride) positions. With ``ceil`` a last, partial
    window counts too, unless it would start in the padding (torch.nn.MaxPool2d's rule).
    """
    if pad == "same":
        return ceil_div(size, stride)
    reach = dilation * (kernel - 1) + 1
    span = size + 2 * pad - reach
    if not ceil:
        return span // stride + 1
    count = ceil_div(span, stride) + 1
    clipped = decide(pad + stride <= reach) is not True  # else no window can start in the padding
    return least(count, ceil_div(size + pad, stride)) if clipped else count


def map_needs(layer: Any, x: Shape) -> Iterator[tuple[Condition, str]]:
    """What a layer with a window needs of its input: axes to slide over, and one number for each of them."""
    yield len(x) > 1, f"{layer.label} slides over a map; {describe(x)} features have no axes"
    for name in ("kernel", "stride", "pad", "dilation"):
        given = getattr(layer, name, None)
        if isinstance(given, tuple) and len(given) != len(x) - 1:
            yield False, f"{layer.label}'s {name} has {len(given)} numbers for the {len(x) - 1} axes of {describe(x)}"


def window_needs(layer: Any, x: Shape) -> Iterator[tuple[Condition, str]]:
    """What a window needs of the map it slides over: to fit into it."""
    fine = True
    for condition, message in map_needs(layer, x):
        fine = fine and bool(condition)
        yield condition, message
    if not fine or layer.pad == "same":
        return
    for size, *axis in zip(x[1:], *(per_axis(v, x) for v in (layer.kernel, layer.pad, dilation(layer))), strict=True):
        k, pad, d = axis
        reach = d * (k - 1) + 1
        dilated = f" (dilated to {reach})" if decide(equal(d, 1)) is not True else ""
        padded = f", padded to {size + 2 * pad}" if decide(equal(pad, 0)) is not True else ""
        yield size + 2 * pad >= reach, f"a kernel of {k}{dilated} is larger than its input of {size}{padded}"


def dilation(layer: Any) -> Any:
    """The layer's dilation; 1 for a kind that has none."""
    return getattr(layer, "dilation", 1)


def same_padding(torch: Any, module: Any, layer: Any, x: Shape, fill: float = 0.0) -> Any:
    """The torch module, padding its input so that a window takes ceil(size / stride) positions; the odd one goes last.

    Torch's own "same" knows stride 1 only; this is the rule of TensorFlow and Keras.
    """
    pads: list[int] = []
    stride = layer.kernel if layer.stride is None else layer.stride
    sizes = (per_axis(v, x) for v in (layer.kernel, stride, dilation(layer)))
    for size, k, s, d in reversed(list(zip(x[1:], *sizes, strict=True))):
        total = max((ceil_div(size, s) - 1) * s + d * (k - 1) + 1 - size, 0)
        pads += [total // 2, total - total // 2]
    pad = torch.nn.functional.pad
    module.register_forward_pre_hook(lambda _, inputs: (pad(inputs[0], pads, value=fill),))
    return module
