"""Verification: every layer's formulas against torch; one difference anywhere is a failure that names it."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import archcalc
from archcalc import verify as package
from archcalc.cli import main
from archcalc.figures.rules import Counts
from archcalc.layers import KINDS
from archcalc.verify import check
from archcalc.verify.check import unfused, verify
from archcalc.verify.device import is_fault
from archcalc.verify.suite import Asked, examine, gather
from archcalc.verify.tables import NotRun

META, CPU = torch.device("meta"), torch.device("cpu")
MANY = [  # a network of each family and of each odd kind of layer; all of them: archcalc verify --all
    "lenet5", "lenet5_1998", "alexnet", "vgg11", "nin", "googlenet", "bn_inception", "inception_v3", "inception_v4",
    "inception_resnet_v1", "xception", "resnet18", "resnet50", "resnet20_cifar", "preact_resnet50", "resnet50_v2_keras",
    "resnext50_32x4d", "wide_resnet", "densenet121", "se_resnet50", "mobilenet_v1", "mobilenet_v2", "shufflenet_v1",
    "shufflenet_v2_x1_0", "squeezenet1_0", "mnasnet_b1", "nasnet_mobile", "efficientnet_b0", "ssd300",
    "fast_r_cnn_vgg16", "overfeat_fast",
]  # fmt: skip
FEW = ["lenet5_1998", "alexnet", "googlenet", "resnet20_cifar", "mobilenet_v1", "shufflenet_v1"]  # that really compute
OPAQUE = "net: Unknown\ninput: [4]\nlayers:\n  - linear(2)\n  - proposals: opaque((5,))\n  - linear(3)\n"
REGIONS = """
net: Regions
input: [2, 9, 9]
layers:
  - conv(4, 3)
  - roi_pool(3, 5)
  - flatten
  - linear(6)
