"""Addresses: a figure is what the report says, arithmetic is that of fractions, a slip gets one message and a caret."""

import json
import pickle
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from console import run
from members import members
from test_fuzz import SEED, slip

import archcalc
from archcalc.address import COUNTS, RELATIONS, address, read
from archcalc.core.bound import exactly
from archcalc.core.errors import ArchcalcError, Refusal
from archcalc.core.number import COMPARE
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import ABSENT
from archcalc.model import reference
from archcalc.quantity import Quantity, rows_of
from archcalc.search.constraint import read_constraints
from archcalc.spec.library import home

OF_LAYERS = [name for name, figure in FIGURES.items() if figure.rule]
SUMS = [name for name in OF_LAYERS if FIGURES[name].rule.adds]


def told(text, report, read=Quantity.read):
    """The value of one figure, a shape or a word too; ABSENT where there is none."""
    try:
        return address(text).single.value(report, read)
    except Refusal as refusal:
        return ABSENT if " has no " in str(refusal) else refusal


@pytest.mark.parametrize("name", members())
def test_a_figure_at_an_address_is_the_reports(name):
    """Of the network all, of each layer and block some in turn, so that each figure is asked of each network."""
    report = archcalc.load(name).summary()
    for figure, entry in FIGURES.items():
        expected = entry.network(report) if entry.network else report.totals.shown(figure)
        assert told(figure, report) == exactly(expected), figure
        assert told(figure, report, Quantity.shown) == expected, figure
    rows = [*report.layers, *report.by("block"), *report.by("block", 2)]
    for i, row in enumerate(rows):
        for figure in (OF_LAYERS * 2)[i % len(OF_LAYERS) :][: 3 if i else None]:
            assert told(f"{figure} of {row.name}", report) == row.figure(figure), (figure, row.name)
    for i, row in enumerate(report.by("kind")):
        for figure in (SUMS * 2)[i : i + 5]:
            assert told(f"{figure} of every {row.kind}", report) == row.figure(figure), (figure, row.kind)
    for block in report.by("block"):
        first = report.graph.nodes[block.nodes[0]]
        assert told(f"input of {block.name}", report) == report.graph.input_shapes(first)[0]
    for path in {row.name.partition("/")[0] for row in report.layers}:
        for kind in {row.kind for row in report.layers}:
            inside = sum(row.kind == kind for row in rows_of(report, path))
            assert told(f"layers of every {kind} of {path}", report) == inside
    for knob, value in report.knobs.items():
        assert told(f"knob {knob}", report) == value


NETWORKS = ("lenet5", "lenet5@classes=7", "inception_reduced", "mobilenet_v1@alpha=3/4,rho=4/7")
SIGNS = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__, "/": Fraction.__truediv__}


def numbers(report):
    """Texts of figures and shares of a network, with their values."""
    for row in (report.totals, *report.layers):
        of = "" if row is report.totals else f" of {row.name}"
        for figure in ("params", "mult_adds", "total_params", "flops", "elements", "rows"):
            if isinstance(row.figure(figure), int):
                yield f"{figure}{of}", Fraction(row.figure(figure))
        if of and report.totals.mult_adds:
            yield f"share{of}", Fraction(row.mult_adds, report.totals.mult_adds)


FOUND = {name: [*numbers(reference(name).summary({}))] for name in NETWORKS}


def expression(dice, depth, network=""):
    """A text, and what it comes to by Python's fractions."""
    if depth == 0 and dice.random() < 0.3:
        digits, unit = dice.choice(["3", "0.75", "1_000", "2.5e3", "12,345"]), dice.choice(["", "M", " k"])
        return digits + unit, Fraction(digits.replace(",", "")) * COUNTS[unit.strip()]
    if depth == 0:
        name = network or dice.choice(NETWORKS)
        text, value = dice.choice(FOUND[name])
        return (text if network else f"{name}{dice.choice([':', ': ', ' : '])}{text}"), value
    if not network and dice.random() < 0.2:
        name = dice.choice(NETWORKS)
        text, value = expression(dice, depth, name)
        return f"{name}: ({text})", value
    match dice.randrange(6):
        case 0:
            text, value = expression(dice, depth - 1, network)
            return f"-({text})", -value
        case 1:
            text, value = expression(dice, depth - 1, network)
            power = dice.choice((0, 1, 2) if value == 0 else (-1, 0, 1, 2))
            return f"({text})**{power}", value**power
        case 2:
            (one, a), (other, b) = expression(dice, depth - 1, network), expression(dice, depth - 1, network)
            name = dice.choice(["min", "max"])
            return f"{name}({one}, {other})", {"min": min, "max": max}[name](a, b)
        case _:
            (one, a), (other, b) = expression(dice, depth - 1, network), expression(dice, depth - 1, network)
            sign = dice.choice([sign for sign in SIGNS if sign != "/" or b])
            space = dice.choice([" ", "  "]) if sign == "/" else dice.choice(["", " "])
            return f"({one}){space}{sign}{space}({other})", SIGNS[sign](a, b)


