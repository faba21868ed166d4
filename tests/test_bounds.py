"""Lower bounds: of a sum with an unknown part people read what it is at least, and programs that it is unknown."""

import json
import re
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from random import Random

import numpy
import openpyxl
import pytest
import sympy
from console import run
from laws.common import examples
from laws.page_law import asked, check, expected
from matplotlib.figure import Figure
from members import members

import archcalc
from archcalc.address import address
from archcalc.core.bound import AT_LEAST, AtLeast, exactly
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Quotient, Tally
from archcalc.output.formats import BY_NAME, FORMATS
from archcalc.output.rounding import PREFIXES, UNITS, Scale, fixed
from archcalc.output.table import Column, Table, fraction, ratio
from archcalc.page.html import page_of
from archcalc.plots.networks import bars

needs_v8 = pytest.mark.skipif(
    not find_spec("py_mini_racer"), reason="needs mini-racer, which runs JavaScript and is not installed"
)
ODD = """net: Odd
given: {k: {default: 4, min: 1}}
input: [3, 8, 8]
layers:
  - stem: conv(k, 3, pad=1)
  - body:
      - conv: conv(64, 3, pad=1)
      - batchnorm
      - step: opaque((k, 8, 8))
  - only:
      - opaque((8, 6, 6))
      - relu
  - flatten
  - linear(1000)
"""
WORKS = ("all", "calflops")  # conventions by which something is unknown in the networks that come with archcalc
SMALL = ("fast_r_cnn_vgg16", "unet")


@pytest.fixture
def odd(tmp_path):
    (tmp_path / "odd.yaml").write_text(ODD)
    return str(tmp_path / "odd.yaml")


@cache
def unknown():
    """The networks of which something is unknown, each with the convention."""
    reports = [archcalc.load(name).summary().counted_as(work) for name in members() for work in WORKS]
    return [report for report in reports if isinstance(report.totals.shown(report.work), AtLeast)]


# The law of figures


def test_a_bound_is_what_the_known_layers_have(odd):
    reports = [archcalc.load(odd).summary(), *unknown()]
    assert {*SMALL} <= {report.network for report in reports}
    seen = set()
    for report in reports:
        for row in (report.totals, *report.by("block"), *report.by("block", 2), *report.by("kind")):
            for name, rule in ((name, one.rule) for name, one in FIGURES.items() if one.rule):
                seen.add(type(right := bound(report, row, name, rule)))
                assert row.shown(name) == right, (report.network, row.name, name)
    assert {AtLeast, int, Fraction, type(None)} <= seen


def bound(report, row, name, rule):
    """The figure; of a sum that is unknown the sum of what is known, and of a largest value the largest one known."""
    value, each = row.figure(name), report.counts.of(rule)
    known = [each[i] for i in row.nodes if each[i] is not None]
    if value is not None or not rule.adds or isinstance(rule, Quotient) or not any(known):
        return value
    return AtLeast(sum(known) if isinstance(rule, Tally) else max(known))


@pytest.mark.parametrize("figure", [one for one in FIGURES.values() if isinstance(one.rule, Tally)],
                         ids=lambda one: one.name)  # fmt: skip
def test_no_layer_has_less_than_nothing(figure):
    """Else the sum of the known layers would not be a lower bound."""
    for example in examples():
        value = figure.rule.of_layer(example.layer, example.shapes, example.layer.shape(*example.shapes))
        assert value is None or value >= 0, example


# What is written


def shows(text, value):
    """How often a text shows this number, and how often it says that it is a bound."""
    text, number = " ".join(text.split()), rf"(?<![\d,.]){value:,}(?!\d|[,.]\d)"
    return len(re.findall(number, text)), len(re.findall(rf"{AT_LEAST} (?:\}})?{number}", text))


def written(words, file, format_):
    """What a command writes, as text."""
    result = run([*words, *(["-o", str(file)] if file else []), *(["--format", format_] if not file else [])])
    assert result.exit_code == 0, result.output
    if format_ == "xlsx":
        sheets = [sheet.iter_rows(values_only=True) for sheet in openpyxl.load_workbook(file, data_only=True)]
        return "\n".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for sheet in sheets for row in sheet
                         for cell in row)  # fmt: skip
    return (file.read_text() if file else result.output).replace("{,}", ",").replace("\\allowbreak ", "")


COMMANDS = ("summary {}", "compare {} lenet5", "conventions {}")
DRAWN = ("svg", "tex", "mmd", "dot")


