"""A layer of Keras -> layers, from its class and its configuration; None where archcalc has none for it.

Shapes are archcalc's: a map has its channels first, and what Keras calls the last axis is its first one.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.layer import Kind
from archcalc.core.shape import Shape
from archcalc.layers import KINDS

WORKLESS = {  # classes without products: they have no mult-adds, though archcalc has no layer for them
    *("Rescaling", "Normalization", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "Add", "Subtract"),
    *("Average", "Maximum", "Minimum", "Permute", "RepeatVector", "Resizing", "Reshape", "Concatenate", "Multiply"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling3D", "Activation", "Flatten", "Lambda", "Masking", "Softmax"),
}
ELEMENTWISE = {
    "Rescaling",
    "Normalization",
    "Activation",
    "Add",
    "Subtract",
    "Multiply",
    "Average",
    "Maximum",
    "Minimum",
}
SAME = {"InputLayer", "ActivityRegularization", "GaussianNoise", "GaussianDropout", "SpatialDropout1D",
        "SpatialDropout2D", "SpatialDropout3D", "RandomFlip", "RandomRotation", "RandomZoom", "Identity"}  # fmt: skip
ACTIVATIONS = {
    **{name: name for name in ("relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "elu", "selu", "celu", "mish",
                               "softplus", "softsign", "leaky_relu", "glu")},
    "swish": "silu", "hard_sigmoid": "hardsigmoid", "hard_silu": "hardswish", "hard_swish": "hardswish",
}  # fmt: skip


class Asked(NamedTuple):
    """A call of a layer: its class, its configuration, the shapes of its inputs, and the numbers among them."""

    kind: str
    given: dict[str, Any]
    inputs: tuple[Shape, ...]
    numbers: tuple[float, ...] = ()

    @property
    def x(self) -> Shape:
        return self.inputs[0]

    @property
    def is_map(self) -> bool:
        return len(self.x) > 2


def channels_first(shape: Shape) -> Shape:
    """A shape of Keras, with the channels of a map first."""
    return (shape[-1], *shape[:-1]) if len(shape) > 2 else shape


def layers_of(asked: Asked) -> list[Kind] | None:
    """The layers that a call is, in order."""
    if asked.kind in SAME:
        return []
    rule = RULES.get(asked.kind)
    found = rule(asked) if rule else None
    if found is None:
        return None
    activation = activated(asked.given.get("activation"), found[-1].shape(*asked.inputs) if found else asked.x)
    return None if activation is None else [*found, *activation]


def activated(activation: Any, shape: Shape) -> list[Kind] | None:
    """The layer of an activation that is an argument of another one."""
    name = activation.get("config") if isinstance(activation, dict) else activation
    if name in (None, "linear"):
        return []
    if name in ("softmax", "log_softmax"):
        return [KINDS[name](axis=0 if len(shape) != 2 else -1)]
    known = ACTIVATIONS.get(str(name))
    return [KINDS[known]()] if known else None


def _one(values: Any) -> Any:
    """A number for all axes where they are equal, else one for each."""
    values = tuple(values) if isinstance(values, list) else (values,)
    return values[0] if len({*values}) == 1 else values


def _window(asked: Asked) -> dict[str, Any]:
    same = asked.given["padding"] == "same"
    return {"stride": _one(asked.given["strides"]), "pad": "same" if same else 0}


def conv(asked: Asked) -> list[Kind] | None:
    given = asked.given
    if not asked.is_map or given["padding"] not in ("same", "valid"):
        return None
    how = {**_window(asked), "dilation": _one(given["dilation_rate"]), "groups": given.get("groups", 1)}
    return [KINDS["conv"](given["filters"], _one(given["kernel_size"]), **how, bias=given["use_bias"])]


def depthwise(asked: Asked) -> list[Kind] | None:
    given, channels = asked.given, asked.x[0]
    if not asked.is_map or given["padding"] not in ("same", "valid"):
        return None
    how = {**_window(asked), "dilation": _one(given["dilation_rate"]), "groups": channels}
    bias = given["use_bias"] and "filters" not in given
    made = KINDS["conv"](channels * given["depth_multiplier"], _one(given["kernel_size"]), **how, bias=bias)
    return [made, *([KINDS["conv"](given["filters"], 1, bias=given["use_bias"])] if "filters" in given else [])]


def transposed(asked: Asked) -> list[Kind] | None:
    given, kernel, stride = asked.given, _one(asked.given["kernel_size"]), _one(asked.given["strides"])
    if not asked.is_map or not isinstance(kernel, int) or not isinstance(stride, int) or kernel < stride:
        return None
    extra = kernel - stride if given["padding"] == "same" else 0
    pad = -(-extra // 2)
    how = {"stride": stride, "pad": pad, "out_pad": 2 * pad - extra, "bias": given["use_bias"]}
    return [KINDS["conv_transpose"](given["filters"], kernel, **how)]


def dense(asked: Asked) -> list[Kind]:
    units, bias = asked.given["units"], asked.given["use_bias"]
    return [KINDS["conv"](units, 1, bias=bias) if asked.is_map else KINDS["linear"](units, bias=bias)]


def batch_norm(asked: Asked) -> list[Kind] | None:
    scale, center = asked.given["scale"], asked.given["center"]
    fits = len(asked.x) != 2 and (center or not scale)
    return [KINDS["batchnorm"](scale=scale or not center, affine=center)] if fits else None


def layer_norm(asked: Asked) -> list[Kind] | None:
    axis, given = _one(asked.given["axis"]), asked.given
    if axis not in (-1, len(asked.x)) or not given["scale"] or given.get("rms_scaling"):
        return None
    return [KINDS["layernorm"](axis=0 if asked.is_map else None, bias=given["center"])]


def pool(kind: str) -> Callable[[Asked], list[Kind] | None]:
    def rule(asked: Asked) -> list[Kind] | None:
        how = _window(asked)
        if not asked.is_map or (how["pad"] == "same" and kind == "avgpool"):
            return None
        kernel = _one(asked.given["pool_size"])
        return [KINDS[kind](kernel, **how | {"stride": None if how["stride"] == kernel else how["stride"]})]

    return rule


def global_pool(asked: Asked) -> list[Kind] | None:
    if not asked.is_map:
        return [KINDS["mean"]()] if asked.kind.startswith("GlobalAverage") and not asked.given["keepdims"] else None
    average = asked.kind.startswith("GlobalAverage")
    made = KINDS["global_avgpool"]() if average else KINDS["maxpool"](_one(list(asked.x[1:])))
    return [made, *([] if asked.given["keepdims"] else [KINDS["flatten"]()])]


def ends(kind: str, name: str) -> Callable[[Asked], list[Kind] | None]:
    def rule(asked: Asked) -> list[Kind] | None:
        pairs = asked.given[name]
        before, after = zip(*pairs, strict=True) if asked.is_map else ((), ())
        return [KINDS[kind](_one([*before]), _one([*after]))] if before else None

    return rule


def join(kind: str) -> Callable[[Asked], list[Kind] | None]:
    def rule(asked: Asked) -> list[Kind] | None:
        if asked.numbers:
            return [KINDS["scale"](_exact(asked.numbers[0]))] if kind == "multiply" else None
        return [KINDS[kind]()] if len(asked.inputs) > 1 else None

    return rule


def concat(asked: Asked) -> list[Kind]:
    axis, count = asked.given["axis"], len(asked.x)
    place = count - 1 if axis == -1 else axis - 1  # without the batch
    if asked.is_map:
        place = 0 if place == count - 1 else place + 1
    return [KINDS["concat"](axis=place)]


def relu(asked: Asked) -> list[Kind] | None:
    most, slope = asked.given.get("max_value"), asked.given.get("negative_slope") or 0
    if most not in (None, 6) or (slope and most):
        return None
    return [KINDS["leaky_relu"](_exact(slope)) if slope else KINDS["relu6" if most else "relu"]()]


def reshape(asked: Asked) -> list[Kind] | None:
    target = asked.given["target_shape"]
    if -1 in target or None in target:
        return None
    shape = channels_first(tuple(target))
    return [KINDS["reshape"](shape)] if shape != asked.x else []


def upsample(asked: Asked) -> list[Kind] | None:
    size, how = _one(asked.given["size"]), asked.given.get("interpolation", "nearest")
    if not asked.is_map or how not in ("nearest", "bilinear"):
        return None
    if how == "nearest":
        return [KINDS["upsample"](size)]
    scales = size if isinstance(size, tuple) else (size,) * (len(asked.x) - 1)
    return [KINDS["resize"](_one([n * scale for n, scale in zip(asked.x[1:], scales, strict=True)]))]


def attention(asked: Asked) -> list[Kind] | None:
    given, bias = asked.given, asked.given["use_bias"]
    heads, dim = given["num_heads"], given["key_dim"]
    fits = len(asked.x) == 2 and given.get("value_dim") in (None, dim) and not given.get("output_shape")
    how = {"head_dim": None if heads * dim == asked.x[-1] else dim, "qkv_bias": bias, "out_bias": bias}
    return [KINDS["attention"](heads, **how)] if fits else None


def _exact(number: float) -> Fraction:
    return Fraction(repr(number))


RULES: dict[str, Callable[[Asked], list[Kind] | None]] = {
    **dict.fromkeys(("Conv2D", "Conv3D"), conv),
    **dict.fromkeys(("DepthwiseConv2D", "SeparableConv2D"), depthwise),
    "Conv2DTranspose": transposed,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "MaxPooling2D": pool("maxpool"),
    "MaxPooling3D": pool("maxpool"),
    "AveragePooling2D": pool("avgpool"),
    "AveragePooling3D": pool("avgpool"),
    **dict.fromkeys(("GlobalAveragePooling2D", "GlobalAveragePooling1D", "GlobalMaxPooling2D"), global_pool),
    "ZeroPadding2D": ends("zeropad", "padding"),
    "Cropping2D": ends("crop", "cropping"),
    "Add": join("add"),
    "Multiply": join("multiply"),
    "Concatenate": concat,
    "Activation": lambda asked: [],
    "ReLU": relu,
    "LeakyReLU": lambda asked: [KINDS["leaky_relu"](_exact(asked.given["negative_slope"]))],
    "ELU": lambda asked: [KINDS["elu"]()],
    "PReLU": lambda asked: [KINDS["prelu"](shared=False)] if asked.given.get("shared_axes") == [1, 2] else None,
    "Softmax": lambda asked: activated("softmax", asked.x) if asked.given["axis"] == -1 else None,
    "Dropout": lambda asked: [KINDS["dropout"](_exact(asked.given["rate"]))] if asked.given["rate"] else [],
    "Flatten": lambda asked: [KINDS["flatten"]()] if len(asked.x) > 1 else [],
    "Reshape": reshape,
    "UpSampling2D": upsample,
    "Embedding": lambda asked: [KINDS["embedding"](asked.given["input_dim"], asked.given["output_dim"])],
    "MultiHeadAttention": attention,
}
