"""Files of ONNX as specs: the layer of each operator, the batch, names, and one message for what cannot be read."""

import os
import random
import sys
from contextlib import suppress
from itertools import product

import numpy
import onnx
import pytest
from console import check_mistake, run
from onnx import TensorProto, helper, numpy_helper

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.importers.onnx import graph as onnx_graph
from archcalc.importers.onnx.file import LARGEST, SMALL, load, mapped, without_weights
from archcalc.network import Network

NEWEST = 20  # operators of every version that the tests name are those of this one, unless another is told


def weight(name, *sizes):
    return numpy_helper.from_array(numpy.full(sizes, 0.5, numpy.float32), name)


def whole(name, *values):
    return numpy_helper.from_array(numpy.array(values, numpy.int64), name)


def number(name, value):
    return numpy_helper.from_array(numpy.float32(value), name)


node = helper.make_node


def graph(nodes, tensors, sizes):
    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)
    return helper.make_graph(
        nodes, "g", [shape], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], tensors
    )


def model(nodes, tensors=(), sizes=(1, 8, 12, 12), version=NEWEST, **more):
    versions = [helper.make_opsetid("", version), helper.make_opsetid("own", 1)]
    return helper.make_model(graph(nodes, tensors, sizes), opset_imports=versions, **more)


def network(made, folder, *sizes):
    """The network in a file of this model."""
    from archcalc.importers.files import of_file

    (folder / "net.onnx").write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return Network(of_file(str(folder / "net.onnx"), sizes or None).spec)


def layers(made, folder, *sizes):
    return [row.text for row in network(made, folder, *sizes).summary().layers]


