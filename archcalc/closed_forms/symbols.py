"""The symbols of a form: free knobs, indices of repeated blocks, and functions that are no polynomials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.closed_forms.polynomial import ONE, Monomial, Rational, Terms, plus, scaled, times
from archcalc.core.errors import NO_ROOT
from archcalc.core.number import make_divisible, plain

if TYPE_CHECKING:
    from archcalc.closed_forms.form import Form

Values = Mapping[str, Any]  # of the knobs


class Step(NamedTuple):
    """The values knob = size * s + residue of a knob, for every whole number s."""

    size: Rational
    residue: Rational


class Symbol:
    """A symbol of a form, with its bounds; its values are multiples of ``unit``, where that is not None."""

    name: str
    function = ""  # the name of a named function
    arguments: tuple[Any, ...] = ()  # the numbers that its values depend on
    low: Rational | None = None
    high: Rational | None = None
    unit: Rational | None = None
    slack: Rational = 0  # how far a rounding can be from the number that it rounds

    def at(self, values: Values) -> Rational:
        """Its value at these values of the knobs."""
        raise NotImplementedError

    def bounding(self, above: bool) -> Terms | None:
        """A sum of products that bounds it from above or from below; None where no close one is known."""
        return None


class Knob(Symbol):
    """A free knob, or the letter s that counts its steps."""

    def __init__(self, knob: str, name: str, bounds: tuple[Any, Any], step: Step | None) -> None:
        self.knob, self.name, self.step = knob, name, step
        low, high = bounds
        if step is not None:
            self.unit = 1
            low = None if low is None else -((step.residue - low) // step.size)
            high = None if high is None else (high - step.residue) // step.size
        self.low, self.high = low, high

    def at(self, values: Values) -> Rational:
        value = values[self.knob]
        return value if self.step is None else plain(Fraction(value - self.step.residue) / self.step.size)


class Index(Symbol):
    """The index of a repeated block, from the number ``first`` to the form ``last``."""

    name, unit = "index", 1

    def __init__(self, first: int, last: Any) -> None:
        self.low, self.last, self.arguments = first, last, (last,)

    def at(self, values: Values) -> Rational:
        """The first index, since any of them will do."""
        return self.low

    def bounding(self, above: bool) -> Terms:
        return getattr(self.last, "terms", {ONE: self.last}) if above else {ONE: self.low}


class Meaning(NamedTuple):
    """The meaning of a named function: how it is computed, and whether it rounds its first argument."""

    compute: Callable[..., Any]
    rounds: bool = False  # then its first argument is its smooth form


def _power(base: Any, exponent: Any) -> Rational:
    """A power with a whole exponent. Raises ValueError for any other exponent."""
    if not isinstance(exponent, int):
        raise ValueError(NO_ROOT)
    return plain(Fraction(base) ** exponent)


FUNCTIONS: dict[str, Meaning] = {
    "floor": Meaning(lambda x: x // 1, rounds=True),
    "ceil": Meaning(lambda x: -(-x // 1), rounds=True),
    "make_divisible": Meaning(make_divisible, rounds=True),
    "min": Meaning(min),
    "max": Meaning(max),
    "power": Meaning(_power),
    "inverse": Meaning(lambda x: plain(1 / Fraction(x))),
    "mod": Meaning(lambda a, b: a % b),
    "where": Meaning(lambda condition, yes, no: yes if condition else no),
}


class Named(Symbol):
    """A function of forms, such as floor(3/8 alpha), as one symbol with the bounds of its values."""

    def __init__(self, function: str, arguments: tuple[Any, ...]) -> None:
        self.function, self.arguments, self.name = function, arguments, ""
        self.cached: tuple[Any, Rational] | None = None
        getattr(self, f"_{function}", lambda *_: None)(*arguments)

    def at(self, values: Values) -> Rational:
        if self.cached is None or self.cached[0] is not values:
            arguments = [argument.at(values) if hasattr(argument, "at") else argument for argument in self.arguments]
            self.cached = values, FUNCTIONS[self.function].compute(*arguments)
        return self.cached[1]

    def bounding(self, above: bool) -> Terms | None:
        if self.function not in ("floor", "ceil"):
            return None
        inner: Terms = self.arguments[0].terms
        slack = self.slack * ((self.function == "ceil") * above - (self.function == "floor") * (not above))
        return plus(inner, {ONE: slack}) if slack else inner

    def _floor(self, x: Form) -> None:
        compute, d = FUNCTIONS[self.function].compute, x.table.denominator(x.terms)
        self.low, self.high = (None if bound is None else compute(bound) for bound in (x.low, x.high))
        self.unit = 1
        self.slack = 1 if d is None else Fraction(d - 1, d)  # all values of x are multiples of 1/d

    _ceil = _floor

    def _make_divisible(self, x: Form, divisor: int) -> None:
        self.unit = self.low = divisor
        self.high = None if x.high is None else make_divisible(x.high, divisor)

    def _mod(self, a: Any, b: Any) -> None:
        self.low, self.unit = 0, _common_unit((a, b))

    def _one_of(self, *values: Any) -> None:
        lows, highs = zip(*map(_bounds, values), strict=True)
        self.low, self.high, self.unit = _all(min, lows), _all(max, highs), _common_unit(values)

    def _where(self, condition: Any, yes: Any, no: Any) -> None:
        self._one_of(yes, no)

    def _max(self, *values: Any) -> None:
        self._one_of(*values)
        self.low = max((low for low, _ in map(_bounds, values) if low is not None), default=None)

    def _min(self, *values: Any) -> None:
        self._one_of(*values)
        self.high = min((high for _, high in map(_bounds, values) if high is not None), default=None)

    def _power(self, base: Any, exponent: Any) -> None:
        least = _bounds(base)[0]
        if least is not None and least >= 1:
            self.low = 1
            lowest = _bounds(exponent)[0]
            self.unit = _common_unit((base, exponent)) if lowest is not None and lowest >= 0 else None

    def _inverse(self, x: Form) -> None:
        if x.low is not None and x.low > 0:
            self.low, self.high = (0 if x.high is None else 1 / Fraction(x.high)), 1 / Fraction(x.low)


def _all(choose: Callable[[Iterable[Rational]], Rational], bounds: Iterable[Rational | None]) -> Rational | None:
    """The smallest or the largest of the bounds; None unless all are known."""
    found = list(bounds)
    return None if None in found else choose(found)


def _bounds(value: Any) -> tuple[Rational | None, Rational | None]:
    return (value.low, value.high) if hasattr(value, "low") else (value, value)


def _common_unit(values: tuple[Any, ...]) -> int | None:
    """1 where all values are whole, else None."""
    return 1 if all(v.is_integer if hasattr(v, "low") else isinstance(v, int) for v in values) else None


class Restart(Exception):
    """The evaluation must start again, with this step of a knob or with these bounds."""

    def __init__(self, knob: str, step: Step | None = None, bounds: tuple[Any, Any] | None = None) -> None:
        super().__init__(knob)
        self.knob, self.step, self.bounds = knob, step, bounds


class NoClosedForm(Exception):
    """There is no closed form in these knobs; ``why`` says the reason."""

    def __init__(self, knobs: Iterable[str], why: str) -> None:
        super().__init__(why)
        self.knobs, self.why = tuple(sorted(knobs)), why


MOST_SHIFTED = 400  # terms


def lower(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The best lower bound that three methods give; None where none of them gives one."""
    first = _termwise(terms, symbols)
    if first is not None and all(c > 0 for monomial, c in terms.items() if monomial):
        return first  # no other method gives a larger bound
    relaxed = _relaxed(terms, symbols)
    found = [first, _shifted(terms, symbols), None if relaxed is None else lower(relaxed, symbols)]
    return max((bound for bound in found if bound is not None), default=None)


