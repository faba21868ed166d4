"""Layers of Keras that normalise or scale, by learned numbers or by those that the file states."""

from __future__ import annotations

from math import prod

from archcalc.importers.keras.model import Layer, Value, channel_first
from archcalc.importers.keras.rules import exact, flat, number, one
from archcalc.layers import KINDS


def place(axis: int) -> int:
    """The axis of one example that a layer numbers, the batch included."""
    return axis if axis < 0 else axis - 1


def batch_norm(layer: Layer) -> Value | None:
    axis, scale, center = one(layer.given["axis"]), layer.given["scale"], layer.given["center"]
    if isinstance(axis, tuple) or layer.given.get("renorm"):
        return None
    layer = layer.placed(channel_first(len(layer.x), place(axis)))
    if center or not scale:
        return layer.then(KINDS["batchnorm"](scale=scale or not center, affine=center))
    return scaled(layer, layer.then(KINDS["batchnorm"](affine=False)))


def scaled(layer: Layer, value: Value) -> Value:
    """The value with each channel times a learned number."""
    gamma = layer.tensor(value.shape[0], *(1 for _ in value.shape[1:]))
    return layer.add(KINDS["multiply"](), value, gamma._replace(axes=value.axes))


def layer_norm(layer: Layer) -> Value | None:
    axis, scale, center = one(layer.given["axis"]), layer.given["scale"], layer.given["center"]
    if layer.given.get("rms_scaling"):
        return None
    if isinstance(axis, tuple) or center > scale or layer.axis(axis) not in (0, len(layer.x) - 1):
        axes = axis if isinstance(axis, tuple) else (axis,)
        return layer.opaque(layer.value.keras, prod(layer.x[layer.axis(one)] for one in axes) * (scale + center), 0)
    place = number(layer, axis)
    usual = place == (-1 if len(layer.x) == 2 else 0) and len(layer.x) < 3
    return layer.then(KINDS["layernorm"](axis=None if usual else place, bias=center or not scale, affine=scale))


def rms_norm(layer: Layer) -> Value | None:
    if one(layer.given["axis"]) not in (-1, len(layer.x)) or layer.given.get("scale") is False:
        return None
    return layer.then(KINDS["rmsnorm"](axis=-1 if len(layer.x) > 2 else None))


def group_norm(layer: Layer) -> Value | None:
    given, axis = layer.given, layer.given["axis"]
    layer = layer.placed(channel_first(len(layer.x), place(axis)))
    groups = layer.x[0] if given["groups"] == -1 else given["groups"]
    if given["scale"] != given["center"]:
        return layer.opaque(layer.value.keras, layer.x[0], 0)
    return layer.then(KINDS["groupnorm"](groups, affine=given["scale"]))


def normalization(layer: Layer) -> Value | None:
    """Batch norm with the statistics of the data; Keras also stores of how many examples they are."""
    given, axes = layer.given, layer.given["axis"] or []
    if given.get("mean") is not None:
        return normalised(layer) if one(axes) in (-1, len(layer.x)) and not given.get("invert") else None
    if len(axes) > 1:
        return layer.opaque(layer.value.keras, None, 0)
    layer.reader.unused += 1
    norm = KINDS["batchnorm"](affine=False)
    if axes:
        return layer.placed(channel_first(len(layer.x), place(one(axes)))).then(norm)
    return layer.then(KINDS["reshape"]((1, *layer.x)), norm, KINDS["reshape"](layer.x), axes=layer.value.axes)


def normalised(layer: Layer) -> Value:
    """Each channel by the mean and the variance that the file states, which are no weights then."""
    means, variances = (flat(layer.given[name]) for name in ("mean", "variance"))
    factors = [float(f"{variance**-0.5:.8g}") for variance in variances]
    shifts = [float(f"{-mean * factor:.8g}") for mean, factor in zip(means, factors, strict=True)]
    return rescaled(layer, factors, shifts)


def rescaled(layer: Layer, factors: list[float], shifts: list[float]) -> Value:
    """Each channel, or each element, times a number, plus a number, which the file states."""
    if len(factors) > 1 or len(shifts) > 1:
        layer = layer.placed(channel_first(len(layer.x)))
    factor, shift = (tuple(map(exact, one)) for one in (factors, shifts))
    return layer.then(
        KINDS["scale"](factor if len(factor) > 1 else factor[0], shift if len(shift) > 1 else shift[0] or None)
    )


def rescaling(layer: Layer) -> Value:
    return rescaled(layer, flat(layer.given["scale"]), flat(layer.given["offset"]))


def layer_scale(layer: Layer) -> Value:
    """A learned scale of each channel, of the ConvNeXt of keras.applications."""
    layer = layer.placed(channel_first(len(layer.x)))
    return scaled(layer, layer.value)


def residual_scale(layer: Layer) -> Value:
    """A residual with a factor, of the Inception-ResNet of keras.applications."""
    first, other = layer.values
    residual = layer._replace(values=(other,)).then(KINDS["scale"](exact(layer.given["scale"])))
    return layer.add(KINDS["add"](), first, residual)
