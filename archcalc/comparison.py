"""Several networks, or one at several settings, aligned where they correspond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from archcalc.core.errors import ArchcalcError
from archcalc.core.number import decide, equal
from archcalc.model import Model, reference
from archcalc.report import Report, Row

if TYPE_CHECKING:
    from archcalc.output.table import Table


class Line(NamedTuple):
    """The rows with the same name, one for each network; None for a network without such a row."""

    name: str
    rows: tuple[Row | None, ...]


class Comparison(NamedTuple):
    """Reports, compared with the first of them, and their rows aligned by name."""

    reports: tuple[Report, ...]
    lines: tuple[Line, ...]

    @property
    def corresponds(self) -> bool:
        """Whether any row occurs in every network."""
        return any(None not in line.rows for line in self.lines)

    def tables(self, columns: Sequence[str] = ()) -> list[Table]:
        """The totals, in these columns if any are named; for several networks also their corresponding rows."""
        from archcalc.tables import aligned_table, totals_table

        aligned = [aligned_table(self)] if self.corresponds and len(self.reports) > 1 else []
        return [totals_table(self.reports, columns), *aligned]

    def __repr__(self) -> str:
        from archcalc.output.terminal import as_text

        return as_text(self.tables())

    def _repr_html_(self) -> str:
        from archcalc.output.html import fragment

        return fragment(self.tables())


def compare(*networks: str | Model | Report, by: str = "block", depth: int = 1) -> Comparison:
    """Networks side by side: names such as "resnet50" or "mobilenet_v1@alpha=0.5", files, networks or their reports.

    Rows, by "layer", "block" or "kind", are aligned by name, each in its network's order; a block around the whole of a
    network is ignored, and rows without weights in any of the networks are left out. Raises ArchcalcError.
    """
    reports = tuple(map(_report, networks))
    if not reports:
        raise ArchcalcError("compare takes networks, as in compare('vgg16', 'resnet50')")
    tables = [{row.name: row for row in _inside(report).by(by, depth)} for report in reports]
    names = list(tables[0])
    for table in tables[1:]:
        names = _merged(names, list(table))
    lines = (Line(name, tuple(table.get(name) for table in tables)) for name in names)
    return Comparison(reports, tuple(line for line in lines if any(map(_works, line.rows))))


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
