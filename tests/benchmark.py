"""Speed, as ratios measured in one run: `python tests/benchmark.py` (about a minute; needs the test extra).

Absolute times say little on a shared machine, so each figure stands beside what it is compared with, the two measured
in turn, and the ratio is the median of the pairs.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import archcalc

ARCHCALC = Path(sysconfig.get_path("scripts")) / "archcalc"
RESIDUAL = """net: A residual network
given: {{depth: {depth}}}
input: [16, 32, 32]
layers:
  - unit:
      - add:
          body:
            - conv(16, 3, pad=1, bias=false)
            - batchnorm
          shortcut: []
      - relu
    repeat: depth
"""


def process(*command: str) -> tuple[float, float]:
    """Seconds of the processor and peak MiB of a whole process."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def whole_process(pairs: int = 9) -> None:
    """Three processes in turn; this one has not imported torch yet, or the others' peak memory would be its own."""
    summary, click = [str(ARCHCALC), "summary", "resnet152"], [sys.executable, "-c", "import click"]
    commands = (summary, click, [sys.executable, __file__, "resnet152"])
    for command in commands:
        process(*command)  # its files are read, and its modules compiled
    runs = [[process(*command) for command in commands] for _ in range(pairs)]
    ours, least, torch = (median(run[i][0] for run in runs) * 1e3 for i in range(3))
    faster, longer = (median(run[i][0] / run[j][0] for run in runs) for i, j in ((2, 0), (0, 1)))
    print("archcalc summary resnet152, the whole process, against building it on the meta device and counting")
    print(f"  {ours:.0f} ms against {torch:.0f} ms: 1/{faster:.1f} (aim 1/30)")
    print("and against python -c 'import click'")
    print(f"  {least:.0f} ms: {longer:.2f} times as long (aim 2.5)")
    print(f"  peak memory {median(run[0][1] for run in runs):.1f} MiB (aim under 20)")


def count_resnet152() -> None:
    """What a user of torch would do for the same total: a process of its own."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        resnet(torch.nn, 3, 8, 36, 3).eval()(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() // 2 == archcalc.load("resnet152").summary().totals.mult_adds


def in_process(pairs: int = 15) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network, module = archcalc.load("resnet50"), None
    with torch.device("meta"), torch.no_grad():
        module, image = resnet(torch.nn, 3, 4, 6, 3).eval(), torch.empty(1, 3, 224, 224)

        def count() -> int:
            with FlopCounterMode(display=False) as counter:
                module(image)
            return counter.get_total_flops() // 2

        assert count() == network.summary().totals.mult_adds
        runs = [
            (seconds(network.summary), seconds(count), seconds(lambda: resnet(torch.nn, 3, 4, 6, 3)))
            for _ in range(pairs)
        ]
    ours, theirs, build = (median(run[i] for run in runs) for i in range(3))
    ratio = median((run[1] + run[2]) / run[0] for run in runs)
    print("analysing a loaded resnet50 against building it on the meta device and counting with FlopCounterMode")
    print(f"  {ours * 1e3:.2f} ms against {build * 1e3:.0f} + {theirs * 1e3:.0f} ms: 1/{ratio:.0f} (aim 1/100)")


def resnet(nn: object, *units: int) -> object:
    """A ResNet of bottlenecks with the stride on the 3x3, written for this comparison."""

    def conv(i: int, o: int, k: int, s: int = 1) -> object:
        return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o))

    class Unit(nn.Module):
        def __init__(self, i: int, f: int, s: int) -> None:
            super().__init__()
            self.body = nn.Sequential(conv(i, f, 1), nn.ReLU(), conv(f, f, 3, s), nn.ReLU(), conv(f, 4 * f, 1))
            self.shortcut = conv(i, 4 * f, 1, s) if s > 1 or i != 4 * f else nn.Identity()
            self.relu = nn.ReLU()

        def forward(self, x: object) -> object:
            return self.relu(self.body(x) + self.shortcut(x))

    layers, channels = [conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for filters, count, stride in zip((64, 128, 256, 512), units, (1, 2, 2, 2), strict=True):
        for unit in range(count):
            layers.append(Unit(channels, filters, stride if unit == 0 else 1))
            channels = 4 * filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def a_million(pairs: int = 7) -> None:
    """MobileNetV1, every combination: width, resolution and classes; and width and resolution, which all layers see."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network = archcalc.load("mobilenet_v1")
    sweep = network.sweep(alpha="0.25:1.24:0.01", rho="1/7:1:1/224", classes=range(10, 530, 10))
    dense = network.sweep(alpha="0.25:1.289:0.0002", rho="1/7:1:1/224")
    with torch.device("meta"), torch.no_grad():

        def one() -> int:
            module, image = mobilenet_v1(torch.nn).eval(), torch.empty(1, 3, 224, 224)
            with FlopCounterMode(display=False) as counter:
                module(image)
            return counter.get_total_flops() // 2

        assert one() == network.summary().totals.mult_adds
        runs = [(seconds(sweep.arrays), seconds(one), seconds(dense.arrays)) for _ in range(pairs)]
    million, module, slower = (median(run[i] for run in runs) for i in range(3))
    rate = median(run[1] / run[0] for run in runs) * sweep.points
    print(f"{sweep.points:,} configurations of MobileNetV1 against one, built on the meta device and counted")
    print(f"  {million:.2f} s (aim 1 s) against {module * 1e3:.0f} ms: {rate:,.0f} times as many a second")
    print(f"  {dense.points:,} of width and resolution alone, where no layer is shared: {slower:.2f} s")


