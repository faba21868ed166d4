"""A trace as the formula of a cell.

A spreadsheet computes in floating point. Whole numbers below 2^53, and their quotients rounded down, are exact there.
What may have decimals is rounded to nine before it is rounded down or compared, so that 28.999999999999996 is 29.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from archcalc.traces.notation import SUM, Notation
from archcalc.traces.traced import Traced

DECIMALS = 9
LONGEST_TEXT = 255  # characters of a text within a formula


class Spreadsheet(Notation):
    """The notation of Excel and LibreOffice, without the leading "="; it collects the names that it wrote."""

    longest = 8000  # Excel's limit is 8,192
    infix: ClassVar[dict[str, str]] = {"+": "+", "-": "-", "*": "*", "/": "/", "power": "^"}
    functions: ClassVar[dict[str, str]] = {
        "mod": "MOD", "min": "MIN", "max": "MAX", "where": "IF", "and": "AND", "or": "OR", "not": "NOT",
    }  # fmt: skip
    relations: ClassVar[dict[str, str]] = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

    def __init__(self) -> None:
        self.used: set[str] = set()

    def name(self, value: Traced) -> str:
        self.used.add(label := str(value.operands[0]))
        return label

    def function(self, value: Traced) -> str:
        if value.operation == "floor":
            return f"INT({self.rounded(value.operands[0])})"
        if value.operation == "ceil":
            return f"-INT(-{self.rounded(value.operands[0], bracket=True)})"
        return super().function(value)

    def rounded(self, value: Any, bracket: bool = False) -> str:
        """A number, rounded so that a floating-point error is not taken for a decimal."""
        if is_exact(value):
            return self.within(value, 1 if bracket else SUM)
        return f"ROUND({self.write(value)},{DECIMALS})"

    def call(self, function: str, arguments: Any) -> str:
        return f"{function}({','.join(arguments)})"

    def sides(self, operands: Sequence[Any]) -> tuple[str, str]:
        if all(map(is_exact, operands)):
            return super().sides(operands)
        left, right = (self.rounded(value) for value in operands)
        return left, right

    def message(self, text: str, quoted: Mapping[int, Traced]) -> str:
        """A text in which each mark is replaced by its number, computed by the spreadsheet."""
        words = re.split("\ue000(\\d+)\ue001", text)
        parts = [self.within(quoted[int(word)], SUM) if i % 2 else self.text(word) for i, word in enumerate(words)]
        return "&".join(part for part in parts if part)

    def text(self, text: str) -> str:
        """A text in quotes, in pieces that Excel accepts; an empty text gives nothing."""
        pieces = (text[i : i + LONGEST_TEXT] for i in range(0, len(text), LONGEST_TEXT))
        return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def is_exact(value: Any) -> bool:
    """Whether a spreadsheet has the number exactly, or as one quotient of two whole numbers."""
    if not isinstance(value, Traced):
        return isinstance(value, int)
    if value.whole or value.operation == "name":  # the content of a cell was rounded or typed
        return True
    return value.operation == "/" and all(map(_is_whole, value.operands))


def _is_whole(value: Any) -> bool:
    return value.whole if isinstance(value, Traced) else isinstance(value, int)
