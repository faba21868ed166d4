"""What others printed of a network, beside what is exact, and the convention by which the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from archcalc.address import BYTES, COUNTS
from archcalc.core.errors import ArchcalcError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.model import reference
from archcalc.output.table import CHANGE, MIXED, Column, Table, fixed, numbers, words
from archcalc.published import Measurement, measurements
from archcalc.report import Report

UNITS = COUNTS | BYTES | {"Ki": 1 << 10, "Mi": 1 << 20}
ROUNDINGS = {"nearest": Fraction(1, 2), "truncated": Fraction(0)}  # what is added before the digits are cut off
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
    for name in candidates:
        exact = report.totals.figure(name)
        for how, rounding in (("", "nearest"), (", cut off", "truncated")):
            if isinstance(exact, int) and is_rounded(printed, rounding, exact):
                return exact, name + how
    return report.totals.figure(candidates[0]), ""


def is_rounded(printed: str, rounding: str, exact: int | Fraction) -> bool:
    """Whether a printed number is an exact one, rounded in this way to its last digit."""
    value, digit = value_of(printed)
    return floor(exact / digit + ROUNDINGS[rounding]) * digit == value


def rounded(exact: int | Fraction, printed: str) -> str:
    """An exact number with the digits and the unit of a printed one, rounded to nearest."""
    _, unit, places = _parts(printed)
    return fixed(Fraction(exact) / UNITS[unit], places).replace(",", "") + unit


def value_of(printed: str) -> tuple[Fraction, Fraction]:
    """A printed number, such as 4.1G or 98, and what one more in its last digit is."""
    digits, unit, places = _parts(printed)
    return Fraction(digits) * UNITS[unit], Fraction(UNITS[unit], 10**places)


def _parts(printed: str) -> tuple[str, str, int]:
    """The digits, the unit, and how many of the digits are decimals."""
    digits = printed.rstrip("".join(UNITS))
    return digits, printed.removeprefix(digits), len(digits.partition(".")[2])


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
        more = value_of(printed)[0] / exact - 1 if exact else None
        cells.append((row.label, row.by, printed, exact, more, counted or f"no figure of {name}"))
    note = "counted as: the first figure that gives the printed digits; 'archcalc figures' explains them"
    return Table("Printed and exact", heads, tuple(cells), notes=(note,), name="printed")
