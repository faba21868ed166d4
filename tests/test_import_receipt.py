"""The receipt of imports says what was found, and every network of torchvision in it is equal to its module."""

import json

import pytest
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
