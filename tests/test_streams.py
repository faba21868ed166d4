"""Wherever its output goes, and whenever it is interrupted, a command ends with a status that is true, and in one line.

Status 1 says that a verification found a difference, and never that something could not be printed.
"""

import io
import itertools
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from console import run

from archcalc.cli import main
from archcalc.output import replacing, write
from archcalc.output.table import Column, Table
from archcalc.output.terminal import progress, show_tables

COMMANDS = {
    "summary": "summary lenet5",
    "compare": "compare lenet5 alexnet",
    "export": "export lenet5 -o out.md",
    "list": "list --family LeNet",
    "show": "show lenet5",
    "check": "check lenet5",
    "draw": "draw lenet5 --format svg",
    "table": "table mobilenet-table-6",
    "import": "import torch.nn:ReLU --input 3,8,8",
    "kinds": "kinds",
    "conventions": "conventions lenet5",
    "figures": "figures",
    "ask": "ask lenet5:params",
    "published": "published alexnet",
    "lectures": "lectures --table lenet5-table",
    "plot": "plot alexnet vgg11 -o out.svg",
    "page": "page lenet5 -o out.html",
    "formula": "formula conv2d",
    "explain": "explain conv2d",
    "exercise": "exercise lenet5",
    "solve": "solve mobilenet_v1 --free alpha=1,2 --where params<=9M",
    "sweep": "sweep mobilenet_v1 --alpha 1,2 --format csv",
    "scale": "scale efficientnet_b0 --phi 0",
    "memory": "memory lenet5",
    "verify": "verify lenet5 --device meta",
}
HELP = {"help of a command": "summary lenet5 --help", "help": "--help", "version": "--version"}
MISTAKES = {"mistake": "summary nix", "usage": "summary --nix", "no command": "nix", "bad and good": "check lenet5 nix"}
ALL = {**COMMANDS, **HELP, **MISTAKES}
TELLS = {"import"}  # what it found, beside the spec
SILENT = {"export", "page", "plot", *MISTAKES} - {"bad and good"}  # on standard output
ENCODINGS = ("ascii", "cp1252", "utf-8")
KINDS = ("closed", "full", "pipe", *ENCODINGS)
CHILD = """
import json, os, sys, traceback
import numpy, sympy, torch  # once for all of them
from archcalc.cli import main

def stream(number, kind, path):
    if kind == "closed":
        os.close(number)
        return None
    reader, writer = os.pipe()
    file = writer if kind == "pipe" else os.open("/dev/full" if kind == "full" else path, os.O_RDWR | os.O_CREAT)
    os.dup2(file, number)
    os.close(reader)
    return open(number, "w", encoding="utf-8" if kind in ("pipe", "full") else kind, closefd=False)

for number, (kind, words, other) in enumerate(json.loads(sys.argv[1])):
    child = os.fork()
    if child == 0:
        sys.stderr = stream(2, other, f"{number}.err")
        sys.stdout = stream(1, kind, f"{number}.out")
        try:
            main(words.split())
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc()
            status = 1
        try:
            [one.flush() for one in (sys.stdout, sys.stderr) if one]  # as Python does in the end
        except OSError:
            status = 120
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


WITHOUT_ERRORS = {"summary nix": 2, "--nix": 2, "export lenet5 -o a.md": 0, "summary lenet5": 0, "check lenet5 nix": 2}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The status, output and message of each command with each kind of output, of some with each kind of errors."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    folder = tmp_path_factory.mktemp("streams")
    asked = [(kind, words, "utf-8") for kind in KINDS for words in ALL.values()]
    asked += [("utf-8", words, kind) for kind in KINDS for words in WITHOUT_ERRORS]
    command = [sys.executable, "-c", CHILD, json.dumps(asked)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    paths = [[folder / f"{i}.{end}" for end in ("out", "err")] for i in range(len(asked))]
    texts = [[path.read_bytes() if path.exists() else b"" for path in pair] for pair in paths]
    return {case: (int(status), *pair) for case, status, pair in zip(asked, done.stdout.split(), texts, strict=True)}


def test_every_command_is_tried():
    assert set(COMMANDS) == set(main.commands)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kind", KINDS)
def test_any_standard_output(kind, name, found):
    status, output, message = found[kind, ALL[name], "utf-8"]
    expected = 2 if name in MISTAKES else 3 if kind in ("closed", "full") and name not in SILENT else 0
    assert status == expected
    assert b"Traceback" not in message
    assert b"Error" not in message.replace(b"\nError: ", b"")
    if kind in ENCODINGS:
        full = found["utf-8", ALL[name], "utf-8"][1].decode()
        assert output.decode(kind) == full if kind == "utf-8" else len(output.decode(kind)) == len(full)
        assert bool(output) == (name not in SILENT)
        assert b"?" not in output or "?" in full
    elif expected == 3:
        assert message.splitlines()[-1].startswith(b"standard output: ")
        assert len(message.splitlines()) == 1 or name in TELLS
    elif name not in SILENT | TELLS | {*MISTAKES}:
        assert message == b""


@pytest.mark.parametrize("words", WITHOUT_ERRORS)
@pytest.mark.parametrize("kind", KINDS)
def test_any_standard_error(kind, words, found):
    status, output, _ = found["utf-8", words, kind]
    assert status == WITHOUT_ERRORS[words]
    assert bool(output) == (words in ("summary lenet5", "check lenet5 nix"))


SHELL = {
    ">&-": 3,
    ">/dev/full": 3,
    "2>&-": 0,
    ">&- 2>&- <&-": 3,
    "| true": 0,
    "| head -c0": 0,
    "2>&1 >/dev/full | true": 3,
}
NO_UNICODE = ({"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"})


def in_bash(command, **env):
    """What a shell makes of a command; "archcalc" is this one."""
    line = command.replace("archcalc", f"{sys.executable} -m archcalc")
    words = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(words, env={**os.environ, **env}, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("redirection", SHELL)
def test_from_a_shell(redirection):
    done = in_bash(f"archcalc summary lenet5 {redirection}")
    assert done.returncode == SHELL[redirection]
    assert done.stderr.count(b"\n") == (redirection in (">&-", ">/dev/full"))


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    """What a library then printed would go into it."""
    code = f"""
