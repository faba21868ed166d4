"""Sweeps: what arrays give is what the engine gives, point by point; grids, files, clusters, plots, bad input."""

from fractions import Fraction
from itertools import product
from random import Random

import pytest

import archcalc
from archcalc.errors import SpecError
from archcalc.library import names
from archcalc.quantity import quantity

OF = ("mult_adds", "params", "elements", "inference_bytes", "training_bytes")
POINTS = 8


def some_values(knob, random):
    """A few values around the default, some of them perhaps none that a network can be built at."""
    if knob.choices:
        return list(knob.choices[:2])
    around = [knob.default, knob.default * 2, knob.default + 1, knob.default + Fraction(1, 3), knob.default // 2]
    return random.sample(list(dict.fromkeys(v for v in around if accepted(knob, v))), k=2)


def accepted(knob, value):
    return (knob.least is None or value >= knob.least) and (knob.most is None or value <= knob.most)


def summary(network, knobs):
    """The report, or what is said instead."""
    try:
        return network.summary(**knobs), []
    except SpecError as error:
        return None, [problem.message for problem in error.problems]


def check(network, axes):
    """Each point of the sweep against a summary at that point."""
    arrays = network.sweep(*OF, **axes).arrays()
    feasible = 0
    for i, point in enumerate(product(*axes.values())):
        knobs = dict(zip(axes, point, strict=True))
        report, told = summary(network, knobs)
        why = arrays["why"][i]
        if report is None:
            assert why
            assert any(text.startswith(why) for text in told), knobs  # a hint may follow
            assert all(arrays[name].mask[i] for name in OF)
            continue
        feasible += 1
        assert why == "", knobs
        expected = {name: quantity(name).of(report) for name in OF}
        assert {name: None if arrays[name].mask[i] else arrays[name][i] for name in OF} == expected, knobs
    return feasible


@pytest.mark.parametrize("name", sorted({min(n for n, p in names().items() if p == path) for path in names().values()}))
def test_every_point_is_a_summary(name):
    network, random = archcalc.load(name), Random(name)
    knobs = random.sample(list(network.knobs.values()), k=min(3, len(network.knobs)))
    if not knobs:
        pytest.skip("no knobs")
    axes = {knob.name: some_values(knob, random) for knob in knobs}
    check(network, axes)