W = weight("w", 4, 8, 3, 3)
STATISTICS = [weight(name, 8) for name in ("scale", "shift", "mean", "var")]
OPERATORS = {  # a graph of the input x, 8 x 12 x 12, and the layers that it is
    "conv": ([node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])], [W], ["conv(4, 3, pad=1, bias=false)"]),
    "conv_bias": (
        [node("Conv", ["x", "w", "b"], ["y"], strides=[2, 1], dilations=[2, 2])], [W, weight("b", 4)],
        ["conv(4, 3, stride=(2, 1), dilation=2)"],
    ),
    "conv_no_bias": (  # torch writes zeros in its place
        [node("Shape", ["w"], ["s"], start=0, end=1), node("Expand", ["zero", "s"], ["b"]),
         node("Conv", ["x", "w", "b"], ["y"])],
        [W, number("zero", 0)], ["conv(4, 3, bias=false)"],
    ),
    "conv_constant_bias": (  # which is not learned, so that it is no bias of conv
        [node("Expand", ["one", "four"], ["b"]), node("Conv", ["x", "w", "b"], ["y"])],
        [W, number("one", 1), whole("four", 4)], ["opaque((4, 10, 10), params=288, mult_adds=28800)"],
    ),
    "heads_and_back": (
        [node("Reshape", ["x", "rows"], ["r"]), node("Transpose", ["r"], ["t"], perm=[1, 0, 2]),
         node("Reshape", ["t", "heads"], ["h"]), node("Reshape", ["h", "back"], ["b"]),
         node("Transpose", ["b"], ["y"], perm=[1, 0, 2])],
        [whole("rows", 1, 96, 12), whole("heads", 96, 3, 4), whole("back", 96, 1, 12)],
        ["reshape((96, 12))", "reshape((96, 3, 4))", "reshape((96, 12))"],
    ),
    "conv_groups": ([node("Conv", ["x", "w"], ["y"], group=2)], [weight("w", 4, 4, 1, 1)],
                    ["conv(4, 1, groups=2, bias=false)"]),
    "conv_same": ([node("Conv", ["x", "w"], ["y"], strides=[2, 2], auto_pad="SAME_UPPER")], [W],
                  ["conv(4, 3, stride=2, pad=same, bias=false)"]),
    "conv_as_same": ([node("Conv", ["x", "w"], ["y"], strides=[2, 2], pads=[0, 0, 1, 1])], [W],
                     ["conv(4, 3, stride=2, pad=same, bias=false)"]),
    "conv_lower": ([node("Conv", ["x", "w"], ["y"], strides=[2, 2], auto_pad="SAME_LOWER")], [W],
                   ["zeropad(1, 0)", "conv(4, 3, stride=2, bias=false)"]),
    "conv_uneven": ([node("Conv", ["x", "w"], ["y"], pads=[0, 1, 2, 1])], [W],
                    ["zeropad((0, 1), (2, 1))", "conv(4, 3, bias=false)"]),
    "conv_transpose": (
        [node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])],
        [weight("w", 8, 6, 3, 3)], ["conv_transpose(6, 3, stride=2, pad=1, out_pad=1, bias=false)"],
    ),
    "batchnorm": ([node("BatchNormalization", ["x", "scale", "shift", "mean", "var"], ["y"])], STATISTICS,
                  ["batchnorm"]),
    "instancenorm": ([node("InstanceNormalization", ["x", "scale", "shift"], ["y"])], STATISTICS, ["groupnorm(8)"]),
    "layernorm": ([node("LayerNormalization", ["x", "g", "b"], ["y"])], [weight("g", 12), weight("b", 12)],
                  ["layernorm(axis=-1)"]),
    "lrn": ([node("LRN", ["x"], ["y"], size=5, alpha=1e-4, beta=0.75, bias=2.0)], [],
            ["lrn(alpha=1/50000)"]),
    "maxpool": ([node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])], [],
                ["maxpool(3, stride=2, pad=1)"]),
    "maxpool_ceil": ([node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], [],
                     ["maxpool(3, stride=2, ceil=true)"]),
    "maxpool_same": ([node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])], [],
                     ["maxpool(3, stride=2, pad=same)"]),
    "avgpool": ([node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])], [], ["avgpool(2)"]),
    "global": ([node("GlobalAveragePool", ["x"], ["y"])], [], ["global_avgpool"]),
    "global_max": ([node("GlobalMaxPool", ["x"], ["y"])], [], ["maxpool(12)"]),
    "mean": ([node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)], [whole("axes", 2, 3)],
             ["global_avgpool", "flatten"]),
    "flatten": ([node("Flatten", ["x"], ["y"])], [], ["flatten"]),
    "gemm": ([node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"], transB=1)],
             [weight("w", 5, 1152), weight("b", 5)], ["flatten", "linear(5)"]),
    "gemm_not_transposed": ([node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"])], [weight("w", 1152, 5)],
                            ["flatten", "linear(5, bias=false)"]),
    "matmul_and_bias": ([node("MatMul", ["x", "w"], ["m"]), node("Add", ["b", "m"], ["y"])],
                        [weight("w", 12, 5), weight("b", 5)], ["linear(5, axis=-1)"]),
    "silu": ([node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])], [], ["silu"]),
    "hardswish": ([node("HardSigmoid", ["x"], ["s"]), node("Mul", ["s", "x"], ["y"])], [], ["hardswish"]),
    "relu6": ([node("Clip", ["x", "low", "high"], ["y"])], [number("low", 0), number("high", 6)], ["relu6"]),
    "leaky": ([node("LeakyRelu", ["x"], ["y"], alpha=0.2)], [], ["leaky_relu(slope=0.2)"]),
    "prelu": ([node("PRelu", ["x", "slope"], ["y"])], [weight("slope", 8, 1, 1)], ["prelu(shared=false)"]),
    "scale": ([node("Mul", ["x", "factor"], ["y"])], [number("factor", 0.1)], ["scale(0.1)"]),
    "divided": ([node("Div", ["x", "factor"], ["y"])], [number("factor", 4)], ["scale(0.25)"]),
    "add": ([node("Relu", ["x"], ["r"]), node("Add", ["x", "r"], ["y"])], [], ["relu", "add"]),
    "split": ([node("Split", ["x"], ["a", "b"], axis=1, num_outputs=2), node("Concat", ["b", "a"], ["y"], axis=-3)],
              [], ["narrow(4, 4)", "narrow(0, 4)", "concat"]),
    "sequence": (
        [node("SplitToSequence", ["x", "three"], ["s"], axis=1), node("SequenceAt", ["s", "two"], ["y"])],
        [numpy_helper.from_array(numpy.int64(3), "three"), numpy_helper.from_array(numpy.int64(2), "two")],
        ["narrow(6, 2)"],
    ),
    "rolled_by_0": (
        [node("Slice", ["x", "end", "end", "axes"], ["none"]), node("Concat", ["none", "x"], ["c"], axis=1),
         node("Relu", ["c"], ["y"])],
        [whole("end", 8), whole("axes", 1)], ["relu"],
    ),
    "slice": ([node("Slice", ["x", "from", "to", "axes"], ["y"])],
              [whole("from", -5), whole("to", 2**62), whole("axes", 3)], ["narrow(7, 5, axis=-1)"]),
    "gather": ([node("Gather", ["x", "third"], ["y"], axis=1)], [numpy_helper.from_array(numpy.int64(2), "third")],
               ["narrow(2, 1)", "reshape((12, 12))"]),
    "transpose": ([node("Transpose", ["x"], ["y"], perm=[0, 2, 3, 1])], [], ["permute((1, 2, 0))"]),
    "shuffle": (
        [node("Reshape", ["x", "cut"], ["c"]), node("Transpose", ["c"], ["t"], perm=[0, 2, 1, 3, 4]),
         node("Reshape", ["t", "whole"], ["y"])],
        [whole("cut", 1, 2, 4, 12, 12), whole("whole", 1, 8, 12, 12)], ["shuffle(2)"],
    ),
    "pad": ([node("Pad", ["x", "pads"], ["y"])], [whole("pads", 0, 0, 1, 2, 0, 0, 3, 4)],
            ["zeropad((1, 2), (3, 4))"]),
    "upsample": ([node("Resize", ["x", "", "scales"], ["y"])],
                 [numpy_helper.from_array(numpy.array([1, 1, 2, 2], numpy.float32), "scales")], ["upsample(2)"]),
    "resize": ([node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear")], [whole("sizes", 1, 8, 20, 30)],
               ["resize((20, 30))"]),
    "softmax": ([node("Softmax", ["x"], ["y"], axis=1)], [], ["softmax"]),
    "dropout": ([node("Dropout", ["x", "ratio"], ["y"])], [number("ratio", 0.2)], ["dropout(rate=0.2)"]),
    "learned": ([node("Mul", ["x", "gamma"], ["y"])], [weight("gamma", 8, 1, 1)],
                ["parameter((8, 1, 1))", "multiply"]),
    "attention": (
        [node("Transpose", ["x"], ["k"], perm=[0, 1, 3, 2]), node("Mul", ["k", "factor"], ["ks"]),
         node("MatMul", ["x", "ks"], ["s"]), node("Softmax", ["s"], ["p"]), node("MatMul", ["p", "x"], ["y"])],
        [number("factor", 0.5)], ["dot_product_attention"],
    ),
    "rows_first": (  # the batch stands between the rows and the features, and is a part of the heads
        [node("Reshape", ["x", "rows"], ["r"]), node("Transpose", ["r"], ["t"], perm=[1, 0, 2]),
         node("MatMul", ["t", "w"], ["m"]), node("Reshape", ["m", "heads"], ["h"]),
         node("Transpose", ["h"], ["ht"], perm=[1, 0, 2]), node("Reshape", ["ht", "apart"], ["y"])],
        [whole("rows", 1, 96, 12), weight("w", 12, 6), whole("heads", 96, 3, 2), whole("apart", 1, 3, 96, 2)],
        ["reshape((96, 12))", "linear(6, bias=false)", "reshape((96, 3, 2))", "permute((1, 0, 2))"],
    ),
    "identity": ([node("Identity", ["x"], ["i"]), node("Relu", ["i"], ["y"])], [], ["relu"]),
    **{kind: ([node(kind, ["x"], ["y"])], [], [kind.lower()])
       for kind in ("Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Gelu", "Elu", "Selu", "Mish", "Softplus")},
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_the_layers_of_an_operator(name, tmp_path):
    nodes, tensors, expected = OPERATORS[name]
    assert layers(model(nodes, tensors), tmp_path) == expected


@pytest.mark.parametrize("name", OPERATORS)
def test_an_open_batch_changes_nothing(name, tmp_path):
    nodes, tensors, expected = OPERATORS[name]
    assert layers(model(nodes, tensors, ("N", 8, 12, 12)), tmp_path) == expected


EARLIER = {  # version -> arguments that were attributes there
    "Clip": (6, node("Clip", ["x"], ["y"], min=0.0, max=6.0), ["relu6"]),
    "Pad": (2, node("Pad", ["x"], ["y"], pads=[0, 0, 1, 1, 0, 0, 1, 1]), ["zeropad(1, 1)"]),
    "Slice": (1, node("Slice", ["x"], ["y"], starts=[1], ends=[5], axes=[1]), ["narrow(1, 4)"]),
    "Squeeze": (11, node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=1), ["global_avgpool"]),
    "Upsample": (7, node("Upsample", ["x"], ["y"], scales=[1.0, 1.0, 2.0, 2.0]), ["upsample(2)"]),
    "Dropout": (7, node("Dropout", ["x"], ["y"], ratio=0.5), ["dropout"]),
    "Split": (11, node("Split", ["x"], ["y", "z"], axis=1, split=[3, 5]), ["narrow(0, 3)"]),
}


