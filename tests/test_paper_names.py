"""Tables for people call layers as the paper does; the path stays the address, and data has it."""

import re

import pytest
from console import run

import archcalc
from archcalc.catalogue import catalogue
from archcalc.core.errors import SpecError
from archcalc.quantity import quantity, rows_of

NAMED = [spec for spec in catalogue() if spec.paper_names]
FAMILIES = {spec.part.source.name: spec for spec in NAMED}
SAID = {  # network -> what the paper, or its authors' files, call some of its layers, and the figure of one of them
    "vgg16": ("conv1_1 conv1_2 conv2_1 conv3_3 conv5_3 pool5 fc6 fc7 fc8", "features/stage5/conv3/conv"),
    "alexnet": ("conv1 norm1 pool1 conv2 conv3 conv4 conv5 pool5 fc6 fc7 fc8", "features/conv2/conv"),
    "lenet5": ("C1 S2 C3 S4 C5 F6 OUTPUT", "c3/full"),  # LeCun et al. 1998, section II.B
    "googlenet": ("conv1 conv2 inception 3a/1x1|inception 4e/3x3 reduce|inception 5b/pool proj", ""),  # Table 1
    "resnet50": ("conv1 conv2_1/conv1 conv3_1/conv2 conv5_3/conv3 conv3_1/projection fc", ""),  # section 3.3: conv3_1
}


def shown(name, rows):
    report = archcalc.load(name).summary()
    return {row.name: report.paper_name(row.name) for row in rows(report)}


def words(text):
    return [word for part in text.split("|") for word in (part.split() if "inception" not in part else [part])]


@pytest.mark.parametrize("name", SAID)
def test_layers_have_the_names_of_the_paper(name):
    told = SAID[name][0].replace("conv2 inception", "conv2|inception")
    found = [*shown(name, lambda report: report.layers).values()]
    assert {*words(told)} <= {*found}


@pytest.mark.parametrize("spec", NAMED, ids=lambda spec: spec.name)
def test_no_two_layers_or_blocks_have_one_name(spec):
    for depth in (0, 1, 2, 3):
        found = shown(spec.name, lambda report, depth=depth: report.by("block", depth) if depth else report.layers)
        assert len({*found.values()}) == len(found), depth


@pytest.mark.parametrize("family", FAMILIES)
def test_every_rule_names_something(family):
    reports = [archcalc.load(spec.name).summary() for spec in NAMED if spec.part.source.name == family]
    paths = {"/".join(row.name.split("/")[:depth]) for report in reports for row in report.layers
             for depth in range(1, row.name.count("/") + 2)}  # fmt: skip
    rules, used = FAMILIES[family].paper_names, set()
    for path in paths:
        used |= {next((rule for rule in rules if rule.of(path) is not None), None)}
    assert [rule.path for rule in rules if rule not in used] == []


@pytest.mark.parametrize("name", SAID)
def test_a_name_is_an_address_too(name):
    report = archcalc.load(name).summary()
    for row in report.layers:
        found = rows_of(report, report.paper_name(row.name))
        assert row in found
        assert len(found) == 1 or all(f"{other.name}/".startswith(row.name.rpartition("/")[0]) for other in found)
    assert quantity("params", ["conv1_2"]).of(archcalc.load("vgg16").summary()) == 36_928  # 64 x 64 x 3 x 3 + 64
    told = run(["ask", "vgg16: params of conv1_2", "lenet5: connections of C3"])
    assert re.search(r"36,928 .*\n.*241,600", told.output)


@pytest.mark.parametrize("format_", ["table", "md", "html", "tex"])
def test_people_see_names(format_):
    told = run(f"summary lenet5 --format {format_}", COLUMNS="200").output
    assert "C3" in told
    assert "c3/full" not in told
    assert re.search(r"by the paper('|&#x27;)s names", told)


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_data_has_paths(format_):
    told = run(f"summary lenet5 --format {format_}").output
    assert "c3/full" in told
    assert "C3" not in told


def test_the_path_is_a_column_and_a_kind_is_no_path(tmp_path):
    (tmp_path / "net.yaml").write_text(f"{SPEC}  conv: X\n")
    assert "X" not in run(["summary", str(tmp_path / "net.yaml"), "--by", "kind"]).output
    both = run("summary vgg16 --columns layer,path,params", COLUMNS="200").output
    assert re.search(r"conv5_3 +features/stage5/conv3/conv +2,359,808", both)
    assert "by the paper's names" not in run("summary vgg16 --by kind", COLUMNS="200").output
    assert "by the paper's names" not in run("summary mobilenet_v1", COLUMNS="200").output


@pytest.mark.parametrize("spec", FAMILIES.values(), ids=lambda spec: spec.name)
def test_a_file_for_one_network_keeps_the_names(spec, tmp_path):
    (tmp_path / "alone.yaml").write_text(archcalc.load(spec.name).text)
    again = archcalc.load(tmp_path / "alone.yaml").spec.paper_names
    assert [(rule.path, rule.name) for rule in again] == [(rule.path, rule.name) for rule in spec.paper_names]


SPEC = "net: N\ninput: [3, 8, 8]\nlayers:\n  - block:\n      - conv(4, 3)\n      - relu\nnames:\n"


def named(tmp_path, rules):
    (tmp_path / "net.yaml").write_text(SPEC + "".join(f"  {rule}\n" for rule in rules))
    report = archcalc.load(tmp_path / "net.yaml").summary()
    return [report.paper_name(path) for path in ("block/conv", "block/relu", "blocks")]


def test_the_first_rule_that_fits_a_beginning_of_whole_steps(tmp_path):
    assert named(tmp_path, ["block: B"]) == ["B/conv", "B/relu", "blocks"]
    assert named(tmp_path, ["block/{x}: B {x}", "block: B"]) == ["B conv", "B relu", "blocks"]
    assert named(tmp_path, ["block: B", "block/{x}: B {x}"]) == ["B/conv", "B/relu", "blocks"]
    assert named(tmp_path, ["bl{x}: A{x}"]) == ["Aock/conv", "Aock/relu", "Aocks"]
    assert named(tmp_path, ["block/co.v: dot"]) == ["block/conv", "block/relu", "blocks"]


WRONG = {
    "a{x}{y}: b": "a step of a path has at most one part in braces",
    "a{x}/b{x}: c": "two parts of the path have the same name in braces",
    "a{x}: c{y}": "the path has no part {y}",
    "a:": "the paper's name is missing",
    "a: [b, c]": "a name takes a text",
}


@pytest.mark.parametrize("rule", WRONG)
def test_a_rule_that_cannot_be_read_gets_one_message(rule, tmp_path):
    (tmp_path / "specs").mkdir()
    path = tmp_path / "specs" / "net.yaml"
    path.write_text(f"{SPEC}  {rule}\n")
    with pytest.raises(SpecError, match=r"net\.yaml:8:") as told:
        archcalc.load(path)
    assert WRONG[rule] in str(told.value)


def test_there_are_not_too_many_rules(tmp_path):
    (tmp_path / "net.yaml").write_text(SPEC + "".join(f"  a{i}: b\n" for i in range(101)))
    with pytest.raises(SpecError, match="names has 101 entries; at most 100"):
        archcalc.load(tmp_path / "net.yaml")
