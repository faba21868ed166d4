"""What docs/language.md promises, each sentence once."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

import archcalc


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The report of a spec given as text; its first lines may be left out."""
    monkeypatch.chdir(tmp_path)

    def built(text, **knobs):
        return loaded(text).summary(**knobs)

    def loaded(text):
        head = "" if text.startswith(("net:", "variants:")) else "net: N\n"
        text = text.lstrip("\n")
        size = "" if "input:" in text else "input: [4, 8, 8]\n"
        (tmp_path / "spec.yaml").write_text(f"{head}{size}{text}")
        return archcalc.load("spec.yaml")

    built.load = loaded
    return built


def names(report):
    return [row.name for row in report.layers]


def outputs(report):
    return {row.name: row.output for row in report.layers}


def sources(report):
    """Each layer's inputs, by name."""
    nodes = report.graph.nodes
    return {node.name: [nodes[i].name for i in node.inputs] for node in nodes[1:]}


# The page's own examples


def test_the_examples_of_the_page_are_networks(build):
    page = (Path(__file__).parent.parent / "docs" / "language.md").read_text("utf-8")
    whole, *others = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    blocks = next(text for text in others if "cell(" in text)
    found = names(build(whole))
    assert [name for name in found if name.endswith("dw")] == [
        f"{block}/dw" for block in ("separable1", "separable2", "separable3", *(f"body{n}" for n in range(1, 6)))
    ]
    layers = "layers:\n  - a: relu\n  - cell(8):\n    from: [a, -1]\n  - unite(3):\n    from: [a, cell]\n"
    assert names(build(f"blocks:\n{blocks}{layers}"))[-3:] == ["unite/to1", "unite/to2", "unite/add"]


# Entries


def test_an_entry_is_named_after_itself_or_has_a_name_of_its_own(build):
    assert names(build("layers:\n  - relu\n  - stem: conv(4, 3)\n  - tanh()\n")) == ["relu", "stem", "tanh"]


def test_names_are_made_unique_by_numbers(build):
    report = build(
        "layers:\n  - relu\n  - conv(4, 1)\n  - relu\n  - body: tanh\n    repeat: 3\n  - one: tanh\n    repeat: 1\n"
    )
    assert names(report) == ["relu1", "conv", "relu2", "body1", "body2", "body3", "one1"]


def test_numbers_count_within_their_list(build):
    report = build("layers:\n  - a:\n      - relu\n      - relu\n  - b:\n      - relu\n")
    assert names(report) == ["a/relu1", "a/relu2", "b/relu"]


def test_a_full_name_is_a_path(build):
    text = "blocks:\n  unit:\n    - dw: relu\n    - pw: relu\nlayers:\n  - body: unit\n    repeat: 2\n  - unit()\n"
    assert names(build(text)) == ["body1/dw", "body1/pw", "body2/dw", "body2/pw", "unit/dw", "unit/pw"]


def test_branches_start_at_one_input_and_are_joined(build):
    text = """
layers:
  - concat:
      left:
        - conv(2, 3, pad=1)
        - relu
      right:
        - conv(3, 1)
      same: []
"""
    report = build(text)
    assert outputs(report)["concat"] == (2 + 3 + 4, 8, 8)
    assert sources(report) == {
        "left/conv": ["input"],
        "left/relu": ["left/conv"],
        "right/conv": ["input"],
        "concat": ["left/relu", "right/conv", "input"],
    }


@pytest.mark.parametrize("join", ["add", "multiply"])
def test_an_empty_branch_is_the_identity(build, join):
    report = build(f"layers:\n  - {join}:\n      body:\n        - conv(4, 3, pad=1)\n      shortcut: []\n")
    assert sources(report)[join] == ["body/conv", "input"]


def test_an_empty_branch_written_without_brackets_is_an_error(build):
    with pytest.raises(archcalc.SpecError, match="the branch shortcut takes a list"):
        build("layers:\n  - add:\n      body:\n        - relu\n      shortcut:\n")


# Beside a name


def test_repeat_counts_with_index(build):
    report = build("layers:\n  - c: conv(2*index, 1)\n    repeat: 3\n  - none: relu\n    repeat: 0\n")
    assert [row.output[0] for row in report.layers] == [2, 4, 6]


def test_index_is_seen_inside_what_is_repeated(build):
    report = build("layers:\n  - stage:\n      - conv(index, 1)\n    repeat: 2\n")
    assert outputs(report) == {"stage1/conv": (1, 8, 8), "stage2/conv": (2, 8, 8)}


