"""The symbols of one walk over forms, and how each free knob is written so that its floors vanish.

A floor of a polynomial vanishes where the knobs in it are written as steps, side = 32 s + 11: every coefficient is
then whole. Which step is needed shows on the way; a walk that meets a floor it cannot resolve ends, and the next one
starts with a coarser step (Again).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

from archcalc.errors import Refusal, listing
from archcalc.forms.domain import tightened
from archcalc.forms.form import Form, varies
from archcalc.forms.relation import Relation
from archcalc.forms.signals import Again, NotCovered
from archcalc.forms.symbols import Index, Knob, Named, Step, Symbol
from archcalc.forms.terms import Monomial, Rational, Terms, whole

COARSEST = 10_000  # of a step; beyond that a floor stays
FEWEST = 2  # values of a knob that a step must leave within its bounds
MOST_TERMS = 500  # of a form; larger ones are not read by anybody
MOST_WORK = 1_000_000  # products of terms in one walk, about a second


class Field:
    """The symbols so far."""

    def __init__(
        self,
        defaults: Mapping[str, Any],
        bounds: Mapping[str, tuple[Any, Any]],
        steps: Mapping[str, Step] | None = None,
        loose: frozenset[str] = frozenset(),
        turned: frozenset[str] = frozenset(),
        deep: bool = False,
    ) -> None:
        self.defaults, self.bounds, self.steps = dict(defaults), bounds, dict(steps or {})
        self.loose, self.turned = loose, turned  # knobs that get no step; decisions that go the other way
        self.rounds = True  # whether a floor may make the step of a knob coarser
        self.deep = deep  # whether a repetition may be as long as a form says
        self.symbols: list[Symbol] = []
        self.indices: set[int] = set()  # the symbols that number the copies of a repetition
        self.forms: dict[Any, Form] = {}
        self.assumed: dict[Relation, None] = {}  # what the domain is restricted to
        self.units: dict[Monomial, Rational] = {}  # products assumed to be multiples of these
        self.work = 0  # products of terms so far

    def spend(self, products: int, terms: int) -> None:
        """Count the work of an operation. Raises NotCovered where it, or its result, is too large."""
        self.work += products
        if terms > MOST_TERMS or self.work > MOST_WORK:
            raise NotCovered(self.bounds, "it would have too many terms to be read")

    def knob(self, name: str) -> Form:
        """A free knob; of one with a step, size * s + residue."""
        if name not in self.forms:
            step = self.steps.get(name)
            s = self._symbol(Knob(name, self.letter(name, step), self.bounds[name], step))
            self.forms[name] = s if step is None else s * step.size + step.residue
        return self.forms[name]

    def letter(self, name: str, step: Step | None) -> str:
        """What stands for a knob's steps: s, or where that is taken s_resolution; a step of 1 keeps the knob's name."""
        if step is None or step == (1, 0):
            return name
        several = sum(other != (1, 0) for other in self.steps.values()) > 1
        return f"s_{name}" if several or "s" in self.bounds else "s"

    def index(self, first: int, last: Any) -> Form:
        """The number of a copy, of those from the first to the last."""
        self.indices.add(len(self.symbols))
        return self._symbol(Index(first, last))

    def named(self, function: str, *arguments: Any) -> Form:
        """A function of forms, as a symbol; equal ones are one symbol. Raises Refusal where it differs among copies."""
        key = (function, *arguments)
        if key not in self.forms:
            if self.indices and any(map(varies, arguments)):
                raise Refusal(f"{function}({listing(map(str, arguments))}) is no polynomial in the index")
            self.forms[key] = self._symbol(Named(function, arguments))
        return self.forms[key]

    def _symbol(self, symbol: Symbol) -> Form:
        self.symbols.append(symbol)
        return Form({((len(self.symbols) - 1, 1),): 1}, self)

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """The knobs at their own values, and one after the other at their least and at ever larger ones."""
        own = {name: self.defaults[name] for name in self.bounds}
        found = [own]
        for name, (low, high) in self.bounds.items():
            larger = [factor * own[name] for factor in (2, 16, 1000)]
            tried = [*([low] * (low is not None)), *(larger if high is None else [high])]
            found += [{**own, name: value} for value in tried]
        return found

    def assume(self, relation: Relation) -> None:
        """Restrict the domain."""
        self.assumed[relation] = None

    def bound(self, relation: Relation) -> None:
        """Start anew with the bounds of a knob that a relation comes to, if that is what it says. Raises Again."""
        for knob, bounds in tightened(self.bounds, [relation]).items():
            if bounds != self.bounds[knob]:
                raise Again(knob, bounds=bounds)

    def decide(self, relation: Relation) -> bool:
        """What holds at the knobs' own values, or the opposite; the domain is then about that.

        Raises Refusal where it differs among the copies of a repetition.
        """
        if varies(relation):
            raise Refusal(f"{relation} holds for some copies of it, and not for others")
        holds = relation.at(self.defaults)
        own = relation if holds else ~relation
        if str(own) in self.turned:
            holds, own = not holds, ~own
        self.assume(own)
        return holds

    # Whole numbers

    def unit(self, monomial: Monomial) -> Rational | None:
        """What all values of a product are multiples of; None where that is not known."""
        unit: Rational = 1
        for number, exponent in monomial:
            own = self.symbols[number].unit
            if own is None or exponent < 0:
                return self._assumed_unit(monomial)
            unit = unit * own**exponent
        return unit

    def _assumed_unit(self, monomial: Monomial) -> Rational | None:
        exponents = dict(monomial)
        for product, unit in self.units.items():
            if all(0 < e <= exponents.get(n, 0) or exponents.get(n, 0) <= e < 0 for n, e in product):
                taken = dict(product)
                rest = tuple((n, e - taken.get(n, 0)) for n, e in monomial if e != taken.get(n, 0))
                if (other := self.unit(rest)) is not None:
                    return unit * other
        return None

    def is_whole(self, monomial: Monomial, c: Rational) -> bool:
        """Whether a term's values are all whole."""
        unit = self.unit(monomial)
        return unit is not None and (isinstance(own := unit * c, int) or own.denominator == 1)

    def denominator(self, terms: Terms) -> int | None:
        """The smallest whole number of which the terms' multiple is whole; None where that is not known."""
        units = [self.unit(monomial) for monomial in terms]
        if any(unit is None for unit in units):
            return None
        shares = (Fraction(unit * c) for unit, c in zip(units, terms.values(), strict=True))
        return lcm(*(share.denominator for share in shares))

    def resolve(self, monomial: Monomial, c: Rational) -> bool:
        """Make a term whole, by a coarser step of a knob (raises Again) or an assumption; False where neither helps."""
        monomial = tuple((n, e) for n, e in monomial if n not in self.indices)  # whole enough without them
        knobs = [(n, s) for n, _ in monomial if isinstance(s := self.symbols[n], Knob)]
        loose = [(n, s) for n, s in knobs if s.unit is None]
        if not self.rounds or any(symbol.knob in self.loose for _, symbol in knobs):
            return False
        if len(knobs) < len(monomial) and (loose or self.unit(monomial) is None):
            return False
        if loose:
            if len(monomial) == 1 and monomial[0][1] == 1:
                self.refine(loose[0][1], 1 / Fraction(abs(c)))
            return self._assume_whole(monomial, c)
        unit = self.unit(monomial)
        if unit is None:
            return self._assume_whole(monomial, c)
        for _, symbol in knobs:
            self.refine(symbol, Fraction(unit * c).denominator)
        return False

    def refine(self, symbol: Knob, factor: Rational) -> None:
        """Start anew with a step that much coarser, unless it leaves too little of the knob. Raises Again."""
        size = whole(Fraction(factor) * (symbol.step.size if symbol.step else 1))
        low, high = self.bounds[symbol.knob]
        residue = whole(Fraction(self.defaults[symbol.knob]) % size)
        if size > COARSEST or Fraction(size).denominator > COARSEST:
            return
        if low is not None and high is not None:
            values = (high - residue) // size + (residue - low) // size + 1
            if values < FEWEST:
                return
        raise Again(symbol.knob, Step(size, residue))

    def _assume_whole(self, monomial: Monomial, c: Rational) -> bool:
        """Assume that a product of several knobs is a multiple of 1/c, if it is so at their own values."""
        term = Form({monomial: 1}, self)
        value = Fraction(term.at(self.defaults)) * c
        if value.denominator != 1 or any(exponent < 0 for _, exponent in monomial):
            return False
        unit = 1 / Fraction(abs(c))
        known = Fraction(self.units.get(monomial, unit))
        common = Fraction(lcm(unit.numerator, known.numerator), gcd(unit.denominator, known.denominator))
        self.units[monomial] = whole(common)
        return True

    @property
    def conditions(self) -> list[Relation]:
        """All that was assumed."""
        units = [Relation(self, Form({m: 1}, self), "multiple of", unit) for m, unit in self.units.items()]
        return [*units, *self.assumed]
