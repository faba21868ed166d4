"""Each layer of Keras, with random arguments, costs in an import what Keras and torch count."""

import json
import os
import re
from math import prod
from random import Random

import pytest

from archcalc.importers.files import of_file
from archcalc.importers.keras.file import configuration, read
from archcalc.importers.keras.layers import RULES
from archcalc.report import summarize

os.environ.setdefault("KERAS_BACKEND", "torch")  # before Keras is imported

TIMES = 6


def window(axes, rng, **more):
    """Arguments of a convolution along some axes: either the strides or the dilation are not 1."""
    stride, dilation = rng.choice([(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)])
    kernel = tuple(rng.randint(1, 4) for _ in range(axes)) if rng.random() < 0.5 else rng.randint(1, 4)
    how = {"padding": rng.choice(["same", "valid"]), "use_bias": rng.random() < 0.5, **more}
    return {"kernel_size": kernel, "strides": stride, "dilation_rate": dilation, **how}


def on_map(rng, sizes, channels):
    """Where the channels are, and the shape."""
    first = rng.random() < 0.4
    return {"data_format": "channels_first" if first else "channels_last"}, [
        (channels, *sizes) if first else (*sizes, channels)
    ]


def conv(name):
    axes = int(name[-2]) if name[-1] == "D" else int(name[4])

    def make(layers, rng):
        how = window(axes, rng, activation=rng.choice([None, "relu", "softmax", "gelu"]))
        if name.startswith("Conv") and name.endswith("D"):
            how["groups"] = rng.choice([1, 2])
        if name == "Conv1D" and rng.random() < 0.3:
            how["padding"] = "causal"
        if not name.startswith("Depthwise"):
            how["filters"] = rng.choice([2, 4, 6])
        if "th" in name or "Sep" in name:
            how["depth_multiplier"] = rng.randint(1, 3)
            how["strides" if how["dilation_rate"] == 1 else "dilation_rate"] = rng.randint(1, 2)
        where, shapes = on_map(rng, [rng.randint(10, 13) for _ in range(axes)], rng.choice([2, 4]))
        return getattr(layers, name)(**how, **where), shapes

    return make


def pool(name):
    axes = int(name[-2])

    def make(layers, rng):
        how = {
            "pool_size": rng.randint(1, 3),
            "strides": rng.choice([None, 1, 2]),
            "padding": rng.choice(["same", "valid"]),
        }
        where, shapes = on_map(rng, [rng.randint(4, 9) for _ in range(axes)], 3)
        return getattr(layers, name)(**how, **where), shapes

    return make


LAST = ("Cropping1D", "UpSampling1D")  # layers of maps whose channels are always last


def along(name, pairs=False):
    axes = int(name[-2])

    def make(layers, rng):
        values = tuple((rng.randint(0, 2), rng.randint(0, 2)) if pairs else rng.randint(1, 3) for _ in range(axes))
        sizes = [rng.randint(5, 9) for _ in range(axes)]
        where, shapes = on_map(rng, sizes, 3) if name not in LAST else ({}, [(*sizes, 3)])
        return getattr(layers, name)(values[0] if axes == 1 else values, **where), shapes

    return make


def anywhere(rng, least=1):
    """The shape of features, of tokens, of a map, or of one more axis."""
    return tuple(rng.randint(2, 6) for _ in range(rng.randint(least, 4)))


def simple(name, least=1, **options):
    def make(layers, rng):
        return getattr(layers, name)(**{key: rng.choice(some) for key, some in options.items()}), [anywhere(rng, least)]

    return make


def global_pool(name):
    axes = int(name[-2])

    def make(layers, rng):
        where, shapes = on_map(rng, [rng.randint(2, 5) for _ in range(axes)], 3)
        return getattr(layers, name)(keepdims=rng.random() < 0.5, **where), shapes

    return make


def join(name):
    def make(layers, rng):
        shape = anywhere(rng)
        return getattr(layers, name)(), [shape] * (2 if name == "Subtract" else rng.randint(2, 3))

    return make


def concat(layers, rng):
    shape = anywhere(rng)
    axis = rng.randrange(len(shape))
    shapes = [(*shape[:axis], rng.randint(1, 4), *shape[axis + 1 :]) for _ in range(3)]
    return layers.Concatenate(axis=rng.choice([axis + 1, axis - len(shape)])), shapes


def recurrent(name):
    def make(layers, rng):
        return steps(layers, rng, name), [(rng.randint(2, 6), rng.randint(2, 6))]

    return make


