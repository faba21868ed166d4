"""Sweeps: what arrays give is what the engine gives, point by point; grids, files, clusters, bad input."""

import csv
import doctest
import json
import os
import re
import shlex
from fractions import Fraction
from io import StringIO
from itertools import product
from math import prod
from pathlib import Path
from random import Random

import numpy
import pandas
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from laws import depth_law
from members import members, of_files

import archcalc
from archcalc.address import address
from archcalc.cli import main
from archcalc.core.errors import ArchcalcError, SpecError, needed
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Quotient, Tally
from archcalc.output.terminal import progress
from archcalc.spec.model import Knob
from archcalc.sweeps import chunks, evaluate
from archcalc.sweeps.files import sweep_table
from archcalc.sweeps.ranges import has_words, make_axis, read_axis
from archcalc.sweeps.sweep import unbeaten

OF = ("mult_adds", "params", "elements", "inference_bytes", "training_bytes")
SUMS = tuple(name for name, one in FIGURES.items() if isinstance(one.rule, (Tally, Quotient)))
AWKWARD = """net: Awkward
given:
  groups: 4
  out: 8
  side: 9
  times: 2
  power: 2
  half: 1/2
input: [12, side, side]
layers:
  - first: conv(out, 3, groups=groups, pad=1)
    repeat: times
  - wide: conv(out**power // 4 + (groups - 3)*1000000000, 1)
  - tall: conv(ceil(100/out), 5)
  - gate: relu
    when: out > 12
  - last: conv(8*half, 1)
"""
LARGER = """net: Larger
given: {scale: {default: 2, min: 1}, width: {default: 1, min: 1/4}}
input: [3, 8, 8]
layers:
  - upsample(scale)
  - conv(4*width, 3, pad=1)
"""


def run(*command):
    return CliRunner(env={"COLUMNS": "100"}).invoke(main, [str(word) for word in command])


@pytest.fixture
def awkward(tmp_path):
    path = tmp_path / "awkward.yaml"
    path.write_text(AWKWARD)
    return archcalc.load(str(path))


