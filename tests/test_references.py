"""Every network against the tables in references/: what modules of torchvision, timm, pytorchcv and Keras do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from references.table import FOLDER, Line, Table, read

import archcalc

MISSING: frozenset[str] = frozenset()  # tables whose network archcalc does not have yet

FILES = sorted(FOLDER.glob("*.txt"))


def counted(table: Table) -> archcalc.Report:
    """The network that the table is of, at the table's knobs."""
    knobs = (pair.split("=") for pair in table.heading.get("knobs", "").split(", ") if pair)
    network = archcalc.load(table.heading["network"])
    return network.summary(**{name: network.accept(name, value, text=True) for name, value in knobs})


def lines(report: archcalc.Report) -> list[Line]:
    """The layers that do multiply-adds, as a table has them."""
    return [Line(row.output, row.params, row.mult_adds) for row in report.layers if row.mult_adds]


def features(line: Line) -> Line:
    """The same where a 1 x 1 map counts as features: a classifier may be a convolution or a linear layer."""
    return line._replace(output=line.output[:1]) if line.output[1:] == (1, 1) else line


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_network_equals_the_real_module_layer_by_layer(path: Path) -> None:
    table = read(path)
    if path.stem in MISSING:
        with pytest.raises(archcalc.ArchcalcError):
            counted(table)
        return
    report = counted(table)
    ours, theirs = (list(map(features, each)) for each in (lines(report), table.lines))
    if table.heading.get("order", "").startswith("any"):
        assert Counter(ours) == Counter(theirs)
    else:
        assert ours == theirs
    assert (report.totals.params, report.totals.buffers) == tuple(int(table.heading[k]) for k in ("params", "buffers"))


def test_there_is_a_table_for_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a table cannot get lost, nor stay without a way to make it anew."""
    monkeypatch.syspath_prepend(FOLDER)
    from sources import SOURCES

    assert {path.stem for path in FILES} == set(SOURCES)
