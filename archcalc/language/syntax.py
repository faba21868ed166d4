"""Text -> Python's syntax tree, with the mend where the text has none."""

from __future__ import annotations

import ast
import re
import warnings

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
    (re.compile(r"(?<![=<>!])=(?!=)(?![^(]*\))"), "not a comparison; write '=='"),  # outside of brackets
)


def syntax_tree(text: str, place: Place) -> ast.expr:
    """The text by Python's grammar. Raises Refusal."""
    if len(text) > LONGEST:
        raise Refusal(f"an expression of {len(text):,} characters; at most {LONGEST:,}", place)
    if not text.isprintable():
        raise Refusal("an expression stands on one line, without tabs or control characters", place)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on its own grammar is not for a spec's author
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise mend(text, place) or _explained(error, text, place) from None


def mend(text: str, place: Place) -> Refusal | None:
    """What goes wrong most often, where the text has it."""
    text = STRING.sub(lambda match: "_" * len(match[0]), text)
    opened: list[int] = []
    for offset, character in enumerate(text):
        if character in PAIRS.values():
            opened.append(offset)
        elif character in PAIRS and not (opened and text[opened.pop()] == PAIRS[character]):
            return Refusal(f"this {character!r} closes no {PAIRS[character]!r}", place.inside(offset, 1))
    if opened:
        return Refusal(f"this {text[opened[-1]]!r} is never closed", place.inside(opened[-1], 1))
    for pattern, advice in MENDS:
        if found := pattern.search(text):
            return Refusal(f"{found[0]!r} is {advice}", place.inside(found.start(), len(found[0])))
    return None


def _explained(error: Exception, text: str, place: Place) -> Refusal:
    offset = min(max((getattr(error, "offset", None) or 1) - 1, 0), max(len(text) - 1, 0))
    if "positional argument follows" in str(getattr(error, "msg", "")):
        return Refusal("values without a name come before those with one", place)
    return Refusal("not an expression; is a comma, a bracket or an operator missing?", place.inside(offset, 1))
