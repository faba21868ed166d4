"""An operator of torch -> layers, for one example; None where archcalc has no layer for it.

Operators and their arguments are those of torch.export: aten's, not decomposed, without the `_` of in-place forms.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.core.layer import Kind
from archcalc.core.shape import Shape
from archcalc.importers.torch.call import Asked, NoAxis, narrow, picked
from archcalc.layers import KINDS

NOT_OF_THE_INPUT = {"zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full",
                    "new_empty", "arange", "zeros", "ones", "full", "empty", "tensor", "scalar_tensor"}  # fmt: skip
WORKLESS = {  # operators without products: they have no mult-adds, though archcalc has no layer for them
    *("abs", "add", "addcmul", "all", "amax", "amin", "any", "argmax", "as_strided", "bitwise_not", "ceil", "clamp"),
    *("clamp_max", "clamp_min", "clone", "constant_pad_nd", "copy", "cos", "cumsum", "diagonal", "div", "eq", "erf"),
    *("exp", "expand", "expand_as", "fill", "flip", "floor", "floor_divide", "ge", "gt", "im2col", "index", "isnan"),
    *(
        "index_select",
        "le",
        "linalg_vector_norm",
        "log",
        "logical_not",
        "logsumexp",
        "lt",
        "masked_fill",
        "max",
        "mean",
    ),
    *(
        "col2im",
        "meshgrid",
        "min",
        "mul",
        "narrow",
        "ne",
        "neg",
        "norm",
        "normalize",
        "permute",
        "pixel_shuffle",
        "pow",
        "sub",
    ),
    *("pixel_unshuffle", "reciprocal", "repeat", "repeat_interleave", "reshape", "roll", "rsqrt", "rsub", "scatter"),
    *("select", "sign", "sin", "slice", "split", "chunk", "sqrt", "square", "stack", "std", "sum", "take", "topk"),
    *("tile", "transpose", "tril", "triu", "unbind", "unfold", "upsample_bicubic2d", "upsample_bilinear2d", "var"),
    *("upsample_nearest2d", "upsample_trilinear3d", "view", "where", "zero", "flatten", "gather", "cat", "softmax"),
    *("avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d", "adaptive_avg_pool1d"),
    *("adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d", "group_norm", "layer_norm", "batch_norm"),
    *("pad", "glu", "rms_norm", "instance_norm", "var_mean", "std_mean", "logsigmoid", "log_sigmoid", "relu", "gelu"),
    *("hardtanh", "adaptive_max_pool1d", "split_with_sizes", "movedim", "swapaxes", "squeeze", "unsqueeze", "addcdiv"),
}


PLAIN = ("relu", "relu6", "sigmoid", "tanh", "silu", "hardswish", "hardsigmoid", "gelu", "elu", "selu", "celu", "mish",
         "softplus", "softsign")  # fmt: skip
SAME_ELEMENTS = ("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view", "expand",
                 "reshape_as", "view_as")  # fmt: skip
SAME = ("contiguous", "clone", "detach", "alias", "to", "_to_copy", "type_as", "lift_fresh", "lift_fresh_copy",
        "_assert_tensor_metadata", "positive")  # fmt: skip

Rule = Callable[[Asked], "list[Kind] | None"]


def _one(values: Any) -> Any:
    """A number for all axes where they are equal, else one for each."""
    values = tuple(values) if isinstance(values, (list, tuple)) else (values,)
    return values[0] if len({*values}) == 1 else values


def _factor(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def conv(asked: Asked) -> list[Kind] | None:
    weight, bias = asked["weight"], asked["bias"]
    if weight.operation is not None or len(asked.x.shape) != len(weight.sizes) - 1:
        return None
    pad = asked["padding"]
    if pad == "valid":
        pad = 0
    how = {"stride": _one(asked["stride"]), "pad": pad if pad == "same" else _one(pad),
           "dilation": _one(asked["dilation"]), "groups": asked["groups"], "bias": bias is not None}  # fmt: skip
    return [KINDS["conv"](weight.sizes[0], _one(weight.sizes[2:]), **how)]


def conv_transpose(asked: Asked) -> list[Kind] | None:
    weight, bias = asked["weight"], asked["bias"]
    if weight.operation is not None or len(asked.x.shape) != len(weight.sizes) - 1:
        return None
    how = {"stride": _one(asked["stride"]), "pad": _one(asked["padding"]), "out_pad": _one(asked["output_padding"]),
           "dilation": _one(asked["dilation"]), "groups": asked["groups"], "bias": bias is not None}  # fmt: skip
    return [KINDS["conv_transpose"](weight.sizes[1] * asked["groups"], _one(weight.sizes[2:]), **how)]


def linear(asked: Asked) -> list[Kind] | None:
    weight = asked["weight"]
    if weight.operation is not None:
        return None
    return [KINDS["linear"](weight.sizes[0], bias=asked["bias"] is not None, axis=_last(asked.x.shape))]


def _last(shape: Shape) -> int | None:
    """How a layer over features is told where they are."""
    return -1 if len(shape) > 2 else None


def batch_norm(asked: Asked) -> list[Kind] | None:
    weight, bias = asked["weight"], asked["bias"]
    if asked["running_mean"] is None or (weight is not None and bias is None):
        return None
    return [KINDS["batchnorm"](scale=bias is None or weight is not None, affine=bias is not None)]


def layer_norm(asked: Asked) -> list[Kind] | None:
    if len(asked["normalized_shape"]) != 1:
        return None
    affine, bias = asked["weight"] is not None, asked["bias"] is not None
    return [KINDS["layernorm"](axis=_last(asked.x.shape), affine=affine, bias=bias or not affine)]


def rms_norm(asked: Asked) -> list[Kind] | None:
    fits = len(asked["normalized_shape"]) == 1 and asked["weight"] is not None
    return [KINDS["rmsnorm"](axis=_last(asked.x.shape))] if fits else None


def group_norm(asked: Asked) -> list[Kind]:
    return [KINDS["groupnorm"](asked["num_groups"], affine=asked["weight"] is not None)]


def instance_norm(asked: Asked) -> list[Kind]:
    return [KINDS["groupnorm"](asked.x.shape[0], affine=asked["weight"] is not None)]


def pool(kind: str) -> Rule:
    def rule(asked: Asked) -> list[Kind] | None:
        kernel, stride = _one(asked["kernel_size"]), _one(asked["stride"] or asked["kernel_size"])
        if _one(asked["dilation"] or 1) != 1:
            return None
        how = {
            "stride": None if stride == kernel else stride,
            "pad": _one(asked["padding"]),
            "ceil": asked["ceil_mode"],
        }
        return [KINDS[kind](kernel, **how)]

    return rule


def adaptive(asked: Asked) -> list[Kind] | None:
    size = _one(asked["output_size"])
    return [KINDS["global_avgpool"]() if size == 1 else KINDS["adaptive_avgpool"](size)]


def mean(asked: Asked) -> list[Kind] | None:
    if asked["dim"] is None:
        return None
    shape, kept = asked.x.shape, asked["keepdim"]
    dims = sorted(asked.axis(axis) for axis in asked["dim"])
    if len(shape) > 1 and dims == [*range(1, len(shape))]:
        return [KINDS["global_avgpool"](), *([] if kept else [KINDS["flatten"]()])]
    if kept:
        return None
    return [KINDS["mean"](axis=-1 if axis == len(shape) - 1 else axis) for axis in reversed(dims)]


def reshape(asked: Asked) -> list[Kind]:
    if asked.shape == asked.x.shape:
        return []
    flat = len(asked.shape) == 1 and len(asked.x.shape) > 1
    return [KINDS["flatten"]() if flat else KINDS["reshape"](asked.shape or (1,))]


def permute(order: Callable[[Asked], list[int]]) -> Rule:
    def rule(asked: Asked) -> list[Kind] | None:
        found = []
        for axis in order(asked):
            try:
                found.append(asked.axis(axis))
            except NoAxis:
                continue
        return [KINDS["permute"](tuple(found))] if found != sorted(found) else []

    return rule


def _transposed(asked: Asked) -> list[int]:
    order = [*range(len(asked.x.sizes))]
    a, b = (-2, -1) if asked["dim0"] is None else (asked["dim0"], asked["dim1"])
    order[a], order[b] = order[b], order[a]
    return order


def _moved(asked: Asked) -> list[int]:
    count = len(asked.x.sizes)
    from_, to = ([value] if isinstance(value, int) else value for value in (asked["source"], asked["destination"]))
    places = {t % count: f % count for f, t in zip(from_, to, strict=True)}
    rest = iter(axis for axis in range(count) if axis not in places.values())
    return [places[axis] if axis in places else next(rest) for axis in range(count)]


def cat(asked: Asked) -> list[Kind] | None:
    reference = next(value for value in asked.values if value.operation is not None)
    axis = asked.axis(asked["dim"] or 0, reference.sizes)
    return [KINDS["concat"](axis=axis)] if len(asked.values) > 1 else []


def add(asked: Asked) -> list[Kind] | None:
    return [KINDS["add"]()] if len(asked.values) == 2 else None


def mul(asked: Asked) -> list[Kind] | None:
    if len(asked.values) == 2:
        return [KINDS["multiply"]()]
    return [KINDS["scale"](_factor(asked["other"]))] if isinstance(asked["other"], (int, float)) else None


def div(asked: Asked) -> list[Kind] | None:
    other = asked["other"]
    if asked["rounding_mode"] or not isinstance(other, (int, float)) or not other:
        return None
    return [KINDS["scale"](1 / _factor(other))]


def matmul(asked: Asked) -> list[Kind] | None:
    fits = len(asked.activations) == 2 and len({len(value.shape) for value in asked.values}) == 1
    return [KINDS["matmul"]()] if fits else None


def sdpa(asked: Asked) -> list[Kind] | None:
    mask = asked["attn_mask"]
    if mask is not None and (mask.operation is not None or mask.tensors):
        return None
    return [KINDS["dot_product_attention"]()]


def softmax(kind: str) -> Rule:
    def rule(asked: Asked) -> list[Kind]:
        axis = asked.axis(asked["dim"])
        return [KINDS[kind](axis=-1 if axis == len(asked.shape) - 1 > 0 else axis)]

    return rule


def hardtanh(asked: Asked) -> list[Kind] | None:
    return [KINDS["relu6"]()] if (asked["min_val"], asked["max_val"]) == (0, 6) else None


def clamp(asked: Asked) -> list[Kind] | None:
    return [KINDS["relu6"]()] if (asked["min"], asked["max"]) == (0, 6) else None


def dropout(asked: Asked) -> list[Kind]:
    rate = _factor(asked["p"])
    return [KINDS["dropout"](rate)] if rate and not asked["train"] else []


def leaky_relu(asked: Asked) -> list[Kind]:
    return [KINDS["leaky_relu"](_factor(asked["negative_slope"]))]


def prelu(asked: Asked) -> list[Kind] | None:
    weight = asked["weight"]
    return [KINDS["prelu"](shared=weight.sizes == (1,))] if weight.operation is None else None


def select(asked: Asked) -> list[Kind]:
    axis = asked.axis(asked["dim"])
    return picked(asked.x.shape, axis, asked["index"] % asked.x.shape[axis])


def slice_(asked: Asked) -> list[Kind] | None:
    if asked.shape == asked.x.shape:
        return []
    if asked["step"] not in (None, 1):
        return None
    axis = asked.axis(asked["dim"])
    start = asked["start"] or 0
    return [narrow(asked.x.shape, start + (asked.x.shape[axis] if start < 0 else 0), asked.shape[axis], axis)]


def pad(asked: Asked) -> list[Kind] | None:
    pads, count = asked["pad"], len(asked.x.shape)
    if asked["mode"] not in (None, "constant") or len(pads) > 2 * count or min(pads) < 0:
        return None
    ends = [(0, 0)] * (count - len(pads) // 2) + [*zip(pads[-2::-2], pads[::-2], strict=True)]
    if not any(map(any, ends)):
        return []
    if not any(map(any, ends[1:])) and ends[0][0] == 0:
        return [KINDS["pad_channels"](asked.shape[0])]
    before, after = zip(*ends[1:], strict=True) if count > 1 else ((), ())
    return [KINDS["zeropad"](_one(before), _one(after))] if ends[0] == (0, 0) else None


def upsample(kind: str) -> Rule:
    def rule(asked: Asked) -> list[Kind] | None:
        before, after = asked.x.shape[1:], asked.shape[1:]
        if kind == "upsample" and not any(a % b for a, b in zip(after, before, strict=True)):
            return [KINDS[kind](_one([a // b for a, b in zip(after, before, strict=True)]))]
        return [KINDS["resize"](_one(after))] if kind == "resize" else None

    return rule


def roll(asked: Asked) -> list[Kind] | None:
    shifts = [0] * len(asked.x.shape)
    for shift, axis in zip(asked["shifts"], asked["dims"], strict=True):
        shifts[asked.axis(axis)] = shift
    return [KINDS["roll"](tuple(shifts))]


def embedding(asked: Asked) -> list[Kind] | None:
    weight = asked["weight"]
    return [KINDS["embedding"](*weight.sizes)] if weight.operation is None else None


def glu(asked: Asked) -> list[Kind]:
    axis = asked.axis(asked["dim"])
    return [KINDS["glu"](axis=-1 if axis == len(asked.shape) - 1 > 0 else axis)]


def nothing(asked: Asked) -> list[Kind]:
    return []


def plain(kind: str) -> Rule:
    return lambda asked: [KINDS[kind]()]


def _guarded(rule: Rule) -> Rule:
    """The rule, which has no layer for what is done along the axis of the batch."""

    def guarded(asked: Asked) -> list[Kind] | None:
        try:
            return rule(asked)
        except NoAxis:
            return None

    return guarded


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "linear": linear,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    **{f"{kind}_pool{n}d": pool(f"{kind}pool") for kind in ("max", "avg") for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": adaptive for n in (1, 2, 3)},
    "mean": mean,
    **dict.fromkeys(SAME_ELEMENTS, reshape),
    "permute": permute(lambda asked: list(asked["dims"])),
    **dict.fromkeys(("transpose", "swapaxes", "t", "numpy_T"), permute(_transposed)),
    "movedim": permute(_moved),
    "cat": cat,
    "add": add,
    "mul": mul,
    "div": div,
    **dict.fromkeys(("matmul", "bmm"), matmul),
    "scaled_dot_product_attention": sdpa,
    "softmax": softmax("softmax"),
    "log_softmax": softmax("log_softmax"),
    "hardtanh": hardtanh,
    "clamp": clamp,
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout"), dropout),
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "select": select,
    "slice": slice_,
    "pad": pad,
    "upsample_nearest2d": upsample("upsample"),
    **dict.fromkeys(("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), upsample("resize")),
    "roll": roll,
    "embedding": embedding,
    "glu": glu,
    **{name: plain(name) for name in PLAIN},
    **dict.fromkeys(SAME, nothing),
}
RULES = {name: _guarded(rule) for name, rule in _RULES.items()}