def test_arithmetic_is_that_of_fractions_and_what_is_written_is_read_again():
    dice, tried = random.Random(SEED), 0
    for _ in range(400):
        text, expected = expression(dice, dice.randrange(3))
        if len(text) > 900 or max(map(abs, expected.as_integer_ratio())) >= 2**256:
            continue
        (found,) = read(text, alone=True)
        assert found.answer() == expected, text
        (again,) = read(str(found), alone=True)
        assert (str(again), again.answer(), again.unit) == (str(found), expected, found.unit)
        assert str(pickle.loads(pickle.dumps(found))) == str(found)
        tried += 1
    assert tried > 300


@pytest.mark.parametrize("sign", RELATIONS.values())
def test_comparisons_are_exact(sign):
    params = archcalc.load("lenet5").summary().totals.params
    for step in (-1, 0, 1):
        for bound in (f"{params + step}", f"{7 * (params + step)} / 7", f"{params + step}.0000000000000000001"):
            number = Fraction(bound) if "/" not in bound else Fraction(params + step)
            assert archcalc.ask(f"lenet5: params {sign} {bound}") is COMPARE[sign](params, number)
            assert archcalc.ask(f"{bound} {sign} lenet5: params") is COMPARE[sign](number, params)


# Slips


GOOD = (
    "resnet200@stride_on=3: mult_adds / resnet101: mult_adds",
    "mobilenet_v1@alpha=3/4,rho=4/7: (params - params of classifier) <= 2.5M and vgg16: depth == 16",
    "100 * lenet5: share of params of c1, lenet5: layers of every conv of c1 + lenet5: knob classes ** 2",
    "round(resnet50: weight_bytes / 1 MiB) < 98 MiB / 1MiB, vgg16: output of features/stage1/conv1",
)


def test_slips_get_one_message(monkeypatch, tmp_path):
    """Whatever is typed is answered, or refused in one message that quotes it, with exit status 2."""
    monkeypatch.chdir(tmp_path)
    dice, ends = random.Random(SEED), []
    for number in range(250):
        text = dice.choice(GOOD)
        for _ in range(dice.choice((1, 1, 2, 4))):
            text = slip(text, dice)
        result = run(["ask", "--", text])
        ends.append(result.exit_code)
        assert result.exit_code in (0, 2), (number, text, result.exception)
        if result.exit_code:
            message, *picture = result.output.rstrip("\n").split("\n")
            assert len(message) > 10, text
            assert "Traceback" not in result.output
            assert "___" not in result.output, (text, result.output)
            assert len(picture) in (0, 2), (text, result.output)
            assert not picture or re.fullmatch(r" *\^+", picture[1]), (text, result.output)
    assert ends.count(2) > 100
    assert ends.count(0) > 10


