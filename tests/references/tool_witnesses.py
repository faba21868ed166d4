"""Why a tool gives another integer for a module that others wrote: what that module writes otherwise than archcalc's.

Such modules compute the same, but a tool sees how they are written: a function where archcalc's module holds a module,
a class that the tool does not know, no softmax at the end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from archcalc.figures.rules import EVERY, Counts, ToolTally, run
from archcalc.graph.graph import Graph

ALL, LAST, INNER = slice(None), slice(-1, None), slice(-1)
FUNCTIONAL = {"ptflops": {"padded": 1}, "ptflops_modules": {}, "thop": {}}  # what counts modules does not see it


class Way(NamedTuple):
    """Something written otherwise: the layers of a kind that it is, and what a tool counts of them instead."""

    sentence: str
    kind: str
    layers: slice = ALL  # among the network's layers of that kind
    instead: str | dict[str, dict[str, int]] = (
        ""  # as this kind, "" for nothing; or the factors of the tools that count otherwise
    )


WAYS = {
    "logits": Way("It ends before the softmax.", "softmax"),
    "window": Way(
        "Its last pooling is nn.AvgPool2d with a window as large as the map.", "global_avgpool", ALL, "avgpool"
    ),
    "mean": Way("Its last pooling is x.mean(...).", "global_avgpool", LAST),
    "squeeze": Way("Its squeeze-and-excitation takes x.mean(...).", "global_avgpool", INNER),
    "pool": Way("Its last pooling is the function adaptive_avg_pool2d.", "global_avgpool", LAST, FUNCTIONAL),
    "pools": Way("The average poolings in its branches are functions.", "avgpool", ALL, FUNCTIONAL),
    "max": Way("The max poolings in its branches are functions.", "maxpool", slice(2, None), FUNCTIONAL),
    "relu": Way("Its ReLUs are functions.", "relu", ALL, FUNCTIONAL),
    "end": Way("Its last ReLU is a function.", "relu", LAST, FUNCTIONAL),
    "relu6": Way("It has ReLU6 for ReLU.", "relu", ALL, "relu6"),
    "norm": Way(
        "Its batch norms are timm's BatchNormAct2d, a class that tools do not know and that holds its activation.",
        "batchnorm",
        ALL,
        {"torchinfo": {}, "ptflops": {}, "ptflops_modules": {}, "thop": {}},
    ),
    "unpadded": Way(
        "Its max poolings pad inside torch's operator, or not at all.",
        "maxpool",
        ALL,
        {"ptflops": {"inputs": 2}, "ptflops_modules": {"inputs": 1}, "calflops_flops": {"inputs": 1}},
    ),
    "unended": Way("It has no ReLU at its end.", "relu", LAST),
    "unlocal": Way("It has no local response normalisation.", "lrn"),
}

WITNESSES = {  # the ways of the modules whose text this is part of
    r"^(?!.*detectors)": "logits",
    r"pytorchcv": "window",
    r"mnasnet\d|mnasnet\.MNASNet|shufflenet_v2": "mean",
    r"resnet\.se|senet154|efficientnet\._gen|semnasnet": "squeeze",
    r"densenet|mobilenet_v2": "pool",
    r"densenet": "end",
    r"googlenet|inception_v3": "relu",
    r"inception_v3": "pools max",
    r"timm: models\.(inception|efficientnet)": "norm",
    r"mobilenetv1_100": "relu6",
    r"bninception|bn_inception|xception": "unpadded",
    r"googlenet_paper": "unlocal",
    r"inceptionresnetv1": "unended",
}


class Difference(NamedTuple):
    """What no way of writing a layer explains: the tools' integers less those of the rules, by network."""

    sentence: str
    module: str  # the modules whose text this is part of
    numbers: dict[str, dict[str, int]]

    def concerns(self, module: str) -> bool:
        """Whether it is a difference of that module."""
        return bool(re.search(self.module, module))


