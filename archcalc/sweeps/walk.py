"""A repetition whose length differs along a grid: all its copies are evaluated at once, along an axis of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np

from archcalc.core.errors import Place, Refusal
from archcalc.core.layer import Kind, Need
from archcalc.core.number import equal, select
from archcalc.core.shape import Shape
from archcalc.core.value import show
from archcalc.graph.diagnostics import Diagnostics, Enough, Site
from archcalc.graph.evaluation import LARGEST, Fitter
from archcalc.graph.expand import MOST_LAYERS, Expander
from archcalc.graph.graph import Graph
from archcalc.graph.induction import Step
from archcalc.spec.model import Item, Spec
from archcalc.spec.names import Run
from archcalc.spec.syntax import Expression
from archcalc.sweeps.chunks import LARGEST as PIECE
from archcalc.sweeps.values import SHOWN, Mask, Split, Values, fractions, made, placed


class Places(NamedTuple):
    """The axes of arrays: those of the grid, and before them one for each repetition evaluated at once."""

    shape: tuple[int, ...]  # of the grid
    copies: tuple[int, ...] = ()  # of each repetition, from the outermost on

    @property
    def full(self) -> tuple[int, ...]:
        """The shape of an array that extends along all of them."""
        return (*reversed(self.copies), *self.shape)

    @property
    def axes(self) -> int:
        """How many there are."""
        return len(self.full)

    def within(self, most: int) -> Places:
        """The axes inside a repetition of at most this many copies. Raises Split if an array could become too large."""
        if (number := math.prod(self.copies) * most) > MOST_LAYERS:
            raise Refusal("more copies than a network can have")
        if (parts := -(-number * math.prod(self.shape) // PIECE)) > 1:
            longest = max(self.shape)
            labels = np.arange(longest) * min(parts, longest) // longest
            raise Split(placed(labels, self.shape.index(longest), len(self.shape)))
        return self._replace(copies=(*self.copies, most))


class Copies(NamedTuple):
    """The copies of a repetition from ``first`` to ``last``; at some points of the grid there may be none."""

    first: int
    last: Values
    before: Any  # how many entries above the repetition have the same name
    places: Places  # the axes inside the copies

    @property
    def index(self) -> Any:
        """The numbers of the copies, along the first axis of their arrays."""
        numbers = np.arange(self.first, self.first + self.most)
        return made(placed(numbers, 0, self.places.axes), 1, self.first, self.first + self.most - 1)

    @property
    def name(self) -> str:
        """The suffix of the copies' names: the number of each."""
        return str(self.before + self.index)

    @property
    def count(self) -> Any:
        """The number of copies."""
        return self.last - self.first + 1

    @property
    def done(self) -> Any:
        """How many copies come before each copy."""
        return self.index - self.first

    @property
    def most(self) -> int:
        """The maximum number of copies over the grid."""
        return self.places.copies[-1]

    def rise(self, before: Any, after: Any) -> Any:
        """The increase of a size from before the first copy to after it."""
        rise = self.of(after, 0) - before
        return 0 if (rise == 0) is True else rise

    def sum(self, x: Any) -> Any:
        """The sum of x over all copies."""
        if self._axis(x) > 1:
            return select(self.index <= self.last, x, 0).sum()
        return x if isinstance(x, int) and x == 0 else self.count * self.of(x, 0)

    def last_of(self, x: Any) -> Any:
        """The value of x for the last copy."""
        return self.sum(select(equal(self.index, self.last), x, 0)) if self._axis(x) > 1 else self.of(x, 0)

    def of(self, x: Any, place: int) -> Any:
        """The value of x for the copy at that position, counted from 0."""
        axis = self._axis(x)
        return x.slice(min(place, axis - 1)) if axis else x

    def _axis(self, x: Any) -> int:
        """The length of x along the axis of the copies; 0 if it has no such axis."""
        return len(x.n) if isinstance(x, Values) and np.ndim(x.n) == self.places.axes else 0


class Depth:
    """The number of repetitions, as an array over the grid."""

    def __init__(self, times: Values, places: Places) -> None:
        self.times, self.places = times, places

    def __sub__(self, other: int) -> Any:
        return self.times - other

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """The copies from number ``first`` on, without the last ``after`` ones. Raises Refusal or Split."""
        last = self.times - after
        return Copies(first, last, before, self.places.within(max(1, int(last.high) - first + 1)))

    def reaches(self, number: int) -> bool:
        """Whether there are at least ``number`` repetitions. Raises Split if only at some points."""
        return bool(self.times >= number)

    def refuse(self, why: str) -> NoReturn:
        """Evaluate each length separately. Raises Split."""
        raise Split(self.times.n)


def depth(value: Any, places: Places) -> Any:
    """A Depth if the value is an array of several whole numbers from 0 up, else the value unchanged."""
    whole = isinstance(value, Values) and value.d == 1 and not value.fractional
    tight = value.tight() if whole else value
    return Depth(tight, places) if whole and 0 <= tight.low < tight.high else value


TOKEN = re.compile("(\ue000\\d+:[^\ue000\ue001]*\ue001)")


class Hopeless(Exception):
    """No point of the grid can be built."""


