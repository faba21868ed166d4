"""Every spec of the lectures against its reference totals (published.csv: each number with where it is from)."""

import csv
from pathlib import Path

import pytest

import archcalc

ROWS = list(csv.DictReader(Path(__file__).with_name("published.csv").read_text().splitlines()))
EXPLAINED = {  # name -> figures that are right although the reference differs, and why
    "r_cnn": {
        "mult_adds": 721130016,  # the reference counts the SVMs' and box regressors' weights, 20*4096 + 80*9216, as
    },  # parameters but leaves their work out: 720310816 is AlexNet up to FC7 alone
}


def test_there_are_all():
    assert len(ROWS) == 220
    assert {row["name"] for row in ROWS} <= set(archcalc.spec.library.names())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_totals_equal_the_reference(row):
    network = archcalc.load(row["name"])
    totals = network.summary().totals
    right = EXPLAINED.get(row["name"], {})
    if row["params"]:
        counted = totals.params + (totals.buffers if row["counted"] == "total" else 0)
        assert counted == right.get("params", int(row["params"])), row["params_source"]
    if row["mult_adds"]:
        assert totals.mult_adds == right.get("mult_adds", int(row["mult_adds"])), row["mult_adds_source"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_spec_says_what_it_is(row):
    network = archcalc.load(row["name"])
    headings = network.spec.headings
    assert headings["family"] == row["family"]
    assert headings.get("kind", "network") == row["kind"]
    assert headings["source"]
    assert headings["lecture"]
    assert all(knob.help for knob in network.knobs.values())
