"""Every network against the tables in references/: what modules of torchvision, timm, pytorchcv and Keras do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from references.table import FOLDER, Line, Table, expand, parse, read

import archcalc

INPUT = -1  # in place of a line
FILES = sorted(FOLDER.glob("*.txt"))


def counted(table: Table) -> archcalc.Report:
    """The network that the table is of, at the table's knobs."""
    knobs = (pair.split("=") for pair in table.heading.get("knobs", "").split(", ") if pair)
    network = archcalc.load(table.heading["network"])
    return network.summary(**{name: network.accept(name, value, text=True) for name, value in knobs})


def lines(report: archcalc.Report) -> list[Line]:
    """The layers that do multiply-adds, as a table has them."""
    found: list[Line] = []
    given = [frozenset({INPUT})]  # node -> the lines whose outputs it passes on
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        sources = frozenset[int]().union(*(given[other] for other in node.inputs))
        if row.mult_adds:
            above = sorted(0 if place == INPUT else len(found) - place for place in sources)
            found.append(Line(row.output, row.params, row.mult_adds, tuple(above)))
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


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_network_equals_the_real_module_layer_by_layer(path: Path) -> None:
    table = read(path)
    report = counted(table)
    ours, theirs = (list(map(features, each)) for each in (lines(report), table.lines))
    if table.heading.get("order", "").startswith("any"):
        assert tangled(ours) == tangled(theirs)
    else:
        assert ours == theirs
    assert (report.totals.params, report.totals.buffers) == tuple(int(table.heading[k]) for k in ("params", "buffers"))


def test_there_is_a_table_for_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a table cannot get lost, nor stay without a way to make it anew."""
    monkeypatch.syspath_prepend(FOLDER)
    from sources import SOURCES

    assert {path.stem for path in FILES} == set(SOURCES)


def test_a_table_means_what_its_first_lines_say() -> None:
    text = ["8x4x4 9 90 <0", "2* 8x4x4 7 70", "2* (", "5 3 3 <1,3", "6 2 2 <1,=1", ")"]
    sources = [line.sources for line in parse(expand(iter(text)))]
    assert sources == [(0,), (1,), (1,), (1, 3), (1, 2, 4), (1, 3), (1, 2, 4)]
    assert parse(["8x4x4 9 90 <0"]) == [Line((8, 4, 4), 9, 90, (0,))]
