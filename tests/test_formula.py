"""Closed forms: equal to the integer engine wherever they claim to hold, for every spec; what is printed of them."""

import itertools
import json
import math
import random
import shutil
import subprocess
from fractions import Fraction

import pytest
import sympy
from console import check_golden, check_mistake, run

import archcalc
from archcalc.address import address
from archcalc.closed_forms.evaluation import evaluations
from archcalc.closed_forms.formula import formula_of
from archcalc.closed_forms.quotient import reduced
from archcalc.closed_forms.symbol_table import SymbolTable
from archcalc.closed_forms.write import LATEX, PYTHON, TEXT
from archcalc.core.number import make_divisible
from archcalc.model import Reference

COMMANDS = {
    "formula_mobilenet_v1": "formula mobilenet_v1 --free alpha,rho",
    "formula_mobilenet_v2": "formula mobilenet_v2 --free alpha",
    "formula_separable": "formula depthwise_separable_conv --over conv2d",
    "formula_inception_v3": "formula inception_v3 --free resolution,c7 --format tex",
    "formula_json": "formula densenet121 --free k,classes --of params --format json",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_people_read(name):
    check_golden(name, COMMANDS[name])


PRINTED = {
    "mobilenet_v1 --free alpha,rho": "539492352 alpha^2 rho^2 + alpha (28224000 rho^2 + 1024000)",
    "depthwise_separable_conv --over conv2d": "1/N + 1/D_K^2",
    "densenet121 --free k --of params": "6700 k^2 + 34908 k + 1000",
    "factorized_5x5 --over conv2d@D_K=5 --free M=N=middle,D_F": "18/25",
    "asymmetric_nx1 --over conv2d@D_K=n --free M=N=middle,D_F,n": "2/n",
    "conv2d --free M,N,D_K,D_F": "M N D_K^2 D_F^2",
    "conv2d --free D_F,stride": "2359296 ceil(D_F/stride)^2",
    "conv2d --free groups": "462422016/groups",
    "conv5x5_14_reduced_16 --over conv5x5_14_480_to_48": "R/M + R/(N D_K^2)",
    "resnet50 --of rows\xa0of\xa0conv2_x --free resolution": "8 s",
    "inception_v3 --of rows\xa0of\xa0mixed_7c --free resolution": "s - 1",
    "resnext_equal_cost --of params": "C (9 d^2 + 512 d)",
    "inception_reduced --of share\xa0of\xa0inception/1x1 --free n1": "3 n1/(3 n1 + 2360)",
}


@pytest.mark.parametrize("command", PRINTED)
def test_the_first_line_is_the_formula(command):
    words = [word.replace("\xa0", " ") for word in command.split(" ")]
    assert run(["formula", *words]).output.splitlines()[0] == PRINTED[command]


def formulas(name):
    """Of mult_adds and of params, in all knobs that can be free."""
    found = evaluations(Reference(archcalc.load(name), {}), None, None)
    return [formula_of(of, found) for of in map(address, ("mult_adds", "params"))]


UNUSUAL = {
    "everything": """net: A
given:
  k: 4
  x: {default: 3/2, min: -5, max: 5}
  p: {default: 2, min: 0, max: 6}
  g: {default: 2, min: 1}
  size: {default: 33, min: 8}
let:
  f(c): c if k > 2 else 2*c
  w: min(max(k, 3), 10) + k % 3
input: [g*k, size, size]
layers:
  - conv(f(8), 3, pad=1, groups=g)
  - conv(w, 3, stride=2)
  - conv(2**p, 1)
  - small: relu
    when: size > 40
    else:
      - conv(round(7/3*x)+20, 1)
""",
    "index": """net: B
given: {k: 8}
input: [k, 16, 16]
layers:
  - c: conv(index*k, 3, pad=1)
    repeat: 4
  - maxpool(2)
  - flatten
  - linear(k/2)
  - linear(k**2 - 1)
""",
    "unbounded": """net: C
given: {a: {default: 0, min: 0}, b: {default: -1}, s: 7}
input: [8, 14, 14]
layers:
  - conv(8 + a, s, stride=s, pad=s//2)
  - conv(10 + b, 1)
""",
    "quotients": """net: D
given: {q: {default: 5}, r: {default: 1/3}}
input: [q]
layers:
  - linear(3*r)
  - dropout(r)
  - linear(12 // q)
  - linear(q % 4 + 1)
""",
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_no_spec_of_ours_does(name, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(UNUSUAL[name])
    network, rng, tried = archcalc.load(str(path)), random.Random(name), 0
    for formula in (network.formula(of) for of in ("mult_adds", "params")):
        own, steps = formula.closed.base, formula.domain.steps
        sizes = {name: steps[name].size if name in steps else Fraction(1, 2) for name in own}
        for _ in range(150):
            point = {name: value + rng.randint(-6, 6) * sizes[name] for name, value in own.items()}
            if formula.domain.holds(**point):
                assert formula.at(**point) == getattr(network.summary(**point).totals, formula.quantity.entry.name)
                tried += 1
    assert tried > 10


def test_a_constant_is_an_int_where_it_is_whole_in_every_style():
    constant = archcalc.load("efficientnet_b0").formula(free="alpha")
    assert [constant.known.write(style) for style in (TEXT, LATEX, PYTHON)] == ["385814752"] * 3
    numbers = [Fraction(n, d) for n in range(-4, 5) for d in (1, 2, 3)]
    for top, bottom in itertools.product(numbers, filter(None, numbers)):
        quotient, one = reduced(top, bottom)
        assert (quotient, one) == (top / bottom, 1)
        assert isinstance(quotient, int) == ((top / bottom).denominator == 1)


def test_free_knobs_are_those_that_decide_nothing():
    assert set(archcalc.load("densenet121").formula().closed.base) == {
        "k",
        "theta",
        "bottleneck",
        "resolution",
        "classes",
    }


def test_how_far_the_smooth_form_is():
    formula = archcalc.load("mobilenet_v2").formula(free="alpha")
    (gap,) = formula.gaps
    differences = {}
    for i in range(513):
        alpha = Fraction(1, 32) + Fraction(127, 32) * i / 512
        if formula.domain.holds(alpha=alpha):
            exact = formula.at(alpha=alpha)
            differences[alpha] = abs(Fraction(formula.smooth.at({"alpha": alpha}) - exact) / exact)
    assert (gap.largest, gap.tried) == (max(differences.values()), len(differences))
    assert differences[gap.at] == gap.largest
    assert gap.near == max(d for alpha, d in differences.items() if Fraction(1, 2) <= alpha <= 2)


def test_without_roundings_there_is_no_smooth_form():
    formula = archcalc.load("vgg16").formula()
    assert formula.smooth is None
    assert formula.gaps == ()


def test_the_sympy_expression():
    formula = archcalc.load("mobilenet_v1").formula(free=("alpha", "rho"))
    alpha, rho = sympy.symbols("alpha rho")
    expected = 539492352 * alpha**2 * rho**2 + alpha * (28224000 * rho**2 + 1024000)
    assert formula.expression == expected
    assert sympy.expand(archcalc.load("depthwise_separable_conv").formula(over="conv2d").expression) == (
        1 / sympy.Symbol("N") + 1 / sympy.Symbol("D_K") ** 2
    )
    rounded = archcalc.load("mobilenet_v2").formula(free="alpha")
    assert rounded.expression.subs("alpha", sympy.Rational(7, 5)) == rounded.at(alpha=Fraction(7, 5))


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "conv2d", "efficientnet_b0", "resnext_block"])
def test_the_source_is_a_program(name):
    formula = archcalc.load(name).formula()
    scope = {}
    exec(formula.source, scope)
    point = {name: sympy.Rational(str(value)) for name, value in formula.closed.base.items()}
    own = scope["mult_adds"].subs(point)
    assert own.replace(scope.get("make_divisible", sympy.Function("f")), make_divisible) == formula.at()


def test_the_json_contract():
    data = json.loads(run("formula mobilenet_v2 --free alpha --format json").output)
    words = "quantity networks free formula where latex sympy exact_where with at value smooth differs_by unknown"
    assert set(data) == set(words.split())
    assert data["value"] == 300774272
    assert data["differs_by"]["alpha"] > 0


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_the_latex_compiles(tmp_path):
    texts = [run(f"{command} --format tex").output for command in (
        "formula mobilenet_v2", "formula inception_reduced --over inception_naive", "formula conv2d --free stride,n=D_F"
        .replace("n=D_F", "D_F"), "explain inception_reduced --over inception_naive", "explain lenet5 --of params",
    )]  # fmt: skip
    head = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n"
    (tmp_path / "all.tex").write_text(head + "\n".join(texts) + "\\end{document}\n")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"], cwd=tmp_path,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_memory_and_sizes():
    network = archcalc.load("resnet50")
    for of in ("peak_bytes", "inference_bytes", "training_bytes", "weight_bytes", "buffers", "rows of conv4_x"):
        formula = network.formula(of, free="resolution,classes")
        for point in ({"resolution": 224, "classes": 1000}, {"resolution": 64, "classes": 70_000}):
            assert formula.domain.holds(**point)
            assert formula.at(**point) == address(of).of(network.summary(**point))


def test_unknown_stays_unknown(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ngiven: {k: 4}\ninput: [3, 8, 8]\nlayers:\n  - conv(k, 3)\n  - step: opaque((5, 4))\n")
    result = run(["formula", str(spec)])
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "?"
    assert "not known, since step cannot be counted" in result.output
    with pytest.raises(archcalc.ArchcalcError, match="step cannot be counted"):
        _ = archcalc.load(str(spec)).formula().expression
    assert run(["formula", str(spec), "--of", "params of conv"]).output.startswith("28 k\n")


def test_a_knob_both_free_and_set_is_near_that_value():
    """So the residue can be chosen."""
    network = archcalc.load("inception_v3")
    formula = network.formula(free="resolution", resolution=300)
    assert formula.domain.holds(resolution=300)
    assert not formula.domain.holds(resolution=299)
    assert formula.at() == network.summary(resolution=300).totals.mult_adds
    command = "formula inception_v3 --free resolution --resolution 300 --over inception_v3_keras"
    assert run(command).output.startswith("1\n")


def test_several_free_sizes_have_their_own_steps():
    formula = archcalc.load("ssd300").formula(free="height,width")
    assert {name: step.size for name, step in formula.domain.steps.items()}.keys() == {"height", "width"}
    height, width = (300 + formula.domain.steps[name].size for name in ("height", "width"))
    network = archcalc.load("ssd300")
    assert formula.at(height=height, width=300) == network.summary(height=height).totals.mult_adds
    assert formula.at(height=300, width=width) == network.summary(width=width).totals.mult_adds


MISTAKES = {
    "formula mobilenet_v1 --free alfa": "no knob 'alfa'; did you mean 'alpha'?",
    "formula mobilenet_v1 --free alpha,,rho": "free knobs are written alpha,rho",
    "formula googlenet --free aux": "aux is one of false, true",
    "formula keras_resnet50_cifar100 --free upsamplings": "keras_resnet50_listings.yaml:46:9: its sizes do not grow",
    "formula vgg16_c --free n1": "blocks/vgg.yaml:11:25: features/stage1/conv3...n1 - 2: where(index == 3, 1, 3) is no",
    "formula resnet50 --free n3,resolution --of peak_bytes": "in n3: peak_bytes is not a sum over layers",
    "formula resnet50 --free n3 --of params\xa0of\xa0conv3_x/unit3": "all its repetitions are one row",
    "formula densenet121 --of paramss": "did you mean 'params'?",
    "formula densenet121 --of rows\xa0of\xa0conv9": "densenet121 has no layer 'conv9'; 'archcalc summary",
    "formula vgg16 --over vgg99": "no network 'vgg99'",
    "formula conv2d --over conv2d@D_K": "no network 'conv2d@D_K'",
    "formula conv2d --over conv2d@x=1": "no knob 'x'",
    "formula conv2d --over max_pool": "there is no ratio to the mult_adds of max_pool",
    "formula vgg16 --format pdf": "no format 'pdf'",
    "formula vgg16 -o out.pdf": "the suffix decides",
    "formula vgg16 --resolution 31": "at least 32",
    "formula efficientnet_b0 --of training_bytes": "leave fewer knobs free",
    "formula vgg16 --tie resolution": "a knob is tied between two networks; name the other one with --over",
    "formula vgg16 --over conv2d --tie resolution": "conv2d has no knob 'resolution'",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_mistakes_get_one_message(command, tmp_path):
    check_mistake([word.replace("\xa0", " ") for word in command.split(" ")], MISTAKES[command], tmp_path)


def test_a_file_is_written_by_its_suffix(tmp_path):
    for suffix, start in ((".txt", "2651488 k^2"), (".tex", "\\begin{align*}"), (".py", "from sympy"), (".json", "{")):
        path = tmp_path / f"out{suffix}"
        assert run(["formula", "densenet121", "--free", "k", "-o", str(path)]).exit_code == 0
        assert path.read_text().startswith(start)


# The number type


def test_a_bound_that_is_met_settles_no_more_than_it_does():
    a = SymbolTable({"a": 3}, {"a": (1, 9)}, {}).knob("a")
    assert [a >= 1, a > 9, a <= 9, a < 1, a == 10] == [True, False, True, False, False]
    for open_, at, holds in (
        (a >= 9, 9, True),
        (a > 1, 1, False),
        (a <= 1, 1, True),
        (a < 9, 9, False),
        (a == 9, 9, True),
    ):
        assert not isinstance(open_, bool)
        assert open_.at({"a": at}) is holds


def test_floors_vanish_by_steps_or_stay():
    from archcalc.closed_forms.symbols import Restart

    field = SymbolTable({"side": 299}, {"side": (32, None)}, {})
    with pytest.raises(Restart) as again:
        math.floor(field.knob("side") / 2)
    assert again.value.step == (2, 1)
    stepped = SymbolTable({"side": 299}, {"side": (32, None)}, {"side": again.value.step})
    half = math.floor(stepped.knob("side") / 2)
    assert [half.at({"side": side}) for side in (33, 299)] == [16, 149]
    narrow = SymbolTable({"x": 1}, {"x": (Fraction(1, 2), 1)}, {})
    assert str(math.floor(narrow.knob("x") / 3 + 2)) == "2"
    assert str(math.floor(narrow.knob("x") * Fraction(1, 3) * 4)) == "floor(4/3 x)"
