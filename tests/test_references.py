"""Every network against the tables in references/: what modules of torchvision, timm, pytorchcv and Keras do."""

from __future__ import annotations

from pathlib import Path

import pytest
from archcalc_witness.sources import SOURCES
from references.table import FOLDER, Table, expand, parse, read

import archcalc
from archcalc.verify.lines import Line, features, lines, tangled

FILES = sorted(FOLDER.glob("*.txt"))


def counted(table: Table) -> archcalc.Report:
    """The network that the table is of, at the table's knobs."""
    knobs = (pair.split("=") for pair in table.heading.get("knobs", "").split(", ") if pair)
    network = archcalc.load(table.heading["network"])
    return network.summary(**{name: network.accept(name, value, text=True) for name, value in knobs})


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


def test_there_is_a_table_for_every_source() -> None:
    """So that a table cannot get lost, nor stay without a way to make it anew."""
    assert {path.stem for path in FILES} == set(SOURCES)


def test_a_table_means_what_its_first_lines_say() -> None:
    text = ["8x4x4 9 90 <0", "2* 8x4x4 7 70", "2* (", "5 3 3 <1,3", "6 2 2 <1,=1", ")"]
    sources = [line.sources for line in parse(expand(iter(text)))]
    assert sources == [(0,), (1,), (1,), (1, 3), (1, 2, 4), (1, 3), (1, 2, 4)]
    assert parse(["8x4x4 9 90 <0"]) == [Line((8, 4, 4), 9, 90, (0,))]
