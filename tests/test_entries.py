"""Laws of the entries of a list of layers: the name and what stands beside it, whatever the layer is."""

import itertools
import pickle
import re
from collections import Counter
from keyword import kwlist, softkwlist
from pathlib import Path
from random import Random

import pytest
import yaml
from jsonschema import Draft202012Validator
from laws import number_law
from laws.common import examples
from laws.number_types import NUMBER_TYPES

import archcalc
from archcalc.core.errors import Source
from archcalc.graph.unreached import unreached
from archcalc.network import Network
from archcalc.spec.arithmetic import FUNCTIONS, WORDS
from archcalc.spec.grammar import parse_spec
from archcalc.spec.schema import schema
from archcalc.spec.writing import written

SCHEMA = Draft202012Validator(schema())


def network(layers, head="given: {k: 1}\n", size="[4, 8, 8]"):
    """The network of a text: a list of layers, and what stands above it."""
    text = f"net: N\n{head}input: {size}\nlayers:\n{layers}"
    return Network(parse_spec(Source("net.yaml", text), "net", {}.__getitem__))


def built(layers, **options):
    """Each layer's name, kind with arguments, inputs and output."""
    nodes = network(layers, **options).summary().graph.nodes
    return [(node.name, str(node.layer), node.inputs, node.shape) for node in nodes]


def mistakes(layers, **options):
    """The problems of a text, as they are told."""
    with pytest.raises(archcalc.SpecError) as caught:
        network(layers, **options).summary()
    return [problem.message for problem in caught.value.problems]


BESIDE = {"repeat": "1", "when": "k == 1", "from": "-1", "else": "[tanh]"}
SETS = [some for n in range(1, 5) for some in itertools.combinations(BESIDE, n) if "else" not in some or "when" in some]


@pytest.mark.parametrize("some", SETS, ids="-".join)
def test_what_may_stand_beside_a_name_may_stand_beside_a_layer_alone(some):
    """For a layer of each kind: its name is then the kind's, as it is without anything beside it."""
    beside = "".join(f"    {key}: {BESIDE[key]}\n" for key in some)
    for example in examples():
        if len(example.shapes) == 1:
            call, shape = str(example.layer), ", ".join(map(str, example.shapes[0]))
            alone, named = (
                built(f"  - {entry}\n{beside}", size=f"[{shape}]")
                for entry in (f"{call}:", f"{call.partition('(')[0]}: {call}")
            )
            assert alone == named, call
            assert [row[1:] for row in alone] == [row[1:] for row in built(f"  - {call}\n", size=f"[{shape}]")], call


# Names


