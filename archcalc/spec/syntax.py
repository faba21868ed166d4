"""Text -> Python's syntax tree, or what to write instead; and what an expression is, once parsed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from keyword import kwlist
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Refusal

Environment = Mapping[str, Any]
Evaluator = Callable[[Environment], Any]


class Expression(NamedTuple):
    """A parsed expression: its text, its evaluator and place, the names it reads, bounds of its cost and nesting."""

    text: str
    evaluate: Evaluator  # raises Refusal with the place of the part that failed
    place: Place
    names: tuple[tuple[str, Place], ...]
    cost: int
    depth: int


class Definition(NamedTuple):
    """A function that a spec defines: ``width(c): floor(c*alpha)``."""

    parameters: tuple[str, ...]
    body: Expression


Functions = Mapping[str, Definition]


LONGEST = 1000  # characters of an expression
DEEPEST = 60  # brackets within brackets; Python has a limit of its own
TOO_DEEP = "too long or nested too deep"
PAIRS = {")": "(", "]": "[", "}": "{"}
INNERMOST = re.compile(r"(?P<call>\w)?[(\[](?P<values>[^()\[\]]*)[)\]]")
LATE = re.compile(r"(?:^|,)\s*\w+\s*=(?!=)[^,]*,\s*(?!\w+\s*=(?!=))(?P<value>[^,\s][^,]*)")  # after a named one
STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
OF_PYTHON = "a reserved word of Python; choose another name"
KEYWORDS = {*kwlist} - {"and", "or", "not", "if", "else", "True", "False", "None"}  # others say more on these
MENDS = (  # a frequent mistake -> what to write instead
    (r"\b\d\w*(?=\.(channels|rows|columns)\b)", "not a name; in quotes it is one, like '3x3'.rows"),
    (r"\b\d+ ?x ?\d+\b", "not a number; several sizes are written in brackets, like (3, 5)"),
    (r"&&?", "not an operator; write 'and'"),
    (r"\|\|?", "not an operator; write 'or'"),
    (r"!(?!=)", "not an operator; write 'not'"),
    (r"\*\*\*+|\^", "not an operator; a power is written 2**3"),
    (r"[×·]", "not an operator; a product is written 2*3"),  # noqa: RUF001  # the wrong sign is meant
    (r"\b\w+ *=(?= *[,)])", "not followed by a value"),
    (r"(?<![=<>!])=(?!=)(?![^(]*\))", "not a comparison; write '=='"),  # outside of brackets
    (rf"(?<!\w )\b({'|'.join(sorted(KEYWORDS))})\b(?! \w)", OF_PYTHON),  # not in a sentence
)


def syntax_tree(text: str, place: Place) -> ast.expr:
    """The syntax tree of a text by Python's grammar. Raises Refusal."""
    if len(text) > LONGEST:
        raise Refusal(f"an expression of {len(text):,} characters; at most {LONGEST:,}", place)
    if not text.isprintable():
        raise Refusal("an expression stands on one line, without tabs or control characters", place)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on its own grammar is not for a spec's author
            return ast.parse(text, mode="eval").body
    except (RecursionError, MemoryError):
        raise Refusal(TOO_DEEP, place) from None
    except (SyntaxError, ValueError) as error:
        offset = min(max((getattr(error, "offset", None) or 1) - 1, 0), max(len(text) - 1, 0))
        message = "not an expression; is a comma, a bracket or an operator missing?"
        raise mend(text, place) or Refusal(message, place.inside(offset, 1)) from None


def mend(text: str, place: Place) -> Refusal | None:
    """The message on the first frequent mistake in a text; None if there is none."""
    text = STRING.sub(lambda match: "_" * len(match[0]), text)
    opened: list[int] = []
    deepest = 0
    for offset, character in enumerate(text):
        if character in PAIRS.values():
            opened.append(offset)
            deepest = max(deepest, len(opened))
        elif character in PAIRS and not (opened and text[opened.pop()] == PAIRS[character]):
            return Refusal(f"this {character!r} closes no {PAIRS[character]!r}", place.inside(offset, 1))
    if opened:
        return Refusal(f"this {text[opened[-1]]!r} is never closed", place.inside(opened[-1], 1))
    if deepest > DEEPEST:
        return Refusal(TOO_DEEP, place)
    for pattern, advice in MENDS:
        if found := re.search(pattern, text):
            return Refusal(f"{found[0]!r} is {advice}", place.inside(found.start(), len(found[0])))
    return _order(text, place)


def _order(text: str, place: Place) -> Refusal | None:
    """The message on an argument without a name after one with a name, from the innermost brackets outwards."""
    while found := INNERMOST.search(text):
        if found["call"] and (late := LATE.search(found["values"])):
            at = place.inside(found.start("values") + late.start("value"), len(late["value"]))
            return Refusal("arguments without a name must come before those with one", at)
        text = text[: found.start()] + "_" * len(found[0]) + text[found.end() :]
    return None
