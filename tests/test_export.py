"""Files for lecturers: each format says the same numbers, and opens where it is meant to."""

import csv
import json
import re
import shutil
import subprocess
from fractions import Fraction
from html.parser import HTMLParser
from io import StringIO

import pytest
from sympy import Symbol
from test_escapes import HOSTILE, MARKUP

import archcalc
from archcalc.catalogue import catalogue, catalogue_table
from archcalc.comparison import compare
from archcalc.export import render, render_tables
from archcalc.export.tex import ROOM
from archcalc.tables.grid import Column, Ratio, Table
from archcalc.tables.layout import COLUMNS, Choice, aligned_table, summary_table, totals_table

NAMES = ("lenet5", "mobilenet_v1", "inception_reduced")
TEXT = ("md", "csv", "tex", "html", "json", "table")


@pytest.fixture(scope="module")
def reports():
    return [archcalc.load(name).summary() for name in NAMES]


def text(reports, format_, **choice):
    return render(reports, format_, Choice(**choice)).decode()


@pytest.mark.parametrize("format_", ["md", "tex", "html", "table"])
def test_every_figure_is_there(reports, format_):
    content = text(reports, format_)
    for report in reports:
        for cost in (*report.layers, report.totals):
            assert f"{cost.params:,}" in content
            assert f"{cost.mult_adds:,}" in content
        assert "multiplication with its addition" in content


def test_markdown_tables_are_rectangular(reports):
    tables = re.findall(r"(?:^\|.*\|\n)+", text(reports, "md"), re.MULTILINE)
    assert len(tables) == len(reports) + 1
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1


def test_csv_has_numbers_as_numbers(reports):
    rows = list(csv.DictReader(text(reports, "csv").splitlines()))
    assert len(rows) == sum(len(report.layers) for report in reports)
    for report in reports:
        own = [row for row in rows if row["network"] == report.label]
        assert sum(int(row["params"]) for row in own) == report.totals.params
        assert sum(int(row["mult_adds"]) for row in own) == report.totals.mult_adds
        assert abs(sum(float(row["share"]) for row in own) - 1) < 1e-9


def test_csv_of_one_network_has_no_name_column(reports):
    assert text(reports[:1], "csv").splitlines()[0] == "layer,kind,output,params,mult_adds,share"


def test_csv_runs_no_formula(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: '=1+1'\nfamily: '@SUM(A1)'\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n")
    content = text([archcalc.load(str(spec)).summary()], "csv")
    assert not re.search(r"(^|,)[=@+-]", content)


class Page(HTMLParser):
    """Opens and closes tags as a browser must."""

    void = ("meta", "br", "link")

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_html_stands_alone(reports):
    page = Page()
    page.feed(text(reports, "html"))
    assert (page.open, page.loaded) == ([], [])
    assert "568,740,352" in page.words


def test_html_escapes(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: <script>alert(1)</script> & co\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n")
    report = archcalc.load(str(spec)).summary()
    for content in (text([report], "html"), report._repr_html_()):
        assert "<script>" not in content
        assert "&lt;script&gt;" in content


def five():
    """Networks side by side, more than a page is wide."""
    names = ("resnet50", "mobilenet_v1", "vgg16", "inception_v3", "vgg19")
    reports = [archcalc.load(name).summary(classes=10) for name in names]
    return [totals_table(reports), aligned_table(compare(*reports, by="kind"))]


WIDE = Table(
    "Wide",
    (Column("a", "name", False), *(Column(str(i), f"mult-adds\nnetwork_{i}@alpha=0.{i}") for i in range(40))),
    (("layer/of/a/long/name" * 8, *(10**i for i in range(40))), (MARKUP, *([Ratio(Fraction(1, 3))] * 40))) * 40,
    (("W" * 90, *(None,) * 40),),
)
TABLES = {
    "five networks": five,
    "a deep network": lambda: [summary_table(archcalc.load("resnet152").summary(), Choice())],
    "all columns": lambda: [summary_table(archcalc.load("nasnet_large").summary(), Choice(columns=tuple(COLUMNS)))],
    "symbols": lambda: [summary_table(archcalc.load("vgg16").summary(classes=Symbol("classes")), Choice())],
    "all specs": lambda: [catalogue_table(catalogue())],
    "odd texts": lambda: [HOSTILE],
    "wide": lambda: [WIDE],
    "one column": lambda: [Table("One", (Column("a", "a", False),), (("x",),))],
    "no rows": lambda: [Table("None", (Column("a", "a", False), Column("b", "b")), ())],
}


@pytest.mark.parametrize("name", TABLES)
def test_latex_tables_fit_the_page(name):
    """By their own count of widths; all columns are there, each once, and the first in each part."""
    for table in TABLES[name]():
        content = render_tables([table], "tex").decode("ascii")
        parts = re.findall(r"\\begin\{longtable\}\{@\{\}(.*?)@\{\}\}\n(.*?)\\end\{longtable\}", content, re.DOTALL)
        columns = 0
        for spec, body in parts:
            widths = [float(width) for width in re.findall(r"[LR]\{([0-9.]+)\}", spec)]
            assert sum(widths) + len(widths) - 1 <= ROOM / 2
            rows = [line.removesuffix(r" \\") for line in body.splitlines() if line.endswith(r" \\")]
            assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(widths)}
            assert len(rows) == 1 + len(table.rows) + len(table.totals)
            columns += len(widths) - 1
            assert not any(row.lstrip().startswith(("[", "*")) for row in rows)
        assert columns == len(table.columns) - 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("name", TABLES)
def test_latex_compiles_at_once_and_nothing_stands_out(name, tmp_path):
    (tmp_path / "out.tex").write_bytes(render_tables(TABLES[name](), "tex"))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "out.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    said = done.stdout.decode("latin-1")
    assert done.returncode == 0, said[-2000:]
    assert "Output written" in said
    assert "Overfull" not in said
    assert "Rerun" not in said


def test_json_of_several_is_a_list(reports):
    found = json.loads(text(reports, "json"))
    assert [report["network"] for report in found] == list(NAMES)


@pytest.mark.parametrize("format_", TEXT)
def test_unknown_is_never_zero(format_, tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - opaque((5, 4))\n")
    content = text([archcalc.load(str(spec)).summary()], format_)
    unknown = {"csv": 'opaque,"opaque((5, 4))",5x4,,,', "json": '"params": null'}.get(format_, "?")
    assert unknown in content


@pytest.mark.parametrize("format_", ["md", "csv", "tex", "html", "table"])
def test_blocks_and_columns_reach_every_format(reports, format_):
    content = text(reports[1:2], format_, by="block", columns=("layer", "channels", "buffers"))
    assert "separable1" in content
    assert "separable1/dw" not in content
    if format_ == "csv":  # which has no line of totals
        assert sum(int(row["buffers"]) for row in csv.DictReader(StringIO(content))) == 21888
    else:
        assert "21,888" in content


def test_a_notebook_shows_the_table(reports):
    assert "<table>" in reports[0]._repr_html_()
    assert str(reports[0]).startswith(reports[0].title)