MISTAKES = {  # what is pointed at stands between > and <
    "1 + >resnet51<: params": "no network 'resnet51'",
    "lenet5: (max(params, 3)) + >params<": "of which network? Write NETWORK: params",
    "resnet50@>stride_om=3<: params": "no knob 'stride_om'; did you mean 'stride_on'?",
    "resnet50@n2=3,>stride_on=7<: params": "stride_on = 7; it must be one of 1, 3",
    "resnet50: >parms< / 2": "no figure 'parms'; did you mean 'params'?",
    "resnet50: >params of top/fd<": "no layer 'top/fd'; did you mean 'top/fc'?",
    "2 * resnet50: >params of every cnov<": "no kind of layer 'cnov'; did you mean 'conv'?",
    "resnet50: >rows of every conv<": "rows does not add up over layers",
    "resnet50: >knob nn2<": "no knob 'nn2'; did you mean",
    "resnet50: params >of<": "write the path of a layer or block after 'of'",
    "resnet50: >params of conv1/params of top<": "write spaces around a '/' that divides",
    "resnet50: params of conv1/vgg16>:< params": "and spaces around a '/' that divides",
    "resnet50: >peak_bytes of conv1<": "peak_bytes is a figure of the whole network only",
    "resnet50: params / >params<": "of which network? Write NETWORK: params",
    ">resnet50< / 2": "'resnet50' is a network; its figure follows a colon",
    ">resnet50: mult_adds <= 4MiB<": "bytes can only be compared with bytes",
    ">1MiB + resnet50: params<": "bytes can only be compared with bytes",
    "resnet50: params <= 3>X<": "no unit 'X'",
    "resnet50: params >=< 3": "'=' is not a comparison; write '=='",
    ">resnet50: params != 3<": "figures are compared by <=, <, >=, >, ==",
    "resnet50: >output< * 2": "output is not a number",
    ">resnet50: params / (3 - 3)<": "a division by zero",
    ">resnet50: params ** 0.5<": "only whole exponents",
    "resnet50: params + >(<2": "never closed",
    ">resnet50: params or 3<": "is not part of the language",
    "1 + >resnet50: params[0]<": "is not part of the language",
    ">resnet50: params.rows< / 2": "is not part of the language",
    ">resnet50: params ** 99<": "a number of more than 256 bits",
}


@pytest.mark.parametrize("marked", MISTAKES)
def test_a_caret_stands_under_what_is_wrong(marked):
    start, end = marked.index(">"), marked.rindex("<") - 1
    text = marked[:start] + marked[start + 1 : end + 1] + marked[end + 2 :]
    result = run(["ask", text])
    assert result.exit_code == 2
    message, shown, caret = result.output.rstrip("\n").split("\n")
    assert MISTAKES[marked] in message
    assert shown == f"    {text}"
    assert (caret.index("^") - 4, len(caret) - 4) == (start, end)


def test_every_command_reads_the_same_grammar():
    """Where the network is given, an address without one is its own; a mistake has the same message everywhere."""
    for command in (["sweep", "lenet5", "--classes", "1:3", "--of"], ["formula", "lenet5", "--of"],
                    ["explain", "lenet5", "--of"], ["solve", "lenet5", "--free", "classes", "--where"]):  # fmt: skip
        result = run([*command, "parms of c1 / 2"])
        assert (result.exit_code, result.output.split("\n")[:3]) == (
            2, ["no figure 'parms'; did you mean 'params'?", "    parms of c1 / 2", "    ^^^^^^^^^^^"])  # fmt: skip


# What is asked of sweeps, formulas and searches


OF = ("mult_adds / params", "params of every linear / 1k", "100 * share of params of output", "knob classes ** 2",
      "params - lenet5: params", "params / mult_adds - params of c1 / params",
      "max(params of f6, params of output)")  # fmt: skip


@pytest.mark.parametrize("of", OF)
def test_sweeps_and_formulas_answer_what_the_report_does(of):
    network, asked = archcalc.load("lenet5"), address(of)
    values = [asked.of(network.summary(classes=n)) for n in range(1, 120)]
    assert [*network.sweep(of, classes="1:119")[str(asked)]] == values
    if "max" not in of:
        formula = network.formula(of, free="classes")
        assert [formula.at(classes=n) for n in range(1, 120)] == values


def test_sweeps_of_a_depth_answer_what_the_report_does():
    network, of = archcalc.load("densenet121"), ("params of every conv", "knob n3 ** 2 * params", "depth - knob n3")
    sweep = network.sweep(*of, n3=[2, 3, 5])
    for text in of:
        asked = address(text)
        assert [*sweep[str(asked)]] == [asked.of(network.summary(n3=n)) for n in (2, 3, 5)]


@pytest.mark.parametrize("sign", RELATIONS.values())
def test_a_bound_may_stand_on_either_side(sign):
    (left,), (right,) = read_constraints([f"7 {sign} params"]), read_constraints([f"params {sign} 7"])
    (both,) = read_constraints([f"params {sign} buffers + 7"])
    for value in (6, 7, 8):
        assert (left.met(value), right.met(value)) == (COMPARE[sign](7, value), COMPARE[sign](value, 7))
        assert both.met(value - 7) == COMPARE[sign](value, 7)
    assert str(both.quantity) == "params - (buffers + 7)"


