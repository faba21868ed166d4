"""What a network must meet: "mult_adds <= 100M", "inference_bytes < 16MiB", "rows of stage5 >= 14"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import ArchcalcError, SpecError, listing, suggest
from archcalc.number import Number, plain
from archcalc.quantity import Quantity, quantity

if TYPE_CHECKING:
    import numpy as np

    from archcalc.model import Model
    from archcalc.report import Report

FORM = "written QUANTITY <= NUMBER, as in 'mult_adds <= 100M' or 'inference_bytes < 16MiB'"
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq,
}  # fmt: skip
COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
BYTES = {f"{unit}B": size for unit, size in (("k", 10**3), ("K", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12))}
BYTES |= {f"{unit}iB": 1 << 10 * power for power, unit in enumerate(("K", "M", "G", "T"), 1)}
CONSTRAINT = re.compile(
    r"\s*([^<>=]+?)\s*(<=|>=|==|<|>|=)\s*([0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,3})?)\s*(\w*)\s*"
)


class Constraint(NamedTuple):
    """A bound on a quantity."""

    quantity: Quantity
    relation: str  # <=, <, >=, > or ==
    bound: Number
    text: str

    @property
    def is_upper(self) -> bool:
        """Whether less of the quantity is never worse."""
        return self.relation in ("<=", "<")

    def met(self, values: np.ndarray | Number) -> Any:
        """Whether each of the values meets it, exactly."""
        return RELATIONS[self.relation](values, self.bound)

    def excess(self, values: Any, number: type = Fraction) -> Any:
        """How far off values are, measured by the bound; 0 or less where they meet it. ``number`` may be float."""
        bound = number(self.bound)
        off = abs(values - bound) if self.relation == "==" else values - bound if self.is_upper else bound - values
        return off / (abs(bound) or 1)


def read_constraints(texts: Iterable[str]) -> tuple[Constraint, ...]:
    """The constraints; several in one text are joined by "and". Raises ArchcalcError."""
    found = [_constraint(part) for text in texts for part in re.split(r"\s+and\s+", text)]
    if not found:
        raise ArchcalcError(f"nothing to meet; a constraint is {FORM}")
    return tuple(found)


def _constraint(text: str) -> Constraint:
    match = CONSTRAINT.fullmatch(text)
    if not match:
        raise ArchcalcError(f"{text!r} is not a constraint; it is {FORM}")
    asked, relation, digits, unit = match.groups()
    found = quantity(asked)
    bound = plain(Fraction(re.sub("[_,]", "", digits)) * _size(text, unit, found))
    return Constraint(found, "==" if relation == "=" else relation, bound, " ".join(text.split()))


def _size(text: str, unit: str, asked: Quantity) -> int:
    known = {**COUNTS, **BYTES} if asked.unit == "bytes" else COUNTS
    if unit in BYTES and unit not in known:
        raise ArchcalcError(f"{text!r}: {unit} are bytes, and {asked} is no number of bytes")
    if unit not in known and unit != "bytes":
        near = suggest(unit, known) or f" (there are {listing(list(known)[1:])})"
        raise ArchcalcError(f"{text!r}: no unit {unit!r}{near}")
    return known.get(unit, 1)


def measured(
    network: Model, names: Sequence[str], limits: Sequence[Constraint], knobs: Mapping[str, Any]
) -> tuple[dict[str, Number | None], tuple[str, ...]]:
    """Figures by name, and the constraints that are not met, by the engine over plain numbers."""
    try:
        report = network.summary(**knobs)
    except SpecError as error:
        return {}, (error.problems[0].message,)
    figures = {name: _asked(quantity(name), report) for name in names}
    values = [(limit, _asked(limit.quantity, report)) for limit in limits]
    return figures, tuple(limit.text for limit, value in values if value is None or not limit.met(value))


def _asked(asked: Quantity, report: Report) -> Number | None:
    with suppress(ArchcalcError):  # no such layer at these values
        return asked.of(report)
    return None
