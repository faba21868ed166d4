"""What a network must meet: "mult_adds <= 100M", "inference_bytes < 16MiB", "rows of stage5 >= 14"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.address import Address, Comparison, address, read
from archcalc.core.errors import ArchcalcError, SpecError
from archcalc.core.number import COMPARE, Number
from archcalc.model import Model
from archcalc.report import Report

FORM = "written FIGURE <= NUMBER, as in 'mult_adds <= 100M' or 'inference_bytes < 16MiB'"
MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}


class Constraint(NamedTuple):
    """A bound on a quantity."""

    quantity: Address
    relation: str  # <=, <, >=, > or ==
    bound: Number
    text: str

    @property
    def is_upper(self) -> bool:
        """Whether less of the quantity is never worse."""
        return self.relation in ("<=", "<")

    def met(self, values: Any) -> Any:
        """Whether each of the values meets it, exactly."""
        return COMPARE[self.relation](values, self.bound)

    def excess(self, values: Any, number: type = Fraction) -> Any:
        """How far off values are, measured by the bound; 0 or less where they meet it. ``number`` may be float."""
        bound = number(self.bound)
        off = abs(values - bound) if self.relation == "==" else values - bound if self.is_upper else bound - values
        return off / (abs(bound) or 1)


def read_constraints(texts: Iterable[str]) -> tuple[Constraint, ...]:
    """The constraints; several in one text are joined by "and". Raises ArchcalcError."""
    found = [_constraint(one) for text in texts for one in read(text)]
    if not found:
        raise ArchcalcError(f"nothing to meet; a constraint is {FORM}")
    return tuple(found)


def _constraint(found: Address | Comparison) -> Constraint:
    """A bound on what depends on the network: where both sides do, on their difference."""
    if isinstance(found, Address):
        raise ArchcalcError(f"'{found}' is not a constraint; it is {FORM}")
    left, relation, right = found
    depends = [any(not term.owner.name for term in side.terms) for side in (left, right)]
    if depends == [False, True]:
        left, relation, right = right, MIRRORED[relation], left
    elif all(depends):
        left, right = address(f"{left} - ({right})"), address("0")
    bound = right.of(None)
    if not any(depends) or bound is None:
        raise ArchcalcError(f"'{found}' {'is not known' if any(depends) else 'asks nothing of the network'}")
    return Constraint(left, relation, bound, str(found))


def measured(
    network: Model, asked: Mapping[str, Address], limits: Sequence[Constraint], knobs: Mapping[str, Any]
) -> tuple[dict[str, Number | None], tuple[str, ...]]:
    """Figures by name, and the constraints that are not met, by the engine over plain numbers."""
    try:
        report = network.summary(**knobs)
    except SpecError as error:
        return {}, (error.problems[0].message,)
    figures = {name: _known(one, report) for name, one in asked.items()}
    values = [(limit, _known(limit.quantity, report)) for limit in limits]
    return figures, tuple(limit.text for limit, value in values if value is None or not limit.met(value))


def _known(asked: Address, report: Report) -> Number | None:
    with suppress(ArchcalcError):  # no such layer at these values
        return asked.of(report)
    return None
