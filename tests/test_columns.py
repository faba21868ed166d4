"""Which rows and columns a table has: their order, what is left out, and what its first column says."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from console import run, tables_of

import archcalc
from archcalc.comparison import compare
from archcalc.output.table import ABSENT, Table, words
from archcalc.tables import labels

SORTED = {
    "summary": "lenet5 --columns layer,kind,written,output,params,work,share,kernel,intensity",
    "compare": "lenet5 alexnet nin --columns title,year,input,params,depth,top1 --by kind",
    "list": "resnet",
    "published": "alexnet vgg16",
}
LINE = ["--columns", "title,year,input,depth,params,mult_adds,activations,top1"]
SIX = ["resnet50", "vgg16", "mobilenet_v1", "googlenet", "densenet121", "inception_v3"]


def size(value):
    """What a value is compared by; a word in small letters."""
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize("command", SORTED)
def test_rows_are_sorted_by_any_column(command, monkeypatch):
    plain = tables_of(monkeypatch, [command, *SORTED[command].split()])
    for name in {column.name for table in plain for column in table.columns}:
        for mark in ("", "-"):
            found = tables_of(monkeypatch, [command, *SORTED[command].split(), "--sort", f"{mark}{name}"])
            for before, table in zip(plain, found, strict=True):
                known = [column.name for column in table.columns]
                assert sorted(map(repr, table.rows)) == sorted(map(repr, before.rows))
                assert (table.totals, table.notes) == (before.totals, before.notes)
                if name not in known:
                    assert table == before
                    continue
                cells = [row[known.index(name)] for row in table.rows]
                there = [value for value in cells if value not in (None, ABSENT)]
                assert cells[: len(there)] == there, "what has no value comes last"
                ordered = [*map(size, there)][:: -1 if mark else 1]
                assert all(one <= two for one, two in pairwise(ordered)), name


def test_equal_rows_stay_in_order():
    rows = tuple((letter, number) for number, letter in enumerate("abcabc"))
    for descending in (False, True):
        found = Table("T", words("a", "b"), rows).sorted_by("a", descending).rows
        assert [row[1] for row in found] == ([2, 5, 1, 4, 0, 3] if descending else [0, 3, 1, 4, 2, 5])


@pytest.mark.parametrize("command", SORTED)
def test_there_is_one_message_for_a_column_that_is_not_shown(command):
    told = run([command, *SORTED[command].split(), "--sort", "-colour"])
    assert told.exit_code == 2
    assert re.fullmatch(r"no column 'colour' to sort by.*\n", told.output)


@pytest.mark.parametrize("base", range(3))
def test_ratios_are_to_the_network_that_is_named(base):
    named = ["mobilenet_v1@alpha=0.5", "vgg16", "resnet18"]
    found = compare(*named, by="kind", ratio_to=named[base])
    totals, parts = found.tables()
    at = {column.name: i for i, column in enumerate(totals.columns)}
    for figure in ("params", "mult_adds"):
        for row, report in zip(totals.rows, found.reports, strict=True):
            own = found.reports[base].totals.figure(figure)
            assert row[at[f"{figure}_ratio"]] == Fraction(report.totals.figure(figure), own)
    heads = [column.name for column in parts.columns if "ratio" in column.name]
    assert heads == [f"{figure} ratio {label}" for figure in ("mult_adds", "params")
                     for label in labels(found.reports) if label != named[base]]  # fmt: skip
    for line, row in zip(found.lines, parts.rows, strict=True):
        cells = dict(zip((column.name for column in parts.columns), row, strict=True))
        first = line.rows[base]
        for label, own in zip(labels(found.reports), line.rows, strict=True):
            if label != named[base] and own and first and first.params:
                assert cells[f"params ratio {label}"] == Fraction(own.params, first.params)
    said = f"ratio: to {named[base]}"
    assert all((said in table.notes) == bool(base) for table in (totals, parts))


def test_the_command_line_names_that_network_as_it_was_typed():
    typed = "compare mobilenet_v1 mobilenet_v1@alpha=0.50 --rho 6/7"
    shown = run(f"{typed} --ratio-to mobilenet_v1@alpha=0.50", COLUMNS="200").output
    assert "ratio: to mobilenet_v1@alpha=0.5,rho=6/7" in shown
    told = run("compare vgg16 resnet18 --ratio-to lenet5")
    assert (told.exit_code, told.output) == (
        2, "ratios are to one of the networks compared, not to 'lenet5' (vgg16, resnet18)\n")  # fmt: skip


@pytest.mark.parametrize("base", range(2))
def test_of_two_files_with_one_name_the_one_that_is_named_is_meant(tmp_path, base):
    files = [tmp_path / folder / "own.yaml" for folder in "ab"]
    for classes, file in enumerate(files, 7):
        file.parent.mkdir()
        file.write_text(f"net: own\ninput: [3]\nlayers:\n  - linear({classes})\n")
    asked = f"compare {files[0]} {files[1]} --ratio-to {files[base]} --format csv"
    first = run(asked).output.splitlines()
    column = first[0].split(",").index("params_ratio")
    assert [float(row.split(",")[column]) for row in first[1:3]] == [n / (7 + base) for n in (7, 8)]


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "yolo_v1", "batch_norm"])
@pytest.mark.parametrize("by", ["layer", "block", "kind"])
def test_only_rows_with_weights_and_the_same_totals(name, by, monkeypatch):
    (every,) = tables_of(monkeypatch, ["summary", name, "--by", by, "--columns", "layer,kind,params,buffers"])
    (some,) = tables_of(
        monkeypatch, ["summary", name, "--by", by, "--columns", "layer,kind,params,buffers", "--only", "weights"]
    )
    assert some.rows == tuple(row for row in every.rows if row[2] != 0)
    assert some.totals == every.totals
    left = len(every.rows) - len(some.rows)
    said = f"{left} row{'s' * (left > 1)} without weights left out; the totals are of all layers"
    assert some.notes == ((said,) if left else ()) + every.notes


def test_what_may_have_weights_is_not_left_out(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - relu\n  - step: opaque((5, 4))\n")
    (some,) = tables_of(monkeypatch, ["summary", str(tmp_path / "net.yaml"), "--only", "weights"])
    assert [row[0] for row in some.rows] == ["step"]


@pytest.mark.parametrize("format_", ["json", "xlsx"])
@pytest.mark.parametrize("option", ["--only weights", "--sort params"])
def test_a_file_of_a_whole_network_is_refused_in_part(format_, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run(f"summary lenet5 {option} -o out.{format_}")
    assert told.exit_code == 2
    assert told.output.startswith(f"a network's {format_} has all its layers in their order; ")
    assert not any(tmp_path.iterdir())


def test_titles_stand_for_names_where_they_tell_networks_apart():
    reports = [archcalc.load(name).summary() for name in ("vgg16", "mobilenet_v1")]
    half = archcalc.load("mobilenet_v1").summary(alpha=Fraction(1, 2))
    assert labels([*reports, half], titles=True) == ["VGG-16 (D)", "MobileNetV1", "MobileNetV1, alpha=0.5"]
    assert labels([*reports, reports[0]], titles=True) == ["vgg16", "MobileNetV1", "vgg16 (2)"]
    found = run("compare vgg16 resnet18 --titles", COLUMNS="200").output
    assert "ResNet-18" in found
    assert "resnet18" not in found


def test_what_a_lecturer_asks_for_fits_into_80_columns():
    shown = run(["compare", *SIX, *LINE, "--units", "auto"], COLUMNS="80").output
    assert max(map(len, shown.splitlines())) <= 80
    told = re.search(r"left out, for want of width: (.*?);", shown.replace("\n", " "))[1].split(", ")
    assert told == ["network", "params_ratio", "mult_adds_ratio", "activations_ratio"]
    head = " ".join(shown.split("─")[0].split())
    for word in ("title", "year", "input", "depth", "params", "mult-adds", "activations", "top-1", "[M]", "[G]"):
        assert word in head
    for row in ("ResNet-50     2015  3 x 224 x 224     50    25.6       4.09         11.1  76.130",
                "VGG-16 (D)    2014  3 x 224 x 224     16   138.4       15.5         13.6  71.592"):  # fmt: skip
        assert row in shown


@pytest.mark.parametrize("width", [40, 60, 80, 100, 130])
def test_a_column_is_shown_or_named(width, monkeypatch):
    asked = ["compare", *SIX[:3], *LINE]
    output = run(asked, COLUMNS=str(width)).output.replace("\n", " ")
    told = re.search(r"left out, for want of width: (.*?);", output)
    left = " ".join(told[1].split()).split(", ") if told else []
    (table,) = [one for one in tables_of(monkeypatch, asked) if one.name == "totals"]
    head = output.split("─")[0]
    for column in table.columns:
        assert (column.name in left) != (column.heading in head or (column.heading == "ratio" and "ratio" in head))


def test_two_settings_of_a_network_are_told_apart_by_their_names():
    shown = run(
        "compare mobilenet_v1 mobilenet_v1@alpha=0.5 --columns title,input,params,mult_adds,flops", COLUMNS="60"
    )
    assert "alpha=0.5" in shown.output.partition("Where")[0]
