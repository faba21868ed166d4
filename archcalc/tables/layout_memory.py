"""The bytes that networks need, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.errors import many
from archcalc.figures.rules import ABSENT
from archcalc.tables.grid import Table, numbers, words

if TYPE_CHECKING:
    from archcalc.memory.footprint import Memory

NOTES = (
    "Bytes of tensors, without the workspaces of a library. activations: the outputs of all layers together.",
    "forward: weights, buffers and the largest activations needed at the same time, while the layer 'at' runs.",
    "training: weights, buffers, the optimizer's tensors, and activations and gradients needed at the same time.",
)


def memory_table(found: Sequence[tuple[str, Memory]]) -> Table:
    """A row for each network."""
    first = found[0][1]
    rows = tuple(
        (label, one.inference, one.training, one.weights, one.buffers, one.activations, one.peak_at or ABSENT)
        for label, one in found
    )
    figures = numbers("forward", "training", "weights", "buffers", "activations", unit="bytes")
    stored = f", which stores {many(first.states, 'number')} for each weight" * (first.states > 0)
    return Table(
        f"Memory for a batch of {first.batch} in {first.dtype}, trained by {first.optimizer}{stored}",
        (*words("network"), *figures, *words("at")),
        rows,
        notes=NOTES,
        name="memory",
    )
