"""The workbook: its formulas are the engine's. Recalculated by LibreOffice, they give archcalc's figures, or none."""

import re
import shutil
from contextlib import suppress
from fractions import Fraction
from functools import partial
from io import BytesIO
from random import Random

import openpyxl
import pytest
from console import run
from laws import depth_law
from laws.workbook_law import Book, Rows, difference, expected, recalculated, same_value, settings
from members import of_files

import archcalc
from archcalc.core.bound import AtLeast
from archcalc.files import render
from archcalc.output.rounding import fixed
from archcalc.tables import Choice
from archcalc.workbook.book import KNOBS_ROW
from archcalc.workbook.sheet import OTHER_LAYERS

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
SMALL = 60  # layers of a network that is tried at several settings


def write(networks):
    """One workbook with these networks, each first as it is and then once or more to be changed."""
    reports = [(network, network.summary()) for network in networks]
    copies = [(*one, i) for one in reports for i in range(5 if len(one[1].layers) < SMALL else 2)]
    book = Book(render([report for _, report, _ in copies], "xlsx", Choice()))
    titles = re.findall(r'<sheet name="([^"]+)"', book.parts["xl/workbook.xml"])[1:]
    return book, [(number, *copy, title) for number, (copy, title) in enumerate(zip(copies, titles, strict=True), 2)]


def compute(book, sheets, folder):
    """Of each sheet the report, the changes made at random, the cached values, and the rows as LibreOffice has them."""
    cached = {number: book.cached(number) for number, *_, copy, _ in sheets if copy == 0}
    changed, found = Book.of(book.parts), []
    for number, network, report, copy, title in sheets:
        random, named = Random(f"{report.network} {copy}"), partial(book.text, number, "A")
        change = settings(report, network, book.unlocked(number), random, named) if copy else None
        if change:
            changed.change(number, change[2])
        found.append((report, network, change, cached.get(number), title))
    rows = recalculated(SOFFICE, changed.uncomputed(), folder)
    return [(*one, rows[one[-1]]) for one in found], rows["totals"]


@pytest.fixture(scope="module")
def written():
    """A network of each file."""
    return write(map(archcalc.load, of_files()))


@pytest.fixture(scope="module")
def computed(written, tmp_path_factory):
    return compute(*written, tmp_path_factory.mktemp("book"))


def check(found):
    """Row by row what the engine says, and not valid exactly where it refuses, or has other layers: how often which."""
    wrong, valid, refused = [], 0, 0
    for report, network, change, _, title, rows in found:
        knobs, cells, _ = change or ({}, {}, {})
        found = expected(network, knobs, cells, Rows([row[0] for row in rows if row]))
        if said := "not valid" * (not change and rows[3][1] != "valid") or difference(report, rows, found):
            wrong.append(f"{title} at {knobs} and {cells}: {said}")
        valid, refused = valid + bool(change and found), refused + (found is None)
    assert not wrong, "\n".join(wrong[:10])
    return valid, refused


@needs_office
def test_changed_cells_give_the_engine_s_figures_or_none(computed):
    valid, refused = check(computed[0])
    assert valid > 50
    assert refused > 50


@needs_office
def test_every_cached_value_is_what_its_formula_gives(computed):
    """A viewer that computes nothing shows the right numbers too."""
    wrong, seen = [], 0
    for _, _, _, cached, title, rows in computed[0]:
        for (letters, row), value in (cached or {}).items():
            column = openpyxl.utils.column_index_from_string(letters) - 1
            seen += 1
            if not same_value(value, rows[row - 1][column]):
                wrong.append(f"{title}: {letters}{row} is {value}, recalculated {rows[row - 1][column]}")
    assert not wrong, "\n".join(wrong[:10])
    assert seen > 40_000


@needs_office
def test_the_overview_shows_each_sheet_s_totals(computed):
    assert check_overview(*computed) == 0


