"""What is compared with a witness: the layers that multiply, each with where its input comes from."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from archcalc.report import Report

INPUT = -1  # in place of a line


class Line(NamedTuple):
    """One layer."""

    output: tuple[int, ...]
    params: int
    mult_adds: int
    sources: tuple[int, ...] = (1,)  # how many lines above


def lines(report: Report) -> list[Line]:
    """The layers that do multiply-adds, as a table has them."""
    found: list[Line] = []
    given = [frozenset({INPUT})]  # node -> the lines whose outputs it passes on
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        sources = frozenset[int]().union(*(given[other] for other in node.inputs))
        if row.mult_adds:
            above = sorted(0 if place == INPUT else len(found) - place for place in sources)
            found.append(Line(row.output or (), row.params or 0, row.mult_adds, tuple(above)))
            sources = frozenset({len(found) - 1})
        given.append(sources)
    return found


def features(line: Line) -> Line:
    """The same where a 1 x 1 map counts as features: a classifier may be a convolution or a linear layer."""
    return line._replace(output=line.output[:1]) if line.output[1:] == (1, 1) else line


def tangled(lines: list[Line]) -> Counter[int]:
    """The lines in no order, each with all that leads to it instead of places."""
    known: list[int] = []
    for line in lines:
        before = frozenset(known[len(known) - above] if above else INPUT for above in line.sources)
        known.append(hash((line.output, line.params, line.mult_adds, before)))
    return Counter(known)
