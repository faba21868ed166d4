"""How the parts of a formula are written: as plain text, as LaTeX, as Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.forms.terms import Rational

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