@pytest.mark.parametrize("name", EARLIER)
def test_arguments_of_earlier_versions(name, tmp_path):
    version, one, expected = EARLIER[name]
    assert layers(model([one], version=version), tmp_path) == expected


def small(scopes=(), batch=1, **more):
    """A network with what files have beside layers: a shape that is computed, scopes, several heads."""
    named = iter([*scopes, *[""] * 20])
    made = [
        node("Conv", ["x", "w1"], ["c1"], next(named), pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"], next(named)),
        node("Conv", ["r1", "w2"], ["c2"], next(named), pads=[1, 1, 1, 1]),
        node("Relu", ["c2"], ["r2"], next(named)),
        node("Shape", ["r2"], ["shape"]),
        node("Gather", ["shape", "first"], ["n"]),
        node("Concat", ["n", "eight", "rest"], ["target"], axis=0),
        node("Reshape", ["r2", "target"], ["tokens"]),
        node("Transpose", ["tokens"], ["rows"], perm=[0, 2, 1]),
        node("MatMul", ["rows", "w3"], ["m"], next(named)),
        node("Add", ["m", "b3"], ["y"], next(named)),
    ]
    tensors = [weight("w1", 8, 8, 3, 3), weight("w2", 8, 8, 3, 3), weight("w3", 8, 5), weight("b3", 5)]
    tensors += [whole("first", 0), whole("eight", 8), whole("rest", -1)]
    return model(made, tensors, (batch, 8, 12, 12), **more)


SCOPES = ["/body/body.0/conv/Conv", "/body/body.0/act/Relu", "/body/body.1/conv/Conv", "/body/body.1/act/Relu",
          "/head/MatMul", "/head/Add"]  # fmt: skip
TEXT = """\
net: net
source: imported from net.onnx

given:
  resolution: {default: 12, help: rows and columns of the input}

input: [8, resolution, resolution]

blocks:
  block:
    - conv(8, 3, pad=1, bias=false)
    - relu

layers:
  - body:
      - block:
        repeat: 2
  - tokens
  - head: linear(5)
"""


def test_scopes_are_blocks(tmp_path):
    """The names that torch.jit writes; a module whose parts are numbers is a list of them."""
    assert network(small(SCOPES), tmp_path).text == TEXT


def test_the_modules_that_torch_tells_are_blocks(tmp_path):
    """The metadata of torch.onnx.export(dynamo=True)."""
    made = small()
    for one, scope in zip((n for n in made.graph.node if n.op_type in ("Conv", "Relu")), SCOPES, strict=False):
        _, _, outer, inner, _ = scope.split("/")
        one.metadata_props.add(
            key="pkg.torch.onnx.name_scopes", value=f"['', 'body', '{outer}', '{outer}.{inner}', 'x']"
        )
        one.metadata_props.add(
            key="pkg.torch.onnx.class_hierarchy",
            value="['net.Net', 'torch.nn.modules.container.Sequential', 'net.BasicBlock', 'torch.nn.Conv2d', 'aten']",
        )
    assert "  basic_block:\n    - conv(8, 3, pad=1, bias=false)\n" in network(made, tmp_path).text


def test_a_size_that_the_file_leaves_open_is_given(tmp_path):
    made = small(batch="N")
    for axis in (2, 3):
        made.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"size{axis}"
    with pytest.raises(ArchcalcError, match=r"the size of its input 'x' is open; 'archcalc import FILE --input"):
        network(made, tmp_path)
    assert network(made, tmp_path, 8, 20, 24).summary().layers[-1].output == (480, 5)
    result = run(["import", str(tmp_path / "net.onnx"), "--input", "8,20,24"])
    assert result.exit_code == 0
    assert "input: [8, height, width]" in result.output


def test_a_stated_size_may_be_another_one(tmp_path):
    assert network(small(), tmp_path, 8, 20, 20).summary().layers[-1].output == (400, 5)


def test_a_function_of_the_file_is_written_out(tmp_path):
    body = [node("Relu", ["a"], ["b"]), node("Sigmoid", ["b"], ["c"])]
    function = helper.make_function("own", "Twice", ["a"], ["c"], body, [helper.make_opsetid("", NEWEST)])
    made = model([node("Twice", ["x"], ["y"], domain="own")], functions=[function])
    assert layers(made, tmp_path) == ["relu", "sigmoid"]


def test_a_condition_that_is_constant_is_decided(tmp_path):
    branches = {
        f"{name}_branch": helper.make_graph(
            [node(kind, ["x"], [name])], name, [], [helper.make_tensor_value_info(name, 1, None)]
        )
        for name, kind in (("then", "Relu"), ("else", "Sigmoid"))
    }
    made = model([node("If", ["is"], ["y"], **branches)], [numpy_helper.from_array(numpy.array(False), "is")])
    assert layers(made, tmp_path) == ["sigmoid"]


def unknown(name, **info):
    made = model([node(name, ["x", "w"], ["y"], domain="own")], [weight("w", 3, 4)], **info)
    made.graph.output[0].type.tensor_type.CopyFrom(helper.make_tensor_type_proto(1, (1, 5, 12, 12)).tensor_type)
    return made


def test_an_operator_that_nobody_knows_is_opaque(tmp_path):
    """With the sizes that the file states, and all that it stores; its mult-adds are not 0."""
    found = network(unknown("Strange"), tmp_path)
    assert [row.text for row in found.summary().layers] == ["opaque((5, 12, 12), params=12)"]
    assert (found.summary().totals.params, found.summary().totals.mult_adds) == (12, None)
    assert "The mult-adds of own.Strange in the network are not known" in found.spec.headings["about"]


WITHOUT_LAYER = {  # operators without a layer, whose products are known by their sizes
    "Einsum": ([node("Einsum", ["x", "x"], ["y"], equation="bchw, bcvw -> bchv")], [], 8 * 12 * 12 * 12),
    "Einsum, an index summed before": ([node("Einsum", ["x", "x"], ["y"], equation="bchw,bcvu->bchv")], [], None),
    "MatMul": ([node("MatMul", ["x", "w"], ["y"])], [weight("w", 8, 12, 5)], 8 * 12 * 12 * 5),
    "MatMul from the left": ([node("MatMul", ["w", "x"], ["y"])], [weight("w", 5, 12)], 8 * 5 * 12 * 12),
    "Gemm": ([node("Reshape", ["x", "t"], ["r"]), node("Gemm", ["r", "w"], ["y"], transA=1)],
             [whole("t", 96, 12), weight("w", 96, 5)], 96 * 12 * 5),
    "Conv of heads": (  # the batch is a part of an axis
        [node("Reshape", ["x", "t"], ["r"]), node("Conv", ["r", "w"], ["y"], group=2)],
        [whole("t", 2, 4, 12, 12), weight("w", 6, 2, 3, 3)], 2 * 6 * 2 * 3 * 3 * 10 * 10,
    ),
    "Conv of heads, padded at one side": (
        [node("Reshape", ["x", "t"], ["r"]), node("Conv", ["r", "w"], ["y"], pads=[1, 0, 0, 0])],
        [whole("t", 2, 4, 12, 12), weight("w", 6, 4, 3, 3)], 2 * 6 * 4 * 3 * 3 * 11 * 10,
    ),
    "Conv with weights that are computed": (
        [node("Slice", ["x", "from", "to", "axes"], ["s"]), node("Conv", ["x", "s"], ["y"])],
        [whole("from", 0, 0), whole("to", 3, 3), whole("axes", 2, 3)], 8 * 3 * 3 * 10 * 10,
    ),
    "GridSample": ([node("GridSample", ["x", "g"], ["y"])], [weight("g", 1, 3, 4, 2)], None),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_LAYER)
def test_products_of_an_operator_without_a_layer(name, tmp_path):
    nodes, tensors, mult_adds = WITHOUT_LAYER[name]
    assert network(model(nodes, tensors), tmp_path).summary().totals.mult_adds == mult_adds


def test_products_of_learned_tensors_are_counted_once(tmp_path):
    """Such as those that make a table of biases; here it is added twice."""
    nodes = [node("MatMul", ["a", "b"], ["ab"]), node("Add", ["x", "ab"], ["once"]), node("Add", ["once", "ab"], ["y"])]
    found = network(model(nodes, [weight("a", 12, 7), weight("b", 7, 12)]), tmp_path).summary().totals
    assert (found.params, found.mult_adds) == (2 * 12 * 7, 12 * 12 * 7)


def test_a_linear_layer_that_others_share_is_counted_once(tmp_path):
    nodes = [node("MatMul", ["x", "w"], ["m1"]), node("Add", ["m1", "b"], ["a1"]),
             node("MatMul", ["a1", "w"], ["m2"]), node("Add", ["m2", "b"], ["y"])]  # fmt: skip
    found = network(model(nodes, [weight("w", 12, 12), weight("b", 12)]), tmp_path).summary().totals
    assert (found.params, found.mult_adds) == (12 * 12 + 12, 2 * 8 * 12 * 12 * 12)


def test_a_type_that_is_looked_at_is_no_input(tmp_path):
    """A large constant that is cast to the type of an activation stays a constant."""
    nodes = [node("CastLike", ["w", "x"], ["c"]), node("Conv", ["x", "c"], ["y"])]
    assert layers(model(nodes, [weight("w", 600, 8, 1, 1)]), tmp_path) == ["conv(600, 1, bias=false)"]


def test_tensors_that_torch_calls_buffers_are_no_params(tmp_path):
    for kind, params in (("PARAMETER", 8), ("BUFFER", 0)):
        made = model([node("Mul", ["x", "t"], ["y"])], [weight("t", 8, 1, 1)])
        info = made.graph.value_info.add(name="t")
        info.metadata_props.add(key="pkg.torch.export.graph_signature.InputSpec.kind", value=kind)
        assert network(made, tmp_path).summary().totals.params == params


NOTES = {
    "Constants that are learned or not, as the file does not say; they are params here: 1":
        model([node("Mul", ["x", "t"], ["y"])], [weight("t", 8, 1, 1)]),
    "Layers that have the weights of an earlier one: 1; these are counted once":
        model([node("Conv", ["x", "w"], ["c"]), node("Conv", ["c", "w"], ["y"])], [weight("w", 8, 8, 1, 1)]),
    "Tensors with the numbers of another one, which are counted for themselves: 1":
        model([node("Identity", ["a"], ["b"]), node("Conv", ["x", "w", "a"], ["c"]),
               node("Conv", ["c", "v", "b"], ["y"])],
              [weight("w", 8, 8, 1, 1), weight("v", 8, 8, 1, 1), weight("a", 8)]),
}  # fmt: skip


@pytest.mark.parametrize("note", NOTES)
def test_what_a_file_leaves_open_is_told(note, tmp_path):
    assert note in network(NOTES[note], tmp_path).spec.headings["about"]


def test_batch_norms_that_an_exporter_took_into_other_layers_are_told(tmp_path):
    made = small()
    made.graph.metadata_props.add(
        key="pkg.torch.export.ExportedProgram.graph_signature",
        value="b_bn1_running_mean: BUFFER target='bn1.running_mean' persistent=True",
    )
    about = network(made, tmp_path).spec.headings["about"]
    assert about == "In the file, 1 batch norm of the module went into the weights of other layers."


def test_what_no_output_needs_is_left_out(tmp_path):
    made = [node("Relu", ["x"], ["unused"]), node("Sigmoid", ["x"], ["y"])]
    assert layers(model(made), tmp_path) == ["sigmoid"]


def changed(make, change):
    made = make()
    change(made)
    return made


def only(*nodes):
    return model([*nodes], [W, *STATISTICS])


def with_input(made):
    made.graph.input.append(helper.make_tensor_value_info("z", 1, (1, 3)))


def with_size(made, *sizes):
    made.graph.input[0].type.CopyFrom(helper.make_tensor_type_proto(1, sizes))


def recursive(name="F"):
    body = [node(name, ["a"], ["b"], domain="own")]
    function = helper.make_function("own", name, ["a"], ["b"], body, [helper.make_opsetid("own", 1)])
    return model([node(name, ["x"], ["y"], domain="own")], functions=[function])


def doubling(count):
    """Functions of which each calls the one before twice."""
    functions, versions = [], [helper.make_opsetid("", NEWEST), helper.make_opsetid("own", 1)]
    for i in range(count):
        kind, domain = (f"F{i - 1}", "own") if i else ("Relu", "")
        body = [node(kind, ["a"], ["b"], domain=domain), node(kind, ["b"], ["c"], domain=domain)]
        functions.append(helper.make_function("own", f"F{i}", ["a"], ["c"], body, versions))
    return model([node(f"F{count - 1}", ["x"], ["y"], domain="own")], functions=functions)


ADD = ("Add", ["x", "scale"], ["y"])
MISTAKES = {
    "Relu 'y': its input 'z' is not there, or depends on its output":
        only(node("Relu", ["z"], ["y"]), node("Relu", ["y"], ["z"])),
    "Conv 'stem': it does not fit its inputs 1 x 8 x 12 x 12, 8 (":
        only(node("Conv", ["x", "scale"], ["y"], "stem")),
    "Add 'y': it does not fit its inputs 1 x 8 x 12 x 12, 8 (": only(node(*ADD)),
    "Conv 'y': its input W is missing": only(node("Conv", ["x"], ["y"])),
    "Relu 'y': the value 'y' is written twice": only(node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])),
    "Split 'y': it has 2 outputs, and num_outputs is 1":
        only(node("Split", ["x"], ["y", "z"], num_outputs=1)),
    "Concat 'y': there is no axis 7 of 4": only(node("Concat", ["x", "x"], ["y"], axis=7)),
    "LayerNormalization 'y': there is no axis 2147483648 of 4":
        only(node("LayerNormalization", ["x", "scale"], ["y"], axis=2**31)),
    "Einsum 'y': its equation is not one of letters": only(node("Einsum", ["x"], ["y"], equation=".")),
    "GatherND 'y': its batch_dims are -2 of 4 axes": only(node("GatherND", ["x", "x"], ["y"], batch_dims=-2)),
    "Conv 'y': its output has a size that there cannot be: 1 x 4 x -6 x -6":
        only(node("Conv", ["x", "w"], ["y"], dilations=[9, 9])),
    "Reshape 'y': 1 x 8 x 12 x 12 cannot be reshaped to 1 x 7":
        model([node("Reshape", ["x", "t"], ["y"])], [whole("t", 1, 7)]),
    "own.Strange 'y': the sizes of its output are not known":
        model([node("Strange", ["x"], ["y"], domain="own")]),
    "Loop 'y': it does not fit its inputs": only(node("Loop", ["", "", "x"], ["y"])),
    "Relu 'y': its output is 1 x 8 x 12 x 12, and the file states 1 x 9 x 12 x 12":
        changed(lambda: only(node("Relu", ["x"], ["y"])), lambda made: made.graph.output[0].type.CopyFrom(
            helper.make_tensor_type_proto(1, (1, 9, 12, 12)))),
    "the tensor 'w' has the sizes 4, -8": model([node("Relu", ["x"], ["y"])], [changed(
        lambda: weight("w", 4, 8), lambda tensor: tensor.dims.__setitem__(1, -8))]),
    "the network has 2 inputs (x, z); a spec has one": changed(small, with_input),
    "the network has 0 inputs; a spec has one": changed(small, lambda made: made.graph.ClearField("input")),
    "its input is a batch of 16; archcalc reads networks": changed(small, lambda made: with_size(made, 16, 8, 12, 12)),
    "there is no network in it": changed(small, lambda made: made.graph.ClearField("node")),
    "its functions call each other more than 20 deep, or in a circle": recursive(),
    "it has more than 100,000 operators": doubling(18),
    "not a file of ONNX, or only a part of one": small().SerializeToString()[:-5],
    "not a file of ONNX, or": b"<html>",
    "not a file of ONNX": b"",
}  # fmt: skip


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_one_message(message, tmp_path):
    with pytest.raises(ArchcalcError) as caught:
        network(MISTAKES[message], tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'net.onnx'}: {message}")
    assert "\n" not in str(caught.value)


