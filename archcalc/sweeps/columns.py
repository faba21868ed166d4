"""Evaluated pieces as columns: knobs, quantities, and why a network cannot be built."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from archcalc.needed import needed
from archcalc.sweeps.evaluate import Chunk, Column, exact_array, numbers
from archcalc.sweeps.ranges import Axis, Span, has_words
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

WHY = "why"
WHOLE_FLOATS = 2**53  # up to which floats hold every integer


def knob_kind(axis: Axis) -> type:
    """The type of a knob's column: bool, str, int, float (nearest to each value), else Fraction."""
    if has_words(axis):
        return bool if all(isinstance(value, bool) for value in axis) else str
    ends = (axis.start, axis.step) if isinstance(axis, Span) else axis
    return int if all(isinstance(value, int) for value in ends) else float if _as_floats(axis) else Fraction


def _as_floats(axis: Axis) -> bool:
    if not isinstance(axis, Span):
        return floats_do(axis)
    d = math.lcm(axis.start.denominator, axis.step.denominator)  # of all its values, however many they are
    return bool(d * max(abs(axis.start), abs(axis.last)) <= WHOLE_FLOATS)


def floats_do(values: Iterable[Any]) -> bool:
    """Whether the nearest floats keep whole numbers exact and fractions fractional."""
    return all(float(value) == value or not float(value).is_integer() for value in values)


def knob_values(axis: Axis, where: np.ndarray) -> np.ndarray:
    """The exact values at these positions."""
    if not has_words(axis):
        return exact_array(numbers(axis, where, 0, 1))
    values = [axis[int(i)] for i in where]
    return np.array(values) if knob_kind(axis) is bool else np.array([*map(show, values)], object)


def knob_columns(
    sweep: Sweep, chunk: Chunk, written: Callable[[Any], Any] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Each knob at every point of the piece, in the column's type; or its exact values converted by ``written``."""
    shape = chunk.why.shape
    for i, ((name, axis), where) in enumerate(zip(sweep.axes.items(), chunk.box, strict=True)):
        values = knob_values(axis, where)
        if written:
            values = np.frompyfunc(written, 1, 1)(values)
        elif knob_kind(axis) is float:
            values = values.astype(float)
        yield name, np.broadcast_to(values.reshape([-1 if k == i else 1 for k in range(len(shape))]), shape).reshape(-1)


def reasons(chunk: Chunk, written: Callable[[Any], Any] = str) -> np.ndarray:
    """Why the network cannot be built at each point; "" where it can."""
    return np.array([*map(written, chunk.reasons), ""], dtype=object)[chunk.why.reshape(-1)]  # type: ignore[no-any-return]


def joined(sweep: Sweep, chunks: Sequence[Chunk]) -> dict[str, np.ndarray]:
    """The columns of all pieces, concatenated."""
    parts: list[dict[str, np.ndarray]] = []
    for chunk in chunks:
        part = dict(knob_columns(sweep, chunk))
        part |= {name: masked(column) for name, column in chunk.columns.items()}
        parts.append({**part, WHY: reasons(chunk)})
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}


def masked(column: Column) -> np.ma.MaskedArray[Any, Any]:
    """The quantity, masked where it is unknown."""
    return np.ma.MaskedArray(column.data.reshape(-1), ~column.known.reshape(-1))


def _concatenate(arrays: Sequence[np.ndarray]) -> np.ndarray:
    if len(arrays) == 1:
        return arrays[0]
    together: Any = np.ma.concatenate if isinstance(arrays[0], np.ma.MaskedArray) else np.concatenate
    return together(arrays)  # type: ignore[no-any-return]


def frame(arrays: dict[str, np.ndarray]) -> Any:
    """A pandas DataFrame; integers with missing values have pandas's type Int64, fractions are Fractions."""
    pandas = needed("pandas", "a data frame", "sweep")
    return pandas.DataFrame({name: _series(pandas, array) for name, array in arrays.items()})


def _series(pandas: Any, array: np.ndarray) -> Any:
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if array.dtype == np.int64:
        return pandas.arrays.IntegerArray(array.data, np.ma.getmaskarray(array).copy())
    missing: Any = None
    return np.where(np.ma.getmaskarray(array), missing, array.data)
