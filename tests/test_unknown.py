"""What is not known is shown as unknown by every command in every format, and never as a number.

A layer of unknown work is held against two layers of known work that give the same shape: whatever number differs
between those two depends on that layer, so where the layer is unknown it is no number, or a lower bound of both.
"""

import csv
import json
import re
from collections import Counter
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from console import run
from test_help import promised

from archcalc.cli import main
from archcalc.output.formats import LISTED
from archcalc.tables import COLUMNS

SPEC = """net: Odd
given:
  k: {{default: 4, min: 1}}
  word: {{default: a, choices: [a, b]}}
input: [3, 8, 8]
layers:
  - stem: conv(k, 3, pad=1)
  - layers: {layer}
  - total: conv(2*k, 3)
  - rows: flatten
  - knobs: linear(k)
    when: word != 'c'
"""
MARKS = ("?", "unknown", "")
BOUND = "at least "
LAYERS = {"unknown": "opaque((k, 8, 8))", "one": "conv_transpose(k, 1)", "other": "conv_transpose(k, 1, groups=k)"}
COMMANDS = {
    "summary": f"@ --columns {','.join(COLUMNS)}",
    "compare": "@ @@k=5 --by layer",
    "conventions": "@ @@k=5",
    "export": "@ @@k=5",
    "formula": "@ --free k",
    "explain": "@",
    "ask": "@:params,@:mult_adds*2,@:params-@:buffers,@:params<=100",
    "solve": "@ --free k=1:3,word --where elements>=1 --want smallest",
    "sweep": "@ --k 1:3 --of mult_adds,params,elements,weight_bytes",
}
NARROW = "@ --columns layer,params,mult_adds,share,weight_bytes"  # a wide table is divided by how wide its words are
PICTURES = {"svg", "pdf", "png"}
EXACT = {one.name for one in LISTED if one.exact}
SCREENS = ["memory @", "memory @ @@k=5 --batch 3 --optimizer adam", "summary @ --by kind", "summary @ --by block",
           "explain @ --over lenet5", "explain @ --of params", "compare lenet5 @", "compare @ lenet5",
           "ask @:mult_adds*2", "ask --explain @:params-7",
           "compare @ @@k=5 --columns params,depth,peak_bytes,inference_bytes,training_bytes"]  # fmt: skip


class Cells(HTMLParser):
    """The cells of the rows of a page's tables."""

    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        self.inside = tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        elif self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def leaves(value, path=""):
    """The numbers and words in lists and dicts, each as a row behind its path."""
    if not isinstance(value, (dict, list)):
        return [[path, value]]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [row for key, one in inner for row in leaves(one, f"{path}/{key}")]


def rows(data, format_):
    """What is written in any format, as rows of cells."""
    if format_ == "xlsx":
        sheets = openpyxl.load_workbook(BytesIO(data), data_only=True).worksheets
        return [[f"{sheet.title} {row[0]}", *row[1:]] for sheet in sheets for row in sheet.iter_rows(values_only=True)]
    if format_ == "parquet":
        return [list(row.values()) for row in pyarrow.parquet.read_table(BytesIO(data)).to_pylist()]
    text = data.decode().replace("{,}", ",").replace(r"\text{at least }", BOUND)
    if format_ == "json":
        return leaves(json.loads(text))
    if format_ == "html":
        page = Cells()
        page.feed(text)
        return page.rows
    if format_ == "csv":
        return list(csv.reader(text.splitlines()))
    marks = r"[|&]|\s=\s" if format_ in ("md", "tex") else r"\s{2,}|\s=\s"
    return [re.split(marks, line) for line in text.splitlines()]


def cells(data, format_):
    """Each cell by the row's first one, how many rows have had that one, and the column from the right."""
    found, met = {}, Counter()
    for row in rows(data, format_):
        texts = ["" if cell is None else str(cell).strip(" =\\") for cell in row]
        label = next(filter(None, texts), "")
        met[label] += 1
        found |= {(label, met[label], i - len(texts)): text for i, text in enumerate(texts)}
    return found


def is_number(text):
    return bool(re.fullmatch(r"[\d,.]*\d( ?\\?%)?", text))


def number(text):
    return float(re.sub(r"[, %\\\\]", "", text))


def check(said, format_):
    """What differs between the two known layers is not known of the unknown one; how much that is."""
    unknown, one, other = (cells(said[name], format_) for name in LAYERS)
    places = [
        at for at in one if at in unknown and is_number(one[at]) and one[at] != other[at] and is_number(other[at])
    ]
    bounds = {at: unknown[at].removeprefix(BOUND) for at in places if unknown[at].startswith(BOUND)}
    assert {at: unknown[at] for at in places if unknown[at] not in MARKS and at not in bounds} == {}
    wrong = {at: (own, one[at], other[at]) for at, own in bounds.items()
             if own == "0" or number(own) > min(number(one[at]), number(other[at]))}  # fmt: skip
    assert wrong == {}
    assert not bounds or format_ not in EXACT
    return len(places)


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What a command writes about each of the three networks."""

    def said(command, file=None):
        found = {}
        for name, layer in LAYERS.items():
            (tmp_path / name).mkdir()
            monkeypatch.chdir(tmp_path / name)
            Path("odd.yaml").write_text(SPEC.format(layer=layer))
            result = run(
                [word.replace("@@", "odd.yaml;").replace("@", "odd.yaml").replace(";", "@") for word in command]
            )
            if name == "unknown" and result.exit_code == 2:
                assert re.fullmatch(r".* is not known: layers cannot be counted\n", result.output)
                assert not file or not Path(file).exists()
                return None
            assert result.exit_code == 0, result.output
            files = sorted(Path().glob("out*"))
            found[name] = b"".join(path.read_bytes() for path in files) if file else result.output.encode()
        return found

    return said


@pytest.mark.parametrize(
    ("command", "asked", "binary"),
    [
        case
        for case in promised()
        if case[0] in COMMANDS
        and case[1][1].rpartition(".")[2] not in PICTURES
        and not (case[0] == "summary" and case[1][1] == "out.txt")
    ],  # as wide as it needs: a reader cannot tell blank cells
    ids=str,
)
def test_in_every_format(command, asked, binary, said):
    file = "out.xlsx" if binary else asked[1] if asked[0] in ("-o", "--output") else None
    format_ = asked[1].rpartition(".")[2]
    words = NARROW if command == "summary" and format_ in ("table", "tex") else COMMANDS[command]
    written = said([command, *words.split(), *asked, *(["-o", file] if binary else [])], file)
    if command == "formula" and format_ != "json":
        assert not written or (written["one"] != written["other"] and b"?" in written["unknown"])
    else:
        assert check(written, format_)


@pytest.mark.parametrize("command", SCREENS)
def test_on_the_screen(command, said):
    assert check(said(command.split()), "table")


def test_every_command_that_counts_is_tried():
    counts = {*COMMANDS, *(command.split()[0] for command in SCREENS), "verify"}
    assert {*main.commands} - counts == {
        "check",
        "draw",
        "exercise",
        "figures",
        "import",
        "kinds",
        "lectures",
        "list",
        "page",
        "plot",
        "published",
        "scale",
        "show",
        "table",
    }
