"""What counting tools count, as factors that give the integer of each tool for the module that `to_torch()` makes.

The integers come from runs of the tools: torch 2.13.0, torchinfo 1.8.0, fvcore 0.1.5, ptflops 0.7.5, thop 0.1.1,
calflops 0.3.2 (tests/references/tools.csv). "upsample/2d" is upsample on maps with two axes.
"""

from __future__ import annotations

from typing import NamedTuple


class Tool(NamedTuple):
    """A tool, or one of its modes."""

    name: str
    heading: str
    meaning: str
    factors: dict[str, dict[str, int]]  # kinds of layer, separated by spaces -> amount -> factor


WEIGHTED = "conv trainable_pool table_conv conv_transpose linear"
POOLS = "maxpool avgpool global_avgpool adaptive_avgpool"
UNKNOWN = {"unknown": 1}  # for kinds whose integer no factors give
TOOLS = (
    Tool("torch", "mult-adds", "Half of what torch's FlopCounterMode counts.", {f"{WEIGHTED} rbf": {"products": 1}}),
    Tool("torchinfo", "mult-adds", "The mult-adds of torchinfo: with biases, and the parameters of normalisation.", {
        "conv trainable_pool table_conv": {"products": 1, "bias": 1},
        "conv_transpose": {"spread": 1, "bias": 1},
        "linear batchnorm groupnorm l2norm": {"weights": 1, "biases": 1},
    }),
    Tool("fvcore", "flops", "The flops of fvcore: with normalisation and the pooling of whole maps.", {
        f"{WEIGHTED} rbf": {"products": 1},
        "batchnorm": {"outputs": 1, "scaled": 1},
        "groupnorm": {"outputs": 5},
        "global_avgpool/2d adaptive_avgpool/2d ps_roi_pool": {"inputs": 1},
        "upsample/2d": {"outputs": 1},
        "warp": {"outputs": 4},
    }),
    Tool("ptflops", "MACs", "The MACs of ptflops: ReLU and pooling twice, as a module and as the function it calls.", {
        WEIGHTED: {"products": 1, "bias": 1},
        "batchnorm": {"outputs": 1, "shifted": 1},
        "groupnorm relu gelu upsample": {"outputs": 2},
        "relu6 leaky_relu silu softmax warp": {"outputs": 1},
        POOLS: {"padded": 2},
        "roi_pool": {"inputs": 1},
        "lrn": {"outputs": 3, "padded": 1},
    }),
    Tool("ptflops_modules", "MACs", "The MACs of ptflops with count_functional=False.", {
        WEIGHTED: {"products": 1, "bias": 1},
        "batchnorm": {"outputs": 1, "shifted": 1},
        "groupnorm": {"outputs": 2},
        "relu relu6 leaky_relu gelu upsample": {"outputs": 1},
        POOLS: {"padded": 1},
    }),
    Tool("ptflops_aten", "MACs", 'The MACs of ptflops with backend="aten": products and biases.', {
        WEIGHTED: {"products": 1, "bias": 1},
        "rbf": {"products": 1},
    }),
    Tool("thop", "MACs", "The MACs of thop: batch norm four times, averages once, softmax three times.", {
        "conv trainable_pool table_conv linear": {"products": 1},
        "conv_transpose": {"spread": 1},
        "batchnorm": {"outputs": 2, "shifted": 2},
        "softmax": {"outputs": 3, "places": -1},
        "avgpool upsample": {"outputs": 1},
        "global_avgpool adaptive_avgpool": {"pooling": 1, "outputs": 1},
    }),
    Tool("calflops", "MACs", "The MACs of calflops.", {
        "conv trainable_pool table_conv linear": {"products": 1},
        "conv_transpose": UNKNOWN,  # it divides by the groups twice
    }),
    Tool("calflops_flops", "FLOPs", "The FLOPs of calflops: with normalisation, most activations and pooling.", {
        "conv trainable_pool table_conv": {"products": 2, "bias": 1},
        "linear": {"products": 2},
        "conv_transpose": UNKNOWN,  # it adds the bias to an output of another size
        "batchnorm": {"outputs": 1, "scaled": 1},
        "groupnorm": {"outputs": 5},
        "relu leaky_relu gelu silu softmax": {"outputs": 1},
        POOLS: {"padded": 1},
        "roi_pool upsample": {"inputs": 1},
        "warp": {"places": 1},
        "lrn": {"outputs": 3, "padded": 1},
    }),
)  # fmt: skip