SEVEN = {"fvcore": 25088, "ptflops": 50176, "ptflops_modules": 25088, "thop": 50176, "calflops_flops": 25088}  # 512x7x7
VGG = ("vgg11", "vgg13", "vgg16", "vgg19", "vgg16_c", "vgg11_lrn", "vgg13_shallow_5x5")

DIFFERENCES = (
    Difference(
        "It has an adaptive pooling to 7 x 7 of a map that has that size already.",
        r"models\.vgg|vgg_features",
        dict.fromkeys(VGG, SEVEN),
    ),
    Difference(
        "Its local response normalisation stands before the poolings, not after them.",
        r"alexnet\.alexnet",
        {"alexnet_ungrouped@fc_bias=true": {"ptflops": 1466528, "calflops_flops": 1466528}},
    ),
    Difference(
        "Some of its convolutions and poolings, and a batch norm, are timm's classes, which tools do not know, and its "
        "max poolings pad otherwise.",
        r"nasnetalarge",
        {
            "nasnet_large": {
                "torchinfo": -192,
                "ptflops": -157102356,
                "ptflops_modules": -157533780,
                "thop": -155594436,
                "calflops_flops": 431424,
            },
            "nasnet_large@resolution=301": {
                "torchinfo": -192,
                "ptflops": -128577864,
                "ptflops_modules": -128931294,
                "thop": -127361508,
                "calflops_flops": 353430,
            },
        },
    ),
    Difference(
        "Its learned scale belongs to a module that holds other modules, and these alone are counted.",
        r"detectors\.ssd300",
        {"ssd300": {"torchinfo": -512}, "ssd300@classes=90": {"torchinfo": -512}},
    ),
    Difference(
        "It stops before the regions or pools the map as a whole for one of them, with an average for the maximum, "
        "and some of its ReLUs are functions.",
        r"detectors\.(two_stage|RFCN)",
        {
            "fast_r_cnn_vgg16@proposals=1": {
                "fvcore": 947200,
                "ptflops": -8213,
                "ptflops_modules": -8192,
                "thop": -62,
                "calflops_flops": -21,
            },
            "faster_r_cnn_vgg16@proposals=1": {
                "fvcore": 947200,
                "ptflops": -1902613,
                "ptflops_modules": -955392,
                "thop": -62,
                "calflops_flops": -947221,
            },
            "r_fcn": {
                "fvcore": -3300150,
                "ptflops": -27295668,
                "ptflops_modules": -13644684,
                "thop": -393600,
                "calflops_flops": -13650984,
            },
        },
    ),
)


def ways(module: str) -> list[Way]:
    """The ways in which a module is written otherwise."""
    return [WAYS[name] for pattern, names in WITNESSES.items() if re.search(pattern, module) for name in names.split()]


def counted(graph: Graph, module: str, tool: str, tally: ToolTally) -> int:
    """What the tool counts of that module, by the rules and by what it writes otherwise."""
    each = [*Counts(graph).of(tally)]
    for place, factors in _written(graph, module, tool, tally).items():
        node = graph.nodes[place]
        once = ToolTally({EVERY: factors}).of_layer(node.layer, graph.input_shapes(node), node.shape)
        each[place] = run(once, tally.runs(graph, node))
    return sum(each)


def _written(graph: Graph, module: str, tool: str, tally: ToolTally) -> dict[int, dict[str, int]]:
    """The factors of the nodes that the module writes otherwise."""
    found = {}
    for way in ways(module):
        nodes = [place for place, node in enumerate(graph.nodes) if node.layer and node.layer.label == way.kind]
        for place in nodes[way.layers]:
            instead = tally.factors.get(way.instead, {}) if isinstance(way.instead, str) else way.instead.get(tool)
            if instead is not None:
                found[place] = instead
    return found


def difference(network: str, module: str, tool: str) -> int:
    """The part of a tool's integer that no way of writing a layer explains."""
    numbers = [each.numbers for each in DIFFERENCES if each.concerns(module)]
    return sum(by_network.get(network, {}).get(tool, 0) for by_network in numbers)