def depths(pairs: int = 7, points: int = 231) -> None:
    """A knob that decides how often layers repeat, against one that changes sizes alone."""
    print(f"a sweep over {points} lengths of a stage against one over as many numbers of classes (aim 1)")
    for name, depth in (("resnet50", "n4"), ("densenet121", "n3")):
        network, values = archcalc.load(name), range(1, points + 1)
        sweeps = [network.sweep(**{knob: values}) for knob in (depth, "classes")]
        runs = [[seconds(sweep.arrays) for sweep in sweeps] for _ in range(pairs)]
        ratio = median(run[0] / run[1] for run in runs)
        first, second = (median(run[i] for run in runs) * 1e3 for i in range(2))
        print(f"  {name}, {depth}: {first:.0f} ms against {second:.0f} ms: ratio {ratio:.2f}")


def mobilenet_v1(nn: object) -> object:
    """Table 1 of arXiv:1704.04861, written for this comparison."""

    def conv(i: int, o: int, k: int, s: int = 1, groups: int = 1) -> list[object]:
        return [nn.Conv2d(i, o, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

    layers, channels = conv(3, 32, 3, 2), 32
    for out, stride in (
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    ):
        layers += [*conv(channels, channels, 3, stride, channels), *conv(channels, out, 1)]
        channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000), nn.Softmax(-1))


def growth() -> None:
    print("a residual network, depth against time of an analysis (linear: the last column stays)")
    with tempfile.TemporaryDirectory() as folder:
        for depth in (100, 1_000, 10_000):
            path = Path(folder) / "residual.yaml"
            path.write_text(RESIDUAL.format(depth=depth))
            network = archcalc.load(str(path))
            taken = median(seconds(network.summary) for _ in range(3))
            layers = len(network.summary().layers)
            each = taken / layers * 1e6
            print(f"  {depth:>6,} units, {layers:>6,} layers: {taken * 1e3:8.1f} ms, {each:.1f} us a layer")


def all_specs() -> None:
    from archcalc.spec.library import names

    times = []
    start = time.perf_counter()
    for name in names():
        network = archcalc.load(name)
        times.append((seconds(network.summary), name))
    whole = time.perf_counter() - start
    times.sort()
    print(f"all {len(times)} specs, loaded and analysed in one process: {whole:.2f} s; an analysis takes")
    middle, (slowest, name) = median(t for t, _ in times), times[-1]
    print(f"  {middle * 1e3:.2f} ms (median), the slowest {slowest * 1e3:.0f} ms ({name})")


def counted_specs() -> None:
    """Every spec that is a network, against counting its torch module on the meta device."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from archcalc.catalogue import catalogue

    ratios = []
    for spec in catalogue(kind="network"):
        network = archcalc.load(spec.name)
        report = network.summary()
        with torch.device("meta"), torch.no_grad():
            module, image = network.to_torch().to("meta").eval(), torch.empty(1, *report.input)

            def count(module: object = module, image: object = image) -> int:
                with FlopCounterMode(display=False) as counter:
                    module(image)
                return counter.get_total_flops() // 2

            if report.totals.mult_adds != count():
                raise SystemExit(f"{spec.name}: torch counts otherwise")
            ours = min(seconds(network.summary) for _ in range(3))
            ratios.append((seconds(count) / ours, spec.name))
    ratios.sort()
    print(f"{len(ratios)} networks, analysing against counting their modules on the meta device (not building them)")
    (least, slow), (most, fast) = ratios[0], ratios[-1]
    print(f"  1/{median(r for r, _ in ratios):.0f} (median), from 1/{least:.0f} ({slow}) to 1/{most:.0f} ({fast})")


def closed_forms() -> None:
    from archcalc.spec.library import names

    times = {}
    for name in names():
        network = archcalc.load(name)
        times[name] = min(seconds(lambda network=network: network.formula().text()) for _ in range(2))
    slowest = max(times, key=times.get)
    print(f"closed forms of all {len(times)} specs, in every knob that does not decide the structure (aim under 1 s)")
    for name in dict.fromkeys((slowest, "densenet264", "nasnet_large", "resnet1202_cifar")):
        print(f"  {times[name] * 1e3:4.0f} ms {name}{' (the slowest)' * (name == slowest)}")
    print(f"  {median(times.values()) * 1e3:4.0f} ms (median)")


if __name__ == "__main__":
    measures = (whole_process, in_process, a_million, depths, growth, all_specs, closed_forms, counted_specs)
    for measure in (count_resnet152,) if "resnet152" in sys.argv else measures:
        measure()
