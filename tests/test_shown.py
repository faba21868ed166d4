"""What Python gives is displayed as what it is, framed and written as the command line writes it; never a dump."""

import re

import pytest
from console import run

import archcalc
from archcalc import ArchcalcError, Network
from archcalc.files import OF_REPORTS
from archcalc.output import FORMATS, suffix
from archcalc.output.frame import frame
from archcalc.output.terminal import _wrapped

MOBILENET = archcalc.load("mobilenet_v1")
GIVEN = {  # what each method of a network gives
    "accept": lambda: MOBILENET.accept("alpha", 0.75),
    "draw": lambda: MOBILENET.draw(depth=1),
    "explain": lambda: MOBILENET.explain(),
    "explore": lambda: MOBILENET.explore(),
    "formula": lambda: MOBILENET.formula(),
    "solve": lambda: MOBILENET.solve("mult_adds <= 150M", free={"alpha": None, "rho": "4/7:1:1/7"}),
    "summary": lambda: MOBILENET.summary(),
    "sweep": lambda: MOBILENET.sweep(alpha="0.25:1:0.25"),
}
OTHERS = {
    "the network": lambda: MOBILENET,
    "a comparison": lambda: archcalc.compare("mobilenet_v1", "vgg16"),
    "a table": lambda: MOBILENET.summary().table("layer,params", by="block"),
    "a graph": lambda: MOBILENET.summary().graph,
    "a row": lambda: MOBILENET.summary().totals,
    "a picture": lambda: MOBILENET.summary().plot("params"),
    "a picture of a sweep": lambda: MOBILENET.sweep(alpha="0.25:1:0.25").plot(),
    "a picture of networks": lambda: archcalc.compare("mobilenet_v1", "vgg16").plot(),
}
DUMP = re.compile(r"\bobject at 0x|\b[A-Z]\w+\(\w+=")


@pytest.mark.parametrize("what", [*GIVEN, *OTHERS])
def test_nothing_is_a_dump(what):
    shown = repr({**GIVEN, **OTHERS}[what]())
    assert not DUMP.search(shown)
    assert "mobilenet" in shown.lower() or len(shown) < 200


def test_every_method_of_a_network_is_held_to_that():
    methods = {name for name in vars(Network) | vars(Network.__base__) if callable(getattr(Network, name))}
    assert {name for name in methods if not name.startswith("_")} == {*GIVEN} | {"to_torch"}


@pytest.mark.parametrize("what", [name for name in (*GIVEN, *OTHERS) if "picture" in name or name == "draw"])
def test_a_picture_shows_itself_and_is_what_its_file_holds(what, tmp_path):
    picture = {**GIVEN, **OTHERS}[what]()
    picture.write(tmp_path / "one.svg")
    assert picture._repr_svg_().rstrip().endswith("</svg>")
    assert (tmp_path / "one.svg").read_text("utf-8") == picture._repr_svg_()
    with pytest.raises(ArchcalcError, match="gif"):
        picture.write(tmp_path / "one.gif")


WRITTEN = {  # with the command that writes the same
    "summary mobilenet_v1 --alpha 0.5": lambda: MOBILENET.summary(alpha=0.5),
    "summary mobilenet_v1 --by block --columns layer,params": lambda: MOBILENET.summary().table(
        "layer,params", "block"
    ),
    "compare mobilenet_v1 vgg16": lambda: archcalc.compare("mobilenet_v1", "vgg16"),
    "solve mobilenet_v1 --free alpha --where mult_adds<=150M": lambda: MOBILENET.solve("mult_adds<=150M", free="alpha"),
}


@pytest.mark.parametrize(
    ("command", "format_"),
    [(command, one) for command in WRITTEN for one in FORMATS if "--by" not in command or one not in OF_REPORTS],
)
def test_a_file_is_what_the_command_line_writes(command, format_, tmp_path, monkeypatch):
    """Except for a report's table, which is not live as a workbook, and has no more than its rows as JSON."""
    monkeypatch.chdir(tmp_path)
    name = f"file{suffix(format_)}"
    WRITTEN[command]().write(name)
    mine = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(f"{command} -o {name}").exit_code == 0
    theirs = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert mine == theirs