def test_the_command_says_it_and_writes_nothing(tmp_path):
    file = tmp_path / "net.onnx"
    file.write_bytes(b"<html>")
    (tmp_path / "empty").mkdir()
    check_mistake(f"import {file} -o net.yaml", "not a file of ONNX", tmp_path / "empty")


def test_names_with_control_characters_are_printable(tmp_path):
    made = only(node("Conv", ["x", "scale"], ["y"], "\x1b[31m\nred"))
    with pytest.raises(ArchcalcError) as caught:
        network(made, tmp_path)
    assert str(caught.value).isprintable()


def test_without_onnx_one_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "net.onnx").write_bytes(b"")
    with pytest.raises(ArchcalcError, match=r"needs onnx, which is not installed: pip install 'archcalc\[onnx\]'"):
        archcalc.load(str(tmp_path / "net.onnx"))


def test_no_weight_is_held(tmp_path):
    """8 MiB of weights in the file: what is parsed has the names and the sizes."""
    nodes = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"])]
    made = model(nodes, [weight("w", 1 << 10, 1 << 11), weight("b", 1 << 11)], (1, 1 << 10))
    found = network(made, tmp_path).summary().totals
    assert (found.params, found.mult_adds) == ((1 << 21) + (1 << 11), 1 << 21)
    parsed = without_weights(mapped(str(tmp_path / "net.onnx")), "model")
    assert len(parsed) < 2 * SMALL


