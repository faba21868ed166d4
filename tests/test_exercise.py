"""Exercise sheets: nothing on them gives an answer away, the key is right, and a mistake is named as what it is."""

import random
import re
import zipfile
from collections import Counter
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from console import check_mistake, run
from members import members

import archcalc
from archcalc import ArchcalcError
from archcalc.core.errors import Refusal
from archcalc.core.number import ceil_div, product
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Output
from archcalc.output import FORMATS, render_tables
from archcalc.output.terminal import lines
from archcalc.teaching import marking
from archcalc.teaching.exercise import ASKABLE, Blank, Exercise
from archcalc.teaching.marking import CARRIED, RIGHT, UNANSWERED, UNREAD, WRONG, Marking, answers, spellings
from archcalc.teaching.mistakes import MISTAKES, OtherWay, question

MEMBERS = members()
SETS = (
    ("output", "params"),
    ("mult_adds",),
    ("params", "total_params", "flops"),
    ("rows", "elements"),
    ("receptive_field",),
    tuple(ASKABLE),
)


@cache
def report(name):
    return archcalc.load(name).summary()


def made(name, figures=("output", "params"), share=0.5, seed=0, **more):
    return Exercise(report(name), figures, share, seed, **more)


def sheets(name):
    """An exercise for each set of figures, another seed and share for each; of a relu there are no params to ask."""
    for i, figures in enumerate(SETS):
        with suppress(ArchcalcError):
            yield made(name, figures, (0.3, 1, 0.5, 0.8, 0.7, 0.1)[i], i)


def text(value):
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def marked(exercise, texts):
    return {mark.blank.number: mark for mark in Marking(exercise, texts).marks}


# Nothing on the sheet gives an answer away


def last(value):
    """As text, the channels of a shape last."""
    return text((*value[1:], value[0]) if isinstance(value, tuple) else value)


def shapes_in(cell):
    """The sizes that a cell shows, of one or several shapes."""
    return [tuple(map(int, part.split(" x "))) for part in re.findall(r"\d+(?: x \d+)*", str(cell))]


def leaks(exercise):
    """Each blank with a cell from which it can be copied: its column's values, the shapes around, its own arguments."""
    table = exercise.sheet()
    places = {column.name: i for i, column in enumerate(table.columns)}
    given = [zip(*(row[places[key]].split(", ") for key in ("from", "input")), strict=True) for row in table.rows]
    shapes = {shape for row in given for source, cell in row if source != "input" for shape in shapes_in(cell)}
    shapes |= {row[places["output"]] for row in table.rows if isinstance(row[places["output"]], tuple)}
    values = {row[places[figure]] for row in table.rows for figure in exercise.figures}
    for blank in exercise.blanks:
        row = table.rows[blank.row]
        assert row[places[blank.figure]] == f"({blank.number}) __________"
        if blank.answer in values:
            yield blank, "another cell"
        if isinstance(FIGURES[blank.figure].rule, Output):
            own = exercise.report.layers[blank.row].output
            if product(own) in {product(shape) for shape in shapes}:
                yield blank, "a shape"
            if text(blank.answer) in re.findall(r"\d+", row[places["kind"]]):
                yield blank, "its own arguments"
    if table.totals:
        yield None, "totals"


@pytest.mark.parametrize("name", MEMBERS)
def test_what_is_asked_is_shown_on_a_narrow_terminal(name):
    exercise = made(name)
    left_out = [line for _, line in lines(exercise.sheet(), 80) if line.startswith("left out")]
    assert not [figure for figure in exercise.figures if figure in " ".join(left_out)]


@pytest.mark.parametrize("name", MEMBERS)
def test_no_cell_gives_an_answer_away_and_the_key_is_all_right(name):
    found = [*sheets(name)]
    assert len(found) > 3
    for exercise in found:
        assert exercise.blanks
        assert not list(leaks(exercise))
        answers = [report(name).layers[blank.row].figure(blank.figure) for blank in exercise.blanks]
        assert [row[-1] for row in exercise.key().rows] == answers
        texts = {row[0]: text(row[-1]) for row in exercise.key().rows}
        assert {mark.verdict for mark in Marking(exercise, texts).marks} == {RIGHT}