def test_an_inner_index_ends_with_its_repetition(build):
    text = """
layers:
  - stage:
      - inner: conv(10*index, 1)
        repeat: 2
      - conv(index, 1)
    repeat: 2
"""
    assert [row.output[0] for row in build(text).layers] == [10, 20, 1, 10, 20, 2]


def test_an_entry_that_is_left_out_needs_no_input(build):
    text = """
given:
  wide: {default: false, choices: [true, false]}
layers:
  - stem: relu
    when: wide
  - tanh
  - sum: add
    from: [stem, -1]
    when: wide
"""
    assert names(build(text)) == ["tanh"]
    assert names(build(text, wide=True)) == ["stem", "tanh", "sum"]


def test_a_layer_cannot_share_its_own_weights(build):
    with pytest.raises(archcalc.SpecError, match="cannot share its own weights"):
        build("layers:\n  - conv(4, 1)\n  - conv: conv(4, 1)\n    share: conv2\n")


def test_shared_weights_that_may_differ_are_an_assumption(build):
    sympy, numpy = pytest.importorskip("sympy"), pytest.importorskip("numpy")
    text = "given:\n  k: 4\nlayers:\n  - one: conv(k, 1)\n  - two: conv(4, 1)\n    share: one\n"
    assert build(text).totals.params == 20
    assert not build(text).assumptions
    for value in (sympy.Symbol("k", integer=True, positive=True), numpy.array([4, 5])):
        assert any("cannot share" in assumption.otherwise for assumption in build(text, k=value).assumptions)
    with pytest.raises(archcalc.SpecError, match="two cannot share one's weights: weight 4 x 5 x 1 x 1, bias 4 here"):
        build(text, k=5)


@pytest.mark.parametrize(("stride", "expected"), [(2, ["a", "end"]), (1, ["b", "c", "end"])])
def test_when_and_else(build, stride, expected):
    text = """
given:
  stride: 1
layers:
  - a: relu
    when: stride > 1
    else:
      - b: tanh
      - c: sigmoid
  - end: relu
"""
    assert names(build(text, stride=stride)) == expected


def test_when_without_else_leaves_the_entry_out(build):
    assert names(build("layers:\n  - a: relu\n    when: channels > 4\n  - b: relu\n")) == ["b"]


def test_what_when_and_else_give_has_one_numbering(build):
    text = "given:\n  k: 1\nlayers:\n  - relu\n  - a: tanh\n    when: k > 1\n    else:\n      - relu\n  - relu\n"
    assert names(build(text)) == ["relu1", "relu2", "relu3"]


def test_from_takes_earlier_entries(build):
    text = """
blocks:
  unit:
    - first: relu
    - second: relu
layers:
  - stem: conv(4, 1)
  - stage: unit
  - add:
      left: []
      right:
        - conv(4, 1)
  - by_name: add
    from: [stem, stage, add, right, stage/first]
  - counted: add
    from: [-1, -2, -5]
  - counted_from_the_name: relu
    from: -2
"""
    found = sources(build(text))
    assert found["by_name"] == ["stem", "stage/second", "add", "right/conv", "stage/first"]
    assert found["counted"] == ["by_name", "add", "input"]
    assert found["counted_from_the_name"] == ["by_name"]


def test_from_finds_names_of_the_lists_around(build):
    text = """
layers:
  - stem: relu
  - a:
      - b:
          - stem: tanh
          - last: add
            from: [stem, -2]
"""
    assert sources(build(text))["a/b/last"] == ["a/b/stem", "stem"]


def test_sizes_are_those_of_the_input_that_from_names(build):
    report = build(
        "layers:\n  - stem: conv(6, 3)\n  - narrow: conv(1, 1)\n  - c: conv(2*channels, rows)\n    from: stem\n"
    )
    assert outputs(report)["c"] == (12, 1, 1)


def test_share_counts_weights_once(build):
    text = """
blocks:
  tower:
    - conv(4, 3, pad=1)
    - batchnorm
layers:
  - one: tower
  - two: tower
    share: one
  - three: tower
    share: two
"""
    report = build(text)
    assert [row.params for row in report.layers] == [148, 8, 0, 0, 0, 0]
    assert [row.buffers for row in report.layers] == [0, 8, 0, 0, 0, 0]
    assert report.totals.mult_adds == 3 * 4 * 4 * 9 * 64


def test_shared_weights_may_see_another_size(build):
    report = build("layers:\n  - one: conv(4, 3)\n  - two: conv(4, 3)\n    share: one\n")
    assert outputs(report)["two"] == (4, 4, 4)
    assert report.totals.params == 148


