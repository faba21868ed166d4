"""Every command that shows tables, in every format that its help promises: read by somebody else's reader, the figures
are those that the engine gives when it is asked one by one.
"""

import csv
import json
import re
import shutil
import subprocess
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from console import run
from markdown_it import MarkdownIt
from test_help import promised
from test_unknown import Cells

import archcalc
from archcalc.catalogue import catalogue
from archcalc.cli import main
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.figure import FIGURES, heading
from archcalc.lectures.claims import in_table
from archcalc.memory.footprint import memory
from archcalc.printed import PRINTED
from archcalc.published import measurements
from archcalc.search.law import law
from archcalc.search.scaling import members, scale

PAGES = {
    "check",
    "draw",
    "explain",
    "formula",
    "import",
    "kinds",
    "page",
    "plot",
    "show",
}  # what they print or draw is no table
RECEIPT = {"exercise"}  # which write several files together
PICTURES = (".svg", ".pdf", ".png")


@cache
def report(name, **knobs):
    return archcalc.load(name).summary(**knobs)


def cost(one, *more):
    return one.totals.params, one.totals.mult_adds, *more


def layers(*names):
    """Of several networks behind the network's name, but on a sheet of its own."""
    return [(row.name, row.params, row.mult_adds, Fraction(row.mult_adds, report(name).totals.mult_adds))
            for name in names for row in report(name).layers]  # fmt: skip


def compared():
    first, second = report("inception_naive").totals, report("inception_reduced").totals
    ratios = Fraction(second.params, first.params), Fraction(second.mult_adds, first.mult_adds)
    yield "inception_naive", first.params, 1, first.mult_adds, 1
    yield "inception_reduced", second.params, ratios[0], second.mult_adds, ratios[1]
    for block, before in zip(report("inception_reduced").by("block", 2), report("inception_naive").by("block", 2),
                             strict=True):  # fmt: skip
        own = [(before.mult_adds, block.mult_adds), (before.params, block.params)]
        if any(block.name.endswith(name) for name in ("1x1", "3x3", "5x5")):
            yield block.name.rpartition("/")[2], *(n for pair in own for n in (*pair, Fraction(*pair[::-1])))


def conventions():
    for name in CONVENTIONS:
        found = [(one.totals.figure(name), one.totals.mult_adds) for one in map(report, ("lenet5", "alexnet"))]
        yield name, *(n for own, first in found for n in (own, Fraction(own, first)))


def bytes_needed():
    for name in ("lenet5", "mobilenet_v1"):
        one = memory(report(name), 3, "float16", "adam")
        yield name, one.inference, one.training, one.weights, one.buffers, one.activations, one.peak_at


def verified():
    for name in ("lenet5", "inception_reduced"):
        one = report(name)
        yield name, len(one.layers), one.totals.params, one.totals.mult_adds, 0


def swept():
    for alpha in (Fraction(1, 4), Fraction(1, 3)):
        one = report("mobilenet_v1_block", alpha=alpha)
        yield alpha, one.totals.mult_adds, one.totals.params


def solved():
    """The answer, and of the curve the largest rho for each alpha."""
    for which, alpha in (("answer", Fraction(1, 2)), ("next step", Fraction(3, 4))):
        yield which, alpha, 1, 224, *cost(report("mobilenet_v1", alpha=alpha))[::-1]
    for alpha, rho in ((Fraction(1, 4), 1), (Fraction(1, 2), 1), (Fraction(3, 4), Fraction(4, 7)), (1, Fraction(3, 7))):
        one = report("mobilenet_v1", alpha=alpha, rho=rho)
        mult_adds = one.totals.mult_adds
        yield alpha, rho, one.input[1], mult_adds, one.totals.params, Fraction(mult_adds, 150_000_000)


def scaled():
    found = scale(archcalc.load("efficientnet_b0"), 2)
    for step in found.steps:
        one = report("efficientnet_b0", phi=step.phi)
        growth = Fraction(one.totals.mult_adds, report("efficientnet_b0").totals.mult_adds)
        yield step.phi, Fraction(6, 5) ** step.phi, one.input[1], *cost(one, growth, growth / 2**step.phi - 1)
    for one in members(found):
        yield one.name, *one.released, *map(Fraction, one.implied)
        yield one.name, *cost(report(one.name)), one.nearest.phi, one.difference
    form = law(found)
    yield from ((one.name, one.law, one.terms - 1, one.growth) for one in form.apart(members(found)))
    yield "d w^2 r^2", form.terms[0].mult_adds, form.terms[0].growth


