"""What there is to choose from: a line for each family on a terminal, a row for each network elsewhere."""

import csv
import json
import re
from collections import Counter
from io import StringIO

import pytest
from console import check_mistake, run

import archcalc
from archcalc.cli import main
from archcalc.core.synonyms import squeezed
from archcalc.spec.library import choose, entries, headings


@pytest.fixture
def on_terminal(capsys, monkeypatch):
    """The lines that a command prints on a terminal of 80 columns, without colours."""

    def lines(command):
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit, match=r"^0$"):
            main(command.split())
        return re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out).splitlines()

    return lines


def rows(command):
    return json.loads(run(f"{command} --format json").output)[0]["rows"]


def test_it_fits_a_screen_and_reads_only_headings(on_terminal, monkeypatch):
    monkeypatch.setattr("archcalc.spec.library.parse_spec", lambda *_: pytest.fail("a spec was parsed"))
    lines = on_terminal("list")
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    counts = Counter((entry.heading("family"), entry.heading("kind") == "network") for entry in entries())
    for family in headings("family"):
        (line,) = (line for line in lines if line.startswith(f"{family} "))
        assert line.split()[len(family.split()) :][:2] == [str(counts[family, True]), str(counts[family, False])]
        named = re.findall(r"\w+", line)[len(family.split()) + 2 :]
        assert set(named) <= set(archcalc.names(family=family))


@pytest.mark.parametrize("command", ["list --all", "list net", "list --kind network", "list --family Inception"])
def test_what_is_asked_for_is_a_row_for_each_network_on_a_terminal_too(on_terminal, command):
    assert on_terminal(command)[1].split() == ["name", "family", "kind", "knobs", "source"]


def test_elsewhere_it_is_a_row_for_each_network():
    assert [row["name"] for row in rows("list")] == archcalc.names()
    table = list(csv.DictReader(StringIO(run("list --format csv").output)))
    assert [row["name"] for row in table] == archcalc.names()
    assert run("list").output.startswith(f"{len(archcalc.names())} specs\n")


@pytest.fixture(scope="module")
def titles():
    """Name -> what a word may be part of."""
    specs = {name: archcalc.load(name).spec for name in archcalc.names()}
    return {name: list(map(squeezed, (name, spec.headings["family"], spec.headings["net"])))
            for name, spec in specs.items()}  # fmt: skip


@pytest.mark.parametrize("words", ["resnet", "ResNet", "res-net 50", "INCEPTION v2", "keras", "separable", "bn"])
def test_every_word_is_in_name_family_or_title(words, titles):
    found = {row["name"] for row in rows(f"list {words}")}
    wanted = [squeezed(word) for word in words.split()]
    for name, texts in titles.items():
        assert (name in found) == all(any(word in text for text in texts) for word in wanted)
    assert found


def test_words_and_headings_go_together():
    assert {row["kind"] for row in rows("list resnet --kind blocks")} == {"block"}
    assert choose(family="in ception") == choose(family="Inception")


def test_headings_are_those_of_the_specs():
    for entry in entries():
        spec = archcalc.load(entry.name).spec
        assert all(
            entry.heading(key) == spec.headings.get(key, entry.heading(key)) for key in ("net", "family", "kind")
        )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("list unheard", "nothing listed has 'unheard' in its name, family or title\n"),
        ("list resnt", "nothing listed has 'resnt' in its name, family or title; did you mean resnet18, resnet34, "),
        ("list v2 --family network-in-network", "nothing listed has 'v2' in its name, family or title\n"),
        ("list --family mobilenets", "no family 'mobilenets'; did you mean 'MobileNet'?"),
        ("list --lecture 999", "no network listed is from lecture '999'\n"),
        ("list --kind netwrok", "no kind 'netwrok'; did you mean 'network'?"),
        (
            "list --by kind",
            "no option '--by'; summary, compare, export, plot have it (options of list: --all, --family, ",
        ),
    ],
)
def test_what_is_not_there(command, message, tmp_path):
    check_mistake(command, message, tmp_path)
