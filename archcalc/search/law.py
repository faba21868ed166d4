"""The law of compound scaling, term by term: the growth of each term of the smooth closed form.

Without its roundings a network's multiply-adds are a sum of products of powers of depth, width and resolution. The law
d w^2 r^2 is the growth of the largest term; the other terms and the roundings make the difference of a network from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

from archcalc.closed_forms.form import Form
from archcalc.closed_forms.formula import Formula, formula
from archcalc.closed_forms.polynomial import Monomial
from archcalc.closed_forms.quotient import Quotient
from archcalc.closed_forms.smooth import named
from archcalc.closed_forms.symbol_table import SymbolTable, Translation
from archcalc.closed_forms.symbols import Knob
from archcalc.core.errors import ArchcalcError
from archcalc.core.number import Number
from archcalc.model import Reference
from archcalc.search.scaling import RELEASED, Member, Scaling

LAW = dict(zip(RELEASED, (1, 2, 2), strict=True))  # the powers of depth, width and resolution in the law
LEAST_SHARE = Fraction(1, 10)  # of a term: layers with a smaller share are not named


class Term(NamedTuple):
    """A product of powers, with its coefficient."""

    powers: tuple[int, ...]  # of depth, width and resolution
    mult_adds: Number  # at the default depth, width and resolution, without roundings
    growth: Fraction  # factor for each step of phi
    layers: tuple[str, ...]  # those with the largest shares of it


class Apart(NamedTuple):
    """The growth of a network's multiply-adds against those of the smallest one, as a product of three factors."""

    name: str
    law: Fraction  # d w^2 r^2
    terms: Fraction  # the factor by which the other terms change that
    roundings: Fraction  # the factor by which the roundings change it

    @property
    def growth(self) -> Fraction:
        """The exact growth: the product of the factors."""
        return self.law * self.terms * self.roundings


class Law(NamedTuple):
    """The closed form in depth, width and resolution at phi = 0, its smooth form, and the terms of that."""

    formula: Formula
    smooth: Quotient
    terms: tuple[Term, ...]  # the largest first

    def apart(self, members: Iterable[Member]) -> Iterator[Apart]:
        """How far the released networks differ from the law, and why."""
        own = self.formula.closed.base
        first, start = self.formula.known.at(own), self.smooth.at(own)
        for member in members:
            point = dict(zip(RELEASED, member.released, strict=True))
            law = prod(Fraction(point[name]) ** power / own[name] ** power for name, power in LAW.items())
            smooth = Fraction(self.smooth.at(point)) / start
            yield Apart(member.name, law, smooth / law, Fraction(member.mult_adds) / first / smooth)


def law(scaling: Scaling) -> Law | None:
    """The law of a network; None where it has no closed form whose smooth form is a sum of products."""
    try:
        found = formula(Reference(scaling.network, {"phi": 0}), free=RELEASED)
    except ArchcalcError:
        return None
    smooth = found.smooth or found.known
    if any(named(smooth)) or not isinstance(smooth.top, Form) or smooth.bottom != 1:
        return None
    shares = [*_shares(found, smooth.top.table)]
    terms = []
    for monomial, c in smooth.top.terms.items():
        powers = _powers(smooth.top, monomial)
        value = c * prod(found.closed.base[name] ** power for name, power in zip(RELEASED, powers, strict=True))
        growth = prod((Fraction(a) ** n for a, n in zip(scaling.coefficients, powers, strict=True)), start=Fraction(1))
        terms.append(Term(powers, value, growth, _largest((n, share) for n, which, share in shares if which == powers)))
    return Law(found, smooth, tuple(sorted(terms, key=lambda term: -abs(term.mult_adds))))


def _shares(found: Formula, table: SymbolTable) -> Iterator[tuple[str, tuple[int, ...], Any]]:
    """What each layer adds to each term: the end of its name, the powers, the coefficient."""
    translate = Translation(table, smooth=True)
    for row in found.evaluations[0].report.layers:
        work = translate(row.mult_adds)
        name = "/".join([part for part in row.name.split("/") if part != row.kind][-2:])
        for monomial, c in getattr(work, "terms", {}).items():
            yield name, _powers(work, monomial), c


def _largest(shares: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
    totals: dict[str, Any] = {}
    for name, share in shares:
        totals[name] = totals.get(name, 0) + share
    whole = sum(map(abs, totals.values()))
    named = sorted(totals, key=lambda name: -abs(totals[name]))
    return tuple(name for name in named if abs(totals[name]) >= LEAST_SHARE * whole)


def _powers(form: Form, monomial: Monomial) -> tuple[int, ...]:
    symbols = {form.table.symbols[number]: exponent for number, exponent in monomial}
    exponents = {symbol.knob: exponent for symbol, exponent in symbols.items() if isinstance(symbol, Knob)}
    return tuple(exponents.get(name, 0) for name in RELEASED)