class Failure(NamedTuple):
    """An error at some points; its message quotes each point's own numbers."""

    at: np.ndarray | bool
    text: str
    quoted: dict[str, Any]

    def of(self, copies: Copies) -> Iterator[tuple[int, Failure]]:
        """An error in copies, split by copy: for each, its own text at the points where it is the first to fail."""
        there = copies.index <= copies.last
        at = np.broadcast_to(self.at & (there.array if isinstance(there, Mask) else there), copies.places.full)
        first = np.where(at.any(axis=0), at.argmax(axis=0), -1)
        for i in np.unique(first[first >= 0]).tolist():
            yield i, Failure(first == i, self.text, {token: copies.of(x, i) for token, x in self.quoted.items()})

    def messages(self, places: np.ndarray) -> tuple[list[str], np.ndarray]:
        """The distinct messages at these points, a mask over the whole grid, and the index of each point's message."""
        tokens = list(dict.fromkeys(TOKEN.findall(self.text)))
        columns = [np.broadcast_to(fractions(self.quoted[token]), places.shape)[places] for token in tokens]
        found: dict[tuple[Any, ...], int] = {}
        points = zip(*columns, strict=True) if columns else iter([()] * int(places.sum()))
        which = np.fromiter((found.setdefault(point, len(found)) for point in points), np.int32)
        return [self._filled(dict(zip(tokens, point, strict=True))) for point in found], which

    def _filled(self, point: Mapping[str, Any]) -> str:
        def word(match: re.Match[str]) -> str:
            value, spec = point[match[0]], match[0][:-1].partition(":")[2]
            return format(value.numerator, spec) if spec and value.denominator == 1 else show(value)

        return TOKEN.sub(word, self.text)


class SweepDiagnostics(Diagnostics):
    """Records where something is wrong, and continues with the other points."""

    def __init__(self, knobs: Mapping[str, Any]) -> None:
        super().__init__(knobs)
        self.failures: list[Failure] = []
        self.trial = False  # whether an error at every point ends only the walk of a copy
        self.open: list[Copies] = []  # the repetitions so far whose length differs

    def meets(self, needs: Iterable[Need], site: Site, place: Place | None = None) -> bool:
        for needed, message in needs:
            if isinstance(needed, Mask):
                self.note((~needed).array, message, site)
            elif not needed:
                self.refuse(Refusal(message), site.item.place, site)
        return True

    def refuse(self, refusal: Refusal, place: Place, site: Site | None = None) -> None:
        if self.trial:
            super().refuse(refusal, place, site)
            raise Enough
        if self.open:  # it may be about one of the copies
            raise Split(self.open[-1].last.n)
        self.note(True, str(refusal), site)
        raise Hopeless

    def holds_for(self, copies: Copies) -> None:
        """An error in a copy counts only at points that have this copy; the first failing copy gives the message."""
        found = [part for failure in self.failures for part in failure.of(copies)]
        self.failures[:] = [failure for _, failure in sorted(found, key=lambda part: part[0])]
        self.open.append(copies)

    def take(self, other: Diagnostics) -> None:
        assert isinstance(other, SweepDiagnostics)
        self.failures += other.failures
        self.open += other.open

    def note(self, at: np.ndarray | bool, message: str, site: Site | None) -> None:
        text = message if site is None or message.startswith(f"{site.name} ") else f"{site.name}: {message}"
        quoted = {token: SHOWN.__dict__[token] for token in TOKEN.findall(text)}
        self.failures.append(Failure(at, text, quoted))


class SweepFitter(Fitter):
    """Also limits sizes, which the engine does for plain numbers only."""

    diagnostics: SweepDiagnostics

    def input(self, shape: Shape) -> Shape:
        for needed, message in bounded(shape, "input: its shape would be"):
            self.diagnostics.note(True if needed is False else (~needed).array, message, None)
        return shape

    def shape(self, layer: Kind, shapes: tuple[Shape, ...], site: Site) -> Shape | None:
        shape = super().shape(layer, shapes, site)
        if shape is not None:
            self.diagnostics.meets(bounded(shape, "its output would be"), site)
        return shape


class SweepExpander(Expander):
    """The walk with that diagnostics; ``whole`` if only the whole network is asked for, not single copies."""

    def __init__(self, spec: Spec, knobs: dict[str, Any], whole: bool) -> None:
        super().__init__(spec, knobs)
        self.diagnostics: SweepDiagnostics = SweepDiagnostics(knobs)
        self.fitter = SweepFitter(self.diagnostics)
        shapes = [value.n.shape for value in knobs.values() if isinstance(value, Values)]
        self.whole, self.places = whole, Places(np.broadcast_shapes(*shapes))

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        value = super().length(repeat, environment)
        return depth(value, self.places) if self.whole else value

    def fork(self, copies: Copies) -> SweepExpander:
        other = super().fork(copies)
        assert isinstance(other, SweepExpander)
        other.diagnostics.trial, other.places = True, copies.places
        return other

    def step(self, item: Item, copies: Copies, run: Run, back: int) -> Step:
        try:
            return super().step(item, copies, run, back)
        except Split as split:
            raise split.outside(copies.places.axes) from None


def walk(spec: Spec, knobs: Mapping[str, Any], whole: bool = False) -> tuple[Graph | None, list[Failure]]:
    """The graph over arrays, or None if no point can be built; and the failures in the order in which they occur.

    For the ``whole`` network, layers that repeat more or less often along the grid are in it once. Raises Split if
    the structure, or a decision during the walk, differs in another way.
    """
    expander = SweepExpander(spec, {name: knobs.get(name, knob.default) for name, knob in spec.given.items()}, whole)
    SHOWN.__dict__.clear()
    try:
        return expander.graph(), expander.diagnostics.failures
    except Hopeless:
        return None, expander.diagnostics.failures
    finally:
        SHOWN.__dict__.clear()


def bounded(shape: Shape, what: str) -> Iterator[Need]:
    """The conditions that limit sizes of arrays, like those of plain numbers."""
    for size in shape:
        if isinstance(size, Values) and (fits := size <= LARGEST) is not True:
            yield fits, f"{what} larger than {LARGEST:,} on one axis"
