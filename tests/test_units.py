"""Counts in K, M and G and bytes in MiB: rounded from the exact value for people, exact for programs."""

import json
import random
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from io import BytesIO

import openpyxl
import pytest
from console import run, tables_of
from test_tables import ASKED

import archcalc
from archcalc.figures.figure import FIGURES
from archcalc.output import render_tables
from archcalc.output.rounding import MIXED, PREFIXES, SMALL, UNITS, fixed, significant
from archcalc.output.table import COUNT, EXACT, RATIO, Column, Table, of_figure
from archcalc.tables import totals_table

SCALED = [units for units in UNITS if units != "exact"]
SIZES = {p: 1000**i for i, p in enumerate(PREFIXES)} | {f"{p}iB": 1024**i for i, p in enumerate(PREFIXES) if p}


def number(text):
    return Fraction(text.replace(",", ""))


def decimals(text):
    return len(text.partition(".")[2])


def values(count):
    dice = random.Random(5)
    for _ in range(count):
        whole = dice.randint(1, 10 ** dice.randint(1, 13))
        yield Fraction(whole, dice.choice([1, 1000, 1024, 10**6, 10**9, 1024**2]))
    yield from (
        Fraction(1999, 200),
        Fraction(19999, 2000),
        Fraction(1, 10**9),
        Fraction(5, 1000),
        Fraction(12345, 10000),
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_is_rounded_half_up_and_keeps_three_digits(sign):
    for value in values(3000):
        text = significant(sign * value)
        shown = text.lstrip("-").replace(",", "")
        digits = decimals(shown)
        step = Decimal(1).scaleb(-digits)
        exactly = Decimal(value.numerator) / Decimal(value.denominator)  # 28 digits: a half is met exactly
        assert Decimal(shown) == exactly.quantize(step, ROUND_HALF_UP)
        assert len(shown.replace(".", "").lstrip("0")) >= 3
        assert digits >= 1
        assert digits == 1 or number(shown) * 10 ** (digits - 1) < 100  # one decimal less would be two digits
        assert text.startswith("-") == (sign < 0)
    assert significant(0) == "0"


def test_a_half_is_rounded_up_in_every_table():
    assert [fixed(Fraction(n, 8), 2) for n in (1, 3, 5, -1)] == ["0.13", "0.38", "0.63", "-0.13"]
    assert RATIO.text(Fraction(1, 10**6)) == "0.00000100"  # not 0.000


def check(column, value):
    """A scaled cell says the value, as near as its digits tell."""
    text = column.text(value)
    found = re.fullmatch(r"-?[\d,]+(\.\d+)?( [KMG])?", text)
    unit = (found[2] or "").strip() or re.sub(r".*\[|\].*", "", column.title.split("\n")[0])
    if value == 0 and not column.scale.in_cells:
        return text == "0"
    size = SIZES[unit] if unit in SIZES and not (column.scale.in_cells and not found[2]) else 1
    own = number(text.partition(" ")[0])
    return own != 0 and abs(own * size - value) <= Fraction(size, 2 * 10 ** decimals(text.partition(" ")[0]))


@pytest.mark.parametrize("units", ["M", "auto"])
@pytest.mark.parametrize("command", sorted({*ASKED} - {"export", "figures", "list"}))
def test_every_command_shows_its_counts_in_units(command, units, monkeypatch):
    words = [command, *ASKED[command][0].split()]
    plain, tables = tables_of(monkeypatch, words), tables_of(monkeypatch, [*words, "--units", units])
    scaled = 0
    for before, table in zip(plain, tables, strict=True):
        assert table.rows == before.rows
        assert table.data() == before.data()
        for i, column in enumerate(table.columns):
            cells = [row[i] for row in (*table.rows, *table.totals)]
            if column.scale is None:
                assert [*map(column.text, cells)] == [*map(before.columns[i].text, cells)]
                assert units == "auto" or column.unit in SMALL
                continue
            for value in cells:
                if column.scale.fits(value):
                    scaled += 1
                    assert check(column, value), (column, value)
    assert scaled or units == "auto"


@pytest.mark.parametrize("unit", ["params", "bytes"])
def test_auto_is_one_unit_in_which_half_of_a_column_are_one_or_more(unit):
    dice, base = random.Random(3), 1024 if unit == "bytes" else 1000
    for _ in range(300):
        cells = [dice.choice([0, dice.randint(1, 10 ** dice.randint(1, 12))]) for _ in range(dice.randint(1, 9))]
        column = Column("n", "n", COUNT, unit).in_units("auto", cells)
        power = PREFIXES.index(column.scale.prefixes[0]) if column.scale else 0
        there = [value for value in cells if value]

        def half(power, there=there):
            return 2 * sum(value >= base**power for value in there) >= len(there)

        assert not there or half(power) or not power
        assert not there or power == 3 or not half(power + 1)


def test_every_figure_that_grows_large_has_a_unit_to_be_shown_in():
    report = archcalc.load("vgg16").summary()
    for figure in FIGURES.values():
        value = report.totals.figure(figure.name) if figure.rule else figure.network(report)
        if isinstance(value, int) and value > 10**5:
            column = of_figure(figure).in_units("auto", [value])
            assert re.search(r" \[([KMG]|[KMG]iB)\]$", column.title), figure.name


TEXTS = ("table", "md", "tex", "html")
NETWORKS = ("resnet50", "vgg16", "mobilenet_v1")


@pytest.fixture(scope="module")
def table():
    reports = [archcalc.load(name).summary() for name in NETWORKS]
    return totals_table(reports, ["title", "input", "depth", "params", "mult_adds", "weight_bytes"])


@pytest.mark.parametrize("format_", TEXTS)
def test_people_see_units_in_the_heading(format_, table):
    text = render_tables([table.in_units("auto")], format_).decode().replace("\\", "").replace("{[}", "[")
    text = text.replace("{]}", "]")
    for word in ("params [M]", "mult-adds [G]", "weight bytes [MiB]", "138.4", "25.6", "4.09", "15.5", "0.569", "527.8",
                 "M = 10"):  # fmt: skip
        assert word in text, word
    assert "138,357,544" not in text


@pytest.mark.parametrize("format_", ["csv", "json"])
@pytest.mark.parametrize("units", SCALED)
def test_programs_get_exact_numbers(format_, units, table):
    before, after = (render_tables([one], format_).decode() for one in (table, table.in_units(units)))
    if format_ == "csv":
        assert before == after
    else:
        before, after = json.loads(before), json.loads(after)
        assert before[0]["rows"] == after[0]["rows"]
        assert before[0]["units"] == after[0]["units"]
    assert "hold exact numbers" in str(after) or format_ == "csv"


@pytest.mark.parametrize("units", SCALED)
def test_a_workbook_shows_units_of_exact_numbers(units, table):
    scaled = table.in_units(units)
    mixed = Table(
        "T", (Column("a", "a", EXACT, MIXED),), ((61_706,), (Fraction(1, 3),), (138_357_544,), (7,))
    ).in_units(units)
    for one in (scaled, mixed):
        sheet = openpyxl.load_workbook(BytesIO(render_tables([one], "xlsx"))).worksheets[0]
        for i, column in enumerate(one.columns):
            head, *cells = [cell for (cell,) in sheet.iter_rows(2, 2 + len(one.rows), i + 1, i + 1)]
            assert head.value == (column.title if column.unit != "bytes" else column.heading)
            for cell, row in zip(cells, one.rows, strict=True):
                if isinstance(row[i], int):
                    assert cell.value == row[i]
                    assert as_shown(cell) == (column.text(row[i]) if column.unit != "bytes" else f"{row[i]:,}")


def as_shown(cell):
    """What a spreadsheet makes of an integer by such a format: each comma at its end divides by a thousand."""
    found = re.fullmatch(r'#,##0(\.0+)?(,*)( "([KMG])")?', cell.number_format)
    if not found:
        return str(cell.value)
    shown = fixed(Fraction(cell.value, 1000 ** len(found[2])), len(found[1] or ".") - 1)
    return shown + (f" {found[4]}" if found[4] else "")


@pytest.mark.parametrize(
    "command",
    [
        "compare lenet5 vgg16 --format csv",
        "summary lenet5 --format json",
        "summary lenet5 -o out.xlsx",
        "sweep vgg16 --classes 10 -o out.parquet",
    ],
)
def test_exact_formats_say_that_they_are_exact(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = "the numbers in it are exact; --units rounds those of tables that people read"
    assert said in run(f"{command} --units M").output
    assert said not in run(command).output
