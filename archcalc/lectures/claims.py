"""What lectures print: documents and claims, as the files in specs/lectures have them."""

from __future__ import annotations

import csv
from functools import cache
from os.path import join
from typing import NamedTuple

from archcalc.core.errors import ArchcalcError, suggest
from archcalc.spec.library import home

OTHER = "other"  # the quantity of what has no name among archcalc's figures


class Document(NamedTuple):
    """A lecture document."""

    name: str
    lecture: str  # its number in the heading `lecture` of specs
    title: str


class Claim(NamedTuple):
    """One figure that a document prints; "" is what does not apply.

    A number is written with the digits that are printed and a unit (3.6G, 112Ki, 98MiB), a shape with the channels
    first (256x56x56).
    """

    id: str
    document: str
    line: str
    table: str  # in which it stands; "" in the text
    of: str
    quantity: str  # a figure, ratio, percent, bytes, or OTHER
    quote: str
    printed: str  # as the document has it
    slide: str  # as the slide has it, where the document is a scan that is misread
    rounding: str  # one of check.ROUNDINGS; "" where the address is only the figure that comes nearest
    address: str
    usual: str  # the address by the usual count, where that does not give the printed figure
    expected: str  # the exact figure, recomputed by hand
    source: str  # of a measurement, in specs/published.csv
    reason: str  # why it is wrong, or is not checked


def _rows(name: str) -> list[dict[str, str]]:
    with open(join(home(), "lectures", f"{name}.csv"), encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


@cache
def documents() -> tuple[Document, ...]:
    """The documents, in the order of their numbers."""
    return tuple(Document(**row) for row in _rows("documents"))


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, sorted by document and line."""
    return tuple(Claim(**row) for row in _rows("claims"))


def in_table(name: str) -> list[Claim]:
    """The claims of one printed table, in all documents that print it. Raises ArchcalcError."""
    found = [claim for claim in claims() if claim.table == name]
    if not found or not name:
        known = dict.fromkeys(claim.table for claim in claims() if claim.table)
        raise ArchcalcError(f"no lecture has a table {name!r}{suggest(name, known) or NO_TABLE}")
    return found


NO_TABLE = "; 'archcalc lectures' shows them all"
