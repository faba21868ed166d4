"""The second witness: a library's own module, layer by layer in the order of execution."""

import sys
from importlib.util import find_spec
from types import ModuleType

import pytest
import torch
from archcalc_witness import build, sources
from archcalc_witness.sources import SOURCES, Source
from click.testing import CliRunner
from torch import nn

import archcalc
from archcalc.cli import main
from archcalc.verify import against
from archcalc.verify.against import at_knobs, own_network, witness
from archcalc.verify.receipt import differences, verdict
from archcalc.verify.suite import Asked, examine, gather
from archcalc.verify.tables import NotRun, not_run_table

TEXT = """
net: A network that a library has
given:
  width: 8
  classes: 5
input: [3, 8, 8]
layers:
  - conv(width, 3, pad=1)
  - batchnorm
  - relu
  - down: conv(width, 3, stride=2, pad=1, groups=width)
  - flatten
  - linear(classes)
"""


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(TEXT)
    return archcalc.load(str(path))


@pytest.fixture
def library(monkeypatch, network):
    """Puts a library in place whose only module is made by the function given."""

    def put(make, **source):
        module = ModuleType("playlib.models")
        module.net = make
        monkeypatch.setitem(sys.modules, "playlib", ModuleType("playlib"))
        monkeypatch.setitem(sys.modules, "playlib.models", module)
        monkeypatch.setattr(build, "installed", lambda name: name == "playlib")
        monkeypatch.setattr(against, "find", lambda name: network.spec)
        played = Source("playlib", "models.net", input=(3, 8, 8), network=network.name, **source)
        monkeypatch.setattr(sources, "SOURCES", {"net_of_playlib": played})

    return put


def theirs(classes=5, stride=2, groups=8, norm=nn.BatchNorm2d):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), norm(8), nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=stride, padding=1, groups=groups), nn.Flatten(), nn.Linear(512 // stride**2, classes),
    )  # fmt: skip


def test_an_equal_module_agrees(network, library):
    library(theirs)
    (found,) = witness(network.summary(), "playlib")
    assert (found.module, found.layers, found.differences) == ("models.net()", 3, ())


@pytest.mark.parametrize(
    ("options", "differences"),
    [
        ({"groups": 1}, ["down: params: formula 80, module 584; mult-adds: formula 1,152, ", "total: params"]),
        ({"stride": 1}, ["down: ", "linear: ", "total: params: formula 965, module 2,885"]),
        ({"classes": 6}, ["linear: ", "total: params"]),
        ({"norm": lambda channels: nn.GroupNorm(2, channels)}, ["total: buffers: formula 16, module 0"]),
    ],
)  # fmt: skip
def test_another_module_differs(network, library, options, differences):
    library(theirs, options=options)
    results = list(witness(network.summary(), "playlib"))
    assert len(results[0].differences) == len(differences)
    assert all(text.startswith(start) for text, start in zip(results[0].differences, differences, strict=True))
    findings = gather("", {}, results)
    assert (findings.status, findings.failed) == (1, (network.name,))


def test_a_module_with_a_layer_more_differs(network, library):
    library(lambda: nn.Sequential(*theirs(), nn.Linear(5, 5)))
    (found,) = witness(network.summary(), "playlib")
    assert found.differences[0] == (
        "no layer for the module's layer 4: output 5, params 30, mult-adds 25, inputs from layer 3"
    )


def test_layers_wired_otherwise_differ(network, library):
    class Wired(nn.Module):
        """The last layer takes the first one's output, and the second is for nothing."""

        def __init__(self):
            super().__init__()
            self.layers = theirs()

        def forward(self, x):
            first = self.layers[:3](x)
            self.layers[3](first)
            return self.layers[4:](first[:, :, ::2, ::2])

    library(Wired)
    (found,) = witness(network.summary(), "playlib")
    assert found.differences == ("linear: inputs from: formula down, module conv (the module's layer 3)",)


def test_differences_beyond_a_few_are_counted(network, library):
    library(lambda: nn.Sequential(*theirs(), *(nn.Linear(5, 5) for _ in range(30))))
    (found,) = witness(network.summary(), "playlib")
    assert len(found.differences) == 30 + 1
    told = list(differences(gather("", {}, [found])))
    assert (len(told), told[-1].endswith(": and 21 more")) == (11, True)


