"""Layers of Keras along the axes of a map: convolutions, pooling, other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.core.layer import Kind
from archcalc.importers.keras.model import Layer, Value
from archcalc.importers.keras.rules import Rule, activated, on_map, one
from archcalc.layers import KINDS


def conv(layer: Layer) -> Value:
    given, (before, how) = layer.given, window(layer.given)
    kind = KINDS["conv"](given["filters"], **how, groups=given.get("groups", 1), bias=given["use_bias"])
    return activated(layer, layer.then(*before, kind))


def window(given: dict[str, Any]) -> tuple[list[Kind], dict[str, Any]]:
    """The window of a convolution; the zeros before a causal one are a layer of their own."""
    kernel, rate, pad = one(given["kernel_size"]), one(given["dilation_rate"]), padding(given)
    how = {"kernel": kernel, "stride": one(given["strides"]), "dilation": rate, "pad": 0 if kernel == 1 else pad}
    if pad == "causal":
        return [KINDS["zeropad"](rate * (kernel - 1), 0)], how | {"pad": 0}
    return [], how


def padding(given: dict[str, Any]) -> str | int:
    if given["padding"] not in ("same", "valid", "causal"):
        raise ValueError(f"padding {given['padding']!r}")
    return 0 if given["padding"] == "valid" else str(given["padding"])


def depthwise(layer: Layer) -> Value:
    """A filter for each channel, and in a SeparableConv a convolution of single positions after it."""
    given, (before, how), channels = layer.given, window(layer.given), layer.x[0]
    after = [KINDS["conv"](given["filters"], 1, bias=given["use_bias"])] if "filters" in given else []
    own = {"groups": channels, "bias": given["use_bias"] and not after}
    kind = KINDS["conv"](channels * given["depth_multiplier"], **how, **own)
    return activated(layer, layer.then(*before, kind, *after))


def transposed(layer: Layer) -> Value | None:
    """The output has size * stride positions where the padding is "same", else those that the kernels reach."""
    given, same = layer.given, padding(layer.given) == "same"
    if given.get("output_padding") is not None or given.get("groups", 1) != 1:
        return None
    sizes = zip(given["kernel_size"], given["strides"], given["dilation_rate"], strict=True)
    extras = [(rate * (kernel - 1) + 1 - stride, stride) for kernel, stride, rate in sizes]
    before = [max(0, extra // 2 if stride == 1 else -(-extra // 2)) * same for extra, stride in extras]
    after = [2 * pad - extra if same or extra < 0 else 0 for pad, (extra, _) in zip(before, extras, strict=True)]
    how = {
        "kernel": one(given["kernel_size"]),
        "stride": one(given["strides"]),
        "dilation": one(given["dilation_rate"]),
    }
    how |= {"pad": one(before), "out_pad": one([max(0, end) for end in after]), "bias": given["use_bias"]}
    cut = [KINDS["crop"](0, one([max(0, -end) for end in after]))] if min(after) < 0 else []
    return activated(layer, layer.then(KINDS["conv_transpose"](given["filters"], **how), *cut))


def pool(kind: str) -> Rule:
    def rule(layer: Layer) -> Value | None:
        kernel, stride, pad = one(layer.given["pool_size"]), one(layer.given["strides"]), padding(layer.given)
        if kind == "avgpool" and pad == "same":
            return averaged_same(layer, layer.given["pool_size"], layer.given["strides"])
        return layer.then(KINDS[kind](kernel, None if stride == kernel else stride, pad))

    return rule


def averaged_same(layer: Layer, kernels: Sequence[int], strides: Sequence[int]) -> Value:
    """Means of windows that are cut off at the edges: as with zeros around the map, where these are equally many."""
    if all(stride == 1 and kernel % 2 for kernel, stride in zip(kernels, strides, strict=True)):
        return layer.then(
            KINDS["avgpool"](one(kernels), 1 if one(kernels) != 1 else None, one([n // 2 for n in kernels]))
        )
    positions = [-(-size // stride) for size, stride in zip(layer.x[1:], strides, strict=True)]
    sizes = (layer.x[0], *positions)
    return layer.opaque(tuple(sizes[axis] for axis in layer.value.axes), 0, 0)


def adaptive_pool(layer: Layer) -> Value:
    return layer.then(KINDS["adaptive_avgpool"](one(layer.given["output_size"])))


def global_pool(layer: Layer) -> Value:
    average, flat = layer.kind.startswith("GlobalAverage"), not layer.given["keepdims"]
    if average and flat and len(layer.x) == 2:
        channels = -1 if layer.given.get("data_format") != "channels_first" else 1
        return layer.then(KINDS["mean"](1 - layer.axis(channels) if layer.axis(channels) else -1))
    return on_map(lambda found: found.then(
        KINDS["global_avgpool"]() if average else KINDS["maxpool"](one([*found.x[1:]])),
        *([KINDS["flatten"]()] if flat else []),
    ))(layer)  # type: ignore[return-value]  # the rule never gives None  # fmt: skip


def ends(kind: str, name: str) -> Rule:
    def rule(layer: Layer) -> Value:
        given = layer.given[name]
        pairs = [given] if isinstance(given, list) and given and isinstance(given[0], int) else given
        before, after = zip(*pairs, strict=True)
        return layer.then(KINDS[kind](one([*before]), one([*after])))

    return rule


def upsample(layer: Layer) -> Value | None:
    size, how = one(layer.given["size"]), layer.given.get("interpolation", "nearest")
    if how == "nearest":
        return layer.then(KINDS["upsample"](size))
    scales = size if isinstance(size, tuple) else (size,) * (len(layer.x) - 1)
    sizes = [n * scale for n, scale in zip(layer.x[1:], scales, strict=True)]
    return resized(layer, how, sizes)


def resized(layer: Layer, how: str, sizes: list[int]) -> Value:
    if how == "bilinear":
        return layer.then(KINDS["resize"](one(sizes)))
    output = (layer.x[0], *sizes)
    return layer.opaque(tuple(output[axis] for axis in layer.value.axes), 0, 0)


def resizing(layer: Layer) -> Value | None:
    given = layer.given
    if given.get("crop_to_aspect_ratio") or given.get("pad_to_aspect_ratio") or given.get("antialias"):
        return None
    return resized(layer, given["interpolation"], [given["height"], given["width"]])
