"""Explanations: their arithmetic is right, line by line, and comes from the kinds' own rules."""

import json
import math
import re
from fractions import Fraction

import pytest
from console import check_golden, run
from members import members

import archcalc
from archcalc.core.errors import Place, Source
from archcalc.core.layer import build
from archcalc.explain.derivation import derivation, text
from archcalc.explain.layer import Worked, products, size
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Counts, Tally
from archcalc.graph.graph import Graph, Node
from archcalc.layers import KINDS
from archcalc.quantity import Quantity
from archcalc.spec.expression import parse_call

COMMANDS = {
    "explain_module": "explain inception_reduced",
    "explain_network": "explain resnet50 --of params",
    "explain_5x5": "explain factorized_5x5 --over conv2d@D_K=5 --tie M,N,D_F",
    "explain_asymmetric": "explain asymmetric_nx1 --over conv2d@D_K=n --tie M,N,D_F",
    "explain_separable": "explain depthwise_separable_conv --over conv2d",
    "explain_equal_cost": "explain resnext_block --over residual_bottleneck --of params",
    "explain_tex": "explain conv5x5_14_reduced_16 --over conv5x5_14_480_to_48 --format tex",
    "explain_scaled": "explain mobilenet_layer_14_512_separable@alpha=0.75,rho=5/7 --free alpha,rho "
    "--over mobilenet_layer_14_512_separable@alpha=1,rho=1",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_people_read(name):
    check_golden(name, COMMANDS[name])


SUMS = [name for name, figure in FIGURES.items() if isinstance(figure.rule, Tally)]


def examples():
    place = Place(Source("example", ""), 0, 0)
    for label, kind in KINDS.items():
        for text_, given in kind.examples.items():
            call = parse_call(text_, place)
            layer, _ = build(kind, tuple(a.evaluate({}) for a in call.arguments),
                             {name: value.evaluate({}) for name, value in call.keywords.items()})  # fmt: skip
            shapes = given if isinstance(given[0], tuple) else (given,)
            yield pytest.param(layer, shapes, id=f"{label}: {text_}")


@pytest.mark.parametrize(("layer", "shapes"), [*examples()])
def test_every_kind_s_products_are_its_figures(layer, shapes):
    place = Place(Source("example", ""), 0, 0)
    inputs = [Node(f"in{i}", None, (), shape, place) for i, shape in enumerate(shapes)]
    node = Node("layer", layer, tuple(range(len(shapes))), layer.shape(*shapes), place)
    graph = Graph({}, (*inputs, node), ())
    for name in SUMS:
        found = products(graph, node, name)
        counted = Counts(graph).of(FIGURES[name].rule)[-1]
        assert (None if found is None else sum(product.value for product in found)) == counted, name


@pytest.mark.parametrize("name", members())
def test_every_layer_s_products_are_its_row(name):
    report = archcalc.load(name).summary()
    known = {}
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        key = (node.layer, report.graph.input_shapes(node), node.shared is None, node.times)
        for figure in SUMS:
            if (key, figure) not in known:
                found = products(report.graph, node, figure)
                known[key, figure] = None if found is None else sum(product.value for product in found)
            assert known[key, figure] == getattr(row, figure), row.name


def computed(line):
    """Both sides of a printed line; None of one that has no sum."""
    left, _, right = line.rpartition(" = ")
    left = re.split(r"  +", left.strip(), maxsplit=1)[-1] if "  " in left.strip() else ""
    if not left or not re.fullmatch(r"[\d ,x+()/]+", left):
        return None
    exact = re.sub(r"(\d+)/(\d+)", r"Fraction(\1, \2)", left.replace(",", "").replace(" x ", "*"))
    return eval(exact, {"Fraction": Fraction}), int(right.replace(",", ""))


@pytest.mark.parametrize("figure", ["mult_adds", "params", "buffers"])
@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet18", "mobilenet_v2", "shufflenet_v1", "conv2d"])
def test_every_printed_line_is_true(name, depth, figure, monkeypatch):
    report = archcalc.load(name).summary()
    found = derivation(report, Quantity(figure), depth)
    folded = "\n".join(text(found))
    monkeypatch.setattr("archcalc.explain.derivation.WIDE", 10_000)
    printed = list(text(found))
    sides = [both for line in printed[1:] if (both := computed(line))]
    assert re.sub(r"[\s-]+", "", folded) == re.sub(r"[\s-]+", "", "".join(printed))
    assert all(left == right for left, right in sides)
    assert found.value == getattr(report.totals, figure)
    assert sum(line.value for line in found.lines) == found.value
    assert sides or figure == "buffers" or name == "conv2d"


REDUCED = "R/M + R/(N D_K^2)"
LECTURES = {  # what a slide or a paper says of a comparison -> both figures, the ratio, the formula
    "conv5x5_14_reduced_16 --over conv5x5_14_480_to_48": (
        5_268_480,
        112_896_000,
        Fraction(7, 150),
        "R/M + R/(N D_K^2)",
    ),
    "factorized_5x5 --over conv2d@D_K=5 --tie M,N,D_F": (90_316_800, 125_440_000, Fraction(18, 25), "18/25"),
    "asymmetric_nx1 --over conv2d@D_K=n --tie M,N,D_F --n 3": (28_409_856, 42_614_784, Fraction(2, 3), None),
    "factorized_7x7 --over conv2d@D_K=7 --tie M,N,D_F --of params": (110_592, 200_704, Fraction(27, 49), "27/49"),
    "depthwise_separable_conv --over conv2d": (52_283_392, 462_422_016, Fraction(521, 4608), "1/N + 1/D_K^2"),
    "gap_vs_fc_googlenet@end=gap --over gap_vs_fc_googlenet --of params": (0, 51_380_224, Fraction(0), "0"),
    "resnext_equal_cost --of params --over residual_bottleneck": (70_144, 70_400, Fraction(274, 275), None),
    "inception_reduced --over inception_naive": (128_049_152, 303_464_448, Fraction(319, 756), None),
    "mobilenet_layer_14_512_separable --over conv2d --of params": (266_752, 2_359_296, Fraction(521, 4608), None),
}


@pytest.mark.parametrize("command", LECTURES)
def test_what_a_change_saves(command):
    first, second, ratio, formula = LECTURES[command]
    result = run(f"explain {command} --format json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.output)
    assert [side["value"] for side in data["networks"]] == [first, second]
    assert Fraction(data["ratio"]) == ratio
    shown = run(f"explain {command}").output
    assert f"{first:,} / {second:,}" in shown
    if formula:
        assert any(line.startswith("ratio") and line.endswith(f"= {formula}") for line in shown.splitlines())


def test_the_worked_example():
    assert "(14 x 14 x 48) x (5 x 5 x 16)  = 3,763,200" in run("explain conv5x5_14_reduced_16").output
    assert r"\left(14 \times 14 \times 48\right) \times \left(5 \times 5 \times 16\right) = 3{,}763{,}200" in (
        run("explain conv5x5_14_reduced_16 --format tex").output
    )


def test_a_transposed_convolution_runs_over_its_input(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [16, 7, 9]\nlayers:\n  - up: conv_transpose(8, 4, stride=2, pad=1)\n")
    assert "up  (7 x 9 x 16) x (4 x 4 x 8) = 129,024" in run(["explain", str(spec)]).output


def test_one_layer_one_block_and_a_size():
    network = archcalc.load("googlenet")
    assert "(112 x 112 x 64) x (7 x 7 x 3) = 118,013,952" in str(network.explain("mult_adds of conv1"))
    assert "2,408,448 + 10,035,200" in str(network.explain("mult_adds of inception3a/5x5"))
    assert "floor((224 + 2*3 - 7)/2) + 1 = 112" in str(network.explain("rows of conv1"))


@pytest.mark.parametrize("name", ["inception_v3", "googlenet", "alexnet", "lenet5", "wide_resnet", "yolo_v1"])
def test_sizes_are_derived_as_they_are(name):
    report, seen = archcalc.load(name).summary(), 0
    for row in report.layers:
        for word, value in zip(("channels", "rows", "columns"), row.output, strict=False):
            trace, found = size(report, Quantity(word, row.name))
            assert found == value
            shown = Worked().write(trace)
            exact = re.sub(r"\b(\d+)\b", r"Fraction(\1)", shown)
            assert eval(exact, {"min": min, "floor": math.floor, "ceil": math.ceil, "Fraction": Fraction}) == value
            seen += "floor" in shown
    assert seen


def test_a_million_layers_of_a_kind_fold_to_blocks():
    lines = run("explain resnet1202_cifar").output.splitlines()
    assert len(lines) < 30
    assert "200 x" in "\n".join(lines) or "199 x" in "\n".join(lines)


def test_unknown_stays_unknown(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n  - step: opaque((5, 4))\n")
    output = run(["explain", str(spec)]).output
    assert re.search(r"step +=  +\?", output)
    assert re.search(r"total .*= +at least 3,888\n", output)
    assert "no ratio" in run(["explain", str(spec), "--over", "conv2d"]).output


MISTAKES = {
    "explain vgg99": "no network 'vgg99'",
    "explain vgg16 --of colour": "no figure 'colour'",
    "explain vgg16 --of peak_bytes": "peak_bytes is not a sum over layers; explain takes params, weights, biases,",
    "explain vgg16 --of params\xa0of\xa0stage9": "vgg16 has no layer 'stage9'; 'archcalc summary NETWORK'",
    "explain vgg16 --over max_pool": "there is no ratio to the mult_adds of max_pool@kernel=2: it is 0",
    "explain vgg16 --free x": "no knob 'x'",
    "explain vgg16 --format sympy": "no format 'sympy'; there are text, tex, json",
    "explain vgg16 --depth 0": "0 is not in the range x>=1",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_mistakes_get_one_message(command):
    result = run([word.replace("\xa0", " ") for word in command.split(" ")])
    assert result.exit_code == 2
    assert MISTAKES[command] in result.output
    assert "Traceback" not in result.output
