"""A model of Keras -> operations, from the JSON of its configuration alone: no code runs, Keras is not needed.

The file may come from a stranger. Of an archive only config.json is read, and only if it is small.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, one_line
from archcalc.core.layer import Kind
from archcalc.core.shape import Shape, describe
from archcalc.importers.keras_layers import ELEMENTWISE, WORKLESS, Asked, channels_first, layers_of
from archcalc.importers.operation import INPUT, Imported, Operation, Within
from archcalc.layers import KINDS

LARGEST = 16 << 20  # bytes of config.json
MODELS = ("Functional", "Model", "Sequential")
BLOCK = re.compile(r"(?P<block>.*?block_?\d+[a-z]?)_(?P<name>.+)")
DEEPEST = 20  # models within models

Key = tuple[str, int]  # a layer and the number of its call


class Call(NamedTuple):
    """A call of a layer in a model."""

    layer: dict[str, Any]
    number: int
    inputs: tuple[Key, ...]
    numbers: tuple[float, ...]

    @property
    def key(self) -> Key:
        return str(self.layer["config"]["name"]), self.number


def configuration(path: str) -> dict[str, Any]:
    """What a .keras archive or a file of JSON says of the model. Raises ArchcalcError."""
    try:
        found = json.loads(_text(path))
    except OSError as error:
        raise ArchcalcError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError):
        raise ArchcalcError(f"{path}: its configuration is not JSON that can be read") from None
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError):
        raise ArchcalcError(f"{path}: not an archive of Keras 3 with a config.json in it") from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise ArchcalcError(f"{path}: its configuration is not that of a model of Keras 3")
    return found


def _text(path: str) -> bytes:
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            return _small(path, file.read(LARGEST + 1))
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as file:
        return _small(path, file.read(LARGEST + 1))


def _small(path: str, data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise ArchcalcError(f"{path}: its configuration is larger than {LARGEST >> 20} MiB")
    return data


def read(path: str, shape: Shape | None = None) -> Imported:
    """The operations of a model, for the input that its file states, or for this one. Raises ArchcalcError."""
    model = configuration(path)
    try:
        own = None if shape and _is_open(model) else _input(model)
        reader = Reader(shape or _input(model), shape in (None, own))
        end = reader.model(model, [INPUT], (), 0)
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {error}") from None
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, StopIteration, MemoryError) as error:
        why = one_line(str(error))[:100]
        raise ArchcalcError(f"{path}: its configuration is not as Keras 3 writes it ({why})") from None
    if not end:
        raise ArchcalcError(f"{path}: the model has no output")
    return Imported(tuple(reader.operations), reader.input, tuple(dict.fromkeys(reader.unknown)))


def _is_open(model: dict[str, Any]) -> bool:
    """Whether the model takes inputs of any size."""
    layers = [layer for layer in model["config"]["layers"] if layer["class_name"] == "InputLayer"]
    return any(None in layer["config"]["batch_shape"][1:] for layer in layers)


def _input(model: dict[str, Any]) -> Shape:
    """The shape of one example of the model's only input. Raises ArchcalcError."""
    layers = model["config"]["layers"]
    inputs = [layer["config"] for layer in layers if layer["class_name"] == "InputLayer"]
    if len(inputs) != 1:
        raise ArchcalcError(f"the model has {len(inputs)} inputs; a spec has one")
    sizes = inputs[0]["batch_shape"][1:]
    if None in sizes:
        raise ArchcalcError("the size of the model's input is open; --input 3,224,224 gives it, channels first")
    return _sizes(sizes)


def _sizes(sizes: Any) -> Shape:
    """Sizes that a file states. Raises ValueError."""
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError(f"the sizes {sizes}")
    return channels_first(tuple(sizes))


