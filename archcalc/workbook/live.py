"""A network walked over traced numbers: a row for each layer, whose figures are formulas over the row's own columns.

What the engine needs of each layer becomes a check beside it: a changed cell gives the engine's figures, or says why
there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Place, SpecError
from archcalc.core.layer import Kind, Need, Parameter, build
from archcalc.core.number import both, exact_div, is_whole
from archcalc.core.shape import Shape
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Flow, Quotient, Read, Rule, Tally, run
from archcalc.graph.diagnostics import Diagnostics, Site
from archcalc.graph.evaluation import Arguments
from archcalc.graph.graph import Graph, Node
from archcalc.report import USUAL, Report
from archcalc.spec.model import Knob
from archcalc.spec.syntax import Expression
from archcalc.traces.copies import Copies, Settle
from archcalc.traces.traced import Trace, Traced, name, varies
from archcalc.traces.walk import TracedExpander, TracedFitter
from archcalc.workbook.sheet import CHECK, OTHER_LAYERS, Layout, Sheet

AXES = ("C", "H", "W", "D4", "D5")
PER_AXIS = ("h", "w", "d4", "d5")
TITLES = {"out": "filters"}  # of a column, where the argument's own name says too little
COUNT = "kind"  # the column in which a repetition says how many copies its rows stand for
ABOVE_INPUT = 3  # rows between the knobs and the network's input
HALF = Fraction(1, 2)
STATIC = "md, csv, tex, html and json need none"


class Walk(NamedTuple):
    """What to write: formulas and values by row and title; the addresses of the cells that formulas read."""

    layout: Layout
    graph: Graph
    cells: dict[tuple[int, str], Any]
    used: set[str]
    least: dict[tuple[int, str], int]  # of the cells that hold whole numbers
    whole: frozenset[str]  # the knobs that must be whole
    given: dict[str, Knob]


def walk(report: Report, knobs_row: int, more: Iterable[str] = ()) -> Walk:
    """Expand the report's network once more, over traced numbers, with columns for ``more`` figures.

    Raises ArchcalcError where a knob is not a number, or where the report has no spec.
    """
    layout, whole, spec = layout_of(report, knobs_row, more), frozenset[str](), report.spec
    if spec is None:
        raise ArchcalcError(f"{report.label}: a live workbook needs a spec, and this is a graph without one; {STATIC}")
    adds = all(isinstance(rule, Tally) for rule in layout.figures.values())  # what flows differs from copy to copy
    settled = frozenset[Place]() if adds else None
    while True:
        sheet = Sheet(layout)
        rows = enumerate(report.knobs.items(), knobs_row)
        knobs = {knob: sheet.knob(row, spec.given[knob], value, knob in whole) for row, (knob, value) in rows}
        fitter = LiveFitter(Diagnostics(knobs), sheet)
        try:
            graph = TracedExpander(spec, knobs, fitter, settled).graph()
        except (Settle, SpecError) as error:  # the latter about one of the copies
            if settled is None:
                raise
            settled = settled | {error.place} if isinstance(error, Settle) else None
            continue
        fitter.finish(graph)
        needed = frozenset(knob for knob, value in knobs.items() if name_of(value) in fitter.loose)
        if needed <= whole:
            return Walk(layout, graph, fitter.sheet.cells, fitter.sheet.writer.used, fitter.least, whole, spec.given)
        whole |= needed  # once more: what is known to be whole need not be rounded


class LiveFitter(TracedFitter):
    """Puts what it fits into the sheet, and goes on with the addresses."""

    def __init__(self, diagnostics: Diagnostics, sheet: Sheet) -> None:
        super().__init__(diagnostics)
        self.sheet, self.row = sheet, sheet.layout.input_row
        self.needs: list[Need] = []
        self.loose: set[object] = set()  # the names of numbers that must be whole and may not be
        self.least: dict[tuple[int, str], int] = {}
        self.flows: dict[Flow, dict[str, Any]] = {}

    @property
    def trace(self) -> Trace:  # type: ignore[override]
        return self.sheet.trace

    @property
    def copies(self) -> Copies | None:  # type: ignore[override]
        return self.sheet.copies

    def fork(self) -> LiveFitter:
        return LiveFitter(Diagnostics(self.diagnostics.knobs), self.sheet.fork())

    def length(self, value: Traced, repeat: Expression) -> Traced:
        if value.whole or not (label := name_of(value)):
            return value
        self.loose.add(label)
        return name(label, value.value, value.trace)

    def above(self, position: int) -> None:
        self.row = self.sheet.layout.input_row + position

    def begin(self, copies: Copies, position: int) -> None:
        """The rows from here on stand for all copies; the first row says how many they are."""
        self.sheet.trace.clear()
        self.row = self.sheet.layout.input_row + position
        self.sheet.trace.count = copies.count = self.sheet.put(self.row, COUNT, copies.number)
        self.needs.append((both(copies.count <= copies.most, is_whole(copies.count)), OTHER_LAYERS))
        self.check()
        self.sheet.copies = copies

    def take(self, other: LiveFitter) -> None:
        """Go on with what another has written."""
        other.sheet.decided = self.sheet.decided  # without what is checked only where there are copies
        self.sheet, other.sheet.copies, other.sheet.trace.count = other.sheet, None, None
        self.loose |= other.loose
        self.least |= other.least

    def input(self, shape: Shape) -> Shape:
        sizes = zip(AXES, shape, strict=False)
        put = tuple(self.whole(f"out {axis}", size, 1) for axis, size in sizes)
        self.check()
        return put

    def node(self, kind: type[Kind], arguments: Arguments, site: Site) -> Node | None:
        self.row = self.sheet.layout.input_row + site.position
        if len(site.inputs) == 1:
            (source,) = site.inputs
            site = site._replace(inputs=(source._replace(shape=self.shown("in", source.shape)),))
        inputs = tuple(node.shape for node in site.inputs)
        layer = build(kind, *arguments)[0]
        node = super().node(kind, ((), self.placed(layer, len(inputs[0]) - 1)), site)
        if node is None or node.layer is None:
            return None
        node = node._replace(shape=tuple(map(_size, node.shape)))
        for title, rule in self.sheet.layout.figures.items():
            self.sheet.figure(self.row, title, self.figure(rule, node, site))
        self.check()
        return node

    def figure(self, rule: Rule, node: Node, site: Site) -> Any:
        """A figure of the layer in this row; what flows to it is read from the rows of its inputs."""
        shapes = tuple(source.shape for source in site.inputs)
        assert node.layer is not None  # the input has no figures
        if isinstance(rule, Tally):
            once = rule.of_layer(node.layer, shapes, node.shape)
            return once if rule.stored else run(once, node.times)
        if isinstance(rule, Quotient):
            part, whole = (self.figure(tally, node, site) for tally in (rule.part, rule.whole))
            return None if part is None or whole is None else exact_div(part, whole)
        assert isinstance(rule, Read)  # the layout has no other
        passed = self.passed(rule.flow, node, node.layer, site)
        return None if passed is None else rule.read(passed)

    def passed(self, flow: Flow, node: Node, layer: Kind, site: Site) -> Any:
        """What the layer in this row passes on: each number in a cell of its own, from which others read it."""
        known = self.flows.setdefault(flow, {})
        if node.name not in known:
            given = [known.get(source.name, flow.start(source.shape)) for source in site.inputs]
            arrived = flow.arrive(layer, tuple(source.shape for source in site.inputs), given)
            if flow.names and arrived is not None:
                arrived = tuple(self.axis(*pair, flow.names) for pair in zip(PER_AXIS, arrived, strict=False))
            known[node.name] = arrived
        return known[node.name]

    def axis(self, letter: str, axis: Any, parts: Iterable[str]) -> Any:
        """What flows along one axis, its ``parts`` put into cells."""
        cells = {part: self.sheet.show(self.row, f"{part} {letter}", getattr(axis, part)) for part in parts}
        return axis._replace(**cells)

    def output(self, shape: Shape) -> Shape:
        return self.shown("out", shape)

    def placed(self, layer: Kind, axes: int) -> dict[str, Any]:
        """The layer's arguments, the numbers among them put into their columns."""
        found = dict(vars(layer))
        for titles, parameter, values in columns_of(layer, axes):
            put = tuple(self.argument(t, v, parameter) for t, v in zip(titles, values, strict=True))
            found[parameter.name] = put if len(titles) > 1 or isinstance(found[parameter.name], tuple) else put[0]
        return found

    def argument(self, title: str, value: Any, parameter: Parameter) -> Any:
        if parameter.type.check(HALF) is not False:  # it need not be whole
            return self.sheet.put(self.row, title, value)
        return self.whole(title, value, 1 if parameter.type.check(0) is False else 0)

    def whole(self, title: str, value: Any, least: int) -> Any:
        """A number that must be whole, and at least so large, put into its cell."""
        if isinstance(value, Traced) and not value.whole and not self.sheet.copies:  # which there may be none of
            self.loose.add(name_of(value))
        put = self.sheet.put(self.row, title, value)
        message = f"{title} is a whole number, at least {least}, not {put}"
        self.needs.append((both(is_whole(put), put >= least), message))
        if varies(put):
            return put
        self.least[self.row, title] = least
        return name(name_of(put), put.value, put.trace, low=least)

    def shown(self, prefix: str, shape: Shape) -> Shape:
        sizes = zip(AXES, shape, strict=False)
        return tuple(self.sheet.show(self.row, f"{prefix} {axis}", size) for axis, size in sizes)

    def check(self) -> None:
        """Write beside the row what the engine has assumed since the last one."""
        assumed = ((a.condition, a.otherwise) for a in self.diagnostics.assumptions)
        self.sheet.check(self.row, [*self.needs, *assumed])
        self.needs.clear()
        self.diagnostics.assumptions.clear()

    def finish(self, graph: Graph) -> None:
        """What only the whole graph tells: which layers use the weights of others, and what that needed."""
        for row, node in enumerate(graph.nodes, self.sheet.layout.input_row):
            if node.shared is not None:
                rules = self.sheet.layout.figures.items()
                stored = [title for title, rule in rules if isinstance(rule, Tally) and rule.of_tensors]
                self.sheet.cells |= dict.fromkeys(((row, title) for title in stored), 0)
        self.check()


