"""Models of Keras as specs, from their JSON alone; a file from a stranger gives a network or one message."""

import copy
import json
import os
import zipfile
from contextlib import suppress
from random import Random

import pytest
from console import check_mistake, run
from test_imports import loaded_after

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.importers.keras.file import LARGEST, configuration

os.environ.setdefault("KERAS_BACKEND", "torch")  # before Keras is imported


def small():
    """A model with a layer of most classes."""
    import keras
    from keras import layers

    x = image = keras.Input((32, 32, 3), name="image")
    x = layers.Rescaling(1 / 255)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.Activation("hard_swish")(layers.BatchNormalization()(x))
    y = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same")(layers.ReLU(6)(y))
    x = layers.Add()([x, y])
    gate = layers.Dense(8, activation="sigmoid")(layers.Dense(4, activation="silu")(
        layers.GlobalAveragePooling2D(keepdims=True)(x)))  # fmt: skip
    x = layers.Multiply()([x, gate])
    x = layers.Concatenate()([x, layers.Conv2D(4, 1)(layers.LayerNormalization()(x))])
    x = layers.UpSampling2D(2)(layers.AveragePooling2D(2)(layers.ZeroPadding2D(1)(x)))
    twice = layers.Conv2D(12, 3, padding="same", name="twice")
    x = layers.Maximum()([twice(x), twice(twice(x))])
    inner = keras.Sequential([layers.Conv2DTranspose(6, 3, 2, padding="same"), layers.LeakyReLU()], name="inner")
    x = layers.Reshape((-1, 6))(layers.MaxPooling2D(2)(inner(x)))
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(5, activation="softmax", name="head")(x), name="small")


def application(name, **options):
    def make():
        import keras

        return getattr(keras.applications, name)(weights=None, **options)

    return make


def text(masked=False):
    """A classifier of text."""
    import keras
    from keras import layers

    tokens = keras.Input((12,), name="tokens")
    x = layers.Embedding(100, 8, mask_zero=masked)(tokens)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)])
    x = layers.Bidirectional(layers.LSTM(5, unroll=True, return_sequences=True))(layers.LayerNormalization()(x))
    x = layers.Bidirectional(layers.GRU(4, unroll=True))(x)
    return keras.Model(tokens, layers.Dense(2, activation="softmax")(x), name="text")


def sound():
    """A network along one axis, between whose layers no axes need to be moved."""
    import keras
    from keras import layers

    first = [layers.Conv1D(6, 3, padding="causal", activation="relu"), layers.BatchNormalization()]
    second = [layers.MaxPooling1D(2), layers.Conv1D(8, 5, strides=2, padding="same")]
    last = [layers.GlobalAveragePooling1D(), layers.Dense(3)]
    return keras.Sequential([keras.Input((40, 2)), *first, *second, *last], name="sound")


def nested():
    """Models in models, of which one is called twice, and two outputs."""
    import keras
    from keras import layers

    def tower(name):
        net = [layers.Conv2D(3, 3, padding="same"), layers.PReLU(shared_axes=[1, 2])]
        return keras.Sequential([keras.Input((8, 8, 3)), *net], name=name)

    inner = keras.Input((8, 8, 3))
    block = keras.Model(inner, layers.Add()([inner, tower("inside")(inner)]), name="residual")
    image = keras.Input((8, 8, 3))
    stem = tower("stem")
    x = block(block(stem(stem(image))))
    return keras.Model(image, [layers.Dense(4)(layers.Flatten()(x)), layers.Conv2D(1, 1)(x)], name="nested")


def first():
    """A network whose channels are first."""
    import keras
    from keras import layers

    keras.config.set_image_data_format("channels_first")
    try:
        image = keras.Input((3, 12, 10))
        x = layers.BatchNormalization(axis=1)(layers.Conv2D(6, 3, padding="same")(image))
        x = layers.Concatenate(axis=1)([x, layers.DepthwiseConv2D(3, padding="same")(x)])
        return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)), name="first")
    finally:
        keras.config.set_image_data_format("channels_last")