import os
from archcalc.__main__ import main
try:
    main()
finally:
    with open({str(tmp_path / "number")!r}, "w") as file:
        print(file.fileno(), file=file)
"""
    command = [sys.executable, "-c", code, "--version"]
    subprocess.run(["bash", "-c", '"$@" <&- >&- 2>&-', "bash", *command], timeout=60, check=False)
    assert int((tmp_path / "number").read_text()) > 2


@pytest.mark.parametrize("env", NO_UNICODE, ids=str)
def test_from_a_shell_without_unicode(env):
    done = in_bash("archcalc summary lenet5", **env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\n-----" in done.stdout


def test_a_reader_that_stops_ends_a_long_output():
    """A sweep of far more points than anybody could wait for."""
    done = in_bash("archcalc sweep mobilenet_v1 --alpha 1:4:1/1000000000 --yes --format csv | head -2")
    assert done.returncode == 0
    assert re.fullmatch(rb"3,000,000,001 points, about [^\n]+ as csv\n", done.stderr)
    assert done.stdout.startswith(b"alpha,mult_adds,params,why")


def test_a_message_comes_after_what_was_found_before_it():
    lines = in_bash("archcalc check lenet5 nix alexnet 2>&1").stdout.decode().splitlines()
    assert [re.split("[:;]", line)[0] for line in lines] == ["lenet5", "alexnet", "no network 'nix'"]


@pytest.mark.parametrize("columns", ["\u00b2", "-5", "0", "1", "2", "", " 7", "1e3", "9" * 5000, "\u0663\u0660", "x"])
def test_any_width(columns):
    for command in ("summary lenet5", "compare lenet5 alexnet", "list --family LeNet", "memory lenet5"):
        result = run(command, COLUMNS=columns, LINES=columns)
        assert (result.exit_code, result.exception) == (0, None), result.output


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("columns", ["\u00b2", "-5", "1", "9" * 5000])
def test_any_width_of_a_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    terminal = Terminal()
    show_tables([Table("title", (Column("a", "a"),), ((123456,),))], terminal)
    with progress(10, "work", terminal) as advance:
        advance(5)
    assert "123,456" in terminal.getvalue()


# Interrupts

IMPORTS = """
import os, sys
from archcalc.__main__ import main

class Finder:
    def find_spec(self, name, *_):
        if name == wanted:
            raise KeyboardInterrupt

words, *names = sys.stdin.read().split("\\n")
sys.argv = ["archcalc", *words.split()]
os.dup2(1, 2)
for wanted in names:
    child = os.fork()
    if child == 0:
        sys.meta_path.insert(0, Finder())
        main()
    print(wanted, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_an_interrupt_while_modules_are_imported():
    """From the first module to the last that a command needs."""
    words = "summary lenet5"
    listed = in_bash(f"archcalc {words} 2>&1 >/dev/null", PYTHONPROFILEIMPORTTIME="1").stdout.decode()
    names = re.findall(r"\| +(archcalc\.\S+|numpy|click|yaml)$", listed, re.MULTILINE)
    assert len(names) > 40
    given = "\n".join([words, *names])
    done = subprocess.run([sys.executable, "-c", IMPORTS], input=given, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == [line for name in names for line in ("interrupted", f"{name} 130")]


@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("before", [None, "what was there"])
def test_an_interrupt_at_any_moment_of_writing_a_file(before, tmp_path):
    """At each line of the code that writes, one after the other: the old file or the new one, and nothing else."""
    path, code, found = tmp_path / "out.md", (replacing.__wrapped__.__code__, write.__code__), []
    for moment in itertools.count():
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_text(before)
        sys.settrace(interrupting(code, moment))
        try:
            write(path, b"new")
        except KeyboardInterrupt:
            found.append(path.read_text() if path.exists() else None)
            assert [p.name for p in tmp_path.iterdir()] == [path.name] * path.exists(), moment
        else:
            break
        finally:
            sys.settrace(None)
    assert len(found) > 10
    assert {*found} == {before, "new"}
    assert found == sorted(found, key=lambda text: text == "new")


def interrupting(code, moment):
    """A trace function that interrupts as that line of the code is reached."""
    lines = itertools.count()

    def trace(frame, event, _):
        if frame.f_code not in code:
            return None
        if event == "line" and next(lines) == moment:
            raise KeyboardInterrupt
        return trace

    return trace


MOMENTS = ("archcalc.cli.knobs.reference", "archcalc.cli.reports.deliver", "os.fsync", "os.replace")


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_of_a_command(moment, monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    result = run(["export", "lenet5", "-o", str(tmp_path / "out.md")])
    assert (result.exit_code, result.output) == (130, "interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_a_bar_is_shown():
    terminal = Terminal()
    with suppress(KeyboardInterrupt), progress(10, "work", terminal) as advance:
        advance(1)
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\x1b[2K")  # the bar is gone
