"""What each counting tool counts of a layer, as data: the sum over a network's layers is the tool's integer.

It is the integer that the tool gives for the module that `to_torch()` makes, for one example, in evaluation. A rule
has a factor for each amount of each kind of layer; a kind that it does not name counts nothing. Kinds that count alike
are named together; "upsample/2d" is an upsample of maps with two axes only. None stands where no factors give the
tool's integer, so that it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.engine.cost import elements
from archcalc.engine.graph import Graph
from archcalc.kind import Kind
from archcalc.number import ceil_div, product
from archcalc.shape import Shape, axes, is_same


class Rule(NamedTuple):
    """A tool's rule: a sentence for people, and the factors by kinds and amount."""

    sentence: str
    factors: dict[str, dict[str, int] | None]

    def of(self, kind: str, axes: int) -> dict[str, int] | None:
        """The factors of a kind, where its input is a map with so many axes."""
        names = {kind, f"{kind}/{axes}d"}
        return next((factors for kinds, factors in self.factors.items() if names & set(kinds.split())), {})


AMOUNTS = {
    "products": "multiplications with weights, each with its addition",
    "bias": "additions of a bias: the outputs of a layer that has one",
    "scaled": "multiplications with a learned scale: the outputs of a layer that has a weight",
    "inputs": "elements of the input",
    "given": "elements of the input with the padding that is put around it before torch's operator sees it",
    "cut": "elements of the input where all bins have one size, else not known: thop rounds a fraction's binary digits",
    "outputs": "elements of the output",
    "positions": "places of the output's map; 1 for features",
    "spread": "elements of the weight times the places of the output's map",
    "weights": "elements of the learned tensors other than biases",
    "biases": "elements of the biases",
}


def total(graph: Graph, rule: Rule, instead: Mapping[int, dict[str, int]] | None = None) -> int | None:
    """What a tool counts of a network, if known; ``instead`` has the factors of nodes that do not count by the rule."""
    counts = []
    for place, node in enumerate(graph.nodes):
        if node.layer is None:
            continue
        inputs = graph.input_shapes(node)
        factors = (instead or {}).get(place, rule.of(node.layer.label, len(inputs[0]) - 1))
        if factors is None or node.layer.weights(*inputs) is None:
            return None
        found = amounts(node.layer, inputs, node.shape)
        if any(found[name] is None for name in factors):
            return None
        runs = graph.nodes[node.inputs[0]].times  # a layer that cuts out regions cuts out all of them in one run
        counts.append(runs * sum(factor * found[name] for name, factor in factors.items()))
    return sum(counts)


