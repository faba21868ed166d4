"""A trace as exact JavaScript: whole numbers are BigInts, all others fractions of two BigInts.

ARITHMETIC comes first in a program. What it computes is archcalc's own arithmetic: floor and mod go down, below 0 too.
Where there is no such number, or a fraction stands where a whole number must, an error is thrown.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from archcalc.traces.notation import ATOM, SIGN, Notation, Written
from archcalc.traces.traced import Condition, Traced, is_whole

LONGEST_PART = 24  # characters of an expression; a longer one becomes a constant of its own, computed once
ARITHMETIC = """
class Fraction {
  constructor(n, d) { this.n = n; this.d = d; }
  valueOf() { throw new TypeError("a fraction where a whole number must be"); }
  toString() { return `${this.n}/${this.d}`; }
}
const top = x => x instanceof Fraction ? x.n : x, under = x => x instanceof Fraction ? x.d : 1n;
const div = (a, b) => over(top(a) * under(b), under(a) * top(b));
const over = (n, d) => {
  if (d === 0n) throw new RangeError("a division by zero");
  let [a, b] = [n, d];
  while (b) [a, b] = [b, a % b];
  if ((a < 0n) !== (d < 0n)) a = -a;
  return a === d ? n / a : new Fraction(n / a, d / a);
};
const add = (a, b) => over(top(a) * under(b) + top(b) * under(a), under(a) * under(b));
const sub = (a, b) => add(a, neg(b)), neg = a => over(-top(a), under(a));
const mul = (a, b) => over(top(a) * top(b), under(a) * under(b));
const floor = a => { const down = top(a) / under(a); return down * under(a) > top(a) ? down - 1n : down; };
const ceil = a => -floor(neg(a)), mod = (a, b) => sub(a, mul(b, floor(div(a, b))));
const compare = (a, b) => top(a) * under(b) - top(b) * under(a);
const min = (a, b) => compare(a, b) > 0n ? b : a, max = (a, b) => compare(a, b) < 0n ? b : a;
const power = (a, e) => e < 0n ? div(1n, power(a, -e)) : over(top(a) ** e, under(a) ** e);
const number = text => {  // 3, 0.75 or 160/224
  const [, sign, whole, decimals = "", below = "1"] = /^(-?)(\\d+)(?:\\.(\\d+))?(?:\\/(\\d+))?$/.exec(text);
  return over(BigInt(sign + whole + decimals), BigInt(below) * 10n ** BigInt(decimals.length));
};
"""


class JavaScript(Notation):
    """The notation that a browser runs. Names refer to numbers made by ``number`` and must not occur in ARITHMETIC."""

    longest = 10**6
    infix: ClassVar[dict[str, str]] = {"+": " + ", "-": " - ", "*": " * ", "/": "", "power": ""}
    functions: ClassVar[dict[str, str]] = {"+": "add", "-": "sub", "*": "mul", "/": "div", "negative": "neg"}
    relations: ClassVar[dict[str, str]] = {sign: f" {sign} " for sign in ("<", "<=", ">", ">=")} | {
        "==": " === ", "!=": " !== ",
    }  # fmt: skip

    def __init__(self) -> None:
        self.constants: list[str] = []  # statements, to stand before what was written
        self.named: dict[str, str] = {}  # expression -> the constant that has its value
        self.known: dict[int, tuple[Written, Any]] = {}  # by identity, with what must therefore stay

    def fork(self) -> JavaScript:
        """Another that goes on from here."""
        other = JavaScript()
        other.constants, other.named, other.known = [*self.constants], {**self.named}, {**self.known}
        return other

    def written(self, value: Any) -> Written:
        """The text. Operands are written before what they stand in: a deep network is no deep recursion."""
        waiting = [value]
        while waiting:
            last = waiting.pop()
            missing = [one for one in parts(last) if id(one) not in self.known]
            if missing:
                waiting += [last, *missing]
            elif id(last) not in self.known:
                self.known[id(last)] = self.shortened(*super().written(last)), last
        return self.known[id(value)][0]

    def shortened(self, text: str, binding: int) -> Written:
        if len(text) <= LONGEST_PART:
            return text, binding
        if text not in self.named:
            self.named[text] = f"part{len(self.named)}"
            self.constants.append(f"const {self.named[text]} = {text};")
        return self.named[text], ATOM

    def number(self, value: Any) -> Written:
        if isinstance(value, Fraction) and value.denominator != 1:
            return f"over({value.numerator}n, {value.denominator}n)", ATOM
        return f"{value}n", ATOM if value >= 0 else SIGN

    def negative(self, value: Traced) -> Written:
        return super().negative(value) if value.whole else (self.function(value), ATOM)

    def operator(self, value: Traced) -> Written:
        if value.operation in "+-*" and value.whole and all(map(is_whole, value.operands)):
            return super().operator(value)
        return self.function(value), ATOM

    def function(self, value: Traced) -> str:
        if value.operation == "place":
            return "place"
        if value.operation == "where":
            condition, yes, no = map(self.write, value.operands)
            return f"({condition} ? {yes} : {no})"
        return super().function(value)

    def condition(self, value: Condition) -> Written:
        parts = list(map(self.write, value.operands))
        if value.sign == "not":
            return f"!({parts[0]})", ATOM
        if value.sign not in self.relations:
            return f"({parts[0]} {'&&' if value.sign == 'and' else '||'} {parts[1]})", ATOM
        if all(map(is_whole, value.operands)):
            return super().condition(value)
        return f"compare({', '.join(parts)}){self.relations[value.sign]}0n", ATOM


def parts(value: Any) -> tuple[Any, ...]:
    """The operands of an operation or a condition."""
    if isinstance(value, Condition):
        return value.operands
    return value.operands if isinstance(value, Traced) and value.operation != "name" else ()