def some_values(knob, random):
    """A few values around the default and far above, some of them perhaps none that a network can be built at."""
    if knob.choices:
        return random.sample(knob.choices, k=2)
    around = [knob.default, knob.default * 2, knob.default + 1, knob.default + Fraction(1, 3), knob.default // 2]
    return random.sample(list(dict.fromkeys(v for v in (*around, 2**40 + 1) if accepted(knob, v))), k=2)


def accepted(knob, value):
    return (knob.minimum is None or value >= knob.minimum) and (knob.maximum is None or value <= knob.maximum)


def summary(network, knobs):
    """The report, or what is said instead."""
    try:
        return network.summary(**knobs), []
    except SpecError as error:
        return None, [problem.message for problem in error.problems]


def check(network, axes, of=OF):
    """Each point of the sweep against a summary at that point; how many of them are networks."""
    points = list(expected(network, axes, of))
    check_arrays(network.sweep(*of, **axes).arrays(), points, of)
    return sum(not told for *_, told in points)


def check_arrays(arrays, points, of):
    assert arrays["why"].size == len(points) > 0
    for i, (_, figures, told) in enumerate(points):
        assert bool(told) == bool(arrays["why"][i])
        assert not told or any(text.startswith(arrays["why"][i]) for text in told)  # a hint may follow
        assert {name: None if arrays[name].mask[i] else arrays[name][i] for name in of} == figures


def expected(network, axes, of):
    """Of each point the knobs, the quantities as a summary gives them, and what is said where there is no network."""
    for point in product(*axes.values()):
        knobs = dict(zip(axes, point, strict=True))
        report, told = summary(network, knobs)
        yield knobs, {name: report and asked(name, report) for name in of}, told


def asked(name, report):
    try:
        return address(name).of(report)
    except ArchcalcError:  # a share of nothing, a layer that is not there
        return None


def random_grid(network, random, most=8):
    """Values for all knobs, of at most so many points; some are large, and some perhaps for no network."""
    axes = {name: [some_values(knob, random)[0]] for name, knob in network.knobs.items()}
    for name in random.sample(list(axes), k=len(axes)):
        more = list(dict.fromkeys([*axes[name], *some_values(network.knobs[name], random)]))
        if len(more) * prod(map(len, axes.values())) // len(axes[name]) <= most:
            axes[name] = more
    return axes


def written(sweep, folder):
    """The rows of the sweep in each format, the texts of its numbers read again."""
    refused = ""
    for suffix in ("csv", "json", "parquet"):
        try:
            sweep.write(folder / f"s.{suffix}")
        except ArchcalcError as error:
            refused = str(error)
    if refused:
        assert refused.endswith("CSV and JSON hold it exactly")
        assert re.search(r"\d{39}|\d{17}/", (folder / "s.csv").read_text())
    typed = [] if refused else [pyarrow.parquet.read_table(folder / "s.parquet").to_pylist()]
    words = {"why", *(name for name, axis in sweep.axes.items() if has_words(axis))}

    def number(name, value):
        if value in ("", None):
            return None
        return {"True": True, "False": False}.get(value, value) if name in words else Fraction(str(value))

    texts = [
        list(csv.DictReader(StringIO((folder / "s.csv").read_text()))),
        json.loads((folder / "s.json").read_text()),
    ]
    exact = [[{name: number(name, value) for name, value in row.items()} for row in rows] for rows in texts]
    frame = sweep.frame()
    frame = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return exact, [*typed, frame]


def faithful(found, value):
    """Whether a column of a type holds the value: exactly, or as the nearest float, seen to be not whole."""
    return found == value or (found == float(value) and not found.is_integer())


def check_formats(network, axes, of, folder):
    """Every format holds what summaries say; gives back what they say."""
    sweep = network.sweep(*of, **axes)
    of = list(sweep.quantities)
    points = list(expected(network, axes, of))
    check_arrays(sweep.arrays(), points, of)
    exact, typed = written(sweep, folder)
    shown = sweep_table(sweep, sweep.chunks())
    assert [column.name for column in shown.columns][: len(axes) + len(of)] == [*axes, *of]
    for i, (knobs, figures, told) in enumerate(points):
        for rows in (*exact, *typed):
            assert bool(rows[i].pop("why")) == bool(told)
        assert all(rows[i] == {**knobs, **figures} for rows in exact)
        for rows in typed:
            assert not [name for name, value in {**knobs, **figures}.items() if not faithful(rows[i][name], value)]
        cells = shown.rows[i][len(axes) : len(axes) + len(of)]
        whole = [(cell, value) for cell, value in zip(cells, figures.values(), strict=True) if isinstance(value, int)]
        assert all(cell == value and type(cell) is int for cell, value in whole)
    return points


def check_sizes(network, axes, points):
    """What is not the same size at every point is a column, or a knob is that size."""
    inputs = [(knobs, figures, network.summary(**knobs).input) for knobs, figures, told in points if not told]
    for sizes in zip(*(shape for *_, shape in inputs), strict=True):
        columns = zip(*({**knobs, **figures}.values() for knobs, figures, _ in inputs), strict=True)
        assert len(set(sizes)) == 1 or sizes in columns


@pytest.mark.parametrize("name", of_files())
def test_every_format_holds_what_summaries_say(name, tmp_path):
    """Of every spec, at random values of all its knobs."""
    network, random = archcalc.load(name), Random(name)
    if not network.knobs:
        pytest.skip("no knobs")
    layers = [row.name for row in network.summary().layers]
    axes = random_grid(network, random, most=8 if len(layers) < 300 else 2)
    of = ("mult_adds", "params", "elements", "training_bytes", f"share of elements of {random.choice(layers)}")
    check_sizes(network, axes, check_formats(network, axes, of, tmp_path))


def test_every_format_holds_what_is_awkward(awkward, tmp_path):
    """Points without a network, shares that are whole and that are not, numbers beyond 64 bits, and knobs like them."""
    axes = {
        "groups": [1, 2, 4, 2**63, 2**63 + 1, 2**64 - 1],
        "half": [Fraction(1, 2), 1, Fraction(1, 3)],
        "out": [4, 8],
    }
    points = check_formats(awkward, axes, ("params", "mult_adds", "share of wide", "share of last"), tmp_path)
    assert {type(figures["share of mult_adds of wide"]) for _, figures, told in points if not told} == {Fraction}
    assert 0 < sum(bool(told) for *_, told in points) < len(points)


def test_a_point_without_a_network_makes_no_floats(tmp_path):
    """There, widths are fractions: 4027/96 filters."""
    axes = {"P": [8064, 4027], "classes": [2147483648000]}
    assert check(archcalc.load("nasnet_large"), axes) == 1
    column = archcalc.load("nasnet_large").sweep(**axes).arrays()["params"]
    assert (column.dtype, column.tolist()) == (numpy.int64, [17319455956640420, None])


def test_a_share_is_a_fraction_everywhere_but_in_parquet(tmp_path):
    sweep = archcalc.load("mobilenet_v1").sweep("share of body1", alpha=[Fraction(1, 3), 0.5])
    shares = [Fraction(596428, 6849363), Fraction(51940, 583973)]
    name = "share of mult_adds of body1"
    assert sweep[name].tolist() == sweep.frame()[name].tolist() == shares
    sweep.write(tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text().split()[-2:] == ["1/3,596428/6849363,", "0.5,51940/583973,"]
    sweep.write(tmp_path / "s.parquet")
    assert pandas.read_parquet(tmp_path / "s.parquet")[name].tolist() == [float(share) for share in shares]
    assert [row[1] for row in sweep_table(sweep, sweep.chunks()).texts()] == ["0.0870778...", "0.0889424..."]


def test_a_parquet_file_has_every_figure_as_it_is(tmp_path):
    """Enlarged maps have jumps below 1, and the value of a knob may be a fraction."""
    (tmp_path / "larger.yaml").write_text(LARGER)
    network = archcalc.load(str(tmp_path / "larger.yaml"))
    values = {name: address(name) for name in (*FIGURES, "knob width", "knob scale")}
    asked = [name for name, one in values.items() if is_number(one, network.summary())]
    sweep = network.sweep(*asked, scale=[1, 2, 3], width=[Fraction(1, 4), 0.5])
    sweep.write(tmp_path / "s.parquet")
    found, exact = pandas.read_parquet(tmp_path / "s.parquet"), sweep.arrays()
    assert {"jump", "receptive_field", "intensity", "knob width"} < {*asked}
    for name in asked:
        read = [None if pandas.isna(number) else float(number) for number in found[name]]
        assert read == [number and float(number) for number in exact[name].tolist()], name


def is_number(asked, report):
    try:
        asked.of(report)
    except ArchcalcError:
        return False
    return True


def test_what_cannot_be_built_is_marked_with_its_own_numbers(awkward):
    axes = {"groups": [1, 2, 3, 4, 5, 0], "out": [1, 6, 8, 12, 0], "side": [1, 4, 5, 9], "times": [0, 1, 3]}
    assert 20 < check(awkward, axes) < 300


def test_powers_and_fractions(awkward):
    axes = {"out": [4, 8, 16], "power": [0, 1, 2, Fraction(1, 2), -1, 300], "half": [Fraction(1, 2), 1, Fraction(1, 3)]}
    assert 9 <= check(awkward, axes) < 54


def test_numbers_without_bound_are_refused(awkward):
    """As for plain numbers: more than 256 bits on the way, more than 10^18 along an axis."""
    assert check(awkward, {"out": [4, 8, 12, 2**60], "power": [1, 100, 200], "groups": [3, 4]}) == 4
    assert check(archcalc.load("mobilenet_v1"), {"classes": [10, 10**18, 10**18 + 1, 10**30], "alpha": [1, 2]}) == 4
    arrays = awkward.sweep(out=[2, 8], power=[1, 200]).arrays()
    assert "more than 256 bits" in arrays["why"][3]


def test_structure_is_walked_anew():
    assert check(archcalc.load("densenet121"), {"n1": [1, 6], "k": [12, 32], "n4": [2, 3]}) == 8
    assert check(archcalc.load("efficientnet_b0"), {"phi": [0, 1, 2], "alpha": [Fraction(11, 10), Fraction(6, 5)]}) == 6


def test_words_are_an_axis_too():
    assert (
        check(archcalc.load("conv_mobilenet"), {"convolution": ["full", "separable"], "alpha": [Fraction(1, 2), 1]})
        == 4
    )


# Depths: how often layers repeat


def deciding(network):
    """The knobs that decide how many layers there are."""

    def layers(knobs):
        report, _ = summary(network, knobs)
        return report and len(report.layers)

    numbers = [knob for knob in network.knobs.values() if not knob.choices]
    others = [
        (knob.name, knob.default + step) for knob in numbers for step in (1, -1) if accepted(knob, knob.default + step)
    ]
    return list(dict.fromkeys(name for name, value in others if layers({name: value}) not in (None, layers({}))))


@pytest.mark.parametrize("name", members())
def test_a_grid_of_depths_gives_what_each_depth_costs(name):
    """Of every spec with such knobs: every figure that adds up, none and one and two repetitions included."""
    network, random = archcalc.load(name), Random(name)
    depths, axes = deciding(network), {}
    for knob in (network.knobs[depth] for depth in random.sample(depths, k=min(2, len(depths)))):
        values = [value for value in {0, 1, 2, knob.default, knob.default + 3} if accepted(knob, value)]
        axes[knob.name] = random.sample(values, k=min(3, len(values)))
    others = [knob for knob in network.knobs.values() if knob.name not in axes]
    for knob in random.sample(others, k=min(1, len(others))):  # with its default there is always a network
        axes[knob.name] = list(dict.fromkeys([knob.default, some_values(knob, random)[0]]))
    assert not depths or check(network, axes, SUMS) > 0


@pytest.mark.parametrize("seed", range(30))
def test_a_grid_of_depths_of_random_networks(seed, tmp_path, monkeypatch):
    """What is wrong is said of the copy in which it is met first."""
    path = tmp_path / "net.yaml"
    path.write_text(depth_law.spec(Random(seed)))
    network = archcalc.load(str(path))
    axes = {name: values for name, values in depth_law.GRID.items() if name in network.knobs}
    check(network, axes, SUMS)
    together = network.sweep(**axes).arrays()
    monkeypatch.setattr("archcalc.sweeps.walk.depth", lambda value, places: value)
    apart = network.sweep(**axes).arrays()
    assert all(long.startswith(text) for text, long in zip(together["why"], apart["why"], strict=True))


OWN = {
    "from a copy": "c: conv(8, 1)\n    repeat: n\n  - e: conv(8, 1)\n    from: c3",
    "perhaps from a copy": "c: conv(index, 1)\n    repeat: n\n  - e: relu\n    from: c2\n    when: channels == 2",
    "a copy's weights": "c: conv(8, 1)\n    repeat: n\n  - e: conv(8, 1)\n    share: c2",
    "a copy's name above": "c3: relu\n  - c: conv(8, 1)\n    repeat: n",
    "a copy's name below": "c: conv(8, 1)\n    repeat: n\n  - c3: relu",
    "unknown work": "c: opaque((8, rows, columns))\n    repeat: n",
    "more layers than there may be": "c:\n      - conv(8, 1)\n      - relu\n    repeat: 6*n",
    "far more layers": "c: conv(channels + 1, 1)\n    repeat: 10**n",
    "the last one's need": "c: conv(24, 3, pad=1, groups=index)\n    repeat: n",
    "a map that ends": "c: conv(8, 1 + 2*index)\n    repeat: n",
}


@pytest.mark.parametrize("what", OWN)
def test_copies_that_are_not_there_at_every_point(what, tmp_path, monkeypatch):
    monkeypatch.setattr("archcalc.graph.expand.MOST_LAYERS", 100)
    path = tmp_path / "net.yaml"
    path.write_text(f"net: N\ngiven: {{n: 2}}\ninput: [8, 40, 40]\nlayers:\n  - s: conv(8, 1)\n  - {OWN[what]}\n")
    assert check(archcalc.load(str(path)), {"n": [0, 1, 2, 3, 5, 12]}, SUMS) > 0


@pytest.mark.parametrize(
    ("name", "of"), [("resnet50", "n2,n3,n4,n5"), ("densenet121", "n1,n2,n3,n4"), ("nasnet_mobile", "N")]
)
def test_a_grid_of_depths_is_a_few_walks(name, of, monkeypatch):
    """Of ResNet-50's stages, alike but for their first unit, and of DenseNet's, each wider than the one before."""
    walks, measure = [], evaluate.measure
    monkeypatch.setattr(evaluate, "measure", lambda *asked: walks.append(1) or measure(*asked))
    arrays = archcalc.load(name).sweep("mult_adds", **dict.fromkeys(of.split(","), range(1, 9))).arrays()
    assert len(arrays["mult_adds"]) == 8 ** len(of.split(","))
    assert len(walks) <= 3


def test_a_large_grid_of_depths_is_cut(monkeypatch):
    """So that no array along the copies is larger than one of a piece."""
    monkeypatch.setattr("archcalc.sweeps.walk.PIECE", 100)
    assert check(archcalc.load("densenet121"), {"n1": range(1, 9), "n2": [1, 5]}, ("params", "mult_adds")) == 16


def test_parts_of_a_network_are_those_of_each_depth():
    """A unit of conv3_x has 512*128 + 9*128*128 + 128*512 weights and 2*(128 + 128 + 512) of batch norms."""
    network, text = archcalc.load("resnet50"), "params of conv3_x/unit3"
    found = network.sweep(text, "peak_bytes", "depth", n3=[2, 3, 5]).arrays()
    for name in ("peak_bytes", "depth"):
        assert [*found[name]] == [address(name).of(network.summary(n3=n)) for n in (2, 3, 5)]
    assert [*found[text]][1:] == [280_064] * 2


# Exactness


def test_large_numbers_do_not_overflow():
    network = archcalc.load("mobilenet_v1")
    axes = {"classes": [1000, 10**13, 10**17], "alpha": [1, 4]}
    assert check(network, axes) == 6
    arrays = network.sweep(**axes).arrays()
    assert arrays["params"].dtype == object
    assert max(arrays["params"]) > 2**63
    assert network.sweep(classes=[1000, 10**13]).arrays()["params"].dtype == numpy.int64


# Grids


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.25:1.4:0.05", [Fraction(5 * i, 100) for i in range(5, 29)]),
        ("96/224:1:32/224", [Fraction(n, 7) for n in (3, 4, 5, 6, 7)]),
        ("1:4", [1, 2, 3, 4]),
        ("3:1:-1", [3, 2, 1]),
        ("1:1.9:0.3", [1, Fraction(13, 10), Fraction(8, 5), Fraction(19, 10)]),
        ("2:2:0.3", [2]),
        ("0.5, 1,2", [Fraction(1, 2), 1, 2]),
        ("1:3,8", [1, 2, 3, 8]),
    ],
)
def test_ranges(text, values):
    assert list(read_axis(Knob("alpha", 1), text)) == values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1:0.5:0.1", "an empty range"),
        ("1:2:0", "a step of 0"),
        ("1:2:3:4", "more than three parts"),
        ("0.25:1.4:0.1", "steps of 0.1 from 0.25 do not meet 1.4; write 0.25:1.35:0.1 or 0.25:1.45:0.1"),
        ("128:8192:512", "write 128:7808:512 or 128:8320:512"),
        ("1:1.5", "write 1:1:1 or 1:2:1"),
        ("4:1:-2", "write 4:2:-2 or 4:0:-2"),
        ("1:x", "'x' is not a number"),
        ("1::2", "is not a number"),
        ("", "a value is missing"),
        ("1,,2", "a value is missing"),
        ("1,1.0", "1 appears twice"),
        ("0:3:0.5", "it must be at least"),
        ("1:9e30,1", "a list of more than"),
        ("1:1e400", "bits"),
    ],
)
def test_absurd_ranges_are_refused(text, told):
    with pytest.raises(ArchcalcError, match=told):
        read_axis(Knob("alpha", 1, minimum=Fraction(1, 32)), text)