def _relaxed(terms: Terms, symbols: Sequence[Symbol]) -> Terms | None:
    """A sum that is never larger, with one floor, ceil or index replaced by its bound; None where no bound is known."""
    single = [monomial for monomial in terms if len(monomial) == 1 and monomial[0][1] == 1]
    for own in sorted(single, reverse=True):
        bound = symbols[own[0][0]].bounding(above=terms[own] < 0)
        if bound is not None:
            rest = {monomial: c for monomial, c in terms.items() if monomial != own}
            return plus(rest, scaled(bound, terms[own]))
    return None


def upper(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The best upper bound; None where none is known."""
    bound = lower(scaled(terms, -1), symbols)
    return None if bound is None else -bound


def _termwise(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """The sum of the smallest value of each term; None unless no symbol can be negative."""
    total: Rational = 0
    for monomial, c in terms.items():
        if not monomial:
            total += c
            continue
        extreme = _extreme(monomial, symbols, smallest=c > 0)
        if extreme is None:
            return None
        total += c * extreme
    return plain(total)


def _extreme(monomial: Monomial, symbols: Sequence[Symbol], smallest: bool) -> Rational | None:
    """The smallest or the largest value of a product of powers; None where it is not known."""
    result: Rational = 1
    for number, exponent in monomial:
        symbol = symbols[number]
        if symbol.low is None or symbol.low < 0:
            return None
        at_low = smallest == (exponent > 0)
        value = symbol.low if at_low else symbol.high
        if value is None:
            return 0 if smallest and exponent < 0 else None
        if value == 0 and exponent < 0:
            return None
        result = result * (value**exponent if exponent > 0 else Fraction(value) ** exponent)
    return plain(result)


def _shifted(terms: Terms, symbols: Sequence[Symbol]) -> Rational | None:
    """A bound from each symbol written as its minimum plus a rest; None where a rest has a negative coefficient."""
    if any(exponent < 0 or symbols[number].low is None for monomial in terms for number, exponent in monomial):
        return None
    result: Terms = {}
    for monomial, c in terms.items():
        product: Terms = {ONE: c}
        for number, exponent in monomial:
            low = symbols[number].low
            factor: Terms = {((number, 1),): 1, ONE: low} if low else {((number, 1),): 1}
            for _ in range(exponent):
                product = times(product, factor)
            if len(product) > MOST_SHIFTED:
                return None
        result = plus(result, product)
    fits = all(c >= 0 for monomial, c in result.items() if monomial)
    return result.get(ONE, 0) if fits else None
