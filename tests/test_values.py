"""Values that Python code may give a knob: each is right wherever a knob is set, or refused by one message."""

import enum
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy
import pandas
import pytest
import sympy
import torch

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.memory.footprint import memory
from archcalc.search.scaling import scale

TEXT = """net: Any
given:
  n: {default: 3, min: 1/8}
  m: {default: 4, min: 1}
  word: {default: a, choices: [a, b]}
  flag: {default: false, choices: [false, true]}
input: [3, ceil(8*n), 8]
layers:
  - conv(ceil(n*m), 3, pad=1, bias=flag)
  - extra: relu
    when: word == 'b'
  - flatten
  - linear(m)
"""
N = sympy.Symbol("N", integer=True, positive=True)


class Three(enum.IntEnum):
    THREE = 3


class Duck:
    """Has the operators of a number, as a tensor has; what they do, nobody knows."""

    def __floordiv__(self, other):
        return 7

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __mod__ = __neg__ = __ge__ = __le__ = __floordiv__


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text(TEXT)
    return archcalc.load(path)


DOORS = {  # how a knob is set -> a figure of the network
    "summary": lambda network, n: network.summary(n=n).totals.mult_adds,
    "memory": lambda network, n: memory(network.summary(n=n)).step,
    "a batch": lambda network, n: memory(network.summary(), n).step,
    "formula": lambda network, n: network.formula("params", free="m", n=n).text(),
    "explain": lambda network, n: str(network.explain(n=n)),
    "solve": lambda network, n: network.solve("params <= 9k", free={"m": range(1, 9)}, n=n).best,
    "to_torch": lambda network, n: [p.shape for p in network.to_torch(n=n).parameters()],
}
GRIDS = {  # how several values are given -> of each what it costs
    "sweep": lambda network, n: network.sweep(n=n)["mult_adds"].tolist(),
    "solve": lambda network, n: [p.figures for p in network.solve("params > 0", free={"n": n, "m": [1]}).curve(99)],
}
doors, grids = pytest.mark.parametrize("door", DOORS), pytest.mark.parametrize("door", GRIDS)
WHOLE = [numpy.dtype(code).type(3) for code in numpy.typecodes["AllInteger"]]
FLOATS = [numpy.dtype(code).type for code in numpy.typecodes["Float"]]
THREES = [3, 3.0, Fraction(3), Decimal(3), Decimal("3.000"), Three.THREE, *WHOLE, *(kind(3) for kind in FLOATS),
          numpy.array(3), numpy.array(3.0), sympy.Integer(3), sympy.Float(3), sympy.sqrt(9)]  # fmt: skip
SEVEN_TENTHS = [0.7, Fraction(7, 10), Decimal("0.7"), *(kind("0.7") for kind in FLOATS), sympy.Float(0.7),
                sympy.Rational(7, 10), numpy.array(0.7), numpy.array(0.7, numpy.float32)]  # fmt: skip
ARRAYS = [numpy.array([2, 3], kind) for kind in (numpy.int8, numpy.uint8, numpy.uint64, numpy.float16, object)]
ARRAYS += [numpy.array([Fraction(2), Decimal(3)], object), numpy.ma.array([2, 3]), numpy.array([2.0, 3], numpy.float32)]
LISTS = [[2, 3], (2, 3.0), range(2, 4), "2,3", "2:3", {2: 0, 3: 0}.keys(), pandas.Index([2.0, 3]),
         pandas.Series([2, 3]), pandas.Series([2, 3], dtype="float32")]  # fmt: skip
