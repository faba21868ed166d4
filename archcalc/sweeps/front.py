"""The Pareto front of two quantities, updated with each piece of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.sweeps.columns import knob_columns

if TYPE_CHECKING:
    from archcalc.sweeps.evaluate import Chunk
    from archcalc.sweeps.sweep import Sweep

SEEN = 4000  # approximate number of points drawn in a picture beside the front


class Front:
    """The points that no other point dominates, by being better in one quantity and no worse in the other.

    ``signs`` is +1 for a quantity to minimize, -1 for one to maximize.
    """

    def __init__(self, sweep: Sweep, names: tuple[str, str], signs: tuple[int, int]) -> None:
        self.sweep, self.names, self.signs = sweep, names, signs
        self.best: dict[str, np.ndarray] = {}
        self.cloud: list[dict[str, np.ndarray]] = []
        self.step = max(1, sweep.points // SEEN)
        self.done = 0

    def add(self, chunk: Chunk) -> None:
        """Update the front with one more piece."""
        columns = dict(knob_columns(self.sweep, chunk))
        known = np.ones(chunk.why.size, bool)
        for name in (*self.sweep.sizes, *self.names):
            column = chunk.columns[name]
            columns[name] = column.data.reshape(-1)
            known &= column.known.reshape(-1)
        thin = known & ((np.arange(self.done, self.done + chunk.why.size) % self.step) == 0)
        self.cloud.append({name: column[thin] for name, column in columns.items()})
        self.done += chunk.why.size
        new = {name: column[known] for name, column in columns.items()}
        both = {name: np.concatenate([self.best[name], new[name]]) for name in new} if self.best else new
        keep = unbeaten(*(sign * both[name] for sign, name in zip(self.signs, self.names, strict=True)))
        self.best = {name: column[keep] for name, column in both.items()}

    @property
    def seen(self) -> dict[str, np.ndarray]:
        """A regular sample of the points, one in every ``step``."""
        return {name: np.concatenate([part[name] for part in self.cloud]) for name in self.cloud[0]}


def unbeaten(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Positions of the points that none dominates when both are minimized, sorted by x; of equal points the first."""
    if not len(x):
        return np.array([], int)
    order: Any = (
        np.lexsort((y, x)) if object not in (x.dtype, y.dtype) else sorted(range(len(x)), key=lambda i: (x[i], y[i]))
    )
    order = np.asarray(order)
    least = np.minimum.accumulate(y[order])
    better = np.concatenate([[True], least[1:] < least[:-1]])
    return np.asarray(order[better])
