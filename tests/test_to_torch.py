"""Networks as torch modules: names, sharing, branches, outputs; exported, copied, moved, trained."""

import copy
import pickle

import pytest
import torch
from laws.common import examples

import archcalc
from archcalc.verify.module import Function, NetworkModule

SHARED = """
net: A head at two scales
input: [4, 8, 8]
layers:
  - stem: conv(4, 3, pad=1)
  - head1: conv(6, 3, pad=same, stride=2)
    from: stem
  - small: maxpool(2)
    from: stem
  - head2: conv(6, 3, pad=same, stride=2)
    share: head1
"""
ODD_NAMES = """
net: Names that torch has for itself
input: [4, 8, 8]
layers:
  - train: conv(4, 1)
  - add:
      5x5:
        - half: conv(4, 1)
      type:
        - half: conv(4, 1)
      same: []
  - float: relu
"""
OPAQUE = "net: Unknown\ninput: [4]\nlayers:\n  - linear(2)\n  - proposals: opaque((5,))\n  - linear(3)\n"


@pytest.fixture
def build(tmp_path):
    def built(text):
        path = tmp_path / "net.yaml"
        path.write_text(text)
        return archcalc.load(str(path)).to_torch()

    return built


def small(name="mobilenet_v1", **knobs):
    network = archcalc.load(name)
    return network.to_torch(**{knob: network.accept(knob, text, text=True) for knob, text in knobs.items()}).eval()


def random_inputs(example, batch):
    """Inputs of both signs, since some weights act only on one of them; as the number of a token, each is 0."""
    return tuple(torch.rand(batch, *shape) - 0.5 for shape in example.shapes)


def test_parameters_are_named_after_the_layers():
    network = archcalc.load("mobilenet_v1").to_torch(alpha=0.25)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
    assert shapes["separable1.dw.weight"] == (8, 1, 3, 3)
    rows = archcalc.load("mobilenet_v1").summary(alpha=0.25).layers
    assert {name.rpartition(".")[0].replace(".", "/") for name in shapes} == {row.name for row in rows if row.params}
    assert "(dw): Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=8, bias=False)" in str(network)


def test_functions_show_up_by_name(build):
    network = build("net: Parts\ninput: [8, 4, 4]\nlayers:\n  - second: narrow(4, 4)\n  - conv(2, 1)\n")
    assert "(second): Function(narrow(4, 4))" in str(network)


def test_names_that_torch_has_for_itself_get_an_underscore(build):
    network = build(ODD_NAMES)
    names = [name for name, _ in network.named_parameters() if name.endswith("weight")]
    assert names == ["train_.weight", "5x5.half_.weight", "type_.half_.weight"]
    x = torch.randn(2, 4, 8, 8)
    y = network.train_(x)
    branches = network.get_submodule("5x5.half_")(y) + network.get_submodule("type_.half_")(y) + y
    torch.testing.assert_close(network(x), branches.relu())


def test_a_join_holds_its_branches(build):
    text = "net: Joins\ninput: [4]\nlayers:\n" + "  - add:\n      a:\n        - linear(4)\n      b: []\n" * 2
    network = build(text)
    assert [name for name, _ in network.named_parameters()] == [
        f"add{i}.a.linear.{word}" for i in (1, 2) for word in ("weight", "bias")
    ]
    x = torch.randn(2, 4)
    y = x + network.add1.a.linear(x)
    torch.testing.assert_close(network(x), y + network.add2.a.linear(y))


def test_several_outputs_come_by_name(build):
    network = build("net: Two\ninput: [4]\nlayers:\n  - a: linear(2)\n  - b: linear(3)\n    from: -2\n")
    x = torch.randn(5, 4)
    found = network(x)
    assert list(found) == ["a", "b"]
    torch.testing.assert_close(found["b"], network.b(x))


def test_shared_weights_are_one(build):
    network = build(SHARED).eval()
    assert network.head2.weight is network.head1.weight
    assert sum(p.numel() for p in network.parameters()) == (4 * 4 * 9 + 4) + (6 * 4 * 9 + 6)
    found = network(torch.randn(1, 4, 8, 8))
    assert {name: tuple(y.shape) for name, y in found.items()} == {"head1": (1, 6, 4, 4), "head2": (1, 6, 2, 2)}


MOVED = ("dtype", "device", "copy", "share_memory")
MOVES = (
    lambda network: network.to(torch.float64),
    lambda network: network.to("meta").to_empty(device="cpu"),
    copy.deepcopy,
    lambda network: network.share_memory(),
)


@pytest.mark.parametrize("moved", MOVES, ids=MOVED)
def test_shared_weights_stay_one(build, moved):
    network = moved(build(SHARED))
    assert network.head2.weight is network.head1.weight
    with torch.no_grad():
        network.head1.bias.fill_(3)
    assert network.head2.bias.eq(3).all()


SHARED_NORM = """net: A norm twice
input: [4, 8, 8]
layers:
  - one: batchnorm
  - two: batchnorm
    share: one
"""


