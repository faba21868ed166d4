"""Arrays as knobs of a network: over a plane, such as cannot be, and values that equal others."""

from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
import sympy

from archcalc import ArchcalcError, load


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
        ("mobilenet_v1", {"alpha": numpy.array([0.01, 1])}, "it must be at least 1/32"),
        ("mobilenet_v1", {"alpha": [0.5, 1]}, "it must be a number"),
        ("mobilenet_v1", {"alpha": numpy.array([1, 2]), "rho": numpy.ones(3)}, "shapes that cannot be combined"),
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
    with pytest.raises(ArchcalcError, match="bias must be true or false, not 1"):
        load(str(spec)).summary()


def test_a_report_of_arrays_can_be_written():
    assert load("conv2d").summary(stride=numpy.array([1, 2])).to_dict()["knobs"]["stride"] == "[1 2]"


ONES = [1.0, Fraction(1), Decimal(1), numpy.float32(1), numpy.int8(1), sympy.Integer(1)]


@pytest.mark.parametrize("one", ONES, ids=repr)
def test_one_is_one_however_it_is_written(one):
    network = load("mobilenet_v1")
    assert network.summary(alpha=one).layers == network.summary().layers
