"""The calls of the layers of a model, from its JSON: in the form of Keras 3, or of Keras 2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, one_line
from archcalc.core.shape import Shape

MODELS = ("Functional", "Model", "Sequential")
OWN = re.compile(r"(tensorflow\.|tf_)?keras(\.|$)")  # where Keras's own classes are
SILENT = ("mask", "training")  # named arguments whose tensors take no part in products


class Key(NamedTuple):
    """An output of a call of a layer."""

    layer: str
    call: int
    output: int


class Tensor(NamedTuple):
    """An argument of a call that another call gives, with its shape where the file states it."""

    key: Key
    role: str  # the name of the argument, where it has one
    stated: tuple[Any, ...] | None


class Call(NamedTuple):
    """A call of a layer in a model."""

    name: str
    kind: str  # its class; ops.NAME for a function of keras.ops, "" for a class that is not Keras's own
    shown: str  # its class, for messages
    layer: dict[str, Any]
    number: int
    tensors: tuple[Tensor, ...] = ()
    values: tuple[Any, ...] = ()  # the arguments without names in order: None for a tensor, or a number
    options: dict[str, Any] = {}  # noqa: RUF012  # arguments with names that are no tensors; never changed

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return self.layer["config"]  # type: ignore[no-any-return]


def shown(name: str) -> str:
    """A name from the file, for a message."""
    return one_line(name)[:100]


def layers(model: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a model; old files of a Sequential have nothing else."""
    config = model["config"]
    found = config if isinstance(config, list) else config["layers"]
    if not isinstance(found, list) or not all(isinstance(layer, dict) for layer in found):
        raise ValueError("its layers are no list of layers")
    return found


def calls(model: dict[str, Any]) -> list[Call]:
    """The calls of a model that its outputs depend on, each after those that it takes. Raises ArchcalcError."""
    found = [*(_sequence(model) if model["class_name"] == "Sequential" else _functional(model))]
    by_key = {(call.name, call.number): call for call in found}
    if len(by_key) < len(found):
        (again, _), *_ = Counter(call.name for call in found if call.number == 0).most_common(1)
        raise ArchcalcError(f"two layers of the model have the name {shown(again)!r}")
    return _ordered(by_key, [key[:2] for key in outputs(model, found)])


def _ordered(by_key: dict[tuple[str, int], Call], last: Sequence[tuple[str, int]]) -> list[Call]:
    """The calls that the last ones depend on, each after what it takes: a branch is behind the other one.

    Raises ArchcalcError.
    """
    done: dict[tuple[str, int], Call] = {}
    started: set[tuple[str, int]] = set()
    waiting = [*reversed(last)]
    while waiting:
        key = waiting[-1]
        if key not in by_key:
            raise ArchcalcError(f"the model has no layer {shown(key[0])!r}, which is to be its output")
        needed = [tensor.key[:2] for tensor in by_key[key].tensors]
        missing = [one for one in needed if one not in done]
        if missing and (key in started or not by_key.keys() >= {*missing}):
            raise ArchcalcError(f"the inputs of the layer {shown(key[0])!r} are not there, or depend on its output")
        if not missing:
            done[waiting.pop()] = by_key[key]
        started.add(key)
        waiting += reversed(missing)
    return [*done.values()]


def _sequence(model: dict[str, Any]) -> Iterator[Call]:
    before: Call | None = None
    for layer in layers(model):
        call = _call(layer)
        tensors = (Tensor(Key(before.name, 0, 0), "", None),) if before else ()
        before = call._replace(tensors=tensors, values=(None,) * len(tensors))
        yield before


def _functional(model: dict[str, Any]) -> Iterator[Call]:
    for layer in layers(model):
        call = _call(layer)
        for number, node in enumerate(layer.get("inbound_nodes") or [[]]):
            args, named = ([], {}) if node == [] else _arguments(node)
            found = [*_flat(args, ""), *(one for name, value in named.items() for one in _flat(value, name))]
            tensors = tuple(one for one in found if isinstance(one, Tensor) and not one.role.endswith(SILENT))
            values = tuple(None if isinstance(one, Tensor) else one for one in _flat(args, ""))
            yield call._replace(number=number, tensors=tensors, values=values, options=named)


