"""A workbook with live formulas: layers' columns depend on knobs, costs on these columns, totals on the costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from types import SimpleNamespace
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from archcalc.core.bound import AT_LEAST, AtLeast, exactly, within
from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.value import show
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Quotient, Tally
from archcalc.figures.sentence import sentence
from archcalc.output import xlsx
from archcalc.output.table import fixed, fraction
from archcalc.output.xlsx import EXACT, NUMBER, UNKNOWN, fit_page, put_notes, sheet_name, workbook
from archcalc.report import USUAL, Report
from archcalc.spec.model import Knob
from archcalc.tables import Choice, unknown
from archcalc.workbook.live import COUNT, Walk, name_of, walk
from archcalc.workbook.sheet import CHECK, STATUS, VALID, Formula

KNOBS_ROW = 5
HINT = "Blue cells can be changed; where the network then cannot be built, the status says why, and no figure is shown."
BLOCKS = " A name with ... stands for all copies of a repetition: sizes are those of the first, figures the sum of all."
OTHER = " Not columns of this sheet: {figures}; the cells of a layer have its sizes and arguments."
FIXED = "decides which layers there are, so it is set when the sheet is made: archcalc export {network} --{knob} ..."
FROM = "'{}'!"  # of a sheet, before its cells
ORIGINAL, AGAINST = "total when exported", "total against that"
MOST_LAYERS = 20_000  # of a sheet; a larger one opens too slowly to be of use
FORMATS: dict[str, dict[str, Any]] = {
    **xlsx.FORMATS,
    "heading": {**xlsx.FORMATS["head"], "align": "right"},  # of numbers
    "total": {**xlsx.FORMATS["bold"], "align": "right"},  # a number, or a text in its place, as are the next
    "number": {"align": "right", **NUMBER},
    "ratio": {"align": "right", "num_format": "0.000"},
    "size": {"align": "right", "num_format": "#,##0.00"},
    "knob": {"font_color": "#0000cc", "bg_color": "#eef2ff", "locked": False},
    "fixed": {"font_color": "#777777", "bg_color": "#eeeeee"},
    "before": {"font_color": "#777777", **NUMBER},
    "percent": {"align": "right", "num_format": "0.0 %"},
    "text": {"indent": 1},  # beside a number, as are the next
    "text_heading": {**xlsx.FORMATS["head"], "indent": 1},
    "text_note": {**xlsx.FORMATS["note"], "indent": 1},
    "copies": {"num_format": '0 "copies"', "align": "left"},
    "wrong": {"font_color": "#c00000"},
    "check": {"font_color": "#c00000", "indent": 1},
}
Styles = SimpleNamespace  # the workbook's formats, by their names in FORMATS


def styles_of(book: Workbook) -> Styles:
    """The formats of a new workbook."""
    return Styles(**{name: book.add_format(format_) for name, format_ in FORMATS.items()})


class Written(NamedTuple):
    """A network's sheet: its label and name, the number of layers, and the cells of its totals and its status."""

    label: str
    sheet: str
    layers: Formula
    totals: dict[str, Formula]  # by title; a text if a layer's value is unknown
    done: Walk


def render_reports(reports: Sequence[Report], choice: Choice) -> bytes:
    """A sheet for each network with all its layers, and one with the totals side by side. Raises ArchcalcError."""
    file, work = BytesIO(), reports[0].work
    convention = sentence((work, "params", "buffers"), [report.graph for report in reports])
    book = workbook(file, ", ".join(report.label for report in reports), convention)
    styles = styles_of(book)
    overview = book.add_worksheet("totals")
    names: dict[str, None] = {"totals": None}
    written = [network_sheet(book, styles, report, sheet_name(report.label, names), choice) for report in reports]
    _overview(overview, styles, written, work, convention)
    book.close()
    return file.getvalue()


