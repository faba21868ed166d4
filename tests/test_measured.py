"""What others measured: each row is of a network that there is, as it was tested, and holds nowhere else."""

import csv
import json
import re
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import numpy
import pytest
import sympy
from console import run
from members import members

import archcalc
from archcalc.address import address
from archcalc.core.errors import ArchcalcError
from archcalc.core.layer import Kind
from archcalc.figures.figure import FIGURES
from archcalc.model import reference
from archcalc.printed import PRINTED, agreement
from archcalc.published import BY, measured, measurements
from archcalc.spec.library import names

ROWS = measurements()
LABELS = sorted({row.label for row in ROWS})
UNLIKE = {  # whole numbers that were printed of a network that is not quite this one
    ("inception_v3", "27161264"): "with the auxiliary classifier",
    ("inception_v3", "23626728"): "as arXiv:1610.02357, Table 3, counts Inception V3",
}
ACTIVATIONS = {  # arXiv:2003.13678 counts convolutions alone; its figures for ResNets, in millions: Table 4
    "resnet50": "11.1", "resnet101": "16.2", "resnet152": "22.6",
}  # fmt: skip


@pytest.fixture(scope="module")
def reports():
    return {label: reference(label).summary({}) for label in LABELS}


def test_there_are_many():
    assert len(ROWS) >= 260
    assert len({row.network for row in ROWS}) >= 80
    assert list(ROWS) == sorted(ROWS, key=lambda row: (row.network, row.settings))
    assert len({row[:7] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.label}-{row.by}")
def test_a_row_is_of_a_network_at_the_size_it_was_tested_at(row, reports):
    report = reports[row.label]
    assert row.network in names()
    assert row.source
    assert row.by in BY
    assert row.crops in ("", "1", "10", "dense")
    assert report.label in (row.label, row.network)  # no setting is a default or unknown
    assert (report.label == row.network) is not row.settings
    if row.crops != "dense":
        assert set(report.input[1:]) == {int(row.input)}
    top = [Decimal(text) for text in (row.top1, row.top5) if text]
    assert top == sorted(top)
    assert 40 < top[0] <= top[-1] < 100
    assert report.totals.channels == {"ImageNet": 1000}.get(row.data, 10)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.params or row.work], ids=lambda row: f"{row.label}-{row.by}"
)
def test_printed_numbers_are_near_the_exact_ones(row, reports):
    """A whole number is one of the figures to the last digit; a rounded one is off by less than a sixth."""
    for name in PRINTED:
        printed = getattr(row, name)
        if not printed or (row.network, row.by, printed) == ("nasnet_mobile", "Keras", "7.7M"):  # an early build's
            continue
        exact, counted = agreement(reports[row.label], printed, PRINTED[name])
        if printed.isdigit() and (row.network, printed) not in UNLIKE:
            assert counted in ("params", "total_params")
            assert exact == int(printed)
        value = Fraction(printed.rstrip("MG")) * {"M": 10**6, "G": 10**9}.get(printed[-1], 1)
        assert abs(value / exact - 1) < Fraction(1, 6)
        if counted:
            digit = (
                Fraction(1, 10 ** len(printed.rstrip("MG").partition(".")[2])) * value / Fraction(printed.rstrip("MG"))
            )
            assert abs(value - exact) < digit


