"""One formula, any number: symbols, arrays and fractions give what ints give."""

from fractions import Fraction
from random import Random

import numpy
import sympy

from archcalc.number import decide, plain
from archcalc.value import exact
from laws.common import conditions, figures, fits, whole_arguments, with_arguments, with_sizes

TRIALS = 6
STEPS = (0, 1, 2, 3, 4, 5, -1, -2, -3)  # around an example


class Symbols:
    """Fresh symbols, each standing for a value somewhere."""

    def __init__(self, prefix):
        self.prefix, self.stands = prefix, {}

    def __call__(self, value, where):
        sign = {"positive": True} if value else {"nonnegative": True}
        symbol = sympy.Symbol(f"{self.prefix}{len(self.stands)}", integer=True, **sign)
        self.stands[symbol] = value, where
        return symbol

    def moved(self, steps):
        return {symbol: value + steps[where] for symbol, (value, where) in self.stands.items()}


def substituted(formula, values):
    return plain(formula.subs(values)) if hasattr(formula, "subs") else formula


def check_symbols(layer, shapes, arguments=False):
    """Symbols in place of the sizes (and of the arguments), then values in place of the symbols: as if from the start.

    Tried at the example's own values and around them. What was left open holds exactly where the values fit.
    """
    sizes, given = Symbols("n"), Symbols("a")
    open_shapes = with_sizes(shapes, sizes)
    open_layer = with_arguments(layer, given) if arguments else layer
    formulas, open_conditions = figures(open_layer, open_shapes), conditions(open_layer, open_shapes)
    random = Random(str(layer))
    for trial in range(TRIALS):
        by_axis, by_position = ([random.randrange(4) if trial else 0 for _ in range(20)] for _ in range(2))
        values = sizes.moved(by_axis) | given.moved(by_position)
        there = with_sizes(shapes, lambda n, axis, by=by_axis: n + by[axis])
        moved = with_arguments(layer, lambda n, i, by=by_position: n + by[i]) if arguments else layer
        holds = all(decide(substituted(condition, values)) is True for condition in open_conditions)
        assert holds or trial, "the example does not fit"
        assert holds == fits(moved, there), f"{moved} on {there}: {open_conditions}"
        if holds:
            closed = {name: substituted(formula, values) for name, formula in formulas.items()}
            assert closed == figures(moved, there), f"{moved} on {there}: {formulas}"


def check_arrays(layer, shapes):
    """Arrays of sizes, and of each argument, give element by element what the elements give."""
    by_axis = [STEPS[axis:] + STEPS[:axis] for axis in range(len(STEPS))]
    _compare(lambda shift: (layer, with_sizes(shapes, lambda n, axis: shift(n, by_axis[axis]))))
    for name in whole_arguments(layer):
        _compare(lambda shift, name=name: (with_arguments(layer, lambda n, i: shift(n, by_axis[i]), [name]), shapes))


def check_large(layer, shapes):
    """Exact where NumPy's own integers overflow."""
    large = with_sizes(shapes, lambda n, axis: n << 40)
    arrays = with_sizes(shapes, lambda n, axis: exact(numpy.array([n << 40])))
    whole = figures(layer, large)
    assert fits(layer, large) == fits(layer, arrays)
    assert {name: _element(value, 0) for name, value in figures(layer, arrays).items()} == whole


def _compare(shifted):
    """``shifted(shift)`` is a layer with its inputs, ``shift(n, steps)`` in place of some of its numbers."""
    arrays = shifted(lambda n, steps: exact(numpy.array([max(n + step, min(n, 1)) for step in steps])))
    held, found = conditions(*arrays), figures(*arrays)
    for i in range(len(STEPS)):
        one = shifted(lambda n, steps, i=i: max(n + steps[i], min(n, 1)))
        holds = all(_element(condition, i) for condition in held)
        assert holds == fits(*one), f"{one}: {held}"
        if holds:
            assert {name: _element(value, i) for name, value in found.items()} == figures(*one), f"{one}"


def _element(value, index):
    """What an array holds there, an exact Python number; what is no array holds everywhere."""
    if not isinstance(value, numpy.ndarray):
        return value
    item = value[index]
    assert isinstance(item, (int, Fraction, numpy.bool_)), f"{type(item)} is not exact"
    return item


def check_fractions(layer, shapes):
    """24/1, the result of an exact division, behaves as 24."""
    whole = with_sizes(shapes, lambda n, axis: Fraction(n))
    written = with_arguments(layer, lambda n, i: Fraction(n))
    assert fits(written, whole)
    assert figures(written, whole) == figures(layer, shapes)
    assert str(written) == str(layer)
    assert (written, hash(written)) == (layer, hash(layer))
