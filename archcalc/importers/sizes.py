"""Numbers of a layer that change with the size of the network's input, as expressions.

They follow from the sizes of the layer's own input, where these can be read, or else from the knobs. Two sizes of the
network's input give an expression; the importer tries it at a third one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import isqrt, prod
from typing import NamedTuple

from archcalc.core.shape import Shape
from archcalc.spec.model import SHAPE_WORDS

MOST_FACTORS = 3  # of a product of sizes: the work of attention is one of tokens, tokens and features
KNOB = "resolution"

Sizes = dict[str, int]  # by the words that an expression has for them


class Measured(NamedTuple):
    """A number of a layer at one size of the network's input."""

    value: int | Fraction
    own: Sizes  # of the layer's first input
    knobs: Sizes
    word: str = ""  # for the size at its own place, if it is one of a shape


Pair = tuple[Measured, Measured]  # at one size of the network's input and at another one
Candidate = tuple[str, Callable[[Measured], Fraction | int]]  # an expression, and its value


def knobs(shape: Shape) -> Sizes:
    """A knob for the rows and columns of an image, if they are equal, else one for each, with their values."""
    return {KNOB: shape[1]} if len({*shape[1:]}) == 1 else dict(zip(("height", "width"), shape[1:], strict=True))


def words(shape: Shape) -> Sizes:
    """The sizes of a layer's input that can be read."""
    return dict(zip(SHAPE_WORDS, shape, strict=False))


def changes(pair: Pair | None) -> bool:
    """Whether a number differs between the two sizes."""
    return pair is not None and pair[0].value != pair[1].value


def expression(pairs: Sequence[Pair]) -> str:
    """The text of one expression that gives all these numbers; empty where there is none."""
    every = [measured for pair in pairs for measured in pair]
    found = (text for text, value in _candidates(*pairs[0]) if all(value(one) == one.value for one in every))
    return next(found, "")


def _candidates(one: Measured, other: Measured) -> Iterator[Candidate]:
    """Expressions that may give a number, the safest ones first."""
    own, free = ([*_terms(one, other, which)] for which in ("own", "knobs"))
    yield from (*own, *free)
    yield from (_times(term, one) for term in own)
    for word, _ in own[: len(one.own)]:
        if word in one.own:
            more = one.value - one.own[word]
            yield f"{word}{more:+}", lambda at, word=word, more=more: at.own[word] + more  # type: ignore[misc]
    yield from (_times(term, one) for term in free)


def _terms(one: Measured, other: Measured, which: str) -> Iterator[Candidate]:
    """Sizes that change, their products, and the sides of square maps whose places are one axis."""
    changing = [word for word, size in getattr(one, which).items() if size != getattr(other, which).get(word)]
    for count in range(1, MOST_FACTORS + 1):
        some = combinations_with_replacement(changing, count)
        for factors in sorted(some, key=lambda found: (found != (one.word,), -len({*found}))):
            yield "*".join(factors), lambda at, f=factors: prod(getattr(at, which)[word] for word in f)  # type: ignore[misc]
    for word in changing:
        yield f"sqrt({word})", lambda at, word=word: _side(getattr(at, which)[word])  # type: ignore[misc]


def _side(places: int) -> int:
    """The side of a square map; 0 where there is none."""
    return side if (side := isqrt(places)) ** 2 == places else 0


def _times(term: Candidate, one: Measured) -> Candidate:
    """The multiple of a term that gives a number; a part of it must be whole, or the spec is refused there."""
    text, size = term
    ratio = Fraction(one.value, size(one) or 1)
    text = f"{ratio.numerator}*{text}" if ratio.numerator != 1 else text
    text = f"{text}/{ratio.denominator}" if ratio.denominator != 1 else text
    return text, lambda at: ratio * size(at)
