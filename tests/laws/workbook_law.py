"""A workbook whose cells were changed at random says what the engine says, or that the network cannot be built.

The workbook's own XML is changed, as a person would change its cells, and LibreOffice computes it anew.
"""

import csv
import re
import subprocess
import zipfile
from fractions import Fraction
from html import unescape
from io import BytesIO, StringIO

from archcalc import ArchcalcError
from archcalc.core.bound import AtLeast
from archcalc.core.errors import Refusal
from archcalc.core.layer import build
from archcalc.graph.diagnostics import Diagnostics
from archcalc.graph.evaluation import Fitter, positive
from archcalc.graph.expand import Expander
from archcalc.layers import KINDS
from archcalc.report import report_of
from archcalc.workbook.book import KNOBS_ROW
from archcalc.workbook.live import AXES, columns_of, layout_of
from archcalc.workbook.sheet import OTHER_LAYERS

FIGURES = ("params", "buffers", "mult_adds")
CSV = (
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"  # every sheet, unformatted numbers
)
CELL = re.compile(r'<c r="([A-Z]+)(\d+)"(?: s="(\d+)")?(?: t="\w+")?>(.*?)</c>')


class Book:
    """The parts of a workbook file."""

    def __init__(self, data):
        with zipfile.ZipFile(BytesIO(data)) as file:
            self.parts = {name: file.read(name).decode() for name in file.namelist()}

    @classmethod
    def of(cls, parts):
        """A copy, to be changed."""
        copy = cls.__new__(cls)
        copy.parts = dict(parts)
        return copy

    def sheet(self, number):
        return f"xl/worksheets/sheet{number}.xml"

    def unlocked(self, number):
        """The addresses of the cells that can be changed."""
        styles = re.search(r"<cellXfs.*?</cellXfs>", self.parts["xl/styles.xml"], re.DOTALL)[0]
        formats = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", styles)
        free = {str(i) for i, format_ in enumerate(formats) if 'locked="0"' in format_}
        cells = CELL.findall(self.parts[self.sheet(number)])
        return [(letters, int(row)) for letters, row, style, _ in cells if style in free]

    def change(self, number, values):
        """Put numbers into cells."""

        def changed(cell):
            value = values.get((cell[1], int(cell[2])))
            return cell[0] if value is None else f'<c r="{cell[1]}{cell[2]}" s="{cell[3]}"><v>{float(value)!r}</v></c>'

        self.parts[self.sheet(number)] = CELL.sub(changed, self.parts[self.sheet(number)])

    def cached(self, number):
        """The value beside each formula, by address."""
        return {place: value for place, (_, value) in self._formulas(number).items()}

    def formulas(self, number):
        """The formulas of the layers' rows, without the checks, of which the status is made."""
        found = self._formulas(number)
        last = max(found, key=lambda place: (len(place[0]), place[0]))[0]
        return {
            formula for (column, row), (formula, _) in found.items() if column != last and (column, row) != ("B", 4)
        }

    def _formulas(self, number):
        found = {}
        for letters, row, _, inner in CELL.findall(self.parts[self.sheet(number)]):
            if formula := re.fullmatch(r"<f>(.*?)</f><v>(.*?)</v>", inner):
                found[letters, int(row)] = unescape(formula[1]), unescape(formula[2])
        return found

    def text(self, number, column, row):
        """A word in a cell."""
        words = re.findall(r"<si><t[^>]*>(.*?)</t></si>", self.parts["xl/sharedStrings.xml"])
        cell = re.search(rf'<c r="{column}{row}"[^>]*><v>(\d+)</v>', self.parts[self.sheet(number)])
        return unescape(words[int(cell[1])])

    def uncomputed(self):
        """The file, without the values beside the formulas."""
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for name, text in self.parts.items():
                out.writestr(name, re.sub(r"</f><v>[^<]*</v>", "</f>", text) if "/sheet" in name else text)
        return file.getvalue()


