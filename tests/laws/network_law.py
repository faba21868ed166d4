"""A whole network over symbols and arrays gives what it gives over ints."""

from fractions import Fraction

import numpy
import sympy

from archcalc import ArchcalcError
from archcalc.number import decide
from laws.number_laws import substituted

FIGURES = ("params", "buffers", "mult_adds")
STRUCTURAL = ("decides the structure", "repeat is a whole number")  # what a symbol cannot stand for


def open_knobs(network):
    """The knobs that are numbers."""
    return [
        name
        for name, knob in network.knobs.items()
        if not knob.choices and isinstance(knob.default, (int, Fraction)) and not isinstance(knob.default, bool)
    ]


def around(knob):
    """Values of a knob, its default first, within its bounds."""
    steps = (0, 1, 33) if isinstance(knob.default, int) else (0, Fraction(1, 8), Fraction(3, 8))
    values = [knob.default + step for step in steps]
    return [v for v in values if knob.most is None or v <= knob.most]


def symbol(knob):
    """A symbol that may stand for the knob's default and what is above it."""
    sign = {"positive": True} if knob.default > 0 else {"nonnegative": True}
    return sympy.Symbol(knob.name, integer=True if isinstance(knob.default, int) else None, **sign)


def summary(network, **knobs):
    """The report; None where a knob that has no single value would decide the structure."""
    try:
        return network.summary(**knobs)
    except ArchcalcError as error:
        if any(reason in str(error) for reason in STRUCTURAL):
            return None
        raise


def figures(report):
    """Totals and rows; None stands for what is not covered."""
    found = {name: getattr(report.totals, name) for name in FIGURES}
    for row in report.layers:
        found |= {(row.name, name): getattr(row, name) for name in FIGURES}
        found |= {(row.name, axis): size for axis, size in enumerate(row.output)}
    return found


def closed(network, knob, value):
    """The report at a value; None where the network cannot be built."""
    try:
        return network.summary(**{knob: value})
    except ArchcalcError:
        return None


def check_network_symbols(network, knob):
    """A symbol for the knob, then its value. Whether there was anything to check."""
    known = network.knobs[knob]
    letter = symbol(known)
    report = summary(network, **{knob: letter})
    if report is None:
        return False
    formulas = figures(report)
    for value in around(known):
        expected, at = closed(network, knob, value), {letter: value}
        conditions = {assumption.condition for assumption in report.assumptions}
        holds = all(decide(substituted(condition, at)) is True for condition in conditions)
        assert holds == (expected is not None), f"{network.name} at {knob} = {value}: {conditions}"
        if holds:
            answers = {formula: substituted(formula, at) for formula in set(formulas.values())}
            assert {name: answers[formula] for name, formula in formulas.items()} == figures(expected)
    return True


def check_network_arrays(network, knob, values):
    """An array of the knob's values gives, element by element, what the values give. Whether there was anything."""
    report = summary(network, **{knob: numpy.array(values, dtype=object)})
    if report is None:
        return False
    found = figures(report)
    for i, value in enumerate(values):
        expected = closed(network, knob, value)
        holds = all(element(assumption.condition, i) for assumption in report.assumptions)
        assert holds == (expected is not None), f"{network.name} at {knob} = {value}"
        if holds:
            assert {name: element(figure, i) for name, figure in found.items()} == figures(expected)
    return True


def element(value, index):
    """What an array holds there; what is no array holds everywhere."""
    return value[index] if isinstance(value, numpy.ndarray) else value
