"""What lectures print: every row of specs/lectures is recomputed, and its verdict follows from how it is printed."""

import csv
import re
from collections import Counter
from fnmatch import fnmatch
from fractions import Fraction
from math import prod
from pathlib import Path

import pytest
from console import check_mistake, run

from archcalc.address import read
from archcalc.lectures.check import (
    AGREES,
    BY_CONVENTION,
    CITED,
    MISREAD,
    ROUNDINGS,
    UNCHECKED,
    UNPRINTED,
    VERDICTS,
    WORD,
    WRONG,
    check,
    gives,
)
from archcalc.lectures.claims import claims, documents
from archcalc.output import FORMATS, suffix
from archcalc.spec.library import home

REPORTS = Path(__file__).parent.parent / "reports"
REPORT = {"claims": "lectures", "wrong": "lectures --wrong"}  # file -> the command that writes it, with -o FILE
CHECKED = [*check(claims())]
COMPUTED = [one for one in CHECKED if one.claim.address]
FREE = ("ratio", "percent", "bytes", "top1", "top5", "other")  # quantities that are not one figure's name


def test_there_are_all():
    assert len(claims()) == len({claim.id for claim in claims()}) == 1135
    assert f"{len(claims()):,} figures" in (REPORTS.parent / "README.md").read_text("utf-8")
    assert Counter(claim.document for claim in claims()) == {
        "survey": 475, "overview": 34, "convnets": 201, "cs867": 101, "notebook": 324,
    }  # fmt: skip
    assert [one.name for one in documents()] == [*dict.fromkeys(claim.document for claim in claims())]
    assert len(COMPUTED) >= 1050


def test_every_address_gives_what_was_computed_by_hand():
    found = {one.claim.id: one.exact for one in COMPUTED}
    written = {
        key: "x".join(map(str, value)) if isinstance(value, tuple) else str(value) for key, value in found.items()
    }
    assert written == {one.claim.id: one.claim.expected for one in COMPUTED}
    assert not any(one.claim.expected for one in CHECKED if not one.claim.address)


def test_a_table_has_one_name():
    """The tables of specs/lectures/tables are called as the claims call them; three are of archcalc's own."""
    laid_out = {path.stem for path in (Path(home()) / "lectures" / "tables").glob("*.yaml")}
    own = {"efficientnet-table-2", "mobilenet-grid", "mobilenet-grid-accuracy"}
    assert laid_out - {claim.table for claim in claims()} == own


def test_a_verdict_says_what_the_row_lets_it_say():
    for one in CHECKED:
        claim = one.claim
        assert one.verdict in VERDICTS
        assert claim.rounding in {*ROUNDINGS, ""}
        assert (one.verdict == UNPRINTED) == (not claim.printed), claim.id
        assert (one.verdict in (WRONG, UNCHECKED)) == bool(claim.reason), claim.id
        assert (one.verdict == MISREAD) == bool(claim.slide), claim.id
        assert (one.verdict == CITED) <= bool(claim.source), claim.id
        assert (one.verdict == BY_CONVENTION) == bool(one.conventions), claim.id
        assert claim.address or not (claim.usual or claim.rounding or claim.source), claim.id


def test_a_reason_is_one_line():
    reasons = {claim.reason for claim in claims() if claim.reason}
    assert all(len(reason) <= 120 and reason.endswith(".") and reason.isprintable() for reason in reasons), reasons


OTHERWISE = (  # printed as arithmetic with sums, in words, in code, or with one axis more
    "googlenet-table-inception-*-filters", "keras-mnist-*-annotation", "lenet5-c1-params", "lenet5-s[24]-*",
    "lenet5-output-index", "lenet-keras-*-params-comment", "resnet34-layer?-transition-sum",
    "two-3x3-for-5x5-ratio", "vgg16-table8-multadds", "resnet34-blocks-two-convs", "vgg-c-1x1-layers*",
    "lenet5-depth", "grid-reduction-four-times", "vgg16-transfer-weight-tensors",
    "residual-block-code-runs", "keras-mnist-code-extra-conv", "keras-mnist-test-acc",
    "keras-catsdogs-dense-2-shape", "vgg-table1-004-pools", "efficientnet-compound-constraint", "*-snippet-input",
    "*-oom-shape",
)  # fmt: skip


def in_quote(claim) -> bool:
    """Whether the numbers that are said to be printed stand in the quote, or are the product of those that do."""
    quoted = re.findall(r"\d+(?:[.,]\d+)*", claim.quote)
    known = {Fraction(text.replace(",", "")) for text in quoted if text.count(".") < 2}
    known |= {prod(map(int, filter(str.isdigit, quoted)))} if quoted else set()
    return {*map(Fraction, re.findall(r"\d+(?:\.\d+)?", claim.printed))} <= known


