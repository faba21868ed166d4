"""The bytes that a network needs: weights, activations, and the peak of those in use at the same time.

Only tensors are counted, and not the workspaces in which a library computes them. All numbers may be of any number
type, so that symbols give closed forms and arrays give arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.core.bound import summed, within
from archcalc.core.errors import ArchcalcError, Refusal, listing
from archcalc.core.number import Number, equal, fails
from archcalc.core.value import brief
from archcalc.memory.liveness import Training, forward_peak, highest, sizes, storages, unknown_inside
from archcalc.spec.model import Knob

if TYPE_CHECKING:
    from archcalc.report import Report

DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes of an element
STATES = {"sgd": 0, "momentum": 1, "adam": 2}  # tensors that the optimizer stores for each weight


class Memory(NamedTuple):
    """The memory of a network in bytes, for a batch in one dtype.

    Where it is not known for all layers, it is None, or AtLeast what is known.
    """

    batch: Number
    dtype: str
    optimizer: str
    weights: Number | None
    buffers: Number | None
    activations: Number  # the sum of the outputs of all layers
    peak: Number  # of a forward pass: the input and the outputs in use at the same time
    peak_at: str | None  # the layer that runs at the peak; None where it depends on a symbol, or is not known
    saved_for_backward: Number | None  # by the forward pass of a training step
    step: Number | None  # the peak of activations and gradients in a training step
    uncounted: tuple[str, ...]  # the kinds of layers of which it is not known what they make inside

    @property
    def states(self) -> int:
        """How many numbers the optimizer stores for each weight."""
        return STATES[self.optimizer]

    @property
    def inference(self) -> Number | None:
        """Bytes for inference: weights, buffers and the peak of the activations."""
        return summed((self.weights, self.buffers, self.peak))

    @property
    def training(self) -> Number | None:
        """Bytes for training: weights, buffers, tensors of the optimizer, and the peak of activations and gradients."""
        if self.weights is None or self.step is None:
            return None
        return (1 + self.states) * self.weights + self.buffers + self.step


def memory(report: Report, batch: Number = 1, dtype: str = "float32", optimizer: str = "sgd") -> Memory:
    """The memory that the network needs for a batch. Raises ArchcalcError."""
    for word, known in ((dtype, DTYPES), (optimizer, STATES)):
        if word not in known:
            raise ArchcalcError(f"no dtype or optimizer {word!r}; there are {listing(known)}")
    batch = _batch(batch)
    width, totals = DTYPES[dtype], report.totals
    (peak, at), step = forward_peak(report.graph), Training(report, batch, width)
    uncounted = unknown_inside(report.graph)
    return Memory(
        batch,
        dtype,
        optimizer,
        weights=within(totals.shown("params"), lambda count: width * count),
        buffers=within(totals.shown("buffers"), lambda count: width * count),
        activations=batch * width * sum(sizes(report.graph, storages(report.graph))[1:]),
        peak=within(peak, lambda count: batch * width * count),
        peak_at=None if at is None else report.graph.nodes[at + 1].name,
        saved_for_backward=None if uncounted else step.saved_bytes(),
        step=None if uncounted else highest(step.moments())[0],
        uncounted=uncounted,
    )


def _batch(value: Number) -> Number:
    """The exact batch size. Raises ArchcalcError unless it is whole and positive, or may be."""
    try:
        batch = Knob("batch", 1, minimum=1).accept(value, single=False)
    except Refusal as refusal:
        raise ArchcalcError(str(refusal)) from None
    if fails(equal(batch % 1, 0)):
        raise ArchcalcError(f"batch = {brief(value)}; it must be a whole number")
    return batch