def everything_in(data):
    """All text in a file; of a workbook that of every part, its metadata too."""
    if data[:2] != b"PK":
        return data.decode()
    with zipfile.ZipFile(BytesIO(data)) as book:
        return "\n".join(book.read(part).decode() for part in book.namelist())


def distinctive(value):
    return len(value) > 1 if isinstance(value, tuple) else value >= 10_000


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", ["alexnet", "resnet18", "googlenet", "mobilenet_v1", "lenet5_1998", "r_fcn"])
def test_no_format_holds_an_answer(name, format_):
    exercise = made(name, ("output", "params", "mult_adds"), 0.4, 3)
    told = {blank.answer for blank in exercise.blanks if distinctive(blank.answer)} - {exercise.report.input}
    found = everything_in(render_tables([exercise.sheet()], format_))
    assert (r"\rule{8em}" if format_ == "tex" else "__________") in found.replace("\\_", "_")
    for value in told:
        written = (" x ".join(map(str, value)), text(value)) if isinstance(value, tuple) else (f"{value:,}", str(value))
        assert not any(re.search(rf"(?<![\d,.]){one}(?![\d,])", found) for one in written), value
    key = everything_in(render_tables([exercise.key()], format_))
    assert all(re.search(rf"(?<!\d){b.number}(?!\d)", key) for b in exercise.blanks)


def test_a_leak_is_seen(monkeypatch):
    monkeypatch.setattr(Exercise, "is_secret", lambda self, value: False)
    assert {how for _, how in leaks(made("resnet18", ("output", "params"), 0.5))} == {"another cell", "a shape"}
    monkeypatch.setattr(Exercise, "tells", lambda self, row, figure: False)
    assert "its own arguments" in {how for _, how in leaks(made("alexnet", ("output",), 1))}


def test_a_seed_makes_one_sheet():
    assert made("alexnet", seed=7).sheet() == made("alexnet", seed=7).sheet()
    assert len({made("alexnet", seed=seed).sheet() for seed in range(10)}) == 10
    assert [b.row for b in made("alexnet", ("params",), 0.25, 7).blanks] == [0, 3, 11, 14, 16, 20]  # in any Python


def test_a_share_is_a_share_of_the_layers_of_these_kinds():
    rows = {part: {b.row for b in made("vgg16", ("params",), part, kinds=["conv"]).blanks} for part in (0.01, 0.5, 1)}
    assert [len(found) for found in rows.values()] == [1, 7, 13]
    assert rows[0.01] < rows[0.5] < rows[1]
    assert {report("vgg16").layers[row].kind for row in rows[1]} == {"conv"}


def test_a_layer_with_the_weights_of_another_says_so(tmp_path):
    (tmp_path / "net.yaml").write_text(
        "net: N\ninput: [8, 9, 9]\nlayers:\n- a: conv(8, 3)\n- b: conv(8, 3)\n  share: a\n"
    )
    exercise = Exercise(archcalc.load(tmp_path / "net.yaml").summary(), ("params",), 1, 0)
    assert exercise.sheet().rows[1][2] == "conv(8, 3), weights of a"
    assert [blank.answer for blank in exercise.blanks] == [584, 0]


# Mistakes


def wrong_answers(exercise, blank):
    """What each mistake leads to, where that can be written and is not right."""
    at = exercise.report.layers[blank.row].nodes[0]
    asked = question(exercise.report.counts, at, blank.figure)
    for mistake in MISTAKES:
        for value in mistake.answers(asked):
            sizes = value if isinstance(value, tuple) else (value,)
            if all(isinstance(size, int) and size >= 0 for size in sizes) and value not in spellings(blank.answer):
                yield mistake, value


def named(name, picks):
    """How often each mistake was named: made in some blanks of the network, it must be, with all that give the same."""
    count = Counter()
    for exercise in sheets(name):
        for blank in random.Random(1).sample(exercise.blanks, min(picks, len(exercise.blanks))):
            wrong = list(wrong_answers(exercise, blank))
            for mistake, value in wrong:
                mark = marked(exercise, {blank.number: text(value)})[blank.number]
                assert mark.verdict == WRONG
                assert mistake in mark.mistakes
                assert {*mark.mistakes} == {other for other, found in wrong if value in spellings(found)}
                count[mistake.name] += 1
    return count


