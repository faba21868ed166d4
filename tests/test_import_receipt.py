"""The receipts of imports say what was found: every network of torchvision and of Keras in them is equal."""

import json

import pytest
from references import keras_imports
from references.imports import FOLDER, PAGE, page, verdict

TORCHVISION = json.loads((FOLDER / "torchvision.json").read_text())


def test_the_page_is_current():
    assert page() == PAGE.read_text()


def test_torchvision_is_there():
    assert len(TORCHVISION) == 95


@pytest.mark.parametrize("path", TORCHVISION)
def test_a_network_of_torchvision_is_equal_to_its_module(path):
    found = TORCHVISION[path]
    assert verdict(found) == "equal", found


def test_another_number_is_no_equal_network():
    found = dict(next(iter(TORCHVISION.values())))
    found["mult_adds"] = [found["mult_adds"][0] + 1, found["mult_adds"][1]]
    assert verdict(found).startswith("differs")


def test_every_model_of_keras_is_equal():
    found = json.loads(keras_imports.FACTS.read_text())["models"]
    assert len(found) == 40
    assert {keras_imports.verdict(one) for one in found.values()} == {"equal"}
    assert all(one["further"] for one in found.values() if one["knobs"])


def test_the_page_of_keras_is_current():
    assert keras_imports.page() == keras_imports.PAGE.read_text()


@pytest.mark.parametrize("name", ["params", "mult_adds", "further"])
def test_another_number_is_no_equal_model(name):
    found = json.loads(keras_imports.FACTS.read_text())["models"]["ResNet50"]
    found[name] = [found[name][0] + 1, found[name][1]]
    assert keras_imports.verdict(found).startswith("differs")
