"""A form translated to other symbols: from steps to the knobs themselves, or from rounded to smooth."""

from __future__ import annotations

from typing import Any

from archcalc.forms.field import SymbolTable
from archcalc.forms.form import Form
from archcalc.forms.relation import Relation
from archcalc.forms.symbols import FUNCTIONS, Knob, Named, Symbol
from archcalc.protocol import COMPARE


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
