"""Writes reports/imports/keras.md: every model of keras.applications as a file, imported, and compared with Keras.

In tests/: `KERAS_BACKEND=torch python -m references.keras_imports FOLDER`, where the files are to be written. Most are
built on the meta device, without numbers.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

from archcalc.core.errors import ArchcalcError
from archcalc.importers.files import of_file
from archcalc.importers.importing import STEP
from archcalc.importers.keras.file import configuration, read
from archcalc.importers.operation import INPUT
from archcalc.network import Network

FOLDER = Path(__file__).parents[2] / "reports" / "imports"
FACTS = FOLDER / "keras" / "applications.json"
PAGE = FOLDER / "keras.md"
SAVED = ("DenseNet121", "EfficientNetB0", "MobileNetV2", "ResNet50")  # as an archive, by save(); the others as JSON
USUAL = (224, 224)  # rows and columns where the model takes any
FURTHER = 3 * STEP  # by how much larger another input is


def applications():
    """The names of the models of keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def built(name):
    """A model without weights. One of them Keras does not build where it runs on torch."""
    import keras

    with patch("keras.src.backend.backend", lambda: "numpy" if name == "NASNetMobile" else "torch"):
        return getattr(keras.applications, name)(weights=None)


def reopened(model):
    """The same model for an image of any size, as Keras reads it from its JSON."""
    import keras

    return keras.models.model_from_json(json.dumps(with_open_sizes(json.loads(model.to_json()))))


def with_open_sizes(value):
    """The JSON of a model whose inputs have any number of rows and columns."""
    if isinstance(value, list):
        return [*map(with_open_sizes, value)]
    if not isinstance(value, dict):
        return value
    return {
        key: [None, None, None, inner[-1]] if key == "batch_shape" else with_open_sizes(inner)
        for key, inner in value.items()
    }


def counted(model, size):
    """Half of what torch counts in a model for an image of that size."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(torch.zeros((1, *size, 3), device="meta"))
    return counter.get_total_flops() // 2


def equal_layers(model, imported):
    """How many layers that learn there are; each must have the output and the numbers that Keras says."""
    count = 0
    for layer in model._flatten_layers(include_self=False):
        if layer.trainable_weights and not hasattr(layer, "layers"):
            same = [one for one in imported.operations if one.weights[-1:] == (layer.name,)]
            shape = tuple(layer.output.shape[1:])
            first = (shape[-1], *shape[:-1]) if len(shape) > 2 else shape
            ours = same[-1].shape, sum(numbers(imported, one) for one in same)
            assert ours[1] == layer.count_params(), (layer.name, ours, layer.count_params())
            is_factor = same[-1].layer.label == "parameter"  # of a product, which has the layer's output
            assert None in shape or is_factor or ours[0] == first, (layer.name, ours, first)
            count += 1
    return count


def numbers(imported, operation):
    """How many numbers an operation stores."""
    shapes = [imported.shape if i == INPUT else imported.operations[i].shape for i in operation.inputs]
    shapes = shapes or [imported.shape]
    return operation.layer.learned(*shapes) + operation.layer.stored(*shapes)


def fact(name, folder):
    """What came of one import."""
    import keras

    with keras.device("meta"):
        model = built(name)
    file = Path(folder) / f"{name}{'.keras' if name in SAVED else '.json'}"
    if name in SAVED:
        built(name).save(file)
    else:
        file.write_text(model.to_json())
    sizes = model.input_shape[1:3]
    size, given = (USUAL, (3, *USUAL)) if None in sizes else (sizes, None)
    start = time.perf_counter()
    try:
        found = of_file(str(file), given)
    except ArchcalcError as error:
        return {"file": file.suffix, "error": str(error)}
    seconds = time.perf_counter() - start
    network, imported = Network(found.spec), read(str(file), configuration(str(file)), given)
    totals, larger = network.summary().totals, [side + FURTHER for side in size]
    further = []
    with keras.device("meta"):
        theirs = counted(model, size)
        if network.knobs:
            further = [network.summary(resolution=larger[0]).totals.mult_adds, counted(reopened(model), larger)]
    return {"file": file.suffix, "input": "x".join(map(str, (3, *size))), "operations": found.layers,
            "layers": equal_layers(model, imported), "lines": network.text.count("\n"), "knobs": list(network.knobs),
            "seconds": round(seconds, 1),
            "params": [totals.params + totals.buffers + imported.unused, model.count_params()],
            "mult_adds": [totals.mult_adds, theirs], "further": further, "notes": list(found.notes)}  # fmt: skip


def verdict(found):
    """Whether an import is equal to its model, in words."""
    if "error" in found:
        return found["error"].replace("|", "/")[:160]
    pairs = [found["params"], found["mult_adds"], *([found["further"]] if found["further"] else [])]
    return "equal" if all(ours == theirs for ours, theirs in pairs) else f"differs: {pairs}"


HEAD = """\
# Models of Keras as specs

Every model of `keras.applications`, built without weights by Keras {version} on torch, was written as a file: as JSON
(`model.to_json()`) or by `model.save()`. `archcalc import` read it, and was compared with the model:

- params and buffers with `count_params()`, which also counts the one number of examples that `Normalization` stores;
- the multiply-adds of one example with torch's FlopCounterMode, halved, while Keras runs on the meta device; where the
  size of the input is a knob, for an image whose sides are {further} longer, too;
- the output and the numbers of each layer that learns with those that Keras says of it. The outputs of the others are
  compared with the shapes in the file whenever it is read.

**{equal} of {all} are equal**, with {layers:,} layers that learn; in {knobs} the size of the input is a knob.
The median spec has {median} lines. Written by `python -m references.keras_imports FOLDER` in tests/.

| model | file | input | operations | that learn | lines | size | seconds | |
|---|---|---|---:|---:|---:|---|---:|---|
"""


def page():
    """The receipt."""
    facts = json.loads(FACTS.read_text())
    found = facts["models"]
    read_ones = [one for one in found.values() if "lines" in one]
    text = HEAD.format(
        version=facts["keras"],
        further=FURTHER,
        equal=sum(verdict(one) == "equal" for one in found.values()),
        all=len(found),
        layers=sum(one["layers"] for one in read_ones),
        knobs=sum(bool(one["knobs"]) for one in read_ones),
        median=round(median(one["lines"] for one in read_ones)),
    )
    for name, one in found.items():
        size = "knob" if one.get("knobs") else "fixed" if "lines" in one else ""
        cells = [name, *(one.get(key, "") for key in ("file", "input", "operations", "layers", "lines"))]
        text += f"| {' | '.join(map(str, [*cells, size, one.get('seconds', ''), verdict(one)]))} |\n"
    return text


def main(folder):
    import keras

    Path(folder).mkdir(exist_ok=True)
    FACTS.parent.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in applications():
        found[name] = fact(name, folder)
        print(name, verdict(found[name]), found[name].get("lines"), found[name].get("layers"), flush=True)
    FACTS.write_text(json.dumps({"keras": keras.__version__, "models": found}, indent=1) + "\n")
    PAGE.write_text(page())


if __name__ == "__main__":
    main(sys.argv[1])
