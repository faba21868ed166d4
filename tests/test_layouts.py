"""Tables from files: those that are shipped, those of a user, and what a mistake in one is told."""

import csv
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from console import run

import archcalc
from archcalc.core.errors import ArchcalcError, Source
from archcalc.files import pages
from archcalc.layouts.cells import UNITS, Look
from archcalc.layouts.layout import parse
from archcalc.layouts.shipped import layout, names
from archcalc.layouts.tables import fill
from archcalc.spec import library

TOP = Path(__file__).parent.parent
REPORTS = TOP / "reports" / "lectures"
RENEW = "archcalc table --all -o reports/lectures"
FOUND = {name: fill(layout(name)) for name in names()}
LABELS = {"Layer", "Stage", "Model", "alpha", "t", "n"}  # columns that count rows, or name settings


def table_of(text, name="mine"):
    return fill(parse(Source("mine.yaml", text), name)).table


def test_the_lectures_tables_are_current():
    """The committed files are those that the one command writes, and there are no others."""
    made = pages([*FOUND.values()], "lectures.xlsx")
    assert {path.name for path in REPORTS.iterdir()} == {*made, "lectures.xlsx"}, RENEW
    for name, data in made.items():
        assert (REPORTS / name).read_bytes() == data, f"{name}: {RENEW}"


@pytest.mark.parametrize("name", FOUND)
def test_everything_in_a_shipped_table_is_known(name):
    table = FOUND[name].table
    assert table.rows
    assert table.title
    assert any(note.startswith("source: ") for note in table.notes)
    assert "?" not in {text for row in table.texts() for text in row}


@pytest.mark.parametrize("name", FOUND)
def test_a_number_in_a_shipped_table_is_computed(name):
    """No cell below a heading of figures is a number that somebody typed."""
    found = FOUND[name]
    for row in (*found.rows, *found.totals):
        for heading, cell in zip(found.headings, row, strict=True):
            typed = cell.parts and all(isinstance(part, str) for part in cell.parts)
            assert heading in LABELS or not (typed and re.fullmatch(r"[\d.,x ]+", cell.text)), (heading, cell.text)


def test_a_shipped_table_is_no_network():
    assert not {*names()} & {*library.names()}
    assert not any("lectures" in path for path in library.names().values())


