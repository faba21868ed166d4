"""A layer of Keras -> layers, by its class and its arguments; a rule gives None where archcalc has no layer for it."""

from __future__ import annotations

import re
from math import prod
from typing import Any

from archcalc.importers.keras.maps import (
    adaptive_pool,
    conv,
    depthwise,
    ends,
    global_pool,
    pool,
    resizing,
    transposed,
    upsample,
)
from archcalc.importers.keras.model import Layer, Value, as_written, channel_first
from archcalc.importers.keras.norms import (
    batch_norm,
    group_norm,
    layer_norm,
    layer_scale,
    normalization,
    rescaling,
    residual_scale,
    rms_norm,
)
from archcalc.importers.keras.rules import (
    Rule,
    activated,
    broadcast,
    exact,
    in_order,
    number,
    on_map,
    one,
    plain,
)
from archcalc.importers.keras.tokens import (
    STEPS,
    attention,
    bidirectional,
    dot_product_attention,
    matmul,
    recurrent,
    time_distributed,
)
from archcalc.layers import KINDS

SAME = {  # in inference, their output is their input
    *("InputLayer", "Identity", "ActivityRegularization", "GaussianNoise", "GaussianDropout", "AlphaDropout"),
    *("SpatialDropout", "StochasticDepth", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation"),
    *("RandomContrast", "RandomBrightness", "RandomHue", "RandomSaturation", "RandomSharpness", "RandomShear"),
    *("RandomGrayscale", "RandomInvert", "RandomPosterization", "RandomErasing", "RandomColorJitter"),
}
FREE = {  # classes without weights and products, though archcalc has no layer for them
    *("AdaptiveMaxPooling", "RepeatVector", "RandomCrop", "Resizing", "CenterCrop"),
    *("ops.GetItem", "ops.Stack", "ops.Max", "ops.Min", "ops.Sum", "ops.Var", "ops.Std", "ops.BroadcastTo"),
    *("ops.Tile", "ops.Repeat", "ops.Pad", "ops.Flip", "ops.Roll"),
}
ELEMENTWISE = {  # those whose output is as large as their inputs
    *("Rescaling", "Normalization", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Masking"),
    *("UnitNormalization", "Softmax", "ReLU"),
    *(f"ops.{name}" for name in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Power", "Maximum", "Minimum",
      "Absolute", "Abs", "Negative", "Exp", "Expm1", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Reciprocal", "Clip",
      "Sin", "Cos", "Erf", "Sign", "Floor", "Ceil", "Round", "Cast", "Softmax", "StopGradient")),
}  # fmt: skip
FUNCTIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "silu", "Gelu": "gelu",
    "Elu": "elu", "Selu": "selu", "Softplus": "softplus", "HardSigmoid": "hardsigmoid", "HardSilu": "hardswish",
}  # fmt: skip
TENSORFLOW = {"add": "ops.Add", "subtract": "ops.Subtract", "multiply": "ops.Multiply", "truediv": "ops.TrueDivide"}


def value_of(layer: Layer) -> Value:
    """What a call of a layer gives; an opaque step where there is no rule for it, or where it does not say how."""
    name = re.sub(r"\dD", "", layer.kind)
    if name in SAME:
        return layer.value
    rule = RULES.get(name)
    found = rule(layer) if rule else None
    if found is not None:
        return found
    if name in ELEMENTWISE:
        return layer.opaque(broadcast([value.keras for value in layer.values]), 0, 0)
    cost = 0 if name in FREE else None
    return layer.opaque(None, cost, cost)


def dense(layer: Layer) -> Value:
    axis, out, bias = layer.axis(-1), layer.given["units"], layer.given["use_bias"]
    if axis == 0 and len(layer.x) > 1:
        return activated(layer, layer.then(KINDS["conv"](out, 1, bias=bias)))
    layer = layer.placed(as_written(len(layer.x)))
    return activated(layer, layer.then(KINDS["linear"](out, bias=bias, axis=-1 if len(layer.x) > 2 else None)))


