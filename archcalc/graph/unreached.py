"""Finds what no network of a file uses: names that nothing reads, and mistakes in blocks that nothing calls.

Such a block is walked on inputs of unknown size. A mistake that is found then would be a mistake in every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any

from archcalc.core.errors import Problem, Refusal
from archcalc.core.layer import Kind, build
from archcalc.core.number import OwnCondition, OwnNumber
from archcalc.graph.diagnostics import Diagnostics, Enough, Site
from archcalc.graph.evaluation import Arguments, Fitter, evaluate
from archcalc.graph.expand import MOST_LAYERS, Expander, Items
from archcalc.graph.graph import Node
from archcalc.spec.model import INDEX, Block, Item, Part, Spec, blocks_used, names_read, read_in
from archcalc.spec.names import Run, Spans

AXES = (3, 1, 2, 4)  # of an input: a map, features ...
MOST_INPUTS = 3  # of a block that is tried, since each input is tried with each number of axes
MOST_TRIED = 20_000  # entries, in all blocks


def unreached(spec: Spec) -> Iterator[Problem]:
    """The names of a file that nothing uses, and the mistakes in its own blocks that nothing calls."""
    members = [spec.variant(name) for name in spec.variants] or [spec]
    called = {key: block for member in members for key, block in blocks_used(member.layers).items()}
    parts, trial = [spec.part], Trial(members[0])
    for part in parts:
        parts += [used for used in part.used.values() if used.source is part.source]
        bodies = [([member.input], member.layers) for member in members] if part is spec.part else [([], ())]
        read = {name for sizes, layers in bodies for name in names_read(part, called.values(), sizes, layers)}
        yield from (_unused("knob", name, part) for name in {*part.given} - read)
        yield from (_unused("definition", name, part) for name in {*part.lets} - read)
        for block in [block for block in part.blocks.values() if block.home is part]:
            idle = {*block.parameters, *block.lets} - read_in(block)
            yield from (Problem(f"the block {block.name!r} does not use its {n!r}", block.place) for n in idle)
            if id(block) not in called:
                yield Problem(f"no network of this file uses the block {block.name!r}", block.place)
                yield from trial.problems(block)


def _unused(what: str, name: str, part: Part) -> Problem:
    return Problem(f"no network of this file uses the {what} {name!r}", part.places[name])


class Undecided(Exception):
    """Raised to end a walk where an unknown value decides how it goes on."""


class Unknown(OwnNumber, OwnCondition):
    """An unknown number or condition; everything computed from it is unknown too."""

    __slots__ = ()

    def _same(self, *_: Any) -> Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __floor__ = _same
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _same  # type: ignore[assignment]
    __and__ = __rand__ = __or__ = __ror__ = __invert__ = select = joined = _same
    minimum = maximum = share = compared = _same  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]  # two unknown values must not be cached as equal

    @property
    def settled(self) -> Any:
        """Its value where that decides which layers there are. Raises Undecided."""
        raise Undecided

    def __str__(self) -> str:
        return "?"


UNKNOWN = Unknown()


class Trial(Expander):
    """A walk of a block on unknown inputs, which ends where an unknown value decides how it goes on."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec, {name: knob.default for name, knob in spec.given.items()})
        self.steps = iter(range(MOST_TRIED))

    def problems(self, block: Block) -> list[Problem]:
        """The problems of a block, with the numbers of axes of its inputs that fit best; none if any numbers fit."""
        found, tried = [], not block.many and len(block.inputs) <= MOST_INPUTS
        for axes in product(AXES, repeat=len(block.inputs) or 1) if tried else ():
            self.try_on(block, axes)
            if not self.diagnostics.problems:
                return []
            found.append((len(self.diagnostics.problems), -len(self.nodes), [*self.diagnostics.problems.values()]))
        return min(found, key=lambda one: one[:2])[-1] if found else []

    def try_on(self, block: Block, axes: tuple[int, ...]) -> None:
        """Walk a block on inputs with these numbers of axes."""
        self.fitter = TrialFitter(Diagnostics(self.knobs))
        self.diagnostics, self.spans, self.depth, self.budget = self.fitter.diagnostics, Spans(), 0, MOST_LAYERS
        self.nodes = [Node("its input", None, (), (UNKNOWN,) * count, block.place) for count in axes]
        open_ = {name: UNKNOWN for name, default in block.parameters.items() if default is None}
        try:
            self.called(block, ((), open_), block.name, tuple(range(len(axes))))
        except Refusal as refusal:
            self.diagnostics.refuse(refusal, block.place)
        except (Enough, Undecided):
            pass

    def item(self, item: Item, run: Run, later: Items) -> None:
        """Walk an entry. If it is unknown whether it is left out, or how often it repeats, the walk ends after it."""
        if not self.open(item, run):
            return super().item(item, run, later)
        run.environment[INDEX], spans = UNKNOWN, self.spans.copy()
        self.once(item, run.copy())
        self.spans = spans
        self.walk(item.otherwise, run)
        raise Undecided

    def open(self, item: Item, run: Run) -> bool:
        """Whether it is unknown if an entry is left out, or how often it is repeated."""
        with suppress(Refusal):  # it is raised again when the entry is walked
            self.sources(item, run)
            if item.when and (stands := evaluate(item.when, run.environment)) is not True:
                return stands is UNKNOWN
            return item.repeat is not None and evaluate(item.repeat, run.environment) is UNKNOWN
        return False

    def once(self, item: Item, run: Run, name: str | None = None) -> None:
        if next(self.steps, None) is None:
            raise Enough
        super().once(item, run, name)


class TrialFitter(Fitter):
    """A fitter that reports no problem of an unknown value."""

    def layer(self, kind: type[Kind], arguments: Arguments, site: Site) -> Kind | None:
        layer, needs = build(kind, *arguments)
        known = {name: need for name, need in needs.items() if getattr(layer, name) is not UNKNOWN}
        fits = all(self.diagnostics.meets([need], site, site.argument(name)) for name, need in known.items())
        return layer if fits else None

    def node(self, kind: type[Kind], arguments: Arguments, site: Site) -> Node | None:
        try:
            return super().node(kind, arguments, site)
        except (TypeError, ValueError, LookupError, ArithmeticError):  # rules expect known lists and words
            return None
