"""Networks side by side in Python, and how a report shows itself there."""

import json
from fractions import Fraction

import numpy
import pytest
import sympy
from console import run

import archcalc

PAIRS = [
    "vgg16 resnet50",
    "mobilenet_v1 mobilenet_v1@alpha=0.5,rho=0.714",
    "lenet5 vgg16",
    "resnet18 resnet34 nin",
    "nin",
]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("by", ["block", "layer", "kind"])
def test_it_shows_what_the_command_prints(pair, by, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = repr(archcalc.compare(*pair.split(), by=by))
    assert shown + "\n" == run(f"compare {pair} --by {by}", COLUMNS=None).output


def test_names_networks_and_reports_are_alike():
    half = archcalc.load("mobilenet_v1").summary(alpha=Fraction(1, 2))
    by_name = archcalc.compare("mobilenet_v1@alpha=0.5", "vgg16")
    assert archcalc.compare(half, archcalc.load("vgg16")) == by_name or repr(archcalc.compare(half, "vgg16")) == repr(
        by_name
    )
    assert by_name.reports[0].totals == half.totals
    assert {line.name for line in by_name.lines} >= {"stem"}


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ((), "compare takes networks"),
        (("vgg",), "did you mean vgg11"),
        (("vgg16", "mobilenet_v1@resolution=192"), "did you mean 'rho=192/224'"),
    ],
)
def test_what_cannot_be_compared(networks, message):
    with pytest.raises(archcalc.ArchcalcError, match=message):
        archcalc.compare(*networks)
    with pytest.raises(archcalc.ArchcalcError, match="not by 'colour'"):
        archcalc.compare("nin", by="colour")


@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v1", "r_fcn", "batch_norm"])
def test_a_report_shows_its_table(name, monkeypatch):
    report = archcalc.load(name).summary()
    assert repr(report) == str(report)
    assert repr(report) + "\n" == run(f"summary {name}", COLUMNS=None).output
    for text in (repr(report), report._repr_html_(), archcalc.compare(report)._repr_html_()):
        assert f"{report.totals.params:,}" in text
        assert f"{report.totals.mult_adds:,}" in text


def test_what_is_no_plain_number_is_shown_too():
    symbols, arrays = (
        archcalc.load("mobilenet_v1").summary(alpha=alpha)
        for alpha in (sympy.Symbol("a", positive=True), numpy.array([1, 2]))
    )
    for found in (symbols, arrays, archcalc.compare(symbols, "mobilenet_v1")):
        assert "mobilenet" in repr(found).lower()
        assert "<table>" in found._repr_html_()


def test_on_a_terminal_a_report_fits_it(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(len, repr(archcalc.load("resnet50").summary()).splitlines())) <= 70


def test_names():
    assert archcalc.names() == sorted(archcalc.names())
    assert all(archcalc.load(name).name == name for name in archcalc.names(family="vgg"))
    assert archcalc.names(family="VGG", kind="network")[0] == "vgg11"
    assert {*archcalc.names(kind="network")} & {*archcalc.names(kind="blocks")} == set()
    with pytest.raises(archcalc.ArchcalcError, match="no family 'mobilenets'; did you mean 'MobileNet'"):
        archcalc.names(family="mobilenets")


@pytest.mark.parametrize("command", ["compare", "conventions"])
def test_networks_of_one_name_are_told_apart(command, tmp_path):
    """Two files of one name in two folders: each has a column of its own, in data too."""
    paths = []
    for filters in (3, 5):
        (tmp_path / str(filters)).mkdir()
        paths.append(tmp_path / str(filters) / "net.yaml")
        paths[-1].write_text(f"net: N\ninput: [1, 8, 8]\nlayers:\n  - c: conv({filters}, 1, bias=false)\n")
    found = json.loads(run([command, *map(str, paths), "--format", "json"]).output)
    values = [value for table in found for row in table["rows"] for value in row.values()]
    assert {3 * 64, 5 * 64} <= {value for value in values if isinstance(value, int)}
    out = tmp_path / "out.csv"
    assert run(["export", *map(str, paths), "-o", str(out)]).exit_code == 0
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["network", "net", "net (2)"]
