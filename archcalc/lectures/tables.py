"""Verdicts as tables: all documents, one printed table, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.figures.figure import heading
from archcalc.lectures.check import MISREAD, VERDICTS, WRONG, Checked
from archcalc.lectures.claims import OTHER, documents
from archcalc.output.table import MIXED, ROUNDED, Column, Table, numbers, words
from archcalc.printed import rounded

HEADINGS = ("all", "agree", "by\nconvention", "wrong", "misread", "cited", "not\nprinted", "not\nchecked")
COUNTS = tuple(
    Column(name.replace(" ", "_"), heading) for name, heading in zip(("figures", *VERDICTS), HEADINGS, strict=True)
)
VERDICT_NOTES = (
    "agree: the usual count gives the printed digits; by convention: another one does, which is named; misread: the "
    "slide is right, and its scan is not; cited: as the source prints the measurement; not printed: no figure is "
    "legible; not checked: archcalc has no such figure",
    "'archcalc lectures --wrong' tells what is wrong and why, '--table TABLE' shows one table",
)
CONVENTION_NOTES = (
    "convention: what the address of the printed figure has and the usual one lacks, a figure or a knob's value; "
    "truncated: digits are cut off, not rounded; K = 1024: K is not 1000",
    "'archcalc figures' explains figures, and 'archcalc show NETWORK' knobs",
)
WHERE = "where: the document and the line; a shape is channels x height x width, in whatever order it is printed"


def summary_tables(checked: Sequence[Checked]) -> list[Table]:
    """The verdicts counted: by document, by printed table, and by convention."""
    return [_documents(checked), _tables(checked), _conventions(checked)]


def _documents(checked: Sequence[Checked]) -> Table:
    groups = _grouped(checked, lambda one: one.claim.document)
    rows = tuple((one.name, *_counts(groups.get(one.name, []))) for one in documents())
    titles = tuple(f"{one.name}: lecture {one.lecture}, {one.title}" for one in documents())
    columns = (*words("document"), *COUNTS)
    totals = (("total", *_counts(checked)),)
    return Table("Figures printed in lecture documents", columns, rows, totals, titles + VERDICT_NOTES, "documents")


def _tables(checked: Sequence[Checked]) -> Table:
    groups = _grouped(checked, lambda one: (one.claim.document, one.claim.table or "(text)"))
    rows = tuple((*key, *_counts(group)) for key, group in groups.items())
    return Table("The tables in them", (*words("document", "table"), *COUNTS), rows, name="tables")


def _conventions(checked: Sequence[Checked]) -> Table:
    groups: dict[str, list[Checked]] = {}
    for one in checked:
        for convention in one.conventions:
            groups.setdefault(convention, []).append(one)
    rows = [(name, len(group), group[0].claim.address) for name, group in groups.items()]
    columns = (*words("convention"), *numbers("figures"), *words("for_example"))
    rows.sort(key=lambda row: -row[1])
    return Table("The conventions", columns, tuple(rows), notes=CONVENTION_NOTES, name="conventions")


def _grouped(checked: Sequence[Checked], key: Callable[[Checked], Any]) -> dict[Any, list[Checked]]:
    found: dict[Any, list[Checked]] = {}
    for one in checked:
        found.setdefault(key(one), []).append(one)
    return found


def _counts(checked: Sequence[Checked]) -> tuple[int, ...]:
    count = Counter(one.verdict for one in checked)
    return len(checked), *(count[verdict] for verdict in VERDICTS)


def wrong_tables(checked: Sequence[Checked]) -> list[Table]:
    """What does not recompute: what is printed, what is right with as many digits, and why; scans apart from slides."""
    columns = (*words("where", "figure"), *_values("printed", "right"), *words("why"))
    rows, scans = (
        tuple((*_what(one), _printed(one), _right(one), one.why) for one in checked if one.verdict == verdict)
        for verdict in (WRONG, MISREAD)
    )
    read = tuple(row[:-1] for row in scans)
    return [
        Table("Printed and wrong", columns, rows, notes=(WHERE,), name="wrong"),
        *[Table("Right on the slide, misread in the scan", columns[:-1], read, name="misread")] * bool(read),
    ]


def table_of(name: str, checked: Sequence[Checked]) -> Table:
    """The claims of one printed table."""
    rows = tuple((*_what(one), _printed(one), one.exact, _verdict(one)) for one in checked)
    columns = (*words("where", "figure"), *_values("printed", "exact"), *words("verdict"))
    note = "verdict: with the convention, the mistake, or the source of a measurement"
    return Table(f"Printed in {name}", columns, rows, notes=(WHERE, note), name=name)


def _values(printed: str, exact: str) -> tuple[Column, ...]:
    return (*numbers(printed, type=ROUNDED), *numbers(exact, type=ROUNDED, unit=MIXED))


def _what(one: Checked) -> tuple[str, str]:
    """Where the claim stands, and what it is about."""
    quantity = "" if one.claim.quantity == OTHER else f"{heading(one.claim.quantity)} of "
    return f"{one.claim.document}:{one.claim.line}", f"{quantity}{one.claim.of}"


def _verdict(one: Checked) -> str:
    return f"{one.verdict}: {one.why}" if one.why else one.verdict


def _printed(one: Checked) -> Any:
    """What is printed, as archcalc writes it; ABSENT where nothing is."""
    text = one.claim.printed
    return int(text) if text.isdigit() else text.replace("x", " x ")


def _right(one: Checked) -> Any:
    """What should be printed, with the digits and the unit of what is."""
    if one.claim.rounding == "map":
        return one.exact[1:]
    return rounded(one.exact, one.claim.printed) if one.claim.rounding in ("nearest", "truncated") else one.exact