@pytest.mark.parametrize("what", [lambda: MOBILENET.summary(), lambda: archcalc.compare("lenet5", "vgg16")])
def test_a_name_without_a_known_suffix_is_refused_and_nothing_is_written(what, tmp_path):
    with pytest.raises(ArchcalcError, match="the suffix decides the format"):
        what().write(tmp_path / "file.doc")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: MOBILENET.summary().table("parms"), "no column 'parms'; did you mean 'params'?"),
        (lambda: MOBILENET.summary().table(by="blok"), "rows are by layer, block, kind, not by 'blok'"),
        (lambda: MOBILENET.summary().table(depth=0), "depth is a number of levels, at least 1, not 0"),
        (lambda: MOBILENET.summary().table(only="biases"), "only is 'weights'"),
        (lambda: MOBILENET.summary().table().sorted_by("parms"), "no column 'parms' to sort by; did you mean"),
        (lambda: MOBILENET.summary().table().in_units("Q"), "units are exact, K, M, G or auto, not 'Q'"),
        (lambda: MOBILENET.summary().plot("depth"), "bars are of figures that are sums over layers"),
        (lambda: MOBILENET.summary().plot("parms"), "no figure 'parms'; did you mean 'params'?"),
        (lambda: archcalc.compare("lenet5").plot(), "not all known of any of these networks: lenet5"),
        (lambda: archcalc.compare("lenet5").plot(y="tip5"), "no figure 'tip5'; did you mean 'top5'?"),
        (lambda: archcalc.compare("lenet5").tables("titel"), "no figure 'titel'; did you mean 'title'?"),
    ],
)
def test_a_mistake_has_its_message(mistake, message):
    with pytest.raises(ArchcalcError) as raised:
        mistake()
    assert message in str(raised.value)


def test_a_frame_has_the_exact_numbers():
    pytest.importorskip("pandas")
    for name in ("mobilenet_v1", "lenet5_1998", "gpt2"):
        report = archcalc.load(name).summary()
        framed = report.frame()
        assert [*framed.columns] == [column.name for column in report.table().columns]
        for figure in ("params", "mult_adds"):
            values = [None if value != value else int(value) for value in framed[figure].fillna(float("nan"))]
            assert values == [row.figure(figure) for row in report.layers]


def test_a_frame_is_missing_what_is_unknown_and_no_more():
    pandas = pytest.importorskip("pandas")
    table = archcalc.compare("lenet5", "vgg16").tables("title,mult_adds,top1")[0]
    assert table.frame()["top1"].isna().tolist() == [True, False]
    huge = table._replace(rows=(("a", "A", 1 << 70, None, 1), ("b", "B", None, "", 2)))
    framed = huge.frame()
    assert framed["mult_adds"].tolist() == [1 << 70, None]
    whole = table._replace(rows=(("a", "A", (1 << 62) + 1, None, 1), ("b", "B", None, "", 2))).frame()
    assert whole["mult_adds"].tolist() == [(1 << 62) + 1, pandas.NA]
    assert frame({"a": [1, 2]})["a"].sum() == 3


NAMES = [
    *archcalc.names(),
    "mobilenet_v1@alpha=0.5,rho=0.714",
    "arXiv:1704.04861,",
    "github.com/KaimingHe/deep-residual",
]


@pytest.mark.parametrize("width", [11, 16, 20, 31])
def test_a_name_that_is_too_long_for_a_line_folds_after_a_sign(width):
    folded = [(name, _wrapped(name, width)) for name in NAMES if len(name) > width]
    for name, parts in folded:
        assert "".join(parts) == name
        assert max(map(len, parts)) <= width
        if max(map(len, re.split(r"(?<=[-/_@:,])", name))) <= width:
            assert all(part[-1] in "-/_@:," for part in parts[:-1]), parts
    assert len(folded) > 3
