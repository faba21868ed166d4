"""What a kind of layer is: a frozen record of its arguments, and one rule for each question asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, ClassVar, NamedTuple, NoReturn, TypeAlias, dataclass_transform

from archcalc.core.errors import listing
from archcalc.core.number import Condition, Number, both, is_whole, product
from archcalc.core.shape import Shape
from archcalc.core.value import show

Size: TypeAlias = Number
Natural: TypeAlias = Number
Axes: TypeAlias = Any  # Number | tuple[Number, ...]
Pads: TypeAlias = Any  # Number | tuple[Number, ...]
Padding: TypeAlias = Any  # Number | tuple[Number, ...] | "same"
Sizes: TypeAlias = tuple[Number, ...]
Table: TypeAlias = tuple[str, ...]
Rate: TypeAlias = Number
Factor: TypeAlias = Number
Factors: TypeAlias = Any  # Number | tuple[Number, ...], or None where it may be left out
Axis: TypeAlias = Any  # int, or None where it may be left out
Order: TypeAlias = tuple[int, ...]
Shifts: TypeAlias = tuple[int, ...]
Flag: TypeAlias = bool

Need: TypeAlias = tuple[Condition, str]  # a condition, and the message where it does not hold


def _at_least(bound: int) -> Callable[[Any], Condition]:
    return lambda value: not isinstance(value, (str, bool, tuple)) and both(is_whole(value), value >= bound)


def _each(check: Callable[[Any], Condition]) -> Callable[[Any], Condition]:
    return lambda value: reduce(both, map(check, value if isinstance(value, tuple) else (value,)), True)


def _is_table(value: Any) -> bool:
    rows = [row if isinstance(row, str) else "" for row in value] if isinstance(value, tuple) else []
    marked = [set(column) for column in zip(*rows, strict=False)]
    return len(set(map(len, rows))) == 1 and all("X" in column <= {"X", "."} for column in marked) and bool(marked)


def _is_plain(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return not isinstance(value, (str, bool, tuple))


class ArgumentType(NamedTuple):
    """A type of argument: its description for messages and documentation, and its check."""

    means: str
    check: Callable[[Any], Condition]
    per_axis: bool = False  # one value for all axes, or one for each axis
    place: bool = False  # which axis is meant: not a size, so it never varies


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
    "Axis": ArgumentType("the number of an axis: 0 is the first, -1 the last", _is_plain, place=True),
    "Order": ArgumentType(
        "the number of each axis of the input, in brackets",
        lambda v: isinstance(v, tuple) and all(map(_is_plain, v)) and sorted(v) == list(range(len(v))) and v != (),
    ),
    "Shifts": ArgumentType(
        "a whole number for each axis, in brackets",
        lambda v: isinstance(v, tuple) and v != () and all(map(_is_plain, v)),
    ),
    "Rate": ArgumentType("a number from 0 to 1", lambda v: _is_number(v) and both(v >= 0, v <= 1)),
    "Factor": ArgumentType("a number", _is_number),
    "Factors": ArgumentType(
        "a number, or one for each channel",
        lambda v: all(map(_is_number, v)) and bool(v) if isinstance(v, tuple) else _is_number(v),
    ),
    "Flag": ArgumentType("true or false", lambda v: isinstance(v, bool)),
}


MISSING: Any = object()  # in place of a default


class Parameter(NamedTuple):
    """An argument of a kind of layer."""

    name: str
    type: ArgumentType
    default: Any

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def need(self, value: Any) -> Need:
        """The condition on a value of it, with its message."""
        whole = "; floor, ceil or round makes it whole" if isinstance(value, Fraction) else ""
        return self.type.check(value), f"{self.name} must be {self.type.means}, not {word(value)}{whole}"


def word(value: Any) -> str:
    """A value as it is written in a spec."""
    if isinstance(value, tuple):
        return f"({', '.join(map(word, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return value if value == "same" else repr(value)
    return show(value)


@dataclass_transform(frozen_default=True)
class Kind:
    """A layer: its arguments, and the rules for its output, its weights, its work and its torch counterpart.

    A record as dataclasses makes them; but to let that write methods for each kind takes a tenth of a summary's time.
    """

    label: ClassVar[str]  # its name in a spec
    many: ClassVar[bool] = False  # takes any number of inputs instead of one
    examples: ClassVar[Mapping[str, Any]]  # call -> input shape, or a tuple of shapes where ``many``
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]]  # each argument's, MISSING where it must be given
    view: ClassVar[bool] = False  # in inference, its output is (part of) the memory of its input
    constant: ClassVar[bool] = False  # its output is its weights, which are in memory already
    saved_for_backward: ClassVar[str] = "inputs"  # what backward needs: "inputs", "output", "nothing" or "unknown"
    passes_gradient: ClassVar[str] = ""  # to each input "whole", a "part" or "none"; "" makes new gradients
    work_per_element: ClassVar[str] = ""  # the kind of work done once for each element of the output
    accumulates_out_of_place: ClassVar[bool] = False  # the first sum of its first weight's gradients is a new tensor

    def __init_subclass__(cls, label: str = "") -> None:
        cls.label = label or cls.__name__.lower()
        known = {parameter.name: parameter for parameter in cls.parameters}
        for name, annotation in cls.__annotations__.items():
            if annotation in TYPES:
                known[name] = Parameter(name, TYPES[annotation], getattr(cls, name, MISSING))
            elif not str(annotation).startswith("ClassVar"):
                why = f"{annotation} is no type of argument. Is __future__.annotations imported?"
                raise TypeError(f"{cls.__name__}.{name}: {why}")
        cls.parameters = tuple(known.values())
        cls.defaults = {parameter.name: parameter.default for parameter in cls.parameters}

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.defaults, values, strict=False)) | named
        arguments = {**self.defaults, **given}
        fits = len(given) == len(values) + len(named) and len(arguments) == len(self.defaults)
        if not fits or any(value is MISSING for value in arguments.values()):
            raise TypeError(f"{self.label} takes {listing(self.defaults)}")
        vars(self).update(arguments)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a layer does not change; with_arguments({name}=...) gives another one")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.label, *vars(self).values()))

    def needs(self, *inputs: Any, **_: Any) -> Iterator[Need]:
        """The conditions on the inputs and arguments, beyond the types of the arguments."""
        yield from ()

    def shape(self, *inputs: Any, **_: Any) -> Shape:
        """The shape of the output, for one example."""
        return inputs[0]  # type: ignore[no-any-return]  # shapes, typed Any so that a kind may name its inputs

    def weights(self, *inputs: Any, **_: Any) -> dict[str, Shape] | None:
        """The shape of each learned tensor, by its name in torch; None where it is not known."""
        return {}

    def buffers(self, *inputs: Any, **_: Any) -> dict[str, Shape]:
        """The shape of each tensor that is stored but not learned, by its name in torch."""
        return {}

    def learned(self, *inputs: Any) -> Number | None:
        """How many numbers are learned; None where it is not known."""
        return _elements(self.weights(*inputs))

    def stored(self, *inputs: Any) -> Number | None:
        """How many numbers are stored and not learned; None where it is not known."""
        return None if self.learned(*inputs) is None else _elements(self.buffers(*inputs))

    def cache(self, *inputs: Any) -> Number:
        """Numbers that a decoder stores of all tokens so far, for those that follow; for one example."""
        return 0

    def times(self) -> Number:
        """How many outputs there are for one input, as in region pooling; the layers after it run on each of them."""
        return 1

    def mask_bytes(self, output: Shape) -> Number:
        """Bytes saved for the backward pass of one example beside tensors: positions of maxima, masks of dropout."""
        return 0

    def statistics_bytes(self, output: Shape) -> Number:
        """Bytes saved for the backward pass once for the whole batch: the means and deviations of batch norm."""
        return 0

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        """Multiply-adds with weights, for one example; None where they are not known.

        Those of two activations are work of another kind.
        """
        return 0

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        """Each other kind of work (archcalc.figures.amounts) and its amount for one example; None where not known."""
        return {self.work_per_element: product(output)} if self.work_per_element else {}

    def window(self, *inputs: Any, **_: Any) -> tuple[tuple[Number, Number], ...] | None:
        """The window of an output position along each axis: how many input positions it sees, and its stride.

        Empty where each position sees only itself; None where it is not known.
        """
        return ()

    def module(self, torch: Any, *inputs: Any, **_: Any) -> Any:
        """The torch counterpart: a module or a function of batched tensors; None where there is none."""
        raise NotImplementedError

    def with_arguments(self, values: Mapping[str, Any]) -> Kind:
        """The same layer with other values for some of its arguments."""
        return type(self)(**{**vars(self), **values})

    def __str__(self) -> str:
        """The layer as it is written in a spec."""
        given = zip(self.parameters, vars(self).values(), strict=True)
        words = [word(v) if p.required else f"{p.name}={word(v)}" for p, v in given if p.required or _differs(v, p)]
        return f"{self.label}({', '.join(words)})" if words else self.label


def _elements(tensors: Mapping[str, Shape] | None) -> Number | None:
    return None if tensors is None else sum(map(product, tensors.values()))


def _differs(value: Any, parameter: Parameter) -> bool:
    """Whether the value differs from the default; compared as texts, since arrays have no single comparison."""
    return value is not parameter.default and word(value) != word(parameter.default)


def build(kind: type[Kind], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[Kind, dict[str, Need]]:
    """A layer from evaluated arguments, and the conditions that are still open. The call was already checked."""
    layer = kind(*arguments, **keywords)
    needs = {
        parameter.name: parameter.need(value)
        for parameter, value in zip(kind.parameters, vars(layer).values(), strict=True)
        if value is not parameter.default and parameter.type.check(value) is not True
    }
    return layer, needs


def argument_needs(layer: Kind) -> Iterator[Need]:
    """The conditions on a layer's arguments alone, by their types."""
    for parameter, value in zip(layer.parameters, vars(layer).values(), strict=True):
        if value is not parameter.default:
            yield parameter.need(value)