@pytest.mark.parametrize("seed", range(20))
def test_a_range_meets_its_stop_or_says_where_it_would_end(seed):
    random, knob = Random(seed), Knob("x", 1)
    for _ in range(20):
        start, stop, step = (Fraction(random.randint(-20, 20), random.choice([1, 2, 7])) for _ in range(3))
        text = f"{start}:{stop}:{step}"
        try:
            axis = read_axis(knob, text)
        except ArchcalcError as error:
            if step == 0 or (stop - start) / step < 0:
                continue
            ways = str(error).partition("; write ")[2].split(" or ")
            ends = [read_axis(knob, way).last for way in ways]
            assert min(ends) < stop < max(ends)
            assert max(ends) - min(ends) == abs(step)
        else:
            assert (axis.start, axis.last) == (start, stop)


def test_what_python_gives():
    knob = Knob("k", 1)
    half = [Fraction(1, 2), 1]
    for values in ([0.5, 1], (Fraction(1, 2), 1), numpy.array([0.5, 1.0]), "0.5,1", pandas.Series([0.5, 1.0])):
        assert list(make_axis(knob, values)) == half
    assert list(make_axis(knob, range(1, 8, 3))) == [1, 4, 7]
    assert list(make_axis(knob, 3)) == [3]


def test_unknown_names_are_refused():
    network = archcalc.load("mobilenet_v1")
    with pytest.raises(ArchcalcError, match="no knob 'alhpa'; did you mean 'alpha'"):
        network.sweep(alhpa=[1])
    with pytest.raises(ArchcalcError, match="no figure 'parms'; did you mean 'params'"):
        network.sweep("parms", alpha=[1])
    with pytest.raises(ArchcalcError, match="no layer 'steem'"):
        network.sweep("params of steem", alpha=[1, 2]).arrays()
    with pytest.raises(ArchcalcError, match="needs values for a knob"):
        network.sweep()


