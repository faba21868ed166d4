"""The front page is true: every command in it runs, and its output is current.

`ARCHCALC_UPDATE=1 pytest tests/test_readme.py` writes the outputs anew, to be read before they are committed.
"""

import doctest
import importlib
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
BROKEN = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
UPDATE = os.environ.get("ARCHCALC_UPDATE") == "1"


def session(block: str) -> str:
    """The commands of a block, each followed by what it prints now."""
    shown = []
    for command in re.findall(r"^\$ archcalc (.*)$", block, re.MULTILINE):
        result = CliRunner(env={"COLUMNS": "100"}).invoke(main, shlex.split(command))
        assert result.exit_code in (0, 2), result.output
        assert result.exit_code == 0 or "check" in command
        output = "\n".join(line.rstrip() for line in result.output.splitlines())
        shown.append(f"$ archcalc {command}\n{output}\n")
    return "".join(shown)


@pytest.fixture
def my_net(tmp_path, monkeypatch):
    (tmp_path / "my_net.yaml").write_text(BROKEN[1])
    monkeypatch.chdir(tmp_path)


@pytest.mark.skipif(UPDATE, reason="writing the outputs anew")
@pytest.mark.parametrize("block", CONSOLE.findall(TEXT), ids=lambda block: block.splitlines()[0][2:])
def test_outputs_are_current(block, my_net):
    if "archcalc verify" in block:
        pytest.importorskip("torch")
    assert session(block) == block


@pytest.mark.skipif(not UPDATE, reason="only with ARCHCALC_UPDATE=1")
def test_write_outputs(my_net):
    README.write_text(CONSOLE.sub(lambda match: f"```console\n{session(match[1])}```", TEXT), encoding="utf-8")


def test_python_examples():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 6
    assert result.failed == 0


@pytest.mark.parametrize("command", re.findall(r"`archcalc (\w+ [^`\n]*)`", TEXT))
def test_commands_in_the_text_run(command):
    assert CliRunner().invoke(main, shlex.split(command)).exit_code == 0


def test_commands_in_the_text_exist():
    words = set(re.findall(r"`archcalc (\w+)[^`\n]*`", TEXT))
    assert words >= {"check", "kinds", "show"}
    assert words <= set(main.commands)


def test_the_benchmark_runs(capsys):
    """Its quick parts; what it prints are ratios, which are read and not asserted."""
    pytest.importorskip("torch")
    benchmark = importlib.import_module("benchmark")
    benchmark.whole_process(pairs=1)
    benchmark.in_process(pairs=1)
    assert capsys.readouterr().out.count("aim") == 3