def check_overview(found, lines):
    """Each line has the totals of a sheet, and a size and ratios where they are numbers: in how many they are not."""
    unknown = 0
    for (report, _, change, _, title, rows), line in zip(found, lines[1:], strict=False):
        assert change or line[1] == str(len(report.layers)), title
        total = next(row for row in rows if row[0] == "total")
        params, _, work = figures = [cell for cell in total[1:-1] if cell] or ["", "", ""]
        assert line[8] == rows[3][1], title
        assert [line[2], line[4], line[5]] == figures, title
        for own, first, ratio in ((params, lines[1][2], line[3]), (work, lines[1][5], line[6])):
            assert (ratio == "unknown") == (not own.isdigit() or not first.isdigit()) or not all((own, first)), title
        unknown += not params.isdigit() and params != ""
        if params.isdigit():
            assert float(line[7]) == pytest.approx(int(params) * 4 / 2**20, rel=1e-12)
        elif bound := params.removeprefix("at least ").replace(",", ""):
            right = fixed(AtLeast(Fraction(4 * int(bound), 2**20)), 2) if bound.isdigit() else "unknown"
            assert line[7] == right, title
    return unknown


@needs_office
def test_depths_of_random_networks(tmp_path):
    """And of others whose copies differ: at other depths, none and one included."""
    networks, bodies = [], depth_law.BODIES.values()
    texts = [depth_law.AROUND.format(body=body) for body in bodies for _ in range(3)]
    for number, text in enumerate(texts + [depth_law.spec(Random(seed)) for seed in range(40)]):
        (path := tmp_path / f"net{number}.yaml").write_text(text)
        network = archcalc.load(str(path))
        with suppress(archcalc.ArchcalcError):  # there is no network of these layers
            network.summary()
            networks.append(network)
    found, lines = compute(*write(networks), tmp_path)
    valid, refused = check(found)
    assert min(valid, refused) > 50
    assert check_overview(found, lines) >= 3


@needs_office
def test_what_is_checked_of_copies_is_checked_again_where_there_may_be_none(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        "net: N\ngiven: {n: {default: 2, min: 0}, k: 2}\ninput: [8, 9, 9]\nlayers:\n  - a:\n      - conv(8, 1)\n"
        "      - r: relu\n        when: k > 1\n    repeat: n\n  - b: relu\n    when: k > 1\n  - c: conv(k, 1)\n"
    )
    network = archcalc.load(str(path))
    book, ((number, _, report, _, title), *_) = write([network])
    book.change(number, {("B", KNOBS_ROW + 1): 0, ("B", KNOBS_ROW + 2): 1})
    rows = recalculated(SOFFICE, book.uncomputed(), tmp_path)[title]
    assert OTHER_LAYERS in rows[3][1]
    assert (
        difference(report, rows, expected(network, {"n": 0, "k": 1}, {}, Rows([row[0] for row in rows if row]))) is None
    )


@pytest.mark.parametrize(
    ("name", "knobs"), [("resnet101", "n2 n3 n4 n5"), ("densenet121", "n1 n2 n3 n4"), ("nasnet_mobile", "N")]
)
def test_a_repetition_is_a_block_of_rows_and_a_number(name, knobs):
    """Of the depths of ResNets and DenseNets, and of most others: it can be changed."""
    book, (first, *_) = write([archcalc.load(name)])
    rows = [KNOBS_ROW + 1 + list(archcalc.load(name).knobs).index(knob) for knob in knobs.split()]
    assert {("B", row) for row in rows} <= set(book.unlocked(first[0]))


def workbook(*reports, values=False):
    return openpyxl.load_workbook(BytesIO(render(reports, "xlsx", Choice())), data_only=values)


def rows(sheet):
    """A layer's name -> its params, buffers, mult-adds, as the sheet shows them."""
    table = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(i for i, row in enumerate(table) if row[0] == "layer")
    columns = [table[head].index(title) for title in ("params", "buffers", "mult-adds", "share")]
    return {row[0]: tuple(row[c] for c in columns) for row in table[head + 2 :] if row[0]}


