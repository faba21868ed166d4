"""Compound scaling: depth, width and resolution grown together (EfficientNet, arXiv:1905.11946, section 3.3).

    depth alpha^phi, width beta^phi, resolution gamma^phi, with alpha beta^2 gamma^2 ~ 2,

so that the multiply-adds of a network should grow as 2^phi. Here are the exact counts beside that, the counts of the
released coefficients of B1 to B7, and the costs in the paper's grid search for alpha, beta and gamma.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, listing
from archcalc.core.number import Number, plain
from archcalc.core.value import exact, show
from archcalc.model import Model
from archcalc.report import Report, summarize
from archcalc.spec.model import read_value
from archcalc.sweeps.ranges import Span

COEFFICIENTS = ("alpha", "beta", "gamma")
RELEASED = ("d", "w", "resolution")  # the knobs that the released networks set, for alpha, beta and gamma
FURTHEST = 8  # the largest phi with which a released network is compared
TARGET = 2  # what alpha beta^2 gamma^2 should be
FEWEST, MOST = Fraction(1), Fraction(3, 2)  # of alpha, beta and gamma in the search
MOST_COMBINATIONS = 100_000


class Scaled(NamedTuple):
    """The network at one phi."""

    phi: int
    depth: Fraction
    width: Fraction
    side: Number  # rows of the input
    params: Number
    mult_adds: Number
    growth: Fraction  # of the multiply-adds, relative to phi = 0
    constraint: Fraction  # (alpha beta^2 gamma^2)^phi
    predicted: int  # 2^phi


class Member(NamedTuple):
    """A released network, compared with compound scaling."""

    name: str
    released: tuple[Number, Number, Number]  # depth, width, resolution
    implied: tuple[float | None, float | None, float | None]  # for each of them, the phi that would give it
    params: Number
    mult_adds: Number
    nearest: Scaled  # the whole phi with the nearest multiply-adds

    @property
    def difference(self) -> Fraction:
        """How much more the released network computes than compound scaling at the nearest phi."""
        return Fraction(self.mult_adds, self.nearest.mult_adds) - 1


class Candidate(NamedTuple):
    """A combination that meets the constraint, with its cost at phi = 1."""

    alpha: Number
    beta: Number
    gamma: Number
    constraint: Fraction
    params: int
    mult_adds: int
    growth: Fraction


class Scaling(NamedTuple):
    """A network scaled by each whole phi from 0 on."""

    network: Model
    coefficients: tuple[Number, Number, Number]
    steps: tuple[Scaled, ...]

    @property
    def constraint(self) -> Fraction:
        """The constraint of the paper: alpha beta^2 gamma^2."""
        return constraint(*self.coefficients)


def constraint(alpha: Number, beta: Number, gamma: Number) -> Fraction:
    """The factor by which one step of phi multiplies the multiply-adds of a plain convolutional network."""
    return Fraction(alpha) * Fraction(beta) ** 2 * Fraction(gamma) ** 2


def scale(network: Model, phi: Any = 3, **knobs: Any) -> Scaling:
    """The network at every whole phi from 0 up to this one. Raises ArchcalcError."""
    last = _checked(network, phi)
    given = {name: network.accept(name, value) for name, value in knobs.items() if name != "phi"}
    coefficients: Any = tuple(given.get(name, network.knobs[name].default) for name in COEFFICIENTS)
    reports = [network.summary(**given, phi=i) for i in range(last + 1)]
    first = reports[0].totals.mult_adds
    steps = tuple(_scaled(i, coefficients, report, first) for i, report in enumerate(reports))
    return Scaling(network, coefficients, steps)


def _checked(network: Model, phi: Any) -> int:
    if missing := [name for name in ("phi", *COEFFICIENTS) if name not in network.knobs]:
        message = f"{network.name} has no {listing(missing)}, which compound scaling needs"
        raise ArchcalcError(f"{message}; a spec that has them is efficientnet_b0")
    found = network.accept("phi", phi)
    if not isinstance(found, int):
        raise ArchcalcError(f"{network.name}: phi = {show(found)}; phi must be whole, since the counts are exact")
    return found


def _scaled(phi: int, coefficients: tuple[Number, Number, Number], report: Report, first: Number) -> Scaled:
    alpha, beta = map(Fraction, coefficients[:2])
    cost = report.totals
    if cost.mult_adds is None or cost.params is None:
        raise ArchcalcError(f"{report.network}: the work of {listing(report.unknown)} is not known")
    return Scaled(phi, alpha**phi, beta**phi, report.input[-1], cost.params, cost.mult_adds,
                Fraction(cost.mult_adds, first), constraint(*coefficients) ** phi, TARGET**phi)  # fmt: skip


def members(scaling: Scaling) -> list[Member]:
    """The networks of the same file with released coefficients, each beside the nearest phi."""
    network = scaling.network
    most = network.knobs["phi"].maximum
    last = FURTHEST if most is None else min(FURTHEST, most // 1)
    steps = scale(network, last, **dict(zip(COEFFICIENTS, scaling.coefficients, strict=True))).steps
    return [_member(network, name, report, scaling, steps) for name, report in _released(network)]


def _released(network: Model) -> Iterator[tuple[str, Report]]:
    """The networks of the same file that differ from this one only in depth, width or resolution."""
    spec = network.spec
    for name, variant in spec.variants.items():
        other = spec.variant(name)
        changed = {key for key, knob in other.given.items() if knob.default != spec.given[key].default}
        if variant.layers is None and variant.input is None and changed and changed <= set(RELEASED):
            yield name, summarize(other, {})


def _member(network: Model, name: str, report: Report, scaling: Scaling, steps: tuple[Scaled, ...]) -> Member:
    released: Any = tuple(report.knobs[key] for key in RELEASED)
    base = [network.knobs[key].default for key in RELEASED]
    pairs = zip(released, base, scaling.coefficients, strict=True)
    implied: Any = tuple(_phi(Fraction(value) / Fraction(start), by) for value, start, by in pairs)
    cost = report.totals
    nearest = min(steps, key=lambda step: abs(math.log(step.mult_adds / cost.mult_adds)))
    return Member(name, released, implied, cost.params, cost.mult_adds, nearest)


def _phi(ratio: Fraction, coefficient: Number) -> float | None:
    """The phi for which coefficient^phi is the ratio; None for a coefficient of 1."""
    return None if coefficient == 1 else math.log(ratio) / math.log(coefficient)


def search(
    network: Model, tolerance: Any = Fraction(1, 10), step: Any = Fraction(1, 20), **knobs: Any
) -> list[Candidate]:
    """Step 1 of the paper at phi = 1: all (alpha, beta, gamma) near the constraint with exact costs, the nearest first.

    The paper chooses the most accurate one, which only training can find; here are their costs.
    """
    from archcalc.sweeps.sweep import sweep

    _checked(network, 1)
    tolerance, step = _positive("tolerance", tolerance), _positive("step", step)
    axis = Span(FEWEST, step, int((MOST - FEWEST) // step) + 1)
    if (number := axis.values**3) > MOST_COMBINATIONS:
        raise ArchcalcError(f"a step of {show(step)} makes {number:,} combinations (at most {MOST_COMBINATIONS:,})")
    fixed = {name: value for name, value in knobs.items() if name not in ("phi", *COEFFICIENTS)}
    axes = {**dict.fromkeys(COEFFICIENTS, axis), "phi": 1, **fixed}
    arrays = sweep(network, ("params", "mult_adds"), axes).arrays()
    first = network.summary(**fixed, phi=0).totals.mult_adds
    values = list(axis)
    found = []
    for i, (a, b, c) in enumerate((a, b, c) for a in values for b in values for c in values):
        near = constraint(a, b, c)
        if abs(near - TARGET) <= tolerance and not arrays["why"][i]:
            cost = int(arrays["mult_adds"][i])
            found.append(Candidate(a, b, c, near, int(arrays["params"][i]), cost, Fraction(cost, first)))
    if not found:
        raise ArchcalcError(f"no alpha beta^2 gamma^2 in steps of {show(step)} is within {show(tolerance)} of {TARGET}")
    return sorted(found, key=lambda one: (abs(one.constraint - TARGET), one.mult_adds))


def _positive(name: str, value: Any) -> Fraction:
    try:
        found = Fraction(read_value(value) if isinstance(value, str) else plain(exact(value)))
    except (TypeError, ValueError, Refusal):
        raise ArchcalcError(f"{name} = {value!r} is not a number") from None
    if found <= 0:
        raise ArchcalcError(f"{name} = {show(found)}; it must be more than 0")
    return found
