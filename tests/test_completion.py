"""What a shell is offered when TAB is pressed, by click's own completion for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

import archcalc
from archcalc.cli import main
from archcalc.layers import KINDS
from archcalc.spec.library import headings

HEAVY = ("torch", "numpy", "sympy", "rich", "matplotlib", "xlsxwriter", "tabulate", "pyarrow", "pandas")
SHELLS = ("bash", "zsh", "fish")
PAGE = (Path(__file__).parent.parent / "docs" / "command_line.md").read_text(encoding="utf-8")


@pytest.fixture(params=SHELLS)
def offered(request, monkeypatch):
    """The words that a shell is offered for a line that ends where TAB is pressed."""

    def offered(line):
        words = line.split(" ")
        monkeypatch.setenv("COMP_WORDS", line if request.param != "fish" else " ".join(words[:-1]))
        monkeypatch.setenv("COMP_CWORD", words[-1] if request.param == "fish" else str(len(words) - 1))
        shell = get_completion_class(request.param)(main, {}, "archcalc", "_ARCHCALC_COMPLETE")
        return [item.value if item.type == "plain" else item.type for item in
                shell.get_completions(*shell.get_completion_args())]  # fmt: skip

    return offered


def test_commands(offered):
    assert set(offered("archcalc ")) == set(main.commands)
    assert offered("archcalc su") == ["summary"]


@pytest.mark.parametrize("command", ["summary", "compare vgg16", "export", "show", "verify", "formula conv2d --over"])
def test_networks(offered, command):
    assert offered(f"archcalc {command} mobilenet") == ["mobilenet_layer_14_512", "mobilenet_layer_14_512_separable",
        "mobilenet_v1", "mobilenet_v1_block", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"]  # fmt: skip
    assert offered(f"archcalc {command} wrn_") == ["wrn_28_10", "wrn_50_2"]
    assert offered(f"archcalc {command} ") == archcalc.names()
    assert offered(f"archcalc {command} ./my_n") == ["file"]


def test_knobs_are_those_of_the_network(offered):
    assert offered("archcalc summary mobilenet_v1 --alp") == ["--alpha"]
    assert offered("archcalc summary vgg16 --alp") == []
    assert offered("archcalc compare vgg16 mobilenet_v1 --cl") == ["--classes"]
    assert offered("archcalc summary mobilenet_v1@alpha=0.5 --rh") == ["--rho"]
    assert {"--alpha", "--by", "--columns"} <= set(offered("archcalc summary mobilenet_v1 --"))
    assert "--by" in offered("archcalc summary nosuch --")


def test_values_of_a_knob_with_choices(offered):
    assert offered("archcalc summary resnet50 --option ") == ["A", "B", "C", "none"]
    assert offered("archcalc summary resnet50 --include_top t") == ["true"]
    assert offered("archcalc summary resnet50 --classes ") == []
    assert offered("archcalc summary resnet50 --by ") == ["layer", "block", "kind"]


def test_families_and_kinds(offered):
    assert offered("archcalc list --family mo") == ["mobilenet"]
    assert offered("archcalc list net") == ["network_in_network"]
    assert len(offered("archcalc list --family ")) == len(headings("family"))
    assert offered("archcalc list --kind l") == ["listing"]
    assert offered("archcalc kinds glo") == ["global_avgpool"]
    assert set(offered("archcalc kinds ")) == set(KINDS)


def test_printed_tables(offered):
    assert set(offered("archcalc lectures --table vgg")) == {"vgg-table-1", "vgg-table-2", "vgg16-layer-table"}


@pytest.mark.parametrize("family", headings("family"))
def test_a_family_as_it_is_offered_is_understood(family):
    assert archcalc.names(family=family.lower().replace(" ", "_")) == archcalc.names(family=family)


QUICK = ["archcalc summary mob", "archcalc summary resnet50 --option ", "archcalc list --family ", "archcalc kinds gl"]


@pytest.mark.parametrize("line", QUICK)
def test_it_is_quick(line):
    """Nothing heavy is imported in the process that the shell starts."""
    env = {**os.environ, "_ARCHCALC_COMPLETE": "bash_complete", "COMP_WORDS": line,
           "COMP_CWORD": str(len(line.split(" ")) - 1)}  # fmt: skip
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));" \
           "from archcalc.cli import main; main(prog_name='archcalc')"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.startswith("plain,")
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "archcalc" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_that_switches_it_on(shell):
    env = {**os.environ, "_ARCHCALC_COMPLETE": f"{shell}_source"}
    done = subprocess.run([sys.executable, "-m", "archcalc"], env=env, capture_output=True, text=True)
    assert f"{shell}_source" in PAGE
    if "Shell completion is not supported for Bash versions older" not in done.stderr:
        assert "_ARCHCALC_COMPLETE" in done.stdout
