"""A sweep: a grid of networks, evaluated piece by piece, and the Pareto front of two of its quantities."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.address import Address, addresses
from archcalc.core.errors import ArchcalcError, SpecError, listing, suggest
from archcalc.model import Model
from archcalc.sweeps.chunks import Pieces, pieces
from archcalc.sweeps.evaluate import Chunk, evaluate, joined, knob_columns
from archcalc.sweeps.ranges import Axis, input_sizes, make_axis, read_axis, size

if TYPE_CHECKING:
    from archcalc.plots.canvas import Picture

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
    if object in (x.dtype, y.dtype):
        order = np.array(sorted(range(len(x)), key=lambda i: (x[i], y[i])))
    else:
        order = np.lexsort((y, x))
    least = np.minimum.accumulate(y[order])
    better = np.concatenate([[True], least[1:] < least[:-1]])
    return np.asarray(order[better])


USUAL = ("mult_adds", "params")
MOST_POINTS = 100_000_000  # of arrays() and frame(), which need them all in memory
Advance = Callable[[int], None]  # called with the number of points just finished


class Sweep:
    """A grid of networks, evaluated when a result is first needed."""

    def __init__(self, network: Model, of: Iterable[str], axes: Mapping[str, Axis]) -> None:
        self.network = network
        self.axes = dict(axes)
        self.asked = {str(found): found for text in of for found in addresses(text)}
        self.sizes = input_sizes(network.spec, self.axes)
        self.quantities = {**self.sizes, **self.asked}
        if not self.axes:
            known = listing(network.knobs)
            raise ArchcalcError(f"{network.name}: a sweep needs values for a knob (its knobs: {known})")
        if taken := [name for name in (*self.quantities, "why") if name in self.axes]:
            raise ArchcalcError(f"{network.name}: {taken[0]!r} is a column of the result and a knob")

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each knob."""
        return tuple(map(size, self.axes.values()))

    @property
    def points(self) -> int:
        """The number of networks."""
        return math.prod(self.shape)

    def pieces(self, most: int | None = None) -> Pieces:
        """The grid, cut into pieces that fit into memory and have at most ``most`` points."""
        try:
            layers = len(self.network.summary().layers)
        except SpecError:
            layers = 1
        return pieces(self.shape, layers, most)

    def chunks(self, *, dask: str | None = None, advance: Advance | None = None) -> Iterator[Chunk]:
        """The evaluated pieces in order, computed here or by a Dask cluster at that address ("local" starts one)."""
        self._check()
        if dask:
            from archcalc.sweeps.remote import evaluated

            yield from evaluated(self, dask, advance)
        else:
            for box in self.pieces():
                yield evaluate(self.network.spec, self.axes, box, self.quantities, advance)

    def arrays(self, *, dask: str | None = None, advance: Advance | None = None) -> dict[str, np.ndarray]:
        """Columns: the knobs, the quantities (masked where unknown), and why a network cannot be built, else "".

        Quantities are exact: int64, or Python's integers where those are too small; a share is a Fraction. A knob that
        is not whole is the nearest float. Raises ArchcalcError.
        """
        if self.points > MOST_POINTS:
            message = f"{self.points:,} points are too many for memory (at most {MOST_POINTS:,})"
            raise ArchcalcError(f"{message}; sweep.write('FILE.parquet') writes them piece by piece")
        return joined(self, list(self.chunks(dask=dask, advance=advance)))

    def frame(self) -> Any:
        """The columns as a pandas DataFrame; unknown values are missing. Raises ArchcalcError without pandas."""
        from archcalc.output.frame import frame

        return frame(self.arrays())

    def __getitem__(self, name: str) -> np.ndarray:
        """A column along the knobs: an axis for each, in the order in which they were given."""
        known = [*self.axes, *self.quantities, "why"]
        if name not in known:
            raise ArchcalcError(f"the sweep has no {name!r}{suggest(name, known)} (it has {listing(known)})")
        return self._columns[name].reshape(self.shape)

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        return self.arrays()

    def write(self, path: str | Path, *, dask: str | None = None, advance: Advance | None = None) -> None:
        """Write a .csv, .json or .parquet file, whole or not at all; memory stays bounded. Raises ArchcalcError."""
        from archcalc.sweeps.files import write

        write(self, Path(path), self.chunks(dask=dask, advance=advance))

    def plot(
        self,
        path: str | Path | None = None,
        figure: str | None = None,
        *,
        best: tuple[str, ...] | None = None,
        dask: str | None = None,
        advance: Advance | None = None,
        dark: bool = False,
    ) -> Picture:
        """A picture: "cost" against a knob, the "pareto" front, or iso-cost "contours"; for a notebook, or in a file.

        A front is of the first two quantities; ``best`` says of each whether "min" or "max" is better, unless less is,
        and of an accuracy more. ``dark`` is for a dark slide. Raises ArchcalcError.
        """
        from archcalc.plots.canvas import format_of
        from archcalc.sweeps.plot import plot, usual

        if path is not None:
            format_of(Path(path))
            figure = figure or usual(self, Path(path).stem)
        picture = plot(self, figure, best, dask, advance, dark)
        if path is not None:
            picture.write(path)
        return picture

    def _check(self) -> None:
        """Check that the quantities exist, at the defaults or at the first point. Raises ArchcalcError."""
        first = {name: axis[0] for name, axis in self.axes.items()}
        for name, asked in self.quantities.items():
            errors = [error for knobs in ({}, first) if (error := _problem(self.network, asked, knobs))]
            if len(errors) == 2:
                raise ArchcalcError(f"{name}: {errors[0]}")

    def __repr__(self) -> str:
        return f"<sweep of {self.network.name}: {self.points:,} points, {listing(self.axes)}>"


def sweep(network: Model, of: Iterable[str], knobs: Mapping[str, Any], *, text: bool = False) -> Sweep:
    """The sweep over these knob values, given in Python or (``text``) on the command line. Raises ArchcalcError."""
    axes = {}
    for name, values in knobs.items():
        if name not in network.knobs:
            network.accept(name, values)  # its message lists the knobs
        axes[name] = (read_axis if text else make_axis)(network.knobs[name], values)
    return Sweep(network, of or USUAL, axes)


def _problem(network: Model, asked: Address, knobs: Mapping[str, Any]) -> ArchcalcError | None:
    try:
        asked.of(network.summary(**knobs))
    except SpecError:
        return None
    except ArchcalcError as error:
        return error
    return None
