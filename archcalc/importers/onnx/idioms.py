"""Several operations that are one layer in files of ONNX: a bias that is added, an activation or attention in steps."""

from __future__ import annotations

from archcalc.importers.idioms import Match, Network, Rule
from archcalc.layers import KINDS


def biased(network: Network, number: int) -> Match | None:
    """A linear layer, and a learned number that is added to each of its features."""
    bias = network.operations[number]
    if bias.name != "bias" or network.label(linear := bias.inputs[0]) != "linear":
        return None
    layer = network.operations[linear].layer
    if vars(layer)["bias"]:
        return None
    return Match((linear, number), layer.with_arguments({"bias": True}), network.source(linear))


def silu(network: Network, number: int) -> Match | None:
    """A value times its sigmoid."""
    if network.label(number) != "multiply" or len(inputs := network.operations[number].inputs) != 2:
        return None
    for x, gate in (inputs, inputs[::-1]):
        if network.label(gate) in GATED and network.operations[gate].inputs == (x,):
            return Match((gate, number), KINDS[GATED[network.label(gate)]](), x)
    return None


GATED = {"sigmoid": "silu", "hardsigmoid": "hardswish"}


def attention(network: Network, number: int) -> Match | None:
    """The products of queries and keys, scaled, their softmax, and its product with values."""
    if network.label(number) != "matmul":
        return None
    weights, values = network.operations[number].inputs
    if network.label(weights) != "softmax" or network.label(product_ := network.source(weights)) != "matmul":
        return None
    queries, keys = network.operations[product_].inputs
    before, queries = _scaled(network, queries)
    turned, keys = _scaled(network, keys, transposed=True)
    after = {KINDS["permute"](order) for order in _exchanged(len(network.shape(keys)))}
    if len(network.shape(weights)) < 2 or not any(network.operations[one].layer in after for one in turned):
        return None
    inside = sorted({*before, *turned, product_, weights, number})
    return Match(tuple(inside), KINDS["dot_product_attention"](), queries, (keys, values))


def _exchanged(count: int) -> list[tuple[int, ...]]:
    """The order in which the last two axes are exchanged."""
    return [(*range(count - 2), count - 1, count - 2)]


def _scaled(network: Network, number: int, transposed: bool = False) -> tuple[tuple[int, ...], int]:
    """The operations before this one that only scale, or exchange axes, and the first one that does not."""
    found: list[int] = []
    while network.label(number) in ("scale", "permute")[: 1 + transposed]:
        if network.label(number) == "permute":
            transposed = False
        found.append(number)
        number = network.source(number)
    return tuple(found), number


RULES: tuple[Rule, ...] = (biased, silu, attention)
