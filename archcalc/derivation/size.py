"""An output's size with the numbers in: the kind's own rule run over cells, as a workbook has them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcalc.engine.graph import Node
from archcalc.export.cells import cell
from archcalc.kind import Kind
from archcalc.language.spec import SHAPE_WORDS
from archcalc.quantity import Quantity, rows_of
from archcalc.report import Report

WORDS = {"INT(": "floor(", "MIN(": "min(", "MOD(": "mod("}


def size(report: Report, of: Quantity) -> tuple[str, Any]:
    """How the rows, columns or channels of a layer's output come about, and how many they are. Raises ArchcalcError."""
    value, names = of.of(report), {row.name for row in rows_of(report, of.path)}
    texts = [_text(report, node, of.figure) for node in report.graph.nodes if node.name in names]
    return next((text for text in reversed(texts) if "(" in text), texts[-1]), value


def _text(report: Report, node: Node, figure: str) -> str:
    """The formula of a cell, without a workbook's words."""
    assert node.layer is not None  # a row is a layer
    inputs = tuple(tuple(map(cell, shape)) for shape in report.graph.input_shapes(node))
    shape = node.layer.with_arguments(dict(_arguments(node.layer))).shape(*inputs)
    axis = SHAPE_WORDS.index(figure)
    text = cell(shape[axis]).text if axis < len(shape) else ""
    for word, own in WORDS.items():
        text = text.replace(word, own)
    return text


def _arguments(layer: Kind) -> Iterator[tuple[str, Any]]:
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        values = value if isinstance(value, tuple) and parameter.type.per_axis else (value,)
        if all(isinstance(own, (int, Fraction)) and not isinstance(own, bool) for own in values):
            cells = tuple(map(cell, values))
            yield parameter.name, cells if isinstance(value, tuple) else cells[0]