def test_a_layer_that_only_some_points_have():
    arrays = archcalc.load("densenet121").sweep("params of dense4/layer12", n4=[10, 16, 24]).arrays()
    known = arrays["params of dense4/layer12"]
    assert known.mask.tolist() == [True, False, False]
    assert arrays["why"].tolist() == [""] * 3


def test_a_missing_package_is_named():
    with pytest.raises(ArchcalcError, match=r"a sweep needs nothing_of_that_name, .* pip install 'archcalc\[sweep\]'"):
        needed("nothing_of_that_name", "a sweep", "sweep")


# Pieces


def test_pieces_are_the_grid_in_order(monkeypatch):
    axes = {"alpha": "0.25:1:0.25", "rho": "96/224:1:32/224", "classes": [10, 100, 1000]}
    network = archcalc.load("mobilenet_v1")
    whole = network.sweep(**axes).arrays()
    assert whole["classes"].tolist() == [10, 100, 1000] * 20
    for largest in (1, 2, 3, 4, 7, 15, 59):
        monkeypatch.setattr(chunks, "LARGEST", largest)
        sweep = network.sweep(**axes)
        assert all(chunk.why.size <= largest for chunk in sweep.chunks())
        assert all((values == whole[name]).all() for name, values in sweep.arrays().items())
    assert (network.sweep(**axes)["mult_adds"] == whole["mult_adds"].reshape(4, 5, 3)).all()


