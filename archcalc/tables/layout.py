"""Reports -> tables: which columns, which rows, and the words that must stand beside the numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.comparison import Comparison
from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.number import product
from archcalc.report import Report, Row
from archcalc.tables.grid import ABSENT, Column, Ratio, Share, Table, fraction, people
from archcalc.value import show

MIB = 1 << 20


class Choice(NamedTuple):
    """Which rows and columns a reader wants."""

    by: str = "layer"
    depth: int = 1
    columns: tuple[str, ...] = ("layer", "kind", "output", "params", "mult_adds", "share")


def _share(row: Row, report: Report) -> Share | None:
    part = fraction(row.mult_adds, report.totals.mult_adds)
    return None if part is None else Share(part)


def _axis(axis: int) -> Callable[[Row, Report], Any]:
    return lambda row, report: row.output[axis] if row.output and axis < len(row.output) else ABSENT


COLUMNS: dict[str, tuple[Column, Callable[[Row, Report], Any]]] = {
    "layer": (Column("layer", "layer", number=False), lambda row, report: row.name),
    "kind": (Column("kind", "kind", number=False), lambda row, report: row.text),
    "output": (Column("output", "output"), lambda row, report: ABSENT if row.output is None else row.output),
    "channels": (Column("channels", "channels"), _axis(0)),
    "height": (Column("height", "height"), _axis(1)),
    "width": (Column("width", "width"), _axis(2)),
    "neurons": (Column("neurons", "neurons"), lambda row, report: product(row.output) if row.output else ABSENT),
    "params": (Column("params", "params"), lambda row, report: row.params),
    "buffers": (Column("buffers", "buffers"), lambda row, report: row.buffers),
    "mult_adds": (Column("mult_adds", "mult-adds"), lambda row, report: row.mult_adds),
    "share": (Column("share", "share"), _share),
}


def summary_table(report: Report, choice: Choice) -> Table:
    """The rows of one network, its totals, and what was assumed."""
    for name in choice.columns:
        if name not in COLUMNS:
            raise ArchcalcError(f"no column {name!r}{suggest(name, COLUMNS)} (there are {listing(COLUMNS)})")
    chosen = [COLUMNS[name] for name in choice.columns]
    rows = tuple(tuple(value(row, report) for _, value in chosen) for row in report.by(choice.by, choice.depth))
    cost = report.totals
    total = Row("total", "", None, cost.params, cost.buffers, cost.mult_adds, "")
    totals = tuple(value(total, report) for _, value in chosen)
    return Table(heading(report), tuple(column for column, _ in chosen), rows, (totals,), notes(report))


def heading(report: Report) -> str:
    """MobileNetV1, input 3 x 224 x 224."""
    return f"{report.title}, input {people(report.input)}"


def notes(report: Report) -> tuple[str, ...]:
    """Knobs, totals, what is unknown or assumed, the convention and the source."""
    knobs = listing(f"{name} = {show(value)}" for name, value in report.knobs.items())
    lines = [f"knobs: {knobs}", f"totals: {sizes(report)}"]
    if report.unknown:
        known = report.known
        shown = f"{people(known.params)} params and {people(known.mult_adds)} mult-adds"
        lines.append(f"unknown: {listing(report.unknown)}; the known layers have {shown}")
    if report.assumptions:
        lines.append(f"assumed: {listing(dict.fromkeys(f'{a.name}: {a.condition}' for a in report.assumptions))}")
    return (*lines, report.convention, *([f"source: {report.source}"] if report.source else []))


def sizes(report: Report) -> str:
    """The totals in words: learned parameters with their size in memory, buffers, mult-adds."""
    cost, size = report.totals, report.weight_bytes
    memory = f" ({people(Fraction(size, MIB))} MiB in float32)" if isinstance(size, int) else ""
    return f"{people(cost.params)} params{memory}, {people(cost.buffers)} buffers, {people(cost.mult_adds)} mult-adds"


def totals_table(reports: Sequence[Report]) -> Table:
    """Networks side by side, with ratios to the first."""
    titles = {"network": "network", "input": "input", "params": "params", "params_ratio": "ratio", "buffers": "buffers",
              "mult_adds": "mult-adds", "mult_adds_ratio": "ratio", "MiB": "MiB"}  # fmt: skip
    columns = tuple(Column(key, title, number=key != "network") for key, title in titles.items())
    rows = []
    for report in reports:
        cost, first = report.totals, reports[0].totals
        size = Fraction(report.weight_bytes, MIB) if isinstance(report.weight_bytes, int) else None
        rows.append((report.label, report.input, cost.params, ratio(cost.params, first.params), cost.buffers,
                     cost.mult_adds, ratio(cost.mult_adds, first.mult_adds), size))  # fmt: skip
    return Table("Totals", columns, tuple(rows), notes=("MiB: weights in float32", reports[0].convention))


def ratio(part: Any, whole: Any) -> Any:
    """part / whole; None where unknown, ABSENT where there is nothing to measure by."""
    if isinstance(part, str) or isinstance(whole, str) or (isinstance(whole, int) and whole == 0):
        return ABSENT
    value = fraction(part, whole)
    return None if value is None else Ratio(value)


def aligned_table(comparison: Comparison) -> Table:
    """Blocks or layers of several networks, where they correspond in one row."""
    labels = [report.label for report in comparison.reports]
    columns = [Column("layer", "layer", number=False)]
    for figure, title in (("mult_adds", "mult-adds"), ("params", "params")):
        columns += [Column(f"{figure} {label}", f"{title}\n{label}") for label in labels]
        shown = labels[1:] if len(labels) > 2 else [""]  # the ratio of two needs no name
        columns += [Column(f"{figure} ratio {label}", f"ratio\n{label}".rstrip()) for label in shown]
    rows = tuple((line.name, *_figures(line.rows)) for line in comparison.lines)
    return Table("Where they correspond", tuple(columns), rows, notes=("rows without weights are left out",))


def _figures(rows: tuple[Row | None, ...]) -> list[Any]:
    found: list[Any] = []
    for figure in ("mult_adds", "params"):
        values = [getattr(row, figure) if row else ABSENT for row in rows]
        found += values
        found += [ratio(value, values[0]) for value in values[1:]]
    return found
