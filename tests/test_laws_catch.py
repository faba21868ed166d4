"""Each law is seen to catch a broken formula: it holds, the formula is spoilt, and it holds no longer."""

from __future__ import annotations

from functools import reduce
from operator import mul
from random import Random
from types import SimpleNamespace

import numpy
import pytest
from laws.common import Example, read
from laws.memory_law import check_keeps, check_marks, check_view
from laws.number_law import check_layer, network
from laws.number_types import NUMBER_TYPES
from laws.text_law import check_documented, check_text
from laws.torch_law import check_same_verdict, check_torch

from archcalc import load
from archcalc.core import layer as kind
from archcalc.core import number, shape
from archcalc.core.layer import Kind, Size
from archcalc.layers import KINDS, conv, kinds_of, norm, pool, reshape

WINDOWS, LEAST = shape.windows, number.minimum
GROUPED = ("conv(8, (1, 3), groups=4, bias=false)", (8, 9, 9))
CEIL = ("maxpool(3, stride=2, ceil=true)", (4, 6, 7))
CLIP = ("maxpool((1, 2), stride=(1, 3), pad=(0, 1), ceil=true)", (4, 5, 8))
PLAIN = ("conv(6, 3, stride=2, pad=1)", (4, 9, 10))
EXACT_FIT = ("conv(6, 3)", (4, 3, 3))


def without_groups(self, inputs, output):
    return number.product(self.with_arguments({"groups": 1}).weights(*inputs)["weight"]) * number.product(output[1:])


def without_one(*axis, **modes):
    return WINDOWS(*axis, **modes) - 1


def without_ceil(*axis, ceil):
    return WINDOWS(*axis)


def without_clip(size, kernel, stride, pad, dilation=1, *, ceil=False):
    return number.ceil_div(size + 2 * pad - dilation * (kernel - 1) - 1, stride) + 1


def without_floor_for_symbols(size, kernel, stride, pad, *rest):
    count = WINDOWS(size, kernel, stride, pad, *rest)
    return count if number.family(count) != "sympy" else (size + 2 * pad - kernel) / stride + 1


def at_the_example(size, *rest):
    """Decides by the first element, as a sweep's base configuration would."""
    return WINDOWS(size[0] if isinstance(size, numpy.ndarray) else size, *rest)


def only_for_ints(size, *rest):
    return WINDOWS(size, *rest) if isinstance(size, int) else size


def numpys_own_product(values):
    values = [*values]
    if any(isinstance(value, numpy.ndarray) for value in values):
        values = [numpy.atleast_1d(value).astype(numpy.int64) for value in values]
    return reduce(mul, values)


def anything(groups, count, what):
    return True, ""


def anything_undecided(groups, count, what):
    return number.decide(number.equal(count % groups, 0)) is not False, ""


def strict_fit(layer, x):
    for size, *_ in shape.axes(layer, x):
        yield size > layer.kernel, "too small"


def bias_only(self, x):
    return {"bias": (x[0],)}


def numbers(*types, **options):
    """The law of the numbers, for these types."""
    return lambda layer, shapes: check_layer(Example(str(layer), layer, shapes), types, **options)