def test_a_constant_in_an_operator_is_not_held_either():
    held = node("Constant", [], ["w"], value=weight("w", 64, 64, 3))
    data = model([held, node("Relu", ["x"], ["y"])]).SerializeToString()
    parsed = onnx.ModelProto.FromString(without_weights(memoryview(data), "model"))
    tensor = parsed.graph.node[0].attribute[0].t
    assert [*tensor.dims] == [64, 64, 3]
    assert not tensor.raw_data


def test_weights_in_another_file_are_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = model([node("Conv", ["x", "w", "b"], ["y"])], [W, weight("b", 4)])
    for tensor in made.graph.initializer:
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        tensor.external_data.add(key="location", value="waits_for_ever")
    os.mkfifo(tmp_path / "waits_for_ever")
    assert layers(made, tmp_path) == ["conv(4, 3)"]


def test_what_is_too_large_without_its_weights_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("archcalc.importers.onnx.file.LARGEST", 2 * SMALL)
    assert LARGEST > 2 * SMALL
    with pytest.raises(ArchcalcError, match="without its weights"):
        network(changed(small, lambda made: made.metadata_props.add(key="k", value="v" * 3 * SMALL)), tmp_path)


def test_declared_sizes_without_end_are_exact(tmp_path):
    tensor = TensorProto(name="w", data_type=1, dims=[2**40, 8, 1, 1])
    found = network(model([node("Conv", ["x", "w"], ["y"])], [tensor]), tmp_path).summary().totals
    assert (found.params, found.mult_adds) == (2**43, 2**43 * 144)


