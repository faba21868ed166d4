"""What the laws share: the examples, whether a layer fits its inputs, and its figures as one flat record."""

from itertools import count
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Source
from archcalc.core.layer import TYPES
from archcalc.core.number import decide
from archcalc.figures.amounts import AMOUNTS, elements
from archcalc.layers import KINDS
from archcalc.spec.expression import parse_call

WHOLE = [TYPES[name] for name in ("Size", "Natural", "Axes", "Pads", "Padding")]  # types of whole-number arguments


class Example(NamedTuple):
    text: str
    layer: Any
    shapes: tuple  # one shape for each input

    def __str__(self):
        return f"{self.text} on {' and '.join(map(str, self.shapes))}"


def read(text):
    """A layer from its text, the way a spec's is read."""
    call = parse_call(text, Place(Source("a law", text), 0, 0))
    kind = KINDS[call.name]
    names = [parameter.name for parameter in kind.parameters]
    keywords = dict(zip(names, call.arguments, strict=False)) | call.keywords
    layer = kind(**{name: value.evaluate({}) for name, value in keywords.items()})
    assert all(decide(condition) for condition in argument_conditions(layer)), text
    return layer


def examples():
    """Every example that a kind gives of itself."""
    for kind in KINDS.values():
        for text, shapes in kind.examples.items():
            yield Example(text, read(text), shapes if kind.many else (shapes,))


def argument_conditions(layer):
    """What must hold of the arguments alone, by their types; None is a default that needs nothing."""
    given = ((parameter.type, getattr(layer, parameter.name)) for parameter in layer.parameters)
    return [type_.check(value) for type_, value in given if value is not None]


def conditions(layer, shapes):
    """All that must hold: of the arguments, of the inputs, and of the output."""
    found = [*argument_conditions(layer), *(condition for condition, _ in layer.needs(*shapes))]
    if all(decide(condition) is not False for condition in found):
        found += map(TYPES["Size"].check, layer.shape(*shapes))
    return found


def fits(layer, shapes):
    """Whether the layer can stand there."""
    return all(decide(condition) is True for condition in conditions(layer, shapes))


def figures(layer, shapes):
    """Every number the rules give, by what it is; an unknown one is missing."""
    output, weights = layer.shape(*shapes), layer.weights(*shapes)
    tensors = {} if weights is None else {**weights, **layer.buffers(*shapes)}
    found = {f"{name}[{i}]": n for name, shape in {"output": output, **tensors}.items() for i, n in enumerate(shape)}
    found["times"] = layer.times()
    found |= {name: amount(layer, shapes, output) for name, amount in AMOUNTS.items()}
    found["params"] = None if weights is None else elements(weights)
    found |= {f"window[{i}]": n for i, n in enumerate(sum(layer.window(*shapes) or (), ()))}
    return {name: number for name, number in found.items() if number is not None}


def with_sizes(shapes, change):
    """The shapes with ``change(size, axis)``; a size of 1 stays, since it may say that an axis is stretched."""
    return tuple(tuple(n if n == 1 else change(n, axis) for axis, n in enumerate(shape)) for shape in shapes)


def whole_arguments(layer):
    """The names of the layer's arguments that are whole numbers, or have one for each axis."""
    given = {p.name: getattr(layer, p.name) for p in layer.parameters if p.type in WHOLE}
    return [name for name, value in given.items() if value is not None and not isinstance(value, str)]


def with_arguments(layer, change, names=None):
    """The layer with ``change(value, position)`` of those whole-number arguments."""
    position = count()

    def changed(value):
        if isinstance(value, tuple):
            return tuple(map(changed, value))
        return change(value, next(position))

    names = whole_arguments(layer) if names is None else names
    return layer.with_arguments({name: changed(getattr(layer, name)) for name in names})