"""


def command(*words):
    return CliRunner().invoke(main, ["verify", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "net.yaml"
        path.write_text(text)
        return str(path)

    return written


@pytest.mark.parametrize("name", MANY)
def test_network_agrees_with_torch(name):
    report = archcalc.load(name).summary()
    found = verify(report, META, 2)
    assert found.differences == ()
    assert found.layers + len(found.opaque) == len(report.layers)
    assert (found.params, found.mult_adds) == (report.known.params, report.known.mult_adds)


@pytest.mark.parametrize("name", FEW)
def test_network_agrees_with_torch_where_it_computes(name):
    assert verify(archcalc.load(name).summary(), CPU, 1).differences == ()


def mutants():
    """Wrong formulas, each as one would slip in; the layer of resnet18 that must be named, and what is said of it."""
    conv, norm = KINDS["conv"], KINDS["batchnorm"]
    counted, weighted, shaped, kept = conv.products, conv.weights, conv.shape, norm.buffers
    yield (
        "products",
        conv,
        lambda s, i, o: counted(s, i, o) + (s.kernel == 7),
        "conv1/conv: mult-adds: formula 118,013,953, torch 118,013,952",
    )
    yield (
        "weights",
        conv,
        lambda s, x: {**weighted(s, x), "bias": (s.out,)},
        "conv1/conv: weights: formula weight 64 x 3 x 7 x 7, bias 64, torch weight 64 x 3 x 7 x 7",
    )
    yield (
        "shape",
        conv,
        lambda s, x: (s.out, *(n + (s.kernel == 7) for n in shaped(s, x)[1:])),
        "conv1/conv: output: formula 2 x 64 x 113 x 113, torch 2 x 64 x 112 x 112",
    )
    yield (
        "buffers",
        norm,
        lambda s, x: {"running_mean": kept(s, x)["running_mean"]},
        "buffers: formula running_mean 64, torch running_mean 64, running_var 64",
    )


@pytest.mark.parametrize(
    ("rule", "kind", "wrong", "message"), [*mutants()], ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_wrong_formula_is_caught_and_named(rule, kind, wrong, message, monkeypatch):
    monkeypatch.setattr(kind, rule, wrong)
    result = command("resnet18", "--device", "meta")
    assert result.exit_code == 1
    assert message in result.output
    if kind is KINDS["conv"]:
        assert "conv(64, 7, stride=2, pad=3, bias=false) on 3 x 224 x 224 (" in result.output
    assert "1 differ" in result.output


def test_what_torch_refuses_is_a_difference(monkeypatch):
    monkeypatch.setattr(KINDS["linear"], "module", lambda self, torch, x: torch.nn.Linear(x[0] + 1, self.out))
    result = command("lenet5", "--device", "meta")
    assert result.exit_code == 1
    assert ": runs: formula yes, torch " in result.output


def test_a_layer_that_cannot_be_built_is_a_difference(monkeypatch):
    monkeypatch.setattr(KINDS["linear"], "module", lambda self, torch, x: torch.nn.Linear(-1, self.out))
    assert command("lenet5", "--device", "meta").exit_code == 1


class Refusing(torch.nn.Module):
    def forward(self, *inputs):
        raise RuntimeError("not this one")


@pytest.mark.parametrize("when", ["built", "run"])
@pytest.mark.parametrize("position", range(8))
def test_the_layer_that_torch_refuses_is_named(position, when, file, monkeypatch):
    """Each in turn; some of them are equal, and before them stands one that is not compared."""
    text = "net: N\ninput: [4]\nblocks:\n  b:\n    - linear(4)\n    - add:\n        x: [linear(4)]\n        y: []\n"
    report = archcalc.load(file(f"{text}layers:\n  - opaque((4,))\n  - one: b\n  - two: b\n  - linear(4)\n")).summary()
    made, own = itertools.count(), {kind: kind.module for kind in (KINDS["linear"], KINDS["add"], KINDS["opaque"])}

    def module(layer, torch, *shapes):
        if next(made) != position:
            return own[type(layer)](layer, torch, *shapes)
        if when == "built":
            raise RuntimeError("not this one")
        return Refusing()

    for kind in own:
        monkeypatch.setattr(kind, "module", module)
    (difference,) = verify(report, META, 2).differences
    node, row = report.graph.nodes[1 + position], report.layers[position]
    assert difference.layer == node.name == row.name
    assert (difference.what, difference.formula, difference.torch) == ("runs", "yes", "not this one")
    assert difference.place == f"{node.place}"


def test_shared_weights_counted_twice_are_caught(file):
    text = "net: Shared\ninput: [4]\nlayers:\n  - a: linear(4)\n  - b: linear(4)\n    share: a\n"
    report = archcalc.load(file(text)).summary()
    assert verify(report, META, 2).differences == ()
    alone = report.graph._replace(nodes=tuple(node._replace(shared=None) for node in report.graph.nodes))
    twice = replace(report, counts=Counts(alone))
    vars(twice)["totals"] = report.totals  # a module that has them twice, beside figures that count them once
    (difference,) = verify(twice, META, 2).differences
    assert (difference.layer, difference.what, difference.formula, difference.torch) == ("total", "params", 20, 40)


def test_layers_that_run_for_each_region(file):
    report = archcalc.load(file(REGIONS)).summary()
    assert verify(report, CPU, 3).differences == ()


def test_opaque_layers_are_not_compared_and_said_so(file):
    found = verify(archcalc.load(file(OPAQUE)).summary(), META, 2)
    assert (found.opaque, found.layers, found.differences) == (("proposals",), 2, ())
    assert command(file(OPAQUE), "--device", "meta").exit_code == 0


def test_fused_attention_is_counted():
    """In evaluation torch fuses a whole layer of attention into one operation, which FlopCounterMode counts as none."""
    from torch.utils.flop_counter import FlopCounterMode

    attention = torch.nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x = torch.zeros(1, 5, 8)

    def counted():
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            attention(x, x, x, need_weights=False)
        return counter.get_total_flops()

    with unfused(torch.nn.Identity()):
        whole = counted()
    assert whole == 2 * 4 * 8 * 8 * 5  # the four projections: what is done with weights
    assert counted() < whole


# Commands


def test_too_large_a_network_is_skipped_with_a_reason():
    result = command("lenet5", "vgg16", "--device", "cpu", "--limit", "0.1")
    assert result.exit_code == 2
    assert "vgg16    layers  a forward pass of 2 needs 0.6 GiB; the limit is 0.1 GiB" in result.output
    assert "1 network with 15 layers compared; no difference; 1 not run" in result.output


def test_a_device_that_fails_is_no_difference_and_the_rest_goes_on(monkeypatch):
    """An error of a kernel that ran before shows when the device is waited for."""
    waits = iter([RuntimeError("CUDA error: an illegal memory access was encountered\nmore"), None])

    def wait(device):
        if error := next(waits):
            raise error

    monkeypatch.setattr(check, "synchronize", wait)
    result = command("lenet5", "resnet20_cifar", "--device", "cpu")
    assert result.exit_code == 2
    assert "lenet5   layers  the device failed: CUDA error: an illegal memory access was encountered\n" in result.output
    assert "1 network with " in result.output


def test_what_torch_refuses_to_train_is_said_beside_what_ran(file):
    path = file("net: One\ninput: [3, 4, 4]\nlayers:\n  - global_avgpool\n  - batchnorm\n")
    result = command(path, "--device", "cpu", "--memory", "--batch", "1")
    assert result.exit_code == 2
    assert "forward" in result.output
    assert "memory  torch refuses it: Expected more than 1 value per channel when training" in result.output
    assert command(path, "--device", "cpu", "--memory").exit_code == 0  # of two examples, it does not


def test_an_interrupted_verification_tells_what_it_has(monkeypatch, tmp_path):
    def interrupted(report, asked):
        if report.label == "vgg16":
            raise KeyboardInterrupt
        yield from examine(report, asked)

    monkeypatch.setattr("archcalc.verify.suite.examine", interrupted)
    result = command("lenet5", "vgg16", "alexnet", "--device", "meta", "-o", tmp_path)
    assert result.exit_code == 2
    assert "2 networks  all   interrupted" in result.output
    assert "2 not run" in result.output
    assert json.loads((tmp_path / "meta.json").read_text())["not_run"] == [
        {"label": name, "what": "all", "reason": "interrupted"} for name in ("vgg16", "alexnet")
    ]


def test_all_goes_on_after_a_failure(monkeypatch):
    names = {name: archcalc.spec.library.names()[name] for name in ("alexnet", "lenet5", "mobilenet_v1")}
    monkeypatch.setattr(archcalc.spec.library, "names", lambda: names)
    monkeypatch.setattr(KINDS["lrn"], "weights", lambda self, x: {"weight": x[:1]})
    result = command("--all")
    assert result.exit_code == 1
    assert "/norm: weights: formula weight 96, torch none" in result.output
    assert "3 networks with " in result.output
    assert result.output.endswith(" layers compared; 1 differ\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("net: Wide\ninput: [4]\nlayers:\n  - linear(1000000000000000000)\n", ()),
        ("net: One\ninput: [4]\nlayers:\n  - linear(4)\n", ("--batch", 2**31)),
        ("net: Opaque\ninput: [4]\nlayers:\n  - opaque((5,))\n", ()),
    ],
    ids=["too wide", "too many", "nothing to compare"],
)
def test_what_torch_cannot_hold_is_no_difference(file, text, words):
    result = command(file(text), "--device", "meta", *words)
    assert result.exit_code == 2
    assert "formula" not in result.output


def test_more_than_the_device_has_is_skipped_with_a_reason(monkeypatch):
    monkeypatch.setattr("archcalc.verify.suite.free_memory", lambda device: 2**28)
    result = command("lenet5", "vgg16", "--device", "cpu")
    assert result.exit_code == 2
    assert "a forward pass of 2 needs 0.6 GiB; the device has 0.2 GiB free" in result.output


@pytest.mark.parametrize(("limit", "told"), [("0.0005", "a training step of 2"), ("0.0002", "a forward pass of 2")])
def test_each_part_keeps_to_the_limit(limit, told):
    """LeNet-5 takes 0.3 MB forward and 0.6 MB in a training step of two examples."""
    result = command("lenet5", "--device", "cpu", "--memory", "--limit", limit)
    assert f"memory  {told} needs 0.0 GiB" in result.output


def test_an_interrupt_before_anything_ran_is_no_difference(monkeypatch):
    def interrupted(word):
        raise KeyboardInterrupt

    monkeypatch.setattr("archcalc.verify.device.find_device", interrupted)
    result = command("lenet5")
    assert (result.exit_code, result.output) == (130, "interrupted\n")


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"), True),
        (MemoryError(), True),
        (RuntimeError("Expected all tensors to be on the same device, but found cuda:0 and cpu!"), False),
        (RuntimeError("Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor)"), False),
        (ValueError("CUDA error"), False),
    ],
)
def test_what_is_a_fault_of_the_device(error, fault):
    assert is_fault(error) == fault


def test_an_error_of_another_kind_ends_what_it_concerns_and_no_more(monkeypatch):
    def broken(*_):
        raise TypeError("no such thing")

    monkeypatch.setattr("archcalc.verify.suite.used_forward", broken)
    result = command("lenet5", "--device", "cpu", "--memory")
    assert result.exit_code == 2
    assert "memory  TypeError: no such thing" in result.output


def test_a_closed_pipe_changes_neither_status_nor_receipt(tmp_path):
    """As where the output goes to ``head``."""
    words = f"archcalc verify lenet5 --device meta --time -o {tmp_path}"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m {words} | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, cwd=Path(__file__).parent.parent, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Error" not in done.stderr
    assert (tmp_path / "meta.json").exists()


def test_a_folder_that_cannot_be_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("archcalc.verify.suite.examine", lambda *_: pytest.fail("ran"))
    (tmp_path / "file").write_text("")
    result = command("lenet5", "--device", "meta", "-o", tmp_path / "file")
    assert (result.exit_code, result.output) == (2, f"{tmp_path / 'file'}: file exists\n")


def test_knobs_do_not_go_with_all():
    result = command("--all", "--alpha", "0.5")
    assert result.exit_code == 2
    assert result.output.startswith("no option '--alpha' (options of verify: --all, ")
    assert result.output.endswith("; knobs where a network is named)\n")


@pytest.mark.parametrize("error", [ImportError("libtorch.so: cannot open"), OSError("libcudart.so: cannot open")])
def test_a_broken_torch_is_not_called_missing(tmp_path, error):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(f"raise {error!r}")
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", "verify", "lenet5"], capture_output=True, text=True, timeout=300,
        env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parent.parent}", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 2
    assert f"torch, which is installed but does not load ({error}): pip install" in done.stderr


def test_a_device_that_cannot_compute_is_said_at_the_start(monkeypatch):
    def fail(device):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nmore")

    monkeypatch.setattr("archcalc.verify.device.try_out", fail)
    result = command("--all", "--device", "cpu")
    assert result.exit_code == 2
    assert result.output == ("no device 'cpu': CUDA error: no kernel image is available for execution on the device\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "verify takes the names of networks, or --all"),
        (["--all", "lenet5"], "verify takes the names of networks, or --all"),
        (["lenet5", "--device", "tpu"], "no device 'tpu'; there are auto, cuda, cpu, meta"),
        (["lenet5", "--device", "cuda"], "no device 'cuda': torch"),
        (["lenet5", "--device", "cpu:0:0"], "no device 'cpu:0:0': "),
        (["nothing"], "no network 'nothing'"),
        (["lenet5", "--beta", "1"], "no option '--beta' (options of verify: --all, "),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(words, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = command(*words)
    assert result.exit_code == 2
    assert result.output.startswith(message)
    assert result.output.count("\n") == 1


def test_no_torch_is_said_in_one_line():
    code = "import sys; sys.modules['torch'] = None; from archcalc.cli import main; main(['verify', 'lenet5'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "this needs torch, which is not installed: pip install 'archcalc[torch]'\n"
    assert done.stdout == ""


def test_to_torch_without_torch_says_so():
    code = "import sys; sys.modules['torch'] = None; import archcalc; archcalc.load('lenet5').to_torch()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("which is not installed: pip install 'archcalc[torch]'")


def test_too_old_a_torch_is_refused(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "2.3.1+cu118")
    with pytest.raises(
        archcalc.ArchcalcError, match=r"^torch 2\.3\.1\+cu118 is too old for a verification, which needs 2\.4"
    ):
        package._check()


def test_auto_takes_cuda_where_there_is_one(monkeypatch):
    from archcalc.verify import device

    for available, kind in ((False, "cpu"), (True, "cuda")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        monkeypatch.setattr(device, "try_out", lambda device: None)
        assert device.find_device("auto").type == kind


def test_receipt_is_for_people_and_programs(tmp_path):
    folder = tmp_path / "new" / "folder"
    result = command("mobilenet_v1", "--device", "meta", "--alpha", "0.5", "--time", "-o", folder)
    assert result.exit_code == 2
    data = json.loads((folder / "meta.json").read_text())
    (network,) = data["verified"]
    report = archcalc.load("mobilenet_v1").summary(alpha=0.5)
    assert (network["params"], network["mult_adds"]) == (report.totals.params, report.totals.mult_adds)
    assert (network["layers"], network["differences"]) == (len(report.layers), [])
    assert data["environment"]["torch"] in torch.__version__
    assert data["not_run"] == [
        {"label": "mobilenet_v1@alpha=0.5", "what": "time", "reason": "the meta device computes nothing"}
    ]
    page = (folder / "meta.md").read_text()
    assert f"Written by `archcalc verify mobilenet_v1 --device meta --time --output {folder} --alpha 0.5`." in page
    assert f"| {report.totals.mult_adds:,} |" in page
    assert "## Not run" in page


def test_receipt_tells_differences(tmp_path, monkeypatch):
    monkeypatch.setattr(KINDS["maxpool"], "buffers", lambda self, x: {"index": x[:1]})
    assert command("alexnet", "--device", "meta", "-o", tmp_path).exit_code == 1
    (network,) = json.loads((tmp_path / "meta.json").read_text())["verified"]
    told = "buffers: formula index 96, torch none\n    maxpool(3, stride=2) on 96 x 55 x 55 ("
    assert told in network["differences"][0]
    assert "alexnet: " + network["differences"][0] in (tmp_path / "meta.md").read_text()


def test_receipt_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "taken").write_text("a file")
    result = command("lenet5", "--device", "meta", "-o", tmp_path / "taken")
    assert result.exit_code == 2
    assert "taken" in result.output
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_knob_that_breaks_the_network_is_refused_before_anything_runs():
    result = command("resnet18", "--resolution", "1", "--device", "meta")
    assert result.exit_code == 2


def test_status_says_failed_before_not_run():
    report = archcalc.load("lenet5").summary()
    fine = verify(report, META, 2)
    broken = replace(fine, differences=("x",))
    skipped = NotRun("vgg16", "layers", "too large")
    assert [gather("", {}, results).status for results in ([fine], [fine, skipped], [fine, skipped, broken])] == [
        0,
        2,
        1,
    ]


def test_batch_is_what_was_asked_for():
    report = archcalc.load("lenet5").summary()
    assert [next(examine(report, Asked(META, batch))).batch for batch in (None, 1, 3)] == [2, 1, 3]