def network_sheet(book: Workbook, styles: Styles, report: Report, name: str, choice: Choice) -> Written:
    """Write a network's sheet."""
    if len(report.layers) > MOST_LAYERS:
        much = f"{report.label} has {len(report.layers):,} layers; a workbook holds at most {MOST_LAYERS:,}"
        raise ArchcalcError(f"{much}. Its blocks fit: archcalc summary NETWORK --by block -o FILE.csv")
    named = {"layer": styles.head, COUNT: styles.head, CHECK: styles.text_heading}
    sheet, done = book.add_worksheet(name), walk(report, KNOBS_ROW, choice.columns)
    columns, first = done.layout.columns, done.layout.input_row
    last = first + len(done.graph.nodes) - 1
    hint = HINT + BLOCKS * any(node.copies for node in done.graph.nodes)
    titles = [FIGURES[name].heading for name in choice.columns if name in FIGURES and name != "output"]
    if other := [title for title in titles if title not in done.layout.figures]:
        hint += OTHER.format(figures=listing(other))
    hint += "".join(f" {line}." for line in unknown([report], (*USUAL, report.work, *choice.columns)))
    for row, text in enumerate((f"{report.title}. {report.source}", report.convention, hint)):
        sheet.write_string(row, 0, text, styles.head if row == 0 else styles.note)
    _status(sheet, styles, done, last)
    _knobs(sheet, styles, report, done)
    for title, place in columns.items():
        sheet.write_string(first - 1, place, title, named.get(title, styles.heading))
        sheet.set_column(place, place, max(8, len(title) + 1))
    _layers(sheet, styles, report, done, last)
    totals = _totals(sheet, styles, report, done, last)
    sheet.protect("", {"format_columns": True, "format_rows": True, "format_cells": True})
    sheet.freeze_panes(first, 1)
    fit_page(sheet, first - 1)
    sheet.set_column(0, 0, max(len(ORIGINAL), *(len(node.name) for node in done.graph.nodes)) + 2)
    places = [columns[title] for title in done.layout.figures]
    sheet.set_column(places[0], places[-1], 16)
    return Written(report.label, name, _how_many(report, done, name), totals, done)


def _how_many(report: Report, done: Walk, sheet: str) -> Formula:
    """The number of layers; a row may stand for several."""
    rows = Counter(f"*'{sheet}'!{name_of(node.copies[0].count)}" if node.copies else ""
                   for node in done.graph.nodes if node.layer)  # fmt: skip
    return Formula("+".join(f"{rows[times]}{times}" for times in rows), len(report.layers))


def _status(sheet: Worksheet, styles: Styles, done: Walk, last: int) -> None:
    """Write whether the network can be built with the values in the cells; if not, the first error."""
    text = '"valid"'
    for top, bottom in ((done.layout.input_row, last), (KNOBS_ROW, KNOBS_ROW + len(done.graph.knobs) - 1)):
        ends = ([done.layout.at(row, title, fixed=True) for row in (top, bottom)] for title in (CHECK, "layer"))
        checks, names = map(":".join, ends)
        at = f'MATCH("?*",{checks},0)'  # the first that is not empty
        text = f'IFERROR("not valid: "&INDEX({names},{at})&": "&INDEX({checks},{at}),{text})'
    row = int(STATUS.rpartition("$")[2]) - 1
    sheet.write_string(row, 0, "status")
    _put(sheet, row, 1, Formula(text, "valid"), styles.plain)
    wrong = {"type": "cell", "criteria": "!=", "value": '"valid"', "format": styles.wrong}
    sheet.conditional_format(row, 1, row, 1, wrong)


def _knobs(sheet: Worksheet, styles: Styles, report: Report, done: Walk) -> None:
    """Write the knobs; one that affects a formula can be changed within its bounds, another says why it cannot."""
    for column, look in enumerate((styles.head, styles.heading, styles.text_heading)):
        sheet.write_string(KNOBS_ROW - 1, column, ("knob", "value", "what it is")[column], look)
    for row, (name, value) in enumerate(report.knobs.items(), KNOBS_ROW):
        knob, live = done.given[name], f"$B${row + 1}" in done.used
        reason = FIXED.format(network=report.network, knob=name)
        sheet.write_string(row, 0, name)
        _put(sheet, row, 1, value, styles.knob if live else styles.fixed)
        sheet.write_string(row, 2, knob.help if live else f"{knob.help} ({reason})".lstrip(), styles.text_note)
        if live:
            sheet.data_validation(row, 1, row, 1, _allowed(knob, name in done.whole))


