"""Depth by induction: a formula in how often layers repeat gives what the network of that many layers costs."""

import random
import re
from fractions import Fraction

import pytest
from laws.depth_law import AROUND, BODIES
from members import members

import archcalc
from archcalc.address import address
from archcalc.closed_forms.copies import sum_of_powers
from archcalc.closed_forms.evaluation import numbers

FIGURES = ("mult_adds", "params", "buffers")
POINTS = 30
REFUSED = {  # the third convolution has a kernel of its own, and there are but two; the map doubles
    "vgg13_shallow_5x5": "where(index == 3, 3, 5) is no polynomial in the index",
    "vgg16_c": "where(index == 3, 1, 3) is no polynomial in the index",
    "keras_resnet50_cifar100": "its sizes do not grow by the same amount in every copy",
}
SAME_LAYERS = re.compile("efficientnet_b[1-7]")  # as those of b0, at other values of the same knobs
WIDTHS_BY_A_LOGARITHM = re.compile(
    "regnet_"
)  # of the index of a unit: no polynomial, so each depth is counted by itself


def depths(network):
    """The knobs that decide how often layers repeat: those that are not free unless they are asked for."""
    found = network.formula()
    return [name for name in numbers(network, {}) if name not in {*found.closed.base, *found.closed.left_out}]


def summary(network, point):
    """The report there; None where there is no such network."""
    try:
        return network.summary(**point)
    except archcalc.ArchcalcError:
        return None


def check(network, free, rng, points=POINTS):
    """At how many of these points, of those where the formulas claim to hold, they give what the engine does."""
    formulas, tried = [network.formula(of, free=free) for of in FIGURES], 0
    own, steps = formulas[0].closed.base, formulas[0].domain.steps
    sizes = {name: steps[name].size if name in steps else Fraction(1, 10) for name in own}
    for _ in range(points):
        point = {name: value + rng.randint(-4, 6) * sizes[name] for name, value in own.items()}
        holds = [formula for formula in formulas if formula.domain.holds(**point)]
        report = summary(network, point) if holds else None
        for formula in holds:
            assert report is not None, f"{formula.title} at {point}"
            assert formula.at(**point) == formula.quantity.of(report), f"{formula.title} at {point}"
        tried += bool(holds)
    return tried


EACH = [
    name
    for name in members()
    if name not in REFUSED and not SAME_LAYERS.match(name) and not WIDTHS_BY_A_LOGARITHM.match(name)
]


@pytest.mark.parametrize("name", EACH)
def test_a_depth_that_is_free_gives_what_each_depth_costs(name):
    network = archcalc.load(name)
    free = depths(network)
    assert not free or check(network, free, random.Random(name)) > 0


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "shufflenet_v2", "wide_resnet", "mobilenet_v2", "vgg16"])
def test_depths_go_together_with_all_other_letters(name):
    network = archcalc.load(name)
    assert check(network, list(numbers(network, {})), random.Random(name), 4 * POINTS) > 0


@pytest.mark.parametrize("name", REFUSED)
def test_where_there_is_no_induction_the_message_says_where_and_why(name):
    with pytest.raises(archcalc.ArchcalcError, match=r"no closed form in .*\.yaml:\d+:\d+: ") as error:
        archcalc.load(name).formula(free=depths(archcalc.load(name)))
    assert REFUSED[name] in str(error.value)


@pytest.mark.parametrize("name", list(filter(WIDTHS_BY_A_LOGARITHM.match, archcalc.names())))
def test_where_widths_follow_a_logarithm_each_depth_is_counted_by_itself(name):
    message = f"no closed form in d: log has no closed form; 'archcalc sweep {name}' counts value by value"
    with pytest.raises(archcalc.ArchcalcError, match=re.escape(message)):
        archcalc.load(name).formula(free="d")


UNPROVEN = {"squares", "never twice alike", "halved", "divided by its index", "nested, wider as often as its index"}


@pytest.mark.parametrize("what", BODIES)
def test_bodies_that_no_spec_of_ours_has(what, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(AROUND.format(body=BODIES[what]))
    network = archcalc.load(str(path))
    if what in UNPROVEN:
        with pytest.raises(archcalc.ArchcalcError, match=r"no closed form in n: .*net\.yaml:\d+:\d+: "):
            network.formula(free=("n",))
    else:
        free = [name for name in ("n", "k", "m") if name in network.knobs]
        assert check(network, free, random.Random(what)) > 5


@pytest.mark.parametrize("exponent", range(9))
def test_sums_of_powers(exponent):
    assert [sum_of_powers(n, exponent) for n in range(12)] == [
        sum(i**exponent for i in range(1, n + 1)) for n in range(12)
    ]


def test_a_part_of_all_copies():
    """Sizes are those of the last copy, and figures those of all."""
    network = archcalc.load("densenet121")
    for text in ("channels of dense2", "params of dense2", "mult_adds of dense2", "rows of dense3", "share of dense4"):
        formula = network.formula(text, free="k,n1,n2")
        for point in ({"k": 32, "n1": 6, "n2": 12}, {"k": 16, "n1": 2, "n2": 1}, {"k": 40, "n1": 9, "n2": 30}):
            assert formula.at(**point) == address(text).of(network.summary(**point))


def test_one_row_stands_for_all_copies():
    (found,) = archcalc.load("resnet50").formula(free="n4").evaluations
    rows = {row.name: row for row in found.report.layers}
    assert rows["conv4_x/unit2...n4/body/bottleneck/conv2/conv"].text.endswith("bias=false), n4 - 1 times")
    assert rows["conv4_x/unit1/body/bottleneck/conv2/conv"].text.endswith("bias=false)")
