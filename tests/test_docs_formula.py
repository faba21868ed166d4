"""The pages on formulas, figures and addresses are true: every command in them runs, and its output is current.

`ARCHCALC_UPDATE=1 pytest tests/test_docs_formula.py` writes the outputs anew, to be read before they are committed.
"""

import doctest
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "formula.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def session(match):
    """The commands of a block, each followed by what it prints now."""
    shown = []
    for command in re.findall(r"^\$ archcalc (.*)$", match[1], re.MULTILINE):
        result = CliRunner(env={"COLUMNS": "100"}).invoke(main, shlex.split(command))
        assert result.exit_code == (2 if "^" in result.output.splitlines()[-1] else 0), result.output
        shown.append(f"$ archcalc {command}\n{result.output}")
    return f"```console\n{''.join(shown)}```"


@pytest.mark.parametrize(("page", "commands"), [(PAGE, 4), (DOCS / "figures.md", 1), (DOCS / "ask.md", 8)])
def test_outputs_are_current(page, commands):
    text = page.read_text(encoding="utf-8")
    current = CONSOLE.sub(session, text)
    if os.environ.get("ARCHCALC_UPDATE") == "1":
        page.write_text(current, encoding="utf-8")
    assert current == page.read_text(encoding="utf-8")
    assert text.count("$ archcalc") >= commands


@pytest.mark.parametrize(("page", "examples"), [(PAGE, 6), (DOCS / "ask.md", 5)])
def test_python_examples(page, examples):
    result = doctest.testfile(str(page), module_relative=False)
    assert (result.attempted, result.failed) == (examples, 0)
