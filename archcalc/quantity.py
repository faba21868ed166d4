"""What can be asked of a report by name: "mult_adds", "params of dense1", "rows of stem", "share of body2/dw".

    quantity("params of dense1").of(report)  -> the number; None where a layer's work is not known
    quantity("weight_bytes").unit            -> "bytes"

A quantity is one number of any type the engine runs over: an int, a Fraction, a sympy expression, an array.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.figures.conventions import DEFAULT
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.figures.rules import ABSENT
from archcalc.number import Number, exact_div
from archcalc.report import Report, Row
from archcalc.value import exact

SHARE = "share"


class Quantity(NamedTuple):
    """A figure of a network, of a block or of a layer; or the share that the block or layer has in the network's."""

    figure: str  # one of FIGURES
    path: str = ""  # "" is the whole network; sizes are those of its last output
    share: bool = False

    @property
    def entry(self) -> Figure:
        """What it is a quantity of."""
        return FIGURES[self.figure]

    @property
    def unit(self) -> str:
        """What it counts: "mult-adds", "params", "elements", "bytes" ...; "" of a size or a share."""
        return "" if self.share else self.entry.unit

    @property
    def is_ratio(self) -> bool:
        """Whether it may be a fraction."""
        return self.share or self.entry.is_ratio or self.entry.measured

    def cell(self, report: Report) -> Any:
        """Its value as a table shows it, be it a number, a shape or words; None where it is not known.

        Raises ArchcalcError where there is no such layer, or where the layer has no such figure.
        """
        if self.share:
            part, whole = self._replace(share=False).of(report), Quantity(self.figure).of(report)
            return ratio(part, whole, f"{self.figure} of {report.network}")
        if self.entry.network:
            return self.entry.network(report)
        assert self.entry.rule is not None  # else it is the network's
        rows = (report.totals,) if not self.path else () if self.path == "input" else rows_of(report, self.path)
        found = self.entry.rule.of(report.counts, [i for row in rows for i in row.nodes] or [0])
        if found is ABSENT:
            raise ArchcalcError(f"{self._of(report)} has no {self.entry.heading}")
        return found

    def of(self, report: Report) -> Number | None:
        """Its value, exactly; None where it is not known. Raises ArchcalcError where that is no number."""
        found = self.cell(report)
        if isinstance(found, (tuple, str)):
            raise ArchcalcError(f"{self._of(report)} has no {self.entry.heading} that is one number")
        return exact(found) if isinstance(found, Decimal) else found

    def _of(self, report: Report) -> str:
        return f"{report.network}: {self.path or 'the network'}"

    def __str__(self) -> str:
        """As `quantity` reads it."""
        figure = f"{SHARE} of {self.figure}" if self.share else self.figure
        return f"{figure} of {self.path}" if self.path else figure


def quantity(text: str) -> Quantity:
    """The quantity that a text names: FIGURE, FIGURE of PATH, share of PATH, share of FIGURE of PATH.

    Whether the network has such a path shows when the quantity is asked for. Raises ArchcalcError.
    """
    figure, *rest = re.split(r"\s+of\s+", text.strip())
    share = figure == SHARE
    if share:
        known = len(rest) == 2
        figure, rest = (rest[0], rest[1:]) if known else (DEFAULT, rest)
        if len(rest) != 1:
            raise ArchcalcError(f"{text!r}: a share is written 'share of PATH' or 'share of params of PATH'")
    figure = SPELLINGS.get(figure, figure)
    if figure not in FIGURES or len(rest) > 1:
        hint = suggest(figure, FIGURES) or f" (there are {listing((*FIGURES, SHARE))}, each 'of PATH' if you like)"
        raise ArchcalcError(f"no quantity {text!r}{hint}")
    if FIGURES[figure].network and rest:
        own = listing(name for name, one in FIGURES.items() if one.rule)
        raise ArchcalcError(f"{figure} is the whole network's; of a layer there are {own}")
    return Quantity(figure, rest[0].strip("/") if rest else "", share)


def ratio(part: Number | None, whole: Number | None, what: str) -> Number | None:
    """part / whole, exactly; None where either is not known. Raises ArchcalcError where the whole is 0."""
    if part is None or whole is None:
        return None
    if isinstance(whole, int) and whole == 0:
        raise ArchcalcError(f"there is no ratio to the {what}: it is 0")
    return exact_div(part, whole)


def rows_of(report: Report, path: str) -> tuple[Row, ...]:
    """The rows of a layer, or of the layers in a block; of "" all. Raises ArchcalcError."""
    if not path:
        return report.layers
    found = tuple(row for row in report.layers if row.name == path or row.name.startswith(f"{path}/"))
    if not found:
        names = [row.name for row in report.layers]
        parts = {"/".join(name.split("/")[:depth]): None for name in names for depth in range(1, name.count("/") + 2)}
        raise ArchcalcError(f"{report.network} has no layer {path!r}{suggest(path, parts) or NO_LAYER}")
    return found


NO_LAYER = "; 'archcalc summary NETWORK' shows them all"
