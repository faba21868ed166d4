r"""A trace as LaTeX: \left\lfloor \frac{227 + 2 \cdot 0 - 11}{4} \right\rfloor + 1."""

from __future__ import annotations

from typing import Any, ClassVar

from archcalc.traces.notation import ATOM, POWER, Notation, Written
from archcalc.traces.traced import Traced


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