def steps(layers, rng, name):
    more = {"reset_after": rng.random() < 0.5} if name == "GRU" else {}
    more |= {"unroll": name != "LSTM"}  # or else Keras computes the first step twice
    return getattr(layers, name)(
        rng.randint(2, 6), use_bias=rng.random() < 0.7, return_sequences=rng.random() < 0.5, **more
    )


def bidirectional(layers, rng):
    return layers.Bidirectional(steps(layers, rng, rng.choice(["LSTM", "GRU", "SimpleRNN"]))), [(4, 3)]


def reshape(layers, rng):
    shape, target = rng.choice([((6, 4, 5), (24, 5)), ((24,), (2, 3, 4)), ((6, 4, 5), (-1,)), ((4, 6), (2, 2, 6)),
                                ((4, 6), (3, -1)), ((4, 6, 5), (2, 3, -1, 5))])  # fmt: skip
    return layers.Reshape(target), [shape]


def permute(layers, rng):
    shape = anywhere(rng)
    return layers.Permute(tuple(rng.sample(range(1, len(shape) + 1), len(shape)))), [shape]


def timed(layers, rng):
    inner, shape = rng.choice([
        (lambda: layers.Dense(4), (5, 3)),
        (lambda: layers.Dense(4, activation="relu"), (5, 6, 3)),
        (lambda: layers.Conv2D(4, 3, strides=2, padding="same"), (5, 8, 9, 3)),
        (lambda: layers.DepthwiseConv2D(3), (5, 8, 9, 3)),
        (lambda: layers.MaxPooling2D(2), (5, 8, 9, 3)),
        (lambda: layers.Flatten(), (5, 8, 9, 3)),
        (lambda: layers.BatchNormalization(), (5, 4, 3)),
    ])  # fmt: skip
    return layers.TimeDistributed(inner()), [shape]


def attention(layers, rng):
    heads, dim, features = rng.randint(1, 3), rng.randint(2, 4), rng.choice([4, 6])
    made = layers.MultiHeadAttention(heads, dim, use_bias=rng.random() < 0.5)
    if rng.random() < 0.5:
        return (lambda x: made(x, x)), [(5, features)]
    return (lambda x: made(x[0], x[1])), [(5, features), (7, rng.choice([4, 6]))]


def grouped(layers, rng):
    made = layers.GroupQueryAttention(rng.randint(2, 4), 4, 2)
    return (lambda x: made(x, x)), [(5, 6)]


def products(layers, rng):
    return layers.Attention(), [(5, 4)] * 2


def embedding(layers, rng):
    return layers.Embedding(rng.randint(5, 9), rng.randint(2, 5)), [(rng.randint(2, 6),)]


def prelu(layers, rng):
    shape = anywhere(rng)
    axes = [*range(1, len(shape) + 1)]
    return layers.PReLU(shared_axes=rng.choice([None, axes, axes[:-1] or None])), [shape]


def normalization(layers, rng):
    given = rng.choice([{}, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 5.0, 6.0]}, {"axis": None}])
    return layers.Normalization(**given), [(*anywhere(rng), 3)]


def resizing(layers, rng):
    how = rng.choice(["bilinear", "nearest", "bicubic"])
    return layers.Resizing(rng.randint(3, 9), rng.randint(3, 9), interpolation=how), [(5, 6, 3)]


def rescaling(layers, rng):
    return layers.Rescaling(rng.choice([1 / 255, [1.0, 2.0, 3.0]]), offset=rng.choice([0.0, -1.0])), [(5, 6, 3)]


def calculation(name):
    def make(layers, rng):
        from keras import ops

        makes = {
            "add": lambda x: 3.0 + x, "subtract": lambda x: 1.0 - x, "multiply": lambda x: x * 2.0,
            "divide": lambda x: x / 4.0, "relu": ops.relu, "exp": ops.exp, "matmul": lambda x: ops.matmul(x, x),
            "mean": lambda x: ops.mean(x, axis=1), "reshape": lambda x: ops.reshape(x, (-1, 4, 20)),
            "transpose": lambda x: ops.transpose(x, (0, 3, 1, 2)), "slice": lambda x: x[:, 1:],
            "expand": lambda x: ops.expand_dims(x, 1), "softmax": lambda x: ops.softmax(x, axis=1),
            "concat": lambda x: ops.concatenate([x, x], axis=2),
        }  # fmt: skip
        return makes[name], [(4, 4, 5) if name != "matmul" else (4, 4)]

    return make


def by_axes(make, *kinds, most=3):
    """A maker for each class with a number of axes in its name."""
    names = (kind.replace("ND", f"{axes}D") for kind in kinds for axes in range(1, most + 1))
    return {name: make(name) for name in names}


