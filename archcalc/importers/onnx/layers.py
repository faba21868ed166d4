"""An operator of ONNX -> the call of an operator of torch that it is, whose layers are known already."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from archcalc.core.layer import Kind
from archcalc.core.number import ceil_div
from archcalc.importers.onnx.call import Given, Node, Unread, everything, is_row, short
from archcalc.importers.onnx.values import FOLDED
from archcalc.importers.torch.call import Asked
from archcalc.importers.torch.layers import RULES as TORCH_LAYERS
from archcalc.layers import KINDS

Rule: TypeAlias = Callable[[Node], tuple[str, Given]]


def called(node: Node) -> tuple[str, Given] | None:
    """The operator of torch, and its arguments; None where there is no layer for it."""
    rule = RULES.get(node.kind)
    try:
        return rule(node) if rule else None
    except Unread:
        return None


def has_no_products(node: Any) -> bool:
    """Whether an operator of constants has none, or those that a reader counts."""
    return not node.domain and node.op_type in WORKLESS_KINDS | FOLDED | {*RULES} - PRODUCTS


def spatial(node: Node, name: str, usual: int = 1) -> list[int]:
    return list(node.given.get(name) or [usual] * (node.rank - 2))


def pads(node: Node, kernel: list[int]) -> tuple[list[int], list[int]] | str:
    """What is added before and after each axis; "same" where that is what archcalc means by it."""
    stride, dilation = spatial(node, "strides"), spatial(node, "dilations")
    auto = node.given.get("auto_pad", "NOTSET")
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    sizes = node.sizes[0][2:]
    total = [max((ceil_div(n, s) - 1) * s + r - n, 0) for n, s, r in zip(sizes, stride, reach, strict=True)]
    less, more = [n // 2 for n in total], [n - n // 2 for n in total]
    if auto == "SAME_UPPER":
        return "same"
    if auto == "SAME_LOWER":
        return more, less
    given = spatial(node, "pads", 0) if auto == "NOTSET" else [0] * (node.rank - 2)
    before, after = (given, given) if len(given) == node.rank - 2 else (given[: node.rank - 2], given[node.rank - 2 :])
    return "same" if before != after and (before, after) == (less, more) else (before, after)


def even(found: tuple[list[int], list[int]] | str) -> list[int] | str:
    """The same pad before and after each axis. Raises Unread."""
    if not isinstance(found, str) and found[0] != found[1]:
        raise Unread
    return found if isinstance(found, str) else found[0]


def conv(node: Node) -> tuple[str, Given]:
    weight = node.learned(1)
    found = pads(node, list(weight.sizes[2:])) if weight else "same"
    given = {"input": node.x, "weight": weight, "bias": node.learned(2), "stride": spatial(node, "strides"),
             "dilation": spatial(node, "dilations"), "groups": node.given.get("group", 1)}  # fmt: skip
    if isinstance(found, str) or found[0] == found[1]:
        return "conv2d", {**given, "padding": even(found)}
    before, after = (tuple(ends) if len({*ends}) > 1 else ends[0] for ends in found)
    return "conv2d", {**given, "padding": [0], "before": before, "after": after}


def conv_transpose(node: Node) -> tuple[str, Given]:
    if "output_shape" in node.given or node.given.get("auto_pad", "NOTSET") != "NOTSET":
        raise Unread
    given = spatial(node, "pads", 0)
    count = node.rank - 2
    padding = even((given[:count], given[count:] or given))
    return "conv_transpose2d", {
        "input": node.x, "weight": node.learned(1), "bias": node.learned(2), "stride": spatial(node, "strides"),
        "padding": padding, "output_padding": spatial(node, "output_padding", 0),
        "dilation": spatial(node, "dilations"), "groups": node.given.get("group", 1),
    }  # fmt: skip


def pool(operator: str) -> Rule:
    def rule(node: Node) -> tuple[str, Given]:
        kernel = spatial(node, "kernel_shape")
        padding = even(pads(node, kernel))
        if padding == "same" and operator != "max_pool2d":
            raise Unread
        return operator, {"input": node.x, "kernel_size": kernel, "stride": spatial(node, "strides"),
                          "padding": padding, "dilation": spatial(node, "dilations"),
                          "ceil_mode": bool(node.given.get("ceil_mode", 0))}  # fmt: skip

    return rule


def global_max(node: Node) -> tuple[str, Given]:
    sizes = list(node.sizes[0][2:])
    return "max_pool2d", {"input": node.x, "kernel_size": sizes, "stride": sizes, "padding": [0], "ceil_mode": False}


def _linear(x: Any, weight: Any, bias: Any, transposed: bool) -> tuple[str, Given]:
    """A matrix product with a constant, which torch has with its axes exchanged."""
    if weight is None or weight.operation is not None or len(weight.sizes) != 2 or not weight.tensors:
        raise Unread
    rows = weight if transposed else weight._replace(sizes=weight.sizes[::-1])
    return "linear", {"input": x, "weight": rows, "bias": bias}


def gemm(node: Node) -> tuple[str, Given]:
    if node.given.get("transA") or any(node.given.get(name, 1) != 1 for name in ("alpha", "beta")):
        raise Unread
    return _linear(node.x, node.value(1), node.learned(2), bool(node.given.get("transB")))


def matmul(node: Node) -> tuple[str, Given]:
    try:
        return _linear(node.x, node.value(1), None, False)
    except Unread:
        return "matmul", {"input": node.x, "other": node.value(1)}


def batch_norm(node: Node) -> tuple[str, Given]:
    statistics = node.inputs[3]._replace(tensors=())  # a file does not say that they are not learned
    return "batch_norm", {"input": node.x, "weight": node.learned(1, 1), "bias": node.learned(2),
                          "running_mean": statistics}  # fmt: skip


def instance_norm(node: Node) -> tuple[str, Given]:
    return "instance_norm", {"input": node.x, "weight": node.learned(1, 1), "bias": node.learned(2)}


def layer_norm(node: Node) -> tuple[str, Given]:
    axis = node.given.get("axis", -1) % node.rank
    return "layer_norm", {"input": node.x, "normalized_shape": list(node.sizes[0][axis:]),
                          "weight": node.learned(1, 1), "bias": node.learned(2)}  # fmt: skip


def lrn(node: Node) -> tuple[str, Given]:
    given = {name: short(node.given.get(name, usual)) for name, usual in (("alpha", 1e-4), ("beta", 0.75))}
    return "lrn", {"input": node.x, "size": node.given["size"], "bias": short(node.given.get("bias", 1.0)), **given}


def with_number(operator: str) -> Rule:
    """A join, the operation with a number, or a bias."""

    def rule(node: Node) -> tuple[str, Given]:
        if operator == "add" and any(is_row(value, node.output) for value in node.inputs):
            return "bias", everything(node)
        tensors: list[Any] = []
        factors: list[float] = []
        for value, found in zip(node.inputs, node.numbers, strict=True):
            single = value.operation is None and not value.tensors and found is not None and found.size == 1
            (factors if single else tensors).append(short(float(found.item())) if single else value)
        if len(node.inputs) != 2 or (operator == "div" and factors and tensors != [node.x]):
            raise Unread
        return operator, {"input": tensors[0] if tensors else None, "other": [*tensors[1:], *factors][-1]}

    return rule


def clip(node: Node) -> tuple[str, Given]:
    return "clamp", {"input": node.x, "min": node.number("min", 1), "max": node.number("max", 2)}


def softmax(operator: str) -> Rule:
    def rule(node: Node) -> tuple[str, Given]:
        axis = node.given.get("axis", -1 if node.version >= 13 else 1) % node.rank
        if node.version < 13 and axis != node.rank - 1:  # there, all axes from this one on
            raise Unread
        return operator, {"input": node.x, "dim": axis}

    return rule


def mean(node: Node) -> tuple[str, Given]:
    axes = node.number("axes", 1)
    return "mean", {"input": node.x, "dim": axes or None, "keepdim": bool(node.given.get("keepdims", 1))}


def concat(node: Node) -> tuple[str, Given]:
    """The inputs that are not empty, as a roll by 0 places is written with one that is."""
    return "cat", {"tensors": [value for value in node.inputs if 0 not in value.sizes], "dim": node.given["axis"]}


def split(node: Node) -> tuple[str, Given]:
    return "split", {"input": node.x, "dim": node.given.get("axis", 0) % node.rank}


def slice_(node: Node) -> tuple[str, Given]:
    starts, ends = node.number("starts", 1), node.number("ends", 2)
    axes = [axis % node.rank for axis in node.number("axes", 3) or range(len(starts))]
    steps = node.number("steps", 4) or [1] * len(starts)
    sizes = node.sizes[0]
    cut = [i for i, axis in enumerate(axes) if node.output[axis] != sizes[axis] or steps[i] != 1]
    if len(cut) > 1 or len(ends) != len(starts):
        raise Unread
    place = cut[0] if cut else 0
    start = max(starts[place], -sizes[axes[place]])
    return "slice", {"input": node.x, "dim": axes[place], "start": start, "step": steps[place]}


def gather(node: Node) -> tuple[str, Given]:
    axis, index = node.given.get("axis", 0) % max(node.rank, 1), node.numbers[1]
    if node.x.operation is None and axis == 0 and node.rank == 2 and node.inputs[1].operation is not None:
        return "embedding", {"weight": node.x, "indices": node.inputs[1]}
    if index is None or index.ndim:
        raise Unread
    return "select", {"input": node.x, "dim": axis, "index": int(index)}


def pad(node: Node) -> tuple[str, Given]:
    found = node.number("pads", 1)
    axes = [axis % node.rank for axis in node.number("axes", 3) or range(node.rank)]
    before, after = [0] * node.rank, [0] * node.rank
    for axis, start, end in zip(axes, found[: len(axes)], found[len(axes) :], strict=True):
        before[axis], after[axis] = start, end
    if before[0] or after[0]:
        raise Unread
    ends = [end for axis in reversed(range(1, node.rank)) for end in (before[axis], after[axis])]
    return "pad", {"input": node.x, "pad": ends, "mode": node.given.get("mode", "constant")}


def resize(node: Node) -> tuple[str, Given]:
    mode = node.given.get("mode", "nearest")
    names = {"nearest": "upsample_nearest2d", "linear": "upsample_bilinear2d", "cubic": "upsample_bicubic2d"}
    if mode not in names:
        raise Unread
    return names[mode], {"input": node.x}


def attention(node: Node) -> tuple[str, Given]:
    query, key, value, *others = node.inputs
    if node.rank != 4 or any(other is not None for other in others[1:]):
        raise Unread
    return "scaled_dot_product_attention", {
        "query": query, "key": key, "value": value, "attn_mask": others[0] if others else None
    }  # fmt: skip


def plain(operator: str) -> Rule:
    """An operator whose arguments have no influence on its layer."""
    return lambda node: (operator, {"input": node.x})


RULES: dict[str, Rule] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool("max_pool2d"),
    "AveragePool": pool("avg_pool2d"),
    "GlobalMaxPool": global_max,
    "GlobalAveragePool": lambda node: ("adaptive_avg_pool2d", {"input": node.x, "output_size": 1}),
    "Gemm": gemm,
    "MatMul": matmul,
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": lambda node: ("rms_norm", layer_norm(node)[1]),
    "LRN": lrn,
    "Add": with_number("add"),
    "Sum": lambda node: ("add", everything(node)),
    "Mul": with_number("mul"),
    "Div": with_number("div"),
    "Clip": clip,
    "LeakyRelu": lambda node: ("leaky_relu", {"input": node.x, "negative_slope": short(node.given.get("alpha", 0.01))}),
    "PRelu": lambda node: ("prelu", {"input": node.x, "weight": node.learned(1)}),
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Dropout": lambda node: ("dropout", {"input": node.x, "p": short(node.number("ratio", 1, 0.5))}),
    "ReduceMean": mean,
    "Concat": concat,
    "Split": split,
    "Slice": slice_,
    "Gather": gather,
    "Transpose": lambda node: ("permute", {"input": node.x, "dims": node.given.get("perm") or range(node.rank)[::-1]}),
    "Pad": pad,
    "Resize": resize,
    "Upsample": resize,
    "Attention": attention,
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand"), plain("reshape")),
    **dict.fromkeys(("Identity", "Cast", "CastLike"), plain("to")),
    **{kind: plain(kind.lower()) for kind in ("Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Gelu", "Elu",
                                              "Selu", "Celu", "Mish", "Softplus", "Softsign")},
    "Swish": plain("silu"),
}  # fmt: skip


PRODUCTS = {"Conv", "ConvTranspose", "Attention"}
WORKLESS_KINDS = {  # operators without products: they have no mult-adds, though archcalc has no layer for them
    *("bias", "Abs", "Add", "And", "ArgMax", "ArgMin", "AveragePool", "BatchNormalization", "Cast", "Ceil", "Clip"),
    *("Concat", "ConstantOfShape", "Cos", "CumSum", "DepthToSpace", "Div", "Equal", "Erf", "Exp", "Expand", "Floor"),
    *("Gather", "GatherElements", "GatherND", "Gelu", "GlobalLpPool", "GlobalMaxPool", "Greater", "GreaterOrEqual"),
    *("GroupNormalization", "Hardmax", "InstanceNormalization", "IsInf", "IsNaN", "LayerNormalization", "Less", "Log"),
    *("LessOrEqual", "LogSoftmax", "LpNormalization", "LpPool", "Max", "MaxPool", "MeanVarianceNormalization", "Min"),
    *("Mod", "Mul", "Neg", "Not", "OneHot", "Or", "Pad", "Pow", "RMSNormalization", "Range", "Reciprocal", "ReduceL1"),
    *("ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape"),
    *("ReduceSumSquare", "Resize", "Round", "ScatterElements", "ScatterND", "Shrink", "Sign", "Sin", "Slice", "Sqrt"),
    *("Softmax", "SpaceToDepth", "Split", "Sub", "Sum", "ThresholdedRelu", "Tile", "TopK", "Trilu", "Upsample"),
    *("Where", "Xor"),
}


def local_norm(asked: Asked) -> list[Kind]:
    """ONNX divides the sum of squares by their number."""
    size = asked["size"]
    alpha, beta, bias = (Fraction(repr(asked[name])) for name in ("alpha", "beta", "bias"))
    return [KINDS["lrn"](size, k=bias, alpha=alpha / size, beta=beta)]


LAYERS = {**TORCH_LAYERS, "lrn": local_norm}
