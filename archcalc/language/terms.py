"""The types of a parsed expression and a defined function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.errors import Place

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
