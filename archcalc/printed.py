"""What others printed of a network, beside what is exact, and the convention by which the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from archcalc.core.errors import ArchcalcError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.model import reference
from archcalc.output.table import CHANGE, MIXED, Column, Table, numbers, words
from archcalc.published import Measurement, measurements
from archcalc.report import Report

UNITS = {"": 1, "M": 10**6, "G": 10**9}
PRINTED = {"params": ("params", "weights", "total_params"), "work": tuple(CONVENTIONS)}  # what each may have counted
NOTES = (
    "by: 'others' wrote neither the paper nor a library; data: the test images, of ImageNet the validation set",
    "top-1, top-5: percent that is right; what a source prints as an error is subtracted from 100",
    "test: how many crops of an image, and of which size, are averaged; dense is the whole image, "
    "and a size alone says that the source names no number of crops",
)


def agreement(report: Report, printed: str, candidates: Sequence[str]) -> tuple[int | None, str]:
    """The exact figure that a printed number is, rounded to its last digit or cut off there, and its name.

    Of several it is the first; where there is none, the first one's number and no name.
    """
    value, digit = _value(printed)
    for name in candidates:
        exact = report.totals.figure(name)
        for how, more in (("", Fraction(1, 2)), (", cut off", 0)):
            if isinstance(exact, int) and floor(exact / digit + more) * digit == value:
                return exact, name + how
    return report.totals.figure(candidates[0]), ""


def _value(printed: str) -> tuple[Fraction, Fraction]:
    """The number, and what one more in its last digit is."""
    digits = printed.rstrip("MG")
    unit = UNITS[printed.removeprefix(digits)]
    return Fraction(digits) * unit, Fraction(unit, 10 ** len(digits.partition(".")[2]))


def chosen(labels: Sequence[str]) -> list[Measurement]:
    """What is recorded of these networks, at the settings behind a name or at all; of none named, everything.

    Raises ArchcalcError where there is no such network, or where nothing is recorded of it.
    """
    rows: list[Measurement] = []
    for label in labels:
        asked = reference(label)
        knobs = asked.summary({}).knobs if "@" in label else None
        of = [row for row in measurements() if row.network == asked.network.name]
        rows += (found := [row for row in of if knobs is None or row.settled(asked.network.knobs) == knobs])
        if not found:
            raise ArchcalcError(f"nothing published is recorded of {label}")
    return rows if labels else [*measurements()]


def tables(rows: Sequence[Measurement]) -> list[Table]:
    """What was measured, and what was printed beside what is exact."""
    heads = (*words("network", "by"), *numbers("top1", "top5", unit="%"), *words("test", "data", "source"))
    cells = tuple(
        (row.label, row.by, *(Decimal(text) if text else None for text in (row.top1, row.top5)),
         row.test, row.data, row.source + (f"; {row.note}" if row.note else "")) for row in rows
    )  # fmt: skip
    return [Table("Measured", heads, cells, notes=NOTES, name="measured"), _beside(rows)]


def _beside(rows: Sequence[Measurement]) -> Table:
    heads = (*words("network", "by"), *numbers("printed"), *numbers("exact", unit=MIXED),
             Column("difference", "difference", CHANGE), *words("counted_as"))  # fmt: skip
    reports = {label: reference(label).summary({}) for label in dict.fromkeys(row.label for row in rows)}
    cells = []
    for row, name in ((row, name) for row in rows for name in PRINTED if getattr(row, name)):
        printed = getattr(row, name)
        exact, counted = agreement(reports[row.label], printed, PRINTED[name])
        more = _value(printed)[0] / exact - 1 if exact else None
        cells.append((row.label, row.by, printed, exact, more, counted or f"no figure of {name}"))
    note = "counted as: the first figure that gives the printed digits; 'archcalc figures' explains them"
    return Table("Printed and exact", heads, tuple(cells), notes=(note,), name="printed")
