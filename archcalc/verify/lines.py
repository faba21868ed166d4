"""What is compared with a module of others: the layers that multiply, each with where its input comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple

from archcalc.report import Report, Row

INPUT = -1  # in place of a line


class Line(NamedTuple):
    """One layer; None stands for a number that is not known."""

    output: tuple[int, ...]
    params: int | None
    mult_adds: int | None
    sources: tuple[int, ...] = (1,)  # how many lines above; 0 for the network's input


def multiplies(row: Row) -> bool:
    """Whether a layer does multiply-adds, or may do some."""
    return bool(row.mult_adds != 0)


def lines(report: Report) -> list[Line]:
    """The layers that multiply, as a table has them."""
    found: list[Line] = []
    given = [frozenset({INPUT})]  # node -> the lines whose outputs it passes on
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        sources = frozenset[int]().union(*(given[other] for other in node.inputs))
        if multiplies(row):
            above = sorted(0 if place == INPUT else len(found) - place for place in sources)
            found.append(Line(row.output or (), row.params, row.mult_adds, tuple(above)))
            sources = frozenset({len(found) - 1})
        given.append(sources)
    return found


def places(lines: Sequence[Line]) -> list[frozenset[int]]:
    """The lines from which each line has its input, by their places."""
    return [frozenset(place - above if above else INPUT for above in line.sources) for place, line in enumerate(lines)]


def features(line: Line) -> Line:
    """The same where a 1 x 1 map counts as features: a classifier may be a convolution or a linear layer."""
    return line._replace(output=line.output[:1]) if line.output[1:] == (1, 1) else line


def trails(labels: Sequence[Hashable], sources: Sequence[frozenset[int]]) -> list[int]:
    """For each line a hash of its label and of all that leads to it from its sources, whatever their order."""
    known = {INPUT: 0}
    for place in TopologicalSorter(dict(enumerate(sources))).static_order():
        if place != INPUT:
            known[place] = hash((labels[place], tuple(sorted(known[source] for source in sources[place]))))
    return [known[place] for place in range(len(labels))]


def tangled(lines: Sequence[Line]) -> Counter[int]:
    """The lines in no order, each with all that leads to it instead of places."""
    return Counter(trails([line[:3] for line in lines], places(lines)))