def published():
    for row in (row for row in measurements() if row.network == "alexnet"):
        yield row.label, row.by, *(Fraction(text) for text in (row.top1, row.top5) if text), row.data
        for printed, (figure, *_) in ((getattr(row, name), names) for name, names in PRINTED.items()):
            if printed:
                yield row.label, row.by, printed, report("alexnet").totals.figure(figure)


def printed():
    for claim in in_table("mobilenet-table-6"):
        if claim.quantity != "top1":
            yield f"{heading(claim.quantity)} of {claim.of}", claim.printed, archcalc.ask(claim.address), "agrees"


def laid_out():
    one = report("lenet5_1998")
    for name, at in {"C1": "c1", "S2": "s2", "C3": "c3", "S4": "s4", "C5": "c5", "F6": "f6"}.items():
        rows = [row for row in one.layers if row.name.partition("/")[0] == at]
        sums = [sum(row.figure(name) for row in rows) for name in ("params", "connections")]
        yield name, rows[-1].elements, *sums


ASKED = {  # command -> what is asked of it, and the rows that must be there
    "summary": ("mobilenet_v1", lambda: layers("mobilenet_v1")),
    "ask": (
        "lenet5:params,vgg16:mult_adds/vgg16:params",
        lambda: [
            ("lenet5: params", report("lenet5").totals.params),
            ("vgg16: mult_adds / vgg16: params", str(Fraction(*cost(report("vgg16"))[::-1]))),
        ],
    ),
    "table": ("lenet5-walkthrough", laid_out),
    "export": ("nin mobilenet_v1", lambda: layers("nin", "mobilenet_v1")),
    "compare": ("inception_naive inception_reduced", compared),
    "conventions": ("lenet5 alexnet", conventions),
    "published": ("alexnet", published),
    "lectures": ("--table mobilenet-table-6", printed),
    "figures": ("", lambda: [(name, one.meaning) for name, one in FIGURES.items() if name not in CONVENTIONS]),
    "list": ("--family ResNet", lambda: [(one.name, one.headings["family"]) for one in catalogue(family="ResNet")]),
    "memory": ("lenet5 mobilenet_v1 --batch 3 --dtype float16 --optimizer adam", bytes_needed),
    "verify": ("lenet5 inception_reduced --device meta", verified),
    "sweep": ("mobilenet_v1_block --alpha 1/4,1/3", swept),
    "solve": ("mobilenet_v1 --free alpha=0.25:1:0.25,rho=96/224:1:32/224 --where mult_adds<=150M", solved),
    "scale": ("efficientnet_b0 --phi 2", scaled),
}


@cache
def expected_of(command):
    return [*ASKED[command][1]()]


def objects(value):
    """The values of each object without lists or objects in it; its shape in a word."""
    if isinstance(value, dict):
        own = [shape(one) for one in value.values()]
        return [own, *(row for one in value.values() for row in objects(one))]
    return [row for one in value for row in objects(one)] if isinstance(value, list) else []


def shape(value):
    return "x".join(map(str, value)) if isinstance(value, list) else value


def sheets(data):
    """Each row of each sheet; a formula's value, and a fraction as it is written."""
    written, values = (openpyxl.load_workbook(BytesIO(data), data_only=only) for only in (False, True))
    for sheet in written:
        for row, shown in zip(sheet.iter_rows(), values[sheet.title].iter_rows(), strict=True):
            yield [one.value[1:] if re.fullmatch(r"=\d+/\d+", str(one.value)) else two.value
                   for one, two in zip(row, shown, strict=True)]  # fmt: skip


def marked(text):
    """The cells of the tables of Markdown."""
    cells = Cells()
    cells.feed(MarkdownIt("commonmark").enable("table").render(text))
    return cells.rows


