"""Counting conventions: which work enters the number that people quote, and with which factor."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.core.errors import ArchcalcError, listing, suggest
from archcalc.figures.amounts import WORK
from archcalc.figures.rules import EVERY, Factors, Tally, ToolTally


class Tool(NamedTuple):
    """A tool, or one of its modes."""

    name: str
    heading: str
    meaning: str
    factors: dict[str, dict[str, int]]  # kinds of layer, separated by spaces -> amount -> factor


WEIGHTED = "conv trainable_pool table_conv conv_transpose linear"
POOLS = "maxpool avgpool global_avgpool adaptive_avgpool"
UNKNOWN = {"unknown": 1}  # for kinds whose integer no factors give
ALL_PRODUCTS = {"products": 1, "activation_products": 1}
RECURRENT = "lstm gru rnn"
BETWEEN = {"matmul dot_product_attention": {"activation_products": 1}}
PTFLOPS = {  # its own modules
    f"{WEIGHTED} attention": {"products": 1, "bias": 1},
    "lstm": {"products": 1, "bias": 1, "outputs": 10},
    "gru": {"products": 1, "bias": 1, "outputs": 7},
    "rnn": {"products": 1, "bias": 1, "outputs": 1},
    "batchnorm": {"outputs": 1, "shifted": 1},
    "groupnorm": {"outputs": 1, "scaled": 1},
}
TOOLS = (
    Tool("torch", "mult-adds", "Half of what torch's FlopCounterMode counts.", {
        f"{WEIGHTED} rbf {RECURRENT}": {"products": 1},
        "attention": ALL_PRODUCTS,
        **BETWEEN,
    }),
    Tool("torchinfo", "mult-adds", "The mult-adds of torchinfo: with biases, and the parameters of normalisation.", {
        f"conv trainable_pool table_conv {RECURRENT}": {"products": 1, "bias": 1},
        "conv_transpose": {"spread": 1, "bias": 1},
        "linear batchnorm groupnorm layernorm rmsnorm l2norm prelu embedding parameter": {"weights": 1, "biases": 1},
        "attention": {"weights": 1, "biases": 1, "relative": -1},
    }),
    Tool("fvcore", "flops", "The flops of fvcore: with normalisation and the pooling of whole maps.", {
        f"{WEIGHTED} rbf": {"products": 1},
        "attention": ALL_PRODUCTS,
        **BETWEEN,
        "batchnorm": {"outputs": 1, "scaled": 1},
        "groupnorm layernorm": {"outputs": 4, "scaled": 1},
        "global_avgpool/2d adaptive_avgpool/2d ps_roi_pool": {"inputs": 1},
        "upsample/2d": {"outputs": 1},
        "warp resize/2d": {"outputs": 4},
    }),
    Tool("ptflops", "MACs", "The MACs of ptflops: ReLU and pooling twice, as a module and as the function it calls.", {
        **PTFLOPS,
        "relu gelu elu prelu upsample resize": {"outputs": 2},
        "layernorm relu6 leaky_relu silu softmax warp": {"outputs": 1},
        POOLS: {"padded": 2},
        "roi_pool": {"inputs": 1},
        "lrn": {"outputs": 3, "padded": 1},
    }),
    Tool("ptflops_modules", "MACs", "The MACs of ptflops with count_functional=False.", {
        **PTFLOPS,
        "layernorm relu relu6 leaky_relu gelu elu prelu upsample resize": {"outputs": 1},
        POOLS: {"padded": 1},
    }),
    Tool("ptflops_aten", "MACs", 'The MACs of ptflops with backend="aten": products and biases.', {
        f"{WEIGHTED} gru rnn": {"products": 1, "bias": 1},
        "attention": {**ALL_PRODUCTS, "bias": 1},
        **BETWEEN,
        "rbf": {"products": 1},
    }),
    Tool("thop", "MACs", "The MACs of thop: batch norm four times, averages once, softmax three times.", {
        "conv trainable_pool table_conv linear attention": {"products": 1},
        "conv_transpose": {"spread": 1},
        "lstm": {"products": 1, "bias": 1, "outputs": 8},
        "gru": {"products": 1, "bias": 1, "outputs": 7},
        "rnn": {"products": 1, "bias": 1, "outputs": 1},
        "batchnorm": {"outputs": 2, "shifted": 2},
        "layernorm": {"outputs": 2, "scaled": 2},
        "softmax": {"outputs": 3, "places": -1},
        "avgpool upsample prelu": {"outputs": 1},
        "resize/1d": {"outputs": 5},
        "resize/2d": {"outputs": 11},
        "global_avgpool adaptive_avgpool": {"pooling": 1, "outputs": 1},
    }),
    Tool("calflops", "MACs", "The MACs of calflops.", {
        "conv trainable_pool table_conv linear attention": {"products": 1},
        "conv_transpose": UNKNOWN,  # it divides by the groups twice
    }),
    Tool("calflops_flops", "FLOPs", "The FLOPs of calflops: with normalisation, most activations and pooling.", {
        "conv trainable_pool table_conv": {"products": 2, "bias": 1},
        "linear attention": {"products": 2},
        "conv_transpose": UNKNOWN,  # it adds the bias to an output of another size
        "lstm": {"products": 2, "bias": 1, "outputs": 2},
        "gru": {"products": 2, "bias": 1, "outputs": 1},
        "rnn": {"products": 2, "bias": 1, "outputs": -1},
        "batchnorm": {"outputs": 1, "scaled": 1},
        "groupnorm layernorm": {"outputs": 4, "scaled": 1},
        "relu leaky_relu gelu silu softmax elu prelu": {"outputs": 1},
        POOLS: {"padded": 1},
        "roi_pool upsample": {"inputs": 1},
        "warp resize": {"places": 1},
        "lrn": {"outputs": 3, "padded": 1},
    }),
)  # fmt: skip


class Convention(NamedTuple):
    """A way to count work."""

    name: str
    heading: str  # of a column
    meaning: str
    tally: Tally


def _convention(name: str, heading: str, meaning: str, factors: Factors) -> Convention:
    return Convention(name, heading, meaning, Tally(factors))


DEFAULT = "mult_adds"
LISTED = (
    _convention(DEFAULT, "mult-adds", "Products with weights and of two activations, each with its addition.",
                {EVERY: ALL_PRODUCTS}),
    _convention("weights_only", "mult-adds with weights", "Mult-adds without the products of two activations.",
                {EVERY: {"products": 1}}),
    _convention("flops", "FLOPs", "Twice the mult-adds: a multiplication and an addition.",
                {EVERY: dict.fromkeys(ALL_PRODUCTS, 2)}),
    _convention("with_bias", "mult-adds + biases", "Mult-adds, and an addition for each use of a bias.",
                {EVERY: {**ALL_PRODUCTS, "bias": 1}}),
    _convention("connections", "connections", "Links between neurons and to biases, pooling included (LeCun 1998).",
                {EVERY: {**ALL_PRODUCTS, "bias": 1, "pooling": 1}, "trainable_pool": {"bias": 1, "pooling": 1}}),
    _convention("all", "operations", "All work: products, biases, normalisation, activations, pooling, element-wise.",
                {EVERY: dict.fromkeys(WORK, 1)}),
)  # fmt: skip


def _of_tool(tool: Tool) -> Convention:
    factors = {kind: chosen for kinds, chosen in tool.factors.items() for kind in kinds.split()}
    return Convention(
        tool.name, f"{tool.heading} ({tool.name})", tool.meaning, ToolTally({**factors, "opaque": UNKNOWN})
    )


CONVENTIONS = {one.name: one for one in (*LISTED, *map(_of_tool, TOOLS))}


def convention(name: str) -> Convention:
    """The convention of this name. Raises ArchcalcError."""
    if name not in CONVENTIONS:
        hint = suggest(name, CONVENTIONS) or f" (there are {listing(CONVENTIONS)})"
        raise ArchcalcError(f"no convention {name!r}{hint}")
    return CONVENTIONS[name]
