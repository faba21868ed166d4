"""What is printed from the registry is current, and the schema fits the specs."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from archcalc.layers import KINDS
from archcalc.spec.schema import kind_page, kinds_page, schema, schema_text

TOP = Path(__file__).parent.parent
SPECS = sorted(path for path in (TOP / "specs").rglob("*.yaml") if "lectures" not in path.parts)
VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_page_of_kinds_is_current():
    assert (TOP / "docs" / "kinds.md").read_text() == kinds_page(), "run: archcalc kinds > docs/kinds.md"


def test_the_schema_is_current():
    assert (TOP / "docs" / "spec.schema.json").read_text() == schema_text(), (
        "run: archcalc kinds --schema > docs/spec.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_every_kind_has_its_entry():
    assert all(kind_page(label) in kinds_page() for label in KINDS)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_fits_the_schema(path):
    assert list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"nett": "N"},
        {"net": "N", "layers": "relu"},
        {"net": "N", "layers": [{"a b": "relu"}]},
        {"net": "N", "layers": ["conv(3, 3"]},
        {"net": "N", "given": {"k": {"defualt": 1}}},
        {"net": "N", "kind": "nettwork"},
        {"net": "N", "blocks": {"b(x)": {"layer": []}}},
    ],
)
def test_the_schema_refuses(wrong):
    assert list(VALIDATOR.iter_errors(wrong))
