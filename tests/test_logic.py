"""And, or, not, and the choice that hangs on them: over every type of number what Python says of the ints.

As the spec language reads them, and as the engine's own rules join conditions.
"""

import itertools
import operator
from fractions import Fraction
from random import Random

import numpy
import pytest
import sympy

from archcalc.closed_forms.symbol_table import SymbolTable
from archcalc.core.errors import Place, Source
from archcalc.core.number import both, either, equal, select
from archcalc.spec.arithmetic import negate
from archcalc.spec.expression import parse
from archcalc.sweeps.values import Split, along, fractions
from archcalc.traces.traced import COMPARE, OPERATIONS, Condition, Trace, Traced, name

NAMES, NUMBERS = ("a", "b"), (0, 1, 2)
POINTS = list(itertools.product(NUMBERS, repeat=len(NAMES)))
OPEN = [("a", ">", 1), ("b", ">=", 1), ("a", "==", "b"), ("a", "!=", 1), ("a", "<", "b"), ("b", "<=", 0)]
LEAVES = [*OPEN, (1, ">", 2), (2, ">", 1)]  # the last two are settled
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": equal,
         "!=": lambda a, b: negate(equal(a, b))}  # fmt: skip


def joined(random, depth):
    """A condition, joined that deep."""
    if depth == 0:
        return random.choice(LEAVES)
    left, right = (joined(random, depth - 1) for _ in NAMES)
    return random.choice([(left, "and", right), (left, "or", right), ("not", left)])


PAIRS = [(x, word, y) for word in ("and", "or") for x, y in itertools.product(LEAVES, repeat=2)]
CONDITIONS = [*LEAVES, *PAIRS, *(("not", x) for x in LEAVES + PAIRS)]
CONDITIONS += [joined(Random(f"logic {i}"), 2 + i % 2) for i in range(200)]


def written(condition):
    """As the spec language and Python write it."""
    return " ".join(f"({written(part)})" if isinstance(part, tuple) else f"{part}" for part in condition)


def read(condition):
    """The choice of two numbers by that condition, as the spec language computes it."""
    text = f"a + 5 if {written(condition)} else 7*b - 3"
    expression = parse(text, Place(Source("a law", text), 0, 0))
    return lambda a, b: expression.evaluate({"a": a, "b": b})


def ruled(condition):
    """The same by the functions that the rules of the kinds use."""

    def holds(part, at):
        match part:
            case "not", inner:
                return negate(holds(inner, at))
            case left, ("and" | "or") as word, right:
                return (both if word == "and" else either)(holds(left, at), holds(right, at))
            case left, sign, right:
                return SIGNS[sign](at.get(left, left), at.get(right, right))

    return lambda a, b: select(holds(condition, {"a": a, "b": b}), a + 5, 7 * b - 3)


def of_each(number):
    """By a type of which each is one number."""
    return lambda chosen: [chosen(*map(number, point)) for point in POINTS]


def of_arrays(chosen):
    """NumPy's own arrays, a column and a row."""
    found = chosen(*(numpy.array(NUMBERS, dtype=object).reshape(shape) for shape in ((3, 1), (1, 3))))
    return numpy.broadcast_to(numpy.array(found, dtype=object), (3, 3)).ravel().tolist()


def of_a_sweep(chosen):
    """What stands for arrays in a sweep, which is split where one answer is asked for and there are several."""

    def found(*axes):
        try:
            values = chosen(*(along(numbers, axis, len(axes)) for axis, numbers in enumerate(axes)))
        except Split as split:
            axis = max(range(len(axes)), key=split.labels.shape.__getitem__)
            parts = ([*axes[:axis], half, *axes[axis + 1 :]] for half in (axes[axis][:1], axes[axis][1:]))
            return numpy.concatenate([found(*part) for part in parts], axis)
        return numpy.broadcast_to(fractions(values), [len(axis) for axis in axes])

    return found(NUMBERS, NUMBERS).ravel().tolist()


def of_symbols(chosen):
    letters = sympy.symbols(NAMES, integer=True, nonnegative=True)
    formula = sympy.sympify(chosen(*letters))
    return [formula.subs(dict(zip(letters, point, strict=True))) for point in POINTS]


def of_forms(chosen):
    field = SymbolTable(dict.fromkeys(NAMES, 1), dict.fromkeys(NAMES, (0, 2)))
    form = chosen(*map(field.knob, NAMES))
    assert not field.assumed
    return [form.at(dict(zip(NAMES, point, strict=True))) for point in POINTS]


def of_traced(chosen):
    """What it is now, which is also what was remembered of it at other values."""
    found, trace = [], Trace()
    for point, other in zip(POINTS, reversed(POINTS), strict=True):
        now, then = (
            chosen(*(name(*one, trace, low=0) for one in zip(NAMES, at, strict=True))) for at in (point, other)
        )
        found.append(now.value)
        assert remembered(then, dict(zip(NAMES, point, strict=True))) == now.value
    assert not trace.decided
    return found


def remembered(number, values):
    """A number, or a condition, computed anew from the names in it."""
    if not isinstance(number, (Traced, Condition)):
        return number
    if isinstance(number, Traced) and number.operation == "name":
        return values[number.operands[0]]
    operands = [remembered(operand, values) for operand in number.operands]
    if isinstance(number, Traced):
        return OPERATIONS[number.operation](*operands)
    joins = {"and": all, "or": any, "not": lambda operands: not operands[0]}
    return joins[number.sign](operands) if number.sign in joins else COMPARE[number.sign](*operands)


TYPES = {"int": of_each(int), "Fraction": of_each(Fraction), "sympy": of_symbols, "forms": of_forms,
         "numpy": of_arrays, "sweeps": of_a_sweep, "traced": of_traced}  # fmt: skip


@pytest.mark.parametrize("reader", [read, ruled], ids=["language", "rules"])
@pytest.mark.parametrize("type_", TYPES)
def test_conditions(type_, reader):
    for condition in CONDITIONS:
        text = f"a + 5 if {written(condition)} else 7*b - 3"
        expected = [eval(text, {}, dict(zip(NAMES, point, strict=True))) for point in POINTS]
        assert TYPES[type_](reader(condition)) == expected, text
