"""A trace as text or as LaTeX, with brackets where an operation binds less tightly than its place demands."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from archcalc.core.errors import ArchcalcError
from archcalc.traces.traced import Condition, Traced

ATOM, POWER, SIGN, PRODUCT, SUM, RELATION = range(6)  # how tightly an operation binds: the first binds most

Written = tuple[str, int]  # the text, and how tightly its outermost operation binds


class Notation:
    """The notation of a textbook: floor((227 + 2*0 - 11)/4) + 1."""

    longest: ClassVar[int] = 1000  # characters
    infix: ClassVar[dict[str, str]] = {"+": " + ", "-": " - ", "*": "*", "/": "/", "power": "^"}
    functions: ClassVar[dict[str, str]] = {}  # operation -> its name, where the two differ
    relations: ClassVar[dict[str, str]] = {sign: f" {sign} " for sign in ("<", "<=", ">", ">=", "!=")} | {"==": " = "}

    def write(self, value: Any) -> str:
        """A number or a condition as text. Raises ArchcalcError where the text is too long."""
        return self.written(value)[0]

    def written(self, value: Any) -> Written:
        """The text, and how tightly its outermost operation binds."""
        if isinstance(value, Condition):
            found = self.condition(value)
        elif not isinstance(value, Traced):
            found = self.number(value)
        elif value.operation == "name":
            found = self.name(value), ATOM
        elif value.operation == "known":
            found = self.written(value.operands[0])
        elif value.operation == "negative":
            found = self.negative(value)
        elif value.operation in self.infix:
            found = self.operator(value)
        else:
            found = self.function(value), ATOM
        if len(found[0]) > self.longest:
            raise ArchcalcError(f"a formula of more than {self.longest:,} characters: {found[0][:40]}...")
        return found

    def name(self, value: Traced) -> str:
        return str(value.operands[0])

    def number(self, value: Any) -> Written:
        if isinstance(value, Fraction) and value.denominator != 1:
            return f"{value.numerator}/{value.denominator}", PRODUCT if value > 0 else SUM
        return str(value), ATOM if value >= 0 else SIGN

    def negative(self, value: Traced) -> Written:
        return f"-{self.within(value.operands[0], ATOM)}", SIGN

    def operator(self, value: Traced) -> Written:
        """An operation between its operands; of equally tight ones, the right operand of - and / gets brackets."""
        own = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "power": POWER}[value.operation]
        left, right = value.operands
        sides = (
            self.within(left, ATOM if own == POWER else own),
            self.within(right, own if value.operation == "+" else own - 1),
        )
        return self.infix[value.operation].join(sides), own

    def function(self, value: Traced) -> str:
        return self.call(self.functions.get(value.operation, value.operation), map(self.write, value.operands))

    def call(self, function: str, arguments: Any) -> str:
        return f"{function}({', '.join(arguments)})"

    def condition(self, value: Condition) -> Written:
        if value.sign not in self.relations:
            return self.call(self.functions.get(value.sign, value.sign), map(self.write, value.operands)), ATOM
        left, right = self.sides(value.operands)
        return f"{left}{self.relations[value.sign]}{right}", RELATION

    def sides(self, operands: Sequence[Any]) -> tuple[str, str]:
        left, right = operands
        return self.within(left, SUM), self.within(right, SUM)

    def within(self, value: Any, binding: int) -> str:
        """A value as an operand, in brackets where it binds less tightly than ``binding``."""
        text, own = self.written(value)
        return f"({text})" if own > binding else text


class Latex(Notation):
    """LaTeX mathematics, for a paper or a slide."""

    infix: ClassVar[dict[str, str]] = {"+": " + ", "-": " - ", "*": r" \cdot ", "/": "/", "power": "^"}
    functions: ClassVar[dict[str, str]] = {
        "min": r"\min",
        "max": r"\max",
        "and": r"\land",
        "or": r"\lor",
        "not": r"\lnot",
    }
    relations: ClassVar[dict[str, str]] = {
        "==": " = ", "!=": r" \ne ", "<": " < ", "<=": r" \le ", ">": " > ", ">=": r" \ge ",
    }  # fmt: skip

    def operator(self, value: Traced) -> Written:
        left, right = value.operands
        if value.operation == "/":
            return f"\\frac{{{self.write(left)}}}{{{self.write(right)}}}", ATOM
        if value.operation == "power":
            return f"{self.within(left, ATOM)}^{{{self.write(right)}}}", POWER
        return super().operator(value)

    def function(self, value: Traced) -> str:
        inner = list(map(self.write, value.operands))
        match value.operation:
            case "floor" | "ceil":
                return f"\\left\\l{value.operation} {inner[0]} \\right\\r{value.operation}"
            case "mod":
                return f"\\left({inner[0]} \\bmod {inner[1]}\\right)"
            case "where":
                cases = f"{inner[1]} & {inner[0]} \\\\ {inner[2]} & \\text{{otherwise}}"
                return f"\\begin{{cases}} {cases} \\end{{cases}}"
        return super().function(value)

    def call(self, function: str, arguments: Any) -> str:
        return f"{function}\\left({', '.join(arguments)}\\right)"

    def within(self, value: Any, binding: int) -> str:
        text, own = self.written(value)
        return f"\\left({text}\\right)" if own > binding else text
