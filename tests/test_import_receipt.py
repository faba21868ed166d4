"""The receipts of imports say what was found: every network is equal to its module, here and at another size."""

import json

import pytest
from references import keras_imports
from references.imports import FOLDER, PAGE, page, spread, verdict

FACTS = {library: json.loads((FOLDER / f"{library}.json").read_text()) for library in ("timm", "torchvision")}
TORCHVISION = FACTS["torchvision"]


def test_the_page_is_current():
    assert page() == PAGE.read_text()


def test_all_of_torchvision_and_300_of_timm_are_there():
    assert len(TORCHVISION) == 95
    assert len(FACTS["timm"]) >= 300


@pytest.mark.parametrize("library", FACTS)
def test_every_network_is_equal_to_its_module(library):
    others = {path: verdict(found) for path, found in FACTS[library].items() if verdict(found) != "equal"}
    assert not others


def test_some_networks_are_spread_over_all():
    for count in range(1, 200):
        names = [*range(count)]
        some = spread(names)
        assert (some[0], some[-1]) == (0, count - 1) or count == 1
        assert len({*some}) == len(some) == min(count, 3 + count // 20)


@pytest.mark.parametrize("key", ["params", "mult_adds"])
def test_another_number_is_no_equal_network(key):
    found = dict(next(iter(TORCHVISION.values())))
    found[key] = [found[key][0] + 1, found[key][1]]
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


def test_another_number_at_another_size_is_no_equal_network():
    assert verdict(next(iter(TORCHVISION.values())) | {"others": {"3x9x9": [1, 2]}}).startswith("differs")
