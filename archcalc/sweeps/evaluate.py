"""Evaluated pieces as columns: knobs, quantities, and why a network cannot be built."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archcalc.address import Address
from archcalc.core.errors import ArchcalcError
from archcalc.core.value import show
from archcalc.figures.rules import Quotient, Tally
from archcalc.graph.graph import Graph
from archcalc.quantity import KNOB, Quantity
from archcalc.report import report_of
from archcalc.spec.model import Spec
from archcalc.sweeps.chunks import Box
from archcalc.sweeps.plans import MOST
from archcalc.sweeps.ranges import Axis, Span, has_words
from archcalc.sweeps.values import Split, along, lift, number, placed, stepped
from archcalc.sweeps.walk import Failure, walk

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
        yield name, np.broadcast_to(placed(values, i, len(shape)), shape).reshape(-1)


def reasons(chunk: Chunk, written: Callable[[Any], Any] = str) -> np.ndarray:
    """Why the network cannot be built at each point; "" where it can."""
    return np.array([*map(written, chunk.reasons), ""], dtype=object)[chunk.why.reshape(-1)]  # type: ignore[no-any-return]


def joined(sweep: Sweep, chunks: Sequence[Chunk]) -> dict[str, np.ndarray]:
    """The columns of all pieces, concatenated."""
    parts: list[dict[str, np.ndarray]] = []
    for chunk in chunks:
        part = dict(knob_columns(sweep, chunk))
        for name, column in chunk.columns.items():
            part[name] = np.ma.MaskedArray(column.data.reshape(-1), ~column.known.reshape(-1))
        parts.append({**part, WHY: reasons(chunk)})
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}


def _concatenate(arrays: Sequence[np.ndarray]) -> np.ndarray:
    if len(arrays) == 1:
        return arrays[0]
    together: Any = np.ma.concatenate if isinstance(arrays[0], np.ma.MaskedArray) else np.concatenate
    return together(arrays)  # type: ignore[no-any-return]


def numbers(axis: Axis, where: np.ndarray, i: int, axes: int) -> Any:
    """The values at these positions, along one axis of the grid; a plain number if there is only one."""
    if len(where) == 1:
        return axis[int(where[0])]
    if isinstance(axis, Span):
        return stepped(axis.start, axis.step, where, i, axes)
    return along([axis[int(position)] for position in where], i, axes)


class Column(NamedTuple):
    """A quantity at every point, exactly: int64, or Python numbers if some do not fit or are not whole."""

    data: np.ndarray
    known: np.ndarray  # False where the point cannot be built, or a layer's work is not known


class Chunk(NamedTuple):
    """A box, evaluated."""

    box: Box
    columns: dict[str, Column]
    why: np.ndarray  # for each point the index of the reason why it cannot be built; -1: it can
    reasons: tuple[str, ...]


def evaluate(
    spec: Spec,
    axes: Mapping[str, Axis],
    box: Box,
    quantities: Mapping[str, Address],
    advance: Callable[[int], None] | None = None,
    at: Sequence[int] | None = None,
) -> Chunk:
    """Evaluate the network over a box, or separately over each part of it with a different structure.

    ``advance`` is called with the points of each part. If a point ``at`` is given, only its part is evaluated.
    """
    shape = tuple(map(len, box))
    canvas = Canvas(shape, quantities)
    alone = any(term.quantity.entry.measured for one in quantities.values() for term in one.terms)
    waiting: list[Box] = [tuple(np.arange(n) for n in shape)]
    while waiting:
        places = waiting.pop()
        part = tuple(where[i] for where, i in zip(box, places, strict=True))
        try:
            _split_apart(axes.values(), part, alone)
            pairs = enumerate(zip(axes.items(), part, strict=True))
            knobs = {name: numbers(axis, where, i, len(part)) for i, ((name, axis), where) in pairs}
            failures, found = measure(spec, knobs, quantities)
        except Split as split:
            waiting += reversed([one for one in parts(places, split.labels) if at is None or _holds(one, at)])
        else:
            canvas.paint(places, failures, found)
            if advance:
                advance(math.prod(map(len, places)))
    return Chunk(box, canvas.columns, canvas.why, tuple(canvas.reasons))


def measure(
    spec: Spec, knobs: Mapping[str, Any], quantities: Mapping[str, Address]
) -> tuple[list[Failure], dict[str, Any]]:
    """The failures, and the quantities, None for those that are unknown. Raises Split."""
    graph, failures = walk(spec, knobs, all(_adds(term.quantity) for one in quantities.values() for term in one.terms))
    if graph is None:
        return failures, {}
    report = report_of(graph, spec)
    found = {}
    for name, quantity in quantities.items():
        try:
            found[name] = quantity.of(report)
        except (ArchcalcError, ZeroDivisionError):  # no such layer at this depth, or a share of 0
            found[name] = None
    if None in found.values():
        _certain(graph)
    return failures, found


def _adds(quantity: Quantity) -> bool:
    """Whether it is a sum over the whole network, or belongs to no layer."""
    whole = not quantity.path and not quantity.kind and isinstance(quantity.entry.rule, (Tally, Quotient))
    return whole or quantity.path == "input" or quantity.entry is KNOB


def _certain(graph: Graph) -> None:
    """Raises Split if layers, whose figures may be unknown, exist only at some points."""
    for node in graph.nodes:
        if any((copies.count >= 1) is not True for copies in node.copies):
            raise Split(node.copies[-1].last.n)


def _split_apart(axes: Iterable[Axis], box: Box, alone: bool) -> None:
    """Words are no arrays: each has a walk of its own; what was measured is known of each point ``alone``."""
    for i, (axis, where) in enumerate(zip(axes, box, strict=True)):
        if len(where) > 1 and (alone or has_words(axis)):
            raise Split(placed(np.arange(len(where)), i, len(box)))


def parts(box: Box, labels: np.ndarray) -> Iterator[Box]:
    """Cut the box along one axis between different labels, into as few parts as possible."""
    cuts = [_groups(labels, i) for i in range(labels.ndim)]
    axis = min((i for i, groups in enumerate(cuts) if len(groups) > 1), key=lambda i: len(cuts[i]))
    for group in cuts[axis]:
        yield tuple(where[group] if i == axis else where for i, where in enumerate(box))


def _holds(box: Box, at: Sequence[int]) -> bool:
    return all(i in where for where, i in zip(box, at, strict=True))


def _groups(labels: np.ndarray, axis: int) -> list[list[int]]:
    """Positions along an axis, grouped by equal labels across all other axes."""
    groups: dict[Any, list[int]] = {}
    for i, slab in enumerate(np.moveaxis(labels, axis, 0)):
        key = tuple(slab.flat) if labels.dtype == object else slab.tobytes()
        groups.setdefault(key, []).append(i)
    return list(groups.values())


class Canvas:
    """The arrays into which the results of a box's parts are written."""

    def __init__(self, shape: tuple[int, ...], names: Sequence[str] | Mapping[str, Any]) -> None:
        self.why = np.full(shape, -1, np.int32)
        self.reasons: dict[str, int] = {}
        self.columns = {name: Column(np.zeros(shape, np.int64), np.zeros(shape, bool)) for name in names}

    def paint(self, places: Box, failures: Sequence[Failure], found: Mapping[str, Any]) -> None:
        where = np.ix_(*places)
        shape = tuple(map(len, places))
        self.why[where] = why = self.marked(shape, failures)
        for name, value in found.items():
            if value is not None:
                self.put(name, where, value, why < 0)

    def marked(self, shape: tuple[int, ...], failures: Sequence[Failure]) -> np.ndarray:
        """For each point the index of its first failure."""
        why = np.full(shape, -1, np.int32)
        for failure in failures:
            new = (why < 0) & failure.at
            if new.any():
                messages, which = failure.messages(new)
                codes = [self.reasons.setdefault(message, len(self.reasons)) for message in messages]
                why[new] = np.array(codes, np.int32)[which]
        return why

    def put(self, name: str, where: Any, value: Any, feasible: np.ndarray) -> None:
        data, known = self.columns[name]
        array = exact_array(value, feasible)
        data = data.astype(array.dtype, copy=False) if array.dtype == object else data
        data[where] = array
        known[where] = feasible
        self.columns[name] = Column(data, known)


def exact_array(value: Any, where: Any = np.True_) -> np.ndarray:
    """A number or values as int64, or as Python numbers if some do not fit or are not whole; 0 outside ``where``."""
    n, d = lift(value).n, lift(value).d
    wide = d > MOST or (abs(n) > MOST if isinstance(n, int) else n.dtype == object)
    array = np.array(n, object if wide else np.int64, ndmin=1)
    whole = not (where & (array % d != 0)).any()
    array = array // d if whole else np.frompyfunc(lambda item: number(item, d), 1, 1)(array)
    array = np.where(where, array, 0)
    fits = array.dtype == object and all(isinstance(item, int) and abs(item) <= MOST for item in array.flat)
    return array.astype(np.int64) if fits else array
