"""What a kind of layer is: a frozen record of its arguments, and one rule for each question asked of it.

The class is the schema. Its fields are the arguments a spec may give, in order, with their types and defaults; its
docstring states the equation; its examples are documentation and the input of the laws that every kind obeys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, dataclass_transform

from archcalc.argument import MISSING, Need, Parameter, argument_type, word
from archcalc.errors import listing
from archcalc.number import Number, product
from archcalc.shape import Shape


@dataclass_transform(frozen_default=True)
class Kind:
    """A layer: its arguments, and the rules that give its output, weights, work and torch counterpart.

    A record as dataclasses makes them; but to let that write methods for each kind takes a tenth of a summary's time.
    """

    label: ClassVar[str]  # its name in a spec
    many: ClassVar[bool] = False  # takes any number of inputs instead of one
    examples: ClassVar[Mapping[str, Any]]  # call -> input shape (of a kind with many inputs: shapes)
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]]  # each argument's, MISSING where it must be given
    view: ClassVar[bool] = False  # its output (in evaluation) is its input's memory, or a part of it
    keeps: ClassVar[str] = "inputs"  # what its backward pass needs of them: "inputs", "output" or "nothing"
    passes: ClassVar[str] = ""  # its inputs' gradients are its output's: "whole", or each a "part"; else new ones
    does: ClassVar[str] = ""  # the kind of work that it does once for each element of its output, besides products
    apart: ClassVar[bool] = False  # whether autograd adds to the gradients of its weights in a place of their own

    def __init_subclass__(cls, label: str = "") -> None:
        cls.label = label or cls.__name__.lower()
        own = {name: str(of) for name, of in cls.__annotations__.items() if not str(of).startswith("ClassVar")}
        known = {parameter.name: parameter for parameter in cls.parameters} | {
            name: Parameter(name, argument_type(cls.__name__, name, of), getattr(cls, name, MISSING))
            for name, of in own.items()
        }
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

    def statistics(self, output: Shape) -> Number:
        """Bytes that training keeps of the batch as a whole, however large: batch norm's means and deviations."""
        return 0

    def mult_adds(self, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        """Multiply-adds with weights, for one example; None where they are not known."""
        return 0

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        """How much of each other kind of work (archcalc.figures.amounts) one example takes; None where not known."""
        return {self.does: product(output)} if self.does else {}

    def window(self, *inputs: Any, **_: Any) -> tuple[tuple[Number, Number], ...] | None:
        """Along each axis, how many positions of its input an output position sees, and its step to the next one.

        Empty where each sees its own; None where that is not known.
        """
        return ()

    def module(self, torch: Any, *inputs: Any, **_: Any) -> Any:
        """The same layer in torch: a module or a function of batched tensors; None where there is none."""
        raise NotImplementedError

    def with_arguments(self, values: Mapping[str, Any]) -> Kind:
        """The same layer with other values for some of its arguments."""
        return type(self)(**{**{p.name: getattr(self, p.name) for p in self.parameters}, **values})

    def __str__(self) -> str:
        """As a spec would write it."""
        given = [(p, getattr(self, p.name)) for p in self.parameters]
        words = [word(v) if p.required else f"{p.name}={word(v)}" for p, v in given if p.required or _differs(v, p)]
        return f"{self.label}({', '.join(words)})" if words else self.label


def _differs(value: Any, parameter: Parameter) -> bool:
    """Whether the value must be written; an array's own comparison would be an array."""
    return value is not parameter.default and word(value) != word(parameter.default)


def build(kind: type[Kind], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[Kind, dict[str, Need]]:
    """A layer from evaluated arguments, and what each must still meet. The call itself is known to fit."""
    layer = kind(*arguments, **keywords)
    needs = {
        parameter.name: parameter.need(value)
        for parameter, value in zip(kind.parameters, vars(layer).values(), strict=True)
        if value is not parameter.default and parameter.type.check(value) is not True
    }
    return layer, needs
