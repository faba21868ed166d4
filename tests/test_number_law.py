"""Every type of number gives what plain numbers give: in arithmetic, for every kind of layer, for every network."""

import ast
import importlib
import math
import operator
import pkgutil
from fractions import Fraction
from random import Random
from unittest.mock import Mock

import pytest
from laws import number_types
from laws.common import examples
from laws.number_law import OPERATIONS, arithmetic, check, check_layer, nested, network, open_knobs
from laws.number_types import NUMBER_TYPES, NumberType

import archcalc
from archcalc.closed_forms.quotient import Over
from archcalc.core.errors import ArchcalcError
from archcalc.core.number import COMPARE, OwnCondition, OwnNumber, exact_div
from archcalc.spec.arithmetic import OPERATORS
from archcalc.spec.library import names
from archcalc.traces.javascript import ARITHMETIC

SEEDS = 8
LARGEST = 150  # layers; the deeper members of a family repeat the same blocks
PARTS = 4  # of the networks
LEAST = {"forms": (0.5, 0.6, 0.6), "symbols": (0.6, 1, 0.75), "arrays": (0.6, 1, 0.75), "traces": (0.9, 1, 0.8),
         "unknown": (0, 0, 0), "roots": (0.3, 0, 0), "scripts": (0.9, 1, 0.8),
         "grids": (0.95, 1, 0.8)}  # no network where heads do not divide a width: nothing to compare  # fmt: skip
"""Of the types that may refuse: which share of the points is compared in arithmetic, for layers, for networks."""

each_type = pytest.mark.parametrize("name", NUMBER_TYPES)
EXAMPLES = list(examples())
FILES = {}
for one, file in names().items():
    FILES.setdefault(file, []).append(one)


def of_arithmetic(operation):
    return [law for seed in range(SEEDS) for law in arithmetic(operation, seed)]


@each_type
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(name, operation):
    check(of_arithmetic(operation), NUMBER_TYPES[name], LEAST.get(name, (0.95,))[0] * 0.75)


@each_type
def test_operations_on_what_operations_gave(name):
    check([nested(seed) for seed in range(100)], NUMBER_TYPES[name], LEAST.get(name, (0.95,))[0])


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_layers(example):
    check_layer(example)


def of_networks(part):
    """A law for each knob of a file's networks, and one for all that decide no structure."""
    for file in list(FILES)[part::PARTS]:
        seen = set()
        for name in FILES[file]:
            found, random = archcalc.load(name), Random(name)
            if len(found.summary().layers) <= LARGEST:
                knobs = [knob for knob in open_knobs(found) if knob not in seen]
                seen.update(knobs)
                one = {knob: network(found, [knob], random) for knob in knobs}
                yield from one.values()
                free = [knob for knob, law in one.items() if law.compared(NUMBER_TYPES["arrays"])]
                if len(free) > 1:
                    yield network(found, free, random)


@pytest.mark.parametrize("part", range(PARTS))
def test_networks(part):
    laws = list(of_networks(part))
    for name, number_type in NUMBER_TYPES.items():
        check(laws, number_type, LEAST.get(name, (0, 0, 0.9))[2])


def test_no_type_is_left_out():
    for module in pkgutil.walk_packages(archcalc.__path__, "archcalc."):
        if not module.name.startswith(("archcalc.verify", "archcalc.__main__")):
            importlib.import_module(module.name)
    ours = {found for found in OwnNumber.__subclasses__() if found.__module__.startswith("archcalc.")}
    ours -= {Over}  # of the arithmetic between figures, which no layer meets; tests/test_ask.py holds it
    assert ours == {own for number_type in NUMBER_TYPES.values() for own in number_type.own}


# A new type is held to the law, and is seen to be caught where it is wrong


class Many:
    """A value at each point."""

    def __init__(self, values):
        self.values = tuple(values)


def pointwise(made, compute):
    """The function at each point; what is the same at all of them stands alone."""

    def computed(*operands):
        (many, *_) = (operand.values for operand in operands if isinstance(operand, Many))
        return made(map(compute, *(getattr(operand, "values", [operand] * len(many)) for operand in operands)))

    return computed