MODELS = {
    "small": small,
    "text": text,
    "sound": sound,
    "nested": nested,
    "first": first,
    "mobilenet_v3": application("MobileNetV3Small", alpha=0.75, input_shape=(64, 64, 3)),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def counted(model):
    """The multiply-adds of one example, as torch counts them."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(torch.zeros((1, *model.input_shape[1:])))
    return counter.get_total_flops() // 2


def test_an_import_has_the_numbers_of_its_model(model, tmp_path):
    """Keras counts what is learned and the statistics of batch norm together."""
    file = tmp_path / "net.keras"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", model.to_json())
    totals = archcalc.load(file).summary().totals
    assert totals.params + totals.buffers == model.count_params()
    assert totals.mult_adds == counted(model)


def test_what_is_called_twice_has_its_weights_once(tmp_path):
    network = imported(nested().to_json(), tmp_path)
    assert network.text.count("share:") == 4
    assert [layer.output for layer in network.summary().layers if layer.kind in ("linear", "flatten")][-1] == (4,)


def imported(text, tmp_path):
    (tmp_path / "net.json").write_text(text)
    return archcalc.load(tmp_path / "net.json")


def test_the_mask_of_a_text_does_no_work(tmp_path):
    masked = text(masked=True).to_json()
    assert "NotEqual" in masked
    assert imported(masked, tmp_path).text == imported(text().to_json(), tmp_path).text


@pytest.mark.parametrize("name", ["sound", "first"])
def test_no_axes_are_moved_where_all_layers_agree(name, tmp_path):
    assert "permute" not in imported(MODELS[name]().to_json(), tmp_path).text


def as_keras_2(model):
    """A model as Keras 2 writes it: inputs as lists of names and numbers, and no shape except that of the input."""
    config = model["config"]
    for layer in config["layers"]:
        layer.pop("registered_name", None)
        given = layer["config"]
        if layer["class_name"] in ("Functional", "Sequential"):
            as_keras_2(layer)
        if "batch_shape" in given:
            given["batch_input_shape"] = given.pop("batch_shape")
        if "negative_slope" in given and layer["class_name"] == "LeakyReLU":
            given["alpha"] = given.pop("negative_slope")
        if layer["class_name"] == "BatchNormalization":
            given["axis"] = [given["axis"]]
        if layer.get("inbound_nodes"):
            layer["inbound_nodes"] = [node_of_keras_2(node) for node in layer["inbound_nodes"]]
    for name in ("input_layers", "output_layers"):
        if name in config and isinstance(config[name][0], str):
            config[name] = [config[name]]
    return model


def node_of_keras_2(node):
    """A call: each tensor with the arguments that have names, which stand behind the first one."""

    def history(tensor):
        return tensor["config"]["keras_history"]

    args, named = node["args"], dict(node["kwargs"])
    args, *more = args[0] if isinstance(args[0], list) else args
    if more and isinstance(more[0], (int, float)):
        named["y"] = more.pop()
    if more and "use_causal_mask" in named:  # attention, whose other inputs have names
        named["value"] = history(more.pop())
    named = {key: history(value) if isinstance(value, dict) else value for key, value in named.items()}
    return [[*history(args), named], *([*history(tensor), {}] for tensor in more)]


@pytest.mark.parametrize("name", ["nested", "first", "text", "sound"])
def test_a_file_of_keras_2_is_the_same_network(name, tmp_path):
    written = MODELS[name]().to_json()
    ours = imported(json.dumps(as_keras_2(json.loads(written))), tmp_path)
    assert ours.text == imported(written, tmp_path).text


def test_the_addition_of_a_number_in_keras_2(tmp_path):
    content = copy.deepcopy(SMALLEST)
    content["config"]["layers"][2] = {
        **layer("TFOpLambda", "two", function="__operators__.add"),
        "inbound_nodes": [["one", 0, 0, {"y": 3.0, "name": None}]],
    }
    assert "scale(1, shift=3)" in imported(json.dumps(content), tmp_path).text


def test_its_mult_adds_are_those_of_the_spec_of_the_same_network(tmp_path):
    (tmp_path / "net.json").write_text(application("ResNet50")().to_json())
    imported, own = archcalc.load(tmp_path / "net.json"), archcalc.load("resnet50_keras")
    for size in (224, 288):
        ours, theirs = imported.summary(resolution=size).totals, own.summary(resolution=size).totals
        assert (ours.params, ours.buffers, ours.mult_adds) == (theirs.params, theirs.buffers, theirs.mult_adds)
    assert len(imported.text.splitlines()) < 70


def test_keras_is_not_needed(tmp_path):
    (tmp_path / "net.json").write_text(json.dumps(SMALLEST))
    loaded = loaded_after(f"import archcalc; archcalc.load({str(tmp_path / 'net.json')!r}).summary()")
    assert not loaded & {"keras", "torch", "tensorflow", "numpy"}


def tensor(name, *sizes):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, *sizes], "keras_history": [name, 0, 0]}}


def layer(kind, name, *inputs, **config):
    nodes = [{"args": [*inputs], "kwargs": {}}] if inputs else []
    return {"class_name": kind, "config": {"name": name, **config}, "inbound_nodes": nodes}


DENSE = {"units": 5, "use_bias": True, "activation": "linear"}
SMALLEST = {
    "class_name": "Functional",
    "config": {
        "name": "smallest",
        "layers": [
            layer("InputLayer", "in", batch_shape=[None, 7]),
            layer("Dense", "one", tensor("in", 7), **DENSE),
            layer("Dense", "two", tensor("one", 5), **DENSE),
        ],
        "output_layers": ["two", 0, 0],
    },
}


def changed(path, value):
    found = copy.deepcopy(SMALLEST)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


INPUTS = ("config", "layers", 1, "inbound_nodes", 0, "args", 0)
OWN = {**layer("Dense", "one", tensor("in", 7), **DENSE), "module": None, "registered_name": "Mine>Dense"}
USES_A_STATE = {"class_name": "__keras_tensor__", "config": {"shape": [None, 5], "keras_history": ["one", 0, 2]}}
SECOND_INPUT = layer("Add", "two", [tensor("one", 5), tensor("other", 5)])
MISTAKES = [
    (changed(INPUTS, tensor("two", 5)), "depend on its output"),
    (changed(INPUTS, tensor("three", 5)), "the inputs of the layer 'one' are not there, or depend on its output"),
    (changed((*INPUTS[:2], 2, *INPUTS[3:]), tensor("one", 6)), "of the layer 'one' is 6 in the file, and 5 by its arg"),
    (changed((*INPUTS[:2], 2, *INPUTS[3:]), USES_A_STATE), "output 3 of the layer 'one' is used, and it is not read"),
    (
        changed(("config", "layers", 2, "class_name"), "Strange"),
        "'two': archcalc has no layer for Strange, and its out",
    ),
    (changed(("config", "layers", 0, "config", "batch_shape"), [None, None]), "the size of the model's input is open"),
    (changed(("config", "layers", 2, "config", "units"), "many"), "'two': out must be a whole number, at least 1, not"),
    (
        changed(("config", "layers", 2, "config"), {"name": "two", "units": 3}),
        "the layer 'two' is not as Keras writes it (it has no 'use",
    ),
    (changed(("config", "layers"), []), "the model has no layer 'two', which is to be its output"),
    (changed(("config", "layers", 1, "name"), "in"), "two layers of the model have the name 'in'"),
    ([1, 2], "its configuration is not that of a model of Keras"),
]


@pytest.mark.parametrize(("content", "message"), MISTAKES)
def test_a_mistake_is_one_message(content, message, tmp_path):
    with pytest.raises(ArchcalcError) as caught:
        imported(json.dumps(content), tmp_path)
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_two_inputs_are_refused(tmp_path):
    content = changed(("config", "layers", 2), SECOND_INPUT)
    content["config"]["layers"].append(layer("InputLayer", "other", batch_shape=[None, 5]))
    with pytest.raises(ArchcalcError, match="the model has 2 inputs; a spec has one"):
        imported(json.dumps(content), tmp_path)


STRANGE = changed(("config", "layers", 1, "class_name"), "Strange")
OWN_DENSE = changed(("config", "layers", 1), OWN)
ANY_FUNCTION = changed(("config", "layers", 1, "class_name"), "Lambda")
OWN_ACTIVATION = changed(("config", "layers", 1, "config", "activation"), {"class_name": "function", "config": "mine"})


@pytest.mark.parametrize(("content", "params", "what"), [
    (STRANGE, None, "Strange"), (OWN_DENSE, None, "Dense"), (ANY_FUNCTION, 30, "Lambda"), (OWN_ACTIVATION, 70, "Dense"),
])  # fmt: skip
def test_what_only_code_says_is_unknown(content, params, what, tmp_path):
    """A class of the file's author, even with the name of one of Keras's; a function has no weights of its own."""
    network = imported(json.dumps(content), tmp_path)
    assert network.summary().totals.params == params
    assert network.summary().totals.mult_adds is None
    assert f"{what} in one" in network.spec.headings["about"]


def sequence(*layers, **config):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [*layers], **config}}


WHERE_THE_INPUT_IS = {
    "of its own": sequence(layer("InputLayer", "in", batch_shape=[None, 7]), layer("Dense", "one", **DENSE)),
    "of Keras 2": sequence(layer("InputLayer", "in", batch_input_shape=[None, 7]), layer("Dense", "one", **DENSE)),
    "of the first layer": sequence(layer("Dense", "one", batch_input_shape=[None, 7], **DENSE)),
    "of the model": sequence(layer("Dense", "one", **DENSE), build_input_shape=[None, 7]),
    "of Keras 2.1": {
        "class_name": "Sequential",
        "config": [layer("Dense", "one", batch_input_shape=[None, 7], **DENSE)],
    },
}


@pytest.mark.parametrize("content", WHERE_THE_INPUT_IS.values(), ids=WHERE_THE_INPUT_IS)
def test_a_sequence_says_its_input(content, tmp_path):
    assert imported(json.dumps(content), tmp_path).summary().totals.params == 8 * 5


def test_a_sequence_that_was_never_built_is_refused(tmp_path):
    with pytest.raises(ArchcalcError, match="the file does not state the shape of the model's input"):
        imported(json.dumps(sequence(layer("Dense", "one", **DENSE))), tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 nothing", "its configuration is not JSON that can be read"),
        (b"[" * 100_000, "its configuration is not JSON that can be read"),
        (b"\xff\xfe", "its configuration is not JSON that can be read"),
    ],
)
def test_what_is_no_model_is_told(data, message, tmp_path):
    file = tmp_path / "net.keras"
    file.write_bytes(data)
    empty = tmp_path / "empty"
    empty.mkdir()
    check_mistake(f"summary {file}", message, empty)


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b"[" + b" " * LARGEST + b"]")
    with pytest.raises(ArchcalcError, match="its configuration is larger than 8 MiB"):
        configuration(str(tmp_path / "bomb.keras"))


def test_an_archive_of_endless_names_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        for number in range(150):
            archive.writestr(f"{number:0>60000}", b"")
        archive.writestr("config.json", json.dumps(SMALLEST))
    with pytest.raises(ArchcalcError, match="not an archive of Keras 3 with a"):
        configuration(str(tmp_path / "net.keras"))


@pytest.mark.parametrize("names", [["../config.json"], ["/config.json", "CONFIG.JSON"], []])
def test_an_archive_without_a_configuration_is_refused(names, tmp_path):
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        for name in names:
            archive.writestr(name, json.dumps(SMALLEST))
    with pytest.raises(ArchcalcError, match="not an archive of Keras 3 with a"):
        configuration(str(tmp_path / "net.keras"))


def call(kind, name, *inputs, **config):
    """A layer as Keras 2 writes it, which is short."""
    return {"class_name": kind, "config": {"name": name, **config}, "inbound_nodes": [[[i, 0, 0, {}] for i in inputs]]}


def functional(last, *layers):
    first = layer("InputLayer", "in", batch_shape=[None, 7])
    config = {"name": "m", "layers": [first, *layers], "input_layers": ["in", 0, 0], "output_layers": last}
    return {"class_name": "Functional", "config": config}


def twice(depth):
    """A model in which one is called twice, in which one is called twice ..."""
    found = functional(["one", 0, 0], call("Dense", "one", "in", **DENSE | {"units": 7}))
    for _ in range(depth):
        inner = {**found, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]], [["inner", 0, 0, {}]]]}
        found = functional(["inner", 1, 0], inner)
    return found


def cycle(count):
    names = [f"d{number}" for number in range(count)]
    return functional(["d0", 0, 0], *(call("Add", name, "in", names[i - 1]) for i, name in enumerate(names)))


def with_units(number):
    return changed(("config", "layers", 1, "config", "units"), number)


ENDLESS = {
    "a chain": (functional(["d9999", 0, 0], *(call("Dense", f"d{i}", f"d{i - 1}" if i else "in", **DENSE | {"units": 7})
                for i in range(10_000))), "the model has more than 4,000 calls of layers"),
    "a layer that takes everything": (functional(["z", 0, 0], call("Add", "z", *["in"] * 10_000)), "more than 4,000"),
    "a cycle": (cycle(10_000), "are not there, or depend on its output"),
    "models that call one twice": (twice(15), "the model has more than 4,000 calls of layers"),
    "models within models": (twice(100), "there are more than 20 models within models"),
    "a number of many digits": (with_units(10**30), "not JSON that can be read"),
    "a number of all digits": (with_units(10**17), "is 5 in the file, and 1"),
    "a layer of infinite size": (with_units(float("inf")), "not JSON that can be read"),
    "a layer of a fraction": (with_units(2.5), "the layer 'one': out must not be 2.5"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), ENDLESS.values(), ids=ENDLESS)
def test_what_would_not_end_is_refused(content, message, tmp_path):
    with pytest.raises(ArchcalcError) as caught:
        imported(json.dumps(content), tmp_path)
    assert message in str(caught.value)


def paths(tree, above=()):
    """The path of every value in a tree of JSON."""
    yield above
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(value, (*above, key))


def stranger(tree, random):
    """The tree with a few values in other places, or none there."""
    tree = copy.deepcopy(tree)
    places = [path for path in paths(tree) if path]
    for _ in range(random.choice([1, 1, 2, 4])):
        (*above, last), other = random.choice(places), random.choice(places)
        with suppress(LookupError, TypeError):
            value = random.choice([*VALUES, copy.deepcopy(at(tree, other))])
            at(tree, above)[last] = value
            if value == "nothing":
                del at(tree, above)[last]
    return tree


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


VALUES = [None, [], {}, "x", "nothing", -1, 0, 2, 10**15, 10**30, 1e308, float("nan"), True, [None], ["x"], [0, 0],
          "same", "channels_first", "in\n\x1b[31mput", "a" * 3000, tensor("in", 7)]  # fmt: skip


def trees():
    """Files to be changed: a small one of Keras 3, and one with blocks of most kinds of argument, of Keras 2."""
    conv = {"filters": 4, "kernel_size": [3, 3], "strides": [1, 2], "padding": "same", "dilation_rate": [1, 1],
            "groups": 1, "use_bias": True, "activation": "softmax", "data_format": "channels_last"}  # fmt: skip
    recurrent = {"units": 3, "use_bias": True, "return_sequences": False}
    steps = {"class_name": "LSTM", "config": recurrent}
    norm = {"axis": [3], "scale": True, "center": False}
    image = call("Reshape", "image", "in", target_shape=[-1, 7, 1])
    yield SMALLEST
    yield twice(2)
    yield functional([["b", 0, 0], ["f", 0, 0]], image, call("Conv2D", "c", "image", **conv),
                     call("BatchNormalization", "n", "c", **norm), call("Concatenate", "j", "n", "c", axis=-1),
                     call("ZeroPadding2D", "z", "j", padding=[[1, 0], [0, 2]]),
                     call("Reshape", "r", "z", target_shape=[-1, 4]),
                     call("Bidirectional", "b", "r", merge_mode="concat", layer=steps),
                     call("PReLU", "p", "z", shared_axes=[1]), call("Flatten", "f", "p"))  # fmt: skip


@pytest.mark.parametrize("tree", [*trees()], ids=["small", "nested", "of Keras 2"])
def test_no_file_ends_in_a_traceback(tree, tmp_path):
    """What is changed is a network, or one line."""
    file, random, read = tmp_path / "net.json", Random(1), 0
    for _ in range(200):
        file.write_text(json.dumps(stranger(tree, random)))
        said = message(file)
        read += not said
        assert said.isprintable()
        assert len(said) < 500
    assert 5 < read < 150


def message(file):
    """Why a file is refused; empty where it is a network."""
    try:
        archcalc.load(file).summary()
    except ArchcalcError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("stated", "given", "fits"), [
    ([None, None, 3], "3,40,50", True), ([None, None, 3], "4,40,50", False), ([None, None, 3], "40,50,3", True),
    ([32, 32, 3], "3,48,48", True), ([32, 32, 3], "4,32,32", False), ([3, 32, 32], "3,48,48", True),
    ([32, 32, 3], "3,32", False),
])  # fmt: skip
def test_an_input_fits_what_the_file_states(stated, given, fits, tmp_path):
    content = changed(("config", "layers", 0, "config", "batch_shape"), [None, *stated])
    content["config"]["layers"][1:] = [call("Activation", "two", "in", activation="relu")]
    (tmp_path / "net.json").write_text(json.dumps(content))
    result = run(f"import {tmp_path / 'net.json'} --input {given}")
    assert result.exit_code == (0 if fits else 2)
    assert fits or "the model takes an input of" in result.output


def test_the_command_gives_an_open_size(tmp_path):
    content = changed(("config", "layers", 0, "config", "batch_shape"), [None, None])
    (tmp_path / "net.json").write_text(json.dumps(content))
    result = run(f"import {tmp_path / 'net.json'} --input 7")
    assert result.exit_code == 0, result.output
    assert "input: [7]" in result.output
