"""Write tools.csv anew: the integers that counting tools give for real modules. From tests/: python -m references.tools

The modules are archcalc's own (`to_torch()` of every network, and every example of every kind of layer) and those of
tests/witness; one example as input, in evaluation, no weights loaded. The tests do not run this, they read
the file. Needs a torch that computes on the processor, and pip install torchinfo fvcore ptflops thop calflops
transformers accelerate torchvision timm pytorchcv. Words after the command choose the networks that contain one of
them, which are shown and not written.
"""

from __future__ import annotations

import csv
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib.metadata import version
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import thop
import torch
import torchinfo
from archcalc_witness.build import builder, without_compiled_operators, written
from archcalc_witness.sources import SOURCES
from fvcore.nn import FlopCountAnalysis
from laws.common import Example, examples, read
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.verify.module import Function, to_module

with without_compiled_operators():  # they import torchvision
    from calflops import calculate_flops
    from ptflops import get_model_complexity_info

FILE = Path(__file__).with_name("tools.csv")
PACKAGES = ("torch", "torchinfo", "fvcore", "ptflops", "thop", "calflops", "torchvision", "timm", "pytorchcv")
OWN, LAYER = "archcalc", "archcalc, one layer"
BEYOND: dict[str, tuple[int, ...]] = {  # what the kinds' own examples leave open: other axes, sizes that do not divide
    "conv(6, 3, pad=1)": (4, 7, 5, 6),
    "conv(6, 2, stride=2, pad=same, groups=2)": (4, 9),
    "conv_transpose(6, 3)": (4, 5),
    "conv_transpose(4, (1, 2, 3), bias=false)": (6, 3, 4, 5),
    "batchnorm(scale=false)": (12,),
    "batchnorm": (4, 3, 5, 7),
    "groupnorm(1)": (6, 11),
    "lrn(4)": (9, 6),
    "lrn(3)": (5, 4, 3, 2),
    "l2norm": (8, 3, 5),
    "relu": (4, 3, 2, 5),
    "softmax": (21, 6, 7),
    "maxpool(3, stride=2, pad=same)": (5, 10, 9),
    "maxpool(2, pad=same)": (5, 10, 8),
    "maxpool((1, 2, 3))": (4, 6, 7, 9),
    "avgpool(3)": (4, 11),
    "avgpool(2, stride=1)": (4, 5, 6, 7),
    "global_avgpool": (6, 5, 4, 3),
    "adaptive_avgpool(3)": (7, 11),
    "adaptive_avgpool((5, 3))": (7, 11, 13),
    "adaptive_avgpool(2)": (3, 5, 7, 3),
    "upsample(3)": (4, 5),
    "resize(4)": (2, 3, 4, 5),
    "softmax(axis=1)": (3, 4, 5),
    "attention(2, axis=-1)": (3, 4, 6),
    "upsample(2)": (2, 3, 4, 5),
}


class Subject(NamedTuple):
    """A module to count: what it is to archcalc, where it comes from, its input, how it is built."""

    network: str
    module: str
    inputs: tuple[tuple[int, ...], ...]
    build: Callable[[], nn.Module]


class Inputs(nn.Module):
    """A layer with all of its inputs; a tool gives the first."""

    def __init__(self, layer: nn.Module, others: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        self.layer, self.others = layer, others
        self.place = nn.Parameter(torch.empty(0))  # calflops asks the first parameter where to make the input

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x, *(x.new_zeros(1, *shape) for shape in self.others))


def subjects() -> Iterator[Subject]:
    """archcalc's networks, the witnesses each with archcalc's network at its knobs, the kinds of layer."""
    reports = [archcalc.load(name).summary() for name in archcalc.names(kind="network")]
    seen = {report.label for report in reports}
    yield from map(own, reports)
    for table, source in SOURCES.items():
        if source.library == "keras" or source.part or source.training:
            continue
        network = archcalc.load(source.network or table)
        knobs = {name: network.accept(name, str(value), text=True) for name, value in source.knobs.items()}
        report = network.summary(**knobs)
        if report.label not in seen:
            seen.add(report.label)
            yield own(report)
        text = f"{source.origin}: {written(source)}"
        yield Subject(report.label, text, (source.input,), lambda s=source: builder(s)(*s.arguments, **s.options))
    for text, layer, shapes in [*examples(), *(Example(text, read(text), (x,)) for text, x in BEYOND.items())]:
        yield Subject(text, LAYER, shapes, lambda x=(layer, shapes, text): one_layer(*x))


def own(report: archcalc.Report) -> Subject:
    """archcalc's own module of a network, as `to_torch()` gives it."""
    return Subject(report.label, OWN, (tuple(report.input),), lambda: to_module(report.graph))