PLACES = {  # where a name is declared, and a use of it
    "a knob": ("given: {WORD: 1}\n", "conv(WORD, 1)"),
    "a value": ("let: {WORD: 1}\n", "conv(WORD, 1)"),
    "a function": ("let: {WORD(x): x}\n", "conv(WORD(1), 1)"),
    "an argument of a function": ("let: {f(WORD): WORD}\n", "conv(f(1), 1)"),
    "a block": ("blocks:\n  WORD: [relu]\n", "WORD"),
    "a block with an argument": ("blocks:\n  WORD(x): [relu]\n", "WORD(1)"),
    "an argument of a block": ("blocks:\n  f(WORD): [relu]\n", "f(1)"),
    "an argument with a default": ("blocks:\n  f(x, WORD=1): [relu]\n", "f(1)"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_name_works_or_is_refused_where_it_is_declared(place):
    """Each word that Python or the language gives a meaning, and some that only look so."""
    head, use = PLACES[place]
    for word in [*kwlist, *softkwlist, *FUNCTIONS, *WORDS, "index", "channels", "print", "int", "__import__", "relu"]:
        text = {"head": head.replace("WORD", word), "layers": f"  - {use.replace('WORD', word)}\n"}
        try:
            assert len(built(**text)) == 2
        except archcalc.SpecError as error:
            first = error.problems[0]
            assert first.place.line < first.place.source.lines.index("input: [4, 8, 8]")
            assert repr(word) in first.message
        else:
            assert word not in kwlist


# Copies


COPIED = ["unit", "layer1", "3x3", "a10", "b_2_1"]


@pytest.mark.parametrize("key", ["from", "share"])
@pytest.mark.parametrize("base", COPIED)
@pytest.mark.parametrize("inside", ["", "group/"])
def test_a_name_that_stands_for_several_asks_which_one(base, key, inside):
    """Each copy has a name; no other name means one of them, be it by a suggestion."""
    for count in (1, 2, 12):
        copies = f"  - {base}: conv(4, 3, pad=1)\n    repeat: {count}\n"
        if inside:
            copies = "  - group:\n" + "".join(f"    {line}\n" for line in copies.splitlines())
        use = f"{copies}  - last: conv(4, 3, pad=1)\n    {key}: {inside}"
        for number in range(1, count + 1):
            report = network(f"{use}{base}{number}\n").summary()
            node = report.graph.nodes[-1]
            assert (node.inputs[0] if key == "from" else node.shared) == number
            assert report.layers[number - 1].name == f"{inside}{base}{number}"
        for wrong in (base, f"{base}0", f"{base}{count + 1}", f"{base}01", base[:-1], f"{base}x"):
            (message,) = mistakes(f"{use}{wrong}\n")
            assert ("which one?" in message) is (wrong == base), message
            assert f"did you mean '{inside}{wrong}'" not in message
            assert not any(f"did you mean '{inside}{base}{number}'" in message for number in range(1, count + 1)), (
                message
            )


# Forms of the language, each with what it stands for


FORMS = {
    "definitions of a block": (
        """
blocks:
  unit(t, stride=1):
    let:
      hidden: t*channels
      half(c): hidden // (2*c)
    layers:
      - conv(hidden, 1)
      - conv(half(stride), 1, stride)
layers:
  - unit(k)
  - unit(2, 2)
""",
        """
layers:
  - unit1:
      - conv(k*channels, 1)
      - conv(channels // 2, 1)
  - unit2:
      - conv(2*channels, 1)
      - conv(channels // 4, 1, 2)
""",
    ),
    "sizes of other entries": (
        """
blocks:
  meet:
    inputs: [low, high]
    layers:
      - conv(high.channels, 1)
      - upsample(high.rows // low.rows)
      - add:
        from: [upsample, high]
layers:
  - stem: conv(3*k, 3, pad=1)
  - 3x3: conv(6, 3, pad=1)
  - stage:
      - conv(2*stem.channels, 2, 2)
      - tanh:
        when: stem.rows > '3x3'.channels
        repeat: 2
  - meet:
    from: [stage, stem]
  - conv('stage/conv'.channels + stem.channels, '3x3'.columns)
""",
        """
layers:
  - stem: conv(3*k, 3, pad=1)
  - 3x3: conv(6, 3, pad=1)
  - stage:
      - conv(6*k, 2, 2)
      - tanh:
        repeat: 2
  - meet:
      - conv(3*k, 1)
      - upsample(2)
      - add:
        from: [upsample, stem]
  - conv(9*k, 8)
""",
    ),
    "values of a list": (
        """
let:
  widths: [8*k, 4, 2*k]
blocks:
  stage(sizes):
    - unit: conv(sizes[index], 1)
      repeat: len(sizes)
layers:
  - stage(widths)
  - conv(widths[1] + [5, k][2] + len([1, 2]), (1, 3)[2])
""",
        """
layers:
  - stage:
      - unit1: conv(8*k, 1)
      - unit2: conv(4, 1)
      - unit3: conv(2*k, 1)
  - conv(9*k + 2, 3)
""",
    ),
    "a value with a number that is open": (
        """
layers:
  - conv([3, 1, 4, 1, 5, 9][k], 1)
""",
        """
layers:
  - conv(3 if k == 1 else 4 if k == 3 else 5 if k == 5 else 9 if k == 6 else 1, 1)
""",
    ),
    "any number of inputs": (
        """
blocks:
  unite(out):
    inputs: maps...
    layers:
      - to: conv(out, maps.rows[index] - 3)
        from: maps[index]
        repeat: len(maps.channels)
      - add:
        from: to...
      - last: conv(maps1.channels + to.channels[2], 1)
layers:
  - a: conv(3, 3)
  - b: conv(2*k, 2)
    from: -2
  - unite(k):
    from: [b, a]
  - body: relu
    repeat: 3
  - unite(2):
    from: body...
  - some:
      - c: unite(5)
        from: ['body[index]', 'body[4 - index]', 'body...']
        repeat: 2
  - concat:
    from: [some/c..., unite1/to...]
""",
        """
layers:
  - a: conv(3, 3)
  - b: conv(2*k, 2)
    from: -2
  - unite1:
      - to1: conv(k, 4)
        from: b
      - to2: conv(k, 3)
        from: a
      - add:
        from: [to1, to2]
      - last: conv(2*k + k, 1)
  - body: relu
    repeat: 3
  - unite2:
      - to1: conv(2, 1)
        from: body1
      - to2: conv(2, 1)
        from: body2
      - to3: conv(2, 1)
        from: body3
      - add:
        from: [to1, to2, to3]
      - last: conv(3*k + 2, 1)
  - some:
      - c1:
          - to1: conv(5, 1)
            from: body1
          - to2: conv(5, 1)
            from: body3
          - to3: conv(5, 1)
            from: body1
          - to4: conv(5, 1)
            from: body2
          - to5: conv(5, 1)
            from: body3
          - add:
            from: [to1, to2, to3, to4, to5]
          - last: conv(3*k + 5, 1)
      - c2:
          - to1: conv(5, 1)
            from: body2
          - to2: conv(5, 1)
            from: body2
          - to3: conv(5, 1)
            from: body1
          - to4: conv(5, 1)
            from: body2
          - to5: conv(5, 1)
            from: body3
          - add:
            from: [to1, to2, to3, to4, to5]
          - last: conv(3*k + 5, 1)
  - concat:
    from: [some/c1, some/c2, unite1/to1, unite1/to2]
""",
    ),
}
STRUCTURAL = {"a value with a number that is open": ("symbols", "arrays")}  # and what cannot leave it open
each_form = pytest.mark.parametrize("form", FORMS)


def of_form(form):
    """The networks of a form and of what it stands for; the channels of the input are a knob."""
    head = "net: N\ngiven: {k: {default: 4, min: 1}}\ninput: [4*k, 8, 8]"
    return [Network(parse_spec(Source("net.yaml", head + text), "net", {}.__getitem__)) for text in FORMS[form]]


def nodes(found, **knobs):
    return [(node.name, str(node.layer), node.inputs, node.shape) for node in found.summary(**knobs).graph.nodes]


@each_form
def test_a_form_is_what_it_stands_for(form):
    new, old = of_form(form)
    for k in range(1, 7):
        assert nodes(new, k=k) == nodes(old, k=k)
    assert form in STRUCTURAL or str(new.formula()) == str(old.formula())


@each_form
@pytest.mark.parametrize("name", NUMBER_TYPES)
def test_a_form_is_the_same_over_every_type_of_number(form, name):
    new, _ = of_form(form)
    compared = number_law.network(new, ["k"], Random(form)).compared(NUMBER_TYPES[name])
    assert compared >= (name not in ("unknown", "roots", *STRUCTURAL.get(form, ()))) / 8


@each_form
def test_a_form_is_known_to_all_that_reads_or_writes_a_spec(form):
    new, _ = of_form(form)
    again = parse_spec(Source("again.yaml", new.text), "net", {}.__getitem__)
    assert written(again) == new.text
    assert nodes(Network(again), k=3) == nodes(pickle.loads(pickle.dumps(new)), k=3) == nodes(new, k=3)
    assert not list(unreached(again))
    assert not list(SCHEMA.iter_errors(yaml.safe_load(new.text)))


# A network that was unrolled by hand before


def convolutions_of_hrnet(width, n, units=4, modules=2):
    """Inputs, outputs, kernel and side of the output of each convolution, as the authors' code makes them."""
    width, side = [width << i for i in range(n)], [64 >> i for i in range(n)]
    yield from ((width[i], width[i + 1], 3, side[i + 1]) for i in range(n - 1))
    for _ in range(modules):
        yield from ((width[i], width[i], 3, side[i]) for i in range(n) for _ in range(2 * units))
        for i, j in itertools.product(range(n), range(n)):
            if j > i:
                yield width[j], width[i], 1, side[j]
            for step in range(j + 1, i + 1):
                yield width[j], width[i if step == i else j], 3, side[step]


@pytest.mark.parametrize("n", range(2, 6))
def test_a_stage_of_hrnet_has_the_convolutions_of_its_authors_code(n):
    found = archcalc.load(Path(__file__).with_name("hrnet_stage.yaml"))
    assert not list(unreached(found.spec))
    for width in (18, 32):
        expected = list(convolutions_of_hrnet(width, n))
        report = found.summary(width=width, n=n)
        layers = [(node, shapes) for node in report.graph.nodes[1:] for shapes in [report.graph.input_shapes(node)]]
        convs = [
            (shapes[0][0], *node.shape[:2], node.layer.kernel)
            for node, shapes in layers
            if str(node.layer).startswith("conv(")
        ]
        assert Counter((a, b, kernel, rows) for a, b, rows, kernel in convs) == Counter(expected)
        assert report.totals.params == sum(a * b * k * k + 2 * b for a, b, k, _ in expected)
        assert report.totals.mult_adds == sum(a * b * k * k * side**2 for a, b, k, side in expected)
        ends = [node.shape for node in report.graph.nodes if re.fullmatch(r"two/out\d/relu", node.name)]
        assert ends == [(width << i, 64 >> i, 64 >> i) for i in range(n)]