class Reader:
    """Reads a model, and the models in it."""

    def __init__(self, shape: Shape, stated: bool) -> None:
        self.input, self.is_stated = shape, stated  # whether the shapes are those that the file states
        self.operations: list[Operation] = []
        self.first: dict[tuple[str, ...], list[int]] = {}  # path of a layer -> its operations with weights
        self.unknown: list[str] = []

    def shape(self, number: int) -> Shape:
        return self.input if number == INPUT else self.operations[number].shape

    def model(self, model: dict[str, Any], inputs: list[int], within: tuple[Within, ...], call: int) -> list[int]:
        """The outputs of a model."""
        if len(within) > DEEPEST:
            raise ArchcalcError(f"more than {DEEPEST} models within models")
        calls = [*_calls(model)]
        stated = _stated(model) if self.is_stated else {}
        values: dict[Key, int] = {}
        starts = iter(inputs)
        waiting = calls
        while waiting:
            ready = next((one for one in waiting if all(key in values for key in one.inputs)), None)
            if ready is None:
                name = one_line(waiting[0].key[0])
                raise ArchcalcError(f"the inputs of the layer {name!r} are not there, or depend on its output")
            waiting = [one for one in waiting if one is not ready]
            given = [values[key] for key in ready.inputs]
            if not given:
                given = [next(starts)]
            values[ready.key] = self.called(ready, given, stated.get(ready.key), within)
        return [values[key] for key in _outputs(model, calls)]

    def called(self, call: Call, inputs: list[int], stated: Shape | None, within: tuple[Within, ...]) -> int:
        name, kind = call.key[0], str(call.layer["class_name"])
        inside = (*within, *_within(name, kind))
        if kind in MODELS:
            (end,) = self.model(call.layer, inputs, inside, call.number)
            return end
        given = call.layer["config"]
        if given.get("data_format") == "channels_first":
            raise ArchcalcError(f"the layer {one_line(name)!r} has its channels first, which is not read yet")
        first = len(self.operations)
        end = self.layer(kind, given, inputs, call.numbers, stated, inside)
        self.share(first, inside)
        if stated is not None and self.shape(end) != stated:
            says = f"{describe(stated)}, and its layers give {describe(self.shape(end))}"
            raise ArchcalcError(f"the output of the layer {one_line(name)!r} is {says}")
        return end

    def layer(
        self, kind: str, given: dict[str, Any], inputs: list[int], numbers: tuple[float, ...], stated: Shape | None,
        within: tuple[Within, ...],
    ) -> int:  # fmt: skip
        """The operations of a call of a layer; gives the last one."""
        if kind == "LayerScale":
            scale = self.add(KINDS["parameter"]((given["projection_dim"], 1, 1)), [], within, within[-1].name)
            return self.add(KINDS["multiply"](), [*inputs, scale], within[:-1])
        if kind == "CustomScaleLayer":
            scaled = self.add(join_scale(given), inputs[1:], within[:-1])
            return self.add(KINDS["add"](), [inputs[0], scaled], within[:-1])
        layers = layers_of(Asked(kind, given, tuple(map(self.shape, inputs)), numbers))
        if layers is None or not self.fits(layers, inputs):
            return self.opaque(kind, given, inputs, stated, within)
        for place, made in enumerate(layers):
            inputs = [self.add(made, inputs, within if place == 0 else within[:-1])]
        return inputs[0]

    def fits(self, layers: list[Kind], inputs: list[int]) -> bool:
        shapes = tuple(map(self.shape, inputs))
        for made in layers:
            if (not made.many and len(shapes) != 1) or any(fits is not True for fits, _ in made.needs(*shapes)):
                return False
            shapes = (made.shape(*shapes),)
        return True

    def opaque(
        self, kind: str, given: dict[str, Any], inputs: list[int], stated: Shape | None, within: tuple[Within, ...]
    ) -> int:
        if kind in ELEMENTWISE:
            stated = KINDS["multiply"]().shape(*map(self.shape, inputs))
        if stated is None:
            name = one_line(within[-1].name or kind)
            raise ArchcalcError(f"archcalc has no layer for {one_line(kind)} ({name!r}), whose output is not stated")
        cost = 0 if kind in WORKLESS else None
        if cost is None:
            self.unknown.append(f"{one_line(kind)} in {one_line(within[-1].name)}")
        stored = 2 * stated[0] + 1 if kind == "Normalization" and given.get("mean") is None else cost
        return self.add(KINDS["opaque"](stated, params=stored, mult_adds=cost), inputs, within, kind.lower())

    def add(self, layer: Kind, inputs: list[int], within: tuple[Within, ...], name: str = "") -> int:
        shapes = tuple(map(self.shape, inputs))
        shape = layer.shape(*(shapes or (self.input,)))  # what depends on nothing may stand anywhere
        self.operations.append(Operation(layer, tuple(inputs), shape, within, name))
        return len(self.operations) - 1

    def share(self, first: int, within: tuple[Within, ...]) -> None:
        """Name the weights of the operations from ``first`` on: those of a layer that is called again are its own."""
        path = tuple(each.key for each in within)
        learned = [number for number in range(first, len(self.operations)) if self.learned(number)]
        earlier = self.first.setdefault(path, learned)
        for number, other in zip(learned, earlier, strict=True):
            shared = other if other != number else None
            self.operations[number] = self.operations[number]._replace(weights=path, shared=shared)

    def learned(self, number: int) -> bool:
        operation = self.operations[number]
        found = operation.layer.learned(*map(self.shape, operation.inputs or (INPUT,)))
        return found is None or bool(found)


