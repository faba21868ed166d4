"""What people type who know other words: the hint is close to it in meaning or in letters, or there is none."""

import re
from fractions import Fraction

import pytest
from console import run
from members import members

import archcalc
from archcalc.cli import main
from archcalc.core.errors import alternatives, meant
from archcalc.core.synonyms import INSTEAD, SENSES, USUAL, WORDS, instead, squeezed
from archcalc.figures.figure import FIGURES
from archcalc.layers import KINDS
from archcalc.misnamed import PYTHON, hint, same_meaning
from archcalc.model import reference
from archcalc.spec.grammar import KEYS
from archcalc.spec.library import aliases
from archcalc.tables import COLUMNS

NAMES = archcalc.names()
LAYERS = {  # typed -> the kinds of layer to be named
    "fc": "linear", "Dense": "linear", "fully_connected": "linear", "bn": "batchnorm", "BatchNorm2d": "batchnorm",
    "batch_normalization": "batchnorm", "ReLU": "relu", "swish": "silu", "gap": "global_avgpool", "conv2d": "conv",
    "GlobalAveragePooling2D": "global_avgpool", "Conv2d": "conv", "convolution": "conv", "MaxPool2D": "maxpool",
    "MaxPooling2D": "maxpool", "pool": "maxpool avgpool", "AveragePooling2D": "avgpool", "Concatenate": "concat",
    "deconv": "conv_transpose", "mul": "multiply", "UpSampling2D": "upsample", "LeakyReLU": "leaky_relu",
    "rellu": "relu prelu", "cnov": "conv", "cov": "conv", "linaer": "linear", "dorpout": "dropout", "max": "maxpool",
    "h-swish": "hardswish", "sigmod": "sigmoid", "golbal_avgpol": "global_avgpool", "relu_6": "relu6",
    "LayerNorm": "layernorm", "ln": "layernorm", "PReLU": "prelu", "MultiheadAttention": "attention", "bmm": "matmul",
    "sdpa": "dot_product_attention", "view": "reshape", "transpose": "permute", "interpolate": "upsample resize",
    # archcalc has nothing like them, however near some letters are
    "InstanceNorm2d": "", "maxout": "", "identity": "",
    "depthwise_conv": "", "residual": "", "norm": "", "l1norm": "", "hardtanh": "", "conv9": "",
}  # fmt: skip
NETWORKS = {  # typed -> how the hint starts; "" is none
    "resnet": "resnet18, resnet34, resnet50 (the usual one), resnet101, resnet152",
    "ResNet-51": "resnet18, resnet34, resnet50 (the usual one), resnet101, resnet152",
    "inception": "inception_v2, inception_v3 (the usual one), inception_v4",
    "inceptoin": "inception_v2, inception_v3 (the usual one), inception_v4",
    "vgg": "vgg11, vgg13, vgg16 (the usual one), vgg19",
    "vgg17": "vgg11, vgg13, vgg16 (the usual one), vgg19",
    "densenet": "densenet121 (the usual one), densenet169, densenet201 or densenet264?",
    "efficientnet-b8": "efficientnet_b0 (the usual one), efficientnet_b1",
    "resnext": "resnext50",
    "wrn": "wide_resnet or wide_resnet50_2?",
    "yolov3": "yolo_v1?",
    "ssd512": "ssd300?",
    "detection": "ssd300, ",
    "alexnt": "'alexnet'?",
    "resnt50": "'resnet50'?",
    "resnet50d": "'resnet50' or 'resnext50'?",
    "alexnett": "'alexnet' or 'alexnet_torchvision'?",
    "dense": "densenet121 (the usual one), densenet169, densenet201 or densenet264?",
    "xcption": "'xception'?",
    "effnet": "'efficientnet'?",
    "vgg16_bn": "'vgg16'?",
    "resnest": "", "dpn": "", "perceiver": "", "foo": "", "r": "",
}  # fmt: skip


@pytest.mark.parametrize("typed", LAYERS)
def test_a_layer_by_another_name(typed):
    assert meant(typed, KINDS) == LAYERS[typed].split()


