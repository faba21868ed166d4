"""The copies of a repetition whose length is a form: sums over them, and what must hold in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

from archcalc.closed_forms.polynomial import ONE
from archcalc.core.errors import Refusal
from archcalc.core.number import COMPARE

if TYPE_CHECKING:
    from archcalc.closed_forms.form import Form


@dataclass(frozen=True, eq=False)
class Copies:
    """Those from the first to the last; ``index`` is the symbol for their numbers. There may be none."""

    index: Form
    first: int
    last: Any
    before: Any  # how many entries of their name stand above the repetition

    most = 1  # as many as count towards the largest network: a letter has no largest value

    @property
    def name(self) -> str:
        """What follows on their common name: 2...n."""
        return "...".join(str(self.before + number).replace("/", ":") for number in (self.first, self.last))

    @property
    def count(self) -> Any:
        """How many they are."""
        return self.last - self.first + 1

    @property
    def done(self) -> Any:
        """How many come before the one with the index."""
        return self.index - self.first

    def rise(self, before: Any, after: Any) -> Any:
        """How much larger a size is after the first one."""
        return self._at(after, self.first) - before

    def sum(self, x: Any) -> Any:
        """What x, a polynomial in the index, comes to for all copies. Raises Refusal where it is none."""
        before, last = self.first - 1, self.last
        return sum(c * (sum_of_powers(last, e) - sum_of_powers(before, e)) for e, c in self._powers(x).items())

    def last_of(self, x: Any) -> Any:
        """What x is for the last copy."""
        return self._at(x, self.last)

    def everywhere(self, condition: Any) -> Iterator[Any]:
        """What must hold so that a condition does for all copies. Raises Refusal where that is not known.

        A linear inequality holds for all of them if it does for the first and the last one.
        """
        from archcalc.closed_forms.form import varies

        if not varies(condition):
            yield condition
        elif condition.sign == "and":
            for side in (condition.left, condition.right):
                yield from self.everywhere(side)
        elif condition.sign in (">=", ">", "<=", "<") and {*self._powers(condition.left - condition.right)} <= {0, 1}:
            for end in (self.first, self.last):
                known = COMPARE[condition.sign](self._at(condition.left, end), self._at(condition.right, end))
                if known is False:
                    raise Refusal(f"{condition} does not hold for all copies")
                yield from [known] * (known is not True)
        else:
            raise Refusal(f"it is not known whether {condition} in every copy")

    def _at(self, x: Any, number: Any) -> Any:
        powers = self._powers(x)
        return sum(c * number**e for e, c in powers.items()) if {*powers} != {0} else x

    def _powers(self, x: Any) -> dict[int, Any]:
        """Exponent -> coefficient, as a polynomial in the index. Raises Refusal where it is none."""
        from archcalc.closed_forms.form import number_of

        ((((own, _),), _),) = self.index.terms.items()
        groups: dict[int, Any] = {}
        for monomial, c in getattr(x, "terms", {ONE: x}).items():
            exponents = dict(monomial)
            if (exponent := exponents.pop(own, 0)) < 0:
                raise Refusal(f"{x} is no polynomial in the index")
            groups.setdefault(exponent, {})[tuple(exponents.items())] = c
        return {exponent: number_of(terms, self.index.table) for exponent, terms in groups.items()}


def sum_of_powers(n: Any, exponent: int) -> Any:
    """1^e + 2^e + ... + n^e as a polynomial in n, by Pascal's identity: the powers of n + 1 telescope."""
    lower = sum(comb(exponent + 1, k) * sum_of_powers(n, k) for k in range(exponent))
    return ((n + 1) ** (exponent + 1) - 1 - lower) * Fraction(1, exponent + 1)
