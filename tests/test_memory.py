"""Bytes by liveness, against what really is alive when torch runs the same network."""

import platform
import re
from fractions import Fraction
from textwrap import indent

import numpy
import pytest
import sympy
import torch
from console import run
from laws.common import examples

import archcalc
from archcalc.core.bound import AtLeast
from archcalc.layers import KINDS
from archcalc.memory.footprint import memory
from archcalc.memory.liveness import forward, last_uses, outputs
from archcalc.verify.allocator import LiveBytes, training_step, used_training
from archcalc.verify.module import to_module

BATCH = 2
SKIP = """
net: Two skips
input: [1, 4, 4]
layers:
  - a: conv(2, 3, pad=1)
  - b: conv(8, 1)
  - c: conv(2, 1)
  - d: add
    from: [a, c]
  - flatten
  - linear(3)
"""
PLAIN = {  # networks whose layers make nothing inside, with knobs that keep them small
    "lenet5": {},
    "vgg11": {"resolution": 64},
    "resnet18": {"resolution": 64},
    "resnet50": {"resolution": 64},
    "preact_resnet50": {"resolution": 64},
    "densenet121": {"resolution": 64},
    "mobilenet_v1": {"rho": "64/224"},
    "mobilenet_v2": {"resolution": 64},
    "shufflenet_v2_x0_5": {"resolution": 64},
    "squeezenet1_1": {"resolution": 64},
    "se_resnet50": {"resolution": 64},
    "inception_v3": {"resolution": 107},
    "nasnet_mobile": {"resolution": 64},
}
plain = pytest.mark.parametrize("name", PLAIN)
each_example = pytest.mark.parametrize("example", [e for e in examples() if e.layer.label != "opaque"], ids=str)


def report_of(name):
    network = archcalc.load(name)
    knobs = {knob: network.accept(knob, str(value), text=True) for knob, value in PLAIN[name].items()}
    return network.summary(**knobs)


def spec(tmp_path, text):
    path = tmp_path / "net.yaml"
    path.write_text(text)
    return archcalc.load(str(path))


def module_and_input(report, training):
    torch.manual_seed(0)
    return to_module(report.graph).train(training), torch.randn(BATCH, *report.input)


def live(network, x, run):
    """The most that was alive at once, weights aside, the input with it."""
    counted = LiveBytes([*network.parameters(), *network.buffers()])
    counted.add(x)
    with counted:
        run()
    return counted.peak


def test_peak_by_hand(tmp_path):
    """Input 16; a 32, needed up to d; b 128; c 32; d 32; flatten is a view; linear 3."""
    report = spec(tmp_path, SKIP).summary()
    assert forward(report.graph) == [
        16 + 32,
        16 + 32 + 128,
        16 + 32 + 128 + 32,
        16 + 32 + 32 + 32,
        16 + 32,
        16 + 32 + 3,
    ]
    found = memory(report, 5, "float16")
    weights = (2 * 9 + 2) + (8 * 2 + 8) + (2 * 8 + 2) + (3 * 32 + 3)
    assert (found.weights, found.peak, found.peak_at) == (2 * weights, 5 * 2 * 208, "c")
    assert found.activations == 5 * 2 * (32 + 128 + 32 + 32 + 3)
    assert found.inference == found.weights + found.peak
    assert found.saved_for_backward == 5 * 2 * (16 + 32 + 128 + 32)  # the inputs of a, b, c and linear


def test_each_number_stands_in_its_column():
    names, asked = ("lenet5", "resnet18", "mobilenet_v2"), {"batch": 3, "dtype": "float16", "optimizer": "adam"}
    options = " ".join(f"--{option} {value}" for option, value in asked.items())
    title, heads, _, *lines = run(f"memory {' '.join(names)} {options}", COLUMNS="200").output.splitlines()
    assert title.startswith("Memory for a batch of 3 in float16, trained by adam, which stores 2 numbers")
    assert heads.split() == ["network", "forward", "training", "weights", "buffers", "activations", "at"]
    for name, shown in zip(names, lines, strict=False):
        one = memory(archcalc.load(name).summary(), **asked)
        figures = (one.inference, one.training, one.weights, one.buffers, one.activations)
        assert shown.split() == [name, *(f"{figure:,}" for figure in figures), one.peak_at]