def commands(odd):
    """Commands on networks with an unknown part, and the work that is known of it."""
    for report in (archcalc.load(odd).summary(), *unknown()):
        name = odd if report.network == "odd" else report.network
        for command in COMMANDS if name in (odd, *SMALL) else COMMANDS[:1]:
            work = [] if "conventions" in command else ["--convention", report.work]
            yield [*command.format(name).split(), *work], report.totals.shown(report.work).value


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_shows_a_bound_without_its_words(format_, odd, tmp_path):
    file = tmp_path / "out.xlsx" if format_ == "xlsx" else None
    for words, value in commands(odd):
        text = written(words, file, format_)
        if BY_NAME[format_].exact:
            assert "null" in text or ",," in text or ",\r" in text or ",\n" in text
            assert not shows(text, value)[1]
            continue
        there, said = shows(text, value)
        assert there == said >= 1, (words, text)


@pytest.mark.parametrize("format_", DRAWN)
def test_no_drawing_shows_a_bound_without_its_words(format_, odd, tmp_path):
    for name, work in ((odd, "mult_adds"), ("unet", "calflops")):
        value = archcalc.load(name).summary().totals.shown(work).value
        text = written(["draw", name, "--figure", work, "--depth", "1"], tmp_path / f"out.{format_}", format_)
        there, said = shows(text, value)
        assert there == said >= 1, (name, text)
    body = next(row for row in archcalc.load(odd).summary().by("block") if row.name == "body").shown("mult_adds")
    there, said = shows(written(["draw", odd, "--depth", "1"], tmp_path / f"body.{format_}", format_), body.value)
    assert there == said >= 1


@pytest.mark.parametrize("format_", ["text", "tex"])
def test_no_explanation_shows_a_bound_without_its_words(format_, odd):
    report = archcalc.load(odd).summary()
    text = written(["explain", odd, "--depth", "1"], None, format_).replace(r"\text{at least }", "at least ")
    there, said = shows(text, report.totals.shown("mult_adds").value)
    assert there == said == 1
    body = next(row for row in report.by("block") if row.name == "body").shown("mult_adds").value
    assert rf"({AT_LEAST} {body:,}" in text or rf"({AT_LEAST} {body:,}".replace("(", r"\left(") in text


def test_programs_read_unknown_and_the_bound_under_its_name(odd, tmp_path):
    report = archcalc.load(odd).summary()
    whole = {name: report.totals.shown(name) for name in ("params", "buffers", "mult_adds")}
    bounds = {name: value.value for name, value in whole.items()}
    assert all(isinstance(value, AtLeast) for value in whole.values())
    data = json.loads(run(["summary", odd, "--format", "json"]).output)
    assert data["totals"] == dict.fromkeys(whole) | {"at_least": bounds}
    (table, *_) = json.loads(run(["compare", odd, "lenet5", "--format", "json"]).output)
    own, lenet = table["rows"]
    assert {name: own[name] for name in whole} == dict.fromkeys(whole)
    assert own["at_least"].pop("MiB") == report.totals.shown("weight_bytes").value / 2**20
    assert own["at_least"] == bounds
    assert "at_least" not in lenet
    assert [own["params_ratio"], own["mult_adds_ratio"], lenet["params_ratio"]] == [None] * 3
    (answers,) = json.loads(run(["ask", f"{odd}: params", f"{odd}: params + 1", "--format", "json"]).output)
    assert [row["value"] for row in answers["rows"]] == [None, None]
    assert [row.get("at_least") for row in answers["rows"]] == [{"value": bounds["params"]}, None]
    explained = json.loads(run(["explain", odd, "--format", "json"]).output)["networks"][0]
    assert (explained["value"], explained["at_least"]) == (None, bounds["mult_adds"])
    table = report.table(by="block")
    assert table.frame()["params"].isna().tolist() == [
        value is None for value in (row.params for row in report.by("block"))
    ]
    assert archcalc.ask(f"{odd}: params") is None


