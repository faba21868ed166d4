"""The number type of closed forms: a sum of products of symbols, with exact coefficients."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from archcalc.closed_forms.copies import Copies
from archcalc.closed_forms.polynomial import ONE, Rational, Terms, plus, quotient, scaled, times, used
from archcalc.closed_forms.relation import Relation, compared, is_never_less
from archcalc.closed_forms.symbols import Index, Knob, NoClosedForm, Symbol, Values, lower, upper
from archcalc.core.number import OwnNumber, multiple, plain, product

if TYPE_CHECKING:
    from archcalc.closed_forms.symbol_table import SymbolTable

MOST_POWER = 64
MOST_MAXIMA = 64  # candidates for a maximum
STRUCTURE = "how often layers repeat depends on it"


class Form(OwnNumber):
    """A sum of products with at least one symbol; an operation with a constant result gives an int or a Fraction."""

    def __init__(self, terms: Terms, table: SymbolTable) -> None:
        self.terms, self.table = terms, table

    # Arithmetic

    def __add__(self, other: Any) -> Any:
        own, others = self.terms, _terms(other)
        self.table.spend(0, max(len(own), len(others)))
        return number_of(plus(own, others), self.table)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return self if other == 1 else number_of(scaled(self.terms, other), self.table)
        own, others = self.terms, _terms(other)
        self.table.spend(len(own) * len(others), max(len(own), len(others)))
        return number_of(times(own, others), self.table)

    def __neg__(self) -> Any:
        return number_of(scaled(self.terms, -1), self.table)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return self * (1 / Fraction(other))
        exact = quotient(_terms(self), other.terms)
        if exact is None:
            return self * other.table.named("inverse", other)
        if isinstance(nonzero := other != 0, Relation):
            other.table.assume(nonzero)  # the quotient no longer shows that it was divided
        return number_of(exact, other.table)

    def whole_quotient(self, other: Any) -> Any:
        """The quotient, without a floor: the caller knows that it is whole."""
        return self / other

    def __floor__(self) -> Any:
        """The terms that are whole leave the floor; a rest that no step of the knobs makes whole stays in it."""
        outside, rest, constant = dict[Any, Any](), dict[Any, Any](), self.terms.get(ONE, 0)
        for monomial, c in self.terms.items():
            if monomial:
                fits = self.table.is_whole(monomial, c) or (
                    self.table.resolve(monomial, c) and self.table.is_whole(monomial, c)
                )
                (outside if fits else rest)[monomial] = c
        known = number_of(outside, self.table) + constant // 1
        return known + _rounded(rest, plain(constant - constant // 1), self.table) if rest else known

    def __mod__(self, other: Any) -> Any:
        """A polynomial where the rounded quotient is one, else the function mod."""
        quotient_ = self / other
        whole_part = math.floor(quotient_)
        if roundings(whole_part) <= roundings(quotient_):
            return self - other * whole_part
        return _table(self, other).named("mod", self, other)

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, int) or not 0 <= exponent <= MOST_POWER:
            table = _table(self, exponent)
            if math.floor(exponent) != exponent:  # no step of the knobs makes the exponent whole
                table.assume(Relation(table, exponent, "multiple of", 1))
            return table.named("power", self, exponent)
        return product([self] * exponent)

    def compared(self, sign: str, other: Any) -> Any:
        """True or False where the bounds of the symbols decide it, else a Relation."""
        return compared(self, sign, other)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(frozenset(self.terms.items()))

    # What is known of it

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols in it, without those in the arguments of its functions."""
        return [self.table.symbols[number] for number in used(self.terms)]

    @property
    def single(self) -> tuple[Rational, Symbol] | None:
        """The number and the symbol of which it is the product; None for any other form."""
        (monomial, c), *rest = self.terms.items()
        alone = not rest and len(monomial) == 1 and monomial[0][1] == 1
        return (c, self.table.symbols[monomial[0][0]]) if alone else None

    @cached_property
    def low(self) -> Rational | None:
        """A lower bound; None where none was found."""
        return lower(self.terms, self.table.symbols)

    @cached_property
    def high(self) -> Rational | None:
        """An upper bound; None where none was found."""
        return upper(self.terms, self.table.symbols)

    @property
    def is_integer(self) -> bool | None:
        """True where all its values are whole; None where that is not known."""
        return True if all(self.table.is_whole(m, c) for m, c in self.terms.items()) else None

    # As a repeat count

    @property
    def settled(self) -> Any:
        """The form itself, if a repeat count may be a form and it is always whole. Raises NoClosedForm."""
        if not self.table.open_depth:
            raise NoClosedForm(knobs_of(self), STRUCTURE)
        return self if math.floor(self) == self else self.refuse(f"{self} is a repeat count and is not always whole")

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """The repetitions from ``first`` on, without the last ``after`` ones; see Copies for ``before``."""
        last = self - after
        return Copies(self.table.index(first, last), first, last, before)

    def reaches(self, number: int) -> bool:
        """Whether it is at least this number; where that is open, it is decided at the base values and assumed.

        Raises Restart where the assumption is a bound of a knob.
        """
        known = self >= number
        if isinstance(known, Relation) and known.at(self.table.defaults):
            self.table.bound(known)
        return bool(known if isinstance(known, bool) else known.settled)

    def refuse(self, why: str) -> NoReturn:
        """Raise NoClosedForm: there is no closed form in its knobs."""
        raise NoClosedForm(knobs_of(self), why)

    @cached_property
    def samples(self) -> tuple[Rational, ...]:
        """Its values at a few points, to see quickly that a form is not always less than another."""
        return tuple(self.at(point) for point in self.table.points)

    def at(self, values: Values) -> Rational:
        """Its exact value at these values of the knobs."""
        total: Rational = 0
        for monomial, c in self.terms.items():
            product = c
            for number, exponent in monomial:
                own = self.table.symbols[number].at(values)
                product = product * (own**exponent if exponent > 0 else Fraction(own) ** exponent)
            total = total + product
        return plain(total)

    # Functions that no polynomial expresses

    def minimum(self, other: Any) -> Any:
        """The smaller of two numbers."""
        known = self <= other
        return (self if known else other) if isinstance(known, bool) else self.table.named("min", self, other)

    def maximum(self, other: Any) -> Any:
        """The larger of the two; a candidate that is never the largest is left out."""
        values = [value for side in (self, other) for value in _largest_of(side)]
        candidates: list[Any] = []
        for value in values:
            if not any(is_never_less(other, value) for other in candidates):
                candidates = [other for other in candidates if not is_never_less(value, other)] + [value]
        if len(candidates) > MOST_MAXIMA:
            knobs = set[str]().union(*map(knobs_of, candidates))
            raise NoClosedForm(knobs, f"it would be the maximum of over {MOST_MAXIMA} forms; leave fewer knobs free")
        return candidates[0] if len(candidates) == 1 else self.table.named("max", *candidates)

    def make_divisible(self, divisor: Any) -> Any:
        """The nearest multiple of the divisor, by the rule of the MobileNet code."""
        if not isinstance(divisor, int):
            return multiple(self, divisor)
        unit = self.table.unit(next(iter(self.terms))) if len(self.terms) == 1 else None
        if unit is not None and unit * next(iter(self.terms.values())) % divisor == 0 and (self >= divisor) is True:
            return self
        return self.table.named("make_divisible", self, divisor)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        from archcalc.closed_forms.write import TEXT, write

        return write(self, TEXT)

    def __repr__(self) -> str:
        return f"<form {self}>"


