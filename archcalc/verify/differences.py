"""The differences between the formulas and torch, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from torch import nn

from archcalc.engine.graph import Node
from archcalc.errors import listing
from archcalc.number import plain
from archcalc.report import Report, Row
from archcalc.shape import Shape, describe
from archcalc.verify.module import Function, NetworkModule


class Ran(NamedTuple):
    """The result of running a layer: its output shape with the batch axis, and the operations of FlopCounterMode."""

    output: tuple[int, ...]
    flops: int


class Difference(NamedTuple):
    """A value on which the formulas and torch do not agree."""

    layer: str
    what: str
    formula: object
    torch: object
    text: str  # the layer with its arguments and its input
    place: str  # the line of the spec

    def __str__(self) -> str:
        says = f"formula {_shown(self.formula)}, torch {_shown(self.torch)}"
        return f"{self.layer}: {self.what}: {says}\n    {self.text} ({self.place})"


def compare(report: Report, node: Node, row: Row, module: nn.Module, ran: Ran, batch: int) -> Iterator[Difference]:
    """The differences of one layer."""
    assert node.layer is not None
    inputs = report.graph.input_shapes(node)
    weights, buffers = tensors(module)
    pairs = {
        "output": ((batch * node.times, *node.shape), ran.output),
        "weights": (node.layer.weights(*inputs), weights),
        "buffers": (node.layer.buffers(*inputs), buffers),
        "mult-adds": (2 * batch * (row.mult_adds or 0), ran.flops),
    }
    for what, (formula, found) in pairs.items():
        if formula != found:
            halved = (row.mult_adds, plain(Fraction(ran.flops, 2 * batch))) if what == "mult-adds" else (formula, found)
            yield difference(report, node, what, *halved)


def tensors(module: nn.Module) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """The shapes of the parameters and of the buffers of a layer; batch norm's count of batches is not included."""
    if isinstance(module, Function):
        return {}, {}  # its submodules are other layers
    weights = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
    buffers = {name: tuple(tensor.shape) for name, tensor in module.named_buffers()}
    return weights, {name: shape for name, shape in buffers.items() if not name.endswith("num_batches_tracked")}


def difference(report: Report, node: Node, what: str, formula: object, found: object) -> Difference:
    """A difference with the layer, its input and its place, for a message."""
    shapes = " and ".join(map(describe, report.graph.input_shapes(node)))
    return Difference(node.name, what, formula, found, f"{node.layer} on {shapes}", str(node.place))


def totals(report: Report, network: NetworkModule) -> Iterator[Difference]:
    """The differences of the sums over the whole module, in which shared tensors count once."""
    counted = [tensor for name, tensor in network.named_buffers() if not name.endswith("num_batches_tracked")]
    sums = {"params": sum(p.numel() for p in network.parameters()), "buffers": sum(b.numel() for b in counted)}
    for what, found in sums.items():
        if found != (formula := getattr(report.known, what)):
            yield Difference("total", what, formula, found, report.title, report.label)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return listing(f"{name} {describe(shape)}" for name, shape in value.items())
    return describe(value) if isinstance(value, tuple) else f"{value:,}" if isinstance(value, int) else str(value)
