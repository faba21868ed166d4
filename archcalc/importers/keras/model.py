"""The calls of a model's layers -> operations.

A spec has the channels of a map first, Keras mostly last: each value remembers where its axes are, and an axis is moved
only where a layer needs it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError
from archcalc.core.layer import Kind, argument_needs
from archcalc.core.shape import Shape, describe
from archcalc.importers.keras.graph import MODELS, Call, Key, calls, inputs, outputs, shown, stated
from archcalc.importers.operation import INPUT, Operation, Within
from archcalc.layers import KINDS

BLOCK = re.compile(r"(?P<block>.*?block_?\d+[a-z]?)_(?P<name>.+)")
DEEPEST = 20  # models within models
MOST = 4_000  # calls of layers, with what they take

Axes = tuple[int, ...]  # for each axis in Keras, the axis in archcalc


class Value(NamedTuple):
    """What a call gives: the operation, its shape in archcalc, and the axes."""

    number: int
    shape: Shape
    axes: Axes

    @property
    def keras(self) -> Shape:
        """Its shape in Keras, one example."""
        return tuple(self.shape[axis] for axis in self.axes)


def as_written(count: int) -> Axes:
    """The axes in the order of Keras."""
    return tuple(range(count))


def channel_first(count: int, axis: int = -1) -> Axes:
    """The axes in the order of Keras, except that this one is the first."""
    axis %= count
    return tuple(0 if one == axis else one + (one < axis) for one in range(count))


class Layer(NamedTuple):
    """A call of a layer with what it takes: what the rules for its layers see."""

    reader: Reader
    call: Call
    kind: str
    given: dict[str, Any]
    values: tuple[Value, ...]
    stated: Shape | None  # its output in Keras's order, where it is known
    within: tuple[Within, ...]

    @property
    def value(self) -> Value:
        return self.values[0]

    @property
    def x(self) -> Shape:
        """The shape of the first input, in archcalc."""
        return self.value.shape

    def axis(self, given: int) -> int:
        """The axis in archcalc that a layer numbers, the batch included."""
        count = len(self.x)
        if given == 0 or not -count <= given <= count:
            raise ValueError(f"there is no axis {given}")
        return self.value.axes[given if given < 0 else given - 1]

    def placed(self, axes: Axes) -> Layer:
        """The same with its inputs' axes there."""
        return self._replace(values=tuple(self.reader.placed(value, axes, self.within[:-1]) for value in self.values))

    def then(self, *kinds: Kind, axes: Axes | None = None) -> Value:
        """The layers one after the other, on the inputs; where the number of axes changes, they are Keras's."""
        values = self.values
        for kind in kinds:
            values = (self.add(kind, *values, axes=axes),)
        return values[0]

    def add(self, kind: Kind, *values: Value, axes: Axes | None = None, name: str = "") -> Value:
        return self.reader.add(kind, values, self.within, axes or (values or self.values)[0].axes, name)

    def tensor(self, *sizes: int) -> Value:
        """A learned tensor."""
        return self.reader.add(KINDS["parameter"](sizes), (), self.within, as_written(len(sizes)), self.within[-1].name)

    def opaque(self, shape: Shape | None = None, params: int | None = None, mult_adds: int | None = None) -> Value:
        """A step that archcalc has no layer for, with that output in Keras's order, or the one that the file states."""
        shape = shape or self.stated
        if shape is None:
            raise ArchcalcError(f"archcalc has no layer for {self.call.shown}, and its output is not stated")
        if None in (params, mult_adds):
            self.reader.unknown.append(f"{self.call.shown} in {shown(self.call.name)}")
        axes = self.value.axes if len(shape) == len(self.x) else as_written(len(shape))
        sizes = tuple(shape[axes.index(axis)] for axis in range(len(axes)))
        kind = KINDS["opaque"](sizes, params=params, mult_adds=mult_adds)
        return self.reader.add(kind, self.values, self.within, axes, self.call.shown.lower())


Rule = Callable[[Layer], Value]