def join(kind: str) -> Rule:
    def rule(layer: Layer) -> Value | None:
        if len(layer.values) < 2 or len({len(value.shape) for value in layer.values}) > 1:
            return None
        if kind == "add" and len({value.keras for value in layer.values}) > 1:
            return None
        return layer.placed(layer.value.axes).then(KINDS[kind]())

    return rule


def arithmetic(kind: str) -> Rule:
    """A function of two tensors, or of a tensor and a number."""

    def rule(layer: Layer) -> Value | None:
        numbers = [exact(value) for value in layer.call.values if value is not None]
        if not numbers:
            return join(kind)(layer) if kind in KINDS else None
        is_first = layer.call.values[0] is not None
        if len(numbers) > 1 or (kind == "divide" and is_first):
            return None
        factor, shift = {"add": (1, numbers[0]), "subtract": (-1, numbers[0]) if is_first else (1, -numbers[0]),
                         "multiply": (numbers[0], None), "divide": (1 / numbers[0], None)}[kind]  # fmt: skip
        return layer.then(KINDS["scale"](factor, shift))

    return rule


def concat(layer: Layer) -> Value:
    layer = layer.placed(layer.value.axes)
    return layer.then(KINDS["concat"](axis=number(layer, layer.given["axis"])))


def relu(layer: Layer) -> Value | None:
    most, slope = layer.given.get("max_value"), layer.given.get("negative_slope") or 0
    if most not in (None, 6) or (slope and most) or layer.given.get("threshold"):
        return None
    return layer.then(KINDS["leaky_relu"](exact(slope)) if slope else KINDS["relu6" if most else "relu"]())


def leaky_relu(layer: Layer) -> Value:
    slope = layer.given["negative_slope"] if "negative_slope" in layer.given else layer.given["alpha"]  # Keras 2
    return layer.then(KINDS["leaky_relu"](exact(slope)))


def prelu(layer: Layer) -> Value:
    """One slope for each element, except along the axes that share theirs."""
    shared = {layer.axis(axis) for axis in layer.given.get("shared_axes") or []}
    own = [axis for axis in range(len(layer.x)) if axis not in shared]
    if own in ([], [0]):
        return layer.then(KINDS["prelu"](shared=not own))
    return layer.opaque(layer.value.keras, prod(layer.x[axis] for axis in own), 0)


def dropout(layer: Layer) -> Value:
    """Where it drops whole examples or channels, no mask of the elements is needed."""
    if not layer.given["rate"] or layer.given.get("noise_shape") is not None:
        return layer.value
    return layer.then(KINDS["dropout"](exact(layer.given["rate"])))


def softmax(layer: Layer) -> Value | None:
    axis = one(layer.given["axis"])
    return None if isinstance(axis, tuple) else layer.then(KINDS["softmax"](axis=number(layer, axis)))


def reshape(layer: Layer, target: Any = None) -> Value:
    """The same elements with other sizes. Those of a map stand in another order than in Keras, as in flatten."""
    before = layer.value.keras
    after = whole(layer.given["target_shape"] if target is None else target, prod(before))
    if after == before:
        return layer.value
    same = after[-1] == before[-1]
    if len(after) == 1:
        return layer.then(KINDS["flatten"]() if after == (prod(before),) else KINDS["reshape"](after))
    if len(after) == 2 and len(before) > 2 and same and layer.axis(-1) == 0:
        return layer.then(KINDS["tokens"]())
    if len(after) > 2 and len(before) == 2 and same and layer.axis(-1) == 1:
        return layer.then(KINDS["untokens"](after[:-1]), axes=channel_first(len(after)))
    axes = channel_first(len(after)) if len(after) > 2 else as_written(2)
    return layer.then(KINDS["reshape"](tuple(after[axes.index(axis)] for axis in range(len(after)))), axes=axes)