def join_scale(given: dict[str, Any]) -> Kind:
    """The scale of a residual, of the Inception-ResNet of keras.applications."""
    from fractions import Fraction

    return KINDS["scale"](Fraction(repr(given["scale"])))


def _within(name: str, kind: str) -> tuple[Within, ...]:
    """The layer, and the block that its name says it is in."""
    if found := BLOCK.fullmatch(name):
        return Within(found["block"], found["block"], "Block"), Within(name, found["name"], kind)
    return (Within(name, name, kind),)


def _calls(model: dict[str, Any]) -> Iterator[Call]:
    """The calls of the layers of a model; in a Sequential each takes the output of the one above."""
    before: Key | None = None
    for layer in model["config"]["layers"]:
        if model["class_name"] == "Sequential":
            call = Call(layer, 0, (before,) if before else (), ())
            before = call.key
            yield call
            continue
        nodes = layer.get("inbound_nodes") or [{"args": []}]
        for number, node in enumerate(nodes):
            found = [*_tensors(node["args"]), *_tensors(list(node.get("kwargs", {}).values()))]
            keys = tuple(dict.fromkeys(_key(one) for one in found if isinstance(one, dict)))
            if layer["class_name"] in ("Add", "Multiply", "Concatenate"):
                keys = tuple(_key(one) for one in found if isinstance(one, dict))
            numbers = tuple(float(one) for one in _tensors(node["args"]) if isinstance(one, (int, float)))
            yield Call(layer, number, keys, numbers)


def _tensors(args: Any) -> Iterator[Any]:
    """The tensors among arguments, as the file describes them, and the numbers."""
    if isinstance(args, list):
        for one in args:
            yield from _tensors(one)
    elif isinstance(args, dict) and args.get("class_name") == "__keras_tensor__":
        yield args["config"]
    elif isinstance(args, (int, float)) and not isinstance(args, bool):
        yield args


def _key(tensor: dict[str, Any]) -> Key:
    name, call, _ = tensor["keras_history"]
    return str(name), int(call)


def _stated(model: dict[str, Any]) -> dict[Key, Shape]:
    """The shapes that the file states of outputs that other layers take."""
    found: dict[Key, Shape] = {}
    for layer in model["config"]["layers"]:
        for node in layer.get("inbound_nodes") or []:
            for one in _tensors([node["args"], [*node.get("kwargs", {}).values()]]):
                if isinstance(one, dict) and None not in one["shape"][1:]:
                    found[_key(one)] = _sizes(one["shape"][1:])
    return found


def _outputs(model: dict[str, Any], calls: list[Call]) -> list[Key]:
    found = model["config"].get("output_layers")
    if not found:
        return [calls[-1].key] if calls else []
    several = found if isinstance(found[0], list) else [found]
    return [(str(name), int(call)) for name, call, _ in several]
