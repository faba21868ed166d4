"""What others measured and printed: accuracies, params and work, each with its source (specs/published.csv)."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import floor
from os.path import join
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.language.library import home, names
from archcalc.model import Model, reference
from archcalc.tables.grid import CHANGE, Column, Table, numbers, words

if TYPE_CHECKING:
    from archcalc.report import Report

BY = ("paper", "authors", "torchvision V1", "torchvision V2", "Keras", "others")  # whose measurement is preferred
IMAGENET = "ImageNet"  # the validation set of ILSVRC 2012
UNITS = {"": 1, "M": 10**6, "G": 10**9}
PRINTED = {"params": ("params", "weights", "total_params"), "work": tuple(CONVENTIONS)}  # what each may have counted
NOTES = (
    "by: 'others' wrote neither the paper nor a library; data: the test images, of ImageNet the validation set",
    "top-1, top-5: percent that is right; what a source prints as an error is subtracted from 100",
    "test: how many crops of an image, and of which size, are averaged; dense is the whole image, "
    "and a size alone says that the source names no number of crops",
)


class Measurement(NamedTuple):
    """One row of the file, as its source prints it; "" is what the source does not print."""

    network: str
    settings: str  # knobs that are not at their defaults, "alpha=0.5,rho=6/7"
    by: str  # one of BY
    source: str  # with the table
    data: str
    crops: str  # 1, 10, or dense
    input: str  # rows and columns of a crop
    top1: str  # in percent
    top5: str
    params: str  # "4.2M"
    work: str  # "569M"
    note: str

    @property
    def label(self) -> str:
        """The network at its settings, as a command takes it."""
        return f"{self.network}@{self.settings}" if self.settings else self.network

    @property
    def test(self) -> str:
        """The crops in words."""
        return {"": self.input, "1": f"1 crop of {self.input}"}.get(self.crops, f"{self.crops} crops of {self.input}")

    def knobs(self, network: Model) -> dict[str, Any]:
        """All knobs of the network, as they were at the measurement."""
        given = dict(pair.split("=") for pair in self.settings.split(",") if pair)
        return {knob.name: knob.read(given[knob.name]) if knob.name in given else knob.default
                for knob in network.knobs.values()}  # fmt: skip


@cache
def measurements() -> tuple[Measurement, ...]:
    """All that the file holds."""
    with open(join(home(), "published.csv"), encoding="utf-8", newline="") as file:
        return tuple(Measurement(**row) for row in csv.DictReader(file))


def measured(report: Report) -> Measurement | None:
    """The measurement that gives a network's top-1 and top-5; None where there is none at these settings.

    It is of ImageNet, with one crop or with none named, by whoever comes first in BY. Raises ArchcalcError where a
    knob is no single value.
    """
    if not all(isinstance(value, (int, Fraction, str)) for value in report.knobs.values()):
        raise ArchcalcError(f"{report.network}: an accuracy is measured; it has no formula, and is not of arrays")
    if not report.spec or report.network not in names():
        return None
    if report.spec.part.source.text != reference(report.network).network.spec.part.source.text:
        return None  # a file of the user's, of the same name
    rows = (row for row in measurements() if row.network == report.network and row.data == IMAGENET and row.top1)
    same = [row for row in rows if row.crops in ("1", "") and row.knobs(Model(report.spec)) == report.knobs]
    return min(same, key=lambda row: BY.index(row.by), default=None)


def accuracy(report: Report, name: str) -> Decimal | None:
    """The top1 or the top5 of that measurement, with the digits that are printed."""
    row = measured(report)
    text = row and getattr(row, name)
    return Decimal(text) if text else None


def year(report: Report) -> Decimal | None:
    """When the source that the spec names was published: arXiv:1704.04861 in 2017; None where it does not say."""
    found = re.search(r"arXiv:(\d\d)\d\d\.|\b((?:19|20)\d\d)\b", report.source)
    return Decimal(found[2] or f"20{found[1]}") if found else None


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
        rows += (found := [row for row in of if knobs is None or row.knobs(asked.network) == knobs])
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
    heads = (*words("network", "by"), *numbers("printed", "exact"), Column("difference", "difference", CHANGE),
             *words("counted_as"))  # fmt: skip
    reports = {label: reference(label).summary({}) for label in dict.fromkeys(row.label for row in rows)}
    cells = []
    for row, name in ((row, name) for row in rows for name in PRINTED if getattr(row, name)):
        printed = getattr(row, name)
        exact, counted = agreement(reports[row.label], printed, PRINTED[name])
        more = _value(printed)[0] / exact - 1 if exact else None
        cells.append((row.label, row.by, printed, exact, more, counted or f"no figure of {name}"))
    note = "counted as: the first figure that gives the printed digits; 'archcalc figures' explains them"
    return Table("Printed and exact", heads, tuple(cells), notes=(note,), name="printed")
