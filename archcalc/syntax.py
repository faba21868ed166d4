"""Text -> Python's syntax tree, with the mend where the text has none."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from archcalc.errors import Place, Refusal

LONGEST = 1000  # characters of an expression
PAIRS = {")": "(", "]": "[", "}": "{"}
STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
MENDS = (  # what people write, and what the language has for it
    (re.compile(r"\b\d+ ?x ?\d+\b"), "not a number; several sizes are written in brackets, like (3, 5)"),
    (re.compile(r"&&?"), "not an operator; write 'and'"),
    (re.compile(r"\|\|?"), "not an operator; write 'or'"),
    (re.compile(r"!(?!=)"), "not an operator; write 'not'"),
    (re.compile(r"\*\*\*+|\^"), "not an operator; a power is written 2**3"),
    (re.compile(r"[×·]"), "not an operator; a product is written 2*3"),  # noqa: RUF001  # the wrong sign is the point
)


def syntax_tree(text: str, place: Place) -> ast.expr:
    """The text by Python's grammar. Raises Refusal."""
    if len(text) > LONGEST:
        raise Refusal(f"an expression of {len(text):,} characters; at most {LONGEST:,}", place)
    if not text.isprintable():
        raise Refusal("an expression stands on one line, without tabs or control characters", place)
    for refusal in _mistakes(STRING.sub(lambda match: "_" * len(match[0]), text), place):
        raise refusal
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on its own grammar is not for a spec's author
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _explained(error, text, place) from None


def _mistakes(text: str, place: Place) -> Iterator[Refusal]:
    """What is wrong with a text whose strings are blanked out, by looking for what goes wrong most often."""
    opened: list[int] = []
    for offset, character in enumerate(text):
        if character in PAIRS.values():
            opened.append(offset)
        elif character in PAIRS and not (opened and text[opened.pop()] == PAIRS[character]):
            yield Refusal(f"this {character!r} closes no {PAIRS[character]!r}", place.inside(offset, 1))
    for offset in opened:
        yield Refusal(f"this {text[offset]!r} is never closed", place.inside(offset, 1))
    for pattern, mend in MENDS:
        for found in pattern.finditer(text):
            yield Refusal(f"{found[0]!r} is {mend}", place.inside(found.start(), len(found[0])))


def _explained(error: Exception, text: str, place: Place) -> Refusal:
    message = str(getattr(error, "msg", ""))
    offset = min(max((getattr(error, "offset", None) or 1) - 1, 0), max(len(text) - 1, 0))
    if "positional argument follows" in message:
        return Refusal("values without a name come before those with one", place)
    if re.search(r"(?<![=<>!])=(?!=)", text) and "(" not in text:
        return Refusal("'=' does not compare; write '=='", place.inside(text.index("="), 1))
    return Refusal("not an expression; is a comma, a bracket or an operator missing?", place.inside(offset, 1))
