"""One network against its torch module, layer by layer: shapes, tensors, multiply-adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import ArchcalcError, listing
from archcalc.graph import Node
from archcalc.report import Report, Row
from archcalc.shape import Shape, describe
from archcalc.verify.module import Function, NetworkModule, TorchRefuses, to_module


class Difference(NamedTuple):
    """What the formulas and torch do not agree on."""

    layer: str
    what: str
    formula: object
    torch: object
    text: str  # the layer with its arguments and its input
    place: str  # the line of the spec

    def __str__(self) -> str:
        says = f"formula {_shown(self.formula)}, torch {_shown(self.torch)}"
        return f"{self.layer}: {self.what}: {says}\n    {self.text} ({self.place})"


@dataclass(frozen=True)
class Verified:
    """What was compared, and what came out different."""

    label: str
    device: str
    batch: int
    layers: int  # compared
    tensors: int  # weights and buffers compared
    params: int
    mult_adds: int
    opaque: tuple[str, ...]  # layers of which only the output's shape is declared: not compared
    differences: tuple[Difference, ...]


class Ran(NamedTuple):
    """What a layer did."""

    output: tuple[int, ...]
    flops: int


def verify(report: Report, device: torch.device, batch: int) -> Verified:
    """Build the network, run it on that device, and compare each layer. Raises ArchcalcError."""
    try:
        with torch.device(device):
            network = to_module(report.graph, stand_in).eval()
            ran = run(network, torch.zeros(batch, *report.input), report.graph.nodes[1:])
    except TorchRefuses as refusal:
        node, row = next(pair for pair in zip(report.graph.nodes[1:], report.layers, strict=True) if pair[0] is refusal.node)
        broken = difference(report, node, "runs", "yes", str(refusal.error))
        return Verified(report.label, str(device), batch, 0, 0, 0, 0, (), (broken,))
    differences: list[Difference] = []
    layers = list(zip(report.graph.nodes[1:], report.layers, network.layers(), ran, strict=True))
    opaque = [node.name for node, row, _, _ in layers if row.mult_adds is None]
    for node, row, module, one in layers:
        if row.mult_adds is not None:
            differences += compare(report, node, row, module, one, batch)
    return Verified(
        label=report.label,
        device=str(device),
        batch=batch,
        layers=len(layers) - len(opaque),
        tensors=sum(len(found) for _, _, module, _ in layers for found in tensors(module)),
        params=report.known.params,  # type: ignore[arg-type]  # the module was built: all sizes are ints
        mult_adds=report.known.mult_adds,  # type: ignore[arg-type]
        opaque=tuple(opaque),
        differences=(*differences, *totals(report, network)),
    )


def stand_in(node: Node) -> Callable[..., Tensor]:
    """Something of the declared shape, so that what follows can run."""
    return lambda *tensors: tensors[0].new_zeros(len(tensors[0]), *node.shape)


def run(network: NetworkModule, x: Tensor, nodes: Sequence[Node]) -> list[Ran]:
    """What each layer gives and how many operations FlopCounterMode sees in it, in order. Raises ArchcalcError."""
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
    except torch.OutOfMemoryError as error:
        raise ArchcalcError(f"out of memory: {str(error).partition('. ')[0]}") from None
    except Exception as error:
        raise TorchRefuses(nodes[len(found)], error) from error
    finally:
        for hook in hooks:
            hook.remove()
    return found


@contextmanager
def unfused() -> Iterator[None]:
    """Attention in evaluation as in training: the fused form is one operation that FlopCounterMode does not know."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def compare(report: Report, node: Node, row: Row, module: nn.Module, ran: Ran, batch: int) -> Iterator[Difference]:
    """One layer's differences."""
    assert node.layer is not None
    inputs = report.graph.input_shapes(node)
    weights, buffers = tensors(module)
    pairs = {
        "output": ((batch * node.times, *node.shape), ran.output),
        "weights": (node.layer.weights(*inputs), weights),
        "buffers": (node.layer.buffers(*inputs), buffers),
        "mult-adds": (2 * batch * row.mult_adds, ran.flops),
    }
    for what, (formula, found) in pairs.items():
        if formula != found:
            halved = (row.mult_adds, Fraction(ran.flops, 2 * batch)) if what == "mult-adds" else (formula, found)
            yield difference(report, node, what, *halved)


def tensors(module: nn.Module) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """The shape of each parameter and each buffer of a layer's own; batch norm's count of batches is neither."""
    if isinstance(module, Function):
        return {}, {}  # what it holds are other layers
    weights = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
    buffers = {name: tuple(tensor.shape) for name, tensor in module.named_buffers()}
    return weights, {name: shape for name, shape in buffers.items() if not name.endswith("num_batches_tracked")}


def difference(report: Report, node: Node, what: str, formula: object, found: object) -> Difference:
    """With what is needed to look into it."""
    shapes = " and ".join(map(describe, report.graph.input_shapes(node)))
    return Difference(node.name, what, formula, found, f"{node.layer} on {shapes}", str(node.place))


def totals(report: Report, network: NetworkModule) -> Iterator[Difference]:
    """The sums over the whole module, where shared tensors count once."""
    counted = [tensor for name, tensor in network.named_buffers() if not name.endswith("num_batches_tracked")]
    sums = {"params": sum(p.numel() for p in network.parameters()), "buffers": sum(b.numel() for b in counted)}
    for what, found in sums.items():
        if found != (formula := getattr(report.known, what)):
            yield Difference("total", what, formula, found, report.title, report.label)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return listing(f"{name} {describe(shape)}" for name, shape in value.items())
    return describe(value) if isinstance(value, tuple) else f"{value:,}" if isinstance(value, int) else str(value)