def one_layer(layer: Any, shapes: tuple[tuple[int, ...], ...], text: str) -> nn.Module:
    """A layer as archcalc's modules hold it."""
    made = layer.module(torch, *shapes)
    if made is None:
        raise ValueError(f"no torch module: only the shape of what it gives is declared ({text})")
    return Inputs(made if isinstance(made, nn.Module) else Function(made, text), shapes[1:])


def by_torch(module: nn.Module, x: torch.Tensor) -> list[Any]:
    """Half of what FlopCounterMode counts: a multiplication with its addition counts 1."""
    with FlopCounterMode(display=False) as counter:
        module(x)
    return [counter.get_total_flops() / 2]


def by_torchinfo(module: nn.Module, x: torch.Tensor) -> list[Any]:
    """What it prints as mult-adds."""
    return [torchinfo.summary(module, input_data=x, device=x.device, verbose=0).total_mult_adds]


def by_fvcore(module: nn.Module, x: torch.Tensor) -> list[Any]:
    """Operators that it does not know count nothing, of which it warns."""
    return [FlopCountAnalysis(module, x).total()]


def by_ptflops(module: nn.Module, x: torch.Tensor, **options: Any) -> list[Any]:
    """Its default is the backend "pytorch", which counts modules and functions."""
    shape = tuple(x.shape[1:])
    return [get_model_complexity_info(module, shape, print_per_layer_stat=False, as_strings=False, **options)[0]]


def by_thop(module: nn.Module, x: torch.Tensor) -> list[Any]:
    """What it calls MACs."""
    return [thop.profile(module, (x,), verbose=False)[0]]


def by_calflops(module: nn.Module, x: torch.Tensor) -> list[Any]:
    """What it calls MACs and FLOPs."""
    flops, macs, _ = calculate_flops(module, tuple(x.shape), print_results=False, output_as_string=False)
    return [macs, flops]


# on the meta device only where hooks count: torch runs Python of its own there, whose operators ptflops would count
TOOLS: dict[tuple[str, ...], tuple[Callable[[nn.Module, torch.Tensor], list[Any]], str]] = {
    ("torch",): (by_torch, "meta"),
    ("torchinfo",): (by_torchinfo, "meta"),
    ("fvcore",): (by_fvcore, "cpu"),
    ("ptflops",): (by_ptflops, "cpu"),
    ("ptflops_modules",): (partial(by_ptflops, backend_specific_config={"count_functional": False}), "cpu"),
    ("ptflops_aten",): (partial(by_ptflops, backend="aten"), "cpu"),
    ("thop",): (by_thop, "meta"),
    ("calflops", "calflops_flops"): (by_calflops, "cpu"),
}
COLUMNS = ("network", "module", "input", *(name for names in TOOLS for name in names))
TASKS: list[tuple[Subject, tuple[str, ...]]] = []  # a forked process inherits them; how to build a module is not sent


def count(place: int) -> list[str]:
    """What a task counts: integers, or why there are none."""
    subject, names = TASKS[place]
    function, device = TOOLS[names]
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            with torch.device("meta"):
                module = subject.build()
            with torch.set_grad_enabled(
                device == "meta"
            ):  # on the processor what is kept for a backward pass takes room
                numbers = function(
                    module.to_empty(device=device).eval(), torch.zeros(1, *subject.inputs[0], device=device)
                )
        return list(map(exact, numbers))
    except Exception as error:
        spoken = [line.strip() for line in said.getvalue().splitlines() if line.startswith("<class")]
        reason = f"{type(error.__cause__ or error).__name__}: {error.__cause__ or error}"
        return [" ".join("; ".join([reason, *spoken]).split())[:120]] * len(names)


def exact(number: Any) -> str:
    """A whole number, which may come as a float."""
    if number is None or number != int(number):
        raise ValueError(f"{number} is not a whole number")
    return str(int(number))


def rows(chosen: list[str]) -> Iterator[list[str]]:
    """A row for each module. Each count has a process of its own, since some tools leave torch altered."""
    found = [each for each in subjects() if not chosen or any(word in each.network for word in chosen)]
    TASKS.extend((subject, names) for subject in found for names in TOOLS)
    with get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        counts = pool.imap(count, range(len(TASKS)))
        for subject in found:
            numbers = [number for _ in TOOLS for number in next(counts)]
            shapes = " and ".join("x".join(map(str, shape)) for shape in subject.inputs)
            yield [subject.network, subject.module, shapes, *numbers]


def main() -> None:
    """Write the file, or show what is asked for."""
    torch.set_num_threads(1)
    logging.disable()
    warnings.simplefilter("ignore")
    text = StringIO()
    text.writelines(f"# {package}: {version(package)}\n" for package in PACKAGES)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(sys.argv[1:]):
        print(*row, flush=True)
        writer.writerow(row)
    if not sys.argv[1:]:
        FILE.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