@pytest.mark.parametrize("seed", range(300))
def test_an_agreement_is_of_the_printed_digits(seed):
    """Of numbers rounded or cut off at any digit, and of others."""
    random = numpy.random.default_rng(seed)
    report = archcalc.load("vgg16").summary()
    exact, places = report.totals.mult_adds, int(random.integers(0, 5))
    scaled = Fraction(exact, 10**9) * 10**places
    for value, counted in (
        ((scaled + Fraction(1, 2)) // 1, "mult_adds"),
        (scaled // 1, "mult_adds"),
        (scaled // 1 - 3, ""),
    ):
        printed = f"{Decimal(int(value)) / 10**places:.{places}f}G"
        found = agreement(report, printed, ["mult_adds"])
        assert found[0] == exact
        assert found[1].removesuffix(", cut off") == counted
        assert found[1].endswith("cut off") is (counted != "" and value != (scaled + Fraction(1, 2)) // 1)


@pytest.mark.parametrize("label", LABELS)
def test_top1_is_the_one_that_the_rule_names(label, reports):
    rows = [
        row for row in ROWS if row.label == label and row.top1 and row.data == "ImageNet" and row.crops in ("", "1")
    ]
    first = min(rows, key=lambda row: BY.index(row.by), default=None)
    assert measured(reports[label]) == first
    for name in ("top1", "top5"):
        text = getattr(first, name) if first else ""
        assert str(address(name).answer(reports[label]) or "") == text
        assert address(name).of(reports[label]) == (Fraction(text) if text else None)


@pytest.mark.parametrize("name", members())
def test_an_accuracy_holds_only_where_it_was_measured(name):
    """With any one knob turned, it is that of a row with this setting, or unknown."""
    network = archcalc.load(name)
    settings = {row.settings for row in ROWS if row.network == name}
    for knob in network.knobs.values():
        other = next((word for word in knob.choices if word != knob.default), None) or knob.default + 1
        try:
            report = network.summary(**{knob.name: other})
        except ArchcalcError:
            continue
        if report.label.partition("@")[2] not in settings:
            assert address("top1").answer(report) is None
            assert address("top5").of(report) is None


@pytest.mark.parametrize("value", [numpy.array([0.5, 1]), sympy.Symbol("a", positive=True)], ids=["array", "symbol"])
def test_an_accuracy_is_of_single_values(value):
    with pytest.raises(ArchcalcError, match="an accuracy is measured"):
        address("top1").of(archcalc.load("mobilenet_v1").summary(rho=value))


def test_a_file_of_that_name_was_not_measured(tmp_path):
    path = tmp_path / "vgg16.yaml"
    path.write_text(archcalc.load("vgg16").text.replace("conv(", "conv(", 1))
    assert address("top1").of(archcalc.load(path).summary()) is None
    assert address("top1").of(archcalc.load("vgg16").summary()) is not None


def test_a_sweep_knows_each_point_by_itself():
    axes = {"alpha": "0.25:1:0.125", "rho": [Fraction(4, 7), Fraction(6, 7), 1]}
    sweep = archcalc.load("mobilenet_v1").sweep("top1", "mult_adds", **axes)
    for i, alpha in enumerate(sweep.axes["alpha"]):
        for k, rho in enumerate(sweep.axes["rho"]):
            report = archcalc.load("mobilenet_v1").summary(alpha=alpha, rho=rho)
            found = sweep["top1"][i, k]
            assert (None if found is numpy.ma.masked else found) == address("top1").of(report)
            assert sweep["mult_adds"][i, k] == report.totals.mult_adds
    assert 12 == sweep["top1"].count() < sweep["top1"].size


@pytest.mark.parametrize("format_", ["table", "md", "csv", "json", "html", "tex"])
def test_compare_shows_it_as_any_other_figure(format_):
    columns = "title,year,input,depth,params,mult_adds,activations,top1"
    labels = ["densenet121", "mobilenet_v1", "mobilenet_v1@alpha=0.6", "lenet5"]
    shown = run(["compare", *labels, "--columns", columns, "--format", format_], COLUMNS="400").output
    for text in ("74.98", "70.6", "DenseNet-121", "2017", "5043688"):
        assert text in (shown.replace(",", "") if text == "5043688" else shown)
    if format_ == "csv":
        rows = list(csv.DictReader(StringIO(shown.partition("\n\n")[0])))
        assert [row["top1"] for row in rows] == ["74.98", "70.6", "", ""]
        assert [row["year"] for row in rows] == ["2016", "2017", "2017", "1998"]
    if format_ == "json":
        rows = (
            json.loads(shown)["tables"][0]["rows"]
            if isinstance(json.loads(shown), dict)
            else json.loads(shown)[0]["rows"]
        )
        assert [row["top1"] for row in rows] == [74.98, 70.6, None, None]
        assert rows[0]["year"] == 2016
        assert isinstance(rows[0]["year"], int)


@pytest.mark.parametrize("width", range(60, 200, 7))
def test_ratios_are_left_out_before_figures(width):
    """Where a figure has no room, no ratio has been given any; at 100 columns all figures have."""
    columns = "title,year,input,depth,params,mult_adds,activations,top1"
    shown = run(["compare", "resnet50", "vgg16", "--columns", columns], COLUMNS=str(width)).output
    heads = shown.splitlines()[1].split()
    figures = set(columns.replace("mult_adds", "mult-adds").replace("top1", "top-1").split(","))
    assert figures <= {*heads} or "ratio" not in heads
    assert width < 100 or figures <= {*heads}


@pytest.mark.parametrize("format_", ["table", "md", "csv", "json"])
def test_the_rule_stands_beside_the_numbers(format_):
    shown = run(["compare", "vgg16", "--columns", "top1", "--format", format_]).output
    assert (" ".join(FIGURES["top1"].meaning.split()[:6]) in " ".join(shown.split())) is (format_ != "csv")


@pytest.mark.parametrize("name", names())
def test_the_year_is_that_of_the_source(name):
    report = archcalc.load(name).summary()
    found = address("year").of(report)
    arxiv = re.match(r"arXiv:(\d\d)", report.source)
    assert (found is None) is not re.search(r"arXiv:\d|\b(19|20)\d\d\b", report.source)
    assert found == (2000 + int(arxiv[1])) if arxiv else found in (None, *range(1990, 2026))


@pytest.mark.parametrize("name", names())
def test_activations_are_the_outputs_of_layers_that_multiply(name):
    report = archcalc.load(name).summary()
    for row in report.layers:
        node = report.graph.nodes[row.nodes[0]]
        multiplies = type(node.layer).products is not Kind.products
        assert row.activations == (None if row.params is None else multiplies * row.elements * node.times)


@pytest.mark.parametrize(("name", "millions"), ACTIVATIONS.items())
def test_activations_are_the_published_ones(name, millions):
    """arXiv:2003.13678, Table 4; it leaves out the 1,000 outputs of the last layer."""
    convolutions = [row.activations for row in archcalc.load(name).summary().layers if row.kind == "conv"]
    assert f"{sum(convolutions) / 10**6:.1f}" == millions


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("published resnet5", "no network 'resnet5'"),
        ("published inception_naive", "nothing published is recorded of inception_naive"),
        ("published vgg16 mobilenet_v1@alpha=0.6", "nothing published is recorded of mobilenet_v1@alpha=0.6"),
        ("formula mobilenet_v1 --of top1", "an accuracy is measured; it has no formula"),
        ("sweep mobilenet_v1 --alpha 0.5,1 --of title", "title is not a number"),
        ("explain vgg16 --of top1", "top1 is not a sum over layers"),
        ("summary vgg16 --columns top1", "no column 'top1'"),
    ],
)
def test_bad_commands_are_refused(command, told):
    result = run(command.split())
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


def test_the_command_shows_printed_beside_exact():
    shown = run(["published", "resnet50@stride_on=1"], COLUMNS="140").output
    assert re.search(r"paper +77\.15 +93\.29 +10 crops of 224 +ImageNet +arXiv:1512\.03385", shown)
    assert re.search(r"paper +3\.8G +3,857,973,248 +-1\.5 % +mult_adds, cut off", shown)
    everything = json.loads(run(["published", "--format", "json"]).output)
    assert len((everything["tables"] if isinstance(everything, dict) else everything)[0]["rows"]) == len(ROWS)