def test_there_may_be_several_outputs(build):
    report = build("layers:\n  - stem: relu\n  - head: conv(1, 1)\n  - other: conv(2, 1)\n    from: stem\n")
    taken = {source for found in sources(report).values() for source in found}
    assert [name for name in names(report) if name not in taken] == ["head", "other"]


# Blocks


def test_blocks_have_arguments_with_defaults(build):
    text = """
blocks:
  unit(out, kernel=3, pad=kernel//2):
    - conv(out, kernel, pad=pad)
layers:
  - unit(2)
  - unit(2, 1)
  - unit(out=2, pad=0)
"""
    with pytest.raises(archcalc.SpecError, match="unknown symbol 'kernel'"):
        build(text)  # a default sees what stands above the block, not the other arguments
    report = build(text.replace("pad=kernel//2", "pad=1"))
    assert list(outputs(report).values()) == [(2, 8, 8), (2, 10, 10), (2, 8, 8)]


def test_arguments_are_evaluated_where_the_call_stands(build):
    text = "blocks:\n  unit(out):\n    - conv(1, 1)\n    - conv(out, 1)\nlayers:\n  - unit(2*channels)\n"
    assert outputs(build(text))["unit/conv2"] == (8, 8, 8)


def test_a_block_uses_those_above_it_and_sees_knobs_and_definitions(build):
    text = """
given:
  k: 3
let:
  width(c): c*k
blocks:
  inner(c):
    - conv(width(c), 1)
  outer:
    - inner(2)
layers:
  - outer
"""
    assert outputs(build(text))["outer/inner/conv"] == (6, 8, 8)


def test_a_block_with_several_inputs(build):
    text = """
blocks:
  cell(filters):
    inputs: [here, before]
    layers:
      - left: conv(filters, 3, pad=1)
      - right: conv(filters, 5, pad=2)
        from: before
      - sum: add
        from: [left, right]
layers:
  - stem: conv(6, 1)
  - next: conv(7, 1)
  - cell(5)
    from: [next, stem]
""".replace("  - cell(5)\n", "  - cell: cell(5)\n")
    found = sources(build(text))
    assert found["cell/left"] == ["next"]
    assert found["cell/right"] == ["stem"]
    assert found["cell/sum"] == ["cell/left", "cell/right"]


# Definitions and expressions


def test_let_defines_values_and_functions_in_order(build):
    text = """
given:
  a: 1/2
let:
  base: 32
  wide(c): floor(c*a)
  twice(c): 2*wide(c)
  both: twice(base)
layers:
  - conv(both, 1)
"""
    assert outputs(build(text))["conv"][0] == 32
    assert outputs(build(text, a=Fraction(3, 4)))["conv"][0] == 48


