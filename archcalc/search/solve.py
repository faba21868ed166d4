"""The best combination that meets the constraints, or the message where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archcalc.address import address
from archcalc.core.errors import ArchcalcError, listing, suggest
from archcalc.core.value import show
from archcalc.model import Model
from archcalc.output.shown import Shown
from archcalc.output.table import EXACT
from archcalc.search.constraint import Constraint, read_constraints
from archcalc.search.search import Found, Search, Want, axis_of, described
from archcalc.sweeps.ranges import has_words
from archcalc.sweeps.sweep import Advance

if TYPE_CHECKING:
    from archcalc.output.table import Table

CLOSE = 1e-9  # relative to the bound


def infeasible(search: Search) -> ArchcalcError:
    """Why no point meets the constraints: those that no point meets alone, and the nearest point."""
    names = list(dict.fromkeys(str(limit.quantity) for limit in search.limits))
    built = ~np.logical_or.reduce([np.ma.getmaskarray(search.columns[name]) for name in names])
    ranges = listing(f"{name} = {described(axis)}" for name, axis in search.axes.items())
    if not built.any():
        if all(reasons := [*search.columns["why"].flat]):
            return ArchcalcError(f"{search.network.name}: no network at {ranges}: {reasons[0]}")
        unknown = listing(name for name in names if search.columns[name].mask.any())
        return ArchcalcError(f"{search.network.name}: {unknown} is not known at {ranges}")
    alone = [limit.text for limit in search.limits if not search.meets(limit).any()]
    together = f"{listing(limit.text for limit in search.limits)} together"
    what = f"no point meets {listing(alone) if alone else together}"
    near = search.found(np.unravel_index(_nearest(search, built), search.shape))  # type: ignore[arg-type]
    figures = listing(f"{name} = {EXACT.text(near.figures[name])}" for name in names)
    knobs = listing(f"{name} = {show(value)}" for name, value in near.knobs.items())
    return ArchcalcError(f"{search.network.name}: {what}, of {ranges}; the nearest is {knobs}, with {figures}")


def _nearest(search: Search, built: Any) -> int:
    """The point with the smallest violation: by floats, and exactly among those that are nearly equal in floats."""
    values = [(limit, search.columns[str(limit.quantity)].data) for limit in search.limits]
    off = np.maximum.reduce([limit.excess(data.astype(float), float) for limit, data in values])
    off = np.where(built, off, np.inf).reshape(-1)
    close = np.flatnonzero(off <= off.min() * (1 + CLOSE) + CLOSE)
    figures = list(zip(*(data.reshape(-1)[close].tolist() for _, data in values), strict=True))
    exact = {each: max(limit.excess(value) for limit, value in zip(search.limits, each, strict=True))
             for each in dict.fromkeys(figures)}  # fmt: skip
    return int(close[min(range(len(close)), key=lambda i: exact[figures[i]])])


@dataclass(frozen=True, repr=False)
class Solution(Shown):
    """The answer, and the points one step beyond it."""

    network: Model
    constraints: tuple[Constraint, ...]
    want: Want
    search: Search
    best: Found
    beyond: tuple[Found, ...]  # one step beyond the answer, for each free knob
    meeting: int  # the number of points that meet the constraints

    def curve(self, rows: int = 12) -> list[Found]:
        """The iso-cost curve: for values of the first knob, the extreme second one within the constraints."""
        return self.search.curve(self.want.large, rows)

    def tables(self) -> Sequence[Table]:
        """The answer and the next steps; for two knobs, the iso-cost curve too."""
        from archcalc.search.tables import curve_table, solution_table

        answer = [solution_table(self)]
        return [*answer, curve_table(self)] if len(self.search.axes) == 2 else answer


class Task(NamedTuple):
    """A search and its objective, before anything is computed."""

    search: Search
    want: Want

    def solution(self, advance: Advance | None = None) -> Solution:
        """The best point, with its neighbours. Raises ArchcalcError where none meets the constraints."""
        search, want = self
        search.evaluate(advance)
        if not search.met.any():
            raise infeasible(search)
        place = search.best(want)
        beyond = tuple(search.beyond(place, want.large))
        return Solution(search.network, search.limits, want, search, search.found(place), beyond, int(search.met.sum()))


def task(network: Model, free: Mapping[str, Any], where: Sequence[str], want: str = "", **knobs: Any) -> Task:
    """The search for the best free knobs (name -> range, or None for all allowed values). Raises ArchcalcError.

    The other ``knobs`` have accepted values.
    """
    limits = read_constraints(where)
    if not free:
        how = f"name a knob, as in --free alpha (its knobs: {listing(network.knobs)})"
        raise ArchcalcError(f"{network.name}: nothing is free; {how}")
    for name in free:
        if name not in network.knobs:
            network.accept(name, 0)  # raises, with the knobs that there are
        if name in knobs:
            raise ArchcalcError(f"{network.name}: {name} is both free and set to a value")
    wanted = _want(want, list(free), limits)
    axes = {name: axis_of(network, name, values, limits, knobs) for name, values in free.items()}
    if wanted.name in axes and has_words(axes[wanted.name]):
        raise ArchcalcError(f"{wanted}: {wanted.name} is one of {described(axes[wanted.name])}, which have no order")
    return Task(Search(network, axes, knobs, limits, [] if wanted.name in axes else [wanted.name]), wanted)


def _want(text: str, free: list[str], limits: Sequence[Constraint]) -> Want:
    """The objective: by default the only free knob, or for several free knobs the quantity of the first constraint."""
    word, _, name = text.strip().partition(" ")
    if word and word not in ("largest", "smallest"):
        near = suggest(word, ("largest", "smallest"))
        raise ArchcalcError(f"{text!r}: an objective starts with 'largest' or 'smallest'{near}")
    large = word == "largest" if word else any(limit.relation in ("<=", "<", "==") for limit in limits)
    usual = free[0] if len(free) == 1 else str(limits[0].quantity)
    name = name.strip() or usual
    return Want(name if name in free else str(address(name)), large)
