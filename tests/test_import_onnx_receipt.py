"""The receipt of files of ONNX is current, and every network of torchvision in it is equal to its module."""

import json

import pytest
from references.onnx_imports import FACTS, PAGE, page, verdict

TORCHVISION = json.loads((FACTS / "torchvision.json").read_text())


def test_the_page_is_current():
    assert page() == PAGE.read_text()


def test_torchvision_is_there():
    assert len(TORCHVISION) == 95


@pytest.mark.parametrize("path", TORCHVISION)
def test_a_file_of_torchvision_is_equal_to_its_module(path):
    assert verdict(TORCHVISION[path]) == "equal", TORCHVISION[path]
