"""The workbook: its formulas are the engine's. Recalculated by LibreOffice, they give archcalc's figures."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

import archcalc
from archcalc.export import render
from archcalc.tables.layout import Choice

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def workbook(path: Path, *reports: archcalc.Report) -> openpyxl.Workbook:
    path.write_bytes(render(reports, "xlsx", Choice()))
    return openpyxl.load_workbook(path)  # without the cached values


def recalculated(path: Path) -> openpyxl.Workbook:
    """The workbook after LibreOffice computed every formula anew: openpyxl has dropped the values beside them."""
    out = path.parent / "recalculated"
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(out / path.name, data_only=True)


def rows(sheet: openpyxl.worksheet.worksheet.Worksheet, report: archcalc.Report) -> dict[str, tuple[object, ...]]:
    """A layer's name -> its params, buffers, mult-adds, as the sheet shows them."""
    table = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(i for i, row in enumerate(table) if row[0] == "layer")
    columns = [table[head].index(title) for title in ("params", "buffers", "mult-adds")]
    return {row[0]: tuple(row[c] for c in columns) for row in table[head + 2 :] if row[0]}


def figures(report: archcalc.Report) -> dict[str, tuple[object, ...]]:
    layers = {row.name: (row.params, row.buffers, row.mult_adds) for row in report.layers}
    totals = report.totals
    return {**layers, "total": (totals.params, totals.buffers, totals.mult_adds)}


def knob_cell(sheet: openpyxl.worksheet.worksheet.Worksheet, name: str) -> openpyxl.cell.cell.Cell:
    return next(row[1] for row in sheet.iter_rows(max_row=20) if row[0].value == name)


CHANGES = [  # network, knob, from, to, as a student would type it
    ("mobilenet_v1", "alpha", 0.75, 0.5),
    ("mobilenet_v1", "rho", 1, 0.714),
    ("mobilenet_v2", "alpha", 1, 1.4),
    ("mobilenet_v2", "alpha", 1, 0.35),  # make_divisible keeps above 90 %
    ("googlenet", "resolution", 224, 225),
    ("densenet121", "k", 32, 24),
    ("inception_reduced", "r5", 16, 24),
    ("alexnet", "groups", 2, 1),
    ("resnet50", "classes", 1000, 10),
]


@needs_office
def test_a_changed_knob_flows_through_every_layer(tmp_path: Path) -> None:
    """Each sheet's knob is changed by hand; the recalculated sheet is the report at the new value, row by row."""
    before = [archcalc.load(name).summary(**{knob: old}) for name, knob, old, _ in CHANGES]
    book = workbook(tmp_path / "book.xlsx", *before)
    for sheet, (_, knob, _, new) in zip(book.worksheets[1:], CHANGES, strict=True):
        knob_cell(sheet, knob).value = new
    book.save(tmp_path / "book.xlsx")
    after = recalculated(tmp_path / "book.xlsx")
    for sheet, (name, knob, _, new) in zip(after.worksheets[1:], CHANGES, strict=True):
        report = archcalc.load(name).summary(**{knob: new})
        assert rows(sheet, report) == figures(report), f"{name} at {knob} = {new}"
    overview = list(after.worksheets[0].iter_rows(min_row=2, max_row=1 + len(CHANGES), values_only=True))
    expected = [archcalc.load(name).summary(**{knob: new}).totals for name, knob, _, new in CHANGES]
    assert [(row[2], row[4], row[5]) for row in overview] == [(c.params, c.buffers, c.mult_adds) for c in expected]


@needs_office
def test_a_changed_cell_changes_its_layer_and_the_total(tmp_path: Path) -> None:
    """A student writes 7 for the 5x5 kernel of the naive module."""
    report = archcalc.load("inception_naive").summary()
    book = workbook(tmp_path / "book.xlsx", report)
    sheet = book.worksheets[1]
    head = next(row for row in sheet.iter_rows() if row[0].value == "layer")
    titles = {cell.value: cell.column for cell in head}
    row = next(r[0].row for r in sheet.iter_rows() if "5x5" in str(r[0].value) and r[1].value == "conv")
    for title, value in {"kernel h": 7, "kernel w": 7, "pad h": 3, "pad w": 3}.items():
        sheet.cell(row, titles[title]).value = value
    book.save(tmp_path / "book.xlsx")
    changed = rows(recalculated(tmp_path / "book.xlsx").worksheets[1], report)
    extra = 32 * 192 * (7 * 7 - 5 * 5)
    assert changed["total"][0] == report.totals.params + extra
    assert changed["total"][2] == report.totals.mult_adds + extra * 28 * 28


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "googlenet", "resnet50", "densenet121", "mobilenet_v2"])
def test_cached_values_are_the_figures(name: str, tmp_path: Path) -> None:
    """A viewer that computes nothing shows the right numbers too."""
    report = archcalc.load(name).summary()
    workbook(tmp_path / "book.xlsx", report)
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)
    assert rows(book.worksheets[1], report) == figures(report)


def test_costs_are_formulas(tmp_path: Path) -> None:
    report = archcalc.load("vgg16").summary()
    formulas = rows(workbook(tmp_path / "book.xlsx", report).worksheets[1], report)
    names = [row.name for row in report.layers if row.mult_adds] + ["total"]
    assert len(names) == 17
    assert all(str(value).startswith("=") for name in names for value in formulas[name][::2])


def test_unknown_is_said_and_not_zero(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n  - opaque((5, 4))\n")
    report = archcalc.load(str(spec)).summary()
    book = rows(workbook(tmp_path / "book.xlsx", report).worksheets[1], report)
    assert book["opaque"] == ("unknown",) * 3
    assert "total of what is known" in book
