"""What archcalc gives can be pickled and copied, with its networks as the texts that they were read from."""

import copy
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from fractions import Fraction

import pytest
from members import members

import archcalc
from archcalc.core.errors import Place, Problem, Refusal, Source
from archcalc.layers import KINDS
from archcalc.spec import grammar as pickled
from archcalc.verify.module import TorchRefuses

COPIES = {"pickle": lambda value: pickle.loads(pickle.dumps(value)), "deepcopy": copy.deepcopy}
AWKWARD = """
net: N
use: own
given: {k: {default: 2, min: 1}, word: {default: a, choices: [a, 'b']}, spare: 1}
let: {width(c): c*k}
input: [3, 9, 9]
variants:
  first: {}
  second: {k: 4}
layers:
  - twice(width(4))
  - last: conv(2, k)
    when: word == 'a'
    else: [relu]
"""
BLOCKS = "let: {double(c): 2*c}\nblocks:\n  twice(c):\n    - conv(double(c), 3)\n    - relu\n"
PLACE = Place(Source("net.yaml", "net: N\nlayers: relu\n"), 1, 8, 4)
MANY = [Problem(f"problem {n}", PLACE._replace(line=n % 2), "knobs") for n in range(30)]


def awkward(folder):
    """A family in a file of one's own, with blocks in another."""
    (folder / "blocks").mkdir()
    (folder / "blocks" / "own.yaml").write_text(BLOCKS)
    (folder / "net.yaml").write_text(AWKWARD)
    return archcalc.load(f"{folder / 'net.yaml'}#second")


@pytest.mark.parametrize("how", COPIES)
def test_every_network_and_its_report(how):
    for name in members()[:: 1 if how == "pickle" else 10]:
        pickled.unpickled.cache_clear()
        network = archcalc.load(name)
        report = network.summary()
        expected = report.to_dict()
        assert COPIES[how](network).summary().to_dict() == expected, name
        assert COPIES[how](report).to_dict() == expected, name


@pytest.mark.parametrize("label", KINDS)
def test_every_kind_of_layer(label):
    assert pickle.loads(pickle.dumps(KINDS[label])) is KINDS[label]


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    "ask",
    [
        lambda network: network.sweep(alpha=[1, 2])["mult_adds"].tolist(),
        lambda network: network.sweep("params", alpha="0.5:1:0.25").arrays()["params"].tolist(),
        lambda network: repr(network.sweep(alpha=[1, 2])),
        lambda network: network.formula(free="alpha").text(),
        lambda network: network.formula(over="vgg16").at(),
        lambda network: network.solve("mult_adds <= 100M", free="alpha").best,
        lambda network: len(network.solve("mult_adds <= 100M", free="alpha, rho").curve()),
        lambda network: str(network.explain(over="mobilenet_v2")),
    ],
)
def test_what_a_network_answers(ask, how):
    network = archcalc.load("mobilenet_v1")
    assert ask(COPIES[how](network)) == ask(network)


@pytest.mark.parametrize("how", COPIES)
def test_answers(how):
    network, again = archcalc.load("mobilenet_v1"), COPIES[how]
    sweep, formula = network.sweep(alpha=[1, 2]), network.formula()
    solution, explanation = network.solve("params <= 1M", free="alpha"), network.explain(over="vgg16")
    assert (again(sweep)["params"] == sweep["params"]).all()
    assert again(sweep)["params"].tolist() == sweep["params"].tolist()
    assert (again(formula).text(), again(formula).at(alpha=2)) == (formula.text(), formula.at(alpha=2))
    assert again(solution).best == solution.best
    assert len(again(solution).search.sweep.arrays()["params"]) == solution.search.sweep.points
    assert (str(again(explanation)), again(explanation).latex) == (str(explanation), explanation.latex)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    "error",
    [
        archcalc.ArchcalcError("m\x1b"),
        archcalc.SpecError(MANY),
        Refusal("m"),
        Refusal("m", PLACE),
        TorchRefuses(archcalc.load("lenet5").summary().graph.nodes[1], ValueError("no")),
    ],
    ids=repr,
)
def test_every_error(error, how):
    again = COPIES[how](error)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
    assert vars(again).keys() == vars(error).keys()
    assert [getattr(again, name, None) == getattr(error, name, None) for name in ("problems", "place")] == [True, True]


@pytest.mark.parametrize("how", COPIES)
def test_a_network_whose_file_has_changed_or_is_gone(how, tmp_path):
    network = awkward(tmp_path)
    expected = network.summary(k=3).to_dict()
    held = pickle.dumps(network) if how == "pickle" else network
    (tmp_path / "net.yaml").write_text("net: M\ninput: [1]\nlayers: []\n")
    shutil.rmtree(tmp_path / "blocks")
    pickled.unpickled.cache_clear()
    again = pickle.loads(held) if how == "pickle" else copy.deepcopy(held)
    assert again.summary(k=3).to_dict() == expected
    assert list(again.knobs) == list(network.knobs) == ["k", "word"]
    with pytest.raises(archcalc.SpecError) as caught:
        again.summary(k=9)
    with pytest.raises(archcalc.SpecError) as before:
        network.summary(k=9)
    assert caught.value.problems == before.value.problems


def test_a_file_of_blocks_of_which_none_is_left(tmp_path):
    """Another file gives each of its blocks again: it is used all the same, and read again."""
    network = awkward(tmp_path)
    (tmp_path / "blocks" / "other.yaml").write_text(BLOCKS)
    (tmp_path / "net.yaml").write_text(AWKWARD.replace("use: own", "use: [own, other]"))
    assert archcalc.load(f"{tmp_path / 'net.yaml'}#second").summary().to_dict() == network.summary().to_dict()
    again = pickle.loads(pickle.dumps(archcalc.load(f"{tmp_path / 'net.yaml'}#second")))
    assert again.summary().to_dict() == network.summary().to_dict()


def test_another_version_is_told(monkeypatch):
    data = pickle.dumps(archcalc.load("lenet5"))
    monkeypatch.setattr(pickled, "__version__", "0.0.1")
    pickled.unpickled.cache_clear()
    with pytest.raises(
        archcalc.ArchcalcError, match=rf"pickled by archcalc {archcalc.__version__}, but this is 0\.0\.1"
    ):
        pickle.loads(data)


def counted(network, classes):
    """In a process of a pool."""
    return network.summary(classes=classes)


def told(ask):
    """What is answered, or how it is refused."""
    try:
        return ask().to_dict()
    except archcalc.ArchcalcError as error:
        return type(error), str(error)


def test_a_pool_of_processes():
    """Good values give their report, bad ones their error; neither leaves the caller waiting."""
    network, values = archcalc.load("mobilenet_v1"), (10, 2.5, Fraction(1, 3), float("nan"), 1000)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        answers = [pool.apply_async(counted, (network, value)) for value in values]
        found = [told(lambda answer=answer: answer.get(timeout=60)) for answer in answers]
    assert found == [told(lambda value=value: network.summary(classes=value)) for value in values]
    assert [isinstance(one, dict) for one in found] == [True, False, False, False, True]
    assert {one[0] for one in found[1:4]} == {archcalc.SpecError, archcalc.ArchcalcError}


def test_a_fresh_interpreter_pickles():
    code = "import pickle, archcalc; print(pickle.loads(pickle.dumps(archcalc.load('lenet5'))).name)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "lenet5\n"
