"""The front page and the pages behind it are true: every command in them runs, and its output is current.

`ARCHCALC_UPDATE=1 pytest tests/test_pages.py` writes the outputs anew, to be read before they are committed.
"""

import csv
import doctest
import importlib
import json
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.catalogue import catalogue
from archcalc.cli import main

TOP = Path(__file__).parent.parent
README = TOP / "README.md"
PAGES = [README, TOP / "reports" / "README.md", *sorted((TOP / "docs").glob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def block(page, language):
    """The first block of a page in that language."""
    return re.search(rf"```{language}\n(.*?)```", TEXTS[TOP / page], re.DOTALL)[1]


LAYOUT = block("docs/table.md", "yaml")
FILES = {  # which the pages show, and their commands read
    "my_net.yaml": block("README.md", "yaml"),
    "my_table.yaml": LAYOUT,
    "my_typo.yaml": LAYOUT.replace("of stem}x", "of stern}x"),
    "ada.csv": block("docs/exercise.md", "csv"),
    "ben.csv": block("docs/lecture.md", "csv"),
    "grid.yaml": block("docs/lecture.md", "yaml"),
}
UPDATE = os.environ.get("ARCHCALC_UPDATE") == "1"
EXAMPLES = [page for page in PAGES if "\n>>> " in TEXTS[page]]


def name(page):
    return page.relative_to(TOP).as_posix()


def session(block: str, columns: int = 100) -> str:
    """The commands of a block, each followed by what it prints now."""
    shown = []
    for command in re.findall(r"^\$ archcalc (.*)$", block, re.MULTILINE):
        result = CliRunner(env={"COLUMNS": str(columns)}).invoke(main, shlex.split(command))
        assert result.exit_code == (2 if re.search(r"^ +\^+$", result.output, re.MULTILINE) else 0), result.output
        output = "\n".join(line.rstrip() for line in result.output.splitlines())
        shown.append(f"$ archcalc {command}\n{output}\n")
    return "".join(shown)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


@pytest.mark.skipif(UPDATE, reason="writing the outputs anew")
@pytest.mark.parametrize("block", [block for text in TEXTS.values() for block in CONSOLE.findall(text)],
                         ids=lambda block: block.splitlines()[0][2:])  # fmt: skip
def test_outputs_are_current(block, folder):
    assert block.startswith("$ archcalc ")
    assert session(block) == block


@pytest.mark.skipif(not UPDATE, reason="only with ARCHCALC_UPDATE=1")
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_write_outputs(page, folder):
    current = CONSOLE.sub(lambda match: f"```console\n{session(match[1])}```", TEXTS[page])
    page.write_text(current, encoding="utf-8")


@pytest.mark.parametrize("page", EXAMPLES, ids=name)
def test_python_examples(page):
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted >= 3
    assert result.failed == 0


def test_the_front_page_and_others_have_examples():
    assert {"README.md", "formula.md", "python.md"} <= {page.name for page in EXAMPLES}


@pytest.mark.parametrize("command", re.findall(r"`archcalc (\w+ [^`\n]*)`", TEXTS[README]))
def test_commands_in_the_text_run(command, folder):
    if command.startswith("verify"):
        pytest.importorskip("torch")
    assert CliRunner().invoke(main, shlex.split(command)).exit_code == 0


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_the_text_exist(page):
    words = set(re.findall(r"`archcalc (\w+)[^`\n]*`", TEXTS[page]))
    assert words <= set(main.commands)
    assert page != README or words >= {"check", "kinds", "show"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_files_that_a_page_links_to_exist(page):
    links = re.findall(r"\]\(([^)#:]+)\)", TEXTS[page])
    assert all((page.parent / link).exists() for link in links), links


def test_what_the_front_page_says_of_comparisons_is_current():
    """The counts in "Why its numbers can be trusted" are those of the reports and of the tools' data."""
    computed = json.loads((TOP / "reports/verification/cpu.json").read_text("utf-8"))["verified"]
    without_data = json.loads((TOP / "reports/witnesses/meta.json").read_text("utf-8"))
    verified, witnessed = without_data["verified"], without_data["witnessed"]
    with (TOP / "tests/references/tools.csv").open(encoding="utf-8") as lines:
        tools = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    text = " ".join(TEXTS[README].split())
    assert f"The {len(catalogue())} specs become torch modules" in text
    assert len(verified) == len(catalogue())
    assert f"of all {sum(one['layers'] for one in verified):,} layers are equal" in text
    assert f"{len({one['label'] for one in witnessed})} specs equal modules" in text
    assert f"{len(computed)} of them were computed on a CPU" in text
    assert not any(one["differences"] for one in [*computed, *verified, *witnessed])
    assert f"{len(tools)} modules were counted by all of them" in text


def test_the_front_page_is_short():
    tour = TEXTS[README].partition("## Count")[2]
    assert len(tour.splitlines()) < 150


def test_the_benchmark_runs(capsys):
    """Its quick parts; what it prints are ratios, which are read and not asserted."""
    pytest.importorskip("torch")
    benchmark = importlib.import_module("benchmark")
    benchmark.whole_process(pairs=1)
    benchmark.in_process(pairs=1)
    assert capsys.readouterr().out.count("aim") == 4
