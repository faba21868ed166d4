"""Networks against real Keras models, built and run in the test; the tables in references/ need no Keras."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

import archcalc
from archcalc.verify.lines import Line, features, lines, tangled

NONE: Mapping[str, Any] = MappingProxyType({})


class Case(NamedTuple):
    """A model of keras.applications, and the network that must equal it."""

    model: str
    options: Mapping[str, Any]
    network: str
    knobs: Mapping[str, str] = NONE
    order: str = "by branch"  # or "of the summary", or "any"
    extra: int = 0  # numbers kept beside the weights that are no statistics of batch norm


CASES = [
    Case("MobileNet", NONE, "mobilenet_v1"),
    Case("MobileNet", {"alpha": 0.75}, "mobilenet_v1", {"alpha": "0.75"}),
    Case("MobileNet", {"alpha": 0.25}, "mobilenet_v1", {"alpha": "0.25"}),
    Case("MobileNet", {"input_shape": (160, 160, 3)}, "mobilenet_v1", {"rho": "160/224"}),
    Case("MobileNetV2", NONE, "mobilenet_v2"),
    Case("MobileNetV2", {"alpha": 1.4}, "mobilenet_v2", {"alpha": "1.4"}),
    Case(
        "MobileNetV2",
        {"alpha": 0.35, "input_shape": (96, 96, 3)},
        "mobilenet_v2",
        {"alpha": "0.35", "resolution": "96"},
    ),
    Case("VGG19", NONE, "vgg19"),
    Case("ResNet50", NONE, "resnet50_keras"),
    Case("ResNet50V2", NONE, "resnet50_v2_keras", order="of the summary"),
    Case("DenseNet121", NONE, "densenet121"),
    Case("Xception", NONE, "xception"),
    Case("InceptionV3", NONE, "inception_v3_keras"),
    Case("InceptionResNetV2", NONE, "inception_resnet_v2_keras"),
    # the first layer scales the image: mean and variance of three channels, and a count
    Case("EfficientNetB0", NONE, "efficientnet_b0", extra=7),
    # what runs first within a cell is not kept in a Keras model
    Case("NASNetLarge", NONE, "nasnet_large", order="any"),
]


@pytest.fixture(scope="module")
def record() -> Callable[..., Any]:
    """What counts a Keras model, with Keras on torch."""
    os.environ["KERAS_BACKEND"] = "torch"
    pytest.importorskip("keras", reason="these tests build Keras models; pip install keras")
    from archcalc_witness.record_keras import record

    return record


@pytest.mark.parametrize("case", CASES, ids=[f"{case.model} {dict(case.options) or ''}".strip() for case in CASES])
def test_network_equals_the_keras_model_layer_by_layer(case: Case, record: Callable[..., Any]) -> None:
    import keras

    build = getattr(keras.applications, case.model)
    totals, layers = record(build, case.order == "of the summary", weights=None, **case.options)
    network = archcalc.load(case.network)
    report = network.summary(**{name: network.accept(name, value, text=True) for name, value in case.knobs.items()})
    ours, theirs = ([features(Line(*layer)) for layer in each] for each in (lines(report), layers))
    assert (tangled(ours) == tangled(theirs)) if case.order == "any" else (ours == theirs)
    assert {"params": report.totals.params, "buffers": report.totals.buffers + case.extra} == totals
