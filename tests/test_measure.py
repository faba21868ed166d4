"""Times, bounds, memory as an allocator reports it: the arithmetic, and the paths that need CUDA with CUDA played."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.figures.rules import ABSENT
from archcalc.verify import allocator, clock, device, timing
from archcalc.verify.allocator import Used, used_forward, used_training
from archcalc.verify.clock import MODES, Clock, Times, precision, time_network
from archcalc.verify.device import environment, free_memory
from archcalc.verify.module import to_module
from archcalc.verify.receipt import page, write_receipt
from archcalc.verify.suite import Asked, examine
from archcalc.verify.tables import Findings, NotRun, kinds_table, layers_table, used_table
from archcalc.verify.timing import Ceilings, Work, by_kind, filling_batch, joined, measure, study, work

CPU = torch.device("cpu")
FP32 = MODES[0]


@pytest.fixture(scope="module")
def small():
    return archcalc.load("mobilenet_v1").summary(alpha=0.25, rho=Fraction(1, 7))


@pytest.fixture(scope="module")
def measured(small):
    """Given measurements: a pass takes 1 ms, each layer 10 us; the device has 1 T operations/s and 100 GB/s."""
    times = Times(1e-3, [1e-5] * len(small.layers))
    return joined(small, "cuda:0", FP32, 8, Ceilings(1e12, 1e11), times)


# Roofline


def test_bound_is_the_larger_of_two_times():
    ceilings = Ceilings(operations=100.0, bandwidth=10.0)
    assert ceilings.ridge == 10
    busy, moving = Work("a", "conv", "", 1000, 20), Work("b", "relu", "", 0, 20)
    assert (busy.bound(ceilings), busy.limit(ceilings), busy.intensity) == (10, "operations", 50)
    assert (moving.bound(ceilings), moving.limit(ceilings), moving.intensity) == (2, "bandwidth", 0)
    assert Work("c", "flatten", "", 0, 0).intensity == 0


def test_work_of_layers_by_hand(tmp_path):
    """conv: in 2*4*4, out 3*4*4, weights 3*2*9 + 3; depthwise: in and out 3*4*4, weights 27; a view moves nothing."""
    path = tmp_path / "net.yaml"
    path.write_text(
        "net: By hand\ninput: [2, 4, 4]\nlayers:\n  - conv(3, 3, pad=1)\n"
        "  - dw: conv(3, 3, pad=1, groups=3, bias=false)\n"
        "  - batchnorm\n  - add:\n      a:\n        - relu\n      b: []\n  - flatten\n  - linear(5, bias=false)\n"
    )
    found = {one.layer: one for one in work(archcalc.load(str(path)).summary(), batch=10, width=2)}
    assert found["conv"].operations == 2 * 10 * 54 * 16
    assert found["conv"].traffic == 2 * (10 * (32 + 48) + 57)
    assert (found["dw"].kind, found["dw"].traffic) == ("depthwise conv", 2 * (10 * 96 + 27))
    assert found["batchnorm"].traffic == 2 * (10 * 96 + 12)
    assert (found["add"].operations, found["add"].traffic) == (0, 2 * 10 * 3 * 48)
    assert found["flatten"].traffic == 0
    assert (found["linear"].operations, found["linear"].traffic) == (2 * 10 * 48 * 5, 2 * (10 * 53 + 240))


def test_one_channel_is_not_depthwise(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: Grey\ninput: [1, 4, 4]\nlayers:\n  - conv(3, 3)\n")
    assert [one.kind for one in work(archcalc.load(str(path)).summary(), 1, 4)] == ["conv"]


def test_work_of_layers_that_run_for_each_region(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: R\ninput: [2, 9, 9]\nlayers:\n  - roi_pool(3, 5)\n  - flatten\n  - linear(6, bias=false)\n")
    found = {one.layer: one for one in work(archcalc.load(str(path)).summary(), batch=1, width=4)}
    assert found["roi_pool"].traffic == 4 * (2 * 81 + 5 * 18)
    assert found["linear"].operations == 2 * 5 * 18 * 6
    assert found["linear"].traffic == 4 * (5 * (18 + 6) + 18 * 6)


def test_operations_add_up_to_the_report(small):
    assert sum(one.operations for one in work(small, 3, 4)) == 2 * 3 * small.totals.mult_adds


def test_time_by_kind(measured, small):
    kinds = {one.kind: one for one in by_kind(measured)}
    assert kinds["depthwise conv"].layers == 13
    assert sum(one.layers for one in kinds.values()) == len(small.layers)
    assert sum(one.operations for one in kinds.values()) == pytest.approx(1)
    assert sum(one.seconds for one in kinds.values()) == pytest.approx(1)
    assert kinds["relu"].seconds == pytest.approx(27 / len(small.layers))
    assert kinds["flatten"].fraction is None
    depthwise = [one for one in measured.layers if one.work.kind == "depthwise conv"]
    assert kinds["depthwise conv"].fraction == pytest.approx(sum(one.bound for one in depthwise) / (13 * 1e-5))


def test_tables_show_intensity_bound_time_and_fraction(measured):
    table = layers_table(measured)
    keys = [column.name for column in table.columns]
    row = dict(zip(keys, next(row for row in table.texts() if row[0] == "stem"), strict=True))
    (stem,) = [one for one in measured.layers if one.work.layer == "stem"]
    moved = 4 * (8 * (3 * 32 * 32 + 8 * 16 * 16) + 8 * 3 * 9)
    assert stem.work.traffic == moved
    assert row["ops/byte"] == f"{2 * 8 * 8 * 27 * 256 / moved:.2f}"
    assert (row["limit"], row["time us"]) == ("bandwidth", "10.0")
    assert row["bound us"] == f"{moved / 1e11 * 1e6:,.1f}"
    assert row["reached"] == f"{100 * moved / 1e11 / 1e-5:.1f} %"
    assert "Measured in this run: 1.00 T operations/s, 100.0 GB/s." in kinds_table(measured).notes


# Pictures


def test_picture_has_a_point_for_each_layer_that_multiplies(measured, small):
    pytest.importorskip("matplotlib")
    from archcalc.verify.plot import roofline_picture

    svg = roofline_picture([measured, measured])
    assert svg == roofline_picture([measured, measured])
    tree = ElementTree.fromstring(svg)
    groups = [group for group in tree.iter("{http://www.w3.org/2000/svg}g") if "line2d" in group.get("id", "")]
    counts = [len(list(group.iter("{http://www.w3.org/2000/svg}use"))) for group in groups]
    layers = sum(row.mult_adds > 0 for row in small.layers)
    drawn = [count for count in counts if count > 1]  # ticks and the legend's marks have one
    assert sum(drawn) + 1 * 2 == 2 * layers  # the one linear layer is a line of one point, in both panels
    assert roofline_picture([measured], "png").startswith(b"\x89PNG")


def test_a_label_is_no_mathematics(measured):
    pytest.importorskip("matplotlib")
    from archcalc.verify.plot import roofline_picture

    label = "$x^2_{a}$ \\frac 中"
    svg = ElementTree.fromstring(roofline_picture([replace(measured, label=label)]))
    assert f"{label}, {measured.mode}, batch {measured.batch}" in list(svg.itertext())


def test_roof_bends_at_the_ridge():
    from archcalc.verify.plot import roof

    corners, heights = roof(Ceilings(100.0, 10.0), [2.0, 40.0])
    assert (corners, heights) == ([1, 10, 80], [10, 100, 100])


def test_no_matplotlib_is_said_and_the_rest_written(measured, tmp_path, monkeypatch):
    from archcalc.verify import plot, receipt
    from archcalc.verify import receipt as pages

    for module in (pages, plot, receipt):
        monkeypatch.setattr(module, "can_draw", lambda: False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(archcalc.ArchcalcError, match="a picture needs matplotlib"):
        plot.roofline_picture([measured])
    written = write_receipt(Findings("c", {"device": "d"}, timed=(measured,)), tmp_path, "x")
    assert [path.name for path in written] == ["x.json", "x.md"]
    assert "No picture: matplotlib is not installed." in (tmp_path / "x.md").read_text()


# Clocks


class Events:
    """Plays torch.cuda: an event takes the time at which the work before it is done."""

    def __init__(self, monkeypatch, costs):
        self.log, self.now, self.costs = [], 0.0, costs
        played = {
            "Event": self.event, "_sleep": self.sleep, "synchronize": self.synchronize, "current_stream": str,
            "device": lambda device: nullcontext(),
        }  # fmt: skip
        for name, function in played.items():
            monkeypatch.setattr(clock.torch.cuda, name, function)

    def event(self, enable_timing):
        assert enable_timing
        event = SimpleNamespace(at=None)

        def record(stream):
            event.at = self.now
            self.log.append("mark")

        event.record = record
        event.elapsed_time = lambda end: 1000 * (end.at - event.at)
        return event

    def sleep(self, cycles):
        self.log.append(f"wait {cycles}")

    def synchronize(self, *_):
        self.log.append("synchronize")

    def run(self):
        self.now += next(self.costs)
        self.log.append("run")


def test_device_events_time_warmed_up_runs(monkeypatch):
    events = Events(monkeypatch, iter([9.0] * 5 + [3.0, 1.0, 2.0, 100.0, 2.0]))
    seconds = Clock(torch.device("cuda")).time(events.run, repeats=5, layers=7)
    assert seconds == [3.0, 1.0, 2.0, 100.0, 2.0]
    wait = f"wait {7 * clock.AHEAD}"
    assert events.log == ["run"] * 5 + ["synchronize"] + [wait, "mark", "run", "mark"] * 5 + ["synchronize"]


def test_layers_are_timed_with_device_events_inside_a_pass(monkeypatch, small):
    events = Events(monkeypatch, iter(()))
    network = to_module(small.graph).eval()
    costs = [float(i + 1) for i, _ in enumerate(network.layers())]
    for cost, layer in zip(costs, network.layers(), strict=True):
        layer.register_forward_hook(lambda *_, cost=cost: setattr(events, "now", events.now + cost))
    with torch.device("cpu"):
        times = time_network(network, torch.zeros(1, *small.input), Clock(torch.device("cuda")), repeats=3)
    assert times.layers == costs
    assert times.whole == sum(costs)
    assert not any(layer._forward_pre_hooks for layer in network.layers())


def test_times_on_a_cpu(small):
    (timed,) = study(small, CPU, batch=2, repeats=3)
    assert (timed.mode, timed.batch, len(timed.layers)) == ("fp32", 2, len(small.layers))
    assert all(one.seconds > 0 for one in timed.layers)
    assert sum(one.seconds for one in timed.layers) < 20 * timed.whole
    assert 0 < timed.floor < timed.whole
    assert timed.whole > timed.bound / 20  # a pass is not magically faster than the roofline


def test_ceilings_come_from_a_product_and_a_copy(monkeypatch):
    seconds = iter([[0.7, 0.5], [0.25, 3.0]])
    monkeypatch.setattr(Clock, "time", lambda self, run: (run(), next(seconds))[1])
    assert measure(CPU, FP32, side=10, copied=1000) == Ceilings(2 * 10**3 / 0.5, 2 * 1000 / 0.25)


def test_precision_is_set_and_put_back():
    places = (torch.backends.cuda.matmul, torch.backends.cudnn)
    found = [place.allow_tf32 for place in places]
    for before in ([False, True], [True, False]):
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value
        for mode in MODES:
            with precision(mode):
                assert [place.allow_tf32 for place in places] == [mode.tf32] * 2
            assert [place.allow_tf32 for place in places] == before
    for place, value in zip(places, found, strict=True):
        place.allow_tf32 = value
    assert [(mode.name, mode.width) for mode in MODES] == [("fp32", 4), ("tf32", 4), ("bf16", 2)]


def test_cuda_is_timed_in_all_modes_and_a_cpu_in_one():
    assert [mode.name for mode in timing.modes(torch.device("cuda"))] == ["fp32", "tf32", "bf16"]
    assert [mode.name for mode in timing.modes(CPU)] == ["fp32"]


@pytest.mark.parametrize(
    ("rates", "batch"),
    [
        ([1, 2, 4, 8, 8.1, 8.2], 8),
        ([1, 1.01, 1.02], 1),
        ([1, 2, 1, 4, 3, 4.1], 8),  # of one batch the library chose badly
        ([1, 2, 1, 1], 2),
    ],
)
def test_the_batch_that_fills_the_device(monkeypatch, small, rates, batch):
    """Doubled while examples a second still grow by a twentieth, one exception apart."""
    passes = iter(rates)
    asked = []

    def run(report, device, mode, size, repeats):
        asked.append(size)
        return Times(size / next(passes), [])

    monkeypatch.setattr(timing, "run", run)
    monkeypatch.setattr(timing, "free_memory", lambda device: 2**40)
    assert filling_batch(small, CPU) == batch
    assert asked == [2**i for i in range(len(rates))]


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        RuntimeError("Expected canUse32BitIndexMath(input) to be true, but got false."),
    ],
    ids=["memory", "cudnn", "index"],
)
def test_the_batch_is_the_last_one_that_ran(monkeypatch, small, error):
    def run(report, device, mode, size, repeats):
        if size == 8:
            raise error
        return Times(1.0, [])

    monkeypatch.setattr(timing, "run", run)
    monkeypatch.setattr(timing, "free_memory", lambda device: 2**40)
    assert filling_batch(small, CPU) == 4


def test_what_a_cuda_device_is(monkeypatch):
    gpu = SimpleNamespace(total_memory=80 * 2**30, multi_processor_count=132, major=9, minor=0)
    played = {
        "get_device_name": lambda device: "NVIDIA Played",
        "get_device_properties": lambda device: gpu,
        "mem_get_info": lambda device: (1000, 5000),
        "memory_reserved": lambda device: 300,
        "memory_allocated": lambda device: 100,
    }
    for name, function in played.items():
        monkeypatch.setattr(torch.cuda, name, function)
    found = environment(torch.device("cuda"))
    assert found["device"] == "NVIDIA Played"
    assert found["memory"] == "80.0 GiB, 132 multiprocessors"
    assert found["compute capability"] == "9.0"
    assert {"driver", "CUDA", "cuDNN", "torch", "timm"} <= set(found)
    assert free_memory(torch.device("cuda")) == 1200


def test_the_batch_fits_the_memory(monkeypatch, small):
    monkeypatch.setattr(timing, "run", lambda report, device, mode, size, repeats: Times(1.0, []))
    monkeypatch.setattr(timing, "free_memory", lambda device: 2 * archcalc.memory.footprint.memory(small, 32).inference)
    assert filling_batch(small, CPU) == 32
    assert filling_batch(small, CPU, archcalc.memory.footprint.memory(small, 8).inference) == 8


def test_the_batch_of_a_timing_keeps_to_the_limit(monkeypatch, small):
    """Whatever there is on the device."""
    limit = archcalc.memory.footprint.memory(small, 8).inference / 2**30
    monkeypatch.setattr(timing, "free_memory", lambda device: 2**40)
    monkeypatch.setattr(
        timing, "run", lambda report, device, mode, size, repeats: Times(1.0, [0.0] * len(small.layers))
    )
    monkeypatch.setattr(timing, "measure", lambda device, mode: Ceilings(1.0, 1.0))
    _, timed = examine(small, Asked(CPU, limit=limit, time=True))
    assert timed.batch == 8


def test_free_memory_of_a_cpu_is_what_linux_says(monkeypatch, tmp_path):
    monkeypatch.setattr(device, "MEMINFO", tmp_path / "meminfo")
    assert free_memory(CPU) is None
    device.MEMINFO.write_text("MemTotal:       24000 kB\nMemAvailable:    9000 kB\n")
    assert free_memory(CPU) == 9000 * 1024
    device.MEMINFO.write_text("MemTotal:       24000 kB\n")
    assert free_memory(CPU) is None


# Memory


def test_memory_on_a_cpu_is_what_is_alive(small):
    forward, step = used_forward(small, CPU, 4), used_training(small, CPU, 4)
    assert (forward.what, forward.inside) == ("forward", 0)
    assert abs(step.inside) < 0.03 * step.formula
    assert forward.requested >= forward.tensors == forward.formula
    assert (forward.rounding, forward.standing) == (None, None)


def test_what_needs_no_workspace_asks_a_cpu_for_its_tensors_alone(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: Plain\ninput: [3, 64, 64]\nlayers:\n  - relu\n  - sigmoid\n  - relu6\n")
    found = used_forward(archcalc.load(str(path)).summary(), CPU, 5)
    assert found.requested == found.formula == 3 * 5 * 3 * 64 * 64 * 4
    assert (found.workspace, found.error) == (0, 0)


def test_what_has_no_weights_has_no_training_step(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: Pool\ninput: [1, 4, 4]\nlayers:\n  - avgpool(2)\n")
    _, only = examine(archcalc.load(str(path)).summary(), Asked(CPU, memory=True))
    assert (only.what, only.error) == ("forward", 0)


def test_memory_of_an_allocator_is_taken_apart(monkeypatch, small):
    """Statistics as CUDA gives them: before any pass, after the first, and at the second one's peak."""
    x = 2 * small.input[0] * small.input[1] * small.input[2] * 4

    def bytes_(requested, allocated, when):
        return {f"requested_bytes.all.{when}": requested, f"allocated_bytes.all.{when}": allocated}

    monkeypatch.setattr(torch._C, "_cuda_clearCublasWorkspaces", lambda: calls.append("clear"), raising=False)
    given = iter([bytes_(100, 512, "current"), bytes_(1100, 1536, "current"), bytes_(9000, 9728, "peak")])
    calls = []
    for name in ("reset_peak_memory_stats", "empty_cache"):
        monkeypatch.setattr(allocator.torch.cuda, name, lambda *_, name=name: calls.append(name))
    monkeypatch.setattr(allocator, "synchronize", lambda device: calls.append("synchronize"))
    monkeypatch.setattr(allocator.torch.cuda, "memory_stats", lambda device: next(given))
    found = allocator._asked_of_cuda(
        to_module(small.graph), torch.zeros(2, *small.input), lambda *_: calls.append("run")
    )
    assert calls == ["clear", "empty_cache", "run", "synchronize", "reset_peak_memory_stats", "run", "synchronize"]
    assert found == {"requested": 7900 + x, "allocated": 8192 + x, "standing": 1000}
    used = Used("n", "forward", 2, formula=5000, tensors=6000, **found)
    assert (used.inside, used.workspace, used.rounding) == (1000, 1900 + x, 292)
    assert used.error == pytest.approx(5000 / (8192 + x) - 1)