SYMBOLS = [N, N + 2, sympy.Float(0.5) * N, numpy.array([N, 3], object)]
NEITHER = [None, "three", True, b"3", bytearray(b"3"), 3j, complex(3), math.nan, math.inf, -math.inf, 10**400, 5e-324,
           object(), Duck(), int, math, {}, {3: 3}, set(), [], (), [None], [[3]], [True], ["3"], [math.nan],
           Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1e999999999"), Decimal("1e-999999999"),
           numpy.nan, numpy.bool(True), numpy.complex64(3), numpy.bytes_(b"3"), numpy.timedelta64(3, "s"),
           numpy.datetime64("2020-01-01"), numpy.array([]), numpy.array([True]), numpy.array(["3"]), numpy.array(True),
           numpy.array([2, math.nan]), numpy.array([2, None], object), numpy.array([1j]), numpy.ma.masked,
           numpy.ma.array([2, 3], mask=[False, True]), numpy.zeros(2, [("a", int)]),
           sympy.nan, sympy.oo, -sympy.oo, sympy.zoo, sympy.I, 2 * sympy.I, sympy.true, N > 3, sympy.Matrix([3]),
           torch.tensor(3), torch.tensor([3]), torch.tensor(3.0), torch.tensor([2, 3]), torch.tensor([[True]]),
           pandas.NA, pandas.NaT, pandas.Timestamp("2020-01-01")]  # fmt: skip
NO_SINGLE = [*LISTS, [3], (3,), {3}, range(3, 4), iter([3])]


def each(values):
    return pytest.mark.parametrize("value", values, ids=lambda value: f"{type(value).__name__} {str(value)[:20]}")


def refusal(ask, network, value):
    """One line that says which knob, and what it is not."""
    with pytest.raises(ArchcalcError, match=r"\A[^\n]{10,300}\Z") as caught:
        ask(network, value)
    return str(caught.value)


@doors
@each(THREES)
def test_a_number_is_a_number_everywhere(door, value, network):
    assert DOORS[door](network, value) == DOORS[door](network, 3)


@grids
@each(THREES)
def test_a_number_is_a_grid_of_one(door, value, network):
    assert GRIDS[door](network, value) == GRIDS[door](network, [value]) == GRIDS[door](network, [3])


@pytest.mark.parametrize("door", ["summary", "memory", "formula", "explain", "solve"])
@each(SEVEN_TENTHS)
def test_a_decimal_is_that_decimal_everywhere(door, value, network):
    """Also where its type holds fewer digits, or more."""
    assert DOORS[door](network, value) == DOORS[door](network, Fraction(7, 10))
    assert network.summary(n=value).knobs["n"] == Fraction(7, 10)
    assert network.sweep(n=[value]).axes == {"n": (Fraction(7, 10),)}


@grids
@each([*LISTS, *ARRAYS])
def test_several_numbers_are_a_grid(door, value, network):
    assert GRIDS[door](network, value) == GRIDS[door](network, [2, 3])


def test_a_grid_may_be_generated_but_not_without_end(network):
    assert network.sweep(n=(n for n in (2, 3)))["params"].tolist() == network.sweep(n=[2, 3])["params"].tolist()
    with pytest.raises(ArchcalcError, match="a list of more than 1,000,000 values"):
        network.sweep(n=itertools.count(1))


@pytest.mark.parametrize("door", ["summary", "memory", "a batch"])
@each(ARRAYS)
def test_an_array_is_its_numbers(door, value, network):
    assert list(DOORS[door](network, value)) == [DOORS[door](network, n) for n in (2, 3)]


@pytest.mark.parametrize("door", ["summary", "memory", "a batch"])
@each(SYMBOLS[:3])
def test_a_symbol_is_any_number(door, value, network):
    found = sympy.sympify(DOORS[door](network, value)).subs(N, 2)
    assert found == DOORS[door](network, archcalc.core.value.exact(value.subs(N, 2)))


@pytest.mark.parametrize("door", ["formula", "explain", "solve", "to_torch"])
@each([*ARRAYS, *SYMBOLS])
def test_an_array_or_a_symbol_is_no_single_number(door, value, network):
    message = refusal(DOORS[door], network, value)
    assert "it must be one number here" in message or "needs numbers for its sizes" in message


@grids
@each([*SYMBOLS, [N], [[2, 3]], [numpy.array([2, 3])]])
def test_a_grid_is_of_single_numbers(door, value, network):
    refusal(GRIDS[door], network, value)


