"""What an expression of a spec is, once parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.errors import Place

Environment = Mapping[str, Any]
Evaluator = Callable[[Environment], Any]


class Expression(NamedTuple):
    """A parsed expression: its text, how to evaluate it, where it stands, the names it reads, what it may cost."""

    text: str
    evaluate: Evaluator  # raises Refusal with the place of what could not be computed
    place: Place
    names: tuple[tuple[str, Place], ...]
    cost: int
    depth: int


class Definition(NamedTuple):
    """A function that a spec defines: ``width(c): floor(c*alpha)``."""

    parameters: tuple[str, ...]
    body: Expression


Functions = Mapping[str, Definition]