MAKERS = {
    **by_axes(conv, "ConvND", "ConvNDTranspose"),
    **by_axes(conv, "DepthwiseConvND", "SeparableConvND", most=2),
    **by_axes(pool, "MaxPoolingND", "AveragePoolingND"),
    **by_axes(global_pool, "GlobalMaxPoolingND", "GlobalAveragePoolingND"),
    **by_axes(along, "AdaptiveAveragePoolingND"),
    **by_axes(lambda name: along(name, pairs=True), "ZeroPaddingND", "CroppingND"),
    **by_axes(along, "UpSamplingND"),
    **{name: join(name) for name in ("Add", "Multiply", "Subtract", "Average", "Maximum", "Minimum")},
    **{name: recurrent(name) for name in ("LSTM", "GRU", "SimpleRNN")},
    "Dense": simple("Dense", units=[3, 7], use_bias=[True, False], activation=["relu", "softmax", None, "hard_silu"]),
    "BatchNormalization": simple("BatchNormalization", scale=[True, False], center=[True, False], axis=[-1, 1]),
    "LayerNormalization": simple("LayerNormalization", scale=[True, False], center=[True, False]),
    "RMSNormalization": simple("RMSNormalization"),
    "GroupNormalization": simple("GroupNormalization", groups=[1, -1], scale=[True, False], center=[True, False]),
    "UnitNormalization": simple("UnitNormalization"),
    "Activation": simple("Activation", activation=["relu", "relu6", "silu", "selu", "softsign", "exponential"]),
    "ReLU": simple("ReLU", max_value=[None, 6.0, 4.0], negative_slope=[0.0, 0.1]),
    "LeakyReLU": simple("LeakyReLU", negative_slope=[0.1, 0.3]),
    "ELU": simple("ELU"),
    "PReLU": prelu,
    "Softmax": simple("Softmax", axis=[-1, 1]),
    "Dropout": simple("Dropout", rate=[0.0, 0.25]),
    "Flatten": simple("Flatten"),
    "Masking": simple("Masking", least=2),
    "RepeatVector": lambda layers, rng: (layers.RepeatVector(rng.randint(2, 5)), [(4,)]),
    "Concatenate": concat,
    "Reshape": reshape,
    "Permute": permute,
    "Embedding": embedding,
    "Bidirectional": bidirectional,
    "TimeDistributed": timed,
    "MultiHeadAttention": attention,
    "GroupQueryAttention": grouped,
    "Attention": products,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "Resizing": resizing,
    **{f"keras.ops, {name}": calculation(name) for name in (
        "add", "subtract", "multiply", "divide", "relu", "exp", "matmul", "mean", "reshape", "transpose", "slice",
        "expand", "softmax", "concat")},
}  # fmt: skip


def sample(name, seed):
    """A model of that layer only, behind which its output is stated."""
    import keras
    from keras import layers

    layer, shapes = MAKERS[name](layers, Random(f"{name} {seed}"))
    inputs = keras.Input(shapes[0])
    more = [layers.Rescaling(1.0)(inputs) for _ in shapes[1:]] if len({*shapes}) == 1 else None
    if more is None:
        flat = layers.Flatten()(inputs)
        more = [layers.Reshape(shape)(layers.Dense(prod(shape), use_bias=False)(flat)) for shape in shapes[1:]]
    output = layer([inputs, *more] if more else inputs)
    return keras.Model(inputs, layers.ReLU()(output))


def counted(model):
    """What Keras and torch count: params, other numbers, mult-adds."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    learned = sum(weight.value.numel() for weight in model.trainable_weights)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(torch.zeros((1, *model.input_shape[1:])))
    return learned, model.count_params() - learned, counter.get_total_flops() // 2


ELSEWHERE = {"LayerScale", "CustomScaleLayer", "Lambda", "TFOpLambda"}  # of keras.applications, or in test_import_keras


def test_every_rule_is_tried():
    tried = {re.sub(r"\dD", "", name) for name in MAKERS}
    assert {name for name in RULES if not name.startswith("ops.")} - ELSEWHERE <= tried


@pytest.mark.parametrize("name", MAKERS)
def test_a_layer_costs_what_keras_and_torch_count(name, tmp_path):
    for seed in range(TIMES):
        model = sample(name, seed)
        expected = counted(model)
        (tmp_path / "net.json").write_text(model.to_json())
        file = str(tmp_path / "net.json")
        totals = summarize(of_file(file).spec, {}).totals
        ours = totals.params, totals.buffers + read(file, configuration(file)).unused, totals.mult_adds
        assert ours == expected, json.dumps(json.loads(model.to_json())["config"]["layers"][-2])
