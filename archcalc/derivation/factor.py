"""The factors of a number, read from its trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.argument import word
from archcalc.kind import Kind
from archcalc.number import Number
from archcalc.shape import Shape
from archcalc.traces.traced import Trace, Traced, name, value_of


class Atom(NamedTuple):
    """One factor: its value, and its source: "input" or "output" with the axis, or "argument" with the name."""

    value: Number
    source: str = ""
    which: int | str = ""
    over: Number = 1  # what it was divided by: input channels by groups

    @property
    def is_position(self) -> bool:
        """Whether it is a size along an axis other than the channels."""
        return self.source in ("input", "output") and self.which != 0


def factors(number: Any) -> tuple[Atom, ...]:
    """The factors of a number; none for 1."""
    if not isinstance(number, Traced):
        return () if isinstance(number, int) and number == 1 else (Atom(number),)
    if number.operation == "name":
        return (Atom(number.value, *number.operands[0]),)
    if number.operation == "*":
        left, right = map(factors, number.operands)
        return left + right
    if number.operation == "/" and len(top := factors(number.operands[0])) == 1:
        return (top[0]._replace(value=number.value, over=value_of(number.operands[1])),)
    return (Atom(number.value),)


def summands(number: Any) -> tuple[Any, ...]:
    """The summands of a number; none for 0."""
    if not isinstance(number, Traced):
        return () if isinstance(number, int) and number == 0 else (number,)
    if number.operation == "+":
        left, right = map(summands, number.operands)
        return left + right
    return (number,)


def named_shape(shape: Shape, source: str, trace: Trace) -> Shape:
    """The sizes as traced names, which record their source, "input" or "output", and their axis."""
    return tuple(name((source, axis), size, trace) for axis, size in enumerate(shape))


def named_layer(layer: Kind, trace: Trace) -> Kind:
    """The layer with traced names in place of its numeric arguments."""
    return layer.with_arguments(dict(_named_arguments(layer, trace)))


def _named_arguments(layer: Kind, trace: Trace) -> Iterator[tuple[str, Any]]:
    """The numeric arguments, except for those that are 1 by default and 1 here, such as a dilation of 1."""
    for parameter in layer.parameters:
        value, label = getattr(layer, parameter.name), ("argument", parameter.name)
        several = isinstance(value, tuple) and parameter.type.per_axis
        if value is None or isinstance(value, (bool, str)) or (isinstance(value, tuple) and not several):
            continue
        if not several and not parameter.required and word(value) == word(parameter.default) == "1":
            continue
        given = tuple(name(label, own, trace) for own in (value if several else (value,)))
        yield parameter.name, given if several else given[0]