def _call(layer: dict[str, Any]) -> Call:
    name, class_ = layer.get("name"), str(layer["class_name"])
    module, registered = layer.get("module"), layer.get("registered_name")
    name = layer["config"].get("name") if name is None and isinstance(layer["config"], dict) else name
    kind = class_ if class_ in MODELS or is_own(module, registered) else ""
    if kind and ".ops." in f"{module}.":
        kind = f"ops.{kind}"
    return Call(str(class_ if name is None else name), kind, shown(class_), layer, 0)


def is_own(module: Any, registered: Any) -> bool:
    """Whether a class is one of Keras; files of Keras 2 do not always say where their classes are."""
    return bool(OWN.match(module)) if isinstance(module, str) else module is None and registered is None


def _arguments(node: Any) -> tuple[Any, dict[str, Any]]:
    """The arguments of a call, without names and with names, with tensors as Keras 3 writes them."""
    if isinstance(node, dict):
        return node["args"], dict(node.get("kwargs") or {})
    args, named = [], {}
    for name, call, output, *more in [node] if isinstance(node[0], str) else node:
        args.append(_tensor(name, call, output))
        for key, value in more[0].items() if more and more[0] else ():
            is_tensor = isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
            given = _tensor(*value) if is_tensor else value
            if key == "y":  # the second argument of a function of TensorFlow
                args.append(given)
            else:
                named[str(key)] = given
    return args, named


def _tensor(*history: Any) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": list(history)}}


def _flat(args: Any, role: str) -> Iterator[Tensor | int | float]:
    """The tensors and the numbers among arguments, in order."""
    if isinstance(args, list):
        for one in args:
            yield from _flat(one, role)
    elif isinstance(args, dict) and args.get("class_name") == "__keras_tensor__":
        shape = args["config"].get("shape")
        yield Tensor(_key(args["config"]["keras_history"]), role, None if shape is None else tuple(shape))
    elif isinstance(args, (int, float)) and not isinstance(args, bool):
        yield args


def _key(history: Sequence[Any]) -> Key:
    name, *numbers = history
    call, output = sizes([number + 1 for number in numbers])
    return Key(str(name), call - 1, output - 1)


def inputs(model: dict[str, Any], found: Sequence[Call]) -> list[str]:
    """The layers that take what a model is called with, in its order."""
    config = model["config"]
    first = config.get("input_layers") if isinstance(config, dict) else None
    return (
        [_key(one).layer for one in _histories(first)] if first else [call.name for call in found if not call.tensors]
    )


def outputs(model: dict[str, Any], found: Sequence[Call]) -> list[Key]:
    """What a model gives."""
    config = model["config"]
    last = config.get("output_layers") if isinstance(config, dict) else None
    if not last:
        return [Key(call.name, call.number, 0) for call in found[-1:]]
    return [_key(one) for one in _histories(last)]


def _histories(found: Any) -> Iterator[Sequence[Any]]:
    """The outputs in a tree of lists and names."""
    if isinstance(found, dict):
        found = [*found.values()]
    if isinstance(found[0], str):
        yield found
    else:
        for one in found:
            yield from _histories(one)


def stated(found: Sequence[Call]) -> dict[Key, Shape]:
    """The shapes of one example that the file states of what calls take. Raises ValueError."""
    return {
        tensor.key: sizes(tensor.stated[1:])
        for call in found
        for tensor in call.tensors
        if tensor.stated is not None and None not in tensor.stated[1:]
    }


def sizes(given: Sequence[Any]) -> Shape:
    """Sizes that a file states. Raises ValueError."""
    if not all(type(size) is int and size > 0 for size in given):
        raise ValueError(f"the sizes {given} are no whole numbers, at least 1")
    return tuple(given)


def input_sizes(model: dict[str, Any], found: Sequence[Call]) -> list[Any]:
    """The sizes of one example of the model's only input, None where they are open. Raises ArchcalcError."""
    first = [call for call in found if not call.tensors]
    if len(first) != 1:
        raise ArchcalcError(f"the model has {len(first)} inputs; a spec has one")
    configs = [first[0].given, model, model["config"], model.get("build_config")]
    names = ("batch_shape", "batch_input_shape", "build_input_shape", "input_shape")
    shapes = (config.get(name) for config in configs if isinstance(config, dict) for name in names)
    shape = next((shape for shape in shapes if shape), None)
    if first[0].kind in MODELS and shape is None:
        return input_sizes(first[0].layer, calls(first[0].layer))
    if not isinstance(shape, list):
        raise ArchcalcError("the file does not state the shape of the model's input; it was saved before it was built")
    return shape[1:]