def recalculated(soffice, data, folder):
    """The sheets of a workbook, computed by LibreOffice: name -> rows of texts."""
    (folder / "book.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", CSV, "--outdir", str(folder), str(folder / "book.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return {
        path.stem.removeprefix("book-"): list(csv.reader(StringIO(path.read_text(encoding="utf-8"))))
        for path in folder.glob("*.csv")
    }


class Change(Fitter):
    """The engine over ints, with some arguments of some layers changed by hand."""

    def __init__(self, diagnostics, cells, rows):
        super().__init__(diagnostics)
        self.cells, self.rows = cells, rows  # cells: (row's name, title) -> value

    def input(self, shape):
        """As `Expander` asks for it: it has looked at the sizes that the spec gives."""
        changed = tuple(self.cells.get(("input", f"out {axis}"), size) for axis, size in zip(AXES, shape, strict=False))
        if not all(condition for condition, _ in positive(changed, "")):
            raise Refusal("an input that is none")
        return changed

    def node(self, kind, arguments, site):
        layer = build(kind, *arguments)[0]
        values = {p.name: getattr(layer, p.name) for p in layer.parameters}
        for titles, parameter, old in columns_of(layer, len(site.inputs[0].shape) - 1):
            row = self.rows.of(site.name)
            new = tuple(self.cells.get((row, t), v) for t, v in zip(titles, old, strict=True))
            if new != old:
                tuples = len(new) > 1 or isinstance(values[parameter.name], tuple)
                values[parameter.name] = new if tuples else new[0]
        return super().node(kind, ((), values), site)


class Rows:
    """The rows of a sheet by their names, of which one may stand for several copies: "stage/unit2.../conv"."""

    def __init__(self, names):
        self.names = names
        found = {name: re.fullmatch(r"(\S*?)(\d+)\.\.\.(\S*)", name) for name in names}
        self.parts = {name: match.groups() for name, match in found.items() if match}

    def of(self, layer):
        """The row of a layer; None where the sheet has none."""
        if layer in self.names:
            return layer
        for name, (before, first, after) in self.parts.items():
            found = re.fullmatch(f"{re.escape(before)}(\\d+){re.escape(after)}", layer)
            if found and int(found[1]) >= int(first):
                return name
        return None


def expected(network, knobs, cells, rows):
    """The report at these knobs and with these cells changed; None where the engine refuses."""
    try:
        values = {name: knob.default for name, knob in network.knobs.items()}
        values |= {name: network.accept(name, value) for name, value in knobs.items()}
        return report_of(Expander(network.spec, values, Change(Diagnostics(values), cells, rows)).graph(), network.spec)
    except (ArchcalcError, TypeError):
        return None


def knob_value(random, knob):
    """What somebody might write into a knob's cell, some of it wrong."""
    if knob.choices and random.random() < 0.8:
        return random.choice(knob.choices)
    own = Fraction(knob.default)
    near = [
        own + 1,
        own + random.randrange(1, 40),
        own - 1,
        2 * own,
        own / 2,
        own * 3,
        Fraction(random.randrange(1, 12)),
        own * 8,
    ]
    near += [
        own * Fraction(random.randrange(1, 15), 7),
        own + Fraction(random.randrange(1, 1000), 1000),
        own * Fraction(5, 4),
        Fraction(0),
    ]
    near += [end for end in (knob.minimum, knob.maximum) if end is not None]
    value = random.choice(near)
    fits = value.denominator <= 1000 or (10**6 % value.denominator == 0)
    return value if fits else own


def settings(report, network, free, random, named):
    """A change of the knobs' cells, or now and then of some layers' too: knobs, cells by row and title, by address.

    ``named`` gives the name of a row.
    """
    layout = layout_of(report, KNOBS_ROW)
    titles = {number: title for title, number in layout.columns.items()}
    names = list(report.knobs)
    by_knob = {place: names[place[1] - 1 - KNOBS_ROW] for place in free if place[1] <= layout.knobs_row + len(names)}
    others = [place for place in free if place not in by_knob]
    knobs, cells, values = {}, {}, {}
    for place, name in by_knob.items():
        if random.random() < 0.6:
            values[place] = knobs[name] = knob_value(random, network.knobs[name])
    if others and random.random() < 0.5:
        for column, row in random.sample(others, min(len(others), random.choice((1, 1, 2, 3)))):
            value = random.choice((0, 1, 1, 2, 2, 3, 4, 5, 7, 8, 64, Fraction(5, 2)))
            values[column, row] = cells[named(row), titles[_number(column)]] = value
    return knobs, cells, values


def _number(letters):
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def difference(report, rows, found):
    """What the sheet says otherwise than the engine, whose report is ``found`` or None; None where they agree."""
    layout = layout_of(report, KNOBS_ROW)
    status = rows[3][1]
    last = next(i for i, row in enumerate(rows) if row[0].startswith("total"))
    total, layers = rows[last], {row[0]: row for row in rows[layout.input_row + 1 : last] if row[1] in KINDS}
    columns = [layout.columns[title] for title in ("params", "buffers", "mult-adds")]
    members = found and _members(found, layers)
    if status != "valid":
        if any(total[c] for c in columns):
            return f"{status}, and yet there are figures: {total}"
        return f"the sheet says {status}" if members and OTHER_LAYERS not in status else None
    if not members:
        return "the sheet says valid"
    for name, own in members.items():
        figures = [
            None if None in each else sum(each)
            for each in zip(*([getattr(layer, f) for f in FIGURES] for layer in own), strict=True)
        ]
        row = layers[name]
        theirs = [*figures, *own[0].output]
        shown = [
            *(row[c] for c in columns),
            *(row[layout.columns[f"out {axis}"]] for axis in AXES[: len(own[0].output)]),
        ]
        if shown != ["unknown" if value is None else str(value) for value in theirs]:
            return f"{name}: {shown} for {theirs}"
        if not _same_share(row[layout.columns["share"]], figures[2], found.totals.mult_adds):
            return f"{name}: a share of {row[layout.columns['share']]}"
    own, theirs = [total[c] for c in columns], [_whole(found.totals.shown(figure)) for figure in FIGURES]
    return None if own == theirs else f"totals: {own} for {theirs}"


def _whole(value):
    """A total as its cell shows it."""
    return f"at least {value.value:,}" if isinstance(value, AtLeast) else "unknown" if value is None else str(value)


def _members(found, layers):
    """The layers that each row stands for; None where the sheet has other layers."""
    rows, members = Rows(layers), {}
    for layer in found.layers:
        name = rows.of(layer.name)
        if name is None or layers[name][1] != layer.kind:
            return None
        members.setdefault(name, []).append(layer)
    missing = [name for name in layers if name not in members and "..." not in name]
    return None if missing else members


def _same_share(text, part, whole):
    if part is None or whole is None:
        return text == "unknown"
    return abs(number(text) - (part / whole if whole else 0)) < 1e-12


def same_value(cached, computed):
    """Whether the value beside a formula is what LibreOffice computes; decimals may differ in the last digit."""
    if cached == computed:
        return True
    try:
        return abs(float(cached) - number(computed)) <= 1e-12 * abs(float(cached)) and "." in cached
    except ValueError:
        return False


def number(text):
    """What LibreOffice writes of a cell: percentages with their sign."""
    return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