def test_a_table_of_ones_own_shows_bounds_and_says_what_is_unknown(odd, tmp_path):
    file = tmp_path / "own.yaml"
    cells = "params: '{params}'\n  in K: '{params to 0.1K}'\n  words: '{params of stem} of {params to 1K}'\n"
    cells += "  share: '{share of stem}'"
    file.write_text(f"table: Own\nnetwork: {odd}\ncolumns:\n  {cells}\nrows:\n  - {{}}\n")
    params = archcalc.load(odd).summary().totals.shown("params").value
    shown, words = run(["table", str(file)]).output, f"{AT_LEAST} {params // 1000}"
    down = Fraction(params // 100, 10)
    assert re.search(rf"{AT_LEAST} {params:,} +{AT_LEAST} {float(down):,.1f} +112 of {words} +\?\n", shown)
    assert f"unknown: body/step, only/opaque; '{AT_LEAST}' counts the rest" in shown
    run(["table", str(file), "-o", str(tmp_path / "own.xlsx")])
    sheet = openpyxl.load_workbook(tmp_path / "own.xlsx", data_only=True).worksheets[1]
    right = [f"{AT_LEAST} {params:,}", f"{AT_LEAST} {float(down):,.1f}", f"112 of {words}", "?"]
    assert [cell.value for cell in sheet[3]] == right
    formula = openpyxl.load_workbook(tmp_path / "own.xlsx").worksheets[1]["C3"].value
    assert formula.endswith(f'&" of "&"{words}",""),"")')


# Values


def test_a_bound_is_never_rounded_up():
    random = Random(1)
    for _ in range(300):
        value = random.randrange(1, 10 ** random.randrange(1, 14))
        texts = [(fixed(AtLeast(Fraction(value, 997)), digits), Fraction(value, 997)) for digits in (0, 1, 3)]
        for units in UNITS[1:]:
            column = Column("params", "params").in_units(units, [AtLeast(value)])
            size = column.scale.size(column.scale.prefixes[0]) if column.scale else 1
            texts.append((column.text(AtLeast(value)), Fraction(value, size)))
        scale = Scale(PREFIXES, in_cells=True)
        texts.append((scale.text(AtLeast(value)).rstrip(" KMG"), Fraction(value, scale.size(scale.prefix(value)))))
        for text, right in texts:
            said, shown = text[: len(AT_LEAST)], Fraction(text[len(AT_LEAST) :].strip().replace(",", ""))
            assert said == AT_LEAST
            assert right * Fraction(98, 100) - 1 <= shown <= right, (text, right)


def test_nothing_is_computed_with_a_bound():
    for compute in (lambda x: x + 1, lambda x: 1 + x, lambda x: 2 * x, lambda x: x < 3, lambda x: x - x, int, float):
        with pytest.raises(TypeError):
            compute(AtLeast(3))
    assert fraction(AtLeast(3), 4) is fraction(4, AtLeast(3)) is ratio(AtLeast(3), 3) is exactly(AtLeast(3)) is None


def test_rows_with_a_bound_are_sorted_as_unknown():
    rows = tuple((value,) for value in (5, AtLeast(99), 7, None))
    table = Table("T", (Column("params", "params"),), rows)
    for descending in (False, True):
        assert [row[0] for row in table.sorted_by("params", descending).rows][2:] == [AtLeast(99), None]


@needs_v8
@pytest.mark.parametrize("k", [4, 1, 7])
def test_a_page_says_what_the_engine_says(k, odd):
    network = archcalc.load(odd)
    page, right = page_of([network.summary()]), expected(network, {"k": k})
    assert check(asked(page, 0, {"k": k}), right, k)
    assert right["counts"][0].startswith(AT_LEAST)


def test_bounds_of_symbols_and_arrays(odd):
    network, k = archcalc.load(odd), sympy.Symbol("k", integer=True, positive=True)
    for value in (k, numpy.array([1, 4], object)):
        report = network.summary(k=value)
        bound = report.totals.shown("params").value
        right = [network.summary(k=n).totals.shown("params").value for n in (1, 4)]
        assert ([bound.subs(k, n) for n in (1, 4)] if value is k else bound.tolist()) == right
        assert f"{AT_LEAST} {bound}" in repr(report)


def test_a_bar_of_a_bound_says_so(odd):
    figure, report = Figure(), archcalc.load(odd).summary()
    bars(figure, report.by("block"), [address("params")], "Odd")
    assert [text.get_text() for text in figure.axes[0].texts] == ["112", "at least 2.49k", "?", "0", "289k"]


def test_a_budget_does_not_take_a_bound_for_a_number():
    """Where the network can be built at some points only, too."""
    task = ["--free", "resolution=8:32:8", "--where", "inference_bytes <= 400MB"]
    assert (
        run(["solve", "vit_b_16", *task]).output
        == "vit_b_16: inference_bytes is not known at resolution = 8 to 32 in steps of 8\n"
    )
    shown = run("sweep vit_b_16 --resolution 16:32:16 --of params,inference_bytes").output
    assert re.search(r"\n +16 +[\d,]+ +\?\n +32 +[\d,]+ +\?\n\nunknown: what attention layers make inside\n", shown)