def _rounded(rest: Terms, constant: Rational, table: SymbolTable) -> Any:
    """floor(rest + constant), where 0 <= constant < 1, in one normal form, so that equal floors are one symbol.

    Where d * rest is whole, the constant is lowered to j/d; with j = d - 1 it is ceil(rest).
    """
    inner = number_of(plus(rest, {ONE: constant} if constant else {}), table)
    if inner.low is not None and inner.high is not None and inner.low // 1 == inner.high // 1:
        return inner.low // 1
    d, negative = table.denominator(rest), all(c < 0 for c in rest.values())
    if d is None:
        return -table.named("ceil", -inner) if negative else table.named("floor", inner)
    j = constant * d // 1
    if negative:  # floor(-x + j/d) = -floor(x + (d - 1 - j)/d)
        rest, j = scaled(rest, -1), d - 1 - j
    own = Form(rest, table)
    rounded = table.named("ceil", own) if j == d - 1 else table.named("floor", own + plain(Fraction(j, d)))
    return -rounded if negative else rounded


def roundings(x: Any) -> set[int]:
    """The numbers of the symbols in a form that are a floor or a ceil."""
    numbers = used(x.terms) if isinstance(x, Form) else ()
    return {number for number in numbers if x.table.symbols[number].function in ("floor", "ceil")}


def varies(x: Any) -> bool:
    """Whether a form, or a relation of forms, depends on the index of a repeated block."""
    if isinstance(x, Relation):
        return varies(x.left) or varies(x.right)
    return isinstance(x, Form) and any(isinstance(symbol, Index) for symbol in x.symbols)


def knobs_of(x: Any) -> set[str]:
    """The free knobs that a form, or a relation of forms, depends on."""
    if isinstance(x, Relation):
        return knobs_of(x.left) | knobs_of(x.right)
    if not isinstance(x, Form):
        return set()
    own = {symbol.knob for symbol in x.symbols if isinstance(symbol, Knob)}
    return own.union(*(knobs_of(argument) for symbol in x.symbols for argument in symbol.arguments))


def _largest_of(side: Any) -> tuple[Any, ...]:
    """The arguments of a form that is a maximum; any other number alone."""
    single = side.single if isinstance(side, Form) else None
    if single and single[0] == 1 and single[1].function == "max":
        return single[1].arguments
    return (side,)


def _table(a: Any, b: Any) -> SymbolTable:
    return a.table if isinstance(a, Form) else b.table


def _terms(value: Any) -> Terms:
    if isinstance(value, Form):
        return value.terms
    return {ONE: value} if value else {}


def number_of(terms: Terms, table: SymbolTable) -> Any:
    """A form, or a plain number where there is no symbol in it."""
    if not terms:
        return 0
    if len(terms) == 1 and ONE in terms:
        return terms[ONE]
    return Form(terms, table)
