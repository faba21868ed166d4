"""What the counting tools give for real modules (references/tools.csv) against the rules, to the last digit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from laws.common import read
from references.tool_witnesses import DIFFERENCES, WAYS, WITNESSES, counted, difference, ways
from references.tools_page import page, rows

from archcalc.core.errors import Place, Source
from archcalc.figures.amounts import AMOUNTS, NAMES
from archcalc.figures.conventions import CONVENTIONS, TOOLS
from archcalc.figures.rules import Counts
from archcalc.graph.graph import Graph, Node
from archcalc.layers import KINDS
from archcalc.model import reference

ROWS = rows()
OWN = [row for row in ROWS if row["module"].startswith("archcalc")]
WITNESS = [row for row in ROWS if row not in OWN]
TALLIES = {tool.name: CONVENTIONS[tool.name].tally for tool in TOOLS}


@cache
def network(name):
    """The graph of a network at its knobs."""
    return reference(name).summary({}).graph


def graph(row):
    """What the row is of, a network or one layer."""
    if row["module"] != "archcalc, one layer":
        return network(row["network"])
    layer = read(row["network"])
    shapes = [tuple(map(int, shape.split("x"))) for shape in row["input"].split(" and ")]
    place = Place(Source("tools.csv", ""), 0, 0)
    inputs = [Node("input", None, (), shape, place) for shape in shapes]
    node = Node("layer", layer, tuple(range(len(shapes))), layer.shape(*shapes), place)
    return Graph({}, (*inputs, node), ())


def name(row):
    return f"{row['network']} {row['input']} {row['module']}"


@pytest.mark.parametrize("row", OWN, ids=name)
def test_the_rules_give_what_the_tools_give_for_archcalcs_modules(row):
    counts = Counts(graph(row))
    nodes = range(len(counts.graph.nodes))
    found = {tool: tally.of(counts, nodes) for tool, tally in TALLIES.items()}
    fails = {tool for tool in found if not row[tool].removeprefix("-").isdigit()}
    known = {tool: number for tool, number in found.items() if number is not None and tool not in fails}
    assert known == {tool: int(row[tool]) for tool in known}
    assert {tool.partition("_")[0] for tool in found.keys() - known} <= unknown(row)


def unknown(row):
    """The tools of which some integer is given by no rule."""
    every = {tool.partition("_")[0] for tool in TALLIES}
    refused = {"conv_transpose": {"calflops"}, "adaptive_avgpool": {"thop"}, "opaque": every}
    return {"upsample((1, 3))": {"calflops"}}.get(row["network"], refused.get(row["network"].partition("(")[0], set()))


@pytest.mark.parametrize("row", WITNESS, ids=name)
def test_for_others_modules_too_but_for_what_they_write_otherwise(row):
    for tool, tally in TALLIES.items():
        by_rule = counted(graph(row), row["module"], tool, tally)
        assert int(row[tool]) == by_rule + difference(row["network"], row["module"], tool), tool


def test_every_kind_is_among_the_rows():
    """So that what a rule says of a kind was seen."""
    assert {read(row["network"]).label for row in OWN if row["module"] != "archcalc"} == KINDS.keys()


def test_factors_name_kinds_and_amounts_that_there_are():
    factors = [(kinds.split(), amounts) for tool in TOOLS for kinds, amounts in tool.factors.items()]
    assert {kind.partition("/")[0] for kinds, _ in factors for kind in kinds} <= KINDS.keys()
    assert {amount for _, amounts in factors for amount in amounts} <= AMOUNTS.keys() == NAMES.keys()
    for tool in TOOLS:
        named = [kind for kinds in tool.factors for kind in kinds.split()]
        assert len(named) == len(set(named)), tool.name


def test_the_page_is_current():
    path = Path(__file__).parent.parent / "reports" / "conventions.md"
    assert path.read_text(encoding="utf-8") == page(), "run: cd tests && python -m references.tools_page"


def test_nothing_is_told_of_modules_that_there_are_not():
    assert set(WAYS) == {way for names in WITNESSES.values() for way in names.split()}
    assert {way.sentence for row in WITNESS for way in ways(row["module"])} == {way.sentence for way in WAYS.values()}
    told = {network for each in DIFFERENCES for network in each.numbers}
    assert told <= {row["network"] for row in WITNESS}
