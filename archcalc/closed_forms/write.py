"""How the parts of a formula are written: as plain text, as LaTeX, as Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.closed_forms.form import Form
from archcalc.closed_forms.polynomial import Monomial, Rational, Terms, joined, used
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbols import Knob

GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi"}
    | {"pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"}
)


SYMPY = {"mod": "Mod", "min": "Min", "max": "Max", "ceil": "ceiling"}  # what sympy calls them


class Style:
    """How formulas are written in plain text; the base of the other styles."""

    times, signs = " ", {"==": "=", "multiple of": "is a multiple of", "not a multiple of": "is not a multiple of"}

    def name(self, name: str) -> str:
        return name

    def power(self, base: str, exponent: int) -> str:
        return f"{base}^{exponent}"

    def brackets(self, text: str) -> str:
        return f"({text})"

    def ratio(self, top: str, bottom: str, single: bool) -> str:
        """top / bottom; ``single`` says that the bottom is one factor."""
        return f"{top}/{bottom if single else self.brackets(bottom)}"

    def coefficient(self, c: Rational) -> str:
        return str(c)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        if function == "power":
            return "^".join(text if text.isalnum() else self.brackets(text) for text in arguments)
        if function == "mod":
            return f"({arguments[0]} mod {arguments[1]})"
        if function == "where":
            return f"({arguments[1]} if {arguments[0]} else {arguments[2]})"
        return f"{function}({', '.join(arguments)})"

    def relation(self, left: str, sign: str, right: str) -> str:
        return f"{left} {self.signs.get(sign, sign)} {right}"

    def divides(self, divisor: str, word: str, number: str) -> str:
        """A condition of divisibility: groups divides 96."""
        return f"{divisor} {word} {number}"

    def range(self, name: str, low: Any, high: Any) -> str:
        """The bounds of a knob; without a name, the end of a sentence about several knobs."""
        if not name:
            ends = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
            return self.prose("", "".join(f", {end}" for end in ends)) if ends else ""
        below, above = self.signs.get("<=", "<="), self.signs.get(">=", ">=")
        if low is not None and high is not None:
            return f"{self.coefficient(low)} {below} {name} {below} {self.coefficient(high)}"
        return f"{name} {above} {self.coefficient(low)}" if high is None else f"{name} {below} {self.coefficient(high)}"

    def prose(self, formula: str, words: str) -> str:
        return f"{formula} {words}" if formula else words


class Latex(Style):
    """LaTeX, for a paper or a slide."""

    times = r" \, "
    signs = {  # noqa: RUF012  # read only, as the base's
        ">=": r"\ge", "<=": r"\le", "!=": r"\ne", "==": "=", "multiple of": r"\text{ is a multiple of }",
        "not a multiple of": r"\text{ is not a multiple of }",
        "and": r"\text{ and }", "or": r"\text{ or }",
    }  # fmt: skip

    def name(self, name: str) -> str:
        head, *tail = re.findall(r"[A-Za-z]+|\d+", name)
        base = f"\\{head}" if head in GREEK else head if len(head) == 1 else f"\\mathrm{{{head}}}"
        below = [word if len(word) == 1 or word.isdigit() else f"\\mathrm{{{word}}}" for word in tail]
        return f"{base}_{{{','.join(below)}}}" if below else base

    def divides(self, divisor: str, word: str, number: str) -> str:
        return f"{divisor} \\text{{ {word} }} {number}"

    def prose(self, formula: str, words: str) -> str:
        return f"{formula} \\text{{ {words}}}" if formula else f"\\text{{{words}}}"

    def power(self, base: str, exponent: int) -> str:
        return f"{base}^{{{exponent}}}"

    def brackets(self, text: str) -> str:
        return f"\\left({text}\\right)"

    def ratio(self, top: str, bottom: str, single: bool) -> str:
        return f"\\frac{{{top}}}{{{bottom}}}"

    def coefficient(self, c: Rational) -> str:
        return f"\\tfrac{{{c.numerator}}}{{{c.denominator}}}" if isinstance(c, Fraction) else str(c)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        if function == "floor":
            return f"\\left\\lfloor {arguments[0]} \\right\\rfloor"
        if function == "ceil":
            return f"\\left\\lceil {arguments[0]} \\right\\rceil"
        if function == "power":
            base = arguments[0] if arguments[0].isalnum() else self.brackets(arguments[0])
            return f"{base}^{{{arguments[1]}}}"
        if function == "mod":
            return self.brackets(f"{arguments[0]} \\bmod {arguments[1]}")
        if function == "where":
            cases = f"{arguments[1]} & {arguments[0]} \\\\ {arguments[2]} & \\text{{otherwise}}"
            return f"\\begin{{cases}} {cases} \\end{{cases}}"
        escaped = function.replace("_", r"\_")
        name = f"\\{function}" if function in ("min", "max") else f"\\operatorname{{{escaped}}}"
        return f"{name}{self.brackets(', '.join(arguments))}"


class Python(Style):
    """Python that sympy reads: for ``sympy.sympify``, or as a line of a program."""

    times = "*"
    signs = {"multiple of": "%", "==": "=="}  # noqa: RUF012

    def name(self, name: str) -> str:
        return f"{name}_" if name in ("lambda", "if", "in", "is", "or", "and", "not", "for", "as") else name

    def power(self, base: str, exponent: int) -> str:
        return f"{base}**{exponent}"

    def coefficient(self, c: Rational) -> str:
        return f"Rational({c.numerator}, {c.denominator})" if isinstance(c, Fraction) else str(c)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        if function == "power":
            return f"{self.brackets(arguments[0])}**{self.brackets(arguments[1])}"
        if function == "where":
            return f"Piecewise(({arguments[1]}, {arguments[0]}), ({arguments[2]}, True))"
        return f"{SYMPY.get(function, function)}({', '.join(arguments)})"


TEXT, LATEX, PYTHON = Style(), Latex(), Python()


class Summand(NamedTuple):
    """A summand: a coefficient, a product of powers, and perhaps a sum in brackets."""

    coefficient: Rational
    factors: Monomial
    inner: tuple[Summand, ...] = ()


def summands(terms: Terms, order: Sequence[int]) -> tuple[Summand, ...]:
    """The summands, grouped by powers of the first symbol, within these by powers of the next, and so on."""
    if len(terms) == 1:
        return tuple(Summand(c, monomial) for monomial, c in terms.items())
    if any(exponent < 0 for monomial in terms for _, exponent in monomial):
        return tuple(Summand(terms[monomial], monomial) for monomial in _by_powers(terms, order))
    present = used(terms)
    first = next(number for number in order if number in present)
    groups: dict[int, Terms] = {}
    for monomial, c in terms.items():
        exponent = dict(monomial).get(first, 0)
        groups.setdefault(exponent, {})[joined(monomial, ((first, -exponent),))] = c
    rest = [number for number in order if number != first]
    found: list[Summand] = []
    for exponent in sorted(groups, key=lambda e: (-abs(e), -e)):
        own = summands(groups[exponent], rest)
        if exponent == 0:
            found += own
        elif len(own) == 1:
            found.append(own[0]._replace(factors=joined(own[0].factors, ((first, exponent),))))
        else:
            sign = -1 if own[0].coefficient < 0 else 1
            inner = tuple(summand._replace(coefficient=sign * summand.coefficient) for summand in own)
            found.append(Summand(sign, ((first, exponent),), inner))
    return tuple(found)


def _by_powers(terms: Terms, order: Sequence[int]) -> list[Monomial]:
    """The monomials in the order of their denominators: 1/N + 1/D_K^2."""
    return sorted(terms, key=lambda monomial: [-abs(dict(monomial).get(number, 0)) for number in order])


def write(value: Any, style: Style, names: Mapping[int, str] | None = None) -> str:
    """A number, a form or a relation as text; ``names`` are letters for functions that are defined separately."""
    if isinstance(value, Relation):
        return _condition(value, style, names)
    if not isinstance(value, Form):
        return style.coefficient(value) if isinstance(value, (int, Fraction)) else str(value)
    return Writer(value, style, names or {}).sum(summands(value.terms, ordered(value)))


def _condition(value: Relation, style: Style, names: Mapping[int, str] | None) -> str:
    """A relation; that a number divides another, or is whole, is said in words."""
    if value.sign.endswith("multiple of"):
        no = "not " * value.sign.startswith("not")
        if (whole := as_whole(value)) is not None:
            return style.prose(write(whole, style, names), f"is {no}whole")
        if isinstance(value.right, Form):
            divides = "does not divide" if no else "divides"
            return style.divides(write(value.right, style, names), divides, write(value.left, style, names))
    left, right = (write(side, style, names) for side in (value.left, value.right))
    if value.sign in ("and", "or"):
        left, right = style.brackets(left), style.brackets(right)
    return style.relation(left, value.sign, right)


def as_whole(value: Relation) -> Any:
    """The number that a relation says is whole; None for any other relation."""
    known = isinstance(value.right, (int, Fraction)) and Fraction(value.right).numerator == 1
    return value.left / value.right if known and value.sign.endswith("multiple of") else None


def ordered(form: Form) -> list[int]:
    """The numbers of the symbols, knobs first."""
    numbers = range(len(form.table.symbols))
    return sorted(numbers, key=lambda number: not isinstance(form.table.symbols[number], Knob))


class Writer:
    """Writes the summands of a form, their factors and their symbols."""

    def __init__(self, form: Form, style: Style, names: Mapping[int, str]) -> None:
        self.symbols, self.style, self.names = form.table.symbols, style, names
        self.order = {number: place for place, number in enumerate(ordered(form))}

    def sum(self, summands: Sequence[Summand]) -> str:
        text = ""
        for summand in summands:
            negative = summand.coefficient < 0
            own = self.product(summand._replace(coefficient=abs(summand.coefficient)))
            text += f"{' - ' if negative else ' + '}{own}" if text else f"{'-' * negative}{own}"
        return text

    def product(self, summand: Summand) -> str:
        factors = sorted(summand.factors, key=lambda factor: self.order[factor[0]])
        above = [(n, e) for n, e in factors if e > 0 and not self.is_inverse(n)]
        below = [(n, -e) for n, e in factors if e < 0] + [(n, e) for n, e in factors if e > 0 and self.is_inverse(n)]
        c = Fraction(summand.coefficient)
        top = [self.factor(n, e) for n, e in above]
        if summand.inner:
            top.append(self.style.brackets(self.sum(summand.inner)))
        times = self.style.times
        if not below:
            number = [] if c == 1 and top else [self.style.coefficient(summand.coefficient)]
            return times.join([*number, *top])
        bottom = [self.factor(n, e) for n, e in below]
        top = ([str(c.numerator)] if c.numerator != 1 or not top else []) + top
        bottom = ([str(c.denominator)] if c.denominator != 1 else []) + bottom
        return self.style.ratio(times.join(top), times.join(bottom), single=len(bottom) == 1)

    def factor(self, number: int, exponent: int) -> str:
        symbol = self.symbols[number]
        if symbol.function == "power" and number not in self.names and exponent != 1:
            base, inner = symbol.arguments
            return self.call("power", (base, exponent * inner))
        base = self.symbol(number)
        return base if exponent == 1 else self.style.power(base, exponent)

    def is_inverse(self, number: int) -> bool:
        return self.symbols[number].function == "inverse"

    def symbol(self, number: int) -> str:
        symbol = self.symbols[number]
        if number in self.names:
            return self.style.name(self.names[number])
        return self.call(symbol.function, symbol.arguments) if symbol.function else self.style.name(symbol.name)

    def call(self, function: str, arguments: Sequence[Any]) -> str:
        written = [write(argument, self.style, self.names) for argument in arguments]
        return self.style.brackets(written[0]) if function == "inverse" else self.style.call(function, written)
