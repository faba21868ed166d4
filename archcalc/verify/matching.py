"""The differences between the layers of a network and those of a module, which are matched by how they are connected.

So it does not matter in which order either lists its branches, and a layer that is added or changed is a difference of
that layer, not of all that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.core.errors import listing
from archcalc.core.shape import describe
from archcalc.verify.lines import INPUT, Line, features, places, tangled, trails

SAY: dict[str, Callable[[Any], str]] = {  # the name and the format of each figure of a line, in order
    "output": describe,
    "params": "{:,}".format,
    "mult-adds": "{:,}".format,
}


@dataclass(frozen=True)
class Side:
    """The layers that multiply, of a network or of a module."""

    names: Sequence[str]
    lines: Sequence[Line]

    @cached_property
    def sources(self) -> list[frozenset[int]]:
        """The layers from which each has its input, by their places."""
        return places(self.lines)

    @cached_property
    def figures(self) -> list[tuple[Any, ...]]:
        """What SAY names, of each layer."""
        return [line[: len(SAY)] for line in self.lines]

    def of(self, place: int) -> str:
        """The name of a layer."""
        return "the input" if place == INPUT else self.names[place]


class Compared(NamedTuple):
    """What came of a comparison."""

    differences: tuple[str, ...]
    unknown: tuple[str, ...]  # layers whose mult-adds are not known, and so not compared


def compare(ours: Side, theirs: Side) -> Compared:
    """The differences; if there are fewer, those behind layers of unknown work that the other side may not have."""
    ours, theirs = (replace(side, lines=[*map(features, side.lines)]) for side in (ours, theirs))
    pairs = matched(ours, theirs)
    found = _compared(ours, theirs, pairs)
    both = {place for place in _unknown(ours) if pairs.get(place) in _unknown(theirs)}
    own, other = _unknown(ours) - both, _unknown(theirs) - {pairs[place] for place in both}
    if not found.differences or not (own or other):
        return found
    mine, its = without(ours, own), without(theirs, other)
    through = _compared(mine, its, matched(mine, its))
    odd = (*map(ours.of, sorted(own)), *map(theirs.of, sorted(other)))
    return min(found, through._replace(unknown=(*through.unknown, *odd)), key=lambda one: len(one.differences))


def _compared(ours: Side, theirs: Side, pairs: dict[int, int]) -> Compared:
    unknown = [place for place in sorted(pairs) if place in _unknown(ours) or pairs[place] in _unknown(theirs)]
    return Compared(tuple(Matching(ours, theirs, pairs).differences()), tuple(map(ours.of, unknown)))


def _unknown(side: Side) -> set[int]:
    """The layers of unknown work."""
    return {place for place, line in enumerate(side.lines) if line.mult_adds is None}


def without(side: Side, left: Collection[int]) -> Side:
    """The side without these layers, each of which passes its inputs on."""
    given = {INPUT: frozenset({INPUT})}
    names: list[str] = []
    lines: list[Line] = []
    for place, sources in enumerate(side.sources):
        given[place] = frozenset[int]().union(*(given[source] for source in sources))
        if place not in left:
            above = sorted(0 if source == INPUT else len(lines) - source for source in given[place])
            given[place] = frozenset({len(lines)})
            names.append(side.names[place])
            lines.append(side.lines[place]._replace(sources=tuple(above)))
    return Side(names, lines)


def matched(ours: Side, theirs: Side) -> dict[int, int]:
    """Which layer of theirs each of ours is, by the first of the WAYS in which two are alike."""
    pairs = {INPUT: INPUT}
    mine, others = ours.sources, theirs.sources
    for way, enough in WAYS:
        if len(pairs) > min(len(mine), len(others)):
            break
        waiting: dict[Hashable, list[int]] = {}
        taken = {*pairs.values()}
        for place, key in enumerate(way(theirs)):
            if place not in taken:
                waiting.setdefault(key, []).append(place)
        keys = way(ours)
        for loosely in (False, True) if enough else (False,):
            for place, key in enumerate(keys):
                free = [] if place in pairs else waiting.get(key, [])
                sources = {pairs.get(source) for source in mine[place]}
                if found := [other for other in free if others[other] == sources] or free * loosely:
                    pairs[place] = found[0]
                    free.remove(found[0])
    del pairs[INPUT]
    return pairs


Label = Callable[[Side], Sequence[Hashable]]


def _figures(side: Side) -> Sequence[Hashable]:
    return side.figures


def _params(side: Side) -> Sequence[Hashable]:
    return [line.params for line in side.lines]


def _nothing(side: Side) -> Sequence[Hashable]:
    return [None for _ in side.lines]


def _above(label: Label) -> Label:
    """The label of a layer and of all that leads to it."""
    return lambda side: trails(label(side), side.sources)


def _below(label: Label) -> Label:
    """The label of a layer and of all that it leads to."""

    def key(side: Side) -> list[int]:
        takers: list[set[int]] = [set() for _ in side.lines]
        for place, sources in enumerate(side.sources):
            for source in sources - {INPUT}:
                takers[source].add(place)
        return trails(label(side), [*map(frozenset, takers)])

    return key


def _around(label: Label) -> Label:
    return lambda side: [*zip(_above(label)(side), _below(label)(side), strict=True)]


# what is alike, the surest first, and whether that is enough where the inputs are others
WAYS: tuple[tuple[Label, bool], ...] = (
    *((reach(label), True) for label in (_figures, _params) for reach in (_around, _above, _below)),
    (_params, False),
    (_nothing, False),
    (_params, True),
)


class Matching(NamedTuple):
    """Both sides, and which layer of theirs each of ours is."""

    ours: Side
    theirs: Side
    pairs: dict[int, int]

    def differences(self) -> Iterator[str]:
        """The differences, in words; those of layers whose inputs have another size already come last."""
        ours, theirs, pairs = self
        if tangled(ours.lines) == tangled(theirs.lines):
            return
        for place in sorted({*range(len(theirs.lines))} - {*pairs.values()}):
            yield f"no layer for the module's {theirs.of(place)}: {self.described(place)}"
        resized = {place for place in pairs if ours.lines[place].output != theirs.lines[pairs[place]].output}
        for place in sorted(range(len(ours.lines)), key=lambda place: not resized.isdisjoint(ours.sources[place])):
            if place not in pairs:
                yield f"{ours.of(place)}: the module has no such layer"
            elif parts := [*self.figures(place), *self.inputs(place)]:
                yield f"{ours.of(place)}: {'; '.join(parts)} (the module's {theirs.of(pairs[place])})"

    def figures(self, place: int) -> Iterator[str]:
        """The figures in which one of our layers differs."""
        mine, other = self.ours.figures[place], self.theirs.figures[self.pairs[place]]
        for (word, say), a, b in zip(SAY.items(), mine, other, strict=True):
            if a != b and None not in (a, b):
                yield f"{word}: formula {say(a)}, module {say(b)}"

    def inputs(self, place: int) -> Iterator[str]:
        """What only one of two layers has its input from; theirs by our names, where there are such."""
        ours, theirs, pairs = self.ours, self.theirs, {INPUT: INPUT, **self.pairs}
        mine, others = ours.sources[place], theirs.sources[pairs[place]]
        only = sorted(each for each in mine if pairs.get(each) not in others)
        rest = sorted(others - {pairs.get(each) for each in mine})
        if only or rest:
            names = {other: ours.of(own) for own, other in pairs.items()}
            its = [names.get(each, theirs.of(each)) for each in rest]
            yield f"inputs from: formula {_or_nothing([*map(ours.of, only)])}, module {_or_nothing(its)}"

    def described(self, place: int) -> str:
        """A layer of theirs, in words."""
        said = zip(SAY.items(), self.theirs.figures[place], strict=True)
        figures = [f"{word} {say(value)}" for (word, say), value in said if value is not None]
        sources = listing(map(self.theirs.of, sorted(self.theirs.sources[place])))
        return ", ".join([*figures, f"inputs from {sources}"])


def _or_nothing(names: Sequence[str]) -> str:
    return listing(names) if names else "nothing else"
