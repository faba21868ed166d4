"""Text -> spec -> text: a spec that is written as a file is read again as the same spec."""

import pickle
from fractions import Fraction
from pathlib import Path

import pytest
from console import run
from laws.common import examples
from members import members

import archcalc
from archcalc.core.errors import BUILT, Refusal, Source
from archcalc.network import Network
from archcalc.spec.expression import Call, parse, parse_call
from archcalc.spec.grammar import parse_spec, unpickled
from archcalc.spec.library import home, names
from archcalc.spec.model import Block, Input, Item, Knob, Part, Spec, blocks_used
from archcalc.spec.syntax import Expression
from archcalc.spec.text import Scalar
from archcalc.spec.writing import built, written

FILES = sorted(Path(home()).glob("*.yaml"))
AWKWARD = """
net: '[N] # "1": 100 % ''odd'''
about: ": a long text, # and no comment, folded where it is longer than a line; it holds a - dash, a 'quote', [one], \
{two} and ends with a colon:"
family: "[F]"
source: LONG LONG
aliases: [one, two]
given:
  word: {default: 'true', choices: ["'true'", 'no', "'a, b: c # d'", '3/4', "true"], help: "a: b, c"}
  half: 1/2
  least: {default: 0.75, min: 0, max: 1/3 + 1}
let:
  f(a, b): "'x: y' == a and [b, 2] == [b, 3 ] or b > 1"
  list: "[1,  2]"
  other: [ 1, max(2,3) ]
  g(): -(1 + 2)*half
input: [4,  (8), 8*1]
blocks:
  "odd(say='a: b', size=(1, 3))":
    - conv(4, size, pad=(0, 1))
    - conv1: conv(4, 1)
      when: "'true' == say or f(say, 2)"
  two(c, n=1+1):
    inputs: one
    let:
      wide: channels*c
      "add(a, b)": "a + b*wide/ 2"
    layers:
      - 3x3: odd('it''s', (3, n))
        from: one
      - conv(add(c, 1), 1)
layers:
  - "odd(say = 'true')"
  - last: []
  - add:
      "1x1":
        - two(4 , n =(1+2)*3//9)
        - conv(4, 1)
      rest: []
    repeat: 4 + g()*2
    from: [-1]
  - again: two(3)
    when: half < least
    else:
      - again: relu
        from: -1
        repeat: 2
  - tied: conv(4, 1)
    share: add1/1x1/conv
  - "odd('a: b', (1, 3))":
    when: half < 1
    else:
      - conv(4, 1 ):
        repeat: 2
""".replace("LONG", "w" * 130)


def shape_of(value):
    """What a spec says, without places: a block that is called is what it does."""
    match value:
        case Expression() | Scalar():
            return value.text
        case Block():
            return value.name, shape_of(value.parameters), value.inputs, shape_of(value.lets), shape_of(value.body)
        case Call():
            return value.name, shape_of(value.arguments), shape_of(value.keywords)
        case Part():
            own = {name: shape_of(block) for name, block in value.blocks.items() if block.home.blocks is value.blocks}
            return list(value.given.items()), [(name, shape_of(let)) for name, let in value.lets.items()], own
        case dict():
            return [(key, shape_of(inner)) for key, inner in value.items()]
        case type():
            return value
        case tuple() if hasattr(value, "_asdict"):
            return [(name, shape_of(inner)) for name, inner in value._asdict().items() if name != "place"]
        case tuple():
            return [shape_of(inner) for inner in value]
    return type(value), value


def no_file(name):
    raise Refusal(f"{name} is not at hand")


def again(spec):
    """The spec of the text, read where there is no other file."""
    return parse_spec(Source("again", written(spec)), spec.name, no_file)


def family(path):
    """A file's spec, with its variants and all its knobs."""
    network = archcalc.load(path)
    library = lambda name: network.spec.part.used[name]  # noqa: E731
    return parse_spec(network.spec.part.source, path.stem, library)


def awkward():
    return parse_spec(Source("awkward", AWKWARD), "awkward", no_file)


