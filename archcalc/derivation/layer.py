"""A figure of one layer as products: the rules of its kind, run over numbers that record their factors."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.derivation.factor import Atom, factors, named_layer, named_shape, summands
from archcalc.engine.graph import Graph, Node
from archcalc.figures.amounts import AMOUNTS, TENSORS
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Tally
from archcalc.number import Number, product
from archcalc.traces.traced import Trace

FILTERS = "out"  # the argument that gives the number of output channels


class Product(NamedTuple):
    """A product of three groups of factors: how often a layer runs, at how many places, and how much at each place."""

    times: tuple[Atom, ...]  # how often the layer runs for one example
    places: tuple[Atom, ...]  # positions and channels
    each: tuple[Atom, ...]  # kernel and channels; empty where there is one operation at each place

    @property
    def value(self) -> Number:
        """The value of the product."""
        return product(atom.value for atom in (*self.times, *self.places, *self.each))


def products(graph: Graph, node: Node, figure: str) -> tuple[Product, ...] | None:
    """A figure of a layer as a sum of products; None where it is not known."""
    tally = FIGURES[figure].rule
    assert isinstance(tally, Tally)  # the caller checks this
    if node.layer is None or (tally.stored and node.shared is not None):
        return ()
    trace = Trace()
    inputs = tuple(named_shape(shape, "input", trace) for shape in graph.input_shapes(node))
    layer = named_layer(node.layer, trace)
    output, found = named_shape(node.shape, "output", trace), list[Product]()
    for amount, factor in tally.chosen(node.layer, len(inputs[0])).items():
        value = AMOUNTS[amount](layer, inputs, output)
        if value is None:  # the plain numbers may decide what the traced ones leave open
            value = AMOUNTS[amount](node.layer, graph.input_shapes(node), node.shape)
        if value is None:
            return None
        parts = [factors(part) for part in summands(value)]
        times = (*factors(factor), *(() if tally.stored else factors(tally.runs(graph, node))))
        if amount in TENSORS:
            found += [Product(times, atoms, ()) for atoms in parts]
        else:
            found += [_arranged(times, atoms) for atoms in parts]
    return tuple(found)


def _arranged(times: tuple[Atom, ...], atoms: tuple[Atom, ...]) -> Product:
    """The factors sorted into those of the places and those of the operations at each place."""
    over_input = any(atom.source == "input" and atom.is_position for atom in atoms)

    def is_place(atom: Atom) -> bool:
        return atom.source == "input" if over_input else atom.source == "output" or atom.which == FILTERS

    places = sorted((atom for atom in atoms if is_place(atom)), key=lambda atom: not atom.is_position)
    each = sorted((atom for atom in atoms if not is_place(atom)), key=_rank)
    return Product(times, tuple(places), tuple(each))


def _rank(atom: Atom) -> int:
    """The order within a place: the kernel, then channels, then plain numbers."""
    return 0 if atom.which == "kernel" else 1 if atom.source else 2
