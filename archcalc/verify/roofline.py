"""The roofline bound of a layer's time: the larger of the time of its operations and that of its memory traffic.

Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009. Pure arithmetic; the ceilings are measured elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from archcalc.figures.amounts import elements as tensor_elements
from archcalc.memory.liveness import elements
from archcalc.report import Report


class Ceilings(NamedTuple):
    """The measured peak rates of a device."""

    operations: float  # per second, in a large matrix product
    bandwidth: float  # bytes per second, read and written, in a large copy

    @property
    def ridge(self) -> float:
        """The intensity above which operations are the limit."""
        return self.operations / self.bandwidth


class Work(NamedTuple):
    """The operations and the memory traffic of a layer for a batch."""

    layer: str
    kind: str  # "conv", or "depthwise conv" where each channel has its own filters
    text: str
    operations: int  # two for each multiply-add
    traffic: int  # bytes of inputs, weights and output, each moved once

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.operations / self.traffic if self.traffic else 0.0

    def bound(self, ceilings: Ceilings) -> float:
        """A lower bound of its time in seconds."""
        return max(self.operations / ceilings.operations, self.traffic / ceilings.bandwidth)

    def limit(self, ceilings: Ceilings) -> str:
        """The limit that gives the bound: "operations" or "bandwidth"."""
        slow = self.operations / ceilings.operations > self.traffic / ceilings.bandwidth
        return "operations" if slow else "bandwidth"


def work(report: Report, batch: int, width: int) -> list[Work]:
    """The work of each layer, for elements of ``width`` bytes. A view moves nothing; unknown work counts as nothing."""
    graph, found = report.graph, []
    for node, row in zip(graph.nodes[1:], report.layers, strict=True):
        assert node.layer is not None
        inputs = graph.input_shapes(node)
        tensors = {**(node.layer.weights(*inputs) or {}), **node.layer.buffers(*inputs)}
        moved = batch * (elements(node) + sum(elements(graph.nodes[i]) for i in node.inputs)) + tensor_elements(tensors)
        traffic = 0 if node.layer.view else width * moved
        found.append(
            Work(row.name, _kind(row.kind, inputs, node.layer), row.text, 2 * batch * (row.mult_adds or 0), traffic)
        )
    return found


def _kind(label: str, inputs: tuple[tuple[int, ...], ...], layer: object) -> str:
    groups = getattr(layer, "groups", 1)
    return f"depthwise {label}" if label == "conv" and groups == inputs[0][0] and groups > 1 else label