@pytest.mark.parametrize(("width", "channels"), [("0.75", 24), ("0.7", 7 * 32 // 10 + 1), (0.7, 23), ("1/3", 11)])
def test_decimals_are_exact(build, width, channels):
    network = build.load("given:\n  alpha: 1\nlayers:\n  - conv(ceil(32*alpha), 1)\n")
    value = network.accept("alpha", width, text=True) if isinstance(width, str) else width
    assert outputs(network.summary(alpha=value))["conv"][0] == channels


def test_a_block_sees_nothing_of_what_stands_around_its_call(build):
    text = """
blocks:
  unit:
    - stage:
        - relu
    - tanh: tanh
      from: stage/inner
layers:
  - stage:
      - inner: relu
  - unit
"""
    with pytest.raises(archcalc.SpecError, match="no layer 'stage/inner' is built above"):
        build(text)


def test_a_tenth_ten_times_is_one(build):
    assert outputs(build("layers:\n  - conv(0.1 + 0.2 + 0.7, 1)\n"))["conv"][0] == 1


@pytest.mark.parametrize(("text", "value"), [("2.5", 3), ("3.5", 4), ("2.4999", 2), ("5/2", 3)])
def test_round_takes_a_half_up(build, text, value):
    assert outputs(build(f"layers:\n  - conv(round({text}), 1)\n"))["conv"][0] == value


def test_words_are_words(build):
    """Every value is text that archcalc reads itself: on, yes and 010 are not what YAML makes of them."""
    text = "net: on\ngiven:\n  mode: {default: no, choices: [yes, no, on]}\n  n: 10\nlayers:\n  - conv(n, 1)\n    \n"
    network = build.load(text.replace("    \n", "") + "  - a: relu\n    when: mode == 'on'\n")
    assert network.summary().title == "on"
    assert names(network.summary(mode="on")) == ["conv", "a"]


def test_a_knob_may_be_true_or_false(build):
    text = "given:\n  bias: {default: true, choices: [true, false]}\nlayers:\n  - conv(2, 1, bias=bias)\n"
    assert build(text).totals.params == 10
    assert build(text, bias=False).totals.params == 8


def test_sizes_must_come_out_whole(build):
    with pytest.raises(archcalc.SpecError, match=r"not 22\.4"):
        build("given:\n  alpha: 0.7\nlayers:\n  - conv(32*alpha, 1)\n")


def test_features_are_an_input(build):
    assert build("input: 784\nlayers:\n  - linear(10)\n").totals.params == 7850
    assert build("input: [784]\nlayers:\n  - linear(channels)\n").totals.mult_adds == 784**2


# Variants, knobs, files

FAMILY = """
net: Family
aliases: fam
given:
  depth: {default: 1, min: 1}
  width: {default: 2, help: only used by the own layers}
variants:
  small: {net: Small}
  large: {net: Large, depth: 3}
  other:
    net: Other
    kind: block
    input: [9]
    layers:
      - linear(width)
input: [4, 8, 8]
layers:
  - body: relu
    repeat: depth
"""


def test_variants_override_knobs_headings_input_and_layers(build, tmp_path):
    (tmp_path / "f.yaml").write_text(FAMILY.lstrip())
    small, large, other = (archcalc.load(f"f.yaml#{name}") for name in ("small", "large", "other"))
    assert [network.summary().title for network in (small, large, other)] == ["Small", "Large", "Other"]
    assert [len(network.summary().layers) for network in (small, large, other)] == [1, 3, 1]
    assert other.summary().input == (9,)
    assert large.summary(depth=2).knobs == {"depth": 2}


def test_knobs_are_those_that_the_network_uses(build, tmp_path):
    (tmp_path / "f.yaml").write_text(FAMILY.lstrip())
    assert list(archcalc.load("f.yaml#small").knobs) == ["depth"]
    assert list(archcalc.load("f.yaml#other").knobs) == ["width"]
    with pytest.raises(archcalc.ArchcalcError, match=r"no knob 'width'.*its knobs: depth"):
        archcalc.load("f.yaml#small").summary(width=3)


def test_a_variant_that_is_not_there(build, tmp_path):
    (tmp_path / "f.yaml").write_text(FAMILY.lstrip())
    with pytest.raises(archcalc.ArchcalcError, match="no variant 'smal'; did you mean 'small'"):
        archcalc.load("f.yaml#smal")


def test_variants_with_all_of_their_own_need_no_input_and_layers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = """
net: Units
variants:
  a: {net: A, input: [3, 4, 4], layers: [relu]}
  b: {net: B, input: 5, layers: [tanh]}
"""
    (tmp_path / "f.yaml").write_text(text)
    assert names(archcalc.load("f.yaml#a").summary()) == ["relu"]
    assert names(archcalc.load("f.yaml#b").summary()) == ["tanh"]
    (tmp_path / "f.yaml").write_text(text.replace(", layers: [tanh]", ""))
    with pytest.raises(archcalc.SpecError, match="the file has no 'layers:'"):
        archcalc.load("f.yaml#a")


def test_blocks_of_another_file(build, tmp_path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "units.yaml").write_text(
        "let:\n  wide(c): 2*c\nblocks:\n  unit(c):\n    - conv(wide(c), 1)\n"
    )
    assert outputs(build("use: units\nlayers:\n  - unit(3)\n"))["unit/conv"][0] == 6


def test_messages_name_files_as_they_were_asked_for(tmp_path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "spec.yaml").write_text("net: N\ninput: [1]\nuse: units\nlayers: [rellu]\n")
    for name, text in (("spec", "blocks:\n  unit: []\n"), ("blocks/units", "blocks:\n  unit: [rellu]\n")):
        (tmp_path / "blocks" / "units.yaml").write_text(text)
        with pytest.raises(archcalc.SpecError) as caught:
            archcalc.load(str(tmp_path / "spec.yaml"))
        assert str(caught.value).startswith(f"{tmp_path}/{name}.yaml:")


def test_blocks_of_another_file_see_no_knobs(build, tmp_path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "units.yaml").write_text("blocks:\n  unit:\n    - conv(k, 1)\n")
    with pytest.raises(archcalc.SpecError, match=r"blocks/units\.yaml:3:12: unknown symbol 'k'"):
        build("given:\n  k: 3\nuse: units\nlayers:\n  - unit\n")


def test_blocks_of_archcalc_and_ones_own_come_first(build, tmp_path):
    text = "use: squeeze\nlayers:\n  - squeeze_excite(2, 4)\n"
    assert outputs(build(text))["squeeze_excite/gate/reduce"] == (2, 1, 1)
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "squeeze.yaml").write_text("blocks:\n  squeeze_excite(a, b):\n    - relu\n")
    assert names(build(text)) == ["squeeze_excite/relu"]


def test_several_files_of_blocks(build, tmp_path):
    (tmp_path / "blocks").mkdir()
    for name in "ab":
        (tmp_path / "blocks" / f"{name}.yaml").write_text(f"blocks:\n  unit_{name}:\n    - relu\n")
    assert names(build("use: [a, b]\nlayers:\n  - unit_a\n  - unit_b\n")) == ["unit_a/relu", "unit_b/relu"]


def test_aliases_name_the_same_network():
    from archcalc.spec.library import aliases

    other, name = next(iter(aliases().items()))
    assert archcalc.load(other).summary().totals == archcalc.load(name).summary().totals


# What holds for every value


def test_all_independent_errors_are_reported_at_once(build):
    text = """
layers:
  - concat:
      a:
        - conv(3, 3, groups=2)
      b:
        - conv(4, 9)
      c:
        - linear(3)
"""
    with pytest.raises(archcalc.SpecError) as caught:
        build(text)
    assert [problem.place.line for problem in caught.value.problems] == [5, 7, 9]


def test_a_block_reports_its_problem_once(build):
    text = "blocks:\n  unit:\n    - conv(4, 3, pad=1, groups=3)\nlayers:\n  - body: unit\n    repeat: 9\n"
    with pytest.raises(archcalc.SpecError) as caught:
        build(text)
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith("spec.yaml:5:7: body1/conv: 4 channels are not divisible by 3 groups")


OPEN = """given:
  k: {default: 2, min: 1, max: 1000000}
  word: {default: a, choices: [a, b]}
input: [3, 32, 32]
layers:
"""


def open_values():
    numpy, sympy = pytest.importorskip("numpy"), pytest.importorskip("sympy")
    return [
        sympy.Symbol("k", integer=True, positive=True),
        sympy.Symbol("k"),
        sympy.Rational(1, 2) * sympy.Symbol("k", positive=True) + sympy.sqrt(2),
        sympy.oo,
        sympy.nan,
        sympy.I,
        numpy.arange(1, 100_001),
        numpy.array([1, 2, 3]),
        numpy.array([0.5, 1.5]),
        numpy.array([[1, 2], [3, 4]]),
        numpy.array([]),
        numpy.array(["a"]),
        numpy.int64(3),
        numpy.float64(0.5),
        numpy.float64("nan"),
        float("inf"),
        float("nan"),
        1e300,
        10**400,
        -1,
        True,
        None,
        "a",
        (1, 2),
        [1, 2],
        {},
        object(),
        1j,
        "\x1b[2J",
        "x" * 10_000,
    ]


@pytest.mark.parametrize(
    "layers",
    [
        "  - conv(k, 3)\n",
        "  - conv(3, k)\n  - conv(4, 3, groups=k)\n",
        "  - conv(5, 3, groups=2)\n  - relu\n",
        "  - a: relu\n    repeat: k\n",
        "  - a: relu\n    when: k > 1\n",
        "  - conv(4 if k > 1 else 5, 3, stride=max(k, 2))\n  - maxpool(2, ceil=true)\n",
        "  - conv(make_divisible(k/3, 8), 3, pad=same)\n  - linear(5)\n",
        "  - a: relu\n    when: k == 1 and word == 'b' or not k < 3\n",
        "  - conv(min(k, 3), round(k/3), pad=k % 3)\n  - conv(2**k, 1)\n",
        "  - a: relu\n    when: word == 'a'\n    else:\n      - linear(9)\n  - conv(k, 40)\n",
    ],
)
def test_knob_values_of_every_kind_give_a_report_or_a_message(build, layers):
    network = build.load(OPEN + layers)
    for value in open_values():
        for name in network.knobs:
            try:
                network.summary(**{name: value})
            except archcalc.ArchcalcError as error:
                said = str(error)
                if len(said) > 5000 or "\x1b" in said:
                    pytest.fail(said)


def test_trimming_twice_is_trimming_once():
    spec = archcalc.spec.library.find("mobilenet_v1")
    assert spec.trimmed().given == spec.given