def test_huge_grids_are_cut_without_being_listed():
    pieces = chunks.pieces((10**30, 10**6, 3), 90)
    box = pieces.box(pieces.number - 1)
    assert box[0].tolist() == [10**30 - 1]
    assert box[1][-1] == 10**6 - 1
    assert box[2].tolist() == [0, 1, 2]


# Files


GRID = {"out": [4, 8, 11], "groups": [1, 2, 4, 1000], "half": [Fraction(1, 2), 1]}


def test_sizes_of_the_input_that_knobs_decide():
    """Where a knob is the size itself, or does not vary, nothing is added; of sizes written alike only one is."""
    columns = {
        "mobilenet_v1": ({"rho": "96/224:1:32/224", "alpha": [0.5, 1]}, ["rows of input"]),
        "resnet50": ({"resolution": [64, 128]}, []),
        "efficientnet_b0": ({"phi": "0:2"}, ["rows of input"]),
        "yolo_v1": ({"S": [7, 14]}, ["rows of input"]),
        "depthwise_separable_conv": ({"alpha": [0.5, 1], "D_F": [7, 14]}, ["channels of input", "rows of input"]),
    }
    for name, (axes, sizes) in columns.items():
        assert list(archcalc.load(name).sweep("params", **axes).quantities) == [*sizes, "params"]
    sweep = archcalc.load("mobilenet_v1").sweep(rho="96/224:1:32/224", alpha=[1])
    assert sweep["rows of input"].reshape(-1).tolist() == [96, 128, 160, 192, 224]
    assert list(archcalc.load("mobilenet_v1").sweep(rho=[1], alpha=[0.5, 1]).quantities) == ["mult_adds", "params"]