def test_keys_and_arguments_by_other_names(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("name: N\nknobs: {k: 1}\ninput: [3, 8, 8]\nlayers:\n"
                    "  - conv(filters=4, kernel_size=3, strides=2, padding=1, use_bias=false, dilation_rate=1)\n"
                    "  - linear(units=4, bais=true)\n")  # fmt: skip
    found = re.findall(r"did you mean '(\w+)'", run(["check", str(spec)]).output)
    assert found == ["net", "given", "out", "kernel", "stride", "pad", "bias", "dilation", "out", "bias"]


@pytest.mark.parametrize("typed", NETWORKS)
def test_a_network_by_another_name(typed):
    message = run(["summary", typed]).output
    start = f"no network '{typed}'; did you mean {NETWORKS[typed]}"
    assert message.startswith(start if NETWORKS[typed] else f"no network '{typed}'; 'archcalc list' shows them all")


def slips(word):
    """The word with a letter left out, doubled, or changed places with the next one."""
    for at in range(1, len(word)):
        if word[at : at + 1].isalpha():
            yield word[:at] + word[at + 1 :]
            yield word[:at] + word[at] + word[at:]
        if word[at : at + 2].isalpha():
            yield word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


@pytest.mark.parametrize("known", [KINDS, NAMES[::5], FIGURES], ids=["kinds", "networks", "quantities"])
def test_a_slip_of_the_finger_leads_back(known):
    shapes = {squeezed(word) for word in known}
    for word in (word for word in known if len(word) > 4):
        for slip in slips(word):
            assert squeezed(slip) in shapes or instead(slip) or word in meant(slip, known), slip


def test_every_synonym_leads_to_something(knobs):
    arguments = {parameter.name for kind in KINDS.values() for parameter in kind.parameters}
    there_is = {
        *KINDS,
        *KEYS,
        *FIGURES,
        *COLUMNS,
        *arguments,
        *(knob.name for knob in knobs),
        *NAMES,
        *main.commands,
    }
    assert set(WORDS) <= there_is
    typed = [word for words in (*WORDS.values(), *INSTEAD.values()) for word in words.split()]
    assert all(word == squeezed(word) for word in typed)
    assert not set(typed) & {squeezed(kind) for kind in KINDS}, "a kind of layer needs no hint"
    assert not {word for words in INSTEAD.values() for word in words.split()} & set(" ".join(WORDS.values()).split())


@pytest.mark.parametrize("advice", INSTEAD)
def test_what_is_advised_can_be_built(advice, tmp_path):
    parts = [part for part in re.findall(r"'([^']*)'", advice) if part != "[]"]
    body = "".join(f"  - {part}\n" for part in parts if part != "add")
    body += "  - add: {body: [relu], shortcut: []}\n" if "[]" in advice else ""
    (tmp_path / "net.yaml").write_text(f"net: N\nlet: {{out: 4}}\ninput: [4, 8, 8]\nlayers:\n{body}")
    assert archcalc.load(str(tmp_path / "net.yaml")).summary().layers


def test_the_usual_network_is_of_its_family():
    for family, name in USUAL.items():
        assert name in archcalc.names(family=family, kind="network")


KNOBS = {  # network, typed, value -> what is to be written
    ("mobilenet_v1", "resolution", 192): "rho=192/224", ("mobilenet_v1", "image_size", 160): "rho=160/224",
    ("mobilenet_v1", "width", 0.5): "alpha', width multiplier", ("mobilenet_v1", "width_mult", 0.5): "alpha=0.5",
    ("mobilenet_v1", "num_classes", 10): "classes=10", ("mobilenet_v1", "convoluton", "full"): "convolution",
    ("mobilenet_v1", "resoluton", 192): "rho=192/224",
    ("resnet50", "size", 192): "resolution=192", ("resnet50", "depth", 101): "n2', 'n3', 'n4' or 'n5",
    ("densenet121", "growth_rate", 12): "k=12", ("densenet121", "compression", 1): "theta=1",
    ("resnext50_32x4d", "cardinality", 8): "C=8", ("efficientnet_b0", "width", 1.1): "w', width coefficient",
    ("efficientnet_b0", "depth", 1.1): "d', depth coefficient", ("efficientnet_b0", "alpa", 1.2): "alpha",
    ("wide_resnet", "widen_factor", 8): "k=8", ("mobilenet_v2", "expand_ratio", 4): "t=4",
    ("ssd300", "resolution", 512): "height=512,width=512", ("yolo_v1", "resolution", 512): "S=8",
    ("yolo_v1", "resolution", 500): "S', cells", ("vgg16", "top", False): "include_top",
    ("resnet50", "resolution_", "a" * 5000): "resolution", ("resnet50", "num_classes", "1" * 5000): "classes",
    ("mobilenet_v1", "growth_rate", 12): "", ("resnet50", "alpha", 0.5): "", ("resnet50", "cardinality", 32): "",
}  # fmt: skip


@pytest.mark.parametrize(("network", "typed", "value"), KNOBS)
def test_a_knob_by_another_name(network, typed, value):
    with pytest.raises(archcalc.ArchcalcError) as caught:
        archcalc.load(network).summary(**{typed: value})
    start, wanted = f"{network} has no knob {typed!r}", KNOBS[network, typed, value]
    assert str(caught.value).startswith(f"{start}; did you mean '{wanted}" if wanted else f"{start} (its knobs: ")


OF_ONE_SIZE = ("nin", "dcgan_generator", "dcgan_discriminator")  # always 32 x 32, or 64 x 64


@pytest.mark.parametrize("name", members())
def test_a_value_that_is_offered_gives_that_input(name):
    """Both as it is written behind the name, and as a float in Python; every network is offered its own size."""
    network = archcalc.load(name)
    own = network.summary().input[-1]
    for side in dict.fromkeys((224, own)):
        values = same_meaning(network, "image_size", side)
        if any(values.values()):
            written = ",".join(f"{knob}={value}" for knob, value in values.items())
            assert f"did you mean {written!r}" in hint(network, "image_size", side, (), PYTHON)
            assert reference(f"{name}@{written}").summary({}).input[-2:] == (side, side)
            floats = {knob: float(Fraction(value)) for knob, value in values.items()}
            assert network.summary(**floats).input[-2:] == (side, side)
    if name in archcalc.names(kind="network") and name not in OF_ONE_SIZE and len(network.summary().input) > 1:
        assert any(values.values())


@pytest.fixture(scope="module")
def knobs():
    return [knob for name in NAMES for knob in archcalc.load(name).knobs.values()]


def test_every_sense_is_of_some_knob(knobs):
    for sense in SENSES:
        assert any(re.search(sense.help, knob.help) for knob in knobs), sense


def test_one_word_for_networks_with_different_knobs():
    output = run("compare mobilenet_v1@alpha=0.5 resnet50 --resolution 192").output
    names = output.partition("after each network's name: ")[2].split()
    assert names == ["mobilenet_v1@alpha=0.5,rho=192/224", "resnet50@resolution=192"]
    assert "192 x 192" in run(["compare", *names]).output
    assert "did you mean '--columns'" in run("export vgg16 resnet50 --colums a").output
    assert "did you mean '--rho 192/224'" in run("summary mobilenet_v1 --image-size=192").output
    assert "did you mean '--include_top false'?" in run("summary vgg16 --no-include-top").output
    assert "did you mean 'mult_adds'?" in run("summary vgg16 --columns layer,MACs").output


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_an_option_of_another_command_is_said_to_be_there(command):
    """Every option of every command, tried on each command that has it not."""
    own = {name for param in command.params for name in param.opts}
    every = {
        name
        for other in main.commands.values()
        for param in other.params
        for name in param.opts
        if name.startswith("-")
    }
    words = [command.name, *(["nin"] if any(param.name in ("network", "networks") for param in command.params) else [])]
    for option in sorted(every - own):
        result = run([*words, option, "x"])
        having = [other.name for other in main.commands.values() if any(option in param.opts for param in other.params)]
        assert result.exit_code == 2
        has = f"{', '.join(having)} {'has' if len(having) == 1 else 'have'} it"
        assert result.output.startswith(f"no option '{option}'; {has} (options of {command.name}: "), result.output


TRUE, FALSE = ["true", "True", "TRUE", "yes", "on", "1"], ["false", "False", "FALSE", "no", "OFF", "0"]


def test_true_and_false_as_people_write_them(knobs):
    for knob in knobs:
        if {*knob.choices} == {True, False} and isinstance(knob.default, bool):
            assert [knob.read(word) for word in TRUE + FALSE] == [True] * 6 + [False] * 6
        elif knob.choices:
            assert [knob.read(str(choice)) for choice in knob.choices] == [*knob.choices]


def test_what_is_neither_true_nor_false_is_refused():
    assert run("summary googlenet --aux maybe").output == "googlenet: aux = maybe; it must be one of false, true\n"
    assert run("summary vgg16 --include_top False").output == run("summary vgg16 --include-top no").output


@pytest.mark.parametrize(("typed", "message"), {
    "resnet50": "no command 'resnet50'; 'archcalc summary resnet50' counts that network\n",
    "ResNet-50@classes=10": "no command 'ResNet-50@classes=10'; 'archcalc summary ResNet-50@classes=10' counts",
    "my.yaml": "no command 'my.yaml'; 'archcalc summary my.yaml' counts that network\n",
    "summry": "no command 'summry'; did you mean 'summary'?\n",
    "ls": "no command 'ls'; did you mean 'list'?\n",
    "frob": "no command 'frob' (there are ask, check, ",
}.items())  # fmt: skip
def test_no_such_command(typed, message):
    result = run([typed])
    assert result.exit_code == 2
    assert result.output.startswith(message)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 100])
def test_alternatives_name_all_or_say_how_many_more(count):
    text = alternatives([f"a{n}" for n in range(count)])
    shown = len(re.findall(r"a\d+", text))
    assert shown + sum(map(int, re.findall(r"(\d+) more", text))) == count
    assert shown == min(count, 6)


def test_other_names_are_found_too():
    assert meant("mobilnetv1", [*NAMES, *aliases()]) in (["mobilenet_v1"], ["mobilenetv1"])
