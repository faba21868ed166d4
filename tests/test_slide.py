"""A layer as a slide writes it: whoever reads it knows the layer again, whatever its kind and its arguments."""

import random
from fractions import Fraction

import pytest

import archcalc
from archcalc.core.layer import TYPES
from archcalc.core.slide import UNNAMED, UNSAID, on_slide
from archcalc.layers import KINDS

TYPE = {type_: name for name, type_ in TYPES.items()}
SAID = {  # of papers and slides: (AlexNet's first layer, VGG's pool ...)
    "conv(96, 11, stride=4)": "conv 11x11, 96, /4",
    "conv(256, 5, pad=2, groups=2)": "conv 5x5, 256, pad 2, groups 2",
    "conv(32, 3, pad=2, dilation=2, bias=false)": "conv 3x3, 32, pad 2, dilation 2",
    "maxpool(3, stride=2)": "maxpool 3x3, /2",
    "maxpool(2)": "maxpool 2x2, /2",
    "global_avgpool": "global avgpool",
    "dropout(0.2)": "dropout 0.2",
}


@pytest.mark.parametrize("call", SAID)
def test_it_reads_as_on_a_slide(call, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(f"net: N\ninput: [48, 32, 32]\nlayers:\n  - x: {call}\n  - flatten\n  - linear(1000)\n")
    layers = archcalc.load(path).summary().layers
    assert [row.written for row in layers] == [SAID[call], "flatten", "linear 1000"]


def test_several_layers_are_counted_and_a_layer_that_runs_often_says_how_often():
    report = archcalc.load("resnet18").summary()
    assert [row.written for row in report.by("block")][-1] == "4 layers"
    assert [row.written for row in report.by("kind")] == [row.text for row in report.by("kind")]
    often = [row for row in archcalc.load("r_fcn").summary().layers if row.text.endswith(" times")]
    assert often
    assert all(row.written.rpartition(", ")[2] == row.text.rpartition(", ")[2] for row in often)


def value(dice, parameter, axes):
    """An argument of its type."""
    whole, name = dice.randint(1, 9), TYPE[parameter.type]
    if name == "Flag":
        return dice.choice([True, False])
    if name in ("Rate", "Factor"):
        return Fraction(whole, 10)
    if name == "Table":
        return tuple("X" * whole for _ in range(dice.randint(1, 5)))
    if name == "Sizes" or (parameter.type.per_axis and dice.random() < 0.4):
        return tuple(dice.randint(1, 9) for _ in range(axes))
    return "same" if name == "Padding" and whole == 9 else whole


def layers(kind, count=60):
    """Layers of a kind with any arguments, each with the axes of its input."""
    dice = random.Random(kind.label)
    for _ in range(count):
        axes = dice.randint(1, 3)
        given = {p.name: value(dice, p, axes) for p in kind.parameters if p.required or dice.random() < 0.5}
        yield kind(**given), axes


def read(text, kind, axes):
    """The arguments that a text tells, as texts; of those that it does not tell, the defaults."""
    rest = text.removeprefix(kind.label.replace("_", " ")).strip()
    bare = [p for p in kind.parameters if p.name in UNNAMED]
    bare = sorted(bare, key=lambda parameter: not parameter.type.per_axis)
    found = {}
    for part in filter(None, rest.split(", ")):
        name, _, said = part.rpartition(" ")
        if part.startswith("/"):
            found["stride"] = part[1:]
        elif part.startswith("no "):
            found[part.removeprefix("no ").replace(" ", "_")] = "False"
        elif part.replace(" ", "_") in kind.defaults:
            found[part.replace(" ", "_")] = "True"
        elif name:
            found[name.replace(" ", "_")] = said
        else:
            found[bare.pop(0).name] = said
    return found


def told(given, parameter, axes):
    """What is told of an argument, by the rule in words: sizes with x, one for each axis of a window."""
    name = TYPE[parameter.type]
    if name == "Table":
        return f"{len(given)}x{len(given[0])}"
    if isinstance(given, tuple):
        return "x".join(map(str, given))
    if name == "Axes" and parameter.name != "stride" and parameter.name in UNNAMED:
        return "x".join([str(given)] * axes)
    return str(float(given)) if isinstance(given, Fraction) else str(given)


@pytest.mark.parametrize("label", KINDS)
def test_the_arguments_can_be_read_from_it(label):
    kind = KINDS[label]
    for layer, axes in layers(kind):
        text = on_slide(layer, axes)
        found = read(text, kind, axes)
        for parameter in kind.parameters:
            given = getattr(layer, parameter.name)
            if parameter.name in UNSAID:
                assert not {parameter.name, f"no {parameter.name}"} & {*text.split(", ")}
            elif parameter.name in found:
                given = layer.kernel if given is None else given
                assert found.pop(parameter.name) == told(given, parameter, axes), text
            else:
                assert given == parameter.default, text
        assert not found, text
        assert not {*"()=_"} & {*text}
