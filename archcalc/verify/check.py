"""The differences between the formulas and torch, layer by layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.core.errors import listing
from archcalc.core.number import plain
from archcalc.core.shape import Shape, describe
from archcalc.graph.graph import Node
from archcalc.report import Report, Row
from archcalc.verify.device import is_fault, synchronize
from archcalc.verify.module import Function, NetworkModule, TorchRefuses, to_module, watched


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


def is_opaque(report: Report, node: Node) -> bool:
    """Whether a layer has no module, since only the shape of its output and perhaps its costs are declared."""
    return node.layer is not None and node.layer.weights(*report.graph.input_shapes(node)) is None


def totals(report: Report, compared: Row, network: NetworkModule) -> Iterator[Difference]:
    """The differences of the sums over the whole module, in which shared tensors count once."""
    counted = [tensor for name, tensor in network.named_buffers() if not name.endswith("num_batches_tracked")]
    sums = {"params": sum(p.numel() for p in network.parameters()), "buffers": sum(b.numel() for b in counted)}
    for what, found in sums.items():
        if found != (formula := getattr(compared, what)):
            yield Difference("total", what, formula, found, report.title, report.label)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return listing(f"{name} {describe(shape)}" for name, shape in value.items())
    return describe(value) if isinstance(value, tuple) else f"{value:,}" if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Verified:
    """What was compared, and the differences."""

    label: str
    digest: str  # of the layers compared
    device: str
    batch: int
    layers: int  # compared
    tensors: int  # weights and buffers compared
    params: int
    mult_adds: int
    opaque: tuple[str, ...]  # layers that are not compared, since only the shape of their output is declared
    differences: tuple[Difference, ...]


def verify(report: Report, device: torch.device, batch: int) -> Verified:
    """Build the network, run it on the device, and compare each layer. Raises ArchcalcError."""
    try:
        with torch.device(device):
            network = to_module(report.graph, stand_in).eval().requires_grad_(False)
            ran = run(network, torch.zeros(batch, *report.input), report.graph.nodes[1:])
    except TorchRefuses as refusal:
        broken = difference(report, refusal.node, "runs", "yes", str(refusal.error))
        return Verified(report.label, digest(report), str(device), batch, 0, 0, 0, 0, (), (broken,))
    differences: list[Difference] = []
    layers = list(zip(report.graph.nodes[1:], report.layers, network.layers(), ran, strict=True))
    opaque = [node.name for node, _, _, _ in layers if is_opaque(report, node)]
    for node, row, module, one in layers:
        if node.name not in opaque:
            differences += compare(report, node, row, module, one, batch)
    compared = report.totals._replace(
        nodes=tuple(i for row in report.layers if row.name not in opaque for i in row.nodes)
    )
    return Verified(
        label=report.label,
        digest=digest(report),
        device=str(device),
        batch=batch,
        layers=len(layers) - len(opaque),
        tensors=sum(len(found) for _, _, module, _ in layers for found in tensors(module)),
        params=compared.params,
        mult_adds=compared.mult_adds,
        opaque=tuple(opaque),
        differences=(*differences, *totals(report, compared, network)),
    )


def stand_in(node: Node) -> Callable[..., Tensor]:
    """A function that gives zeros of the declared shape, so that the layers after it can run."""
    return lambda *tensors: tensors[0].new_zeros(len(tensors[0]), *node.shape)


def run(network: NetworkModule, x: Tensor, nodes: Sequence[Node]) -> list[Ran]:
    """The output shape of each layer and the operations that FlopCounterMode counts in it. Raises ArchcalcError."""
    found: list[Ran] = []
    before = [0]
    counter = FlopCounterMode(display=False)

    def start(*_: Any) -> None:
        before[0] = counter.get_total_flops()

    def end(_: nn.Module, __: Any, output: Tensor) -> None:
        found.append(Ran(tuple(output.shape), counter.get_total_flops() - before[0]))

    try:
        with unfused(network), counter, torch.no_grad(), watched(network, start, end):
            network(x)
            synchronize(x.device)
    except Exception as error:
        if is_fault(error) or len(found) == len(nodes):  # or no layer is left to blame
            raise
        raise TorchRefuses(nodes[len(found)], error) from error
    return found


@contextmanager
def unfused(network: nn.Module) -> Iterator[None]:
    """Run attention and recurrent layers as in training, since FlopCounterMode does not count fused operations."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with _without_mkldnn() if any(isinstance(module, nn.LSTM) for module in network.modules()) else nullcontext():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextmanager
def _without_mkldnn() -> Iterator[None]:
    """Without the library that on a CPU has an LSTM as one operation. (Switching it off warns about Intel's GPUs.)"""
    with catch_warnings():
        simplefilter("ignore")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def digest(report: Report) -> str:
    """A hash of the arguments, shapes and figures of all layers, to tell whether a receipt is of this network."""
    data = report.to_dict()
    text = json.dumps([data["input"], data["layers"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