class Reader:
    """Reads a model, and the models in it."""

    def __init__(self, shape: Shape, axes: Axes, is_stated: bool, rule: Rule) -> None:
        self.input, self.is_stated, self.rule = Value(INPUT, shape, axes), is_stated, rule
        self.operations: list[Operation] = []
        self.first: dict[tuple[str, ...], list[int]] = {}  # path of a layer -> its operations with weights
        self.unknown: list[str] = []
        self.unused = self.calls = self.moves = self.start = 0

    def model(self, model: dict[str, Any], given: Sequence[Value], within: tuple[Within, ...]) -> list[Value]:
        """The outputs of a model. Raises ArchcalcError."""
        if len(within) > 2 * DEEPEST:
            raise ArchcalcError(f"there are more than {DEEPEST} models within models")
        ordered = calls(model)
        known = stated(ordered) if self.is_stated else {}
        starts = dict(zip(inputs(model, ordered), given, strict=False))
        found: dict[Key, Value] = {}
        for call in ordered:
            taken = tuple(_taken(found, tensor.key) for tensor in call.tensors)
            if not taken and call.name not in starts:
                raise ArchcalcError(f"the layer {shown(call.name)!r} takes no input")
            key = Key(call.name, call.number, 0)
            given_ = taken or (starts[call.name],)
            for output, value in enumerate(self.called(call, given_, known.get(key), within)):
                found[key._replace(output=output)] = value
        return [_taken(found, key) for key in outputs(model, ordered)]

    def called(
        self, call: Call, values: tuple[Value, ...], known: Shape | None, within: tuple[Within, ...]
    ) -> list[Value]:
        """What a call of a layer gives. Raises ArchcalcError."""
        self.calls += 1 + len(call.tensors)
        if self.calls > MOST:
            raise ArchcalcError(f"the model has more than {MOST:,} calls of layers and inputs of these")
        inside = (*within, *_within(call))
        if call.kind in MODELS:
            return self.model(call.layer, values, inside)
        first = self.start = len(self.operations)
        try:
            value = self.rule(Layer(self, call, call.kind, call.given, values, known, inside))
            self.share(first, inside)
        except ArchcalcError as error:
            raise ArchcalcError(f"the layer {shown(call.name)!r}: {error}") from None
        except MISTAKES as error:
            raise ArchcalcError(f"the layer {shown(call.name)!r} is not as Keras writes it ({_why(error)})") from None
        if known is not None and value.keras != known:
            says = f"{describe(known)} in the file, and {describe(value.keras)} by its arguments"
            raise ArchcalcError(f"the output of the layer {shown(call.name)!r} is {says}")
        return [value]

    def placed(self, value: Value, axes: Axes, within: tuple[Within, ...]) -> Value:
        if value.axes == axes or len(axes) == 1:
            return value
        self.moves += 1
        order = tuple(value.axes[axes.index(axis)] for axis in range(len(axes)))
        return self.add(KINDS["permute"](order), (value,), within, axes)

    def add(self, kind: Kind, values: Sequence[Value], within: tuple[Within, ...], axes: Axes, name: str = "") -> Value:
        """An operation on these values. Raises ArchcalcError where they do not fit it."""
        shapes = [value.shape for value in values] or [self.input.shape]  # what depends on nothing may stand anywhere
        inexact = ((not isinstance(v, float), f"{name} must not be {v}") for name, v in vars(kind).items())
        for needed in (inexact, argument_needs(kind), kind.needs(*shapes)):
            for fits, why in needed:
                if fits is not True:
                    raise ArchcalcError(shown(why))
        shape = kind.shape(*shapes)
        axes = axes if len(axes) == len(shape) else as_written(len(shape))
        named = any(operation.within == within for operation in self.operations[self.start :])
        where = within if _is_learned(kind, shapes) and not named else within[:-1]  # one operation has the layer's name
        self.operations.append(Operation(kind, tuple(value.number for value in values), shape, where, name))
        return Value(len(self.operations) - 1, shape, axes)

    def share(self, first: int, within: tuple[Within, ...]) -> None:
        """Name the weights of the operations from ``first`` on: those of a layer that is called again are its own."""
        path = tuple(each.key for each in within)
        learned = [number for number in range(first, len(self.operations)) if self.is_learned(number)]
        earlier = self.first.setdefault(path, learned)
        if [*map(self.weights, learned)] != [*map(self.weights, earlier)]:
            raise ArchcalcError("it is called again, on an input for which its weights would have other sizes")
        for number, other in zip(learned, earlier, strict=True):
            shared = other if other != number else None
            self.operations[number] = self.operations[number]._replace(weights=path, shared=shared)

    def is_learned(self, number: int) -> bool:
        return _is_learned(self.operations[number].layer, self.shapes(number))

    def weights(self, number: int) -> Any:
        return self.operations[number].layer.weights(*self.shapes(number))

    def shapes(self, number: int) -> list[Shape]:
        """Those that an operation takes; what depends on nothing may stand anywhere."""
        sources = self.operations[number].inputs or (INPUT,)
        return [self.input.shape if source == INPUT else self.operations[source].shape for source in sources]


def _is_learned(kind: Kind, shapes: Sequence[Shape]) -> bool:
    found = kind.learned(*shapes)
    return found is None or bool(found)


MISTAKES = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)


def _why(error: Exception) -> str:
    return f"it has no {shown(str(error))}" if isinstance(error, KeyError) else shown(str(error))


def _taken(found: dict[Key, Value], key: Key) -> Value:
    """The value of an output. Raises ArchcalcError."""
    if key not in found:
        raise ArchcalcError(f"output {key.output + 1} of the layer {shown(key.layer)!r} is used, and it is not read")
    return found[key]


def _within(call: Call) -> tuple[Within, ...]:
    """The layer, and the block that its name says it is in. A name that Keras made of the class says nothing."""
    kind = call.layer["class_name"]
    if found := BLOCK.fullmatch(call.name):
        return Within(found["block"], found["block"], "Block"), Within(call.name, found["name"], kind)
    made = re.sub(r"_\d+$", "", call.name).replace("_", "") == call.shown.lower()
    return (Within(call.name, "" if made else call.name, kind),)