def _size(value: Any) -> Any:
    """A number in a cell, which a check holds to be at least 1."""
    cell = isinstance(value, Traced) and not varies(value)
    return name(name_of(value), value.value, value.trace, low=1) if cell else value


def name_of(value: Any) -> object:
    """What a traced number is called; None of one that is computed, and of a word."""
    return value.operands[0] if isinstance(value, Traced) and value.operation == "name" else None


def columns_of(layer: Kind, axes: int) -> Iterator[tuple[list[str], Parameter, tuple[Any, ...]]]:
    """The titles, the parameter and the values of each argument that is a number, or one for each axis."""
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        title = TITLES.get(parameter.name, parameter.name)
        apart = parameter.type.place or (isinstance(value, tuple) and not parameter.type.per_axis)
        if value is None or isinstance(value, (bool, str)) or apart:
            continue
        if parameter.type.per_axis and axes > 0:
            values = value if isinstance(value, tuple) else (value,) * axes
            yield [f"{title} {axis}" for axis in PER_AXIS[:axes]], parameter, values
        else:
            yield [title], parameter, (value,)


def layout_of(report: Report, knobs_row: int, more: Iterable[str] = ()) -> Layout:
    """One column for every argument that some layer has, in the order in which they are met."""
    arguments: dict[str, None] = {}
    for node in report.graph.nodes[1:]:
        rank = len(report.graph.nodes[node.inputs[0]].shape)
        if node.layer:
            arguments |= dict.fromkeys(t for titles, _, _ in columns_of(node.layer, rank - 1) for t in titles)
    rank = max(len(node.shape) for node in report.graph.nodes)
    into, out = ([f"{prefix} {axis}" for axis in AXES[:rank]] for prefix in ("in", "out"))
    shown = [FIGURES[name] for name in dict.fromkeys((*USUAL[:-1], *more, report.work)) if name in FIGURES]
    live = (Tally, Quotient, Read)  # what stands in the layer's own cells is left out
    figures: dict[str, Rule] = {one.heading: one.rule for one in shown if isinstance(one.rule, live)}
    flows = [rule.flow for rule in figures.values() if isinstance(rule, Read)]
    axes = PER_AXIS[: len(report.input) - 1]
    parts = [f"{part} {axis}" for flow in dict.fromkeys(flows) for axis in axes for part in flow.names]
    titles = ["layer", "kind", *into, *arguments, *out, *parts, *figures, "share", CHECK]
    input_row = knobs_row + len(report.knobs) + ABOVE_INPUT
    return Layout(knobs_row, input_row, {title: i for i, title in enumerate(titles)}, figures)
