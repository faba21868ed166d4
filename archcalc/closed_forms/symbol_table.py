"""The symbol table of one evaluation, and how each free knob is written so that floors vanish.

A floor of a polynomial vanishes where its knobs are written in steps, such as side = 32 s + 11: every coefficient is
then whole. The evaluation finds out which steps it needs: at a floor that it cannot resolve it stops, and the next
evaluation starts with a coarser step (Restart).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

from archcalc.closed_forms.domain import tightened
from archcalc.closed_forms.form import Form, varies
from archcalc.closed_forms.polynomial import Monomial, Rational, Terms
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbols import FUNCTIONS, Index, Knob, Named, NoClosedForm, Restart, Step, Symbol
from archcalc.core.errors import Refusal, listing
from archcalc.core.number import COMPARE, plain

COARSEST = 10_000  # the largest step; a floor that needs a larger one stays
FEWEST = 2  # values of a knob that must be left by a step, within the knob's bounds
MOST_TERMS = 500  # of a form; nobody reads a larger one
MOST_WORK = 1_000_000  # products of terms in one evaluation; they take about a second


class SymbolTable:
    """The symbols of an evaluation so far, and what was assumed about them."""

    def __init__(
        self,
        defaults: Mapping[str, Any],
        bounds: Mapping[str, tuple[Any, Any]],
        steps: Mapping[str, Step] | None = None,
        stepless: frozenset[str] = frozenset(),
        flipped: frozenset[str] = frozenset(),
        open_depth: bool = False,
    ) -> None:
        self.defaults, self.bounds, self.steps = dict(defaults), bounds, dict(steps or {})
        self.stepless, self.flipped = stepless, flipped  # knobs that get no step; decisions to take the other way
        self.may_coarsen = (
            True  # whether a floor may ask for a coarser step of a knob, or assume that a product is whole
        )
        self.open_depth = open_depth  # whether a repeat count may be a form
        self.symbols: list[Symbol] = []
        self.indices: set[int] = set()  # the symbols that are an index of a repeated block
        self.forms: dict[Any, Form] = {}
        self.assumed: dict[Relation, None] = {}  # the conditions of the domain
        self.units: dict[Monomial, Rational] = {}  # products that are assumed to be multiples of these numbers
        self.work = 0  # products of terms so far

    def spend(self, products: int, terms: int) -> None:
        """Count the work of an operation. Raises NoClosedForm where the work or the result is too large."""
        self.work += products
        if terms > MOST_TERMS or self.work > MOST_WORK:
            raise NoClosedForm(self.bounds, "it would have too many terms to be read")

    def knob(self, name: str) -> Form:
        """A free knob; where it has a step, size * s + residue."""
        if name not in self.forms:
            step = self.steps.get(name)
            s = self._symbol(Knob(name, self.letter(name, step), self.bounds[name], step))
            self.forms[name] = s if step is None else s * step.size + step.residue
        return self.forms[name]

    def letter(self, name: str, step: Step | None) -> str:
        """The letter for the steps of a knob: s, or s_resolution where s is not unique; for a step of 1, its name."""
        if step is None or step == (1, 0):
            return name
        several = sum(other != (1, 0) for other in self.steps.values()) > 1
        return f"s_{name}" if several or "s" in self.bounds else "s"

    def index(self, first: int, last: Any) -> Form:
        """The index of a repeated block, from the first value to the last."""
        self.indices.add(len(self.symbols))
        return self._symbol(Index(first, last))

    def named(self, function: str, *arguments: Any) -> Form:
        """A function of forms as a symbol, one for equal functions. Raises Refusal where it depends on an index."""
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
        """Points to try: all knobs at their base values, and each knob in turn at its minimum and at larger values."""
        own = {name: self.defaults[name] for name in self.bounds}
        found = [own]
        for name, (low, high) in self.bounds.items():
            larger = [factor * own[name] for factor in (2, 16, 1000)]
            tried = [*([low] * (low is not None)), *(larger if high is None else [high])]
            found += [{**own, name: value} for value in tried]
        return found

    def assume(self, relation: Relation) -> None:
        """Add a condition to the domain."""
        self.assumed[relation] = None

    def bound(self, relation: Relation) -> None:
        """Raise Restart with narrower bounds of a knob, where a relation is a bound of a knob."""
        for knob, bounds in tightened(self.bounds, [relation]).items():
            if bounds != self.bounds[knob]:
                raise Restart(knob, bounds=bounds)

    def decide(self, relation: Relation) -> bool:
        """Decide a relation by the base values, or the other way where it is to be flipped, and assume the result.

        Raises Refusal where it depends on the index of a repeated block.
        """
        if varies(relation):
            raise Refusal(f"{relation} depends on which repetition it is")
        holds = relation.at(self.defaults)
        own = relation if holds else ~relation
        if str(own) in self.flipped:
            holds, own = not holds, ~own
        self.assume(own)
        return holds

    # Whole numbers

    def unit(self, monomial: Monomial) -> Rational | None:
        """A number of which every value of a product is a multiple; None where none is known."""
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
                divisor = dict(product)
                rest = tuple((n, e - divisor.get(n, 0)) for n, e in monomial if e != divisor.get(n, 0))
                if (other := self.unit(rest)) is not None:
                    return unit * other
        return None

    def is_whole(self, monomial: Monomial, c: Rational) -> bool:
        """Whether all values of a term are whole."""
        unit = self.unit(monomial)
        return unit is not None and (isinstance(own := unit * c, int) or own.denominator == 1)

    def denominator(self, terms: Terms) -> int | None:
        """The smallest whole number whose product with the terms is whole; None where it is not known."""
        units = [self.unit(monomial) for monomial in terms]
        if any(unit is None for unit in units):
            return None
        multiples = (Fraction(unit * c) for unit, c in zip(units, terms.values(), strict=True))
        return lcm(*(multiple.denominator for multiple in multiples))

    def resolve(self, monomial: Monomial, c: Rational) -> bool:
        """Make a term whole by an assumption, or by a coarser step (raises Restart); False where neither helps."""
        monomial = tuple((n, e) for n, e in monomial if n not in self.indices)  # an index is always whole
        knobs = [(n, s) for n, _ in monomial if isinstance(s := self.symbols[n], Knob)]
        unitless = [(n, s) for n, s in knobs if s.unit is None]
        if not self.may_coarsen or any(symbol.knob in self.stepless for _, symbol in knobs):
            return False
        if len(knobs) < len(monomial) and (unitless or self.unit(monomial) is None):
            return False
        if unitless:
            if len(monomial) == 1 and monomial[0][1] == 1:
                self.coarsen(unitless[0][1], 1 / Fraction(abs(c)))
            return self._assume_whole(monomial, c)
        unit = self.unit(monomial)
        if unit is None:
            return self._assume_whole(monomial, c)
        for _, symbol in knobs:
            self.coarsen(symbol, Fraction(unit * c).denominator)
        return False

    def coarsen(self, symbol: Knob, factor: Rational) -> None:
        """Raise Restart with a step coarser by this factor, unless too few values of the knob would be left."""
        size = plain(Fraction(factor) * (symbol.step.size if symbol.step else 1))
        low, high = self.bounds[symbol.knob]
        residue = plain(Fraction(self.defaults[symbol.knob]) % size)
        if size > COARSEST or Fraction(size).denominator > COARSEST:
            return
        if low is not None and high is not None:
            values = (high - residue) // size + (residue - low) // size + 1
            if values < FEWEST:
                return
        raise Restart(symbol.knob, Step(size, residue))

    def _assume_whole(self, monomial: Monomial, c: Rational) -> bool:
        """Assume that a product of several knobs is a multiple of 1/c, if it is one at the base values."""
        term = Form({monomial: 1}, self)
        value = Fraction(term.at(self.defaults)) * c
        if value.denominator != 1 or any(exponent < 0 for _, exponent in monomial):
            return False
        unit = 1 / Fraction(abs(c))
        known = Fraction(self.units.get(monomial, unit))
        common = Fraction(lcm(unit.numerator, known.numerator), gcd(unit.denominator, known.denominator))
        self.units[monomial] = plain(common)
        return True

    @property
    def conditions(self) -> list[Relation]:
        """Everything that was assumed."""
        units = [Relation(self, Form({m: 1}, self), "multiple of", unit) for m, unit in self.units.items()]
        return [*units, *self.assumed]


class Translation:
    """A translation to a symbol table whose knobs have no steps; each symbol is translated once."""

    def __init__(self, target: SymbolTable, smooth: bool = False) -> None:
        self.target, self.smooth = target, smooth
        self.known: dict[tuple[SymbolTable, int], Any] = {}

    def __call__(self, value: Any) -> Any:
        """A form or a relation, translated; any other value is returned as it is."""
        if isinstance(value, Relation):
            left, right = self(value.left), self(value.right)
            if value.sign in COMPARE and (isinstance(left, Form) or isinstance(right, Form)):
                return COMPARE[value.sign](left, right)
            return Relation(self.target, left, value.sign, right)
        if not isinstance(value, Form):
            return value
        result: Any = 0
        for monomial, c in value.terms.items():
            product: Any = c
            for number, exponent in monomial:
                own = self.symbol(value.table, number)
                product = product * own**exponent if exponent > 0 else product / own**-exponent
            result = result + product
        return result

    def symbol(self, table: SymbolTable, number: int) -> Any:
        if (table, number) not in self.known:
            self.known[table, number] = self._symbol(table.symbols[number])
        return self.known[table, number]

    def _symbol(self, symbol: Symbol) -> Any:
        if isinstance(symbol, Knob):
            own = self.target.knob(symbol.knob)
            return own if symbol.step is None else (own - symbol.step.residue) / symbol.step.size
        assert isinstance(symbol, Named)
        arguments = tuple(map(self, symbol.arguments))
        if symbol.function == "inverse":
            return 1 / arguments[0]
        if self.smooth and FUNCTIONS[symbol.function].rounds:
            return arguments[0]
        return self.target.named(symbol.function, *arguments)