def check_identity(spec):
    found = again(spec)
    assert shape_of(found) == shape_of(spec)
    assert written(found) == written(spec)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_read_again_as_it_was(path):
    check_identity(family(path))


def test_what_is_hard_to_write_is_read_again_as_it_was():
    check_identity(awkward())


def test_what_a_spec_says_is_all_compared():
    """The awkward spec without any of its lines is another spec, or none."""
    lines, spec = AWKWARD.splitlines(), shape_of(awkward())
    for number in range(1, len(lines)):
        try:
            other = parse_spec(Source("other", "\n".join(lines[:number] + lines[number + 1 :])), "awkward", no_file)
        except archcalc.SpecError:
            continue
        assert shape_of(other) != spec, lines[number]


def settings(network):
    """The defaults; each knob at another value; all of them at once, half of them at once."""
    changed = {}
    for name, knob in network.knobs.items():
        step = 1 if isinstance(knob.default, int) else Fraction(1, 8)
        changed[name] = knob.choices[-1] if knob.choices else knob.default + step
    return [{}, changed, dict(list(changed.items())[::2]), dict(list(changed.items())[1::2])]


def wrong(network):
    """What no knob of the network is."""
    yield {"no_such_knob": 1}
    for name, knob in network.knobs.items():
        yield {name: "no such word"}
        yield {name: float("nan")}
        if knob.minimum is not None:
            yield {name: knob.minimum - 1}
        if knob.maximum is not None:
            yield {name: knob.maximum + 1}


def outcome(network, knobs):
    """The report, or what is said instead, without the places."""
    try:
        return network.summary(**knobs).to_dict()
    except archcalc.SpecError as error:
        return {(problem.message, problem.context) for problem in error.problems}
    except archcalc.ArchcalcError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_network_alone_is_the_network(path, tmp_path):
    for name in [name for name in members() if names()[name] == str(path)]:
        network = archcalc.load(name)
        (tmp_path / f"{name}.yaml").write_text(network.text)
        alone = archcalc.load(tmp_path / f"{name}.yaml")
        assert alone.text == network.text
        assert alone.spec.headings == network.spec.headings
        assert list(alone.knobs.items()) == list(network.knobs.items())
        for knobs in (*settings(network), *wrong(network)):
            assert outcome(alone, knobs) == outcome(network, knobs), knobs


def test_blocks_come_along_from_files_of_one_s_own(tmp_path):
    """A file of which nothing is used but what it uses is left out; two files of one name stay two."""
    blocks = {
        "low": "blocks:\n  low:\n    - conv(2, 1)\n  idle:\n    - relu\n",
        "mid": "use: low\nblocks:\n  idle2: [low]\n",
        "far": "use: mid\nblocks:\n  far: [low]\n",
        "high": "use: {low: {let: {two: 2}, blocks: {deep: ['conv(two, 3)']}}}\nblocks:\n  high: [deep]\n",
    }
    (tmp_path / "blocks").mkdir()
    for name, text in blocks.items():
        (tmp_path / "blocks" / f"{name}.yaml").write_text(text)
    (tmp_path / "net.yaml").write_text("net: N\nuse: [far, high]\ninput: [3, 8, 8]\nlayers:\n  - far\n  - high\n")
    network = archcalc.load(tmp_path / "net.yaml")
    alone = Network(again(network.spec))
    assert alone.summary().layers == network.summary().layers
    for one in (network, alone):
        unpickled.cache_clear()
        assert pickle.loads(pickle.dumps(one)).summary().layers == network.summary().layers
    assert list(alone.spec.part.used) == ["low", "far", "low_", "high"]
    assert "idle" not in network.text
    assert len(blocks_used(alone.spec.layers)) == 4


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("{a: [relu]}", "a takes lines of 'key: value', not a list"),
        ("{a: {let: {x: 1}}}", "an entry under 'use' has no 'blocks:'"),
        ("{a: {blocks: {b: [relu]}, layers: []}}", "an entry under 'use' has no 'layers'"),
        ("{a: {blocks: {b: ['conv(alpha, 1)']}}}", "unknown symbol 'alpha'"),
        ("{a: {use: b, blocks: {c: [relu]}}, b: {blocks: {d: [relu]}}}", "no file of blocks 'b'"),
    ],
)
def test_what_is_wrong_under_use_is_told(use, message, tmp_path):
    (tmp_path / "net.yaml").write_text(f"net: N\nuse: {use}\ngiven: {{alpha: 1}}\ninput: [alpha]\nlayers: []\n")
    with pytest.raises(archcalc.SpecError) as caught:
        archcalc.load(tmp_path / "net.yaml")
    assert [message in str(problem) for problem in caught.value.problems] == [True]


