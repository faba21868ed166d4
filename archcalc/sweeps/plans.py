"""Interval arithmetic on whole numerators: it proves that int64 is enough for an operation.

An operand has whole numerators between ``low`` and ``high`` over one denominator ``d``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

MOST = 2**63 - 1


class Plan(NamedTuple):
    """An operation on numerators: the factor for each operand, and the result's interval and denominator."""

    scale: tuple[int, int]
    low: Any
    high: Any
    d: int


def plan_add(a: Any, b: Any) -> Plan:
    d = math.lcm(a.d, b.d)
    i, j = d // a.d, d // b.d
    return Plan((i, j), a.low * i + b.low * j, a.high * i + b.high * j, d)


def plan_mul(a: Any, b: Any) -> Plan:
    ends = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    return Plan((1, 1), min(ends), max(ends), a.d * b.d)


def plan_floor(a: Any, b: Any) -> Plan:
    """The quotient is nowhere larger than the dividend's numerator, unless that is below 1."""
    if b.low > 0:
        ends = [(x * b.d) // (y * a.d) for x in (a.low, a.high) for y in (b.low, b.high)]
    else:
        reach = max(abs(math.floor(a.low)), abs(math.ceil(a.high)), 1) * b.d
        ends = [-reach, reach]
    return Plan((b.d, a.d), min(ends), max(ends), 1)


def plan_sides(a: Any, b: Any) -> Plan:
    """Two operands brought to one denominator, their values unchanged."""
    d = math.lcm(a.d, b.d)
    i, j = d // a.d, d // b.d
    return Plan((i, j), min(a.low * i, b.low * j), max(a.high * i, b.high * j), d)


def plan_least(a: Any, b: Any) -> Plan:
    sides = plan_sides(a, b)
    i, j = sides.scale
    return sides._replace(high=min(a.high * i, b.high * j))


def fits(a: Any, b: Any, plan: Plan) -> bool:
    i, j = plan.scale
    bounds = (a.low * i, a.high * i, b.low * j, b.high * j, plan.low, plan.high, i, j)
    return all(isinstance(bound, int) and -MOST <= bound <= MOST for bound in bounds)
