"""Reports, figures and memory as tables: columns, rows, and the words that must stand beside the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.bound import AT_LEAST, lower, within
from archcalc.core.errors import ArchcalcError, listing, many, suggest
from archcalc.core.number import decide, equal
from archcalc.core.value import show
from archcalc.figures.conventions import CONVENTIONS, DEFAULT
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.figures.rules import ABSENT, Tally
from archcalc.figures.sentence import sentence
from archcalc.output.shown import listed
from archcalc.output.table import (
    COUNT,
    NAME,
    RATIO,
    SHARE,
    WORDS,
    Column,
    Table,
    asked_for,
    digits,
    fraction,
    numbers,
    of_figure,
    ratio,
    words,
)
from archcalc.report import USUAL, Report, Row

if TYPE_CHECKING:
    from archcalc.comparison import Comparison
    from archcalc.memory.footprint import Memory
    from archcalc.model import Model
    from archcalc.quantity import Quantity


def figures_table(conventions: bool = False) -> Table:
    """Each figure, or each convention: its name, unit and meaning."""
    rows = tuple(
        (figure.name, figure.unit, figure.meaning)
        for figure in FIGURES.values()
        if (figure.name in CONVENTIONS) >= conventions
    )
    title = f"{len(rows)} {'conventions' if conventions else 'figures'}"
    return Table(title, words("name", "unit", "meaning"), rows, name=title.split()[1])


def conventions_table(reports: Sequence[Report]) -> Table:
    """The work of each network by each convention, with its ratio to the mult-adds."""
    columns = [*words("convention")]
    for label in labels(reports):
        columns += [Column(label, label, unit="operations"), Column(f"{label} ratio", "ratio", RATIO)]
    rows = []
    for name in CONVENTIONS:
        values = [(report.totals.shown(name), report.totals.shown(DEFAULT)) for report in reports]
        rows.append((name, *(cell for own, first in values for cell in (own, ratio(own, first)))))
    notes = tuple(f"{name}: {sentence([name], [report.graph for report in reports])}" for name in CONVENTIONS)
    return Table("Work by convention", tuple(columns), tuple(rows), notes=notes, name="conventions")


NOTES = (
    "Bytes of tensors, without the workspaces of a library. activations: the outputs of all layers together.",
    "forward: weights, buffers and the largest activations needed at the same time, while the layer 'at' runs.",
    "training: weights, buffers, the optimizer's tensors, and activations and gradients needed at the same time.",
)
INSIDE = "what {} layers make inside"  # of a kind of which that is not known
BOUND = f"; '{AT_LEAST}' counts the rest"


def memory_table(found: Sequence[tuple[Report, Memory]]) -> Table:
    """The bytes that networks need: a row for each, with its label."""
    first = found[0][1]
    rows = tuple(
        (report.label, one.inference, one.training, one.weights, one.buffers, one.activations,
         None if one.uncounted else one.peak_at or ABSENT)
        for report, one in found
    )  # fmt: skip
    figures = numbers("forward", "training", "weights", "buffers", "activations", unit="bytes")
    stored = f", which stores {many(first.states, 'number')} for each weight" * (first.states > 0)
    return Table(
        f"Memory for a batch of {first.batch} in {first.dtype}, trained by {first.optimizer}{stored}",
        (*words("network"), *figures, *words("at")),
        rows,
        notes=(*NOTES, *unknown([report for report, _ in found], ["inference_bytes"])),
        name="memory",
    )


MIB = 1 << 20
LAYER = "layer"  # the column of the layers, by the paper's names
WORK = "work"  # the column of the work, by the report's convention


class Choice(NamedTuple):
    """Which rows and columns a reader wants."""

    by: str = "layer"
    depth: int = 1
    columns: tuple[str, ...] = ("layer", "kind", "output", "params", WORK, "share")
    only: str = ""  # "weights" of the rows that learn


def choice(by: str = "", depth: int = 1, columns: str | Iterable[str] = "", only: str = "") -> Choice:
    """What is chosen of a report: its layers, or with a depth its blocks, unless ``by`` says otherwise.

    Raises ArchcalcError.
    """
    if only not in ("", "weights"):
        raise ArchcalcError(f"only is 'weights', for the rows that have some, not {only!r}")
    found = Choice(by=by or ("layer" if depth == 1 else "block"), depth=depth, only=only)
    return found._replace(columns=listed(columns)) if columns else found


PAPER = "layer: by the paper's names where it has some; --columns path,... shows the paths that commands take"


Cell = Callable[[Row, Report], Any]


def _share(row: Row, report: Report) -> Fraction | None:
    return fraction(row.figure(report.work), report.whole)


OWN: dict[str, tuple[Column, Cell]] = {  # columns of a row that are not figures
    LAYER: (words("layer")[0], lambda row, report: row.name),
    "path": (words("path")[0], lambda row, report: row.name),
    "kind": (words("kind")[0], lambda row, report: row.text),
    "written": (words("written")[0], lambda row, report: row.written),
    "share": (Column("share", "share", SHARE), _share),
}
WHOLE: dict[str, tuple[Column, Callable[[Report], Any]]] = {  # columns of a network that are not figures
    "input": (Column("input", "input"), lambda report: report.input),
    "MiB": (Column("MiB", "MiB", digits(2), "MiB"), lambda report: mebibytes(report.totals.shown("weight_bytes"))),
}
COMPARED = ("input", "params", "buffers", WORK, "MiB")
COLUMNS = (*OWN, *(name for name, figure in FIGURES.items() if figure.rule))


def _column(name: str, report: Report) -> tuple[Column, Cell]:
    """The column of this name, and the function that gives its value in a row. Raises ArchcalcError."""
    if name in OWN:
        return OWN[name]
    figure = FIGURES.get(report.work if name == WORK else SPELLINGS.get(name, name))
    if figure is None or figure.rule is None:
        raise ArchcalcError(f"no column {name!r}{suggest(name, COLUMNS)} (there are {listing(COLUMNS)})")
    return of_figure(figure, "" if name == WORK else name), partial(_figure, figure)


def _figure(figure: Figure, row: Row, report: Report) -> Any:
    """A figure's value in a row; a size is ABSENT where the row stands for layers with several outputs."""
    assert figure.rule is not None  # it is a column
    return row.shown(figure.name) if row.output is not None or figure.rule.adds else ABSENT


