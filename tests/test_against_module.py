"""A spec beside the torch module that MODULE:CALLABLE gives: imported or written by hand, at any size of the input."""

import json
import sys

import pytest
from console import check_mistake, run
from test_import_torch import MODULES

import archcalc
from archcalc.verify import against
from archcalc.verify.against import Foreign

CODE = """
import torch
from torch import nn

class Unit(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.right = nn.Sequential(nn.Conv2d(8, 4, 1), nn.ReLU(), nn.Conv2d(4, 8, 3, padding=1))

    def forward(self, x):
        return torch.cat([self.left(x), self.right(x)], 1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8)
        self.unit, self.pool, self.head = Unit(), nn.AdaptiveAvgPool2d(1), nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.pool(self.unit(self.norm(self.stem(x)))).flatten(1))

class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix, self.weight, self.head = nn.Linear(5, 5), nn.Parameter(torch.zeros(3, 5)), nn.Linear(12, 2)

    def forward(self, x):
        return self.head(torch.cdist(self.mix(x), self.weight.expand(len(x), 3, 5)).flatten(1))

class Heads(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads, self.all, self.out = heads, nn.Linear(12, 36), nn.Linear(12, 12)

    def forward(self, x):
        q, k, v = self.all(x).reshape(len(x), 9, 3, self.heads, 12 // self.heads).permute(2, 0, 3, 1, 4)
        y = torch.softmax(q @ k.transpose(-2, -1) * 0.5, -1) @ v
        return self.out(y.transpose(1, 2).reshape(len(x), 9, 12))

def attend():
    return nn.Sequential(nn.Linear(12, 12), Heads(3), Heads(3), nn.Linear(12, 2))

def fixed():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 2))

def text():
    return nn.Sequential(nn.Embedding(50, 12), nn.Linear(12, 4))

def broken():
    raise RuntimeError("no weights today\\nand more")
"""
BY_HAND = """
net: The same by hand, its branches in another order
given: {size: 32}
input: [3, size, size]
layers:
  - conv(8, 3, stride=2, pad=1)
  - batchnorm
  - reduce: conv(4, 1)
  - relu
  - wide: conv(8, 3, pad=1)
  - grouped: conv(8, 3, pad=1, groups=2)
    from: batchnorm
  - concat:
    from: [grouped, wide]
  - global_avgpool
  - classes: conv(5, 1)
  - flatten
"""
CHANGES = {  # of a spec, a text and what is in its place; how the difference begins
    "stride": ("net", "stride=2", "stride=1", "stem: output: formula 8 x 32 x 32, module 8 x 16 x 16; mult-adds: "),
    "groups": ("net", "groups=2", "groups=4", "unit/left/conv: params: formula 152, module 296; mult-adds: formula "),
    "width": ("net", "linear(5)", "linear(6)", "head: output: formula 6, module 5; params: formula 102, module 85; "),
    "bias": ("net", "linear(5)", "linear(5, bias=false)", "head: params: formula 80, module 85 (the module's head)\n"),
    "norm": ("net", "  - norm: batchnorm\n", "", "total: params: formula 937, module 953\n"),
    "more": ("hand", "  - global", "  - more: conv(16, 1)\n  - global", "more: the module has no such layer\n"),
    "less": ("hand", "  - wide: conv(8, 3, pad=1)\n", "  - wide: relu\n",
             "no layer for the module's unit.right.2: output 8 x 16 x 16, params 296, mult-adds 73,728, inputs from "
             "unit.right.0\n"),
    "wiring": ("hand", "from: batchnorm", "from: wide",
               "grouped: inputs from: formula wide, module conv (the module's unit.left)\n"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with the module's code, and two specs of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "played_net.py").write_text(CODE)
    monkeypatch.delitem(sys.modules, "played_net", raising=False)
    (tmp_path / "hand.yaml").write_text(BY_HAND)
    return tmp_path


@pytest.fixture
def imported(here):
    assert run("import played_net:Net --input 3,32,32 -o net.yaml").exit_code == 0
    return here / "net.yaml"


def verified(words):
    return run(f"verify --device meta {words}")


@pytest.mark.parametrize("name", MODULES)
def test_an_imported_spec_equals_its_module(name):
    make, shape, dtype = MODULES[name]
    module = make()
    found = Foreign(name, module).beside(archcalc.from_torch(module, shape, dtype=dtype).summary())
    assert found.differences == ()
    assert (found.layers, len(found.unknown)) == ({"odd": 2, "text": 2}.get(name, found.layers), int(name == "odd"))


@pytest.mark.parametrize("words", ["net.yaml", "net.yaml --resolution 48", "hand.yaml", "hand.yaml --size 41"])
def test_it_agrees_at_any_size(words, imported, monkeypatch):
    """Of an installed archcalc too, which has none of the libraries' tables."""
    monkeypatch.setattr(against, "find_spec", lambda name: pytest.fail("asked for the tables of libraries"))
    result = verified(f"{words} --against played_net:Net")
    assert (result.exit_code, "; no difference\n" in result.output) == (0, True), result.output
    assert "played_net:Net  played_net       5        0            0" in result.output


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_by_the_name_of_its_layer(change, imported, here):
    spec, before, after, told = CHANGES[change]
    (here / "changed.yaml").write_text((here / f"{spec}.yaml").read_text().replace(before, after))
    result = verified("changed.yaml --against played_net:Net")
    assert (result.exit_code, f"changed and played_net:Net: {told}" in result.output) == (1, True), result.output


def test_the_numbers_of_tokens_are_integers():
    assert run("import played_net:text --input 9 --dtype int64 -o text.yaml").exit_code == 0
    assert verified("text.yaml --against played_net:text").exit_code == 0


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("linear(2, axis=-1)", ()),
        ("linear(3, axis=-1)", ("linear2: output: formula 9 x 3, module 9 x 2; ",)),
        ("relu\n  - linear(2, axis=-1)\n  - linear(2, axis=-1)", ("linear3: the module has no such layer",)),
    ],
)
def test_attention_is_one_layer_of_a_spec_and_several_of_a_module(last, told, here):
    text = "net: A\ninput: [9, 12]\nlayers:\n  - linear(12, axis=-1)\n  - attention(3, fused=true)\n"
    (here / "a.yaml").write_text(f"{text}  - attention(3, fused=true)\n  - {last}\n")
    result = verified("a.yaml --against played_net:attend")
    found = [line for line in result.output.splitlines() if line.startswith("a and played_net:attend: ")]
    assert result.exit_code == bool(told)
    for line, start in zip(found, (*told, "total: params", "total: mult_adds") if told else (), strict=True):
        assert line.removeprefix("a and played_net:attend: ").startswith(start)