def test_optimizers_keep_tensors_for_each_weight(tmp_path):
    report = spec(tmp_path, SKIP).summary()
    plain, momentum, adam = (memory(report, optimizer=name) for name in ("sgd", "momentum", "adam"))
    assert momentum.training - plain.training == plain.weights
    assert adam.training - plain.training == 2 * plain.weights
    assert plain.training == plain.weights + plain.buffers + plain.step


@plain
def test_forward_peak_is_what_is_alive_in_torch(name):
    report = report_of(name)
    network, x = module_and_input(report, training=False)
    with torch.no_grad():
        assert live(network, x, lambda: network(x)) == memory(report, BATCH).peak


@plain
def test_what_training_keeps_is_what_torch_keeps(name):
    """Dropout's marks (a float on a CPU, a byte elsewhere) aside."""
    report = report_of(name)
    network, x = module_and_input(report, training=True)
    own = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = network(x)
    nodes = [node for node in report.graph.nodes if node.layer]
    marks = sum(3 * BATCH * node.layer.mask_bytes(node.shape) for node in nodes if node.layer.label == "dropout")
    real = sum(size for place, size in kept.items() if place not in own)
    assert output.shape[0] == BATCH
    assert real == memory(report, BATCH).saved_for_backward + marks


@plain
def test_training_step_is_within_two_percent_of_what_is_alive_in_torch(name):
    """While tensors are counted, autograd adds no gradients in place."""
    report = report_of(name)
    network, x = module_and_input(report, training=True)
    assert live(network, x, lambda: training_step(network, x)) == pytest.approx(memory(report, BATCH).step, rel=0.02)


BRANCH = """
      a:
        - linear(512)
        - relu
        - linear(256)
"""
WIRED = {  # of layers that ask for no workspace
    "chain": "  - linear(200)\n  - relu\n  - flatten\n",
    "twice the same": "  - add:\n      a: []\n      b: []\n",
    "residual": f"  - add:{BRANCH}      b: []\n  - relu\n  - add:{BRANCH}      b: []\n",
    "projection": f"  - add:{BRANCH}      b:\n        - linear(256)\n",
    "three branches": f"  - add:{BRANCH}      b:\n        - relu\n      c: []\n",
    "concat": f"  - concat:{BRANCH}      b:\n        - linear(64)\n      c: []\n",
    "concat at the end": f"  - concat:{BRANCH}      b:\n        - relu\n",
    "a learned tensor": "  - concat:\n      a: []\n      b:\n        - parameter((512,))\n",
    "dense": f"  - concat:{BRANCH}      b: []\n" * 4,
    "a sum in a concat": "  - concat:\n      x:\n"
    + indent(f"  - add:{BRANCH}      b: []\n", 6 * " ")
    + "      y: []\n",
}


@pytest.mark.parametrize("end", ["", "  - linear(10)\n"], ids=["", "then linear"])
@pytest.mark.parametrize("wiring", WIRED)
def test_training_step_is_byte_for_byte_what_the_allocator_is_asked_for(wiring, end, tmp_path):
    """And eight bytes more: the loss and its gradient."""
    text = f"net: Wired\ninput: [64]\nlayers:\n  - linear(256)\n  - relu\n{WIRED[wiring]}{end}"
    found = used_training(spec(tmp_path, text).summary(), torch.device("cpu"), 512)
    assert found.tensors == found.formula + 8
    if platform.machine() == "x86_64":  # elsewhere a matrix product may ask for a workspace
        assert found.requested == found.tensors


def shared(layer, count, rest=""):
    """A layer, and others after it that use its weights."""
    again = "".join(f"  - relu\n  - again{i}: {layer}\n    share: tower\n" for i in range(1, count))
    return f"layers:\n  - tower: {layer}\n{again}{rest}"


