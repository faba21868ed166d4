"""The largest or smallest knobs that meet a budget.

Nothing is assumed about how a cost depends on a knob: every step of the range is computed exactly, by arrays. The
answer and its neighbours are then counted again, one by one, by the engine over plain integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.address import address
from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.solving.constraint import Constraint, read_constraints
from archcalc.solving.free import axis_of, described
from archcalc.solving.misses import infeasible
from archcalc.solving.search import Found, Search, Want
from archcalc.sweeps.ranges import has_words

if TYPE_CHECKING:
    from archcalc.model import Model
    from archcalc.sweeps.sweep import Advance


class Solution(NamedTuple):
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


def task(network: Model, free: Mapping[str, Any], where: Sequence[str], want: str = "", **fixed: Any) -> Task:
    """The search for the best free knobs (name -> range, or None for all allowed values). Raises ArchcalcError."""
    limits = read_constraints(where)
    if not free:
        raise ArchcalcError(
            f"{network.name}: nothing is free; name a knob, as in --free alpha (its knobs: {listing(network.knobs)})"
        )
    knobs = {name: network.accept(name, value) for name, value in fixed.items()}
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
        raise ArchcalcError(
            f"{text!r}: an objective starts with 'largest' or 'smallest'{suggest(word, ('largest', 'smallest'))}"
        )
    large = word == "largest" if word else any(limit.relation in ("<=", "<", "==") for limit in limits)
    usual = free[0] if len(free) == 1 else str(limits[0].quantity)
    name = name.strip() or usual
    return Want(name if name in free else str(address(name)), large)