def number(compute):
    return pointwise(lambda values: Wide(values), compute)


def condition(compute):
    return pointwise(lambda values: WideCondition(values), compute)


JUNCTIONS = {"and": operator.and_, "or": operator.or_}


class Wide(Many, OwnNumber):
    __add__, __mul__, __neg__, minimum = map(number, (operator.add, operator.mul, operator.neg, min))
    __truediv__, __floor__, __pow__ = map(number, (exact_div, math.floor, OPERATORS[ast.Pow]))

    def compared(self, sign, other):
        return condition(COMPARE[sign])(self, other)


class WideCondition(Many, OwnCondition):
    __invert__ = condition(operator.not_)
    select = number(lambda holds, yes, no: yes if holds else no)

    def joined(self, sign, other):
        return condition(JUNCTIONS[sign])(self, other)


class WideType(NumberType):
    def numbers(self):
        return list(map(Wide, self.columns))

    def read(self, value, i):
        return value.values[i] if isinstance(value, Many) else value


BREAKS = {  # what is wrong -> where in the type, the wrong operation, an operation that the law catches it in
    "negative numbers are rounded towards 0": ("__floor__", number(int), "floor"),
    "a reflected difference has the other sign": ("__rsub__", lambda x, y: x - y, "Sub"),
    "a reflected quotient is the other one": ("__rtruediv__", lambda x, y: x / y, "Div"),
    "the smaller is the larger": ("minimum", number(max), "min"),
    "the larger is the smaller": ("maximum", number(min), "max"),
    "a bound is forgotten": ("compared", lambda x, _, y: condition(operator.lt)(x, y), "LtE"),
    "a float on the way": ("__truediv__", number(operator.truediv), "Div"),
    "everything is refused": ("__init__", Mock(side_effect=ArchcalcError("no")), "Add"),
}


@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setitem(NUMBER_TYPES, "wide", WideType)
    monkeypatch.setitem(LEAST, "wide", LEAST["arrays"])


def test_a_new_type_obeys_the_law(wide):
    for operation in OPERATIONS:
        test_operations("wide", operation)
    test_operations_on_what_operations_gave("wide")
    check_layer(EXAMPLES[0], ["wide"])


@pytest.mark.parametrize(("where", "wrong", "operation"), BREAKS.values(), ids=BREAKS)
def test_the_law_catches(wide, monkeypatch, where, wrong, operation):
    monkeypatch.setattr(Wide, where, wrong)
    with pytest.raises(AssertionError):
        test_operations("wide", operation)


SCRIPT_BREAKS = {  # what is wrong in JavaScript -> what is written otherwise, an operation that the law catches it in
    "negative numbers are rounded towards 0": ("down - 1n", "down", "floor"),
    "the smaller is the larger": ("> 0n ? b : a", "< 0n ? b : a", "min"),
    "a sign is lost": ("if ((a < 0n) !== (d < 0n)) a = -a;", "", "Div"),
    "a power of a negative number": ("e < 0n ? div(1n, power(a, -e))", "e < 0n ? 0n", "Pow"),
}


@pytest.mark.parametrize(("right", "wrong", "operation"), SCRIPT_BREAKS.values(), ids=SCRIPT_BREAKS)
def test_the_law_catches_wrong_javascript(monkeypatch, right, wrong, operation):
    pytest.importorskip("py_mini_racer", reason="needs mini-racer, which runs JavaScript and is not installed")
    assert right in ARITHMETIC
    broken = number_types.script_engine(ARITHMETIC.replace(right, wrong, 1))
    monkeypatch.setattr(number_types, "script_engine", lambda: broken)
    with pytest.raises((AssertionError, ValueError)):
        test_operations("scripts", operation)


@pytest.mark.parametrize("text", ["3", "-3", "0.75", "-1.50", "160/224", "-2/6", "12345678901234567890.1", "0/5"])
def test_javascript_reads_a_number_as_it_is_typed(text):
    pytest.importorskip("py_mini_racer", reason="needs mini-racer, which runs JavaScript and is not installed")
    assert number_types.script_engine().eval(f"String(number({text!r}))") == str(Fraction(text))