@pytest.mark.parametrize("batch", [1, 512])
@pytest.mark.parametrize("end", ["", "  - linear(10)\n"], ids=["", "then linear"])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_gradients_of_shared_weights_are_added_up_as_autograd_does(count, end, batch, tmp_path):
    """Byte for byte: the first sum is a tensor beside both, to which the others are added in place."""
    text = f"net: S\ninput: [256]\n{shared('linear(256)', count, end)}"
    found = used_training(spec(tmp_path, text).summary(), torch.device("cpu"), batch)
    if count < 3:  # while tensors are counted, nothing is added in place
        assert found.tensors == found.formula + 8
    if platform.machine() == "x86_64":
        assert found.requested == found.formula + 8


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the library's workspace is another one")
@pytest.mark.parametrize("count", [2, 3])
def test_gradients_of_shared_filters_are_added_in_place(count, tmp_path):
    """What is asked for beside them is the same as for one layer: the library's workspace."""
    used = [used_training(spec(tmp_path, f"net: S\ninput: [64, 6, 6]\n{shared('conv(64, 3, pad=1)', n, '  - relu')}")
                          .summary(), torch.device("cpu"), 2) for n in (1, count)]  # fmt: skip
    assert used[1].formula > used[0].formula + 4 * 64 * 64 * 9
    assert used[1].requested - used[1].formula == used[0].requested - used[0].formula


@each_example
def test_kinds_say_whether_gradients_of_weights_are_added_apart(example):
    """Autograd adds nothing in place to what is a view; asked of the first weight, for which the formula asks."""
    module = example.layer.module(torch, *example.shapes)
    own = list(module.parameters()) if isinstance(module, torch.nn.Module) else []
    if not own:
        pytest.skip("no weights")
    output = module(*(torch.rand(BATCH, *shape) for shape in example.shapes))
    first, *_ = torch.autograd.grad(output, own, torch.ones_like(output))
    assert first._is_view() == example.layer.accumulates_out_of_place


def test_arrays_and_symbols_of_shared_weights(tmp_path):
    network = spec(tmp_path, "net: S\ngiven: {n: 1}\ninput: [n]\n" + shared("linear(n)", 3))
    steps = [memory(network.summary(n=n), 2).step for n in (3, 300)]
    assert list(memory(network.summary(n=numpy.array([3, 300])), 2).step) == steps
    n = sympy.Symbol("n", integer=True, positive=True)
    assert [memory(network.summary(n=n), 2).step.subs(n, value) for value in (3, 300)] == steps
    assert network.sweep("training_bytes", n=[3, 300])["training_bytes"].tolist() == [
        memory(network.summary(n=n)).training for n in (3, 300)
    ]


def test_statistics_of_norms_are_among_what_is_alive(tmp_path):
    """A batch norm asks for a workspace, too."""
    text = "net: Norms\ninput: [64]\nlayers:\n  - linear(256)\n  - batchnorm\n  - relu\n"
    found = used_training(spec(tmp_path, text).summary(), torch.device("cpu"), 512)
    assert found.tensors == found.formula + 8


def test_a_wrong_rule_is_caught(monkeypatch):
    """The comparison with torch fails where a kind says something false about its memory."""
    report = report_of("vgg11")
    right = memory(report, BATCH)
    monkeypatch.setattr(KINDS["relu"], "view", True)
    assert memory(report, BATCH).peak != right.peak
    monkeypatch.setattr(KINDS["relu"], "saved_for_backward", "nothing")
    assert memory(report, BATCH).saved_for_backward != right.saved_for_backward


@each_example
def test_kinds_say_whether_they_are_views(example):
    module = example.layer.module(torch, *example.shapes)
    if isinstance(module, torch.nn.Module):
        module.eval()
    inputs = [torch.rand(BATCH, *shape) for shape in example.shapes]  # below 1: an embedding reads them as row 0
    with torch.no_grad():
        place = module(*inputs).untyped_storage().data_ptr()
    assert example.layer.view == any(place == x.untyped_storage().data_ptr() for x in inputs)


