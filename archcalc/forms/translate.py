"""The same form over other symbols: in the knobs themselves instead of their steps, or smooth instead of rounded."""

from __future__ import annotations

from typing import Any

from archcalc.forms.field import Field
from archcalc.forms.form import Form
from archcalc.forms.relation import Relation
from archcalc.forms.symbols import FUNCTIONS, Knob, Named, Symbol
from archcalc.protocol import COMPARE


class Translation:
    """Into a field whose knobs have no steps; each symbol is translated once."""

    def __init__(self, target: Field, smooth: bool = False) -> None:
        self.target, self.smooth = target, smooth
        self.known: dict[tuple[Field, int], Any] = {}

    def __call__(self, value: Any) -> Any:
        """The form, or the relation; what is neither stays."""
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
                own = self.symbol(value.field, number)
                product = product * own**exponent if exponent > 0 else product / own**-exponent
            result = result + product
        return result

    def symbol(self, field: Field, number: int) -> Any:
        if (field, number) not in self.known:
            self.known[field, number] = self._symbol(field.symbols[number])
        return self.known[field, number]

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
