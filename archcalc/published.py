"""What others measured and printed: accuracies, params and work, each with its source (specs/published.csv)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from os.path import join
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError
from archcalc.spec.library import find, home, names

if TYPE_CHECKING:
    from archcalc.report import Report
    from archcalc.spec.model import Knob

BY = ("paper", "authors", "torchvision V1", "torchvision V2", "Keras", "others")  # whose measurement is preferred
IMAGENET = "ImageNet"  # the validation set of ILSVRC 2012


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

    def settled(self, knobs: Mapping[str, Knob]) -> dict[str, Any]:
        """The values of all knobs of the network at the measurement."""
        given = dict(pair.split("=") for pair in self.settings.split(",") if pair)
        return {knob.name: knob.read(given[knob.name]) if knob.name in given else knob.default
                for knob in knobs.values()}  # fmt: skip


@cache
def measurements() -> tuple[Measurement, ...]:
    """All that the file holds."""
    with open(join(home(), "published.csv"), encoding="utf-8", newline="") as file:
        return tuple(Measurement(**row) for row in csv.DictReader(file))


def measured(report: Report, source: str = "") -> Measurement | None:
    """The measurement that gives a network's top-1 and top-5; None where there is none at these settings.

    It is the one of that source; where none is named, it is of ImageNet, with one crop or with none named, by whoever
    comes first in BY. Raises ArchcalcError where a knob is no single value.
    """
    if not all(isinstance(value, (int, Fraction, str)) for value in report.knobs.values()):
        raise ArchcalcError(f"{report.network}: an accuracy is measured; it has no formula, and is not of arrays")
    if not report.spec or report.network not in names():
        return None
    if report.spec.part.source.text != find(report.network).part.source.text:
        return None  # a file of the user's, of the same name
    usual = (row for row in measurements() if row.data == IMAGENET and row.top1 and row.crops in ("1", ""))
    rows = (row for row in measurements() if row.source == source) if source else usual
    same = [row for row in rows if row.network == report.network and row.settled(report.spec.given) == report.knobs]
    return min(same, key=lambda row: BY.index(row.by), default=None)


def accuracy(report: Report, name: str, source: str = "") -> Decimal | None:
    """The top1 or the top5 of that measurement, with the digits that are printed."""
    row = measured(report, source)
    text = row and getattr(row, name)
    return Decimal(text) if text else None


def year(report: Report) -> Decimal | None:
    """When the source that the spec names was published: arXiv:1704.04861 in 2017; None where it does not say."""
    found = re.search(r"arXiv:(\d\d)\d\d\.|\b((?:19|20)\d\d)\b", report.source)
    return Decimal(found[2] or f"20{found[1]}") if found else None
