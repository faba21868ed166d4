"""What a formula says at a point: what the engine says, or that it does not hold there, and only where it is wrong."""

import random
import re
from fractions import Fraction
from functools import cache

import pytest
from console import run
from members import members
from test_formula import formulas

import archcalc
from archcalc import ArchcalcError
from archcalc.spec.library import names

FEW = 8  # excluded points of a letter, from which on the formula must be wrong at most of them
DEEP = 200  # layers, from which on fewer points are tried
FIGURES = ("mult_adds", "params")


def around(own, knob, count, rng):
    """Values of a knob: near its own, fractions of it, its bounds; as a user may write them."""
    found = {own + step for step in (-3, -1, 1, 2, 5, 8, 17, 32, 33)}
    found |= {
        own * Fraction(n, d)
        for n, d in ((1, 8), (1, 4), (1, 2), (5, 7), (3, 4), (9, 10), (6, 5), (5, 4), (3, 2), (2, 1))
    }
    found |= {end for end in (knob.minimum, knob.maximum) if end is not None}
    inside = [
        v for v in found if (knob.minimum is None or v >= knob.minimum) and (knob.maximum is None or v <= knob.maximum)
    ]
    return rng.sample(sorted(inside), min(count, len(inside)))


def points(formula, network, rng):
    """Each letter moved by itself, then several at once; and which letter it was."""
    own = formula.closed.base
    count = 6 if len(network.summary().layers) > DEEP else 14
    moved = {letter: around(value, network.knobs[letter], count, rng) for letter, value in own.items()}
    yield "", own
    for letter, values in moved.items():
        yield from ((letter, {**own, letter: value}) for value in values)
    for _ in range(count):
        yield "", {letter: rng.choice([own[letter], *values]) for letter, values in moved.items()}


def asked(action, **values):
    """What it gives; None where it refuses."""
    try:
        return action(**values)
    except ArchcalcError:
        return None


def written(value):
    """A fraction as its decimal, where it has a short one."""
    return float(value) if isinstance(value, Fraction) and 10**6 % value.denominator == 0 else value


@pytest.mark.parametrize("name", members())
def test_a_formula_is_right_or_refused_and_refused_only_where_it_is_wrong(name):
    network = archcalc.load(name)
    summary = cache(network.summary)
    for figure, formula in zip(FIGURES, formulas(name), strict=True):
        if formula.closed.quotient is None:
            with pytest.raises(ArchcalcError, match="is not known"):
                formula.at()
            continue
        excluded, needless = {}, {}
        for letter, point in points(formula, network, random.Random(name)):
            given = {one: written(value) for one, value in point.items()}
            value, report = asked(formula.at, **given), asked(summary, **given)
            real = report and getattr(report.totals, figure)
            where = f"{figure} at {point}"
            if value is not None:
                assert value == real, where
            else:
                assert letter or point != formula.closed.base, where
                assert formula.domain.broken(point) is not None, where
            if value is None and real is not None and letter:
                excluded[letter] = excluded.get(letter, 0) + 1
                needless[letter] = needless.get(letter, 0) + (formula.known.at(point) == real)
        for letter, count in excluded.items():
            most = count // 4 if count >= FEW else max(count // 2, 1)  # a single point is too few to tell
            assert needless[letter] <= most, f"{figure}: {letter}"


def test_what_is_outside_is_said():
    formula = archcalc.load("resnet50").formula()
    assert formula.at(resolution=256) == archcalc.load("resnet50").summary(resolution=256).totals.mult_adds
    with pytest.raises(ArchcalcError, match=r"at resolution = 225, .*another formula holds there; this one is exact "
                       r"where resolution is a multiple of 32 and resolution >= 32"):  # fmt: skip
        formula.at(resolution=225)
    with pytest.raises(ArchcalcError, match="n4 is fixed at 6 in it"):
        formula.at(n4=7)
    with pytest.raises(ArchcalcError, match="did you mean 'resolution'"):
        formula.at(resolutoin=224)
    with pytest.raises(ArchcalcError, match="at least 32"):
        formula.at(resolution=16)


def test_the_parameters_do_not_hang_on_the_steps_of_the_side():
    formula = archcalc.load("resnet50").formula("params")
    assert formula.at(resolution=225) == archcalc.load("resnet50").summary(resolution=225).totals.params
    with pytest.raises(ArchcalcError, match="resolution is whole, at least 32"):
        formula.at(resolution=225.5)


