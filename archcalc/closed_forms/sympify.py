"""A form as a sympy expression. No other module of forms imports sympy, and this one is imported only when needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from archcalc.closed_forms.form import Form
from archcalc.closed_forms.polynomial import used
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbols import Named
from archcalc.closed_forms.write import Summand, ordered, summands
from archcalc.core.number import make_divisible as rounded


class make_divisible(sympy.Function):  # type: ignore[misc]  # noqa: N801  # printed as the spec language writes it
    """The rounding of the MobileNet code, computed at once where the argument is a number."""

    nargs = 2

    @classmethod
    def eval(cls, x: Any, divisor: Any) -> Any:
        """The value for a rational number; None, which keeps the function, for anything else."""
        if x.is_Rational and divisor.is_Integer:
            return sympy.Integer(rounded(Fraction(int(x.p), int(x.q)), int(divisor)))
        return None


FUNCTIONS = {
    "floor": sympy.floor,
    "ceil": sympy.ceiling,
    "make_divisible": make_divisible,
    "min": sympy.Min,
    "max": sympy.Max,
    "mod": sympy.Mod,
    "power": sympy.Pow,
    "inverse": lambda x: 1 / x,
    "where": lambda condition, yes, no: sympy.Piecewise((yes, condition), (no, True)),
}
RELATIONS = {
    ">=": sympy.Ge,
    ">": sympy.Gt,
    "<=": sympy.Le,
    "<": sympy.Lt,
    "==": sympy.Eq,
    "!=": sympy.Ne,
    "and": sympy.And,
    "or": sympy.Or,
    "multiple of": lambda a, b: sympy.Eq(sympy.Mod(a, b), 0),
    "not a multiple of": lambda a, b: sympy.Ne(sympy.Mod(a, b), 0),
}


def to_sympy(value: Any) -> Any:
    """The sympy expression of a number, form or relation; symbols have the knobs' names and no assumptions."""
    if isinstance(value, Relation):
        return RELATIONS[value.sign](to_sympy(value.left), to_sympy(value.right))
    if isinstance(value, Form):
        letters = {number: _symbol(value.table.symbols[number]) for number in used(value.terms)}
        return _sum(summands(value.terms, ordered(value)), letters)
    return sympy.Rational(value.numerator, value.denominator)


def _symbol(symbol: Any) -> Any:
    if isinstance(symbol, Named):
        return FUNCTIONS[symbol.function](*map(to_sympy, symbol.arguments))
    return sympy.Symbol(symbol.name)


def _sum(summands: Sequence[Summand], letters: Mapping[int, Any]) -> Any:
    return sympy.Add(*(_product(summand, letters) for summand in summands))


def _product(summand: Summand, letters: Mapping[int, Any]) -> Any:
    powers = [letters[number] ** exponent for number, exponent in summand.factors]
    inner = [_sum(summand.inner, letters)] if summand.inner else []
    return sympy.Mul(sympy.Rational(summand.coefficient), *powers, *inner)
