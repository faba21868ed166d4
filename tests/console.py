"""The command line in a test: run it, hold what it prints against a golden text, or its one message of a mistake."""

import os
from pathlib import Path

from click.testing import CliRunner

from archcalc.cli import deliver, main

GOLDEN = Path(__file__).parent / "golden"


def run(command, **env):
    """The result of a command, a text split at spaces or a list of words, on a terminal of 100 columns."""
    words = command.split() if isinstance(command, str) else command
    return CliRunner(env={"COLUMNS": "100", **env}).invoke(main, words)


def tables_of(monkeypatch, command):
    """The tables that a command shows."""
    found = []
    monkeypatch.setattr(deliver, "render_tables", lambda tables, *rest, **how: found.extend(tables) or b"")
    result = run([*command, "--format", "md"])
    assert result.exit_code == 0, result.output
    return found


def check_golden(name, command):
    """What people read is tests/golden/NAME.txt; ARCHCALC_UPDATE=1 writes it anew."""
    result = run(command)
    assert result.exit_code == 0, result.output
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ARCHCALC_UPDATE") == "1":
        path.write_text(result.output)
    assert result.output == path.read_text()


def check_mistake(command, message, folder):
    """One message, exit status 2, no traceback, and nothing written to the folder it runs in."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = run(command)
    finally:
        os.chdir(before)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(folder.iterdir()) == []
