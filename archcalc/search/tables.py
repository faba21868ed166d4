"""Solutions and compound scaling as tables."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from archcalc.core.errors import listing, many
from archcalc.core.number import exact_div
from archcalc.core.value import show
from archcalc.output.table import (
    ABSENT,
    CHANGE,
    KNOB,
    RATIO,
    WORDS,
    Column,
    Table,
    asked_for,
    digits,
    exact,
    fixed,
    numbers,
    words,
)
from archcalc.search.law import Apart, Law
from archcalc.search.scaling import COEFFICIENTS, RELEASED, TARGET, Candidate, Member, Scaling
from archcalc.search.search import Found, described
from archcalc.search.solve import Solution
from archcalc.tables import counted


def solution_table(solution: Solution) -> Table:
    """The answer, and the points one step beyond it."""
    search, wanted = solution.search, listing(limit.text for limit in solution.constraints)
    rows = [("answer", solution.best), *(("next step", found) for found in solution.beyond)]
    title = f"{solution.network.spec.headings['net']}: {solution.want} with {wanted}"
    ranges = listing(f"{name} = {described(axis)}" for name, axis in search.axes.items())
    fixed = listing(f"{name} = {show(value)}" for name, value in search.fixed.items())
    points, meeting = search.sweep.points, solution.meeting
    notes = [
        f"all {points:,} combinations of {ranges} were computed; {meeting:,} meet every constraint",
        *([f"with {fixed}"] if search.fixed else []),
        *([] if solution.beyond else ["no further step is within the range"]),
        *counted(
            solution.network, (name for one in search.sweep.quantities.values() for name in one.figures), **search.fixed
        ),
    ]
    columns = (Column("which", "", WORDS), *_columns(solution), *words("met"))
    table = [(which, *_cells(solution, found), _met(found)) for which, found in rows]
    return Table(title, columns, tuple(table), notes=tuple(notes), name="answer")


def curve_table(solution: Solution) -> Table:
    """For each value of the first of two knobs, the largest or smallest value of the second."""
    first, second = solution.search.axes
    limit = solution.constraints[0]
    rows = [(*_cells(solution, found), _used(found, limit)) for found in solution.curve()]
    word = "largest" if solution.want.large else "smallest"
    title = f"Iso-cost curve: for each {first} the {word} {second}"
    return Table(title, (*_columns(solution), Column("used", f"of {limit.text}", RATIO)), tuple(rows), name="curve")


def _columns(solution: Solution) -> Sequence[Column]:
    search = solution.search
    knobs = [Column(name, name, KNOB) for name in search.axes]
    return [*knobs, *(asked_for(one) for one in search.sweep.quantities.values())]


def _cells(solution: Solution, found: Found) -> tuple[Any, ...]:
    return (*found.knobs.values(), *(found.figures.get(name, ABSENT) for name in solution.search.names))


def _met(found: Found) -> str:
    return "yes" if found.meets else f"no: {listing(found.broken)}"


def _used(found: Found, limit: Any) -> Any:
    value = found.figures[str(limit.quantity)]
    return exact_div(value, limit.bound) if value is not None and limit.bound else ABSENT


FACTOR = digits(3)
PHI = digits(2)
CONSTRAINT = digits(4)
WHOLE = digits(0, exact)
COSTS = ("params", "mult_adds")


def scaling_table(scaling: Scaling) -> Table:
    """For each phi the three factors, the exact costs, and the costs that the constraint and 2^phi predict."""
    alpha, beta, gamma = map(show, scaling.coefficients)
    columns = numbers("phi") + numbers("depth", "width", type=FACTOR) + numbers("side", *COSTS)
    columns += numbers("growth", "predicted", type=FACTOR) + numbers("2^phi") + numbers("beside_2^phi", type=CHANGE)
    rows = tuple(
        (step.phi, step.depth, step.width, step.side, step.params, step.mult_adds, step.growth, step.constraint,
         step.predicted, step.growth / step.predicted - 1)
        for step in scaling.steps
    )  # fmt: skip
    title = f"{scaling.network.spec.headings['net']}, scaled by alpha = {alpha}, beta = {beta}, gamma = {gamma}"
    notes = (
        f"alpha beta^2 gamma^2 = {fixed(scaling.constraint, 4)}, where the paper wants about {TARGET}; "
        "predicted: that to the power of phi; growth: the exact mult-adds against phi = 0",
        *counted(scaling.network, ("mult_adds", "params"), phi=0),
    )
    return Table(title, columns, rows, notes=notes, name="scaling")


def coefficients_table(members: Sequence[Member]) -> Table:
    """The released networks, and the phi that each coefficient alone implies."""
    columns = words("network") + numbers("d", "w", "resolution", type=KNOB)
    columns += numbers("phi_by_d", "phi_by_w", "phi_by_resolution", type=PHI)
    rows = tuple((one.name, *one.released, *one.implied) for one in members)
    notes = (
        f"phi by {RELEASED[0]}: the phi at which alpha^phi is the released depth coefficient, and so on",
        "equal numbers in a row would mean that one phi gives all three",
    )
    return Table("The released coefficients beside compound scaling", columns, rows, notes=notes, name="coefficients")


def costs_table(members: Sequence[Member]) -> Table:
    """The costs of the released networks, beside those at the nearest whole phi."""
    columns = words("network") + numbers(*COSTS, "nearest_phi")
    columns += numbers("its_params", unit="params") + numbers("its_mult_adds", unit="mult-adds")
    columns += numbers("difference", type=CHANGE)
    read = attrgetter("name", *COSTS, "nearest.phi", "nearest.params", "nearest.mult_adds", "difference")
    title = "The released networks beside the nearest phi"
    notes = ("difference: the released network's mult-adds compared with those of the nearest phi",)
    return Table(title, columns, tuple(map(read, members)), notes=notes, name="costs")


def terms_table(law: Law) -> Table:
    """The terms of the closed form without rounding, and the growth of each."""
    whole = sum(term.mult_adds for term in law.terms)
    columns = words("term") + numbers("mult_adds", type=WHOLE, unit="mult-adds") + numbers("share", type=CHANGE)
    columns += (*numbers("each_phi", type=FACTOR), words("layers")[0]._replace(heading="main layers"))
    rows = tuple(
        (_product(term.powers), term.mult_adds, term.mult_adds / whole, term.growth, ", ".join(term.layers))
        for term in law.terms
    )
    notes = (
        "mult-adds as a formula in depth d, width w and resolution r, not rounded, at the network's own coefficients",
        "each phi: the factor by which a term grows when phi grows by 1, such as alpha beta^2 gamma^2; a term without "
        "d comes from layers that are not repeated, or from a first copy that differs from the others",
    )
    return Table("The law term by term", columns, rows, notes=notes, name="terms")


def apart_table(found: Sequence[Apart]) -> Table:
    """How far the released networks differ from the law."""
    columns = words("network") + numbers("d_w^2_r^2", type=FACTOR) + numbers("other_terms", "roundings", type=CHANGE)
    columns += numbers("growth", type=FACTOR)
    rows = tuple((one.name, one.law, one.terms - 1, one.roundings - 1, one.growth) for one in found)
    notes = (
        "growth: the exact mult-adds divided by the smallest network's, which is the product of d w^2 r^2, of the "
        "effect of the other terms, and of the effect of rounding depths, widths and sizes",
    )
    return Table("The released networks beside the law", columns, rows, notes=notes, name="law")


def search_table(scaling: Scaling, found: Sequence[Candidate]) -> Table:
    """Every combination near the constraint."""
    columns = numbers(*COEFFICIENTS, type=KNOB) + numbers("alpha_beta^2_gamma^2", type=CONSTRAINT)
    rows = tuple(map(attrgetter(*COEFFICIENTS, "constraint", *COSTS, "growth"), found))
    used = ", ".join(f"{name} = {show(value)}" for name, value in zip(COEFFICIENTS, scaling.coefficients, strict=True))
    notes = (
        f"the cost at phi = 1, nearest to {TARGET} first; only training tells which is the most accurate",
        f"the spec's own coefficients: {used}, which give {fixed(scaling.constraint, 4)}",
    )
    columns += numbers(*COSTS) + numbers("growth", type=FACTOR)
    title = f"Grid search, step 1: {many(len(found), 'combination')}"
    return Table(title, columns, rows, notes=notes, name="search")


def _product(powers: Sequence[int]) -> str:
    named = [(name, power) for name, power in zip("dwr", powers, strict=True) if power]
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in named) or "1"
