"""The workbook of tables: a cell is what the table has, and follows when a knob of a network's sheet is changed."""

import re
import shutil
from fractions import Fraction
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from laws.workbook_law import Book, recalculated

from archcalc.core.errors import Source
from archcalc.files import live
from archcalc.layouts.cells import Answer
from archcalc.layouts.layout import parse
from archcalc.layouts.shipped import layout, names
from archcalc.layouts.tables import fill
from archcalc.output.xlsx import FIRST_ROW, sheet_name
from archcalc.spec.library import read
from archcalc.workbook.book import KNOBS_ROW
from archcalc.workbook.tables import MOST_LAYERS

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
BOOK = Path(__file__).parent.parent / "reports" / "lectures" / "lectures.xlsx"
RENEW = "archcalc table --all -o reports/lectures"
OWN = (
    "lenet5-walkthrough",
    "mobilenet-table-3",
    "keras-cats-dogs-summary",
    "alexnet-walkthrough",
)  # no other table has their networks


@cache
def filled(name):
    return fill(layout(name))


@cache
def committed():
    return Book(BOOK.read_bytes())


def titles(book):
    return [unescape(title) for title in re.findall(r'<sheet name="([^"]+)"', book.parts["xl/workbook.xml"])]


def formulas(book, title):
    return book._formulas(titles(book).index(title) + 1)


def cells(found):
    """The cells with figures, with their places on the sheet and what they show."""
    table = found.table
    values = (*table.rows, *table.totals)
    for row, line in enumerate((*found.rows, *found.totals)):
        for column, cell in enumerate(line):
            if any(isinstance(part, Answer) for part in cell.parts):
                value = cell.answer.look.program(cell.answer.value) if number(cell) else values[row][column]
                yield chr(ord("A") + column), FIRST_ROW + row + 1, value


def number(cell):
    return cell.answer and cell.answer.is_number and cell.answer.value is not None


def same(text, value):
    if isinstance(value, str):
        return text == value
    return text != "" and abs(Fraction(text) - Fraction(str(value))) <= abs(Fraction(str(value))) / 10**9


@pytest.mark.parametrize("name", names())
def test_the_committed_book_has_the_tables_values(name):
    found = filled(name)
    cached = formulas(committed(), name)
    shown = {(column, row): value for column, row, value in cells(found)}
    assert cached.keys() <= shown.keys()
    assert [place for place, (_, text) in cached.items() if not same(text, shown[place])] == [], RENEW


ALONE = {"conv2d_last1"}  # a copy of a repetition, which has no row of its own
NEVER = {"depth", "longest_path", "top1", "top5"}  # figures that no sheet has


def test_a_figure_of_the_committed_book_is_live_unless_no_sheet_can_have_it():
    for name in names():
        table, live_cells = filled(name), formulas(committed(), name)
        for row, line in enumerate((*table.rows, *table.totals)):
            for column, cell in enumerate(line):
                terms = [(part.report_of(term), term.quantity) for part in cell.parts if isinstance(part, Answer)
                         for term in part.address.terms]  # fmt: skip
                can = [asked for report, asked in terms if asked.figure not in NEVER and asked.path not in ALONE
                       and len(report.layers) <= MOST_LAYERS and str(asked) != "params of input"]  # fmt: skip
                place = (chr(ord("A") + column), FIRST_ROW + row + 1)
                assert (place in live_cells) == bool(can), (name, place, cell.text)


def test_the_committed_book_is_written_as_now():
    """Formulas and values of the sheets of some tables, and of those of their networks."""
    book = Book(live([filled(name) for name in OWN]))
    for title in titles(book)[1:]:
        assert formulas(book, title) == formulas(committed(), title), f"{title}: {RENEW}"


def test_a_book_is_the_same_each_time():
    found = [filled("resnext-table-2")]
    assert live(found) == live(found)


CHANGED = [  # a table, its network, and a knob of that network with another value
    ("lenet5-walkthrough", "lenet5_1998", "resolution", 36),
    ("keras-vgg16-summary", "keras_vgg16_base_150", "resolution", 96),
    ("alexnet-walkthrough", "alexnet_ungrouped", "groups", 2),
    ("keras-cats-dogs-summary", "keras_cats_dogs", "classes", 3),
    ("mobilenet-table-1", "mobilenet_v1", "alpha", 0.5),
]


def test_a_size_that_differs_from_copy_to_copy_is_no_formula():
    """The sheet has that of the first copy."""
    text = "table: T\nnetwork: densenet121\ncolumns: {a: '{channels of dense1}', b: '{params}'}\nrows: [{}]\n"
    book = Book(live([fill(parse(Source("t", text), "t"))]))
    assert formulas(book, "t").keys() == {("B", 3)}
    assert "<v>256</v>" in book.parts["xl/worksheets/sheet2.xml"]


@needs_office
def test_a_changed_knob_changes_the_tables(tmp_path):
    """Each live cell is then what the table has of the network at that setting."""
    book = Book(live([filled(name) for name, *_ in CHANGED]))
    for _, network, knob, value in CHANGED:
        knobs = [*fill(layout_of(network)).shown[0].report.knobs]
        book.change(titles(book).index(network) + 1, {("B", KNOBS_ROW + 1 + knobs.index(knob)): value})
    rows = recalculated(SOFFICE, book.uncomputed(), tmp_path)
    for name, network, knob, value in CHANGED:
        text = read(names()[name]).replace(f"network: {network}\n", f"network: {network}@{knob}={value}\n")
        expected = {(c, r): shown for c, r, shown in cells(fill(parse(Source(name, text), name)))}
        before = {(c, r): shown for c, r, shown in cells(filled(name))}
        places = formulas(book, sheet_name(name, {}))
        assert any(expected[place] != before[place] for place in places)
        wrong = [(p, expected[p], cell(rows[name], p)) for p in places if not same(cell(rows[name], p), expected[p])]
        assert wrong == [], name


@needs_office
def test_a_network_that_cannot_be_built_shows_no_figure(tmp_path):
    book = Book(live([filled("lenet5-walkthrough")]))
    book.change(titles(book).index("lenet5_1998") + 1, {("B", KNOBS_ROW + 5): 16})
    rows = recalculated(SOFFICE, book.uncomputed(), tmp_path)["lenet5-walkthrough"]
    places = formulas(book, "lenet5-walkthrough")
    assert len(places) > 40
    assert {cell(rows, place) for place in places} == {""}


def layout_of(network):
    return parse(Source("t", f"table: T\nnetwork: {network}\ncolumns: {{a: '{{params}}'}}\nrows: [{{}}]\n"), "t")


def cell(rows, place):
    column, row = place
    line = rows[row - 1] if row <= len(rows) else []
    return line[ord(column) - ord("A")] if ord(column) - ord("A") < len(line) else ""