def test_a_spreadsheet_runs_no_word_and_reads_negative_numbers(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        "net: N\ngiven:\n  t: 1\n  u: {default: a, choices: [a, b]}\n"
        "let:\n  wrong: 1 if (t if u == 'b' else t < 9) else 2\n"
        "input: [3, 8, wrong]\nlayers:\n  - conv(3 + 3*t, 1)\n"
    )
    sweep = archcalc.load(path).sweep("params", t=[Fraction(-1, 3), -2], u=["a", "b"])
    sweep.write(tmp_path / "s.csv")
    rows = list(csv.reader(StringIO((tmp_path / "s.csv").read_text())))[1:]
    assert [row[:4] for row in rows] == [
        ["-1/3", "a", "1", "8"],
        ["-1/3", "b", "", ""],
        ["-2", "a", "", ""],
        ["-2", "b", "", ""],
    ]
    assert [row[4][:22] for row in rows] == [
        "",
        "'-1/3 is not a conditi",
        "conv: out must be a wh",
        "'-2 is not a condition",
    ]


def test_parquet_grows_wider_when_it_must(monkeypatch, tmp_path):
    monkeypatch.setattr(chunks, "LARGEST", 2)
    sweep = archcalc.load("mobilenet_v1").sweep(classes=[1, 10, 10**16, 10**17], alpha=[1, 2])
    sweep.write(tmp_path / "s.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "s.parquet")
    assert str(table.schema.field("params").type) == "decimal128(38, 0)"
    assert [int(n) for n in table["params"].to_pylist()] == sweep.arrays()["params"].tolist()


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("before")
    sweep = archcalc.load("mobilenet_v1").sweep(alpha=[1, 2])

    def broken(points):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sweep.write(path, advance=broken)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ArchcalcError, match="nothing was written"):
        sweep.write(tmp_path / "missing" / "s.csv")
    with pytest.raises(ArchcalcError, match=r"\.csv, \.json, \.parquet"):
        sweep.write(tmp_path / "s.docx")