def test_memory_table_has_the_allocators_columns_where_one_was_asked():
    alive, asked = Used("n", "forward", 2, 5000, 6000), Used("n", "forward", 2, 5000, 6000, 6500, 6656, 100)
    assert used_table([alive]).rows == (("n", "forward", 2, 5000 / 6000 - 1, 5000, 6000, 1000),)
    assert used_table([Used("n", "forward", 2, 5000, 6000, 6400)]).rows == (
        ("n", "forward", 2, 5000 / 6400 - 1, 5000, 6000, 1000, 6400, 400),
    )
    assert used_table([alive, asked]).rows == (
        ("n", "forward", 2, 5000 / 6000 - 1, 5000, 6000, 1000, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT),
        ("n", "forward", 2, 5000 / 6656 - 1, 5000, 6000, 1000, 6500, 500, 6656, 156, 100),
    )


# Commands


def test_memory_and_time_on_the_command_line(tmp_path):
    words = ["lenet5", "--device", "cpu", "--batch", "4", "--memory", "--time", "-o", str(tmp_path)]
    result = CliRunner().invoke(main, ["verify", *words])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith("compared; no difference; memory is reported, not judged")
    text = (tmp_path / "cpu.md").read_text()
    for heading in (
        "## Memory",
        "## lenet5 in fp32 on cpu, batch 4: by kind",
        "## lenet5 in fp32 on cpu, batch 4: by layer",
    ):
        assert heading in text
    pictures = re.findall(r"!\[roofline\]\((\S+)\)", text)
    assert all((tmp_path / picture).read_bytes().startswith(b"<?xml") for picture in pictures)


