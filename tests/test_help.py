"""What --help says: it fits the terminal, and what it promises works."""

import re
from importlib import import_module

import click
import pytest
from console import run

from archcalc.cli import GROUPS, main
from archcalc.cli.knobs import KnobCommand
from archcalc.output.formats import BY_NAME, LISTED

LEAST = {  # the least that each command that writes has to be given
    "summary": "lenet5", "compare": "lenet5 nin", "export": "lenet5", "list": "nin", "formula": "dropout",
    "explain": "conv2d", "solve": "mobilenet_v1_block --free alpha=0.5:1:0.25 --where mult_adds<=20M",
    "conventions": "lenet5", "figures": "", "published": "alexnet", "plot": "alexnet vgg11",
    "lectures": "--table densenet-table-1", "ask": "lenet5:params", "table": "mobilenet-table-6",
    "draw": "inception_reduced", "memory": "lenet5 nin", "page": "lenet5",
    "sweep": "mobilenet_v1_block --alpha 0.5,1", "exercise": "lenet5", "scale": "efficientnet_b0 --phi 1",
    "import": "torch.nn:ReLU", "verify": "dropout --device meta",
}  # fmt: skip
TOLD = {"verify": ["1 network with 1 layer compared; no difference"]}  # beside the names of the files


def options(command, metavar):
    return [param for param in command.params if isinstance(param, click.Option) and param.metavar == metavar]


def promised():
    """Each format that the help of a command names, as the options that ask for it."""
    for command in main.commands.values():
        for option in options(command, "FORMAT"):
            for word in re.findall(r"\w+", option.help.replace(" or ", ", ")):
                yield command.name, [option.opts[0], word], bool(BY_NAME[word].binary)
        for option in options(command, "FILE"):
            for suffix in re.findall(r"\.\w+", option.help):
                yield command.name, [option.opts[0], f"out{suffix}"], False


@pytest.mark.parametrize(("command", "asked", "binary"), list(promised()), ids=lambda value: str(value))
def test_every_format_that_the_help_promises_is_written(command, asked, binary, tmp_path, monkeypatch):
    if command == "verify":
        pytest.importorskip("torch", reason="needs torch, which is not installed")
    monkeypatch.chdir(tmp_path)
    result = run([command, *LEAST[command].split(), *asked, *(["-o", f"out.{asked[1]}"] if binary else [])])
    assert result.exit_code == 0, result.output
    written = sorted(path.name for path in tmp_path.iterdir() if path.stat().st_size)
    assert bool(written) == (asked[0] != "--format" or binary)
    told = [*(f"{name} written" for name in written), *TOLD.get(command, ())]
    assert sorted(result.output.splitlines()) == sorted(told) or not written
    assert any(name.startswith("out.") for name in written) or not written
    assert result.output


def test_no_command_writes_without_saying_how():
    assert {
        command.name for command in main.commands.values() if options(command, "FORMAT") + options(command, "FILE")
    } == set(LEAST)


@pytest.fixture
def shown(capsys, monkeypatch):
    """What a command prints on a terminal of that width (click's own runner has always 80 columns)."""

    def shown(command, width):
        monkeypatch.setenv("COLUMNS", str(width))
        with pytest.raises(SystemExit) as end:
            main(command.split(), prog_name="archcalc")
        assert end.value.code == 0
        return capsys.readouterr().out

    return shown


@pytest.mark.parametrize("width", [52, 60, 80, 120])
@pytest.mark.parametrize("command", ["", *main.commands, "summary resnet50", "sweep vgg16"])
def test_help_fits_the_terminal(command, width, shown):
    assert max(map(len, shown(f"{command} --help", width).splitlines())) <= width


@pytest.mark.parametrize("width", [60, 80])
def test_no_description_of_a_command_is_cut(width, shown):
    output = shown("--help", width).partition("Count:")[2]
    assert "..." not in output
    assert [line[:-1] for line in output.splitlines() if line.endswith(":")] == [*GROUPS][1:]
    assert all(f"  {command.name} " in output for command in main.commands.values())


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_every_option_is_explained(command, shown):
    assert all(param.help for param in command.params if isinstance(param, click.Option))
    text = " ".join(shown(f"{command.name} --help", 80).split())
    knobs = f"Each knob of a network is an option, too: 'archcalc {command.name} mobilenet_v1 --help' explains them."
    assert (knobs in text) == isinstance(command, KnobCommand)
    if isinstance(command, KnobCommand):
        assert "--alpha VALUE width multiplier" in " ".join(shown(f"{command.name} mobilenet_v1 --help", 80).split())


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.name)
def test_what_a_format_names_is_there(one):
    """One entry is all that a format needs: its writers are found by it."""
    assert not one.module or callable(import_module(f"archcalc.output.{one.module}").render_tables)
    module, _, name = one.stream.partition(":")
    assert not one.stream or callable(getattr(import_module(module), name))
    assert bool(one.stream) == bool(one.row_bytes)
    assert one.name in {word for _, (_, word), _ in promised()} | {"folder", "text", "sympy"}