# The command


def test_the_command_of_the_front_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = "sweep mobilenet_v1 --alpha 0.25:1.4:0.05 --rho 96/224:1:32/224 -o sweep.parquet --plot pareto.svg"
    result = run(*command.split())
    assert result.exit_code == 0, result.output
    table = pandas.read_parquet("sweep.parquet")
    assert table.columns.tolist() == ["alpha", "rho", "rows of input", "mult_adds", "params", "why"]
    assert len(table) == 120
    row = table[(table.alpha == 1) & (table.rho == 1)].iloc[0]
    assert (row.mult_adds, row.params) == (
        568_740_352,
        4_231_976,
    )  # arXiv:1704.04861, Table 4: 569 million, 4.2 million
    assert "no point is better in both" in (tmp_path / "pareto.svg").read_text()


def test_a_table_on_the_screen():
    result = run("sweep", "mobilenet_v1", "--alpha", "0.5,1")
    assert result.exit_code == 0
    assert "568,740,352" in result.output
    result = run("sweep", "mobilenet_v1", "--rho", "1", "--alpha", "0.5,1", "--format", "csv")
    assert result.output.splitlines()[0] == "rho,alpha,mult_adds,params,why"
    result = run("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--format", "csv")
    assert result.output.split() == ["alpha,mult_adds,params,why", "0.5,149497088,1331592,", "1,568740352,4231976,"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sweep mobilenet_v1 --alhpa 1,2", "did you mean '--alpha'"),
        ("sweep mobilenet_v1 --alpha 2:1", "an empty range"),
        ("sweep mobilenet_v1", "needs values for a knob"),
        ("sweep mobilenet_v1 --alpha 1:2:1/1000000 --rho 1:2:1/1000000", "1,000,002,000,001 points, about"),
        ("sweep mobilenet_v1 --alpha 1,2 --plot x.bmp", ".svg, .pdf, .png"),
        ("sweep mobilenet_v1 --alpha 1,2 --plot x.svg --figure contours", "contours need two knobs"),
        (
            "sweep mobilenet_v1 --alpha 1,2 -o x.docx",
            "x.docx: the suffix decides the format; there are .txt, .md, .csv",
        ),
        (
            "sweep mobilenet_v1 --alpha 1,2 --format parquet",
            "a Parquet file is not text; give it a file with -o FILE.parquet",
        ),
        ("sweep mobilenet_v1 --alpha 1,2 --dask nowhere -o x.csv", "no Dask scheduler at 'nowhere'"),
    ],
)
def test_bad_commands_are_refused(command, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*command.split())
    assert result.exit_code == 2
    assert told in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_bar_on_a_terminal_and_none_elsewhere():
    class Terminal(StringIO):
        def isatty(self):
            return True

    for file, shown in ((Terminal(), True), (StringIO(), False)):
        with progress(10, "sweeping", file) as advance:
            advance(10)
        assert ("sweeping" in file.getvalue()) is shown