def test_out_of_memory_is_not_a_failure(monkeypatch, small):
    def full(*_, **__):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB.\nmore")

    monkeypatch.setattr("archcalc.verify.suite.study", full)
    results = list(examine(small, Asked(CPU, time=True)))
    assert results[-1] == NotRun(small.label, "time", "the device failed: CUDA out of memory. Tried to allocate 3 GiB.")


def test_what_was_timed_stays_where_a_later_mode_fails(monkeypatch, small):
    def timed(report, device, mode, *_):
        if mode.name == "bf16":
            raise RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED")
        return mode.name

    monkeypatch.setattr(timing, "_timed", timed)
    monkeypatch.setattr(timing, "modes", lambda device: MODES)
    _, *found = examine(small, Asked(CPU, batch=1, time=True))
    assert found == [
        "fp32",
        "tf32",
        NotRun(small.label, "time", "the device failed: cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"),
    ]


def test_page_says_what_was_compared_and_what_not(measured):
    text = page(
        Findings("archcalc verify x", {"device": "A | B"}, timed=(measured,), not_run=(NotRun("n", "w", "why"),))
    )
    assert text.startswith("# Verification: A \\| B\n\nnothing compared; 1 not run.\n")
    assert re.search(r"\| n +\| w +\| why +\|", text)


def test_memory_command():
    result = CliRunner().invoke(
        main, ["memory", "resnet18", "--batch", "2", "--dtype", "bfloat16", "--resolution", "64"]
    )
    assert result.exit_code == 0
    found = archcalc.memory.footprint.memory(archcalc.load("resnet18").summary(resolution=64), 2, "bfloat16")
    for number in (found.weights, found.activations, found.inference, found.training):
        assert f"{number:,}" in result.output
