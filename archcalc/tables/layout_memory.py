"""The bytes that networks need, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.memory.footprint import STATES, Memory
from archcalc.tables.grid import ABSENT, Table, numbers, words

NOTES = (
    "Bytes of tensors; a library's workspaces come on top. activations: all layers' outputs together.",
    "forward: weights, buffers and the activations that must be alive at the same time, when the layer 'at' runs.",
    "training: weights, buffers, the optimizer's tensors, and activations and gradients alive at the same time.",
)


def memory_table(found: Sequence[tuple[str, Memory]]) -> Table:
    """Networks one below the other."""
    first = found[0][1]
    rows = tuple(
        (label, one.inference, one.training, one.weights, one.buffers, one.activations, one.peak_at or ABSENT)
        for label, one in found
    )
    figures = numbers("forward", "training", "weights", "buffers", "activations", unit="bytes")
    title = f"Memory for a batch of {first.batch} in {first.dtype}, {first.optimizer} keeping {STATES[first.optimizer]}"
    return Table(
        f"{title} tensors for each weight",
        (*words("network"), *figures, *words("at")),
        rows,
        notes=NOTES,
        name="memory",
    )
