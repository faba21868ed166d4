"""A network walked over cells: a row for each layer, whose figures are formulas over the row's own columns."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine.cost import Cost, layer_cost
from archcalc.engine.fitting import Arguments, Fitter
from archcalc.engine.graph import Graph, Node
from archcalc.engine.ledger import Ledger, Site
from archcalc.engine.unfold import Unfolder
from archcalc.errors import ArchcalcError
from archcalc.export.cells import Cell
from archcalc.kind import Kind
from archcalc.report import Report
from archcalc.shape import Shape

AXES = ("C", "H", "W", "D4", "D5")
PER_AXIS = ("h", "w", "d4", "d5")
TITLES = {"out": "filters"}  # of a column, where the argument's own name says too little


class Layout(NamedTuple):
    """Where things stand on the sheet; rows and columns count from 0."""

    knobs_row: int  # of the first knob
    input_row: int  # of the network's input; the layers follow
    columns: dict[str, int]  # title -> column

    def at(self, row: int, title: str) -> str:
        """The address of a layer's cell."""
        return f"{_letters(self.columns[title])}{row + 1}"


class Walk(NamedTuple):
    """What to write: formulas and values by row and title, and each node's costs."""

    layout: Layout
    graph: Graph
    cells: dict[tuple[int, str], Any]
    costs: dict[int, Cost]  # by node


def walk(report: Report, knobs_row: int) -> Walk:
    """Unfold the report's network once more, over cells. Raises ArchcalcError where a knob is not a number."""
    knobs: dict[str, Any] = {}
    for row, (name, value) in enumerate(report.knobs.items(), knobs_row):
        if not isinstance(value, (int, Fraction, str)):
            raise ArchcalcError(f"a workbook needs numbers; {name} = {value}")
        plain = isinstance(value, (bool, str))
        knobs[name] = value if plain else Cell(f"$B${row + 1}", value)
    layout = _layout(report, knobs_row)
    fitters: list[LiveFitter] = []

    def fitter(ledger: Ledger) -> LiveFitter:
        fitters.append(LiveFitter(ledger, layout))
        return fitters[0]

    graph = Unfolder(report.spec, knobs, fitter).graph()
    return Walk(layout, graph, fitters[0].cells, fitters[0].costs)


class LiveFitter(Fitter):
    """Puts what it fits into the sheet, and goes on with the addresses."""

    def __init__(self, ledger: Ledger, layout: Layout) -> None:
        super().__init__(ledger)
        self.layout = layout
        self.cells: dict[tuple[int, str], Any] = {}
        self.costs: dict[int, Cost] = {}

    def input(self, shape: Shape) -> Shape:
        return self.put_shape(self.layout.input_row, "out", shape)

    def node(self, kind: type[Kind], arguments: Arguments, site: Site) -> Node | None:
        node = super().node(kind, arguments, site)
        if node is None or node.layer is None:
            return None
        index = len(self.costs) + 1  # the input is node 0
        row = self.layout.input_row + index
        inputs = tuple(given.shape for given in site.inputs)
        if len(inputs) == 1:
            inputs = (self.put_shape(row, "in", inputs[0]),)
        layer = node.layer.with_arguments(dict(self.arguments_of(row, node.layer, inputs[0])))
        node = node._replace(
            layer=layer,
            shape=self.put_shape(row, "out", layer.shape(*inputs)),
            times=site.inputs[0].times * layer.times(),
        )
        self.costs[index] = layer_cost(node, inputs).run(node.times)
        return node

    def arguments_of(self, row: int, layer: Kind, x: Shape) -> Iterator[tuple[str, Any]]:
        """Each numeric argument, put into its columns."""
        for title, name, values in columns_of(layer, len(x) - 1):
            put = tuple(self.put(row, t, v) for t, v in zip(title, values, strict=True))
            yield name, put if len(title) > 1 or isinstance(getattr(layer, name), tuple) else put[0]

    def put_shape(self, row: int, prefix: str, shape: Shape) -> Shape:
        return tuple(self.put(row, f"{prefix} {axis}", size) for axis, size in zip(AXES, shape, strict=False))

    def put(self, row: int, title: str, value: Any) -> Cell:
        self.cells[row, title] = value
        return Cell(self.layout.at(row, title), value.value if isinstance(value, Cell) else value)


def columns_of(layer: Kind, axes: int) -> Iterator[tuple[list[str], str, tuple[Any, ...]]]:
    """The titles, the name and the values of each argument that is a number, or one for each axis."""
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        title = TITLES.get(parameter.name, parameter.name)
        if (
            value is None
            or isinstance(value, (bool, str))
            or (isinstance(value, tuple) and not parameter.type.per_axis)
        ):
            continue
        if parameter.type.per_axis and axes > 0:
            values = value if isinstance(value, tuple) else (value,) * axes
            yield [f"{title} {axis}" for axis in PER_AXIS[:axes]], parameter.name, values
        else:
            yield [title], parameter.name, (value,)


def _layout(report: Report, knobs_row: int) -> Layout:
    """One column for every argument that some layer has, in the order in which they are met."""
    arguments: dict[str, None] = {}
    for node in report.graph.nodes[1:]:
        rank = len(report.graph.nodes[node.inputs[0]].shape)
        if node.layer:
            arguments |= dict.fromkeys(t for titles, _, _ in columns_of(node.layer, rank - 1) for t in titles)
    rank = max(len(node.shape) for node in report.graph.nodes)
    into, out = ([f"{prefix} {axis}" for axis in AXES[:rank]] for prefix in ("in", "out"))
    titles = ["layer", "kind", *into, *arguments, *out, "params", "buffers", "mult-adds", "share"]
    return Layout(knobs_row, knobs_row + len(report.knobs) + 3, {title: i for i, title in enumerate(titles)})


def _letters(column: int) -> str:
    head, tail = divmod(column, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + tail)
