"""A number that remembers which sizes and arguments it is the product of."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.number import Number, exact_div, plain, product


class Atom(NamedTuple):
    """One factor: its value, and where it comes from: "input", "output" or "argument", with the axis or the name."""

    value: Number
    source: str = ""
    which: int | str = ""
    over: Number = 1  # what it was divided by: input channels by groups

    @property
    def is_position(self) -> bool:
        """Whether it is a height, a width or the like."""
        return self.source in ("input", "output") and self.which != 0


class Factors:
    """A product. Multiplication joins the factors; what else is done with it gives a plain factor of that value."""

    symbolic = True  # a division by a number that is known to divide it leaves no floor
    __hash__ = None  # type: ignore[assignment]  # equality is that of the values

    def __init__(self, *atoms: Atom) -> None:
        self.atoms = atoms

    @property
    def value(self) -> Number:
        """The product itself."""
        return product(atom.value for atom in self.atoms)

    def __mul__(self, other: Any) -> Factors:
        return Factors(*self.atoms, *factors(other).atoms)

    def __rmul__(self, other: Any) -> Factors:
        return factors(other) * self

    def __truediv__(self, other: Any) -> Factors:
        by = factors(other).value
        if len(self.atoms) != 1 or (isinstance(by, int) and by == 1):
            return self if isinstance(by, int) and by == 1 else Factors(Atom(plain(exact_div(self.value, by))))
        (atom,) = self.atoms
        return Factors(atom._replace(value=plain(exact_div(atom.value, by)), over=by))

    def __rtruediv__(self, other: Any) -> Factors:
        return factors(other) / self

    def __floordiv__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a // b, self, other)

    def __rfloordiv__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a // b, other, self)

    def __mod__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a % b, self, other)

    def __add__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a + b, self, other)

    def __sub__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a - b, self, other)

    def __rsub__(self, other: Any) -> Factors:
        return _computed(lambda a, b: a - b, other, self)

    def __neg__(self) -> Factors:
        return Factors(Atom(-self.value))

    __radd__ = __add__

    def least(self, other: Any) -> Factors:
        """The smaller of the two."""
        from archcalc.number import least

        return _computed(least, self, other)

    def __eq__(self, other: object) -> Any:
        return self.value == factors(other).value

    def __ge__(self, other: Any) -> Any:
        return self.value >= factors(other).value

    def __le__(self, other: Any) -> Any:
        return self.value <= factors(other).value

    def __gt__(self, other: Any) -> Any:
        return self.value > factors(other).value

    def __lt__(self, other: Any) -> Any:
        return self.value < factors(other).value


def factors(value: Any) -> Factors:
    """A number as a product of one factor; of nothing for 1."""
    if isinstance(value, Factors):
        return value
    return Factors() if isinstance(value, (int, Fraction)) and value == 1 else Factors(Atom(value))


def _computed(compute: Callable[[Any, Any], Any], a: Any, b: Any) -> Factors:
    return Factors(Atom(compute(factors(a).value, factors(b).value)))