def typeset(folder, text):
    """What stands on the pages that LaTeX makes, as words."""
    (folder / "page.tex").write_text(text)
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "page.tex"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
    done = subprocess.run(["pdftotext", "-layout", "page.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def rows(format_, folder):
    """All that was written, as rows of cells."""
    files = [path.read_bytes() for path in sorted(folder.iterdir())]
    if format_ == "xlsx":
        return [row for data in files for row in sheets(data)]
    if format_ == "parquet":
        return [list(row.values()) for data in files for row in pyarrow.parquet.read_table(BytesIO(data)).to_pylist()]
    texts = [data.decode() for data in files]
    if format_ == "json":
        return [row for text in texts for row in objects(json.loads(text))]
    if format_ == "csv":
        return [row for text in texts for row in csv.reader(text.splitlines())]
    if format_ == "md":
        return [row for text in texts for row in marked(text)]
    if format_ == "html":
        page = Cells()
        page.feed("".join(texts))
        return page.rows
    return [re.split(r"\s{2,}", line.strip()) for text in texts for line in text.splitlines()]


def says(cell, value, exact):
    """Whether a cell says that: a word as it is, an integer exactly, a fraction as near as its digits tell."""
    if cell is None or isinstance(cell, bool) or isinstance(value, str):
        return " ".join(str(cell).split()) == value
    text = str(cell).strip().lstrip("'").replace(",", "" if not exact else ",")
    percent = text.endswith(" %")
    found = re.fullmatch(r"[-+]?[\d.]+(e-?\d+|/\d+)?", text.removesuffix(" %"))
    if not found:
        return False
    number = Fraction(found[0]) / (100 if percent else 1)
    if isinstance(value, int) or "/" in text:
        return number == value
    if exact:
        return abs(number - value) <= abs(value) * Fraction(1, 2**49)  # a workbook's numbers have sixteen digits
    return abs(number - value) <= Fraction(1, 2 * 10 ** (len(text.removesuffix(" %").partition(".")[2]) + 2 * percent))


def holds(row, expected, exact):
    """Whether the row has the expected values in this order, others between them."""
    cells = iter(row)
    return all(any(says(cell, value, exact) for cell in cells) for value in expected)


CASES = [(command, asked, binary) for command, asked, binary in promised()
         if command in ASKED and not asked[1].endswith(PICTURES)]  # fmt: skip


@pytest.mark.parametrize(("command", "asked", "binary"), CASES, ids=str)
def test_every_figure_in_every_format(command, asked, binary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    format_ = {"txt": "table"}.get(suffix := asked[1].rpartition(".")[2], suffix)
    more = ["-o", f"out.{format_}"] * binary + ["--standalone"] * (format_ == "tex")
    result = run([command, *ASKED[command][0].split(), *asked, *more], COLUMNS="400")
    assert result.exit_code == 0, result.output
    if asked[0] == "--format" and not binary:
        Path("out").write_text(result.stdout)
    assert format_ == "xlsx" or not any(b"\x1b" in path.read_bytes() for path in tmp_path.iterdir())
    expected = expected_of(command)
    if format_ == "json" and command in ("summary", "export"):
        expected = [row[:-1] for row in expected]  # the report's own JSON holds no shares
    if format_ == "tex":
        return check_typeset(expected, tmp_path)
    found, exact = rows(format_, tmp_path), format_ in ("csv", "json", "xlsx", "parquet")
    missing = [row for row in expected if not any(holds(own, row, exact) for own in found)]
    assert not missing, (missing[0], found[:5])
    assert len(found) >= len(expected)
    return None


def check_typeset(expected, folder):
    """Each integer stands on the pages, with its thousands apart."""
    if not (shutil.which("pdflatex") and shutil.which("pdftotext")):
        pytest.skip("needs LaTeX and pdftotext")
    (source,) = folder.iterdir()
    words = re.findall(r"[\w,]+", typeset(folder, source.read_text()))
    numbers = {f"{value:,}" for row in expected for value in row if isinstance(value, int)}
    assert numbers <= set(words)
    assert numbers or {row[0].rpartition("_")[2] for row in expected} <= {word.rpartition("_")[2] for word in words}


def test_every_command_that_shows_a_table_is_asked():
    assert {command.name for command in main.commands.values()} == {*ASKED} | PAGES | RECEIPT
    for name in ASKED:
        formats = {asked[1] for command, asked, _ in CASES if command == name}
        assert {"out.txt", "out.md", "out.csv", "out.tex", "out.html", "out.json", "out.xlsx"} <= formats, name
        assert name == "export" or {"table", "md", "csv", "tex", "html", "json", "xlsx"} <= formats, name


@pytest.mark.parametrize("command", ASKED)
def test_a_format_that_there_is_not_is_told_of_with_those_that_there_are(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [command, *ASKED[command][0].split()]
    known = ", ".join(["table", "md", "csv", "tex", "html", "json", "xlsx", *["parquet"] * (command == "sweep")])
    suffixes = f".{known}".replace(", ", ", .").replace(".table", ".txt")
    told = run([*words, "-o", "out.docx"])
    assert (told.exit_code, told.output) == (
        2, f"out.docx: the suffix decides the format; there are {suffixes}\n")  # fmt: skip
    if command != "export":
        told = run([*words, "--format", "docx"])
        assert (told.exit_code, told.output) == (2, f"no format 'docx'; there are {known}\n")
    assert not any(tmp_path.iterdir())
