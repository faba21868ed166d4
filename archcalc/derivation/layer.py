"""One layer's figure as products: its kind's own rules, run over numbers that remember their factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.derivation.factor import Atom, Factors, factors
from archcalc.engine.graph import Graph, Node
from archcalc.kind import Kind
from archcalc.number import Number, product
from archcalc.shape import Shape


class Product(NamedTuple):
    """Times x (what is computed at how many places) x (from how much each)."""

    times: tuple[Atom, ...]  # how often it runs for one example
    places: tuple[Atom, ...]  # positions and channels
    each: tuple[Atom, ...]  # kernel and channels; empty where every place takes one

    @property
    def value(self) -> Number:
        """The product."""
        return product(atom.value for atom in (*self.times, *self.places, *self.each))


def products(graph: Graph, node: Node, figure: str) -> tuple[Product, ...] | None:
    """The figure, "mult_adds", "params" or "buffers", as a sum of products; None where it is not known."""
    if node.layer is None:
        return ()
    inputs = tuple(_marked(shape, "input") for shape in graph.input_shapes(node))
    layer = _with_factors(node.layer)
    if figure == "mult_adds":
        return _mult_adds(node, layer, inputs)
    if node.shared is not None:
        return ()
    tensors = layer.weights(*inputs)
    if tensors is not None and figure == "buffers":
        tensors = layer.buffers(*inputs)
    return None if tensors is None else tuple(Product((), _atoms(product(shape)), ()) for shape in tensors.values())


def _mult_adds(node: Node, layer: Kind, inputs: tuple[Shape, ...]) -> tuple[Product, ...] | None:
    made = _marked(node.shape, "output")
    work = layer.mult_adds(inputs, made)
    if work is None or (isinstance(work, int) and work == 0):
        return None if work is None else ()
    atoms = _atoms(work)
    outputs = {id(atom) for size in (*made, layer.shape(*inputs)[0]) for atom in _atoms(size)}  # filters, an argument
    over_input = any(atom.source == "input" and atom.is_position for atom in atoms)

    def is_place(atom: Atom) -> bool:
        return atom.source == "input" if over_input else id(atom) in outputs

    places = sorted((atom for atom in atoms if is_place(atom)), key=lambda atom: not atom.is_position)
    each = sorted((atom for atom in atoms if not is_place(atom)), key=_rank)
    return (Product(_atoms(factors(node.times)), tuple(places), tuple(each)),)


def _rank(atom: Atom) -> int:
    """A kernel first, then channels, then plain numbers."""
    return 0 if atom.which == "kernel" else 1 if atom.source else 2


def _marked(shape: Shape, source: str) -> Shape:
    return tuple(Factors(Atom(size, source, axis)) for axis, size in enumerate(shape))


def _atoms(value: Any) -> tuple[Atom, ...]:
    return factors(value).atoms


def _with_factors(layer: Kind) -> Kind:
    """The layer with arguments that remember their names."""
    return layer.with_arguments(dict(_arguments(layer)))


def _arguments(layer: Kind) -> Iterator[tuple[str, Any]]:
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        if value is None or isinstance(value, (bool, str)) or parameter.name in UNCOUNTED:
            continue
        if isinstance(value, tuple):
            if parameter.type.per_axis:
                yield parameter.name, tuple(Factors(Atom(own, "argument", parameter.name)) for own in value)
            continue
        yield parameter.name, Factors(Atom(value, "argument", parameter.name))


UNCOUNTED = (
    "stride",
    "pad",
    "out_pad",
    "dilation",
    "groups",
    "regions",
    "table",
    "rate",
)  # they shape, and don't multiply