@pytest.mark.parametrize("name", MEMBERS)
def test_a_mistake_is_named(name):
    assert named(name, 1) or not report(name).totals.params


def test_every_mistake_is_made_somewhere():
    found = sum((named(name, 15) for name in ("alexnet", "resnet18", "dilated_conv", "lenet5")), Counter())
    assert {*found} == {mistake.name for mistake in MISTAKES}


BY_HAND = [
    ("alexnet", "params of features/conv1/conv", "34,848", "forgot the bias"),  # 96 * 3 * 11 * 11
    ("alexnet", "params of features/conv2/conv", "614,656", "groups ignored"),  # 256 * (96 * 5 * 5 + 1)
    ("alexnet", "params of features/conv3/conv", "332,160", "channels of the wrong layer"),  # 384 * (96 * 9 + 1)
    ("alexnet", "mult_adds of features/conv1/conv", "210830400", "FLOPs for mult-adds"),  # 2 * 105,415,200
    ("alexnet", "mult_adds of features/conv1/conv", "105,705,600", "biases as work"),  # + 96 * 55 * 55
    ("alexnet", "params of full/fc6", "37,752.832 M", "K for M"),
    ("alexnet", "params of full/fc6", "37.8 M", "rounded"),
    ("resnet18", "output of conv1/conv", "64 x 113 x 113", "ceil for floor"),  # ceil(223 / 2) + 1
    ("resnet18", "output of conv1/conv", "109x109x64", "padding left out"),  # floor(217 / 2) + 1
    ("lenet5", "output of c3/full", "16 x 14 x 14", "padding that is not there"),
    ("resnet18", "params of conv1/conv", "9472", "counted a bias"),  # 64 * (3 * 7 * 7 + 1)
    ("resnet18", "jump of maxpool", "2", "stride left out"),
    ("resnet18", "params of conv1/conv", "9,536", "batch norm counted"),  # 64 * 3 * 7 * 7 + 2 * 64
    ("resnet18", "params of conv1/batchnorm", "256", "batch norm counted"),  # 4 * 64
    ("googlenet", "output of pool1", "64 x 55 x 55", "ceil for floor"),  # ceil(109 / 2) + 1 is right: 56
]


@pytest.mark.parametrize(("name", "asked", "answer", "mistake"), BY_HAND, ids=lambda value: value)
def test_mistakes_computed_by_hand(name, asked, answer, mistake):
    figure, path = asked.split(" of ")
    exercise = made(name, (figure,), 1)
    row = next(i for i, row in enumerate(report(name).layers) if row.name == path)
    number = exercise.asked[row, figure]
    assert mistake in [one.name for one in marked(exercise, {number: answer})[number].mistakes]


def test_what_cannot_be_counted_is_no_mistake():
    exercise = made("alexnet", ("params",), 1)
    number = exercise.asked[4, "params"]  # conv2: the 3 channels of the image cannot stand in 2 groups
    assert marked(exercise, {number: "6,656"})[number].mistakes == ()  # 256 * (3 // 2 * 5 * 5 + 1)


def test_two_mistakes_that_give_the_same_number_are_both_named():
    exercise = made("alexnet", ("mult_adds",), 1)
    number = exercise.asked[10, "mult_adds"]  # conv4 has 2 groups
    mark = marked(exercise, {number: "224,280,576"})[number]
    assert mark.remark == "groups ignored; FLOPs for mult-adds"


def test_divisions_round_the_other_way():
    for a, b in [(random.Random(i).randint(-99, 99), random.Random(-i).randint(1, 9)) for i in range(200)]:
        assert OtherWay(a) // b == ceil_div(a, b)
        assert ceil_div(OtherWay(a), b) == a // b
        assert (2 * OtherWay(a) - 1 + OtherWay(3)) // b == ceil_div(2 * a + 2, b)


