"""The page on formulas is true: every command in it runs, and its output is current.

`ARCHCALC_UPDATE=1 pytest tests/test_docs_formula.py` writes the outputs anew, to be read before they are committed.
"""

import doctest
import os
import re
from pathlib import Path

from click.testing import CliRunner

from archcalc.cli import main

PAGE = Path(__file__).parent.parent / "docs" / "formula.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def session(match):
    """The commands of a block, each followed by what it prints now."""
    shown = []
    for command in re.findall(r"^\$ archcalc (.*)$", match[1], re.MULTILINE):
        result = CliRunner(env={"COLUMNS": "100"}).invoke(main, command.split())
        assert result.exit_code == 0, result.output
        shown.append(f"$ archcalc {command}\n{result.output}")
    return f"```console\n{''.join(shown)}```"


def test_outputs_are_current():
    text = PAGE.read_text(encoding="utf-8")
    current = CONSOLE.sub(session, text)
    if os.environ.get("ARCHCALC_UPDATE") == "1":
        PAGE.write_text(current, encoding="utf-8")
    assert current == PAGE.read_text(encoding="utf-8")
    assert text.count("$ archcalc") >= 4


def test_python_examples():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert (result.attempted, result.failed) == (6, 0)
