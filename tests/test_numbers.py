"""The operations that the number types do not share, over all of them."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
import sympy

from archcalc.core.number import (
    both,
    broadcast,
    ceil_div,
    decide,
    equal,
    exact_div,
    fails,
    half_up,
    is_whole,
    make_divisible,
    maximum,
    minimum,
    plain,
    whole_quotient,
)
from archcalc.core.value import exact, show

n = sympy.Symbol("n", integer=True, positive=True)
x = sympy.Symbol("x", positive=True)
QUARTERS = [Fraction(i, 4) for i in range(81)]


def array(*values):
    return exact(numpy.array(values, dtype=object))


def test_what_symbols_know():
    """They are whole and positive, so that much is no function of theirs."""
    assert minimum(n, 0) == 0
    assert maximum(n, 1) == ceil_div(n, 1) == half_up(n) == n
    assert whole_quotient(n, 4) == n / 4
    assert make_divisible(8 * n, 8) == 8 * n


def test_decide():
    assert decide(True) is True
    assert decide(n > 0) is True
    assert decide(n < 0) is False
    assert decide(n > 5) is None
    assert decide(array(1, 2) > 0) is True
    assert decide(array(1, 2) > 2) is False
    assert decide(array(1, 2) > 1) is None
    with pytest.raises(TypeError):
        decide(1)


def test_fails():
    """One element that is out of bounds is known to be; a symbol is not."""
    assert [fails(condition) for condition in (n > 5, n < 0, True, False)] == [False, True, False, True]
    assert [fails(array(1, 2) > bound) for bound in (0, 1, 2)] == [False, True, True]


def test_broadcast():
    assert broadcast([3, n, array(1, 2, 3)])
    assert broadcast([array(1, 2), array(3), exact(numpy.ones((4, 1)))])
    assert not broadcast([array(1, 2), array(1, 2, 3)])


def test_both():
    assert both(True, n > 5) == (n > 5)
    assert both(n > 5, False) is False


def test_equal_compares_values_not_writing():
    assert equal(4, Fraction(8, 2)) is True
    assert decide(equal((n + 1) * 2, 2 * n + 2)) is True
    assert decide(equal(n, n + 1)) is False
    assert decide(equal(n, 5)) is None


def test_is_whole():
    assert is_whole(3)
    assert is_whole(Fraction(6, 3))
    assert not is_whole(Fraction(1, 2))
    assert is_whole(n) is True
    assert is_whole(n + sympy.Rational(1, 2)) is False
    assert decide(is_whole(x)) is None


def test_plain():
    assert [type(plain(value)) for value in (Fraction(4, 2), sympy.Integer(3), True)] == [int, int, bool]
    assert plain(sympy.Rational(3, 4)) == Fraction(3, 4)
    assert plain(n) is n


def test_show():
    values = (3, Fraction(6, 2), Fraction(3, 4), Fraction(1, 3), sympy.Rational(3, 4), True, n, "word")
    assert [show(value) for value in values] == ["3", "3", "0.75", "1/3", "0.75", "true", "n", "word"]
    assert show(array(1, 0.75)) == "[1, 0.75]"
    assert show(array(*range(1000))) == "[0, 1, 2, 3, 4, 5, 6, 7, ...]"


def check_half_up(round_):
    """What ``int(x + 0.5)`` means: 0.5 goes to 1 and 2.5 to 3, where Python's own round gives 0 and 2."""
    assert [round_(value) for value in QUARTERS] == [math.floor(value + Fraction(1, 2)) for value in QUARTERS]


def test_half_up():
    check_half_up(half_up)
    with pytest.raises(AssertionError):
        check_half_up(round)  # a banker's rounding is caught


def torchvisions(v, divisor):
    """torchvision.models._utils._make_divisible, word for word but for the names."""
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


@pytest.mark.parametrize("divisor", [1, 3, 4, 8, 16])
def test_make_divisible_is_torchvisions(divisor):
    widths = [Fraction(i, 4) for i in range(1, 1500)]
    ours = [make_divisible(width, divisor) for width in widths]
    assert ours == [torchvisions(float(width), divisor) for width in widths]


def test_never_below_nine_tenths():
    """11.9 is nearest to 8, which is less than 90 % of it."""
    assert make_divisible(Fraction("11.9"), 8) == 16


def test_exact_div():
    assert exact_div(6, 3) == 2
    assert type(exact_div(6, 3)) is int
    with pytest.raises(ZeroDivisionError):
        exact_div(1, 0)


@pytest.mark.parametrize(
    "value",
    [
        0.7,
        numpy.float64(0.7),
        numpy.float32(0.7),
        numpy.float16(0.7),
        Decimal("0.7"),
        Fraction(7, 10),
        sympy.Float(0.7),
    ],
    ids=repr,
)
def test_exact_means_the_decimal(value):
    assert exact(value) == Fraction(7, 10)


@pytest.mark.parametrize(
    "value", [3.0, 3, numpy.int64(3), numpy.uint8(3), numpy.float32(3), sympy.Integer(3)], ids=repr
)
def test_exact_integers_are_ints(value):
    assert exact(value) == 3
    assert type(exact(value)) is int


@pytest.mark.parametrize("dtype", ["float64", "float32", "object"])
def test_exact_arrays(dtype):
    values = exact(numpy.array([0.25, 0.7, 2.0], dtype=dtype))
    assert values.dtype == object
    assert list(values) == [Fraction(1, 4), Fraction(7, 10), 2]
    assert [type(value) for value in values] == [Fraction, Fraction, int]
    assert exact(numpy.ones((2, 3))).shape == (2, 3)


def test_exact_symbols():
    assert exact(n) is n
    assert exact(0.7 * n) == sympy.Rational(7, 10) * n


@pytest.mark.parametrize("value", [math.inf, math.nan, numpy.array([1.0, math.nan])], ids=repr)
def test_what_is_not_finite_is_no_number(value):
    with pytest.raises(ValueError, match="Fraction"):
        exact(value)


@pytest.mark.parametrize("value", [None, [1, 2], (1, 2), "1", {}, 1j], ids=repr)
def test_what_has_no_arithmetic_is_no_number(value):
    with pytest.raises(TypeError):
        exact(value)
