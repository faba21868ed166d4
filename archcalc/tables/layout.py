"""Reports -> tables: which columns, which rows, and the words that must stand beside the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.comparison import Comparison
from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.figures.rules import Tally
from archcalc.figures.sentence import sentence
from archcalc.quantity import quantity
from archcalc.report import Report, Row
from archcalc.tables.grid import ABSENT, Column, Ratio, Share, Table, fraction, people
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.model import Model

MIB = 1 << 20
WORK = "work"  # the column of the work, by the report's convention


class Choice(NamedTuple):
    """Which rows and columns a reader wants."""

    by: str = "layer"
    depth: int = 1
    columns: tuple[str, ...] = ("layer", "kind", "output", "params", WORK, "share")


def _share(row: Row, report: Report) -> Share | None:
    part = fraction(row.figure(report.work), report.totals.figure(report.work))
    return None if part is None else Share(part)


OWN: dict[str, tuple[Column, Callable[[Row, Report], Any]]] = {  # what is no figure
    "layer": (Column("layer", "layer", number=False), lambda row, report: row.name),
    "kind": (Column("kind", "kind", number=False), lambda row, report: row.text),
    "share": (Column("share", "share"), _share),
}
COLUMNS = (*OWN, *(name for name, figure in FIGURES.items() if figure.rule))


def _column(name: str, report: Report) -> tuple[Column, Callable[[Row, Report], Any]]:
    """A column and its values, by its name. Raises ArchcalcError."""
    if name in OWN:
        return OWN[name]
    figure = FIGURES.get(report.work if name == WORK else SPELLINGS.get(name, name))
    if figure is None or figure.rule is None:
        raise ArchcalcError(f"no column {name!r}{suggest(name, COLUMNS)} (there are {listing(COLUMNS)})")
    return Column(figure.name if name == WORK else name, figure.heading), partial(_figure, figure)


def _figure(figure: Figure, row: Row, report: Report) -> Any:
    """A sum stands in each row; a size only where there is one output."""
    assert figure.rule is not None  # it is a column
    return row.figure(figure.name) if row.output is not None or figure.rule.adds else ABSENT


def summary_table(report: Report, choice: Choice) -> Table:
    """The rows of one network, its totals, and what was assumed."""
    chosen = [_column(name, report) for name in choice.columns]
    rows = tuple(tuple(value(row, report) for _, value in chosen) for row in report.by(choice.by, choice.depth))
    totals = tuple(value(report.totals, report) for _, value in chosen)
    columns = tuple(column for column, _ in chosen)
    return Table(heading(report), columns, rows, (totals,), notes(report, [column.key for column in columns]))


def heading(report: Report) -> str:
    """MobileNetV1, input 3 x 224 x 224."""
    return f"{report.title}, input {people(report.input)}"


def notes(report: Report, shown: Sequence[str] = ()) -> tuple[str, ...]:
    """Knobs, totals, what is unknown or assumed, the conventions of the figures that are shown, and the source."""
    knobs = listing(f"{name} = {show(value)}" for name, value in report.knobs.items())
    lines = [f"knobs: {knobs}", f"totals: {sizes(report)}"]
    if report.unknown:
        known = report.known
        count = f"{people(known.params)} params and {people(known.figure(report.work))} {FIGURES[report.work].heading}"
        lines.append(f"unknown: {listing(report.unknown)}; the known layers have {count}")
    if report.assumptions:
        lines.append(f"assumed: {listing(dict.fromkeys(f'{a.name}: {a.condition}' for a in report.assumptions))}")
    counted = report.sentence(list(dict.fromkeys((report.work, *shown, "params", "buffers"))))
    return (*lines, counted, *([f"source: {report.source}"] if report.source else []))


def sizes(report: Report) -> str:
    """The totals in words: learned parameters with their size in memory, buffers, mult-adds."""
    cost, size = report.totals, report.weight_bytes
    memory = f" ({people(Fraction(size, MIB))} MiB in float32)" if isinstance(size, int) else ""
    work = f"{people(cost.figure(report.work))} {FIGURES[report.work].heading}"
    return f"{people(cost.params)} params{memory}, {people(cost.buffers)} buffers, {work}"


def figures_of(reports: Sequence[Report], names: Sequence[str]) -> Table:
    """Chosen figures of networks side by side, sums with ratios to the first. Raises ArchcalcError."""
    columns = [Column("network", "network", number=False)]
    cells: list[list[Any]] = [[report.label for report in reports]]
    for name in names:
        asked = quantity(reports[0].work if name == WORK else name)
        values = [asked.cell(report) for report in reports]
        columns.append(Column(str(asked), asked.entry.heading, number=not any(isinstance(v, str) for v in values)))
        cells.append(values)
        if isinstance(asked.entry.rule, Tally) and not asked.share:
            columns.append(Column(f"{asked}_ratio", "ratio"))
            cells.append([ratio(value, values[0]) for value in values])
    words = sentence([column.key for column in columns], [report.graph for report in reports])
    return Table("Totals", tuple(columns), tuple(zip(*cells, strict=True)), notes=(words,) * bool(words))


def totals_table(reports: Sequence[Report], columns: Sequence[str] = ()) -> Table:
    """Networks side by side, with ratios to the first."""
    if columns:
        return figures_of(reports, columns)
    work, graphs = reports[0].work, [report.graph for report in reports]
    titles = {"network": "network", "input": "input", "params": "params", "params_ratio": "ratio", "buffers": "buffers",
              work: FIGURES[work].heading, f"{work}_ratio": "ratio", "MiB": "MiB"}  # fmt: skip
    heads = tuple(Column(key, title, number=key != "network") for key, title in titles.items())
    rows = []
    for report in reports:
        cost, first = report.totals, reports[0].totals
        size = Fraction(report.weight_bytes, MIB) if isinstance(report.weight_bytes, int) else None
        rows.append((report.label, report.input, cost.params, ratio(cost.params, first.params), cost.buffers,
                     cost.figure(work), ratio(cost.figure(work), first.figure(work)), size))  # fmt: skip
    counted = sentence((work, "params", "buffers"), graphs)
    return Table("Totals", heads, tuple(rows), notes=("MiB: weights in float32", counted))


def counted(network: Model, names: Iterable[str], **knobs: Any) -> str:
    """By which conventions these figures of a network are counted."""
    try:
        graphs = [network.summary(**knobs).graph]
    except ArchcalcError:  # there is no such network at its defaults
        graphs = []
    return sentence([*names], graphs)


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
    figures = (comparison.reports[0].work, "params")
    for figure, title in ((name, FIGURES[name].heading) for name in figures):
        columns += [Column(f"{figure} {label}", f"{title}\n{label}") for label in labels]
        shown = labels[1:] if len(labels) > 2 else [""]  # the ratio of two needs no name
        columns += [Column(f"{figure} ratio {label}", f"ratio\n{label}".rstrip()) for label in shown]
    rows = tuple((line.name, *_figures(line.rows, figures)) for line in comparison.lines)
    return Table("Where they correspond", tuple(columns), rows, notes=("rows without weights are left out",))


def _figures(rows: tuple[Row | None, ...], figures: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for figure in figures:
        values = [row.figure(figure) if row else ABSENT for row in rows]
        found += values
        found += [ratio(value, values[0]) for value in values[1:]]
    return found
