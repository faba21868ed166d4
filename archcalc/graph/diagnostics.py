"""The problems that a walk has found, each with the shapes and values involved, and its assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Problem, Refusal
from archcalc.core.layer import Need
from archcalc.core.number import decide
from archcalc.core.shape import describe
from archcalc.core.value import brief
from archcalc.graph.graph import Assumption, Node
from archcalc.spec.expression import Function
from archcalc.spec.model import SHAPE_WORDS, Item

MOST_PROBLEMS = 100  # after which nobody reads on


class Site(NamedTuple):
    """The place of a layer that is about to be made: its full name, its entry in the spec, its symbols and inputs."""

    name: str
    item: Item
    environment: Mapping[str, Any]
    position: int  # the index that its node will have
    sources: tuple[int, ...]
    inputs: tuple[Node, ...]  # the nodes of those indices

    def symbols(self) -> dict[str, Any]:
        """The values of the symbols on its own line, other than the sizes of its input."""
        names = {name for value in (self.item.call.values if self.item.call else ()) for name, _ in value.names}
        seen = {name: self.environment[name] for name in sorted(names - {*SHAPE_WORDS}) if name in self.environment}
        return {name: value for name, value in seen.items() if not isinstance(value, Function)}

    def argument(self, name: str) -> Place:
        """The place of the value of one of its arguments."""
        call, callee = self.item.call, self.item.callee
        if call and name in call.keywords:
            return call.keywords[name].place
        names = [parameter.name for parameter in getattr(callee, "parameters", ())]
        position = names.index(name) if name in names else len(names)
        return call.arguments[position].place if call and position < len(call.arguments) else self.item.place


class Enough(Exception):
    """Raised to end the walk where going on would find nothing new."""


class Diagnostics:
    """The problems and assumptions of a walk."""

    def __init__(self, knobs: Mapping[str, Any]) -> None:
        self.knobs = knobs
        self.problems: dict[Place, Problem] = {}  # the first at each place: a block is expanded many times
        self.assumptions: list[Assumption] = []

    @property
    def noted(self) -> int:
        """The number of problems and assumptions so far."""
        return len(self.problems) + len(self.assumptions)

    def refuse(self, refusal: Refusal, place: Place, site: Site | None = None) -> None:
        """Add a problem, at the place of the refusal if it has one, else at this place."""
        if (refusal.place or place) not in self.problems:
            problem = refusal.at(place, self.context(site))
            if site and not problem.message.startswith(f"{site.name} "):
                problem = problem._replace(message=f"{site.name}: {problem.message}")
            self.problems[problem.place] = problem
            if len(self.problems) >= MOST_PROBLEMS:
                raise Enough

    def meets(self, needs: Iterable[Need], site: Site, place: Place | None = None) -> bool:
        """Whether no condition is known to be false; one that cannot be decided is added to the assumptions."""
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
        """Extend the assumptions of one copy to all copies. Raises Refusal where that cannot be done."""
        found = [(one, copies.everywhere(one.condition)) for one in self.assumptions]
        self.assumptions[:] = [one._replace(condition=c) for one, conditions in found for c in conditions]

    def take(self, other: Diagnostics) -> None:
        """Add what another walk has noted."""
        self.assumptions += other.assumptions

    def context(self, site: Site | None) -> str:
        """The shapes and values involved, for a message."""
        nodes = site.inputs if site else ()
        shapes = [f"{describe(node.shape)} from {node.name!r}" for node in nodes]
        values = {**(site.symbols() if site else {}), **self.knobs}
        shown = [f"{name} = {brief(value)}" for name, value in values.items()]
        given = [f"input {' and '.join(shapes)}"] * bool(shapes)
        return ", ".join(given + [f"with {', '.join(shown)}"] * bool(shown))
