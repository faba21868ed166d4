"""The number type of closed forms: a sum of products of symbols, with exact coefficients."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from archcalc.forms.bounds import lower, upper
from archcalc.forms.compare import compared, is_never_less
from archcalc.forms.copies import Copies
from archcalc.forms.relation import Relation
from archcalc.forms.signals import NotCovered
from archcalc.forms.symbols import Index, Knob, Named, Values
from archcalc.forms.terms import ONE, Rational, Terms, plus, quotient, scaled, times, whole
from archcalc.number import multiple, product
from archcalc.protocol import OwnNumber

if TYPE_CHECKING:
    from archcalc.forms.field import Field

MOST_POWER = 64
MOST_KEPT = 64  # candidates for the largest
STRUCTURE = "how often layers repeat depends on it"


class Form(OwnNumber):
    """Not a constant: what comes out constant is an int or a Fraction again."""

    def __init__(self, terms: Terms, field: Field) -> None:
        self.terms, self.field = terms, field

    # Arithmetic

    def __add__(self, other: Any) -> Any:
        own, others = self.terms, _terms(other)
        self.field.spend(0, max(len(own), len(others)))
        return number_of(plus(own, others), self.field)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return self if other == 1 else number_of(scaled(self.terms, other), self.field)
        own, others = self.terms, _terms(other)
        self.field.spend(len(own) * len(others), max(len(own), len(others)))
        return number_of(times(own, others), self.field)

    def __neg__(self) -> Any:
        return number_of(scaled(self.terms, -1), self.field)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, (int, Fraction)):
            return self * (1 / Fraction(other))
        exact = quotient(_terms(self), other.terms)
        if exact is None:
            return self * other.field.named("inverse", other)
        if isinstance(nonzero := other != 0, Relation):
            other.field.assume(nonzero)  # which the quotient no longer shows
        return number_of(exact, other.field)

    def share(self, other: Any) -> Any:
        """The quotient; where one number is known to divide another, there is no floor."""
        return self / other

    def __floor__(self) -> Any:
        """What is whole comes out, and a floor that no step of the knobs resolves stays."""
        apart, rest, constant = dict[Any, Any](), dict[Any, Any](), self.terms.get(ONE, 0)
        for monomial, c in self.terms.items():
            if monomial:
                fits = self.field.is_whole(monomial, c) or (
                    self.field.resolve(monomial, c) and self.field.is_whole(monomial, c)
                )
                (apart if fits else rest)[monomial] = c
        if not rest:
            return number_of(apart, self.field) + constant // 1
        return (
            number_of(apart, self.field) + constant // 1 + _rounded(rest, whole(constant - constant // 1), self.field)
        )

    def __mod__(self, other: Any) -> Any:
        """A polynomial where the quotient is one, else a function."""
        quotient_ = self / other
        whole_part = math.floor(quotient_)
        if roundings(whole_part) <= roundings(quotient_):
            return self - other * whole_part
        return _field(self, other).named("mod", self, other)

    def __pow__(self, exponent: Any) -> Any:
        if not isinstance(exponent, int) or not 0 <= exponent <= MOST_POWER:
            field = _field(self, exponent)
            if math.floor(exponent) != exponent:  # no step of the knobs makes it whole
                field.assume(Relation(field, exponent, "multiple of", 1))
            return field.named("power", self, exponent)
        return product([self] * exponent)

    def compared(self, sign: str, other: Any) -> Any:
        """True or False where the bounds of the symbols settle it, else a Relation."""
        return compared(self, sign, other)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(frozenset(self.terms.items()))

    # What is known of it

    @cached_property
    def low(self) -> Rational | None:
        """What it is at least; None where no bound was found."""
        return lower(self.terms, self.field.symbols)

    @cached_property
    def high(self) -> Rational | None:
        """What it is at most."""
        return upper(self.terms, self.field.symbols)

    @property
    def is_integer(self) -> bool | None:
        """True where all its values are whole; None where that is open."""
        return True if all(self.field.is_whole(m, c) for m, c in self.terms.items()) else None

    # As a number of repetitions

    @property
    def settled(self) -> Any:
        """The same, known to be whole. Raises NotCovered."""
        if not self.field.deep:
            raise NotCovered(knobs_of(self), STRUCTURE)
        return (
            self if math.floor(self) == self else self.refuse(f"{self} is not always whole, and is a number of copies")
        )

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """Those from the first of these numbers on, up to so many before the last; see there what is ``before``."""
        last = self - after
        return Copies(self.field.index(first, last), first, last, before)

    def reaches(self, number: int) -> bool:
        """Whether it is so large; where that is open, what holds for the knobs' own values is assumed.

        Raises Again where that is a bound of a knob.
        """
        known = self >= number
        if isinstance(known, Relation) and known.at(self.field.defaults):
            self.field.bound(known)
        return bool(known if isinstance(known, bool) else known.settled)

    def refuse(self, why: str) -> NoReturn:
        """There is no closed form in its knobs. Raises NotCovered."""
        raise NotCovered(knobs_of(self), why)

    @cached_property
    def samples(self) -> tuple[Rational, ...]:
        """Its values at a few points: what is larger at one of them is not always less."""
        return tuple(self.at(point) for point in self.field.points)

    def at(self, values: Values) -> Rational:
        """Its value where the knobs have these, exactly."""
        total: Rational = 0
        for monomial, c in self.terms.items():
            product = c
            for number, exponent in monomial:
                own = self.field.symbols[number].at(values)
                product = product * (own**exponent if exponent > 0 else Fraction(own) ** exponent)
            total = total + product
        return whole(total)

    # Functions that no polynomial expresses

    def least(self, other: Any) -> Any:
        """The smaller of the two."""
        known = self <= other
        return (self if known else other) if isinstance(known, bool) else self.field.named("min", self, other)

    def most(self, other: Any) -> Any:
        """The larger of the two; one that never is the largest is left out."""
        values = [value for side in (self, other) for value in _largest_of(side)]
        kept: list[Any] = []
        for value in values:
            if not any(is_never_less(other, value) for other in kept):
                kept = [other for other in kept if not is_never_less(value, other)] + [value]
        if len(kept) > MOST_KEPT:
            knobs = set[str]().union(*map(knobs_of, kept))
            raise NotCovered(knobs, f"it would be the largest of more than {MOST_KEPT} forms; leave fewer knobs free")
        return kept[0] if len(kept) == 1 else self.field.named("max", *kept)

    def make_divisible(self, divisor: Any) -> Any:
        """The nearest multiple of the divisor, by the rule of the MobileNet code."""
        if not isinstance(divisor, int):
            return multiple(self, divisor)
        unit = self.field.unit(next(iter(self.terms))) if len(self.terms) == 1 else None
        if unit is not None and unit * next(iter(self.terms.values())) % divisor == 0 and (self >= divisor) is True:
            return self
        return self.field.named("make_divisible", self, divisor)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        from archcalc.forms.styles import TEXT
        from archcalc.forms.write import write

        return write(self, TEXT)

    def __repr__(self) -> str:
        return f"<form {self}>"


def _rounded(rest: Terms, constant: Rational, field: Field) -> Any:
    """floor(rest + constant), where 0 <= constant < 1: the one way to write it, so that equal ones are one symbol.

    Of whole numerators over d the constant is j/d; with j = d - 1 it is ceil(rest).
    """
    inner = number_of(plus(rest, {ONE: constant} if constant else {}), field)
    if inner.low is not None and inner.high is not None and inner.low // 1 == inner.high // 1:
        return inner.low // 1
    d, negative = field.denominator(rest), all(c < 0 for c in rest.values())
    if d is None:
        return -field.named("ceil", -inner) if negative else field.named("floor", inner)
    j = constant * d // 1
    if negative:  # floor(-x + j/d) = -floor(x + (d - 1 - j)/d)
        rest, j = scaled(rest, -1), d - 1 - j
    own = Form(rest, field)
    rounded = field.named("ceil", own) if j == d - 1 else field.named("floor", own + whole(Fraction(j, d)))
    return -rounded if negative else rounded


def roundings(x: Any) -> set[int]:
    """The numbers of the symbols in a form that round."""
    numbers = {number for monomial in x.terms for number, _ in monomial} if isinstance(x, Form) else set()
    return {number for number in numbers if getattr(x.field.symbols[number], "function", "") in ("floor", "ceil")}


def varies(x: Any) -> bool:
    """Whether a form, or a relation of forms, depends on which copy of a repetition it is about."""
    if isinstance(x, Relation):
        return varies(x.left) or varies(x.right)
    return isinstance(x, Form) and any(number in x.field.indices for monomial in x.terms for number, _ in monomial)


def knobs_of(x: Any) -> set[str]:
    """The free knobs that a form, or a relation of forms, depends on."""
    if isinstance(x, Relation):
        return knobs_of(x.left) | knobs_of(x.right)
    if not isinstance(x, Form):
        return set()
    found: set[str] = set()
    for number in {number for monomial in x.terms for number, _ in monomial}:
        symbol = x.field.symbols[number]
        if isinstance(symbol, Knob):
            found.add(symbol.knob)
        elif isinstance(symbol, Named):
            found = found.union(*map(knobs_of, symbol.arguments))
        elif isinstance(symbol, Index):
            found |= knobs_of(symbol.last)
    return found


def _largest_of(side: Any) -> tuple[Any, ...]:
    """Of a maximum, what it is the maximum of."""
    if isinstance(side, Form) and len(side.terms) == 1:
        ((monomial, c),) = side.terms.items()
        symbol = side.field.symbols[monomial[0][0]]
        if c == 1 and len(monomial) == 1 and monomial[0][1] == 1 and getattr(symbol, "function", "") == "max":
            return tuple(symbol.arguments)  # type: ignore[attr-defined]  # a Named, by the line above
    return (side,)


def _field(a: Any, b: Any) -> Field:
    return a.field if isinstance(a, Form) else b.field


def _terms(value: Any) -> Terms:
    if isinstance(value, Form):
        return value.terms
    return {ONE: value} if value else {}


def number_of(terms: Terms, field: Field) -> Any:
    """A form, or the plain number that it is."""
    if not terms:
        return 0
    if len(terms) == 1 and ONE in terms:
        return terms[ONE]
    return Form(terms, field)