@pytest.mark.parametrize(
    "where",
    ["mult_adds / params <= 6", "6 >= mult_adds / params", "params of output <= params of f6",
     "params < lenet5: params + 500",
     "knob classes ** 2 <= 1k", "1000 * params of output <= 10 * params and depth == 5"],
)  # fmt: skip
def test_a_search_meets_what_holds(where):
    network = archcalc.load("lenet5")

    def holds(report):
        sides = [(one.left.of(report), one.right.of(report), one.relation) for one in read(where)]
        return all(COMPARE[relation](left, right) for left, right, relation in sides)

    met = [n for n in range(1, 200) if holds(network.summary(classes=n))]
    solution = network.solve(where, free={"classes": range(1, 200)}, want="largest classes")
    assert (solution.best.knobs["classes"], solution.meeting) == (max(met), len(met))


def test_what_is_not_known_stays_unknown(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: N\ninput: [1, 4, 4]\nlayers:\n  - a: conv(2, 1)\n  - b: opaque((2, 4, 4))\n")
    for text in ("params", "0 * params", "share of a", "params of b / params of a", "min(params, 3)"):
        assert archcalc.ask(f"{path}: ({text})") is None
        rows = json.loads(run(["ask", "--format", "json", f"{path}: ({text}), {path}: params of a"]).output)[0]["rows"]
        assert [row["value"] for row in rows] == [None, 4]
    assert archcalc.ask(f"{path}: params >= 0") is None
    assert re.search(r"params >= 0 +\? +\? >= 0\n", run(["ask", f"{path}: params >= 0"], COLUMNS="300").output)
    assert archcalc.ask(f"{path}: params of a") == 4


# The command


def test_every_shipped_name_is_read_and_no_figure_hides_a_network():
    names = archcalc.names()
    assert not {*FIGURES, "share", "knob", "every"} & {*names}
    for name in names[::7]:
        assert archcalc.ask(f"{name}: params") == archcalc.load(name).summary().totals.params
    file = next(iter(sorted(Path(home()).glob("lenet*.yaml"))))
    assert archcalc.ask(f"{file}: params") == archcalc.load(str(file)).summary().totals.params
    assert archcalc.ask("ResNet-50: params") == archcalc.ask("resnet50: params")


def test_the_answers_as_data():
    asked = "lenet5: params, lenet5: params / lenet5: mult_adds, lenet5: output of c1, lenet5: depth > 4"
    rows = json.loads(run(["ask", "--format", "json", asked]).output)[0]["rows"]
    answers = [one.answer() for one in read(asked, alone=True)]
    assert [row["asked"] for row in rows] == [part.strip() for part in asked.split(",")]
    assert [row["value"] for row in rows] == [answers[0], float(answers[1]), "6x28x28", "yes"]
    assert [row.get("exactly") or "" for row in rows] == ["", str(answers[1]), "", "5 > 4"]
    assert [row.get("unit") or "" for row in rows] == ["params", "", "", ""]


def test_one_thing_at_a_time_from_python():
    for text in ("lenet5: params, lenet5: depth", "lenet5: params > 3 and lenet5: depth > 3"):
        with pytest.raises(ArchcalcError, match="ask for one at a time"):
            archcalc.ask(text)
    assert archcalc.ask("lenet5: output of c1") == (6, 28, 28)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("params + 7", "params"), ("-(params - params of c1)", "params"), ("params + buffers", ""), ("2 * params", ""),
     ("params / params", ""), ("weight_bytes + 1MiB", "bytes"), ("weight_bytes // 1kB", ""), ("rows of c1", ""),
     ("weight_bytes / mult_adds", ""), ("mult_adds * weight_bytes", ""), ("share of c1", ""), ("knob classes", ""),
     ("max(mult_adds of c1, mult_adds of c3)", "mult-adds"), ("weight_bytes ** 2", "")],
)  # fmt: skip
def test_a_unit_is_that_of_a_sum(text, unit):
    """What is multiplied or divided has none, since it may count anything."""
    assert read(f"lenet5: ({text})", alone=True)[0].unit == unit
    (table,) = json.loads(run(["ask", "--format", "json", f"lenet5: ({text})"]).output)
    assert table["rows"][0].get("unit", "") == unit