# Pictures


@pytest.mark.parametrize(
    ("figure", "label"), [("cost", "width multiplier"), ("pareto", "less is better"), ("contours", "mult-adds")]
)
def test_pictures(figure, label, tmp_path):
    sweep = archcalc.load("mobilenet_v1").sweep(alpha="0.25:1:0.25", rho="96/224:1:32/224")
    for name in ("a", "b"):
        sweep.plot(tmp_path / f"{name}.svg", figure)
    text = (tmp_path / "a.svg").read_text()
    assert label in text
    assert "rows of input" in text
    assert ("128<" in text) is (figure != "pareto")
    assert text == (tmp_path / "b.svg").read_text()


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_what_nothing_beats(seed):
    random = Random(seed)
    points = [(random.randrange(8), random.randrange(8)) for _ in range(20)]
    x, y = (numpy.array(column, dtype=object if seed % 2 else int) for column in zip(*points, strict=True))
    found = {points[i] for i in unbeaten(x, y)}
    assert found == {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}


# Dask


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same(cluster, awkward, monkeypatch):
    monkeypatch.setattr(chunks, "LARGEST", 2)
    sweep = awkward.sweep("params", **GRID)
    seen = []
    here, there = sweep.arrays(), sweep.arrays(dask=cluster, advance=seen.append)
    assert all((here[name] == there[name]).all() for name in here)
    assert sum(seen) == sweep.points
    assert len(seen) > 10


def test_a_piece_that_fails_is_tried_again(cluster, monkeypatch):
    from archcalc.sweeps import remote

    evaluate, failed = remote.evaluate, []

    def flaky(spec, grid, box, quantities):
        if len(failed) < 3:
            failed.append(box)
            raise OSError("a lost disk")
        return evaluate(spec, grid, box, quantities)

    monkeypatch.setattr(remote, "evaluate", flaky)
    sweep = archcalc.load("mobilenet_v1").sweep(alpha=[1, 2])
    assert sweep.arrays(dask=cluster)["params"][0] == 4_231_976
    assert len(failed) == 3


def test_a_piece_that_always_fails_ends_it(cluster, monkeypatch, tmp_path):
    from archcalc.sweeps import remote

    def broken(*_):
        raise OSError("a lost disk")

    monkeypatch.setattr(remote, "evaluate", broken)
    with pytest.raises(ArchcalcError, match=r"failed 4 times \(OSError: a lost disk"):
        archcalc.load("mobilenet_v1").sweep(alpha=[1, 2]).write(tmp_path / "s.csv", dask=cluster)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_of_processes(tmp_path):
    result = run("sweep", "mobilenet_v1", "--alpha", "0.5,1", "-o", tmp_path / "s.csv", "--dask", "local")
    assert result.exit_code == 0, result.output
    assert "568740352" in (tmp_path / "s.csv").read_text()


# The page


def test_the_page_is_current():
    """Every command of docs/sweep.md runs; ARCHCALC_UPDATE=1 writes what they print anew."""
    page = Path(__file__).parent.parent / "docs" / "sweep.md"
    text = page.read_text()
    fresh = re.sub(r"(```console\n\$ archcalc (.*)\n)[^`]*(?=```)", lambda m: m[1] + printed(m[2]), text)
    if os.environ.get("ARCHCALC_UPDATE") == "1":
        page.write_text(fresh)
    assert text == fresh, "run: ARCHCALC_UPDATE=1 pytest tests/test_sweep.py"
    tried = doctest.DocTestParser().get_doctest(
        "".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)), {}, "page", "", 0
    )
    assert doctest.DocTestRunner().run(tried).failed == 0
    assert len(tried.examples) > 4


def printed(command):
    result = run(*shlex.split(command))
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.output.splitlines())
