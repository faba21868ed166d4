"""One layer's figure as products: its kind's own rules, run over numbers that remember their factors."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.derivation.factor import Atom, factors, named_layer, named_shape
from archcalc.engine.graph import Graph, Node
from archcalc.number import Number, product
from archcalc.traces.traced import Trace

FILTERS = "out"  # the argument that is the number of the output's channels


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
    trace = Trace()
    inputs = tuple(named_shape(shape, "input", trace) for shape in graph.input_shapes(node))
    layer = named_layer(node.layer, trace)
    if figure == "mult_adds":
        return _mult_adds(node, layer.mult_adds(inputs, named_shape(node.shape, "output", trace)))
    if node.shared is not None:
        return ()
    tensors = layer.weights(*inputs)
    if tensors is not None and figure == "buffers":
        tensors = layer.buffers(*inputs)
    return None if tensors is None else tuple(Product((), factors(product(shape)), ()) for shape in tensors.values())


def _mult_adds(node: Node, work: Number | None) -> tuple[Product, ...] | None:
    if work is None or (isinstance(work, int) and work == 0):
        return None if work is None else ()
    atoms = factors(work)
    over_input = any(atom.source == "input" and atom.is_position for atom in atoms)

    def is_place(atom: Atom) -> bool:
        return atom.source == "input" if over_input else atom.source == "output" or atom.which == FILTERS

    places = sorted((atom for atom in atoms if is_place(atom)), key=lambda atom: not atom.is_position)
    each = sorted((atom for atom in atoms if not is_place(atom)), key=_rank)
    return (Product(factors(node.times), tuple(places), tuple(each)),)


def _rank(atom: Atom) -> int:
    """A kernel first, then channels, then plain numbers."""
    return 0 if atom.which == "kernel" else 1 if atom.source else 2