def variants(made):
    """The model with one number or text of it changed, of everything that it has."""
    for i, one in enumerate(made.graph.node):
        for j, attribute in enumerate(one.attribute):
            for k, value in product(range(len(attribute.ints)), (0, -1, 2**31, 2**62)):
                yield lambda m, i=i, j=j, k=k, v=value: m.graph.node[i].attribute[j].ints.__setitem__(k, v)
            for kind in (1, 2, 3, 4):
                yield lambda m, i=i, j=j, t=kind: setattr(m.graph.node[i].attribute[j], "type", t)
        for j, name in product(range(len(one.input)), ("", "x", "w1", "y")):
            yield lambda m, i=i, j=j, n=name: m.graph.node[i].input.__setitem__(j, n)
        for kind in ("If", "Conv", "Gather", "Constant", "Resize", "LSTM", "Split", "Range", "Nothing"):
            yield lambda m, i=i, k=kind: setattr(m.graph.node[i], "op_type", k)
        yield lambda m, i=i: m.graph.node[i].ClearField("output")
    for i, tensor in enumerate(made.graph.initializer):
        for j, size in product(range(len(tensor.dims)), (0, -1, 7, 2**62)):
            yield lambda m, i=i, j=j, s=size: m.graph.initializer[i].dims.__setitem__(j, s)
        for kind in (0, 7, 8, 16, 99):
            yield lambda m, i=i, t=kind: setattr(m.graph.initializer[i], "data_type", t)
    for version in (0, 1, 7, 13, 10**6, -1):
        yield lambda m, v=version: setattr(m.opset_import[0], "version", v)


def read(data, folder):
    (folder / "net.onnx").write_bytes(data)
    with suppress(ArchcalcError):
        onnx_graph.read("net.onnx", load(str(folder / "net.onnx")))


def test_no_change_of_a_file_ends_in_a_traceback(tmp_path):
    for change in variants(small()):
        read(changed(small, change).SerializeToString(), tmp_path)


def test_no_bytes_end_in_a_traceback(tmp_path):
    data, chance = small().SerializeToString(), random.Random(1)
    for _ in range(200):
        other = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)
        for _ in range(chance.choice((1, 3))):
            if other:
                other[chance.randrange(len(other))] = chance.randrange(256)
        read(bytes(other), tmp_path)
