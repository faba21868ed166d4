"""One number of a report: a figure of the network, of a block or layer, or of all layers of a kind; or a knob's value.

Its type is any that the engine computes with: an int, a Fraction, a sympy expression or an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from archcalc.core.bound import exactly
from archcalc.core.errors import ArchcalcError, Refusal, listing, suggest
from archcalc.core.number import Number
from archcalc.core.value import exact
from archcalc.figures.conventions import DEFAULT
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.figures.rules import ABSENT
from archcalc.layers import KINDS
from archcalc.report import Report, Row

KNOB = Figure("knob", "knob", "", "The value of a knob.", None)


class Quantity(NamedTuple):
    """A figure of a network, of a block or of a layer."""

    figure: str  # one of FIGURES, or KNOB's
    path: str = ""  # "" is the whole network, whose sizes are those of its last output; for KNOB, the knob's name
    kind: str = ""  # only the layers of this kind

    @property
    def entry(self) -> Figure:
        """The figure's entry in FIGURES, or KNOB."""
        return FIGURES.get(self.figure, KNOB)

    def of(self, report: Report) -> Number | None:
        """Its value; None where a layer's work is not known. Raises ArchcalcError where it is no number."""
        found = self.read(report)
        if isinstance(found, (tuple, str, bool)):
            raise ArchcalcError(f"{report.network}: {self} is not a number")
        return exact(found) if isinstance(found, Decimal) else found

    def read(self, report: Report) -> Any:
        """Its value, a number, a shape or a word; None where it is not known, even if a lower bound is.

        Raises ArchcalcError if the layer, knob or figure does not exist.
        """
        return exactly(self.shown(report))

    def shown(self, report: Report) -> Any:
        """Its value as people read it, which may be a lower bound. Raises ArchcalcError as `read` does."""
        if self.figure == KNOB.name:
            if self.path not in report.knobs:
                raise ArchcalcError(f"{report.network} has no knob {self.path!r}{suggest(self.path, report.knobs)}")
            return report.knobs[self.path]
        if self.entry.network:
            return self.entry.network(report)
        assert self.entry.rule is not None  # else it is the network's
        whole = (0,) if not self.kind else ()  # the input alone, where there are no layers
        rows = () if self.path == "input" else rows_of(report, self.path, self.kind)
        found = self.entry.rule.shown(report.counts, [i for row in rows for i in row.nodes] or whole)
        if found is ABSENT:
            raise ArchcalcError(f"{report.network}: {self.path or 'the network'} has no {self.entry.heading}")
        return found

    def __str__(self) -> str:
        """The quantity as it is written in an address."""
        if self.figure == KNOB.name:
            return f"{self.figure} {self.path}"
        return " of ".join(filter(None, (self.figure, self.kind and f"every {self.kind}", self.path)))


def quantity(figure: str, of: Sequence[str] = ()) -> Quantity:
    """The quantity of a figure: of a path, of "every KIND" of layer, or of such layers in a path. Raises Refusal."""
    name = SPELLINGS.get(figure, figure)
    if name not in FIGURES:
        from archcalc.spec.library import known_as, names

        if known_as(figure) in names():
            raise Refusal(f"{figure!r} is a network; its figure follows a colon: '{figure}: {DEFAULT}'")
        hint = suggest(figure, FIGURES) or f" (there are {listing((*FIGURES, 'share of PATH', 'knob NAME'))})"
        raise Refusal(f"no figure {figure!r}{hint}")
    kind, *rest = (of[0].removeprefix("every").strip(), *of[1:]) if of and of[0].startswith("every ") else ("", *of)
    rule = FIGURES[name].rule
    if len(rest) > 1:
        raise Refusal(f"'{' of '.join(rest)}' is not a path; write spaces around a '/' that divides")
    if of and rule is None:
        own = listing(name for name, one in FIGURES.items() if one.rule)
        raise Refusal(f"{name} is a figure of the whole network only; a layer has {own}")
    if kind and kind not in KINDS:
        raise Refusal(f"no kind of layer {kind!r}{suggest(kind, KINDS)}")
    if kind and (rule is None or not rule.adds):
        raise Refusal(f"{name} does not add up over layers; ask for it of one layer, not of every")
    return Quantity(name, rest[0] if rest else "", kind)


def rows_of(report: Report, path: str, kind: str = "") -> tuple[Row, ...]:
    """The rows of a layer, or of a block's layers, perhaps of one kind only; "" means all. Raises ArchcalcError."""
    found = tuple(row for row in report.layers if not path or f"{row.name}/".startswith(f"{path}/"))
    found = found or tuple(row for row in report.layers if f"{report.paper_name(row.name)}/".startswith(f"{path}/"))
    if path and not found:
        names = [row.name for row in report.layers]
        parts = {"/".join(name.split("/")[:depth]): None for name in names for depth in range(1, name.count("/") + 2)}
        raise ArchcalcError(f"{report.network} has no layer {path!r}{suggest(path, parts) or NO_LAYER}")
    return tuple(row for row in found if not kind or row.kind == kind)


NO_LAYER = "; 'archcalc summary NETWORK' shows them all"
