"""Every network that archcalc brings gives over symbols and arrays what it gives over ints, layer by layer."""

import itertools
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy
import pytest
import sympy
from laws.network_law import around, check_network_arrays, check_network_symbols, element, figures, open_knobs

from archcalc import ArchcalcError, load
from archcalc.language.library import names

FILES = {path.name: [name for name, file in names().items() if file == path] for path in names().values()}


@cache
def smallest_of_each_knob(file):
    """Of each knob that is a number the smallest network of the file, so that all are tried and none twice."""
    networks = sorted(map(load, FILES[file]), key=lambda network: len(network.summary().layers))
    return {knob: network for network in reversed(networks) for knob in open_knobs(network)}


@pytest.mark.parametrize("file", FILES)
def test_symbols_then_values(file):
    knobs = smallest_of_each_knob(file)
    tried = [check_network_symbols(network, knob) for knob, network in knobs.items()]
    assert any(tried) or not knobs  # some knobs decide the structure, never all


@pytest.mark.parametrize("file", FILES)
def test_arrays_element_by_element(file):
    knobs = smallest_of_each_knob(file)
    tried = [check_network_arrays(network, knob, around(network.knobs[knob])) for knob, network in knobs.items()]
    assert any(tried) or not knobs


GRIDS = {
    "mobilenet_v1": {"alpha": [1.0, 0.75, 0.5, 0.25], "rho": [1, Fraction(6, 7), Fraction(5, 7), Fraction(4, 7)]},
    "mobilenet_v2": {"alpha": [0.35, 0.5, 0.75, 1.0, 1.4], "resolution": [96, 160, 224]},
    "resnet50": {"resolution": [33, 64, 224, 299], "classes": [1, 10, 1000]},
    "densenet121": {"k": [12, 32, 48], "theta": [0.5, 1.0]},
}


@pytest.mark.parametrize("name", GRIDS)
def test_arrays_of_several_knobs(name):
    network, grid = load(name), GRIDS[name]
    points = list(itertools.product(*grid.values()))
    columns = zip(*points, strict=True)
    report = network.summary(**{k: numpy.array(v, dtype=object) for k, v in zip(grid, columns, strict=True)})
    found = figures(report)
    for i, point in enumerate(points):
        expected = figures(network.summary(**dict(zip(grid, point, strict=True))))
        assert {name: element(figure, i) for name, figure in found.items()} == expected


def test_arrays_over_a_plane():
    """A column of widths and a row of resolutions give a table."""
    network = load("mobilenet_v1")
    alphas, rhos = numpy.array([[1.0], [0.5]]), numpy.array([[1, Fraction(6, 7), Fraction(5, 7)]])
    table = network.summary(alpha=alphas, rho=rhos).totals.mult_adds
    expected = [[network.summary(alpha=a, rho=r).totals.mult_adds for r in rhos[0]] for a in alphas[:, 0]]
    assert table.tolist() == expected


@pytest.mark.parametrize(
    ("name", "knobs", "message"),
    [
        ("mobilenet_v1", {"alpha": numpy.array([0.01, 1])}, "it is at least 1/32"),
        ("mobilenet_v1", {"alpha": [0.5, 1]}, "is (not )?a number"),
        ("mobilenet_v1", {"alpha": numpy.array([1, 2]), "rho": numpy.ones(3)}, "shapes that do not go together"),
    ],
)
def test_arrays_that_cannot_be(name, knobs, message):
    with pytest.raises(ArchcalcError, match=message):
        load(name).summary(**knobs)


def test_a_zero_in_an_array_is_refused(tmp_path):
    spec = tmp_path / "strides.yaml"
    spec.write_text("net: Strides\ngiven:\n  s: 1\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3, s)\n", "utf-8")
    with pytest.raises(ArchcalcError, match="divides by an array with a 0 in it"):
        load(str(spec)).summary(s=numpy.array([0, 1]))


def test_one_is_not_true(tmp_path):
    """Equal calls are answered once, and in Python 1 equals True."""
    spec = tmp_path / "flags.yaml"
    spec.write_text("net: Flags\ngiven:\n  b: 1\ninput: [3]\nlayers:\n  - linear(4, true)\n  - linear(4, b)\n", "utf-8")
    with pytest.raises(ArchcalcError, match="bias is true or false, not 1"):
        load(str(spec)).summary()


def test_a_report_of_arrays_can_be_written():
    assert load("conv2d").summary(stride=numpy.array([1, 2])).to_dict()["knobs"]["stride"] == "[1 2]"


ONES = [1.0, Fraction(1), Decimal(1), numpy.float32(1), numpy.int8(1), sympy.Integer(1)]


@pytest.mark.parametrize("one", ONES, ids=repr)
def test_one_is_one_however_it_is_written(one):
    network = load("mobilenet_v1")
    assert figures(network.summary(alpha=one)) == figures(network.summary())