# What follows from a mistake


def goes_on(exercise, start, shape):
    """What a student answers who finds a wrong shape at a row, and is right from there on."""
    graph, shapes, found = exercise.report.graph, [], {}
    for at, node in enumerate(graph.nodes):
        given = [shapes[i] for i in node.inputs]
        if at == start:
            shapes.append(shape)
        elif node.layer is None or exercise.is_given(at - 1, "output"):
            shapes.append(node.shape)
        else:
            if any(not met for met, _ in node.layer.needs(*given)):
                return None
            shapes.append(node.layer.shape(*given))
        for figure, value in (("output", shapes[-1]), ("params", None), ("mult_adds", None)):
            if number := exercise.asked.get((at - 1, figure)):
                rule = FIGURES[figure].rule
                found[number] = value if figure == "output" else rule.of_layer(node.layer, given, shapes[-1])
                if figure == "mult_adds":
                    found[number] *= rule.runs(graph, node)
                elif figure == "params" and rule.is_shared(node):
                    found[number] = 0
    return found


@pytest.mark.parametrize("name", MEMBERS)
def test_a_mistake_that_is_carried_on_counts_once(name):
    carried = 0
    for share, write in ((0.5, text), (1, last)):
        exercise = made(name, ("output", "params", "mult_adds"), share, 5)
        blanks = [blank for blank in exercise.blanks if blank.figure == "output"]
        for blank in random.Random(2).sample(blanks, min(3, len(blanks))):
            at = report(name).layers[blank.row].nodes[0]
            first, *rest = blank.answer
            found = goes_on(exercise, at, (first, *(size + 1 for size in rest)) if rest else (first + 1,)) or {}
            texts = {number: write(value) for number, value in found.items()}
            for number, mark in marked(exercise, texts).items() if texts else ():
                same = mark.text == write(mark.blank.answer)
                assert mark.verdict == (RIGHT if same else WRONG if number == blank.number else CARRIED)
                assert same or number == blank.number or f"blank {blank.number};" in mark.remark
                carried += not same
    assert carried or name not in {"alexnet", "vgg11", "mobilenet_v1", "resnet18", "lenet5"}


def test_what_the_sheet_tells_ends_a_mistake():
    exercise = made("alexnet", ("output",), 0.5, 7, kinds=["conv", "linear", "maxpool"])
    assert exercise.is_given(4, "output")  # of conv2, between the pools
    first, second = (exercise.asked[row, "output"] for row in (3, 7))
    marks = marked(exercise, {first: "96 x 31 x 31", second: "256 x 15 x 15"})
    assert [marks[number].verdict for number in (first, second)] == [WRONG, WRONG]


# Reading


def of(answer, figure=None):
    return Blank(1, 0, figure or ("output" if isinstance(answer, tuple) else "params"), answer)


@pytest.mark.parametrize("written", ["1024000", "1,024,000", "1 024 000", "1'024'000", "1_024_000", "1024 K",
                                     "1.024M", "0.001024 G", "1.024e6",
                                     "1024000.0"])  # fmt: skip
def test_a_number_is_read_as_people_write_it(written):
    assert marking.read(written, of(1)) == 1_024_000


@pytest.mark.parametrize("written", ["96 x 55 x 55", "96x55x55", "96\u00d755 \u00d7 55", "96*55*55", "(96, 55, 55)",
                                     "96,55,55", "96 55 55", "[96 X 55 X 55]", "96; 55; 55"])  # fmt: skip
def test_a_shape_is_read_as_people_write_it(written):
    assert marking.read(written, of((1, 1, 1))) == (96, 55, 55)


@pytest.mark.parametrize(("answer", "written"), [((96, 55, 55), "55 x 55 x 96"), ((4096,), "4,096"),
                                                 ((4096,), "1x1x4096"), ((4096,), "(4096,)"),
                                                 ((1280, 1, 1), "1x1x1280")])  # fmt: skip
def test_shapes_that_mean_the_same(answer, written):
    assert marking.read(written, of((1,) * len(answer))) in spellings(answer)


