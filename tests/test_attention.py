"""What the torch counterparts of attention compute, against torch's own attention; and what more one token costs."""

import pytest
import torch
from laws.common import examples, read
from torch.nn.functional import scaled_dot_product_attention

from archcalc.core.errors import Place, Source
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.sentence import sentence
from archcalc.graph.graph import Graph, Node
from archcalc.layers import KINDS
from archcalc.layers.attention import _relative

PLACE = Place(Source("a test", ""), 0, 0)


def ran(text, *tensors):
    """The counterpart with random weights, and its output."""
    made = read(text).module(torch, *(tuple(tensor.shape[1:]) for tensor in tensors))
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return made, made(*tensors)


@torch.no_grad()
def test_it_is_torchs_multi_head_attention():
    x = torch.randn(2, 5, 12)
    made, found = ran("attention(3, fused=true)", x)
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.load_state_dict({"in_proj_weight": made.qkv.weight, "in_proj_bias": made.qkv.bias,
                            "out_proj.weight": made.out.weight, "out_proj.bias": made.out.bias})  # fmt: skip
    assert torch.allclose(found, theirs(x, x, x)[0], atol=1e-5)


@torch.no_grad()
def test_a_causal_mask_and_shared_heads_are_torchs():
    x = torch.randn(2, 5, 12)
    made, found = ran("attention(4, kv_heads=2, causal=true)", x)
    query, key, value = (each(x).unflatten(-1, (-1, 3)).transpose(1, 2) for each in (made.query, made.key, made.value))
    theirs = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    assert torch.allclose(found, made.out(theirs.transpose(1, 2).flatten(2)), atol=1e-5)


@torch.no_grad()
def test_windows_do_not_see_each_other():
    x = torch.randn(2, 4, 6, 8)
    made, found = ran("attention(2, windows=(2, 3), relative=(2, 3))", x)
    alone = read("attention(2, relative=(2, 3))").module(torch, (6, 8))
    alone.load_state_dict(made.state_dict())
    for row in (0, 2):
        for column in (0, 3):
            window = (slice(None), slice(row, row + 2), slice(column, column + 3))
            assert torch.allclose(found[window].flatten(1, 2), alone(x[window].flatten(1, 2)), atol=1e-5)


@torch.no_grad()
def test_the_bias_of_two_tokens_is_that_of_the_difference_of_their_positions():
    table = torch.randn(3 * 5, 2)
    found = _relative(table, (2, 3))
    for i in range(6):
        for j in range(6):
            rows, columns = i // 3 - j // 3 + 1, i % 3 - j % 3 + 2
            assert torch.equal(found[:, i, j], table[5 * rows + columns])


@torch.no_grad()
def test_the_projected_kinds_are_torchs_function():
    query, key, value = (torch.randn(2, 3, n, 4) for n in (5, 7, 7))
    found = read("dot_product_attention").module(torch)(query, key, value)
    assert torch.allclose(found, scaled_dot_product_attention(query, key, value), atol=1e-5)


@pytest.mark.parametrize("heads", ["attention(4, causal=true{})", "attention(4, kv_heads=2, causal=true{})"])
def test_one_token_more_costs_what_a_longer_text_costs_more(heads):
    """Without a mask of its own: of the products of two activations, what the T-th token adds is counted twice."""
    tokens = 9
    whole, less = (read(heads.format("")) for _ in range(2))
    step = read(heads.format(f", cached={tokens}"))
    x, shorter, one = ((tokens + 1, 32),), ((tokens, 32),), ((1, 32),)
    assert step.products(one, one[0]) == whole.products(x, x[0]) - less.products(shorter, shorter[0])
    assert step.cache(*one) == whole.cache(*x)
    scores = [layer.work(shape, shape[0])["activation_products"] for layer, shape in ((whole, x), (less, shorter))]
    assert step.work(one, one[0])["activation_products"] == 2 * 32 * (tokens + 1)
    assert scores[0] - scores[1] == 2 * 32 * (2 * tokens + 1)


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_every_kind_has_a_sentence_in_every_convention(example):
    """A kind that does products of two activations is named in the conventions that count them, and else left out."""
    first, *others = example.shapes
    tensors = [Node(f"t{i}", KINDS["parameter"](shape), (0,), shape, PLACE) for i, shape in enumerate(others)]
    shape = example.layer.shape(*example.shapes)
    node = Node("layer", example.layer, tuple(range(len(example.shapes))), shape, PLACE)
    graph = Graph({}, (Node("input", None, (), first, PLACE), *tensors, node), ())
    said = {name: sentence([name], [graph]) for name in CONVENTIONS}
    multiplies = bool(example.layer.work(example.shapes, node.shape).get("activation_products"))
    words = ("multiplication of two activations with its addition in", "nothing for")
    assert (words[0] in said["mult_adds"]) == multiplies
    assert words[0] not in said["weights_only"]
    if multiplies:
        assert "products of two activations" in said["weights_only"] or example.layer.label in said["weights_only"]