@each_example
def test_kinds_say_what_training_keeps(example):
    """Of inputs and output; what a layer makes inside and keeps (a padded copy, say) is not theirs to say."""
    module = example.layer.module(torch, *example.shapes)
    own = module.parameters() if isinstance(module, torch.nn.Module) else ()
    inputs = [torch.rand(BATCH, *shape, requires_grad=True) for shape in example.shapes]
    saved = []  # held, so that no place is used twice
    with torch.autograd.graph.saved_tensors_hooks(saved.append, lambda nothing: nothing):
        output = module(*inputs)
    kept = {tensor.untyped_storage().data_ptr() for tensor in saved}
    places = {"inputs": inputs, "output": [output], "": own}
    found = {what: kept & {t.untyped_storage().data_ptr() for t in tensors} for what, tensors in places.items()}
    inside = kept - set().union(*found.values())
    if example.layer.saved_for_backward == "unknown":  # because the layer makes and saves more than these
        assert inside
        return
    said = {what for what in ("inputs", "output") if found[what]} or {"nothing"}
    assert said == {example.layer.saved_for_backward} or (inside and said == {"nothing"})


@each_example
def test_kinds_say_whether_they_hand_on_the_gradient_of_their_output(example):
    module = example.layer.module(torch, *example.shapes)
    inputs = [torch.rand(BATCH, *shape, requires_grad=True) for shape in example.shapes]
    output = module(*inputs)
    handed = torch.ones_like(output)
    gradients = torch.autograd.grad(output, inputs, handed, allow_unused=True)
    assert (example.layer.passes_gradient == "none") == (gradients == (None,) * len(inputs))
    if example.layer.passes_gradient == "none":
        return
    places = {g.untyped_storage().data_ptr() for g in gradients}
    assert bool(example.layer.passes_gradient) == (places == {handed.untyped_storage().data_ptr()})
    assert example.layer.passes_gradient != "whole" or {g.numel() for g in gradients} == {handed.numel()}


def test_symbols_then_values_equal_values():
    network = archcalc.load("mobilenet_v1")
    alpha = sympy.Symbol("alpha", positive=True, integer=True)
    formula = memory(network.summary(alpha=alpha, rho=Fraction(1, 7)), 3)
    for value in (1, 2):
        there = memory(network.summary(alpha=value, rho=Fraction(1, 7)), 3)
        for word in ("weights", "activations", "peak", "saved_for_backward", "step"):
            assert sympy.sympify(getattr(formula, word)).subs(alpha, value) == getattr(there, word), word


def test_arrays_equal_element_by_element():
    network = archcalc.load("resnet18")
    sides = [32, 64, 224]
    found = memory(network.summary(resolution=numpy.array(sides)), 2)
    for i, side in enumerate(sides):
        there = memory(network.summary(resolution=side), 2)
        for word in ("activations", "peak", "saved_for_backward", "step"):
            assert getattr(found, word)[i] == getattr(there, word), word


def test_a_view_keeps_alive_what_it_is_a_part_of(tmp_path):
    """part is half of a and needs nothing; a itself is used last, by d."""
    text = "net: A view\ninput: [4, 1]\nlayers:\n  - a: conv(8, 1)\n  - part: narrow(0, 4)\n  - b: conv(8, 1)\n"
    text += "  - c: conv(8, 1)\n    from: a\n  - add\n    from: [b, c]\n".replace("- add", "- d: add")
    assert forward(spec(tmp_path, text).summary().graph) == [4 + 8, 4 + 8, 4 + 16, 4 + 24, 4 + 24]
    late = text.replace("from: [b, c]", "from: [b, a]").replace("    from: a\n", "")
    assert forward(spec(tmp_path, late).summary().graph) == [4 + 8, 4 + 8, 4 + 16, 4 + 24, 4 + 24 + 8]


