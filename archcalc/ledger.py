"""What a walk has found so far: problems, each with the shapes and values in play, and assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.compiler import Expression
from archcalc.errors import Place, Problem, Refusal
from archcalc.graph import Assumption, Node
from archcalc.kind import Need
from archcalc.number import decide, plain
from archcalc.shape import describe
from archcalc.spec import show


class Ledger:
    """The list that every step of the walk writes to."""

    def __init__(self, knobs: Mapping[str, Any]) -> None:
        self.knobs = knobs
        self.problems: dict[Place, Problem] = {}  # the first at each place: a block is unfolded many times
        self.assumptions: list[Assumption] = []

    def refuse(self, refusal: Refusal, place: Place, inputs: Iterable[Node] = (), name: str = "") -> None:
        """A problem, at the stretch that the refusal names or else at the whole place."""
        problem = refusal.at(place, self.context(inputs))
        message = f"{name}: {problem.message}" if name else problem.message
        self.problems.setdefault(place, problem._replace(message=message))

    def meets(self, needs: Iterable[Need], name: str, place: Place, inputs: Iterable[Node] = ()) -> bool:
        """Whether nothing is known to be wrong; what cannot be known is assumed, and written down."""
        fine = True
        for condition, message in needs:
            known = condition if isinstance(condition, bool) else decide(condition)
            if known is None:
                self.assumptions.append(Assumption(name, condition, message))
            elif not known:
                self.refuse(Refusal(message), place, inputs, name)
                fine = False
        return fine

    def context(self, inputs: Iterable[Node]) -> str:
        """The shapes and knob values in play."""
        shapes = [f"input {describe(tuple(map(show, node.shape)))} from {node.name!r}" for node in inputs if node.layer]
        knobs = [f"{name} = {show(value)}" for name, value in self.knobs.items()]
        return ", ".join([" and ".join(shapes)] * bool(shapes) + [f"with {', '.join(knobs)}"] * bool(knobs))


def evaluate(expression: Expression, environment: Mapping[str, Any]) -> Any:
    """The expression's value in its simplest type; raises Refusal."""
    value = expression.evaluate(environment)
    if isinstance(value, int):
        return value
    return tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)


def truth(expression: Expression, environment: Mapping[str, Any]) -> bool:
    """A condition that decides the structure; raises Refusal where it is open."""
    value = evaluate(expression, environment)
    try:
        known = decide(value)
    except TypeError:
        raise Refusal(f"'{expression.text}' is {show(value)}, not a condition like stride > 1") from None
    if known is None:
        raise Refusal(f"'{expression.text}' decides the structure, so it cannot be left open")
    return known
