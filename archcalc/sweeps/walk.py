"""A network expanded over arrays; points of the grid that cannot be built are marked with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from archcalc.argument import Need
from archcalc.engine.fitting import LARGEST, Fitter
from archcalc.engine.graph import Graph
from archcalc.engine.induction import Step
from archcalc.engine.ledger import Enough, Ledger, Site
from archcalc.engine.lookup import Run
from archcalc.engine.unfold import Unfolder
from archcalc.errors import Place, Refusal
from archcalc.kind import Kind
from archcalc.language.spec import Item, Spec
from archcalc.language.terms import Expression
from archcalc.shape import Shape
from archcalc.sweeps.depth import Copies, Places, depth
from archcalc.sweeps.values import SHOWN, Mask, Split, Values, fractions
from archcalc.value import show

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
        columns = [self._column(self.quoted[token], places) for token in tokens]
        found: dict[tuple[Any, ...], int] = {}
        points = zip(*columns, strict=True) if columns else iter([()] * int(places.sum()))
        which = np.fromiter((found.setdefault(point, len(found)) for point in points), np.int32)
        return [self._filled(dict(zip(tokens, point, strict=True))) for point in found], which

    def _column(self, values: Any, places: np.ndarray) -> list[Any]:
        return list(np.broadcast_to(fractions(values), places.shape)[places])

    def _filled(self, point: Mapping[str, Any]) -> str:
        def word(match: re.Match[str]) -> str:
            value, spec = point[match[0]], match[0][:-1].partition(":")[2]
            return format(value.numerator, spec) if spec and value.denominator == 1 else show(value)

        return TOKEN.sub(word, self.text)


class SweepLedger(Ledger):
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

    def take(self, other: Ledger) -> None:
        assert isinstance(other, SweepLedger)
        self.failures += other.failures
        self.open += other.open

    def note(self, at: np.ndarray | bool, message: str, site: Site | None) -> None:
        text = message if site is None or message.startswith(f"{site.name} ") else f"{site.name}: {message}"
        quoted = {token: SHOWN.__dict__[token] for token in TOKEN.findall(text)}
        self.failures.append(Failure(at, text, quoted))


class SweepFitter(Fitter):
    """Also limits sizes, which the engine does for plain numbers only."""

    ledger: SweepLedger

    def input(self, shape: Shape) -> Shape:
        for needed, message in bounded(shape, "input: its shape would be"):
            self.ledger.note(True if needed is False else (~needed).array, message, None)
        return shape

    def shape(self, layer: Kind, shapes: tuple[Shape, ...], site: Site) -> Shape | None:
        shape = super().shape(layer, shapes, site)
        if shape is not None:
            self.ledger.meets(bounded(shape, "its output would be"), site)
        return shape


class SweepUnfolder(Unfolder):
    """The walk with that ledger; ``whole`` if only the whole network is asked for, not single copies."""

    def __init__(self, spec: Spec, knobs: dict[str, Any], whole: bool) -> None:
        super().__init__(spec, knobs)
        self.ledger: SweepLedger = SweepLedger(knobs)
        self.fitter = SweepFitter(self.ledger)
        shapes = [value.n.shape for value in knobs.values() if isinstance(value, Values)]
        self.whole, self.places = whole, Places(np.broadcast_shapes(*shapes))

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        value = super().length(repeat, environment)
        return depth(value, self.places) if self.whole else value

    def fork(self, copies: Copies) -> SweepUnfolder:
        other = super().fork(copies)
        assert isinstance(other, SweepUnfolder)
        other.ledger.trial, other.places = True, copies.places
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
    unfolder = SweepUnfolder(spec, {name: knobs.get(name, knob.default) for name, knob in spec.given.items()}, whole)
    SHOWN.__dict__.clear()
    try:
        return unfolder.graph(), unfolder.ledger.failures
    except Hopeless:
        return None, unfolder.ledger.failures
    finally:
        SHOWN.__dict__.clear()


def bounded(shape: Shape, what: str) -> Iterator[Need]:
    """The conditions that limit sizes of arrays, like those of plain numbers."""
    for size in shape:
        if isinstance(size, Values) and (fits := size <= LARGEST) is not True:
            yield fits, f"{what} larger than {LARGEST:,} on one axis"