@pytest.mark.parametrize("answer", [1, (1,), (1, 1)], ids=str)
@pytest.mark.parametrize("written", ["", "?", "1.5", "-3", "ten", "1024 Q", "1.0.3", "9" * 101, "1e999",
                                     "½", "=1+1", "96 x", "0 x -5", "96 x 5.5", "1e99 x 5", "5 MB"])  # fmt: skip
def test_what_cannot_be_read_is_said(written, answer):
    with pytest.raises(Refusal):
        marking.read(written, of(answer))


def test_bytes_have_their_own_units():
    assert marking.read("1.5 KiB", of(1, "weight_bytes")) == 1536
    assert marking.read("1536 B", of(1, "weight_bytes")) == 1536
    assert marking.read("2 B", of(1)) == 2 * 10**9


@pytest.mark.parametrize("value", [*range(0, 5000, 37), *(10**9 + n for n in range(0, 10**6, 49_999))])
def test_what_a_table_shows_is_read_back(value):
    assert marking.read(f"{value:,}", of(0)) == marking.read(str(value), of(0)) == value


# Files


def read(data, tmp_path, exercise=None):
    path = tmp_path / "answers.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return answers(str(path), exercise or made("alexnet", seed=7))


@pytest.mark.parametrize(
    "data",
    [
        "blank,answer\n1,96x55x55\n2,\"1,024\"\n",
        "\ufeffblank;answer\r\n1;96x55x55\r\n2;1,024\r\n;;\r\n",  # as Excel writes it where the comma is for decimals
        "Blank\tAnswer\n1\t96x55x55\n2\t1,024\n",
        "blank,answer\n1,96x55x55\n2,1,024\n",  # a comma that is not quoted
        ",blank,answer\nx,1,96x55x55\ny,2,1,024\n",
        "blank,name,answer\n(1),Ada,96x55x55\n\n2,Ada,\"1,024\",,\n",
        "answer,blank\n96x55x55,1\n\"1,024\",2\n",
        "blank,answer\r1,96x55x55\r2,\"1,024\"\r",
    ],
)  # fmt: skip
def test_answers_are_read(data, tmp_path):
    assert {number: text for number, text in read(data, tmp_path).items() if text} == {1: "96x55x55", 2: "1,024"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ":1: the first line of a CSV of answers names its columns: blank,answer"),
        (b"number,answer\n1,2\n", ":1: the first line"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not text"),
        (b"PK\x03\x04" + bytes(100), "is not text"),
        ("blank,answer\n1,2".encode("utf-16"), "is not text in UTF-8"),
        (b"blank,answer\n1,2\xd72\n", "is not text in UTF-8"),
        (b"blank,answer\n" + b"1,2\n" * 300_000, "at most 1,048,576"),
        (b"blank,answer\n0,2\n", ":2: no blank '0'; the sheet has 1 to 21"),
        (b"blank,answer\n22,2\n", ":2: no blank '22'"),
        (b"blank,answer\nx,2\n", ":2: no blank 'x'"),
        (b"blank,answer\n,2\n", ":2: no blank ''"),
        (b"blank,answer\n1,2\n\n1,3\n", ":4: blank 1 is answered twice"),
        (b"answer,blank\n1,024,2\n", ":2: one cell too many, '2'; put quotes around an answer with a ','"),
        (b"sheet,blank,answer\nalexnet --seed 8,1,2\n", ":2: this answers the sheet 'alexnet --seed 8', not"),
        (b'blank,answer\n1,"' + b"9" * 200_000 + b'"\n', "field larger than field limit"),
        (b'blank,answer' + b"9" * 200_000, "field larger than field limit"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_has_one_message(data, message, tmp_path):
    with pytest.raises(ArchcalcError) as error:
        read(data, tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_could_steer_a_terminal_is_not_shown(tmp_path):
    mark = Marking(made("alexnet", seed=7), read(b"blank,answer\n1,\x1b[31m\n", tmp_path)).marks[0]
    assert (mark.verdict, mark.text) == (UNREAD, "?[31m")


def test_answers_of_any_bytes_are_read_or_refused(tmp_path):
    chance = random.Random(4)
    for _ in range(300):
        pieces = [b"1,", b"2;", b"blank", b"answer", b",", b"\n", b'"', b"x", b"\xff", b"\t", b"9" * 9, b"'", b"()"]
        data = b"blank,answer\n" + b"".join(chance.choices(pieces, k=chance.randint(0, 12)))
        try:
            found = read(data, tmp_path)
        except ArchcalcError:
            continue
        assert Marking(made("alexnet", seed=7), found).table().rows


# The command


def test_the_command_writes_a_sheet_a_key_and_a_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("exercise alexnet --blank params,output --seed 7 -o sheet.csv").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"sheet.csv", "sheet-key.csv", "sheet-answers.csv"}
    result = run("exercise alexnet --blank params,output --seed 7 --mark sheet-key.csv")
    assert result.exit_code == 0
    assert "AlexNet: 21 of 21 right" in result.output
    empty = run("exercise alexnet --blank params,output --seed 7 --mark sheet-answers.csv --format json")
    assert empty.output.count(UNANSWERED) == 22
    assert "AlexNet: 0 of 21 right" in empty.output
    filled = (tmp_path / "sheet-answers.csv").read_text().replace(",1,", ',1,"96 x 55 x 55"').replace(",2,", ",2,?")
    (tmp_path / "ada.csv").write_text(filled)
    rows = run("exercise alexnet --seed 7 --mark ada.csv --format csv").output.splitlines()
    assert rows[1] == "1,output of features/conv1/conv,96 x 55 x 55,right,"
    assert rows[2].startswith("2,params of features/conv1/conv,?,not read,")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("exercise alexnet --blank kernel", "no figure 'kernel' to ask for"),
        ("exercise alexnet --blank parms", "did you mean 'params'?"),
        ("exercise alexnet --blank buffers --kinds lrn,bn", "alexnet has no layer of kind 'bn'"),
        ("exercise alexnet --share 0", "above 0 and at most 1, not 0"),
        ("exercise alexnet --share nan", "above 0 and at most 1, not nan"),
        ("exercise alexnet --share 1.01", "above 0 and at most 1, not 1.01"),
        ("exercise alexnet --blank channels --kinds conv", "nothing to ask: channels of alexnet"),
        ("exercise alexnet --blank ,", "nothing to ask"),
        ("exercise alexnet --mark no.csv", "no.csv: no such file"),
        ("exercise alexnet --mark .", ". is not a text file"),
        ("exercise alexnet -o sheet.doc", "the suffix decides the format"),
        ("exercise alexnet -o no/sheet.md", "no such file"),
    ],
)
def test_one_message_of_a_mistake(command, message, tmp_path):
    check_mistake(command, message, tmp_path)