def test_what_is_printed_stands_in_the_quote():
    whole = [claim for claim in claims() if claim.printed and len(claim.quote) < 60]
    off = {claim.id for claim in whole if not in_quote(claim)}
    assert len(whole) > 900
    assert {name for name in off if not any(fnmatch(name, pattern) for pattern in OTHERWISE)} == set()
    assert {pattern for pattern in OTHERWISE if not any(fnmatch(name, pattern) for name in off)} == set()


def test_a_figure_is_counted_as_its_name_says_unless_a_convention_is_named():
    """The address of a claim of params asks for params, or the usual address beside it does."""
    for one in COMPUTED:
        claim = one.claim
        if claim.quantity not in FREE:
            asked = read(claim.usual or claim.address, alone=True)[0]
            figures = {term.quantity.figure for term in asked.terms}
            assert claim.quantity in figures, claim.id
            assert figures <= {claim.quantity, "layers"}, claim.id


def test_a_convention_is_what_the_usual_address_lacks():
    for one in CHECKED:
        for words in {*one.conventions} - {"truncated", "K = 1024", "MB = 2^20 bytes"}:
            ours, usual = WORD.findall(one.claim.address), WORD.findall(one.claim.usual)
            assert words.split(), one.claim.id
            assert Counter(words.split()) <= Counter(ours), one.claim.id
            assert words not in " ".join(usual), one.claim.id


def test_a_claim_agrees_if_the_usual_count_gives_it():
    known = {}
    for one in COMPUTED:
        if one.claim.usual and one.verdict in (AGREES, BY_CONVENTION):
            usual = read(one.claim.usual, alone=True, known=known)[0].answer()
            by_units = {"truncated", "K = 1024"} & {*one.conventions}
            agrees = gives(usual, one.claim.printed, one.claim.rounding) and not by_units
            assert (one.verdict == AGREES) == agrees, one.claim.id


def changed(printed: str):
    """The printed figure with another last digit, for every digit that can stand there."""
    head, last, unit = re.fullmatch(r"(.*?)(\d)(\D*)", printed).groups()
    return [f"{head}{digit}{unit}" for digit in "0123456789" if digit != last]


@pytest.mark.parametrize("rounding", ["exact", "nearest", "truncated", "map"])
def test_another_last_digit_is_wrong(rounding):
    right = [one for one in COMPUTED if one.claim.rounding == rounding and one.verdict not in (WRONG, MISREAD)]
    assert len(right) > 9
    for one in right:
        assert not any(gives(one.exact, other, rounding) for other in changed(one.claim.printed)), one.claim.id


@pytest.mark.parametrize("rounding", ["within 5%", "within 10%", "range"])
def test_twice_as_much_is_wrong(rounding):
    right = [one for one in COMPUTED if one.claim.rounding == rounding and one.verdict not in (WRONG, MISREAD)]
    assert right
    assert not any(gives(2 * one.exact, one.claim.printed, rounding) for one in right)


def test_a_measurement_is_that_of_its_source():
    cited = [one for one in CHECKED if one.verdict == CITED]
    assert len(cited) >= 75
    others = [one.claim._replace(source="nobody") for one in cited]
    assert {one.verdict for one in check(others)} == {WRONG}


@pytest.mark.parametrize("name", REPORT)
def test_the_reports_are_current(name):
    """Written by `archcalc lectures -o reports/claims.md` and `archcalc lectures --wrong -o reports/wrong.md`."""
    assert run(f"{REPORT[name]} --format md").output == (REPORTS / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_has_every_claim_of_a_table(format_, tmp_path):
    file = tmp_path / f"out{suffix(format_)}"
    assert run(f"lectures --table mobilenet-table-6 -o {file}").exit_code == 0
    assert file.stat().st_size > 500
    if format_ == "csv":
        rows = [*csv.DictReader(file.read_text("utf-8").splitlines())]
        assert [row["figure"] for row in rows[:3]] == [
            "mult-adds of mobilenet_v1 width 1.0, 224x224", "params of mobilenet_v1 width 1.0",
            "top-1 of mobilenet_v1 width 1.0, 224x224",
        ]  # fmt: skip
        assert " ".join(row["printed"] for row in rows) == (
            "569M 4.2M 70.6 325M 2.6M 68.4 149M 1.3M 63.7 41M 0.5M 50.6"
        )
        assert rows[0]["exact"] == "568740352"
        assert rows[2]["verdict"] == "cited: arXiv:1704.04861, Table 6"


def test_what_is_wrong_in_one_table():
    text = run("lectures --wrong --table densenet-table-1 --format csv").output
    assert text.splitlines()[1].startswith("survey:873,depth of densenet264,264,265,")
    assert len(text.splitlines()) == 2


def test_an_unknown_table_gets_one_message(tmp_path):
    check_mistake("lectures --table vgg", "did you mean 'vgg-table-1', 'vgg-table-2'", tmp_path)
    check_mistake(["lectures", "--table", ""], "no lecture has a table ''", tmp_path)
