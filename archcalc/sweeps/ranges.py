"""The values of a swept knob, and the input sizes that follow from them, such as 96 rows from rho = 3/7."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, TypeAlias

from archcalc.address import Address, address
from archcalc.core.errors import ArchcalcError, Refusal
from archcalc.core.number import Number, family, plain
from archcalc.core.value import show
from archcalc.spec.expression import Compiler
from archcalc.spec.model import SHAPE_WORDS, Knob, Spec, names_used, read_value
from archcalc.spec.syntax import Definition, Expression, syntax_tree


def input_sizes(spec: Spec, axes: Mapping[str, Axis]) -> dict[str, Address]:
    """Each input size that depends on a swept knob and is not itself a knob; of equal expressions the first."""
    swept = {name for name, axis in axes.items() if size(axis) > 1}
    found: dict[str, Address] = {}
    for word, written in zip(SHAPE_WORDS, _written(spec), strict=False):
        if written.text not in spec.given and swept & names_used(spec._replace(input=written, layers=())):
            found.setdefault(written.text, address(f"{word} of input"))
    return {str(quantity): quantity for quantity in found.values()}


def _written(spec: Spec) -> list[Expression]:
    """The expression of each input size."""
    text, place = spec.input.text, spec.input.place
    functions = {name: let for name, let in spec.part.lets.items() if isinstance(let, Definition)}
    compiler, tree = Compiler(text, functions, place), syntax_tree(text, place)
    return [compiler.expression(node) for node in (tree.elts if isinstance(tree, (ast.List, ast.Tuple)) else [tree])]


FORM = "written START:STOP:STEP (0.25:1.4:0.05), START:STOP, or as a list (0.25,0.5,1)"
LONGEST_LIST = 1_000_000  # values; a range may have any number


@dataclass(frozen=True)
class Span(Sequence[Any]):
    """start, start + step, start + 2 step ..."""

    start: Number
    step: Number
    values: int

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.values))]
        if not 0 <= index < self.values:
            raise IndexError(index)
        return plain(Fraction(self.start + self.step * index))

    def __len__(self) -> int:
        return self.values

    @property
    def last(self) -> Number:
        """The last value."""
        return self[self.values - 1]


Axis: TypeAlias = Sequence[Any]  # a Span, or a tuple of numbers or words


def size(axis: Axis) -> int:
    """The number of values; len() fails for numbers of more than 63 bits."""
    return axis.values if isinstance(axis, Span) else len(axis)


def has_words(axis: Axis) -> bool:
    """Whether some of its values are not numbers."""
    return not isinstance(axis, Span) and any(isinstance(value, (bool, str)) for value in axis)


def read_axis(knob: Knob, text: str) -> Axis:
    """Read the values from a text. Raises ArchcalcError."""
    return _checked(knob, lambda: [_part(knob, part.strip()) for part in text.split(",")], repr(text))


def make_axis(knob: Knob, values: Any) -> Axis:
    """The values given in Python: a number, a word, a text as above, a range, a list or an array."""
    if isinstance(values, str):
        return (values,) if values in knob.choices else read_axis(knob, values)
    if isinstance(values, range):
        return _checked(knob, lambda: [_span(values.start, values[-1], values.step) if values else ()], repr(values))
    if isinstance(values, Span):
        return _checked(knob, lambda: [values], "its range")
    listed = list(islice(_items(values), LONGEST_LIST + 1))
    return _checked(knob, lambda: [(value,) for value in listed], "its list")


def _items(values: Any) -> Any:
    """The values of any list or array, also of pandas, or a single value."""
    values = values.to_numpy() if hasattr(values, "to_numpy") else values
    if isinstance(values, (bytes, bytearray, Mapping)):  # iterating over these gives no values
        return [values]
    try:
        return iter(values.flat if family(values) == "numpy" else values)
    except TypeError:
        return [values]


def _checked(knob: Knob, parts: Callable[[], Iterable[Axis]], shown: str) -> Axis:
    """Join parts into one axis; the knob must accept every value, and none may appear twice."""
    try:
        found = list(parts())
        if len(found) == 1 and isinstance(found[0], Span):
            knob.accept(found[0].start)
            knob.accept(found[0].last)
            if not knob.choices:  # if both ends are within the bounds, so is every value between
                return found[0]
        if sum(map(size, found)) > LONGEST_LIST:
            raise Refusal(f"a list of more than {LONGEST_LIST:,} values; a single range may be longer")
        values = tuple(knob.accept(value) for part in found for value in part)
    except Refusal as refusal:
        raise ArchcalcError(f"{knob.name}, from {shown}: {refusal}") from None
    if not values:
        raise ArchcalcError(f"{knob.name}, from {shown}: no values; they are {FORM}")
    if len(set(values)) < len(values):
        twice = next(value for i, value in enumerate(values) if value in values[:i])
        raise ArchcalcError(f"{knob.name}, from {shown}: {show(twice)} appears twice")
    return values


def _part(knob: Knob, text: str) -> Axis:
    if not text:
        raise Refusal("a value is missing")
    if text in knob.choices or ":" not in text:
        return (knob.read(text),)
    ends = [_number(word) for word in text.split(":")]
    if len(ends) > 3:
        raise Refusal(f"{text!r} has more than three parts; a range is {FORM}")
    return _span(*ends)


def _span(start: Number, stop: Number, step: Number = 1) -> Span:
    """The range from start to stop, both included. Raises Refusal if its steps do not meet the stop."""
    if step == 0:
        raise Refusal("a step of 0 never reaches the end")
    steps = (stop - start) // step
    if steps < 0:
        raise Refusal(f"an empty range: {show(start)} is past {show(stop)} in steps of {show(step)}")
    before = start + step * steps
    if before != stop:
        ways = [f"{show(start)}:{show(end)}:{show(step)}" for end in (before, before + step)]
        raise Refusal(f"steps of {show(step)} from {show(start)} do not meet {show(stop)}; write {' or '.join(ways)}")
    return Span(start, step, int(steps) + 1)


def _number(word: str) -> Number:
    value = read_value(word.strip()) if word.strip() else None
    if value is None or isinstance(value, (bool, str, tuple)):
        raise Refusal(f"{word!r} is not a number; a range is {FORM}")
    return value