symbols, arrays, fractions = numbers("symbols"), numbers("arrays"), numbers("fractions")
SPOILT = {
    "mult-adds forget the groups": (check_torch, GROUPED, conv.Conv, "products", without_groups),
    "one window too few": (check_torch, PLAIN, conv, "windows", without_one),
    "ceil ignored": (check_torch, CEIL, pool, "windows", without_ceil),
    "no clip": (check_torch, CLIP, pool, "windows", without_clip),
    "a bias too many": (check_torch, GROUPED, conv, "weight_and_bias", lambda w, _, out: {"weight": w, "bias": (out,)}),
    "no weight": (check_torch, ("batchnorm", (8, 5, 5)), norm.BatchNorm, "weights", bias_only),
    "no buffers": (check_torch, ("batchnorm", (8, 5, 5)), norm.BatchNorm, "buffers", lambda self, x: {}),
    "needs forget the groups": (check_same_verdict, ("conv(6, 3, groups=4)", (8, 9)), conv, "even_groups", anything),
    "an exact fit refused": (check_same_verdict, EXACT_FIT, conv, "window_needs", strict_fit),
    "a wide pad accepted": (check_same_verdict, ("maxpool(2, pad=2)", (4, 9)), pool.Pool, "needs", Kind.needs),
    "no floor": (symbols, PLAIN, conv, "windows", without_floor_for_symbols),
    "symbols fit anything": (symbols, GROUPED, conv, "even_groups", anything_undecided),
    "a formula for ints": (symbols, PLAIN, conv, "windows", only_for_ints),
    "the first element": (arrays, PLAIN, conv, "windows", at_the_example),
    "arrays fit anything": (arrays, GROUPED, conv, "even_groups", anything_undecided),
    "int64": (arrays, PLAIN, conv, "product", numpys_own_product),
    "a view denied": (check_view, ("flatten", (4, 5, 5)), reshape.Flatten, "view", False),
    "a view claimed": (check_view, ("relu", (4, 5, 5)), Kind, "view", True),
    "a memory lost": (check_keeps, ("conv(6, 3)", (4, 5, 5)), conv.Conv, "saved_for_backward", "nothing"),
    "the wrong memory": (check_keeps, ("relu", (4, 5, 5)), KINDS["relu"], "saved_for_backward", "inputs"),
    "marks lost": (check_marks, ("maxpool(2)", (4, 6, 6)), pool.MaxPool, "mask_bytes", Kind.mask_bytes),
    "fractions unread": (fractions, PLAIN, conv, "windows", only_for_ints),
    "fractions by their type": (lambda layer, _: check_text(layer), PLAIN, kind, "word", repr),
}  # fmt: skip


@pytest.mark.parametrize(("check", "example", "where", "name", "spoilt"), SPOILT.values(), ids=SPOILT)
def test_law_catches(monkeypatch, check, example, where, name, spoilt):
    text, shape = example
    layer = read(text)
    check(layer, (shape,))
    monkeypatch.setattr(where, name, spoilt)
    with pytest.raises(AssertionError):
        check(layer, (shape,))


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [
        ("symbols", without_floor_for_symbols),
        ("arrays", at_the_example),
    ],
)
def test_network_law_catches(monkeypatch, name, spoilt):
    law = network(load("resnet18"), ["resolution"], Random(1))
    assert law.compared(NUMBER_TYPES[name]) == 1
    monkeypatch.setattr(conv, "windows", spoilt)
    with pytest.raises(AssertionError):
        law.compared(NUMBER_TYPES[name])


def test_text_law_catches_a_lost_argument(monkeypatch):
    layer = read("conv(6, 3, stride=2)")
    check_text(layer)
    monkeypatch.setattr(Kind, "__str__", lambda self: "conv(6, 3)")
    with pytest.raises(AssertionError):
        check_text(layer)


def test_symbols_law_looks_at_arguments(monkeypatch):
    layer = read("narrow(2, 3)")
    asks_its_type = lambda self, x: (self.length if isinstance(self.length, int) else 3, *x[1:])  # noqa: E731
    monkeypatch.setattr(reshape.Narrow, "shape", asks_its_type)
    numbers("symbols", arguments=[False])(layer, ((9, 5, 5),))
    with pytest.raises(AssertionError):
        symbols(layer, ((9, 5, 5),))


def test_a_kinds_arguments_have_types():
    with pytest.raises(TypeError, match=r"Odd\.out: int is no type of argument"):

        class Odd(Kind):
            out: int


def test_a_layer_without_examples_is_refused():
    class Silent(Kind):
        out: Size

    with pytest.raises(TypeError, match="the layer Silent has no examples, and without them it is no kind"):
        list(kinds_of(SimpleNamespace(Silent=Silent)))


def test_a_base_of_layers_needs_no_examples():
    class Base(Kind):
        out: Size

    class Own(Base):
        examples = {"own(3)": (8,)}  # noqa: RUF012

    assert list(kinds_of(SimpleNamespace(Kind=Kind, Base=Base, Own=Own))) == [Own]


def test_documentation_law_catches_silence():
    class Silent(Kind):
        out: Size

    class Bare(Kind):
        """It says what it does."""

        examples = {}  # noqa: RUF012 - what a careless author would write

    check_documented(KINDS["conv"])
    for careless in (Silent, Bare):
        with pytest.raises(AssertionError):
            check_documented(careless)