PRINTED = {  # what the slides print where they are right: table, row and column -> the cell
    ("mobilenet-table-3", "Convolution", "Million Parameters"): "2.36",
    ("mobilenet-table-3", "Depthwise Separable Conv", "Million Mult-Adds"): "52.3",
    ("mobilenet-table-3", "alpha = 0.75", "Million Mult-Adds"): "29.6",
    ("mobilenet-table-3", "rho = 0.714", "Million Mult-Adds"): "15.1",
    ("mobilenet-table-4", "Conv MobileNet", "Million Parameters"): "29.3",
    ("mobilenet-table-4", "MobileNet", "Million Mult-Adds"): "569",
    ("mobilenet-table-6", "0.75 MobileNet-224", "million mult-adds"): "325",
    ("mobilenet-table-6", "0.25 MobileNet-224", "million parameters"): "0.5",
    ("mobilenet-table-7", "1.0 MobileNet-192", "Million Mult-Adds"): "418",
    ("mobilenet-table-7", "1.0 MobileNet-128", "ImageNet Accuracy, %"): "64.4",
    ("mobilenet-grid", "1.0", "128x128"): "186",
    ("lenet5-walkthrough", "C3", "connections"): "151,600",
    ("lenet5-walkthrough", "S4", "connections"): "2,000",
    ("lenet5-walkthrough", "S2", "neurons"): "1,176",
    ("lenet5-table", "3", "Size"): "10x10",
    ("alexnet-walkthrough", "Conv2 + Relu", "Forward Computation"): "448,084,224",
    ("alexnet-walkthrough", "Overall", "Parameters"): "62,369,152",
    ("vgg-table-1", "stage 3", "C"): "2 conv3-256, conv1-256",
    ("vgg-table-1", "weight layers", "E"): "19",
    ("vgg-table-2", "Number of parameters", "D"): "138",
    ("googlenet-table-1", "inception (3b)", "output size"): "28x28x480",
    ("googlenet-table-1", "inception (4d)", "ops"): "119",
    ("googlenet-table-1", "inception (5b)", "#5x5 reduce"): "48",
    ("googlenet-table-1", "inception (4b)", "depth"): "2",
    ("inception_v2-table-1", "5x Inception", "input size"): "17x17x768",
    ("inception_v4-table-1", "Inception-v4", "l"): "224",
    ("resnet-table-1", "conv4_x", "101-layer"): "[1x1, 256; 3x3, 256; 1x1, 1024] x 23",
    ("resnet-table-1", "conv3_x", "34-layer"): "[3x3, 128; 3x3, 128] x 4",
    ("resnet-table-1", "FLOPs, 10^9", "152-layer"): "11.3",
    ("resnext-table-1", "conv5", "ResNeXt-50 (32x4d)"): "[1x1, 1024; 3x3, 1024, C=32; 1x1, 2048] x 3",
    ("resnext-table-1", "# params, 10^6", "ResNet-50"): "25.5",
    ("resnext-table-2", "width of group conv.", "C=8"): "112",
    ("densenet-table-1", "Dense Block (3)", "DenseNet-264"): "[1x1 conv; 3x3 conv] x 64",
    ("densenet-table-1", "Transition Layer (2)", "Output Size"): "28x28",
    ("mobilenet_v2-table-2", "14^2 x 64", "t"): "6",
    ("efficientnet-b0-table-1", "4", "Operator"): "MBConv6, k5x5",
    ("efficientnet-b0-table-1", "7", "Resolution"): "14x14",
    ("keras-applications", "EfficientNetB7", "Parameters"): "66,658,687",
    ("keras-applications", "NASNetLarge", "Parameters"): "88,949,818",
    ("keras-applications", "ResNet101", "Size, MiB"): "171",
    ("keras-cats-dogs-summary", "dense_1 (Dense)", "Param #"): "3,211,776",
    ("keras-mnist-summary", "Total params", "Param #"): "93,322",
    ("keras-vgg16-summary", "block5_pool (MaxPooling2D)", "Output Shape"): "(None, 4, 4, 512)",
    ("keras-vgg16-transfer-summary", "Trainable params", "Param #"): "16,812,353",
}  # fmt: skip


@pytest.mark.parametrize(("place", "printed"), PRINTED.items(), ids=str)
def test_a_table_has_what_the_slide_prints(place, printed):
    name, row, heading = place
    found = FOUND[name].table
    number = [column.heading for column in found.columns].index(heading)
    assert printed in [texts[number] for texts in found.texts() if texts[0] == row]


MINE = """table: Mine
network: mobilenet_v1@alpha=$alpha,rho=$side/224
columns:
  alpha: $alpha
  $side: {side: [128, 224], cell: "{mult_adds}"}
  weights in MiB: {side: 224, cell: "{weight_bytes to 0.01MiB}"}
  stem: {side: 224, cell: "{kernel of stem}x{kernel of stem}, {output of stem}"}
rows:
  - alpha: [0.5, 1]
"""


def test_a_grid_is_the_network_at_each_setting():
    columns = [column.heading for column in table_of(MINE).columns]
    for alpha, *values in table_of(MINE).rows:
        for heading, value in zip(columns[1:3], values, strict=False):
            one = archcalc.load("mobilenet_v1").summary(alpha=Fraction(alpha), rho=Fraction(int(heading), 224))
            assert value == one.totals.mult_adds
        assert values[2] == one.weight_bytes
        assert values[3] == f"3x3, 112x112x{32 * Fraction(alpha)}"


