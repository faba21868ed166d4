"""The derivation of a size of an output: floor((224 + 2*3 - 7)/2) + 1."""

from __future__ import annotations

from typing import Any

from archcalc.derivation.factor import named_layer, named_shape
from archcalc.engine.graph import Node
from archcalc.language.spec import SHAPE_WORDS
from archcalc.quantity import Quantity, rows_of
from archcalc.report import Report
from archcalc.traces.latex import Latex
from archcalc.traces.notation import Notation
from archcalc.traces.traced import Trace, Traced


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
