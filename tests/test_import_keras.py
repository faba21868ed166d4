"""Models of Keras as specs, from their JSON alone; a file from a stranger gives a network or one message."""

import copy
import json
import os
import zipfile
from contextlib import suppress

import pytest
from console import check_mistake, run
from test_imports import loaded_after

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.importers.keras_file import LARGEST, read

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


MODELS = {
    "small": small,
    "mobilenet_v2": application("MobileNetV2", alpha=0.35, input_shape=(96, 96, 3)),
    "mobilenet_v3": application("MobileNetV3Small", alpha=0.75, input_shape=(64, 64, 3)),
    "convnext": application("ConvNeXtTiny", input_shape=(64, 64, 3)),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def test_an_import_has_the_sizes_and_the_numbers_of_its_model(model, tmp_path):
    """Keras counts what is learned and the statistics of batch norm together."""
    file = tmp_path / "net.keras"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", model.to_json())
    report = archcalc.load(file).summary()
    assert report.totals.params + report.totals.buffers == model.count_params()
    assert report.layers[-1].output == tuple(model.output_shape[1:])
    assert report.totals.mult_adds is not None


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
MISTAKES = [
    (changed(INPUTS, tensor("two", 5)), "the inputs of the layer 'one' are not there, or depend on its output"),
    (changed((*INPUTS[:2], 2, *INPUTS[3:]), tensor("one", 6)), "the output of the layer 'one' is 6, and its layers"),
    (changed(("config", "layers", 1, "class_name"), "Strange"), None),
    (changed(("config", "layers", 2, "class_name"), "Strange"), "archcalc has no layer for Strange ('two')"),
    (changed(("config", "layers", 0, "config", "batch_shape"), [None, None]), "the size of the model's input is open"),
    (changed(("config", "layers", 2, "config", "units"), "many"), "its configuration is not as Keras 3 writes it"),
    (changed(("config", "layers"), []), "the model has 0 inputs; a spec has one"),
    ([1, 2], "its configuration is not that of a model of Keras 3"),
]


@pytest.mark.parametrize(("content", "message"), MISTAKES)
def test_a_mistake_is_one_message(content, message, tmp_path):
    (tmp_path / "net.json").write_text(json.dumps(content))
    if message is None:
        network = archcalc.load(tmp_path / "net.json")
        assert network.summary().totals.params is None
        assert "Strange in one" in network.spec.headings["about"]
        return
    with pytest.raises(ArchcalcError) as caught:
        archcalc.load(tmp_path / "net.json")
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 0


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
    with pytest.raises(ArchcalcError, match="its configuration is larger than 16 MiB"):
        read(str(tmp_path / "bomb.keras"))


def paths(tree, above=()):
    """The path of every value in a tree of JSON."""
    yield above
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(value, (*above, key))


@pytest.mark.parametrize("value", [None, [], {}, "x", -1, 10**30, [None], True], ids=str)
def test_no_value_in_a_file_ends_in_a_traceback(value, tmp_path):
    file = tmp_path / "net.json"
    for path in paths(SMALLEST):
        file.write_text(json.dumps(changed(path, value) if path else value))
        with suppress(ArchcalcError):
            archcalc.load(file).summary()


def test_the_command_gives_an_open_size(tmp_path):
    content = changed(("config", "layers", 0, "config", "batch_shape"), [None, None])
    (tmp_path / "net.json").write_text(json.dumps(content))
    result = run(f"import {tmp_path / 'net.json'} --input 7")
    assert result.exit_code == 0, result.output
    assert "input: [7]" in result.output