def test_a_network_keeps_its_own_values_beside_another():
    own = {
        name: archcalc.load(name).summary().totals.mult_adds
        for name in ("vgg16", "alexnet", "lenet5", "efficientnet_b0")
    }
    assert archcalc.load("alexnet").formula(over="lenet5").at() == Fraction(own["alexnet"], own["lenet5"])
    assert archcalc.load("vgg16").explain(over="alexnet").ratio == Fraction(own["vgg16"], own["alexnet"])
    tied = archcalc.load("alexnet").summary(resolution=224).totals.mult_adds
    assert archcalc.load("vgg16").explain(over="alexnet", tie="resolution").ratio == Fraction(own["vgg16"], tied)
    b7 = archcalc.load("efficientnet_b7").summary().totals.mult_adds
    assert archcalc.load("efficientnet_b7").formula(over="efficientnet_b0").at() == Fraction(b7, own["efficientnet_b0"])


@pytest.mark.parametrize("first", list(names())[::7])
def test_every_ratio_is_that_of_the_networks_by_themselves(first):
    """In turn with another network: the ratio at the letters' own values, and what explain says of both."""
    second = list(names())[(list(names()).index(first) * 5 + 3) % len(names())]
    counts = [archcalc.load(name).summary().totals.mult_adds for name in (first, second)]
    if None in counts or 0 in counts:
        return
    assert archcalc.load(first).formula(over=second).at() == Fraction(*counts)
    assert [side.numbers.value for side in archcalc.load(first).explain(over=second).sides] == counts


def test_headings_name_both_networks_with_their_knobs():
    assert (
        "mult_adds of vgg11@n1=1,n2=1,n3=2,n4=2,n5=2 / vgg16@n1=2,n2=2,n3=3,n4=3,n5=3: "
        in run("formula vgg11 --over vgg16").output
    )
    assert re.search(r"/ alexnet@\S*resolution=227\S*: ", run("formula vgg16 --over alexnet").output)
    assert "Convolution (conv2d@D_K=5): mult-adds" in run("explain factorized_5x5 --over conv2d@D_K=5").output
    latex = run("formula conv1x1_254_256_to_64 --over conv2d --format tex").output
    assert r"\frac{\text{mult\_adds of conv1x1\_254\_256\_to\_64" in latex
    assert run("formula vgg16 --over alexnet --format sympy").output.splitlines()[-1].startswith("ratio = ")


GAPS = {  # a spec on which the symbolic pass stops, or stopped once -> what is said of it
    "a free divisor": ("w: 100, g: 8", "conv(make_divisible(w, g), 1)", ""),
    "terms without number": (
        "a: 1, b: 2, c: 3, d: 1, e: 1, f: 2, g: 1, h: 1",
        "conv((a+b+c+d+e+f+g+h)**8, 1)",
        "too many terms",
    ),
    "a tower of terms": ("a: 1, b: 2, c: 3", "conv(((a+b+c)**40*(a+b)**20) % 7 + 1, 1)", "too many terms"),
}


@pytest.mark.parametrize("case", GAPS)
def test_a_gap_of_ours_is_named_and_the_arithmetic_stands(case, tmp_path):
    knobs, layer, said = GAPS[case]
    spec = tmp_path / "net.yaml"
    given = "".join(f"  {knob.strip()}\n" for knob in knobs.split(","))
    spec.write_text(f"net: N\ngiven:\n{given}input: [3, 8, 8]\nlayers:\n  - conv(1, 1)\n  - {layer}\n")
    explained = run(["explain", str(spec)])
    assert explained.exit_code == 0
    assert "total" in explained.output
    formula = run(["formula", str(spec)])
    assert formula.exit_code == 0
    free = run(["formula", str(spec), "--free", knobs.partition(":")[0]])
    if said:
        assert f"no closed form in a: it would have {said}" in formula.output
        assert "b keeps" not in free.output
    assert "cannot be combined" not in formula.output + free.output


def test_conditions_read_as_people_say_them():
    lines = run("formula alexnet --free groups").output
    assert "and groups divides 96, 256, 384" in lines
    shown = [
        line
        for name in ("mobilenet_v2", "ssd300", "densenet121")
        for line in run(f"formula {name}").output.splitlines()
    ]
    assert not any("floor" in line and "= 0" in line for line in shown)
    assert any("t make_divisible(16 alpha, 8), t make_divisible(24 alpha, 8)" in line for line in shown)
