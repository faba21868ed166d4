"""An operator of ONNX in its place: its arguments, which stand as attributes or as constant inputs, by its version."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple, TypeAlias

Given: TypeAlias = dict[str, Any]


class Unread(Exception):
    """An operator with arguments for which archcalc has no layer."""


class Node(NamedTuple):
    """An operator of ONNX in its place."""

    kind: str
    version: int  # of the operators
    given: Given  # its attributes
    inputs: tuple[Any, ...]  # values, None for one that is left out
    numbers: tuple[Any, ...]  # the elements of each input that is a small constant, else None
    sizes: tuple[tuple[int, ...], ...]  # of each input, for a batch of 1
    output: tuple[int, ...]  # the sizes of the first output

    @property
    def x(self) -> Any:
        return self.inputs[0]

    @property
    def rank(self) -> int:
        return len(self.sizes[0])

    def value(self, place: int) -> Any:
        return self.inputs[place] if place < len(self.inputs) else None

    def number(self, name: str, place: int, usual: Any = None) -> Any:
        """An argument that is an attribute, or the constant input at this place. Raises Unread."""
        if name in self.given:
            return self.given[name]
        if place >= len(self.inputs) or self.inputs[place] is None:
            return usual
        if self.numbers[place] is None:
            raise Unread
        return self.numbers[place].tolist()

    def learned(self, place: int, neutral: int = 0) -> Any:
        """An input that is a learned tensor; None where it is left out or has only this number. Raises Unread."""
        value, found = self.value(place), self.numbers[place] if place < len(self.numbers) else None
        if value is None or value.tensors:
            return value
        if found is None or (found != neutral).any():
            raise Unread
        return None


def everything(node: Node) -> Given:
    """All inputs, by number."""
    return {str(i): value for i, value in enumerate(node.inputs) if value is not None}


def short(number: float) -> float:
    """A number as it was written before it became a float32."""
    return float(f"{number:.7g}")


def is_row(value: Any, output: tuple[int, ...]) -> bool:
    """Whether a value is a learned number for each feature."""
    alone = value.operation is None and len(value.tensors) == 1
    return alone and value.sizes[-1:] == output[-1:] == (prod(value.sizes),)


def einsum_products(equation: str, shapes: tuple[tuple[int, ...], ...]) -> int:
    """The multiply-adds of a sum of products of two inputs; 0 where they are not known.

    An index that only one of the inputs has, and not the output, is summed before.
    """
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    pairs = (pair for term, shape in zip(terms, shapes, strict=True) for pair in zip(term, shape, strict=False))
    sizes = dict(pairs)
    summed = [letter for letter in sizes if letter not in output and not all(letter in term for term in terms)]
    return 0 if not arrow or "." in equation or summed else prod(sizes.values())
