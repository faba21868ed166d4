"""The command line: what it prints, what it refuses, and how it leaves files."""

import json
import os
import re
from fractions import Fraction

import pytest
from console import check_golden, check_mistake, run
from rich.cells import cell_len

import archcalc
from archcalc.cli import main
from archcalc.output import FORMATS

COMMANDS = {
    "summary_lenet5": "summary lenet5",
    "summary_blocks": "summary resnet50 --by block",
    "summary_depth": "summary googlenet --by block --depth 2 --columns layer,output,params,buffers,mult_adds",
    "summary_kind": "summary mobilenet_v2 --by kind --alpha 1.4",
    "compare": "compare inception_naive inception_reduced --by layer",
    "compare_three": "compare resnet18 resnet34 resnet18@classes=10",
    "no_common_block": "compare lenet5 vgg16",
    "help": "summary mobilenet_v1 --help",
    "kind": "kinds conv",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_people_read(name):
    check_golden(name, COMMANDS[name])


MISTAKES = {
    "summary mobilenet_v9": "no network 'mobilenet_v9'; did you mean mobilenet_v1, mobilenet_v2, mobilenet_v3_large, ",
    "summary mobilenet_v1 --alfa 1": "no option '--alfa'; did you mean '--alpha'?",
    "summary mobilenet_v1@alfa=1": "no knob 'alfa'; did you mean 'alpha'?",
    "summary mobilenet_v1@alpha": "no network",
    "summary mobilenet_v1@alpha=1,rho": "NAME@alpha=0.5,rho=0.714",
    "summary mobilenet_v1 --alpha nan": "alpha",
    "summary mobilenet_v1 --alpha 1/0": "division by zero",
    "summary mobilenet_v1 --alpha 0.001": "at least 1/32",
    "summary mobilenet_v1 --alpha": "requires an argument",
    "summary googlenet --aux maybe": "one of false, true",
    "summary resnet50 --classes 2.5": "whole number",
    "summary vgg16 --by colour": "colour",
    "summary vgg16 --columns layer,colour": "no column 'colour'",
    "summary vgg16 --format pdf": "no format 'pdf'",
    "summary vgg16 --format xlsx": "-o FILE.xlsx",
    "summary vgg16 -o out.pdf": "the suffix decides",
    "compare vgg16 nowhere.yaml": "no such file",
    "export vgg16": "Missing option '-o'",
    "export vgg16 -o nowhere/out.md": "nothing was written",
    "compare vgg16 -o out.md --standalone": "--standalone is for tex, and the format here is md",
    "memory vgg16 --format xlsx": "a workbook is not text; give it a file with -o FILE.xlsx",
    "list -o out.parquet": "the suffix decides the format; there are .txt, .md, .csv, .tex, .html, .json, .xlsx",
    "list --family Resnext50": "no family",
    "kinds convv": "did you mean 'conv'?",
    "check nowhere.yaml": "no such file",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_mistakes_get_one_message(command, tmp_path):
    check_mistake(command, MISTAKES[command], tmp_path)


def test_every_knob_is_an_option_with_its_help():
    text = run("summary mobilenet_v1 --help").output
    for knob in archcalc.load("mobilenet_v1").knobs.values():
        assert f"--{knob.name} " in text
        assert knob.help.split()[0] in text


def test_knobs_before_the_name_and_with_equals():
    expected = run("summary mobilenet_v1 --alpha 0.5 --rho 6/7").output
    assert run("summary --alpha 0.5 --rho=6/7 mobilenet_v1").output == expected
    assert run("summary mobilenet_v1@alpha=0.5,rho=6/7").output == expected
    assert run("summary -o - mobilenet_v1").exit_code == 2


def test_a_knob_is_exact():
    report = json.loads(run("summary mobilenet_v1 --rho 0.714 --format json").output)
    assert report["input"] == [3, 160, 160]
    assert archcalc.load("mobilenet_v1").accept("rho", "0.714", text=True) == Fraction(357, 500)


def test_the_json_contract():
    report = json.loads(run("summary resnet50 --format json --classes 10").output)
    assert report["network"] == "resnet50"
    assert report["knobs"]["classes"] == 10
    assert report["input"] == [3, 224, 224]
    assert set(report["layers"][0]) >= {"name", "kind", "output", "params", "buffers", "mult_adds"}
    assert {key: report["layers"][0][key] for key in ("kind", "output", "params", "buffers", "mult_adds")} == {
        "kind": "conv", "output": [64, 112, 112], "params": 9408, "buffers": 0, "mult_adds": 118013952}  # fmt: skip
    assert set(report["totals"]) == {"params", "buffers", "mult_adds"}
    for figure in report["totals"]:
        assert report["totals"][figure] == sum(layer[figure] for layer in report["layers"])


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "command", ["summary googlenet", "summary mobilenet_v2 --by block", "compare resnet18 resnet34"]
)
def test_tables_fit_the_width_and_cut_no_number(command, width):
    output = run(command, COLUMNS=str(width)).output
    assert max(map(cell_len, output.splitlines())) <= width
    assert "…" not in output
    figures = {f"{row.params:,}" for name in command.split() if name in ("googlenet", "mobilenet_v2")
               for row in archcalc.load(name).summary().by("block" if "block" in command else "layer")}  # fmt: skip
    shown = set(re.findall(r"[\d,]*\d", output))
    assert width < 80 or figures <= shown


def test_output_for_files_has_no_colour(tmp_path):
    for suffix in FORMATS[1:-1]:
        path = tmp_path / f"out.{suffix}"
        assert run(["summary", "lenet5", "-o", str(path)]).exit_code == 0
        assert "\x1b" not in path.read_text()
    assert "\x1b" not in run("summary lenet5").output


def test_an_existing_file_survives_a_failed_write(tmp_path, monkeypatch):
    path = tmp_path / "out.md"
    path.write_text("mine")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    result = run(["export", "lenet5", "-o", str(path)])
    assert (result.exit_code, path.read_text()) == (2, "mine")
    assert "no space left" in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["out.md"]


def test_what_is_no_file_is_not_written_to(tmp_path):
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.md")
    reasons = {"loop.md": "too many levels of symbolic links", "folder.md": "is not a file", "pipe.md": "is not a file",
               "file/a.md": "not a directory", f"{'x' * 300}.md": "file name too long"}  # fmt: skip
    before = sorted(tmp_path.iterdir())
    for name, reason in reasons.items():
        result = run(["export", "lenet5", "-o", str(tmp_path / name)])
        assert (result.exit_code, reason in result.output) == (2, True), result.output
        assert len(result.output.splitlines()) == 1
    for name in ("a\0.csv", "\ud800.csv"):
        with pytest.raises(archcalc.ArchcalcError, match="is not the name of a file"):
            archcalc.load("lenet5").sweep(classes=[1, 2]).write(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


def test_a_written_file_keeps_its_mode_and_its_link(tmp_path):
    target = tmp_path / "target.md"
    target.write_text("old")
    target.chmod(0o600)
    link = tmp_path / "link.md"
    link.symlink_to(target)
    assert run(["export", "lenet5", "-o", str(link)]).exit_code == 0
    assert link.is_symlink()
    assert "LeNet-5" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600


def test_show_list_and_check(tmp_path):
    assert run("show mobilenet_v1").output.startswith("net: MobileNetV1\n")
    assert "densenet121" in run("list").output
    assert "vgg16" not in run("list --family ResNet").output
    names = [row["name"] for row in json.loads(run("list --format json").output)[0]["rows"]]
    assert names == sorted(names)
    assert set(names) == set(archcalc.spec.library.names())
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n")
    assert run(["check", str(spec)]).output == f"{spec}: no errors; N, 1 layer, 0 knobs\n"
    assert run("check batch_norm").output.endswith("1 layer, 5 knobs\n")
    assert run("list mobilenet_v1_block").output.startswith("1 spec\n")
    assert run(["check", str(spec), "resnet50"]).exit_code == 0


def test_a_user_file_works_wherever_a_name_does(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ngiven: {k: 4}\ninput: [3, 8, 8]\nlayers:\n  - conv(k, 3)\n")
    report = json.loads(run(["summary", str(spec), "--k", "5", "--format", "json"]).output)
    assert report["totals"]["params"] == 5 * 3 * 9 + 5
    assert run(["compare", str(spec), f"{spec}@k=5", "lenet5"]).exit_code == 0
    assert run(["export", str(spec), "lenet5", "-o", str(tmp_path / "out.html")]).exit_code == 0


def test_unknown_is_never_zero(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("net: N\ninput: [3, 8, 8]\nlayers:\n  - conv(4, 3)\n  - step: opaque((5, 4))\n")
    output = run(["summary", str(spec)]).output
    assert re.search(r"step\s+opaque\(\(5, 4\)\)\s+5 x 4\s+\?\s+\?\s+\?", output)
    assert re.search(r"total\s+at least 112  at least 3,888 +\?", output)
    assert "totals: at least 112 params (at least 0.00 MiB in float32), ? buffers, at least 3,888 mult-adds" in output
    assert "unknown: step; 'at least' counts the rest" in output
    report = json.loads(run(["summary", str(spec), "--format", "json"]).output)
    bounds = {"params": 112, "mult_adds": 3888}
    assert report["totals"] == {"params": None, "buffers": None, "mult_adds": None, "at_least": bounds}
    assert report["unknown"] == ["step"]


def test_no_knob_hides_behind_an_option():
    own = {name.lstrip("-") for command in main.commands.values() for param in command.params for name in param.opts}
    for name in archcalc.spec.library.names():
        assert not own & set(archcalc.load(name).knobs), f"{name}: give the knob another name"


def test_exclusive_entries_need_no_number(tmp_path):
    spec = tmp_path / "net.yaml"
    text = "net: N\ngiven: {k: 1}\ninput: [3, 8, 8]\nlayers:\n  - c: conv(4, 3)\n    when: k == 1\n    else:\n"
    spec.write_text(text + "      - c: conv(5, 3)\n      - relu\n  - last: conv(2, 1)\n    from: c\n")
    network = archcalc.load(str(spec))
    assert [row.name for row in network.summary().layers] == ["c", "last"]
    assert [row.name for row in network.summary(k=2).layers] == ["c", "relu", "last"]


SPELLINGS = {"VGG16": "vgg16", "ResNet-50": "resnet50", "inceptionV3": "inception_v3", "vgg_d": "vgg16",
             "faster_rcnn": "faster_r_cnn_vgg16", "Inception-v1": "googlenet", "LeNet": "lenet5"}  # fmt: skip


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS.items())
def test_common_spellings_and_old_names_resolve(spelling, name):
    assert run(["summary", spelling]).output == run(["summary", name]).output != ""


def test_a_spelling_of_two_names_is_neither():
    for one, two in (("regnet_x_1_6gf", "regnet_x_16gf"), ("regnet_y_3_2gf", "regnet_y_32gf")):
        assert run(["summary", one]).output != run(["summary", two]).output != ""
        result = run(["summary", one.replace("_", "")])
        assert result.exit_code == 2
        assert one in result.output
        assert two in result.output


def test_no_alias_is_a_spelling_of_another_name():
    from archcalc.core.synonyms import squeezed
    from archcalc.spec.library import aliases, names

    known = [squeezed(name) for name in names()]
    clash = {
        alias for alias, name in aliases().items() if squeezed(alias) in known and squeezed(alias) != squeezed(name)
    }
    assert clash == set()