def whole(target: Any, count: int) -> tuple[int, ...]:
    """The sizes, with that one which is left open."""
    known = prod(size for size in target if size not in (-1, None))
    return tuple(count // known if size in (-1, None) else size for size in target)


def permute(layer: Layer, order: Any = None) -> Value:
    order = layer.given["dims"] if order is None else order
    return layer.then(KINDS["permute"](tuple(layer.axis(axis) for axis in order)), axes=as_written(len(layer.x)))


def embedding(layer: Layer) -> Value:
    return layer.then(KINDS["embedding"](layer.given["input_dim"], layer.given["output_dim"]))


def mean(layer: Layer) -> Value | None:
    axis = one(layer.given["axis"])
    if not isinstance(axis, int) or layer.given["keepdims"]:
        return None
    gone = layer.axis(axis)
    axes = tuple(other - (other > gone) for other in layer.value.axes if other != gone)
    return layer.then(KINDS["mean"](number(layer, axis)), axes=axes)


def sized(layer: Layer) -> Value | None:
    """Axes of size 1 that are added or taken away."""
    return None if layer.stated is None else reshape(layer, layer.stated)


def tensorflow(layer: Layer) -> Value | None:
    """A function of TensorFlow, in a file of Keras 2."""
    name = TENSORFLOW.get(str(layer.given["function"]).rpartition(".")[2])
    return layer.reader.rule(layer._replace(kind=name)) if name else None


RULES: dict[str, Rule] = {
    "Conv": on_map(conv),
    **dict.fromkeys(("DepthwiseConv", "SeparableConv"), on_map(depthwise)),
    "ConvTranspose": on_map(transposed),
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": in_order(rms_norm),
    "GroupNormalization": group_norm,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "MaxPooling": on_map(pool("maxpool")),
    "AveragePooling": on_map(pool("avgpool")),
    **dict.fromkeys(("GlobalAveragePooling", "GlobalMaxPooling"), global_pool),
    "AdaptiveAveragePooling": on_map(adaptive_pool),
    "ZeroPadding": on_map(ends("zeropad", "padding")),
    "Cropping": on_map(ends("crop", "cropping")),
    "UpSampling": on_map(upsample),
    "Resizing": on_map(resizing),
    "Add": join("add"),
    "Multiply": join("multiply"),
    "ops.Add": arithmetic("add"),
    "ops.Subtract": arithmetic("subtract"),
    "ops.Multiply": arithmetic("multiply"),
    **dict.fromkeys(("ops.Divide", "ops.TrueDivide"), arithmetic("divide")),
    **dict.fromkeys(("Concatenate", "ops.Concatenate"), concat),
    "Activation": lambda layer: activated(layer, layer.value),
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": plain("elu"),
    "PReLU": prelu,
    **dict.fromkeys(("Softmax", "ops.Softmax"), softmax),
    "Dropout": dropout,
    "Flatten": lambda layer: layer.then(KINDS["flatten"]()) if len(layer.x) > 1 else layer.value,
    "Reshape": reshape,
    "ops.Reshape": lambda layer: reshape(layer, layer.given["newshape"][1:]),
    **dict.fromkeys(("ops.ExpandDims", "ops.Squeeze"), sized),
    "Permute": permute,
    "ops.Transpose": lambda layer: permute(layer, layer.given["axes"][1:]),
    "Embedding": in_order(embedding),
    **dict.fromkeys(STEPS, in_order(recurrent)),
    "Bidirectional": in_order(bidirectional),
    "TimeDistributed": time_distributed,
    **dict.fromkeys(("MultiHeadAttention", "GroupQueryAttention"), in_order(attention)),
    "Attention": in_order(dot_product_attention),
    "ops.Matmul": in_order(matmul),
    "ops.Mean": mean,
    "LayerScale": layer_scale,
    "CustomScaleLayer": residual_scale,
    "Lambda": lambda layer: layer.opaque(params=0),
    "TFOpLambda": tensorflow,
    **{f"ops.{name}": plain(kind) for name, kind in FUNCTIONS.items()},
}  # fmt: skip