def amounts(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> dict[str, int | None]:
    """How much of each a layer has, run once on one example; None where it is not known."""
    tensors = layer.weights(*inputs) or {}
    biases = elements(shape for name, shape in tensors.items() if name.rpartition(".")[2] == "bias")
    weights = elements(tensors.values()) - biases
    outputs, positions = product(output), product(output[1:])
    even = all(size % bins == 0 for size, bins in zip(inputs[0][1:], output[1:], strict=False))
    return {
        "products": layer.mult_adds(inputs, output),
        "bias": outputs if biases else 0,
        "scaled": outputs if weights else 0,
        "inputs": product(inputs[0]),
        "given": given(layer, inputs[0]),
        "cut": product(inputs[0]) if even else None,
        "outputs": outputs,
        "positions": positions,
        "spread": weights * positions,
        "weights": weights,
        "biases": biases,
    }


def given(layer: Kind, x: Shape) -> int:
    """Elements of the input with its padding: torch pads along the channels for lrn, archcalc for an uneven "same"."""
    if layer.label == "lrn":
        return (x[0] + layer.size - 1) * product(x[1:])
    if not is_same(getattr(layer, "pad", 0)):
        return product(x)
    pads = [max((ceil_div(n, s) - 1) * s + d * (k - 1) + 1 - n, 0) for n, k, s, _, d in axes(layer, x)]
    uneven = any(pad % 2 for pad in pads)
    return x[0] * product(n + pad * uneven for n, pad in zip(x[1:], pads, strict=True))


RULES: dict[str, Rule] = {
    "torch": Rule(
        "Half of what FlopCounterMode of torch counts: multiplications with weights, each with its addition; no "
        "biases, normalisation, activations or pooling.",
        {"conv trainable_pool table_conv conv_transpose linear rbf": {"products": 1}},
    ),
    "torchinfo": Rule(
        "The mult-adds of torchinfo: multiplications with the weights of convolutions and linear layers and the "
        "additions of their biases, and one for each learned number of a normalisation, however large its map is; no "
        "activations or pooling.",
        {
            "conv trainable_pool table_conv": {"products": 1, "bias": 1},
            "conv_transpose": {"spread": 1, "bias": 1},
            "linear batchnorm groupnorm l2norm": {"weights": 1, "biases": 1},
        },
    ),
    "fvcore": Rule(
        "The flops of fvcore: multiplications with weights, each with its addition; two for each output of a batch "
        "norm, one where it has no learned scale; one for each input of a global or adaptive average pooling; no "
        "biases, activations, other pooling, additions or multiplications of branches.",
        {
            "conv trainable_pool table_conv conv_transpose linear rbf": {"products": 1},
            "batchnorm": {"outputs": 1, "scaled": 1},
            "groupnorm": {"outputs": 5},
            "global_avgpool/2d adaptive_avgpool/2d ps_roi_pool": {"inputs": 1},
            "upsample/2d": {"outputs": 1},
            "warp": {"outputs": 4},
        },
    ),
    "ptflops": Rule(
        "The MACs of ptflops as it is called by default: multiplications with weights and additions of biases; two "
        "for each output of a batch norm; two for each output of a ReLU and each input of a pooling, because it "
        "counts the module and also the function that the module calls; one for each output of a ReLU6, SiLU or "
        "softmax; no sigmoid, no additions or multiplications of branches.",
        {
            "conv trainable_pool table_conv conv_transpose linear": {"products": 1, "bias": 1},
            "batchnorm": {"outputs": 1, "bias": 1},
            "groupnorm relu gelu upsample": {"outputs": 2},
            "relu6 leaky_relu silu softmax warp": {"outputs": 1},
            "maxpool avgpool global_avgpool adaptive_avgpool": {"given": 2},
            "roi_pool": {"inputs": 1},
            "lrn": {"outputs": 3, "given": 1},
        },
    ),
    "ptflops_modules": Rule(
        "The MACs of ptflops with count_functional=False: multiplications with weights and additions of biases; two "
        "for each output of a batch norm; one for each output of a ReLU, ReLU6 or leaky ReLU and each input of a "
        "pooling; no other activations, no additions or multiplications of branches.",
        {
            "conv trainable_pool table_conv conv_transpose linear": {"products": 1, "bias": 1},
            "batchnorm": {"outputs": 1, "bias": 1},
            "groupnorm": {"outputs": 2},
            "relu relu6 leaky_relu gelu upsample": {"outputs": 1},
            "maxpool avgpool global_avgpool adaptive_avgpool": {"given": 1},
        },
    ),
    "ptflops_aten": Rule(
        'The MACs of ptflops with backend="aten": multiplications with weights and additions of biases; no '
        "normalisation, activations or pooling.",
        {
            "conv trainable_pool table_conv conv_transpose linear": {"products": 1, "bias": 1},
            "rbf": {"products": 1},
        },
    ),
    "thop": Rule(
        "The MACs of thop: multiplications with weights, each with its addition; four for each output of a batch "
        "norm, two where it learns nothing; one for each output of an average pooling, and for a global one also one "
        "for each input; three for each output of a softmax, less one; no biases, other activations or max pooling.",
        {
            "conv trainable_pool table_conv linear": {"products": 1},
            "conv_transpose": {"spread": 1},
            "batchnorm": {"outputs": 2, "bias": 2},
            "softmax": {"outputs": 3, "positions": -1},
            "avgpool upsample": {"outputs": 1},
            "global_avgpool": {"inputs": 1, "outputs": 1},
            "adaptive_avgpool": {"cut": 1, "outputs": 1},
        },
    ),
    "calflops_macs": Rule(
        "The MACs of calflops: multiplications with weights, each with its addition; no biases, normalisation, "
        "activations or pooling.",
        {
            "conv trainable_pool table_conv linear": {"products": 1},
            "conv_transpose": None,  # it divides by the groups twice
        },
    ),
    "calflops_flops": Rule(
        "The FLOPs of calflops: two for each multiplication with a weight and its addition; the biases of "
        "convolutions but not those of linear layers; two for each output of a batch norm, one where it has no "
        "learned scale; one for each output of a ReLU, SiLU or softmax and each input of a pooling; no ReLU6, no "
        "sigmoid, no additions or multiplications of branches.",
        {
            "conv trainable_pool table_conv": {"products": 2, "bias": 1},
            "linear": {"products": 2},
            "conv_transpose": None,  # the output that it adds the bias to is a convolution's
            "batchnorm": {"outputs": 1, "scaled": 1},
            "groupnorm": {"outputs": 5},
            "relu leaky_relu gelu silu softmax": {"outputs": 1},
            "maxpool avgpool global_avgpool adaptive_avgpool": {"given": 1},
            "roi_pool upsample": {"inputs": 1},
            "warp": {"positions": 1},
            "lrn": {"outputs": 3, "given": 1},
        },
    ),
}
