"""The comparison of a network with its torch module, layer by layer: shapes, tensors, multiply-adds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.engine.graph import Node
from archcalc.report import Report
from archcalc.verify.device import synchronize
from archcalc.verify.differences import Difference, Ran, compare, difference, tensors, totals
from archcalc.verify.faults import is_fault
from archcalc.verify.module import NetworkModule, TorchRefuses, to_module


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
            network = to_module(report.graph, stand_in).eval()
            ran = run(network, torch.zeros(batch, *report.input), report.graph.nodes[1:])
    except TorchRefuses as refusal:
        node, row = next(
            pair for pair in zip(report.graph.nodes[1:], report.layers, strict=True) if pair[0] is refusal.node
        )
        broken = difference(report, node, "runs", "yes", str(refusal.error))
        return Verified(report.label, digest(report), str(device), batch, 0, 0, 0, 0, (), (broken,))
    differences: list[Difference] = []
    layers = list(zip(report.graph.nodes[1:], report.layers, network.layers(), ran, strict=True))
    opaque = [node.name for node, row, _, _ in layers if row.mult_adds is None]
    for node, row, module, one in layers:
        if row.mult_adds is not None:
            differences += compare(report, node, row, module, one, batch)
    return Verified(
        label=report.label,
        digest=digest(report),
        device=str(device),
        batch=batch,
        layers=len(layers) - len(opaque),
        tensors=sum(len(found) for _, _, module, _ in layers for found in tensors(module)),
        params=report.known.params,
        mult_adds=report.known.mult_adds,
        opaque=tuple(opaque),
        differences=(*differences, *totals(report, network)),
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

    hooks = [layer.register_forward_pre_hook(start, prepend=True) for layer in network.layers()]
    hooks += [layer.register_forward_hook(end) for layer in network.layers()]
    try:
        with unfused(), counter, torch.no_grad():
            network(x)
            synchronize(x.device)
    except Exception as error:
        if is_fault(error) or len(found) == len(nodes):  # or no layer is left to blame
            raise
        raise TorchRefuses(nodes[len(found)], error) from error
    finally:
        for hook in hooks:
            hook.remove()
    return found


@contextmanager
def unfused() -> Iterator[None]:
    """Run attention in evaluation as in training, since FlopCounterMode does not count the fused operation."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def digest(report: Report) -> str:
    """A hash of the arguments, shapes and figures of all layers, to tell whether a receipt is of this network."""
    data = report.to_dict()
    text = json.dumps([data["input"], data["layers"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
