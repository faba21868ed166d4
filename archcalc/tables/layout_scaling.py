"""Compound scaling as tables."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.solving.law import Apart, Law
from archcalc.solving.scaling import COEFFICIENTS, RELEASED, TARGET, Candidate, Member, Scaling
from archcalc.tables.grid import Column, Table
from archcalc.tables.layout import counted
from archcalc.value import show


def scaling_table(scaling: Scaling) -> Table:
    """Each phi: the three factors, the exact costs, and what the constraint and 2^phi predict."""
    alpha, beta, gamma = map(show, scaling.coefficients)
    columns = _columns(
        "phi", "depth", "width", "side", "params", "mult-adds", "growth", "predicted", "2^phi", "beside 2^phi"
    )
    rows = tuple(
        (step.phi, _decimal(step.depth), _decimal(step.width), step.side, step.params, step.mult_adds,
         _decimal(step.growth), _decimal(step.constraint), step.predicted, _percent(step.growth / step.predicted - 1))
        for step in scaling.steps
    )  # fmt: skip
    title = f"{scaling.network.spec.headings['net']}, scaled by alpha = {alpha}, beta = {beta}, gamma = {gamma}"
    notes = (
        f"alpha beta^2 gamma^2 = {_decimal(scaling.constraint, 4)}, where the paper wants about {TARGET}; "
        "predicted: that to the power of phi; growth: the exact mult-adds against phi = 0",
        counted(scaling.network, ("mult_adds", "params"), phi=0),
    )
    return Table(title, columns, rows, notes=notes)


def coefficients_table(members: Sequence[Member]) -> Table:
    """The released networks, and the phi that each coefficient alone implies."""
    titles = ("d", "w", "resolution", "phi by d", "phi by w", "phi by resolution")
    rows = tuple(
        (one.name, *map(show, one.released[:2]), one.released[2], *(_rounded(phi) for phi in one.implied))
        for one in members
    )
    notes = (
        f"phi by {RELEASED[0]}: the phi at which alpha^phi is the released depth coefficient, and so on",
        "equal numbers in a row would mean that one phi gives all three",
    )
    return Table("The released coefficients beside compound scaling", _named(*titles), rows, notes=notes)


def costs_table(members: Sequence[Member]) -> Table:
    """What the released networks cost, and what the nearest whole phi does."""
    titles = ("params", "mult-adds", "nearest phi", "its params", "its mult-adds", "difference")
    rows = tuple(
        (one.name, one.params, one.mult_adds, one.nearest.phi, one.nearest.params, one.nearest.mult_adds,
         _percent(one.difference))
        for one in members
    )  # fmt: skip
    notes = ("difference: the released network's mult-adds against those of the nearest phi",)
    return Table("The released networks beside the nearest phi", _named(*titles), rows, notes=notes)


def terms_table(law: Law) -> Table:
    """The terms of the smooth closed form, and what each grows by."""
    whole = sum(term.mult_adds for term in law.terms)
    rows = tuple(
        (_product(term.powers), round(term.mult_adds), _percent(term.mult_adds / whole), _decimal(term.growth),
         ", ".join(term.layers))
        for term in law.terms
    )  # fmt: skip
    columns = (
        Column("term", "term", number=False),
        *_columns("mult-adds", "share", "each phi"),
        Column("layers", "most of it is from", number=False),
    )
    notes = (
        "mult-adds in depth d, width w and resolution r without their roundings, at the network's own coefficients",
        "each phi: what the term grows by, such as alpha beta^2 gamma^2; a term without d is of what is not repeated, "
        "or differs in the first of several",
    )
    return Table("The law term by term", columns, rows, notes=notes)


def apart_table(found: Sequence[Apart]) -> Table:
    """How far the released networks are from the law."""
    rows = tuple(
        (one.name, _decimal(one.law), _percent(one.terms - 1), _percent(one.roundings - 1), _decimal(one.growth))
        for one in found
    )
    notes = (
        "growth: the exact mult-adds against the smallest network's, which is the law d w^2 r^2, times what its other "
        "terms do, times what the roundings of depths, widths and sizes do",
    )
    return Table(
        "The released networks beside the law", _named("d w^2 r^2", "other terms", "roundings", "growth"), rows,
        notes=notes,
    )  # fmt: skip


def search_table(scaling: Scaling, found: Sequence[Candidate]) -> Table:
    """Every combination near the constraint."""
    columns = _columns("alpha", "beta", "gamma", "alpha beta^2 gamma^2", "params", "mult-adds", "growth")
    rows = tuple(
        (show(one.alpha), show(one.beta), show(one.gamma), _decimal(one.constraint, 4), one.params, one.mult_adds,
         _decimal(one.growth))
        for one in found
    )  # fmt: skip
    used = ", ".join(f"{name} = {show(value)}" for name, value in zip(COEFFICIENTS, scaling.coefficients, strict=True))
    notes = (
        f"the cost at phi = 1, nearest to {TARGET} first; which is the most accurate, only training tells",
        f"the spec's own: {used}, so {_decimal(scaling.constraint, 4)}",
    )
    return Table(f"Grid search, step 1: {len(found)} combinations", columns, rows, notes=notes)


def _columns(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title.replace("mult-adds", "mult_adds").replace(" ", "_"), title) for title in titles)


def _named(*titles: str) -> tuple[Column, ...]:
    return (Column("network", "network", number=False), *_columns(*titles))


def _product(powers: Sequence[int]) -> str:
    named = [(name, power) for name, power in zip("dwr", powers, strict=True) if power]
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in named) or "1"


def _decimal(value: Fraction, digits: int = 3) -> str:
    return f"{float(value):.{digits}f}"


def _percent(value: Fraction) -> str:
    return f"{float(100 * value):+.1f} %"


def _rounded(value: float | None) -> Any:
    return None if value is None else f"{value + 0:.2f}"
