"""What a kind of layer is: a frozen record of its arguments, and one rule for each question asked of it.

The class is the schema. Its fields are the arguments a spec may give, in order, with their types and defaults; its
docstring states the equation; its examples are documentation and the input of the laws that every kind obeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, TypeAlias, dataclass_transform

from archcalc.errors import Place, Refusal, listing, suggest
from archcalc.number import Condition, Number, both, is_whole, show
from archcalc.shape import Shape

Size: TypeAlias = Number
Natural: TypeAlias = Number
Axes: TypeAlias = Any  # Number | tuple[Number, ...]
Pads: TypeAlias = Any  # Number | tuple[Number, ...]
Padding: TypeAlias = Any  # Number | tuple[Number, ...] | "same"
Sizes: TypeAlias = tuple[Number, ...]
Table: TypeAlias = tuple[str, ...]
Rate: TypeAlias = Number
Factor: TypeAlias = Number
Flag: TypeAlias = bool

Need: TypeAlias = tuple[Condition, str]  # what must hold, and what to say where it does not


def _at_least(bound: int) -> Callable[[Any], Condition]:
    return lambda value: not isinstance(value, (str, bool, tuple)) and both(is_whole(value), value >= bound)


def _each(check: Callable[[Any], Condition]) -> Callable[[Any], Condition]:
    def checked(value: Any) -> Condition:
        result: Condition = True
        for item in value if isinstance(value, tuple) else (value,):
            result = both(result, check(item))
        return result

    return checked


def _is_table(value: Any) -> bool:
    rows = [row if isinstance(row, str) else "" for row in value] if isinstance(value, tuple) else []
    marked = [set(column) for column in zip(*rows, strict=False)]
    return len(set(map(len, rows))) == 1 and all("X" in column <= {"X", "."} for column in marked) and bool(marked)


class ArgumentType(NamedTuple):
    """A type of argument: how it reads in a message and the documentation, what holds for it, its JSON schema."""

    means: str
    check: Callable[[Any], Condition]
    per_axis: bool = False  # one value for all axes, or as many as there are


_size, _natural = _at_least(1), _at_least(0)

TYPES: dict[str, ArgumentType] = {
    "Size": ArgumentType("a whole number, at least 1", _size),
    "Natural": ArgumentType("a whole number, at least 0", _natural),
    "Axes": ArgumentType("a whole number, at least 1, or one for each axis", _each(_size), True),
    "Pads": ArgumentType("a whole number, at least 0, or one for each axis", _each(_natural), True),
    "Padding": ArgumentType(
        "a whole number, at least 0, or one for each axis, or same",
        lambda v: (isinstance(v, str) and v == "same") or _each(_natural)(v),
        True,
    ),
    "Sizes": ArgumentType("sizes in brackets", lambda v: isinstance(v, tuple) and v != () and _each(_size)(v)),
    "Table": ArgumentType("a row of X and . for each input map, an X or more in each column", _is_table),
    "Rate": ArgumentType(
        "a number from 0 to 1", lambda v: not isinstance(v, (str, bool, tuple)) and both(v >= 0, v <= 1)
    ),
    "Factor": ArgumentType("a number", lambda v: not isinstance(v, (str, bool, tuple))),
    "Flag": ArgumentType("true or false", lambda v: isinstance(v, bool)),
}


class Parameter(NamedTuple):
    """An argument that a kind takes."""

    name: str
    type: ArgumentType
    required: bool
    default: Any

    def need(self, value: Any) -> Need:
        """What a value for it must meet."""
        whole = "; floor, ceil or round makes it whole" if isinstance(value, Fraction) else ""
        return self.type.check(value), f"{self.name} is {self.type.means}, not {_word(value)}{whole}"


def _argument_type(kind: str, name: str, annotation: str) -> ArgumentType:
    if annotation not in TYPES:
        raise TypeError(f"{kind}.{name} is of no type of argument: {annotation}. Is __future__.annotations imported?")
    return TYPES[annotation]


@dataclass_transform(frozen_default=True)
class Kind:
    """A layer: its arguments, and the rules that give its output, weights, work and torch counterpart."""

    label: ClassVar[str]  # its name in a spec
    many: ClassVar[bool] = False  # takes any number of inputs instead of one
    examples: ClassVar[Mapping[str, Any]]  # call -> input shape (of a kind with many inputs: shapes)
    parameters: ClassVar[tuple[Parameter, ...]]
    view: ClassVar[bool] = False  # its output (in evaluation) is its input's memory, or a part of it
    keeps: ClassVar[str] = "inputs"  # what its backward pass needs of them: "inputs", "output" or "nothing"

    def __init_subclass__(cls, label: str = "") -> None:
        dataclass(frozen=True, repr=False)(cls)
        cls.label = label or cls.__name__.lower()
        cls.parameters = tuple(
            Parameter(f.name, _argument_type(cls.__name__, f.name, str(f.type)), f.default is MISSING, f.default)
            for f in fields(cls)  # type: ignore[arg-type]  # made a dataclass two lines above
        )

    def needs(self, *inputs: Any, **_: Any) -> Iterator[Need]:
        """What the inputs must meet, beyond the types of the arguments."""
        yield from ()

    def shape(self, *inputs: Any, **_: Any) -> Shape:
        """The output's shape, of one example."""
        return inputs[0]  # type: ignore[no-any-return]  # *inputs are shapes; typed Any so that a kind may name its own

    def weights(self, *inputs: Any, **_: Any) -> dict[str, Shape] | None:
        """Each learned tensor's shape, by torch's name; None where it is not known."""
        return {}

    def buffers(self, *inputs: Any, **_: Any) -> dict[str, Shape]:
        """The shape of each tensor that is kept but not learned, by torch's name."""
        return {}

    def times(self) -> Number:
        """How many outputs it makes of one input, as a pooling of regions does; what follows runs on each of them."""
        return 1

    def marks(self, output: Shape) -> Number:
        """Bytes that training keeps beside them for one example: where each maximum was, what was dropped."""
        return 0

    def mult_adds(self, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        """Multiply-adds with weights, for one example; None where they are not known."""
        return 0

    def module(self, torch: Any, *inputs: Any, **_: Any) -> Any:
        """The same layer in torch: a module or a function of batched tensors; None where there is none."""
        raise NotImplementedError

    def with_arguments(self, values: Mapping[str, Any]) -> Kind:
        """The same layer with other values for some of its arguments."""
        return type(self)(**{**{p.name: getattr(self, p.name) for p in self.parameters}, **values})

    def __str__(self) -> str:
        """As a spec would write it."""
        given = [(p, getattr(self, p.name)) for p in self.parameters]
        words = [_word(v) if p.required else f"{p.name}={_word(v)}" for p, v in given if p.required or _differs(v, p)]
        return f"{self.label}({', '.join(words)})" if words else self.label


def _differs(value: Any, parameter: Parameter) -> bool:
    """Whether the value must be written; an array's own comparison would be an array."""
    return value is not parameter.default and _word(value) != _word(parameter.default)


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_word, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return value if value == "same" else repr(value)
    return show(value)


def build(kind: type[Kind], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[Kind, dict[str, Need]]:
    """A layer from evaluated arguments, and what each must still meet. The call itself is known to fit."""
    values = dict(zip((p.name for p in kind.parameters), arguments, strict=False)) | dict(keywords)
    needs = {}
    for parameter in kind.parameters:
        value = values.get(parameter.name)
        if value is not None and parameter.type.check(value) is not True:
            needs[parameter.name] = parameter.need(value)
    return kind(**values), needs


def check_call(
    name: str, parameters: Mapping[str, bool], positional: Sequence[Place], keywords: Mapping[str, Place]
) -> Iterator[Refusal]:
    """What is wrong with a call, given the callee's parameters and whether each must be given."""
    names = list(parameters)
    if len(positional) > len(names):
        takes = f"takes {listing(names)}: {len(positional)} values are too many" if names else "takes no arguments"
        yield Refusal(f"{name} {takes}", positional[len(names)])
    for keyword, place in keywords.items():
        if keyword not in parameters:
            hint = suggest(keyword, names) or f" (its arguments: {listing(names)})"
            yield Refusal(f"{name} has no argument {keyword!r}{hint}", place)
        elif keyword in names[: len(positional)]:
            yield Refusal(f"{name}'s {keyword} is given twice, the first time without its name", place)
    given = {*names[: len(positional)], *keywords}
    if missing := [n for n, required in parameters.items() if required and n not in given]:
        yield Refusal(f"{name} needs {listing(missing)} (its arguments: {listing(names)})")