def test_what_belongs_to_the_caller_lives_throughout(tmp_path):
    text = "net: Two outputs\ninput: [4]\nlayers:\n  - a: linear(2)\n  - b: linear(3)\n    from: -2\n"
    graph = spec(tmp_path, text).summary().graph
    assert outputs(graph) == (1, 2)
    assert last_uses(graph) == [3, 3, 3]
    assert forward(graph) == [4 + 2, 4 + 2 + 3]


def test_arrays_of_weights_equal_element_by_element():
    """Where the weights differ along the array, too; NumPy's own integers do not overflow on the way."""
    batches = numpy.array([3, 2000], dtype=numpy.int32)
    found = memory(archcalc.load("vgg16").summary(classes=numpy.array([10, 1000])), batches)
    for i, (classes, batch) in enumerate([(10, 3), (1000, 2000)]):
        one = memory(archcalc.load("vgg16").summary(classes=classes), batch)
        assert (found.weights[i], found.training[i], found.inference[i]) == (one.weights, one.training, one.inference)


@pytest.mark.parametrize("batch", [0, -1, 1.5, "2", True])
def test_a_batch_is_a_whole_number(batch):
    with pytest.raises(archcalc.ArchcalcError, match="batch = "):
        memory(archcalc.load("lenet5").summary(), batch)


def test_unknown_weights_make_no_totals(tmp_path):
    text = "net: Unknown\ninput: [4]\nlayers:\n  - linear(2)\n  - opaque((5,))\n"
    found = memory(spec(tmp_path, text).summary())
    assert (found.weights, found.training) == (AtLeast(4 * 10), None)
    assert (found.inference, found.peak) == (AtLeast(4 * 10 + found.peak.value), AtLeast(4 * (4 + 2 + 5)))


UNKNOWN = [e for e in examples() if e.layer.saved_for_backward == "unknown" and len(e.shapes) == 1]


@pytest.mark.parametrize("example", UNKNOWN, ids=str)
def test_what_is_made_inside_makes_training_unknown_and_forward_a_bound(example, tmp_path):
    """Wherever it is read: by itself, in tables with the reason, in a sweep, and beside what torch uses."""
    head = f"net: Inside\ngiven: {{n: 7}}\ninput: {list(example.shapes[0])}\n"
    text = f"{head}layers:\n  - {example.text}\n  - linear(n, axis=-1)\n"
    network = spec(tmp_path, text)
    found = memory(network.summary())
    assert (found.saved_for_backward, found.step, found.training) == (None, None, None)
    least = found.weights + found.buffers + found.peak.value
    assert found.inference == AtLeast(least)
    assert found.peak == AtLeast(4 * max(forward(network.summary().graph)))
    columns, file = ("training_bytes", "inference_bytes", "peak_bytes"), f"{tmp_path}/net.yaml"
    for shown in (run(f"memory {file}", COLUMNS="200"), run(f"compare {file} --columns {','.join(columns)}"),
                  run(["ask", *(f"{file}: {name}" for name in columns)])):  # fmt: skip
        assert re.search(rf"at least {least:,}\b", shown.output)
        assert re.search(r" \? ", shown.output)
        assert f"unknown: what {example.layer.label} layers make inside; 'at least' counts the rest" in shown.output
    for name in columns:
        assert network.sweep(name, n=[3, 4])[name].tolist() == [None, None]
        assert f"since {example.layer.label} cannot be counted" in run(f"formula {file} --of {name}").output
        assert archcalc.ask(f"{file}: {name}") is None
        with pytest.raises(archcalc.ArchcalcError, match=f"{name} is not known at n = 3 or 4"):
            network.solve(f"{name} >= 0", free={"n": [3, 4]})
    with pytest.raises(archcalc.ArchcalcError, match=f"what {example.layer.label} makes inside is not counted"):
        used_training(network.summary(), torch.device("cpu"), BATCH)


@pytest.mark.parametrize(("option", "word"), [("dtype", "float8"), ("optimizer", "lion")])
def test_unknown_words_are_refused(option, word):
    with pytest.raises(archcalc.ArchcalcError, match=f"no dtype or optimizer '{word}'; there are"):
        memory(archcalc.load("lenet5").summary(), **{option: word})
