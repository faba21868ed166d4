"""Several networks, or one at several settings, aligned where they correspond."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError, listing, suggest
from archcalc.core.number import decide, equal
from archcalc.model import Model, reference
from archcalc.output.shown import Shown, listed
from archcalc.report import Report, Row

if TYPE_CHECKING:
    from archcalc.output.table import Table
    from archcalc.plots.canvas import Picture


class Line(NamedTuple):
    """The rows with the same name, one for each network; None for a network without such a row."""

    name: str
    rows: tuple[Row | None, ...]


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Reports, compared with one of them, and their rows aligned by name."""

    reports: tuple[Report, ...]
    lines: tuple[Line, ...]
    base: int = 0  # which of them the ratios refer to

    @property
    def corresponds(self) -> bool:
        """Whether any row occurs in every network."""
        return any(None not in line.rows for line in self.lines)

    def tables(self, columns: str | Iterable[str] = (), titles: bool = False) -> list[Table]:
        """The totals, in these columns if any are named; for several networks also their corresponding rows.

        With ``titles`` networks stand by their titles instead of their names.
        """
        from archcalc.tables import aligned_table, labels, totals_table

        named = labels(self.reports, titles)
        aligned = [aligned_table(self, named)] if self.corresponds and len(self.reports) > 1 else []
        return [totals_table(self.reports, listed(columns), named, self.base), *aligned]

    def plot(self, x: str = "mult_adds", y: str = "top1", area: str = "", dark: bool = False) -> Picture:
        """The networks as points: one figure against another, for a notebook or a file. Raises ArchcalcError.

        The ``area`` of a point is a third figure, params unless given or on an axis.
        """
        from archcalc.plots.networks import points_of

        return points_of(self.reports, x, y, area, dark=dark)[0]


def compare(*networks: str | Model | Report, by: str = "block", depth: int = 1, ratio_to: str = "") -> Comparison:
    """Networks side by side: names such as "resnet50" or "mobilenet_v1@alpha=0.5", files, networks or their reports.

    Rows, by "layer", "block" or "kind", are aligned by name, each in its network's order; a block around the whole of a
    network is ignored, and rows without weights in any of the networks are left out. Ratios refer to the network
    ``ratio_to``, the first one unless named. Raises ArchcalcError.
    """
    reports = tuple(map(_report, networks))
    if not reports:
        raise ArchcalcError("compare takes networks, as in compare('vgg16', 'resnet50')")
    tables = [{row.name: row for row in _inside(report).by(by, depth)} for report in reports]
    names = list(tables[0])
    for table in tables[1:]:
        names = _merged(names, list(table))
    lines = (Line(name, tuple(table.get(name) for table in tables)) for name in names)
    kept = tuple(line for line in lines if any(map(_works, line.rows)))
    return Comparison(reports, kept, _base(networks, reports, ratio_to) if ratio_to else 0)


def _base(networks: Sequence[Any], reports: Sequence[Report], name: str) -> int:
    """Which network is meant: as it was named in the call, by its label, or by its name alone. Raises ArchcalcError."""
    from archcalc.tables import labels

    shown = labels(reports)
    for known in (networks, shown, [report.network for report in reports]):
        if name in known:
            return known.index(name)
    hint = suggest(name, shown) or f" ({listing(shown)})"
    raise ArchcalcError(f"ratios are to one of the networks compared, not to {name!r}{hint}")


def _report(network: str | Model | Report) -> Report:
    if isinstance(network, str):
        return reference(network).summary({})
    return network.summary() if isinstance(network, Model) else network


def _works(row: Row | None) -> bool:
    figures = (row.params, row.mult_adds) if row else ()
    return any(figure is None or not decide(equal(figure, 0)) for figure in figures)


def _inside(report: Report) -> Report:
    """The report without the block that all its layers are in."""
    while len({row.name.partition("/")[0] for row in report.layers}) == 1 and "/" in report.layers[0].name:
        inner = tuple(row._replace(name=row.name.partition("/")[2]) for row in report.layers)
        report = report.with_layers(inner)
    return report


def _merged(first: list[str], second: list[str]) -> list[str]:
    """All names once: those of the first in order, each followed by what the second has after it."""
    after: dict[str | None, list[str]] = {}
    known, anchor = set(first), None
    for name in second:
        if name in known:
            anchor = name
        else:
            after.setdefault(anchor, []).append(name)
    return [*after.get(None, []), *(name for own in first for name in (own, *after.get(own, [])))]
