"""Figures: each is one entry that is shown wherever figures are; sums add up; what flows is what gradients see."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
import torch
from console import run
from laws.common import examples
from openpyxl import load_workbook

import archcalc
from archcalc import tables as layout
from archcalc.address import address
from archcalc.figures import figure
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.figure import FIGURES, Figure
from archcalc.figures.rules import EVERY, OneLayer, Output, Quotient, Read, Rule, Tally
from archcalc.layers import KINDS
from archcalc.output import FORMATS
from archcalc.spec.library import names

DOCS = Path(__file__).parent.parent / "docs"
DEPTHS = {  # what the networks are named after, or the papers say
    "alexnet": 8, "vgg11": 11, "vgg16": 16, "vgg19": 19, "googlenet": 22, "resnet18": 18, "resnet34": 34,
    "resnet50": 50,
    "resnet101": 101, "resnet152": 152, "densenet121": 121, "densenet169": 169, "densenet201": 201, "mobilenet_v1": 28,
    "resnet20_cifar": 20, "resnet110_cifar": 110, "lenet5_1998": 7,
}  # fmt: skip
FIELDS = {  # Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", table 1
    "vgg16": ("global_avgpool", "maxpool", 212), "mobilenet_v1": ("global_avgpool", "relu", 315),
    "alexnet": ("flatten", "maxpool", 195),
}  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_sums_of_layers_blocks_and_kinds_are_the_network_s(name):
    report = archcalc.load(name).summary()
    tallies = [one.name for one in FIGURES.values() if isinstance(one.rule, Tally)]
    assert len(tallies) >= 20
    for figure_name in tallies:
        total = report.totals.figure(figure_name)
        for rows in (report.layers, report.by("block", 2), report.by("kind")):
            parts = [row.figure(figure_name) for row in rows]
            assert total == (None if None in parts else sum(parts)), figure_name


@pytest.mark.parametrize("format_", FORMATS)
def test_twice_as_many_layers_are_twice_the_work(format_, tmp_path, monkeypatch):
    """However a report is written, how many layers its figures are asked of grows as the network does."""
    asked = []
    for rule in (Rule, Tally, Read, OneLayer):
        monkeypatch.setattr(rule, "of", lambda *given, of=rule.of: asked.append(len(given[-1])) or of(*given))
    visited = []
    for depth in (100, 200):
        spec = tmp_path / f"deep{depth}.yaml"
        spec.write_text(f"net: Deep\ninput: [8, 8, 8]\nlayers:\n  - unit: conv(8, 3, pad=1)\n    repeat: {depth}\n")
        asked.clear()
        file = ["-o", str(tmp_path / "deep.xlsx")] if format_ == "xlsx" else []
        result = run(["summary", str(spec), "--format", format_, *file])
        assert result.exit_code == 0, result.output
        visited.append(sum(asked))
    assert 100 < visited[1] <= 2 * visited[0]


@pytest.mark.parametrize(("name", "depth"), DEPTHS.items())
def test_depth_is_what_the_networks_are_named_after(name, depth):
    assert archcalc.load(name).summary().totals.depth == depth


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields_are_the_published_ones(name):
    _, kind, field = FIELDS[name]
    last = [row for row in archcalc.load(name).summary().layers if row.kind == kind][-1]
    assert last.receptive_field == field


def is_windowed(example):
    """Whether the layer is one of a map in which torch can tell which input an output depends on."""
    return len(example.shapes) == 1 and len(example.shapes[0]) > 1 and example.layer.window(*example.shapes)


@pytest.mark.parametrize("example", [*filter(is_windowed, examples())], ids=str)
def test_a_window_is_what_gradients_see(example):
    """Upon a map so large that the window of a position in the middle meets no edge, with weights that are not 0."""
    layer, (channels, *_) = example.layer, example.shapes[0]
    window = layer.window(*example.shapes)
    rank = len(example.shapes[0]) - 1
    if layer.label in ("global_avgpool", "flatten", "adaptive_avgpool"):
        shape = example.shapes[0]
    else:
        shape = (channels, *(4 * int(size) + 21 for size, _ in window))
    module = layer.module(torch, shape)
    for parameter in getattr(module, "parameters", list)():
        torch.nn.init.ones_(parameter)
    x = torch.rand(1, *shape, requires_grad=True)
    y = module(x)
    y = y.reshape(1, -1, *(1 for _ in range(rank))) if y.dim() == 2 else y
    middle = [n // 2 for n in y.shape[2:]]
    seen = []
    for axis in range(rank):
        for place in (middle, [m + (i == axis and y.shape[2 + i] > m + 1) for i, m in enumerate(middle)]):
            (gradient,) = torch.autograd.grad(y[(slice(None), slice(None), *place)].sum(), x, retain_graph=True)
            where = gradient.abs().sum((0, 1)).nonzero()[:, axis]
            seen.append((int(where.min()), int(where.max())))
    for (first, last), (after, _), (size, step) in zip(seen[::2], seen[1::2], window, strict=True):
        if layer.label == "maxpool":  # of which one element alone has a gradient
            assert last - first < size
        elif layer.label == "conv_transpose":  # neighbours see windows of different sizes; the largest counts
            assert last - first + 1 <= size
        elif layer.label != "upsample":  # of which neighbours may see one and the same position
            assert (last - first + 1, after - first if after != first else step) == (size, step)


@pytest.fixture
def new_figure(monkeypatch):
    """A figure of a kind that there is not yet: the square of nothing but itself, one entry."""
    entry = Figure("halves", "half elements", "halves", "Two for each element of the output.",
                   Tally({EVERY: {"outputs": 2}}))  # fmt: skip
    monkeypatch.setitem(FIGURES, "halves", entry)
    return entry


@pytest.mark.parametrize("format_", ["csv", "json", "md"])
def test_an_entry_alone_is_shown_everywhere(new_figure, format_, tmp_path):
    total = 2 * sum(row.elements for row in archcalc.load("lenet5").summary().layers)
    shown = f"{total:,}" if format_ == "md" else str(total)
    for command in ("summary lenet5 --columns layer,halves --by kind", "compare lenet5 --columns halves",
                    "sweep lenet5 --classes 10 --of halves"):  # fmt: skip
        result = run([*command.split(), "--format", format_])
        first = "12848" if (format_, command[:7]) == ("csv", "summary") else shown  # of conv: it has no line of totals
        assert first in result.output, command
        assert "halves" in result.output or "half elements" in result.output
        assert result.exit_code == 0
    assert "halves" in run(["figures"]).output
    assert str(total) in run(["explain", "lenet5", "--of", "halves"]).output.replace(",", "")
    assert address("share of halves of c1").of(archcalc.load("lenet5").summary()) < 1
    assert archcalc.load("lenet5").formula("halves", free="classes").at(classes=11) == total + 4
    book = tmp_path / "book.xlsx"
    assert run(["export", "lenet5", "-o", str(book), "--columns", "halves"]).exit_code == 0
    cells = [cell.value for row in load_workbook(book, data_only=True)["lenet5"] for cell in row]
    assert {"half elements", total} <= set(cells)


def test_every_figure_is_a_column_and_a_quantity():
    report = archcalc.load("resnet18").summary()
    columns = [name for name, one in FIGURES.items() if one.rule]
    rows = list(
        csv.DictReader(StringIO(run(["summary", "resnet18", "--columns", ",".join(columns), "--format", "csv"]).output))
    )
    assert list(rows[0]) == columns
    for name, one in FIGURES.items():
        if one.network or isinstance(one.rule, (Tally, Quotient, Read)):
            assert address(name).answer(report) is not None
    assert address("kernel of conv1/conv").of(report) == 7
    with pytest.raises(archcalc.ArchcalcError, match="relu has no kernel"):
        address("kernel of relu").of(report)


def test_every_convention_is_accepted_and_says_what_it_counts():
    for name, one in CONVENTIONS.items():
        found = json.loads(run(["summary", "resnet18", "--convention", name, "--format", "json"]).output)
        assert found["totals"][name] == archcalc.load("resnet18").summary().totals.figure(name)
        assert found["convention"].startswith(one.heading)
    assert "no convention 'thip'; did you mean 'thop'?" in run(["summary", "vgg16", "--convention", "thip"]).output


def test_a_sentence_speaks_only_of_what_occurs():
    for name in ("lenet5_1998", "resnet18", "batch_norm", "max_pool"):
        report = archcalc.load(name).summary()
        kinds = {row.kind for row in report.layers}
        words = {word.strip(",;.") for word in report.sentence([*CONVENTIONS, "params", "buffers"]).split()}
        assert words & KINDS.keys() - {"scale"} <= kinds


def test_the_page_of_figures_is_current():
    page = run(["figures", "--format", "md"]).output
    assert page in (DOCS / "figures.md").read_text(), "run: archcalc figures --format md, into docs/figures.md"


def test_size_figures_are_outputs():
    assert {name for name, one in FIGURES.items() if isinstance(one.rule, Output)} >= {"rows", "columns", "channels"}
    assert figure.heading("mult_adds of c1") == "mult-adds of c1"
    assert layout.COLUMNS[:3] == ("layer", "kind", "written")