def test_what_is_not_known_is_named_and_the_rest_compared(here):
    assert run("import played_net:Odd --input 4,5 -o odd.yaml").exit_code == 0
    result = verified("odd.yaml --against played_net:Odd")
    assert result.exit_code == 0
    assert "Mult-adds not known in odd or its witness: cdist." in result.output
    text = (here / "odd.yaml").read_text()
    (here / "odd.yaml").write_text(text.replace("params=15", "params=14"))
    result = verified("odd.yaml --against played_net:Odd")
    assert "odd and played_net:Odd: cdist: params: formula 14, module 15 (the module's cdist)" in result.output
    assert result.exit_code == 1


def test_a_total_that_torch_does_not_count_is_named(imported, monkeypatch):
    monkeypatch.setattr("archcalc.importers.torch.graph.counted", lambda *_: None)
    result = verified("net.yaml --against played_net:Net")
    assert (result.exit_code, "in net or its witness: total: mult_adds." in result.output) == (0, True), result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lenet5 --against nowhere_at_all:net", "nowhere_at_all:net: ModuleNotFoundError: No module named 'nowhere"),
        ("lenet5 --against played_net:text2", "played_net:text2: AttributeError: module 'played_net' has no attribute"),
        ("lenet5 --against played_net:broken", "played_net:broken: RuntimeError: no weights today\n"),
        ("lenet5 --against builtins:dict", "builtins:dict: it gives dict, which is no torch module"),
        ("lenet5 --against torchvison", "no library 'torchvison' to compare with; did you mean 'torchvision'?"),
        ("--all --against played_net:Net", "--against played_net:Net is one module; name the network to compare"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message_before_anything_runs(words, message, tmp_path_factory, monkeypatch, here):
    monkeypatch.syspath_prepend(here)
    monkeypatch.setattr("archcalc.verify.suite.examine", lambda *_: pytest.fail("something ran"))
    check_mistake(f"verify --device meta {words}", message, tmp_path_factory.mktemp("empty"))


def test_a_module_that_refuses_the_size_was_not_run():
    result = verified("hand.yaml@size=33 hand.yaml --against played_net:fixed --format json")
    found = {table["name"]: table["rows"] for table in json.loads(result.stdout)}
    assert [(row["network"], row["what"]) for row in found["not_run"]] == [("hand@size=33", "played_net:fixed")]
    why = "Sequential cannot be read: its forward fails for an input of 3 x 33 x 33 "
    assert found["not_run"][0]["why"].startswith(why)
    assert (
        found["witnesses"][0]["differences"] == len(found["differences"]) == 5 + 2
    )  # five layers that it does not have so, and both totals
    assert (
        "2 networks with 20 layers compared; 1 compared with modules of others; 1 differ; 1 not in full"
        in result.stderr
    )
    assert result.exit_code == 1


def test_a_receipt_holds_what_was_compared(imported, here):
    assert verified("net.yaml --against played_net:Net -o receipt").exit_code == 0
    assert (
        "net.yaml --device meta --against played_net:Net --output receipt`." in (here / "receipt/meta.md").read_text()
    )
    (found,) = json.loads((here / "receipt/meta.json").read_text())["witnessed"]
    assert (found["module"], found["layers"], found["differences"], found["unknown"]) == ("played_net:Net", 5, [], [])