@doors
@each([*NEITHER, *NO_SINGLE])
def test_what_is_no_number_is_refused_everywhere(door, value, network):
    assert ("batch " if door == "a batch" else "any: n ") in refusal(DOORS[door], network, value)


@grids
@each([value for value in NEITHER if value is not None and not isinstance(value, sympy.MatrixBase)])
def test_what_is_no_number_is_refused_in_a_grid(door, value, network):
    assert "n, from " in refusal(GRIDS[door], network, value)


@each(["3", numpy.str_("3"), " 3 "])
def test_a_text_is_a_number_where_letters_are_texts_too_and_nowhere_else(value, network):
    for door in ("formula", "explain"):
        assert DOORS[door](network, value) == DOORS[door](network, 3)
    for door in ("summary", "memory", "solve", "to_torch", "a batch"):
        assert "it must be a number, not a text" in refusal(DOORS[door], network, value)


@pytest.mark.parametrize(
    ("knob", "good", "bad"),
    [
        ("word", ["b", numpy.str_("b")], ["c", b"b", 1, None, ["b"], N, numpy.array("b"), numpy.array([1, 2])]),
        ("flag", [True, numpy.bool(True)], ["true", 1, 1.0, None, [True], sympy.true, numpy.array([True])]),
    ],
)
def test_words_are_words(knob, good, bad, network):
    expected = network.summary(**{knob: good[0]}).to_dict()
    for value in good:
        assert network.summary(**{knob: value}).to_dict() == expected
        assert network.sweep(**{knob: value})["params"].tolist() == [expected["totals"]["params"]]
    for value in bad:
        assert f"{knob} = " in refusal(lambda network, value: network.summary(**{knob: value}), network, value)


def test_compound_scaling_takes_numbers_of_any_type():
    network = archcalc.load("efficientnet_b0")
    expected = scale(network, 1, alpha=Fraction(6, 5)).steps
    for phi, alpha in ((numpy.int8(1), numpy.float32("1.2")), (Decimal(1), sympy.Float(1.2)), (1.0, 1.2)):
        assert scale(network, phi, alpha=alpha).steps == expected
    for value in ("1", torch.tensor(1), numpy.array([1, 2]), N, None):
        with pytest.raises(ArchcalcError, match="phi = "):
            scale(network, value)


def test_a_network_is_loaded_from_a_path_of_any_type(tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text(TEXT)
    assert archcalc.load(path).summary().totals == archcalc.load(str(path)).summary().totals
    assert archcalc.load(Path("vgg16")).summary().totals == archcalc.load("vgg16").summary().totals
    for value in (None, 5, b"vgg16", [path], archcalc.load(path)):
        with pytest.raises(ArchcalcError, match="loaded by its name or its file, not by a "):
            archcalc.load(value)


def test_a_report_as_data_keeps_fractions(network):
    """A number that is not an integer becomes its text; from the text comes the same network."""
    for value, text in ((Fraction(3, 4), "0.75"), (Fraction(5, 7), "5/7"), (2, 2), (1 / 3, f"{'3' * 16}/1{'0' * 16}")):
        data = network.summary(n=value).to_dict()
        assert data["knobs"]["n"] == text
        assert network.summary(n=Fraction(text)).to_dict() == data
    assert network.summary(n=N).to_dict()["knobs"]["n"] == "N"


@pytest.mark.parametrize("test", ["n", "not n", "n or m < 9", "n if word == 'a' else true"])
def test_numbers_are_no_conditions_be_they_one_or_many(test, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(TEXT.replace("when: word == 'b'", f"when: {test}"))
    network, told = archcalc.load(path), "is not a condition, like stride > 1"
    for value in (2, numpy.array([2, 3])):
        with pytest.raises(ArchcalcError, match=told):
            network.summary(n=value)
    assert all(told in why for why in network.sweep(n=[2, 3]).arrays()["why"])
    with pytest.raises(ArchcalcError, match=told):
        network.formula(free="n")