# Specs that are built in Python


def expression(text):
    return parse(text, BUILT)


def entry(layer, name=None, **beside):
    """An entry of a list, from a layer as `Kind` makes it."""
    call = parse_call(str(layer), BUILT)
    return Item(name or call.name, name is not None, BUILT, callee=type(layer), call=call, **beside)


def from_parts(layers, shape, **knobs):
    part = Part({name: Knob(name, default) for name, default in knobs.items()}, {}, {}, BUILT.source, {}, {})
    return Spec("mine", {"net": "Mine"}, part, expression(f"[{', '.join(map(str, shape))}]"), tuple(layers), {})


@pytest.mark.parametrize("example", [e for e in examples() if len({*e.shapes}) == 1], ids=str)
def test_every_layer_is_read_again_from_a_spec_built_of_it(example):
    sources = tuple(Input("-1", BUILT) for _ in example.shapes[1:] and example.shapes)
    layers = [entry(example.layer, "one" if sources else None, sources=sources)]
    spec = built(from_parts(layers, example.shapes[0]))
    (_, node) = Network(spec).summary().graph.nodes
    assert (node.layer, node.shape) == (example.layer, example.layer.shape(*example.shapes))


def test_a_spec_built_in_python_is_a_network_like_any_other():
    conv, relu = (archcalc.layers.KINDS[name] for name in ("conv", "relu"))
    call = Call("conv", BUILT, (expression("width"), expression("3")), {"pad": expression("1")}, {})
    layers = [
        Item("conv", False, BUILT, callee=conv, call=call),
        entry(relu()),
        entry(conv(4, 1)),
        entry(relu(), "end"),
    ]
    spec = built(from_parts(layers, (3, 8, 8), width=16))
    report = Network(spec).summary(width=8)
    assert [row.name for row in report.layers] == ["conv1", "relu", "conv2", "end"]
    assert report.totals.params == 8 * 3 * 9 + 8 + 4 * 8 + 4
    check_identity(spec)
    with pytest.raises(archcalc.SpecError) as caught:
        Network(spec).summary(width=0.5)
    assert str(caught.value).splitlines()[0].startswith("built in Python:9:10: ")
    assert "conv(width, 3, pad=1)" in str(caught.value)


def test_what_has_no_text_has_no_line():
    with pytest.raises(archcalc.SpecError, match=r"^built in Python: conv: a kernel of 3 is larger than its input"):
        Network(from_parts([entry(archcalc.layers.KINDS["conv"](4, 3))], (3, 1, 1))).summary()


def test_what_is_wrong_with_the_parts_is_told():
    with pytest.raises(archcalc.SpecError, match=r"^built in Python:7:10: unknown symbol 'width'"):
        built(from_parts([entry(archcalc.layers.KINDS["conv"](4, 3)), entry_of("conv(width, 3)")], (3, 8, 8)))


def entry_of(text):
    call = parse_call(text, BUILT)
    return Item(call.name, False, BUILT, callee=archcalc.layers.KINDS[call.name], call=call)


def test_the_command_shows_what_the_network_says(tmp_path):
    shown = run("show resnet50 --alone").output
    assert shown == archcalc.load("resnet50").text
    (tmp_path / "mine.yaml").write_text(shown)
    assert "no errors" in run(["check", str(tmp_path / "mine.yaml")]).output