def _allowed(knob: Knob, whole: bool) -> dict[str, Any]:
    """The values that a knob's cell accepts: a choice from a list, or a number within its bounds."""
    if knob.choices:
        return {"validate": "list", "source": [*map(show, knob.choices)]}
    low, high = (None if end is None else float(end) for end in (knob.minimum, knob.maximum))
    ends_in_words = ("least", knob.minimum), ("most", knob.maximum)
    bounds = "".join(f", at {word} {show(end)}" for word, end in ends_in_words if end is not None)
    ends = {"minimum": low, "maximum": high} if None not in (low, high) else {"value": -EXACT if low is None else low}
    return {
        "validate": "integer" if whole else "decimal",
        "criteria": "between" if len(ends) == 2 else ">=",
        "error_title": knob.name[:32],
        "error_message": f"It must be {'a whole number' if whole else 'a number'}{bounds}.",
        **ends,
    }


def _arguments(sheet: Worksheet, done: Walk) -> None:
    """Restrict cells of changeable layer arguments to whole numbers of at least 0 or 1."""
    ranges: dict[int, list[list[int]]] = {}
    for (row, title), least in done.least.items():
        if done.layout.at(row, title) in done.used:
            column = done.layout.columns[title]
            ranges.setdefault(least, []).append([row, column, row, column])
    for least, cells in ranges.items():
        options = {"validate": "integer", "criteria": ">=", "value": least, "other_cells": cells[1:]}
        sheet.data_validation(*cells[0], options)


def _layers(sheet: Worksheet, styles: Styles, report: Report, done: Walk, last: int) -> None:
    columns, first = done.layout.columns, done.layout.input_row
    for (row, title), value in done.cells.items():
        live = not isinstance(value, Formula) and done.layout.at(row, title) in done.used
        _put(sheet, row, columns[title], value, _style(styles, done, title, live))
    _arguments(sheet, done)
    work = FIGURES[report.work].heading
    total = done.layout.at(last + 1, work, fixed=True)
    for row, node in enumerate(done.graph.nodes, first):
        sheet.write_string(row, 0, node.name)
        if (row, COUNT) not in done.cells:
            end = "end of copies" if row > first and not node.copies else ""
            sheet.write_string(row, 1, node.layer.label if node.layer else end)
        if node.layer:
            share = _share(done.cells[row, work], report, done.layout.at(row, work), total)
            _put(sheet, row, columns["share"], share, styles.percent)


def _style(styles: Styles, done: Walk, title: str, live: bool) -> Any:
    if title == CHECK:
        return styles.check
    if title == COUNT:
        return styles.copies
    return styles.knob if live else styles.number if title in done.layout.figures else styles.plain


def _share(figure: Any, report: Report, own: str, total: str) -> Formula | None:
    """A layer's share of the total, unknown if any part of the total is unknown."""
    part = fraction(figure.value if isinstance(figure, Formula) else figure, report.whole)
    return None if part is None else Formula(f'IF({VALID},IF({total}=0,0,{own}/{total}),"")', part)


def _totals(sheet: Worksheet, styles: Styles, report: Report, done: Walk, last: int) -> dict[str, Formula]:
    columns, found = done.layout.columns, dict[str, Formula]()
    sheet.write_string(last + 1, 0, "total", styles.bold)
    for title, rule in done.layout.figures.items():
        if not rule.adds or isinstance(rule, Quotient):
            _put(sheet, last + 1, columns[title], "", styles.bold)
            continue
        value, text = rule.shown(report.counts, report.totals.nodes), _together(done, title)
        if exactly(value) is None:
            text = f'IF({text}=0,"{UNKNOWN}",{_said(text)})'
        _put(sheet, last + 1, columns[title], Formula(f'IF({VALID},{text},"")', value), styles.total)
        found[title] = Formula(done.layout.at(last + 1, title, fixed=True), value)
    _against(sheet, styles, columns, found, last + 2)
    _put(sheet, last + 1, columns[CHECK], Formula(f'IF({VALID},"",{STATUS})', ""), styles.wrong)
    return found


def _together(done: Walk, title: str, sheet: str = "") -> str:
    """What gives the total of a column."""
    first, last = done.layout.input_row + 1, done.layout.input_row + len(done.graph.nodes) - 1
    function = "SUM" if isinstance(done.layout.figures[title], Tally) else "MAX"
    return f"{function}({sheet}{done.layout.at(first, title)}:{done.layout.at(last, title)})"


