"""Every kind of layer obeys the laws, on every example it gives of itself."""

import pytest
from laws.common import Example, examples, read
from laws.memory_law import check_keeps, check_marks, check_view
from laws.text_law import check_documented, check_record, check_text
from laws.torch_law import check_torch

from archcalc.layers import KINDS

MORE = {
    "lstm(6, one_bias=true)": (3, 4),
    "gru(5, bidirectional=true, one_bias=true)": (3, 4),
}  # unknown to counting tools
EXAMPLES = [*examples(), *(Example(text, read(text), (shape,)) for text, shape in MORE.items())]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@each_kind
def test_is_documented(kind):
    check_documented(kind)


@each_example
def test_agrees_with_torch(example):
    check_torch(example.layer, example.shapes)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.layer.label != "opaque"], ids=str)
def test_memory_is_torchs(example):
    check_view(example.layer, example.shapes)
    check_keeps(example.layer, example.shapes)
    if example.layer.label != "dropout" and example.layer.times() == 1:
        check_marks(example.layer, example.shapes)


@each_example
def test_text_and_back(example):
    check_text(example.layer)


@each_example
def test_is_a_record(example):
    check_record(example.layer)
