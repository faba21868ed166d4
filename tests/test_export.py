"""Files for lecturers: each format says the same numbers, and opens where it is meant to."""

import csv
import itertools
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
from test_unknown import rows

import archcalc
from archcalc.catalogue import catalogue, catalogue_table
from archcalc.comparison import compare
from archcalc.files import render
from archcalc.output import render_tables
from archcalc.output.table import WORDS, Column, Table
from archcalc.output.tex import ROOM
from archcalc.tables import COLUMNS, Choice, aligned_table, summary_table, totals_table

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


FIGURES = {  # column -> what must be there, of a layer of the whole
    "layer": lambda row, report: row.name,
    "kind": lambda row, report: row.text,
    "path": lambda row, report: row.name,
    "written": lambda row, report: row.written,
    "output": lambda row, report: row.output,
    "share": lambda row, report: Fraction(row.mult_adds, report.totals.mult_adds),
    "intensity": lambda row, report: Fraction(row.figure("intensity")),
}


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A network of which each layer is named like a word that a writer uses."""
    path = tmp_path_factory.mktemp("words") / "words.yaml"
    used = {*COLUMNS, *archcalc.load("lenet5").summary().to_dict(), "total", "input", "status", "unknown", "ratio"}
    kinds = itertools.cycle(["conv(4, 3, pad=1)", "batchnorm", "conv(6, 1, bias=false)", "relu"])
    layers = "".join(f"  - {name}: {kind}\n" for name, kind in zip(sorted(used - {"share"}), kinds, strict=False))
    path.write_text(f"net: Words\ninput: [3, 8, 8]\nlayers:\n{layers}  - flatten\n  - linear(5)\n")
    return archcalc.load(path).summary()


def same(text, expected, people):
    """Whether a cell says that, as a person or as a program reads it."""
    if isinstance(expected, tuple):
        return text == (" $\\times$ " if "times" in text else " x " if people else "x").join(map(str, expected))
    if not isinstance(expected, (int, Fraction)):
        return text.replace("\\allowbreak ", "").replace("\\", "") == str(expected)
    if isinstance(expected, int):
        return text == (f"{expected:,}" if people else str(expected))
    percent = re.fullmatch(r"([\d.]+) \\?%", text)
    if percent:
        return abs(Fraction(percent[1]) - 100 * expected) <= Fraction(1, 20)
    return abs(Fraction(text) - expected) <= Fraction(1, 200) if people else float(text) == float(expected)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("format_", ["table", "md", "csv", "tex", "html"])
def test_every_column_holds_its_figure(format_, column, words):
    """Each layer once, in order."""
    found = rows(render([words], format_, Choice(columns=("layer", column))), format_)
    found = [[cell.strip(" \\") for cell in row] for row in found]
    start = next(i for i, row in enumerate(found) if [cell for cell in row if cell][:1] == ["layer"]) + 1
    cells = [row for row in found[start:] if any(cell.strip("─-:") for cell in row)]
    cells = [[cell for cell in row if cell] for row in cells if "rule" not in row[0]]
    for layer, row in zip(words.layers, cells, strict=False):
        expected = FIGURES[column](layer, words) if column in FIGURES else layer.figure(column)
        assert row[0].replace("\\allowbreak ", "").replace("\\_", "_") == layer.name
        assert same(row[-1], expected, format_ != "csv") if expected != "" else len(row) == 1


def test_a_layer_may_be_named_like_a_word_of_the_data(words):
    data = json.loads(text([words], "json"))
    assert [row["name"] for row in data["layers"]] == [layer.name for layer in words.layers]
    for row, layer in zip(data["layers"], words.layers, strict=True):
        assert (row["params"], row["mult_adds"], row["output"]) == (layer.params, layer.mult_adds, list(layer.output))
    for figure in ("params", "buffers", "mult_adds"):
        assert data["totals"][figure] == sum(row[figure] for row in data["layers"])


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
    (Column("a", "name", WORDS), *(Column(str(i), f"mult-adds\nnetwork_{i}@alpha=0.{i}") for i in range(40))),
    (("layer/of/a/long/name" * 8, *(10**i for i in range(40))), (MARKUP, *([Fraction(1, 3)] * 40))) * 40,
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
    "one column": lambda: [Table("One", (Column("a", "a", WORDS),), (("x",),))],
    "no rows": lambda: [Table("None", (Column("a", "a", WORDS), Column("b", "b")), ())],
}


@pytest.mark.parametrize("name", TABLES)
def test_latex_tables_fit_the_page(name):
    """By their own count of widths; all columns are there, each once, and the first in each part."""
    for table in TABLES[name]():
        content = render_tables([table], "tex", standalone=True).decode("ascii")
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


AROUND = {  # what stands around a fragment: a class, and how high a page of it is for the longest table
    "article": r"\documentclass{article}\usepackage{array,booktabs}\usepackage[paperheight=570cm]{geometry}"
               r"\begin{document}\input{out}\end{document}",
    "slide": r"\documentclass[aspectratio=169]{beamer}\usepackage{array,booktabs}"
             r"\begin{document}\begin{frame}[shrink]\input{out}\end{frame}\end{document}",
    "scaled": r"\documentclass{article}\usepackage{array,booktabs,graphicx}"
              r"\begin{document}\resizebox{.5\textwidth}{!}{\input{out}}\end{document}",
}  # fmt: skip
LONG = ("a deep network",)  # higher than the largest box of TeX; a document of its own breaks it into pages
SHORT = ("odd texts", "one column", "no rows")  # which a slide holds


def compiled(folder, name):
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    said = done.stdout.decode("latin-1")
    assert done.returncode == 0, said[-2000:]
    assert "Output written" in said
    return said


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("name", TABLES)
def test_latex_compiles_at_once_and_nothing_stands_out(name, tmp_path):
    (tmp_path / "out.tex").write_bytes(render_tables(TABLES[name](), "tex", standalone=True))
    said = compiled(tmp_path, "out.tex")
    assert "Overfull" not in said
    assert "Rerun" not in said


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize(
    ("name", "around"),
    [
        (name, around)
        for name in TABLES
        if name not in LONG
        for around in AROUND
        if around == "article" or name in SHORT
    ],
)
def test_a_fragment_stands_in_an_article_and_on_a_slide(name, around, tmp_path):
    (tmp_path / "out.tex").write_bytes(data := render_tables(TABLES[name](), "tex"))
    (tmp_path / "around.tex").write_text(AROUND[around])
    assert "Overfull \\hbox" not in compiled(tmp_path, "around.tex")
    assert not {b"\\documentclass", b"\\usepackage", b"\\begin{document}"} & {
        line.split(b"{")[0] for line in data.splitlines() if not line.startswith(b"%")
    }


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