def summary_table(report: Report, choice: Choice) -> Table:
    """The rows of one network, its totals, and the assumptions made."""
    chosen, every = [_column(name, report) for name in choice.columns], report.by(choice.by, choice.depth)
    named = [row.name for row in every if choice.by != "kind" and report.paper_name(row.name) != row.name]
    kept = [row for row in every if not choice.only or _learns(row)]
    rows = tuple(tuple(value(row, report) for _, value in chosen) for row in kept)
    totals = tuple(value(report.totals, report) for _, value in chosen)
    columns = tuple(_as_the_paper(column, report) if named else column for column, _ in chosen)
    left = f"{many(len(every) - len(kept), 'row')} without weights left out; the totals are of all layers"
    said = [left] * (len(every) > len(kept)) + [*notes(report, [column.name for column in columns])]
    said += [PAPER] * any(column.name == LAYER for column in columns if named)
    return Table(heading(report), columns, rows, (totals,), tuple(said), report.label)


def _as_the_paper(column: Column, report: Report) -> Column:
    """The column, if it is that of the layers, with the paper's names for people."""
    return column._replace(type=WORDS._replace(people=report.paper_name)) if column.name == LAYER else column


def _learns(row: Row) -> bool:
    """Whether a row learns anything; where that is not known, it may."""
    return row.params is None or not decide(equal(row.params, 0))


def summary_tables(reports: Sequence[Report], choice: Choice, overview: bool = True) -> list[Table]:
    """A table for each network, after an overview if there are several."""
    together = [totals_table(reports)] if overview and len(reports) > 1 else []
    tables = (summary_table(report, choice) for report in reports)
    return [*together, *(table._replace(name=name) for table, name in zip(tables, labels(reports), strict=True))]


def labels(reports: Sequence[Report], titles: bool = False) -> list[str]:
    """A distinct label for each network, or its title where that is distinct; a second one gets a number."""
    names = [_titled(report) if titles else report.label for report in reports]
    names = [report.label if names.count(own) > 1 else own for own, report in zip(names, reports, strict=True)]
    found: list[str] = []
    for number, name in enumerate(names):
        before = names[:number].count(name)
        found.append(f"{name} ({before + 1})" if before else name)
    return found


def _titled(report: Report) -> str:
    """The title, with the knobs that differ from their defaults."""
    settings = report.label.partition("@")[2]
    return f"{report.title}, {settings}" if settings else report.title


def heading(report: Report) -> str:
    """The title of a table, such as MobileNetV1, input 3 x 224 x 224."""
    return f"{report.title}, input {COUNT.text(report.input)}"


def notes(report: Report, named: Sequence[str] = ()) -> tuple[str, ...]:
    """Knobs, totals, unknown layers, assumptions, the conventions of the figures shown, and the source."""
    knobs = listing(f"{name} = {show(value)}" for name, value in report.knobs.items())
    lines = [f"knobs: {knobs}", f"totals: {sizes(report)}"]
    lines += unknown([report], [*USUAL, report.work, *named])
    if report.assumptions:
        lines.append(f"assumed: {listing(dict.fromkeys(f'{a.name}: {a.condition}' for a in report.assumptions))}")
    counted = report.sentence(list(dict.fromkeys((report.work, *named, "params", "buffers"))))
    return (*lines, counted, *([f"source: {report.source}"] if report.source else []))


def sizes(report: Report) -> str:
    """The totals in words: learned parameters with their size in memory, buffers, mult-adds."""
    params, buffers, work = (COUNT.text(report.totals.shown(name)) for name in ("params", "buffers", report.work))
    size = mebibytes(report.totals.shown("weight_bytes"))
    memory = f" ({digits(2).text(size)} MiB in float32)" if size is not None else ""
    return f"{params} params{memory}, {buffers} buffers, {work} {FIGURES[report.work].heading}"