def test_every_knob_can_be_changed_or_says_why_not(written):
    """What can be changed is read by a formula that is no check, and takes what the knob takes."""
    book, sheets = written
    for number, network, report, _, title in (sheet for sheet in sheets if sheet[3] == 0):
        free, text = set(book.unlocked(number)), book.parts[book.sheet(number)]
        rules = dict(re.findall(r'<dataValidation type="(\w+)"[^>]*sqref="(B\d+)"', text))
        rules = {place: kind for kind, place in re.findall(r'type="(\w+)"[^>]* sqref="(B\d+)"', text)}
        formulas = book.formulas(number)
        for row, knob in enumerate(network.knobs.values(), KNOBS_ROW + 1):
            moves = any(f"$B${row}" in formula.replace(f"$B${row}0", "") for formula in formulas)
            assert (("B", row) in free) == moves, f"{title}: {knob.name}"
            if moves:
                assert rules[f"B{row}"] == "list" if knob.choices else rules[f"B{row}"] in ("decimal", "whole")
            else:
                assert f"archcalc export {report.network} --{knob.name}" in book.text(number, "C", row)
        assert "<sheetProtection" in text


def test_costs_are_formulas():
    report = archcalc.load("vgg16").summary()
    formulas = rows(workbook(report).worksheets[1])
    names = [row.name for row in report.layers if row.mult_adds] + ["total"]
    assert len(names) == 17
    assert all(str(value).startswith("=") for name in names for value in formulas[name][:3:2])


def test_unknown_is_said_and_not_zero(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n  - opaque((5, 4))\n")
    report = archcalc.load(str(spec)).summary()
    book, formulas = (rows(workbook(report, values=values).worksheets[1]) for values in (True, False))
    assert book["opaque"] == ("unknown",) * 4
    assert book["conv"][3] == "unknown"  # of a whole that is not known
    assert [book["total"][i] for i in (0, 1, 2)] == ["at least 112", "unknown", "at least 3,888"]
    assert all('"unknown","at least "&TEXT(SUM(' in formula for formula in formulas["total"][:3])


def test_the_status_names_the_layer_and_what_is_wrong(tmp_path):
    report = archcalc.load("alexnet").summary()
    sheet = workbook(report).worksheets[1]
    checks = [str(row[-1].value) for row in sheet.iter_rows(min_row=15)]
    assert any('C19&" channels are not divisible by "&O19&" groups' in check for check in checks)


def test_sheets_have_names_that_a_workbook_allows_and_that_differ():
    long = archcalc.load("mobilenet_v1").summary(alpha=0.5, rho=0.714)
    reports = [archcalc.load("vgg16").summary(), archcalc.load("vgg16").summary(), long, long]
    titles = [sheet.title for sheet in workbook(*reports).worksheets]
    assert titles == ["totals", "vgg16", "vgg16_2", "mobilenet_v1_alpha=0.5,rho=0", "mobilenet_v1_alpha=0.5,rho=0_2"]


def test_too_many_layers_are_refused(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - r: relu\n    repeat: 20001\n")
    result = run(["export", str(spec), "-o", str(tmp_path / "book.xlsx")])
    assert result.exit_code == 2
    assert "20,001 layers; a workbook holds at most 20,000" in result.output
    assert not (tmp_path / "book.xlsx").exists()


def test_a_figure_that_is_no_column_of_the_sheet_is_named():
    """Of the figures asked for, some are live columns, and the sheet says which are none."""
    asked = ("elements", "channels", "depth", "output", "params")
    data = render([archcalc.load("lenet5").summary()], "xlsx", Choice(columns=asked))
    sheet = openpyxl.load_workbook(BytesIO(data)).worksheets[1]
    words = {cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    assert any("Not columns of this sheet: neurons, channels;" in word for word in words)
    assert {"depth", "params"} <= words
