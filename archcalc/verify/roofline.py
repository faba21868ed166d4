"""How fast a layer could run at best: the larger of its operations' time and its memory traffic's time.

Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009. Pure arithmetic; the ceilings are measured elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from archcalc.figures.amounts import elements as held
from archcalc.memory.liveness import elements
from archcalc.report import Report


class Ceilings(NamedTuple):
    """What the device reaches at best, measured."""

    operations: float  # per second, in a large matrix product
    bandwidth: float  # bytes per second, read and written, in a large copy

    @property
    def ridge(self) -> float:
        """The intensity from which on operations are what limits."""
        return self.operations / self.bandwidth


class Work(NamedTuple):
    """What a layer does for a batch."""

    layer: str
    kind: str  # "conv", or "depthwise conv" where each channel has its own filters
    text: str
    operations: int  # two for each multiply-add
    traffic: int  # bytes of inputs, weights and output, each moved once

    @property
    def intensity(self) -> float:
        """Operations for each byte."""
        return self.operations / self.traffic if self.traffic else 0.0

    def bound(self, ceilings: Ceilings) -> float:
        """Seconds it takes at least."""
        return max(self.operations / ceilings.operations, self.traffic / ceilings.bandwidth)

    def limit(self, ceilings: Ceilings) -> str:
        """Which of the two it is."""
        slow = self.operations / ceilings.operations > self.traffic / ceilings.bandwidth
        return "operations" if slow else "bandwidth"


def work(report: Report, batch: int, width: int) -> list[Work]:
    """Each layer's, for elements of that many bytes. A view moves nothing; what is not known counts as nothing."""
    graph, found = report.graph, []
    for node, row in zip(graph.nodes[1:], report.layers, strict=True):
        assert node.layer is not None
        inputs = graph.input_shapes(node)
        tensors = {**(node.layer.weights(*inputs) or {}), **node.layer.buffers(*inputs)}
        moved = batch * (elements(node) + sum(elements(graph.nodes[i]) for i in node.inputs)) + held(tensors)
        traffic = 0 if node.layer.view else width * moved
        found.append(
            Work(row.name, _kind(row.kind, inputs, node.layer), row.text, 2 * batch * (row.mult_adds or 0), traffic)
        )
    return found


def _kind(label: str, inputs: tuple[tuple[int, ...], ...], layer: object) -> str:
    groups = getattr(layer, "groups", 1)
    return f"depthwise {label}" if label == "conv" and groups == inputs[0][0] and groups > 1 else label