def test_a_file_of_the_name_of_a_network_is_not_that_network(tmp_path):
    """Whatever knobs it has."""
    for given in ("", "given: {foo: 3}\n"):
        path = tmp_path / "resnet50_keras.yaml"
        path.write_text(f"net: My own\ninput: [3, 32, 32]\n{given}layers:\n  - conv({'foo' if given else 8}, 3)\n")
        result = CliRunner().invoke(main, ["verify", str(path), "--against", "pytorchcv", "--device", "meta"])
        assert result.exit_code == 2
        assert "differ" not in result.output.replace("no difference", "").replace("differences", "")
        assert own_network(archcalc.load(str(path)).summary()) is None
    assert own_network(archcalc.load("resnet50_keras").summary()) is not None


def test_who_wrote_a_witness_is_told():
    origins = {source.origin for source in SOURCES.values()}
    assert {"timm", "torchvision, altered here", "keras, a lecture's listing", "keras"} < origins


def test_an_absent_library_was_not_run(network, library):
    library(theirs)
    assert list(witness(network.summary(), "timm")) == [
        NotRun(network.name, "timm", "timm is not installed: pip install timm")
    ]


def test_a_module_that_cannot_be_built_was_not_run(network, library):
    library(lambda: 1 / 0)
    (found,) = witness(network.summary(), "playlib")
    assert found == NotRun(network.name, "playlib", "models.net(): ZeroDivisionError: division by zero")


def test_only_at_the_knobs_that_the_table_says(network, library):
    library(theirs, knobs={"width": 8})
    source = sources.SOURCES["net_of_playlib"]
    reports = [network.summary(), network.summary(width=16), network.summary(classes=7)]
    assert [at_knobs(source, network, report) for report in reports] == [True, False, False]
    (found,) = witness(reports[1], "playlib")
    assert found.reason == "no module of playlib is known to be this network at these knobs"
    assert list(witness(reports[1], "playlib", unknown=False)) == []


def test_one_reason_for_many_networks_is_said_once():
    absent = [NotRun(name, "timm", "not installed") for name in ("a", "b", "c")]
    other = NotRun("b", "layers", "too large")
    assert not_run_table([*absent, other]).rows == (("3 networks", "timm", "not installed"), other)
    assert not_run_table(absent, names=True).rows == (("a, b, c", "timm", "not installed"),)
    findings = gather("", {}, [*absent, other])
    assert [one.label for one in findings.not_run] == ["a", "b", "c", "b"]
    assert verdict(findings) == "nothing compared; 3 not run"


def test_absent_libraries_are_never_passed(monkeypatch):
    monkeypatch.setattr(build, "installed", lambda name: False)
    result = CliRunner().invoke(
        main, ["verify", "resnet18", "--device", "meta", "--against", "timm", "--against", "keras"]
    )
    assert result.exit_code == 2
    assert "timm is not installed: pip install timm" in result.output
    assert "keras is not installed: pip install keras" in result.output
    assert "1 network with 70 layers compared; no difference; 1 not in full" in result.output


def test_every_witness_is_of_a_network_at_knobs_that_it_has():
    for name, source in SOURCES.items():
        network = archcalc.load(source.network or name)
        assert set(source.knobs) <= set(network.knobs), name


@pytest.mark.parametrize(
    ("library", "name"),
    [("torchvision", "resnet18"), ("timm", "inception_v4"), ("pytorchcv", "shufflenet_v1"), ("keras", "mobilenet_v1")],
)
def test_against_the_library_itself(library, name):
    if not find_spec(library):
        pytest.skip(f"{library} is not installed")
    results = list(examine(archcalc.load(name).summary(), Asked(torch.device("meta"), against=(library,))))
    assert len(results) > 1
    assert not any(isinstance(result, NotRun) or result.differences for result in results)


def test_where_the_modules_are_not_at_hand_it_says_so_before_anything_runs(monkeypatch):
    monkeypatch.setattr(against, "find_spec", lambda name: None)
    monkeypatch.setattr("archcalc.verify.suite.examine", lambda *_: pytest.fail("something ran"))
    result = CliRunner().invoke(main, ["verify", "vgg11", "--device", "meta", "--against", "torchvision"])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "run it in a clone of the repository, after pip install -e '.[torch]' there" in result.output
