"""Evaluated pieces as columns: knobs, quantities, and why a network cannot be built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.needed import needed
from archcalc.sweeps.evaluate import Chunk, Column
from archcalc.sweeps.ranges import Axis, Span, has_words
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

WHY = "why"
LARGEST = 2**63


def knob_kind(axis: Axis) -> type:
    """What a knob's column holds: int, float (the nearest to each value), or str."""
    if has_words(axis):
        return bool if all(isinstance(value, bool) for value in axis) else str
    ends = (axis.start, axis.step, axis.last) if isinstance(axis, Span) else axis
    return int if all(isinstance(value, int) and abs(value) < LARGEST for value in ends) else float


def knob_values(axis: Axis, where: np.ndarray) -> np.ndarray:
    """The values at these places, in the column's kind."""
    kind = knob_kind(axis)
    if isinstance(axis, Span) and kind is int:
        return np.asarray(axis.start + axis.step * where)
    values = [_as(kind, axis[int(i)]) for i in where]
    return np.array(values, dtype=object if kind is str else None)


def _as(kind: type, value: Any) -> Any:
    return show(value) if kind is str else kind(value)


def knob_columns(sweep: Sweep, chunk: Chunk) -> Iterator[tuple[str, np.ndarray]]:
    """Each knob at every point of the piece."""
    shape = chunk.why.shape
    for i, ((name, axis), where) in enumerate(zip(sweep.axes.items(), chunk.box, strict=True)):
        values = knob_values(axis, where).reshape([-1 if k == i else 1 for k in range(len(shape))])
        yield name, np.broadcast_to(values, shape).reshape(-1)


def reasons(chunk: Chunk) -> np.ndarray:
    """Why there is no network at each point; "" where there is one."""
    return np.array([*chunk.reasons, ""], dtype=object)[chunk.why.reshape(-1)]  # type: ignore[no-any-return]


def joined(sweep: Sweep, chunks: Sequence[Chunk]) -> dict[str, np.ndarray]:
    """All pieces, one behind the other."""
    parts: list[dict[str, np.ndarray]] = []
    for chunk in chunks:
        part = dict(knob_columns(sweep, chunk))
        part |= {name: masked(column) for name, column in chunk.columns.items()}
        parts.append({**part, WHY: reasons(chunk)})
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}


def masked(column: Column) -> np.ma.MaskedArray[Any, Any]:
    """The quantity, masked where it is not known."""
    return np.ma.MaskedArray(column.data.reshape(-1), ~column.known.reshape(-1))


def _concatenate(arrays: Sequence[np.ndarray]) -> np.ndarray:
    if len(arrays) == 1:
        return arrays[0]
    together: Any = np.ma.concatenate if isinstance(arrays[0], np.ma.MaskedArray) else np.concatenate
    return together(arrays)  # type: ignore[no-any-return]


def frame(arrays: dict[str, np.ndarray]) -> Any:
    """As a pandas DataFrame; integers with gaps are of pandas's Int64."""
    pandas = needed("pandas", "a data frame", "sweep")
    return pandas.DataFrame({name: _series(pandas, array) for name, array in arrays.items()})


def _series(pandas: Any, array: np.ndarray) -> Any:
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if array.dtype == np.int64:
        return pandas.arrays.IntegerArray(array.data, np.ma.getmaskarray(array).copy())
    missing: Any = np.nan if array.dtype == float else None
    return np.where(np.ma.getmaskarray(array), missing, array.data)
