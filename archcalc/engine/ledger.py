"""What a walk has found so far: problems, each with the shapes and values in play, and assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from archcalc.argument import Need
from archcalc.engine.graph import Assumption, Node
from archcalc.errors import Place, Problem, Refusal
from archcalc.language.expression import Function
from archcalc.language.spec import SHAPE_WORDS, Item
from archcalc.number import decide
from archcalc.shape import describe
from archcalc.value import brief

MOST_PROBLEMS = 100  # after which nobody reads on


class Site(NamedTuple):
    """Where a layer is about to stand: its full name, what the spec says of it, what it sees and is given."""

    name: str
    item: Item
    environment: Mapping[str, Any]
    position: int  # of the node it will be
    sources: tuple[int, ...]
    inputs: tuple[Node, ...]  # the nodes of those indices

    def symbols(self) -> dict[str, Any]:
        """The values that its own line reads, other than its input's sizes."""
        names = {name for value in (self.item.call.values if self.item.call else ()) for name, _ in value.names}
        seen = {name: self.environment[name] for name in sorted(names - {*SHAPE_WORDS}) if name in self.environment}
        return {name: value for name, value in seen.items() if not isinstance(value, Function)}

    def argument(self, name: str) -> Place:
        """Where the value of one of its arguments stands."""
        call, callee = self.item.call, self.item.callee
        if call and name in call.keywords:
            return call.keywords[name].place
        names = [parameter.name for parameter in getattr(callee, "parameters", ())]
        position = names.index(name) if name in names else len(names)
        return call.arguments[position].place if call and position < len(call.arguments) else self.item.place


class Enough(Exception):
    """Ends the walk: what follows would only take longer."""


class Ledger:
    """The list that every step of the walk writes to."""

    def __init__(self, knobs: Mapping[str, Any]) -> None:
        self.knobs = knobs
        self.problems: dict[Place, Problem] = {}  # the first at each place: a block is unfolded many times
        self.assumptions: list[Assumption] = []

    @property
    def noted(self) -> int:
        """How much has been written down."""
        return len(self.problems) + len(self.assumptions)

    def refuse(self, refusal: Refusal, place: Place, site: Site | None = None) -> None:
        """A problem, at the refusal's own place or else at this one."""
        if (refusal.place or place) not in self.problems:
            problem = refusal.at(place, self.context(site))
            if site and not problem.message.startswith(f"{site.name} "):
                problem = problem._replace(message=f"{site.name}: {problem.message}")
            self.problems[problem.place] = problem
            if len(self.problems) >= MOST_PROBLEMS:
                raise Enough

    def meets(self, needs: Iterable[Need], site: Site, place: Place | None = None) -> bool:
        """Whether nothing is known to be wrong; what cannot be known is assumed, and written down."""
        fine = True
        for needed, message in needs:
            known = needed if isinstance(needed, bool) else decide(needed)
            if known is None:
                self.assumptions.append(Assumption(site.name, needed, message))
            elif not known:
                self.refuse(Refusal(message), place or site.item.place, site)
                fine = False
        return fine

    def holds_for(self, copies: Any) -> None:
        """What was found in one copy is now said of all of them. Raises Refusal where that is not known."""
        found = [(one, copies.everywhere(one.condition)) for one in self.assumptions]
        self.assumptions[:] = [one._replace(condition=c) for one, conditions in found for c in conditions]

    def take(self, other: Ledger) -> None:
        """What another walk has found, too."""
        self.assumptions += other.assumptions

    def context(self, site: Site | None) -> str:
        """The shapes and values in play."""
        nodes = site.inputs if site else ()
        shapes = [f"{describe(node.shape)} from {node.name!r}" for node in nodes]
        values = {**(site.symbols() if site else {}), **self.knobs}
        shown = [f"{name} = {brief(value)}" for name, value in values.items()]
        given = [f"input {' and '.join(shapes)}"] * bool(shapes)
        return ", ".join(given + [f"with {', '.join(shown)}"] * bool(shown))
