"""A box of the grid -> every quantity at every point of it, and what is wrong where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archcalc.address import Address
from archcalc.engine.graph import Graph
from archcalc.errors import ArchcalcError
from archcalc.figures.rules import Quotient, Tally
from archcalc.language.spec import Spec
from archcalc.quantity import KNOB, Quantity
from archcalc.report import report_of
from archcalc.sweeps.plans import MOST
from archcalc.sweeps.ranges import Axis, Span, has_words
from archcalc.sweeps.values import Split, along, lift, number, stepped
from archcalc.sweeps.walk import Failure, walk

Box = tuple[np.ndarray, ...]  # for each axis, the positions of the values that belong to it


class Grid(NamedTuple):
    """Every combination of these values."""

    axes: dict[str, Axis]

    def numbers(self, box: Box) -> dict[str, Any]:
        """The knobs over a box, each along its own axis."""
        placed = enumerate(zip(self.axes.items(), box, strict=True))
        return {name: numbers(axis, where, i, len(box)) for i, ((name, axis), where) in placed}


def numbers(axis: Axis, where: np.ndarray, i: int, axes: int) -> Any:
    """The values at these places, along one axis of the grid; a plain number where there is but one."""
    if len(where) == 1:
        return axis[int(where[0])]
    if isinstance(axis, Span):
        return stepped(axis.start, axis.step, where, i, axes)
    return along([axis[int(position)] for position in where], i, axes)


class Column(NamedTuple):
    """A quantity at every point, exactly: int64, or Python's own numbers if that is too small or not all are whole."""

    data: np.ndarray
    known: np.ndarray  # False where the point cannot be built, or a layer's work is not known


class Chunk(NamedTuple):
    """A box, evaluated."""

    box: Box
    columns: dict[str, Column]
    why: np.ndarray  # for each point, which of the reasons below it cannot be built for; -1: it can
    reasons: tuple[str, ...]

    @property
    def feasible(self) -> np.ndarray:
        return self.why < 0


def evaluate(
    spec: Spec,
    grid: Grid,
    box: Box,
    quantities: Mapping[str, Address],
    advance: Callable[[int], None] | None = None,
    at: Sequence[int] | None = None,
) -> Chunk:
    """Walk the network over the box, or over each part of it that has a structure of its own.

    ``advance`` is told how many points each part had. Of a place ``at``, only the part that it lies in is walked.
    """
    shape = tuple(map(len, box))
    canvas = Canvas(shape, quantities)
    waiting: list[Box] = [tuple(np.arange(n) for n in shape)]
    while waiting:
        places = waiting.pop()
        part = tuple(where[i] for where, i in zip(box, places, strict=True))
        try:
            _split_apart(
                grid, part, any(term.quantity.entry.measured for one in quantities.values() for term in one.terms)
            )
            failures, found = measure(spec, grid.numbers(part), quantities)
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
    """What is wrong, and the quantities, None of those that are not known. Raises Split."""
    graph, failures = walk(spec, knobs, all(_adds(term.quantity) for one in quantities.values() for term in one.terms))
    if graph is None:
        return failures, {}
    report = report_of(graph, spec)
    found = {}
    for name, quantity in quantities.items():
        try:
            found[name] = quantity.of(report)
        except (ArchcalcError, ZeroDivisionError):  # no such layer at this depth; a share of nothing
            found[name] = None
    if None in found.values():
        _certain(graph)
    return failures, found


def _adds(quantity: Quantity) -> bool:
    """Whether it is of all layers together, or of none."""
    whole = not quantity.path and not quantity.kind and isinstance(quantity.entry.rule, (Tally, Quotient))
    return whole or quantity.path == "input" or quantity.entry is KNOB


def _certain(graph: Graph) -> None:
    """Raises Split where there are layers, perhaps with something unknown, at some points alone."""
    for node in graph.nodes:
        if any((copies.count >= 1) is not True for copies in node.copies):
            raise Split(node.copies[-1].last.n)


def _split_apart(grid: Grid, box: Box, alone: bool) -> None:
    """Words are no arrays: each has a walk of its own; what was measured is known of each point ``alone``."""
    for i, (axis, where) in enumerate(zip(grid.axes.values(), box, strict=True)):
        if len(where) > 1 and (alone or has_words(axis)):
            raise Split(np.arange(len(where)).reshape([-1 if i == k else 1 for k in range(len(box))]))


def parts(box: Box, labels: np.ndarray) -> Iterator[Box]:
    """The box cut along one axis, so that the labels change between the parts as far as one axis can tell."""
    cuts = [_groups(labels, i) for i in range(labels.ndim)]
    axis = min((i for i, groups in enumerate(cuts) if len(groups) > 1), key=lambda i: len(cuts[i]))
    for group in cuts[axis]:
        yield tuple(where[group] if i == axis else where for i, where in enumerate(box))


def _holds(box: Box, at: Sequence[int]) -> bool:
    return all(i in where for where, i in zip(box, at, strict=True))


def _groups(labels: np.ndarray, axis: int) -> list[list[int]]:
    """The places along an axis, those together at which the labels are the same all across."""
    groups: dict[Any, list[int]] = {}
    for i, slab in enumerate(np.moveaxis(labels, axis, 0)):
        key = tuple(slab.flat) if labels.dtype == object else slab.tobytes()
        groups.setdefault(key, []).append(i)
    return list(groups.values())


class Canvas:
    """The arrays that a box's parts are put into."""

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
        """For each point the first thing that is wrong."""
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
    """A number or values as int64, or as Python's own where that is too small or one is not whole; 0 elsewhere."""
    n, d = lift(value).n, lift(value).d
    wide = d > MOST or (abs(n) > MOST if isinstance(n, int) else n.dtype == object)
    array = np.array(n, object if wide else np.int64, ndmin=1)
    whole = not (where & (array % d != 0)).any()
    array = array // d if whole else np.frompyfunc(lambda item: number(item, d), 1, 1)(array)
    array = np.where(where, array, 0)
    fits = array.dtype == object and all(isinstance(item, int) and abs(item) <= MOST for item in array.flat)
    return array.astype(np.int64) if fits else array