def test_a_form_is_read_back_whatever_the_network_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=1+1.yaml").write_text("net: N\ninput: [3, 9, 9]\nlayers:\n- conv(8, 3)\n")
    assert run(["exercise", "./=1+1.yaml", "-o", "a.md"]).exit_code == 0
    assert "\n'=1+1 --blank" in (tmp_path / "a-answers.csv").read_text().replace('"', "")
    assert "0 of 2 right" in run(["exercise", "./=1+1.yaml", "--mark", "a-answers.csv"]).output


def test_nothing_is_written_beside_a_key_that_cannot_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet-key.md").mkdir()
    assert run("exercise alexnet -o sheet.md").exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["sheet-key.md"]


def test_the_sheet_of_one_network_is_not_marked_as_that_of_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("exercise alexnet -o a.md").exit_code == 0
    for other in (
        "alexnet_ungrouped",
        "alexnet --seed 1",
        "alexnet --groups 1",
        "alexnet --share 1",
        "alexnet --blank params",
    ):
        assert "a-answers.csv:2: this answers the sheet 'alexnet --blank output,params" in run(
            f"exercise {other} --mark a-answers.csv").output  # fmt: skip


def test_the_page_tells_every_mistake():
    page = (Path(__file__).parent.parent / "docs" / "exercise.md").read_text()
    assert "".join(f"| {mistake.name} | {mistake.told} |\n" for mistake in MISTAKES) in page
