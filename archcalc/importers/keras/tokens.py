"""Layers of Keras over features or tokens: recurrent layers, attention, the same layer at each step."""

from __future__ import annotations

import re

from archcalc.importers.keras.model import Layer, Value
from archcalc.importers.keras.rules import one, within
from archcalc.layers import KINDS

NORMS = ("BatchNormalization", "LayerNormalization")
ALONG_LAST = ("Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout")
EACH = {"kernel_size": 1, "strides": 1, "dilation_rate": 1, "pool_size": 1, "size": 1}  # of a window of one step


def time_distributed(layer: Layer) -> Value | None:
    """The same layer at every step: along the last axis, or with a window of one step along the axis of time."""
    found = within(layer, layer.given["layer"])
    if found.given.get("data_format") == "channels_first":
        return None
    if re.fullmatch("(Depthwise|Separable)?Conv[12]D|(Max|Average)Pooling[12]D", found.kind):
        given = {key: [EACH[key], *value] if key in EACH else value for key, value in found.given.items()}
        kind = re.sub(r"(\d)D", lambda digit: f"{int(digit[1]) + 1}D", found.kind)
        return layer.reader.rule(found._replace(kind=kind, given=given))
    if found.kind == "Flatten":
        return layer.reader.rule(found._replace(kind="Reshape", given={"target_shape": [layer.value.keras[0], -1]}))
    along_last = found.kind in NORMS and one(found.given["axis"]) == -1
    return layer.reader.rule(found) if along_last or found.kind in ALONG_LAST else None


STEPS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def recurrent(layer: Layer, bidirectional: bool = False) -> Value | None:
    """The outputs of all steps, or that of the last one."""
    given = layer.given
    if len(layer.values) > 1:  # with a state to begin with
        return None
    two = layer.kind == "GRU" and given["reset_after"]
    how = {"bidirectional": bidirectional, "bias": given["use_bias"], "one_bias": given["use_bias"] and not two}
    found = layer.then(KINDS[STEPS[layer.kind]](given["units"], **how))
    if given["return_sequences"]:
        return found
    return layer._replace(values=(found,)).then(KINDS["narrow"](found.shape[0] - 1, 1), KINDS["flatten"]())


def bidirectional(layer: Layer) -> Value | None:
    found, backward = within(layer, layer.given["layer"]), layer.given.get("backward_layer")
    same = backward is None or all(backward["config"][key] == found.given[key] for key in ("units", "use_bias"))
    if found.kind not in STEPS or layer.given["merge_mode"] != "concat" or not same:
        return None
    return recurrent(found, bidirectional=True)


QKV = ("query", "value", "key")


def taken(layer: Layer) -> dict[str, Value] | None:
    """What attention takes, by name; None where it takes something else, too."""
    tensors = zip(layer.call.tensors, layer.values, strict=True)
    found = {tensor.role or QKV[place]: value for place, (tensor, value) in enumerate(tensors)}
    return found if {*found} <= {*QKV} and {"query", "value"} <= {*found} else None


USUAL = {"attention_axes": (None, 1), "output_shape": (None,), "use_gate": (None, False), "sliding_window": (None,)}


def attention(layer: Layer) -> Value | None:
    """MultiHeadAttention, or GroupQueryAttention, which has other names for its arguments."""
    given, by_name = layer.given, taken(layer)
    if not by_name or by_name.get("key", by_name["value"]) != by_name["value"] or len(layer.x) != 2:
        return None
    heads = given["num_heads"] if "num_heads" in given else given["num_query_heads"]
    dim = given["key_dim"] if "key_dim" in given else given["head_dim"]
    is_usual = all(one(given.get(name)) in values for name, values in USUAL.items())
    if given.get("value_dim") not in (None, dim) or not is_usual:
        return None
    bias, groups = given["use_bias"], given.get("num_key_value_heads")
    how = {"kv_heads": None if groups == heads else groups, "head_dim": None if heads * dim == layer.x[-1] else dim,
           "causal": layer.call.options.get("use_causal_mask") is True}  # fmt: skip
    query, value = by_name["query"], by_name["value"]
    inputs = (query,) if query == value else (query, value)
    return layer.add(KINDS["attention"](heads, **how, qkv_bias=bias, out_bias=bias), *inputs)


def dot_product_attention(layer: Layer) -> Value | None:
    by_name = taken(layer)
    if not by_name or layer.given.get("use_scale") or layer.given.get("score_mode", "dot") != "dot":
        return None
    key = by_name.get("key", by_name["value"])
    return layer.add(KINDS["dot_product_attention"](), by_name["query"], key, by_name["value"])


def matmul(layer: Layer) -> Value | None:
    shapes = [value.keras for value in layer.values]
    fits = len(shapes) == 2 and len(shapes[0]) == len(shapes[1]) > 1 and shapes[0][:-2] == shapes[1][:-2]
    return layer.then(KINDS["matmul"]()) if fits else None