def unknown(reports: Sequence[Report], names: Iterable[str], shown: str = BOUND) -> list[str]:
    """A line on what is not known of these figures, and how a sum with it is shown; none where all is known."""
    figures = [FIGURES[name] for name in names if name in FIGURES]
    inside = any(figure.inside for figure in figures)
    asked = [*(figure.name for figure in figures), *["total_params"] * inside]
    missing = [f"{layer} of {report.label}" if len(reports) > 1 else layer
               for report in reports for layer in report.unknown_in(asked)]  # fmt: skip
    if inside:
        from archcalc.memory.liveness import unknown_inside

        kinds = dict.fromkeys(kind for report in reports for kind in unknown_inside(report.graph))
        missing += map(INSIDE.format, kinds)
    return [f"unknown: {listing(missing)}{shown}"] * bool(missing)


def unknown_among(asked: Iterable[tuple[Quantity, Report]]) -> list[str]:
    """The same line on those of these figures that are not known. Raises ArchcalcError as `Quantity.read` does."""
    missing = [(quantity, report) for quantity, report in asked if quantity.read(report) is None]
    return unknown([*{id(one): one for _, one in missing}.values()], [quantity.figure for quantity, _ in missing])


def mebibytes(size: Any) -> Any:
    """Bytes, or the bound of their number, in MiB; None where they are no plain number."""
    found = fraction(lower(size), MIB)
    return None if found is None else within(size, lambda _: found)


def totals_table(
    reports: Sequence[Report], columns: Sequence[str] = (), names: Sequence[str] = (), base: int = 0
) -> Table:
    """Totals of networks side by side, with ratios to one of them; or the chosen figures. Raises ArchcalcError."""
    told_apart = "title" in columns and len({report.title for report in reports}) == len(reports)
    named = list(names or labels(reports))
    heads, cells = [Column("network", "network", NAME if told_apart else WORDS)], [named]
    for name in columns or COMPARED:
        column, value, adds = _compared(reports[0].work if name == WORK else name)
        values: list[Any] = [value(report) for report in reports]
        heads.append(column._replace(type=WORDS) if any(isinstance(one, str) for one in values) else column)
        cells.append(values)
        if adds and (columns or name != "buffers"):
            heads.append(Column(f"{column.name}_ratio", "ratio", RATIO))
            cells.append([ratio(value, values[base]) for value in values])
    shown = [column.name for column in heads]
    told = sentence(shown, [report.graph for report in reports])
    said = (*[f"ratio: to {named[base]}"] * bool(base), *["MiB: weights in float32"] * ("MiB" in shown),
            *unknown(reports, shown), *[told] * bool(told))  # fmt: skip
    return Table("Totals", tuple(heads), tuple(zip(*cells, strict=True)), notes=said, name="totals")


def _compared(name: str) -> tuple[Column, Callable[[Report], Any], bool]:
    """A figure of whole networks: its column, its value for a report, and whether ratios of it are shown.

    Raises ArchcalcError.
    """
    from archcalc.address import address

    if name in WHOLE:
        return *WHOLE[name], False
    asked = address(name)
    column = of_figure(asked.entry) if str(asked) in FIGURES else asked_for(asked)
    return column, asked.answer, isinstance(asked.entry.rule, Tally)


def counted(network: Model, names: Iterable[str], **knobs: Any) -> list[str]:
    """What is not known of these figures of a network, and how they are counted, a line each."""
    asked = [*dict.fromkeys(names)]
    try:
        reports = [network.summary(**knobs)]
    except ArchcalcError:  # the network cannot be built at its defaults
        reports = []
    return [*unknown(reports, asked, ""), sentence(asked, [report.graph for report in reports])]


def aligned_table(comparison: Comparison, names: Sequence[str] = ()) -> Table:
    """Blocks or layers of several networks, corresponding ones in one row."""
    columns, names, base = [*words("layer")], names or labels(comparison.reports), comparison.base
    figures = (comparison.reports[0].work, "params")
    for name, title, unit in ((name, FIGURES[name].heading, FIGURES[name].unit) for name in figures):
        columns += [Column(f"{name} {label}", f"{title}\n{label}", unit=unit) for label in names]
        others = [*names[:base], *names[base + 1 :]] if len(names) > 2 else [""]  # the ratio of two needs no name
        columns += [Column(f"{name} ratio {label}".rstrip(), f"ratio\n{label}".rstrip(), RATIO) for label in others]
    rows = tuple((line.name, *_figures(line.rows, figures, base)) for line in comparison.lines)
    notes = (*[f"ratio: to {names[base]}"] * bool(base), "rows without weights are left out")
    return Table("Where they correspond", tuple(columns), rows, notes=notes, name="parts")


def _figures(rows: tuple[Row | None, ...], figures: Sequence[str], base: int) -> list[Any]:
    found: list[Any] = []
    for figure in figures:
        values = [row.shown(figure) if row else ABSENT for row in rows]
        found += values
        found += [ratio(value, values[base]) for i, value in enumerate(values) if i != base]
    return found
