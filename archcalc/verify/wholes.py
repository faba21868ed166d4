"""Modules inside a module that was read, where a network may have one layer in place of all of theirs: attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from archcalc.importers.operation import Operation
from archcalc.report import Report
from archcalc.verify.lines import Line, features, multiplies
from archcalc.verify.matching import Side, without


class Whole(NamedTuple):
    """A call of a module with several layers that multiply."""

    kind: str  # its class
    name: str
    places: tuple[int, ...]  # of these layers
    figures: Line  # of all its layers; the output is that of the last one


def wholes(report: Report, operations: Sequence[Operation]) -> Iterator[Whole]:
    """The calls in the report of a module, each row of which is the operation with its number, the inner ones first."""
    calls: dict[tuple[int, str], list[int]] = {}
    for row, operation in enumerate(operations):
        for depth, within in enumerate(operation.within):
            calls.setdefault((depth, within.key), []).append(row)
    numbers = [row for row, each in enumerate(report.layers) if multiplies(each)]
    places = {row: place for place, row in enumerate(numbers)}
    for (depth, _), rows in sorted(calls.items(), key=lambda call: -call[0][0]):
        inside = tuple(places[row] for row in rows if row in places)
        if len(inside) > 1:
            around = operations[rows[0]].within[: depth + 1]
            whole = report.totals._replace(nodes=tuple(row + 1 for row in rows))
            figures = Line(report.layers[rows[-1]].output or (), whole.params, whole.mult_adds)
            yield Whole(around[-1].kind, ".".join(one.name for one in around), inside, figures)


def together(ours: Side, theirs: Side, found: Sequence[Whole]) -> Side:
    """Their layers, where those of a class are one layer if ours has one with the figures of any of that class."""
    known = {features(line)[:3] for line in ours.lines}
    kinds = {one.kind for one in found if features(one.figures)[:3] in known}
    names, lines, inside = [*theirs.names], [*theirs.lines], set[int]()
    for one in found:
        if one.kind in kinds:
            *others, last = one.places
            names[last], lines[last] = one.name, one.figures._replace(sources=lines[last].sources)
            inside |= {*others}
    return without(replace(theirs, names=names, lines=lines), inside)
