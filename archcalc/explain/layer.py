"""A layer's figure as products, and its output's size: its kind's rules over numbers that remember their factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archcalc.core.layer import Kind, word
from archcalc.core.number import Number, product
from archcalc.core.shape import Shape
from archcalc.figures.amounts import AMOUNTS, TENSORS
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Tally
from archcalc.graph.graph import Graph, Node
from archcalc.quantity import Quantity, rows_of
from archcalc.report import Report
from archcalc.spec.model import SHAPE_WORDS
from archcalc.traces.notation import Latex, Notation
from archcalc.traces.traced import Trace, Traced, name, value_of


class Atom(NamedTuple):
    """One factor: its value, and its source: "input" or "output" with the axis, or "argument" with the name."""

    value: Number
    source: str = ""
    which: int | str = ""
    over: Number = 1  # what it was divided by: input channels by groups

    @property
    def is_position(self) -> bool:
        """Whether it is a size along an axis other than the channels."""
        return self.source in ("input", "output") and self.which != 0


def factors(number: Any) -> tuple[Atom, ...]:
    """The factors of a number; none for 1."""
    if not isinstance(number, Traced):
        return () if isinstance(number, int) and number == 1 else (Atom(number),)
    if number.operation == "name":
        return (Atom(number.value, *number.operands[0]),)
    if number.operation == "*":
        left, right = map(factors, number.operands)
        return left + right
    if number.operation == "/" and len(top := factors(number.operands[0])) == 1:
        return (top[0]._replace(value=number.value, over=value_of(number.operands[1])),)
    return (Atom(number.value),)


def summands(number: Any) -> tuple[Any, ...]:
    """The summands of a number; none for 0."""
    if not isinstance(number, Traced):
        return () if isinstance(number, int) and number == 0 else (number,)
    if number.operation == "+":
        left, right = map(summands, number.operands)
        return left + right
    return (number,)


def named_shape(shape: Shape, source: str, trace: Trace) -> Shape:
    """The sizes as traced names, which record their source, "input" or "output", and their axis."""
    return tuple(name((source, axis), size, trace) for axis, size in enumerate(shape))


def named_layer(layer: Kind, trace: Trace) -> Kind:
    """The layer with traced names in place of its numeric arguments."""
    return layer.with_arguments(dict(_named_arguments(layer, trace)))


def _named_arguments(layer: Kind, trace: Trace) -> Iterator[tuple[str, Any]]:
    """The numeric arguments, except for those that are 1 by default and 1 here, such as a dilation of 1."""
    for parameter in layer.parameters:
        value, label = getattr(layer, parameter.name), ("argument", parameter.name)
        several = isinstance(value, tuple) and parameter.type.per_axis
        apart = parameter.type.place or (isinstance(value, tuple) and not several)
        if value is None or isinstance(value, (bool, str)) or apart:
            continue
        if not several and not parameter.required and word(value) == word(parameter.default) == "1":
            continue
        given = tuple(name(label, own, trace) for own in (value if several else (value,)))
        yield parameter.name, given if several else given[0]


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
    if node.layer is None or tally.is_shared(node):
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


class _Values:
    """A notation with the value of each name instead of the name."""

    def name(self, value: Traced) -> str:
        return str(value.value)


class Worked(_Values, Notation):
    """Worked arithmetic as text."""


class WorkedLatex(_Values, Latex):
    """Worked arithmetic as LaTeX."""


def size(report: Report, of: Quantity) -> tuple[Any, Any]:
    """The trace and the value of the rows, columns or channels of an output. Raises ArchcalcError.

    For a block it is the trace of its last layer that computes this size instead of passing it on.
    """
    value, names = of.of(report), {row.name for row in rows_of(report, of.path)}
    traces = [_trace(report, node, of.figure) for node in report.graph.nodes if node.name in names]
    computed = (trace for trace in reversed(traces) if isinstance(trace, Traced) and trace.operation != "name")
    return next(computed, traces[-1]), value


def _trace(report: Report, node: Node, figure: str) -> Any:
    assert node.layer is not None  # a row is a layer
    trace, axis = Trace(), SHAPE_WORDS.index(figure)
    inputs = tuple(named_shape(shape, "input", trace) for shape in report.graph.input_shapes(node))
    shape = named_layer(node.layer, trace).shape(*inputs)
    return shape[axis] if axis < len(shape) else None