@pytest.mark.parametrize("suffix", ["txt", "md", "csv", "tex", "html", "json", "xlsx"])
def test_a_table_of_ones_own_is_written_in_every_format(suffix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(MINE)
    result = run(["table", "mine.yaml", "-o", f"out.{suffix}"])
    assert (result.exit_code, result.output) == (0, f"out.{suffix} written\n")
    if suffix == "csv":
        rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
        assert [row["224"] for row in rows] == ["149497088", "568740352"]


def test_a_folder_has_each_table_in_its_files(tmp_path):
    result = run(["table", "mobilenet-table-6", "vgg-table-2", "-o", str(tmp_path / "new" / "tables")])
    assert result.exit_code == 0, result.output
    made = {path.name for path in (tmp_path / "new" / "tables").iterdir()}
    assert made >= {"README.md", *(f"{name}.{ending}" for name in ("mobilenet-table-6", "vgg-table-2")
                                   for ending in ("md", "csv", "tex"))}  # fmt: skip


def test_a_rounded_number_is_the_nearest_one():
    draw = random.Random(7)
    for unit in UNITS.values():
        for digits in range(4):
            value = Fraction(draw.randrange(10**12), draw.randrange(1, 1000))
            written = Fraction(Look(digits, unit).people(value).replace(",", ""))
            assert abs(written - value / Fraction(unit)) <= Fraction(1, 2 * 10**digits)


HEAD = "table: T\nnetwork: lenet5\n"
WRONG = {  # a file, and what of it is told: the place and the first line
    "": "mine.yaml:1:1: the file is empty; a table starts with 'table: TITLE'",
    "table: T\n": "mine.yaml:1:1: 'columns:' is missing",
    f"{HEAD}colums: {{a: x}}\nrows: []\n": "mine.yaml:3:1: a table has no 'colums'; did you mean 'columns'?",
    f"{HEAD}columns: {{a: '{{parms}}'}}\nrows: [{{}}]\n":
        "mine.yaml:3:16: no figure 'parms'; did you mean 'params'?",
    f"{HEAD}columns: {{a: '{{params of $at}}'}}\nrows: [{{at: c9}}]\n": "mine.yaml:4:13: lenet5 has no layer 'c9'",
    f"{HEAD}columns: {{a: '{{params of $ta}}'}}\nrows: [{{at: c1}}]\n":
        "mine.yaml:3:15: no row or column gives the word 'ta' (there are at, network)",
    f"{HEAD}columns: {{a: '{{params of $at}}'}}\nrows: [{{at: c1, x: 2}}]\n":
        "mine.yaml:4:20: nothing uses the word 'x'",
    f"{HEAD}columns: {{a: '{{params to M}}'}}\nrows: [{{}}]\n": "mine.yaml:3:16: 'to M' is no rounding; write 'to 1'",
    f"{HEAD}columns: {{a: '{{params to 1MiB}}'}}\nrows: [{{}}]\n": "mine.yaml:3:16: 'MiB' is a unit of bytes",
    f"{HEAD}columns: {{a: '{{weight_bytes to 1M}}'}}\nrows: [{{}}]\n": "mine.yaml:3:16: a number of bytes is written",
    f"{HEAD}columns: {{a: '{{params'}}\nrows: [{{}}]\n": "mine.yaml:3:15: an address stands between '{' and '}'",
    f"{HEAD}columns: {{a: '{{params > 3}}'}}\nrows: [{{}}]\n": "mine.yaml:3:15: 'params > 3' is a comparison",
    f"{HEAD}columns: {{a: '{{params, flops}}'}}\nrows: [{{}}]\n": "mine.yaml:3:15: 'params, flops': one figure belongs",
    f"{HEAD}columns: {{a: $b}}\nrows: [{{b: $c, c: $b}}]\n": "mine.yaml:4:19: words that use each other in a circle",
    f"{HEAD}columns: {{$b: {{b: [1, 1]}}}}\nrows: [{{}}]\n": "mine.yaml:3:11: two columns have the heading '1'",
    f"{HEAD}columns: {{$b: {{b: [1, 2], cell: $c, c: [1]}}}}\nrows: [{{}}]\n":
        "mine.yaml:3:15: lists beside each other need as many values (b has 2, c has 1)",
    "table: T\nnetwork: lenet5@$k=3\ncolumns: {a: '{params}'}\nrows: [{k: reslution}]\n":
        "mine.yaml:4:12: lenet5 has no knob 'reslution'",
    "table: T\nnetwork: lenet6\ncolumns: {a: '{params}'}\nrows: [{}]\n": "mine.yaml:2:10: no network 'lenet6'",
    "table: T\ncolumns: {a: '{params}'}\nrows: [{}]\n": "mine.yaml:2:15: of which network?",
    f"{HEAD}columns: {{$b: {{b: [{', '.join(map(str, range(200)))}], cell: x}}}}\n"
    f"rows: [{', '.join(['{}'] * 60)}]\n": "mine.yaml:4:1: 200 columns and 60 rows; a table has at most 10,000 cells",
    f"{HEAD}columns: [a]\nrows: [{{}}]\n": "mine.yaml:3:10: columns takes lines of 'key: value', not a list",
    f"{HEAD}columns: {{a: x}}\nrows: {{a: x}}\n": "mine.yaml:4:7: rows takes a list",
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=[told[:60] for told in WRONG.values()])
def test_a_mistake_is_told_with_its_place(text, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(text)
    result = run(["table", "mine.yaml", "-o", "out.md"])
    assert result.exit_code == 2
    assert told in result.output.replace("\n    ", "\n\n").splitlines()[0], result.output
    assert "^" in result.output or not text
    assert not Path("out.md").exists()


def test_numbers_that_are_rounded_differently_stand_in_a_column_of_texts():
    rows = "[{a: '{params}'}, {a: '{params to 0.1M}'}, {a: '-'}]"
    table = table_of(f"{HEAD}columns: {{a: , b: }}\nrows: {rows}\n")
    assert table.rows == (("61706", ""), ("0.1", ""), ("-", ""))
    assert not table.columns[0].type.number


def test_words_in_words_do_not_grow_without_end():
    words = ", ".join(f'{a}: "{" ".join([f"${b}"] * 40)}"' for a, b in zip("bcdefgh", "cdefghi", strict=True))
    with pytest.raises(ArchcalcError, match="a text of more than 1,000 characters"):
        table_of(f"{HEAD}columns: {{a: $b}}\nrows: [{{{words}, i: x}}]\n")


def test_a_text_cannot_control_a_terminal():
    table = table_of('table: "T\\e[31m"\ncolumns: {"a\\e[1m": "x\\e[2J{vgg16: depth}"}\nrows: [{}]\n')
    assert table.title == "T?[31m"
    assert table.columns[0].heading == "a?[1m"
    assert table.rows == (("x?[2J16",),)


def test_all_mistakes_are_told_at_once():
    text = f"{HEAD}columns: {{a: '{{parms}}', b: '{{kernal of c1}}'}}\nrows: [{{}}, {{}}]\n"
    with pytest.raises(ArchcalcError) as caught:
        table_of(text)
    assert len(caught.value.problems) == 2  # not one for each row


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "table takes names or files of tables"),
        ("resnet-tabel-1", "no table 'resnet-tabel-1'; did you mean 'resnet-table-1'?"),
        ("--all resnet-table-1", "table takes names or files of tables"),
        ("none.yaml", "none.yaml: no such file or directory"),
        ("resnet-table-1 resnet-table-1 -o here", "two tables are called 'resnet-table-1'"),
        ("resnet-table-1 --format folder", "a folder is not text; give it a file with -o FILE"),
    ],
)
def test_a_wrong_command_writes_nothing(words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(["table", *words.split()])
    assert (result.exit_code, result.output.startswith(told)) == (2, True), result.output
    assert not any(tmp_path.iterdir())


def test_the_list_has_every_table():
    result = run(["table", "--list", "--format", "csv"])
    assert [row["name"] for row in csv.DictReader(result.output.splitlines())] == [*names()]