@pytest.mark.parametrize("text", [SHARED, SHARED_NORM], ids=["weights", "buffers"])
@pytest.mark.parametrize("moved", [lambda network: network, *MOVES], ids=["as made", *MOVED])
def test_layers_that_share_hold_the_same_tensors_and_each_what_a_tool_counts_in_it(build, text, moved):
    network = moved(build(text))
    for module in network.modules():  # as thop does: each layer has a sum of its own
        module.register_buffer("total_ops", torch.zeros(1))
    first, second = [module for module in network.layers() if list(module.parameters())][-2:]
    assert first is not second
    assert first.total_ops is not second.total_ops
    named = [dict(one.named_parameters()) | dict(one.named_buffers()) for one in (first, second)]
    assert len(named[0]) > 2
    assert {name for name in named[0] if named[0][name] is not named[1][name]} == {"total_ops"}


@pytest.mark.parametrize("example", [e for e in examples() if e.layer.label != "opaque"], ids=str)
def test_a_copy_of_a_layer_uses_its_own_weights(example):
    module = example.layer.module(torch, *example.shapes)
    if not isinstance(module, torch.nn.Module):
        assert not list(example.layer.weights(*example.shapes))
        return
    copied = copy.deepcopy(module.eval())
    with torch.no_grad():
        for tensor in (*copied.parameters(), *copied.buffers()):
            tensor.fill_(0)
        inputs = random_inputs(example, 2)
        changed = not torch.equal(module(*inputs), copied(*inputs))
    assert changed == bool({**example.layer.weights(*example.shapes), **example.layer.buffers(*example.shapes)})


@pytest.mark.parametrize("text", [None, SHARED, ODD_NAMES], ids=["mobilenet_v1", "shared", "odd names"])
def test_exports(build, text):
    network = build(text).eval() if text else small("mobilenet_v1", rho="32/224")
    x = torch.randn(2, *((4, 8, 8) if text else (3, 32, 32)))
    exported = torch.export.export(network, (x,))
    with torch.no_grad():
        torch.testing.assert_close(exported.module()(x), network(x))
    assert set(exported.state_dict) == set(network.state_dict())


def test_on_meta_nothing_is_stored():
    with torch.device("meta"):
        network = archcalc.load("vgg16").to_torch()
        assert network(torch.empty(7, 3, 224, 224)).shape == (7, 1000)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"meta"}


def test_trains():
    """Every parameter gets a gradient, and a step lowers the loss."""
    torch.manual_seed(0)
    network = archcalc.load("resnet18").to_torch(classes=5, resolution=32).train()
    x, labels = torch.randn(8, 3, 32, 32), torch.arange(8) % 5
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)

    def loss():  # of probabilities, which softmax gives
        return torch.nn.functional.nll_loss(network(x).log(), labels)

    before = loss()
    before.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    optimizer.step()
    assert loss() < before


def test_a_submodule_can_be_replaced():
    network = small("mobilenet_v1", rho="32/224")
    name = next(name for name, module in network.named_modules() if isinstance(module, torch.nn.Linear))
    network.set_submodule(name, torch.nn.Identity())
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 1024)


def test_a_whole_network_is_pickled(tmp_path):
    network = small("resnet18", resolution="32")
    torch.save(network, tmp_path / "net.pt")
    x = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(torch.load(tmp_path / "net.pt", weights_only=False)(x), network(x))


def test_a_block_says_that_it_only_groups():
    with pytest.raises(archcalc.ArchcalcError, match="a block only groups its layers"):
        small("mobilenet_v1", rho="32/224").separable1(torch.zeros(1, 8, 8, 8))


def test_no_value_outlives_its_last_use():
    network = small()
    assert isinstance(network, NetworkModule)
    held = [step.done for step in network._calls]
    assert sorted(value for done in held for value in done) == list(range(1, len(network._calls)))


def test_a_layer_that_is_only_declared_has_no_module(build):
    with pytest.raises(archcalc.ArchcalcError, match=r"only the shape of the output of proposals is declared"):
        build(OPAQUE)


def test_symbols_have_no_module():
    import sympy

    with pytest.raises(archcalc.ArchcalcError, match="needs numbers for its sizes; output/linear has"):
        archcalc.load("lenet5").to_torch(classes=sympy.Symbol("n", positive=True, integer=True))


@pytest.mark.filterwarnings(  # torch says so of a plain LSTM too: its list of weights is made anew at each call
    r"ignore:The tensor attributes self\._flat_weights:UserWarning"
)
@pytest.mark.parametrize("example", [e for e in examples() if e.layer.label != "opaque"], ids=str)
def test_a_layer_is_pickled_and_exported_for_any_batch(example):
    """What torch.save, a spawned process and torch.export need."""
    module = example.layer.module(torch, *example.shapes)
    network = module.eval() if isinstance(module, torch.nn.Module) else Function(module, str(example.layer))
    inputs = random_inputs(example, 2)
    torch.testing.assert_close(pickle.loads(pickle.dumps(network))(*inputs), network(*inputs))
    sizes = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)
    named = sizes if network is module else (sizes,)
    dynamic = torch.export.export(network, inputs, dynamic_shapes=named).module()
    more = random_inputs(example, 5)
    torch.testing.assert_close(dynamic(*more), network(*more))