def _said(text: str, look: str = NUMBER["num_format"]) -> str:
    """What gives a lower bound, a text that no formula takes for a number."""
    quoted = look.replace('"', '""')
    return f'"{AT_LEAST} "&TEXT({text},"{quoted}")'


def _against(sheet: Worksheet, styles: Styles, columns: dict[str, int], totals: dict[str, Formula], row: int) -> None:
    """Write the totals as they were when the sheet was made, and below them the present ones as ratios to these."""
    sheet.write_string(row, 0, ORIGINAL, styles.before)
    sheet.write_string(row + 1, 0, AGAINST)
    for title, total in totals.items():
        if exactly(total.value):
            _put(sheet, row, columns[title], total.value, styles.before)
            text = f'IF({VALID},{total.text}/{xl_rowcol_to_cell(row, columns[title])},"")'
            _put(sheet, row + 1, columns[title], Formula(text, 1), styles.ratio)


def _overview(sheet: Worksheet, styles: Styles, written: Sequence[Written], work: str, convention: str) -> None:
    """The totals side by side, with ratios to the first network."""
    heading = FIGURES[work].heading
    titles = ("network", "layers", "params", "ratio", "buffers", heading, "ratio", "MiB in float32", "status")
    named = {"network": styles.head, "status": styles.text_heading}
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, named.get(title, styles.heading))
    looks = (
        styles.number,
        styles.number,
        styles.ratio,
        styles.number,
        styles.number,
        styles.ratio,
        styles.size,
        styles.text,
    )
    for row, one in enumerate(written, 1):
        totals = (one.totals[title] for title in ("params", "buffers", heading))
        params, buffers, done = (Formula(FROM.format(one.sheet) + total.text, total.value) for total in totals)
        first = written[0].totals
        cells = (one.layers, params, _ratio(row, "C", params, first["params"]), buffers, done,
                 _ratio(row, "F", done, first[heading]),
                 _mebibytes(one, f"C{row + 1}", params.value),
                 Formula(f"'{one.sheet}'!{STATUS}", "valid"))  # fmt: skip
        sheet.write_string(row, 0, one.label)
        for column, (value, look) in enumerate(zip(cells, looks, strict=True), 1):
            _put(sheet, row, column, value, look)
    put_notes(sheet, len(written) + 2, [convention], styles.note)
    sheet.freeze_panes(1, 1)
    fit_page(sheet, 0)
    sheet.set_column(0, 0, max(len(one.label) for one in written) + 2)
    sheet.set_column(1, 8, 16)
    sheet.protect("", {"format_columns": True})


def _mebibytes(one: Written, cell: str, params: Any) -> Formula:
    """The size of the parameters that are in a cell; of a bound, which is a text there, rounded down."""
    text = f"{cell}*4/1048576"
    if exactly(params) is None:
        whole = f"{_together(one.done, 'params', FROM.format(one.sheet))}*4/1048576"
        text = f'IF({cell}="{UNKNOWN}",{cell},{_said(f"ROUNDDOWN({whole},2)", "#,##0.00")})'
    return Formula(f'IF({cell}="","",{text})', within(params, lambda count: Fraction(4 * count, 1 << 20)))


def _ratio(row: int, column: str, value: Formula, first: Formula) -> Formula | None:
    if exactly(value.value) is None or exactly(first.value) is None:
        return None
    own, measure = f"{column}{row + 1}", f"{column}$2"
    text = f'IF(OR({own}="",{measure}=""),"",IF({measure}=0,0,{own}/{measure}))'
    return Formula(text, Fraction(value.value, first.value) if first.value else 0)


def _result(value: Any) -> Any:
    """What a formula gives now, as a number or a text of the workbook."""
    if isinstance(value, AtLeast):
        return fixed(value, 2 if isinstance(value.value, Fraction) else 0)
    if value is None:
        return UNKNOWN
    return float(value) if isinstance(value, Fraction) else value


def _put(sheet: Worksheet, row: int, column: int, value: Any, style: Any) -> None:
    """Write a formula with its present value, or a plain value as in any table."""
    if isinstance(value, Formula):
        sheet.write_formula(row, column, f"={value.text}", style, _result(value.value))
    else:
        xlsx.put(sheet, row, column, value, style)
