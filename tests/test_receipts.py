"""The receipts kept under reports/ are of the networks as they are, and say the same to people and programs."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.cli.verify import WITNESSES
from archcalc.memory.footprint import memory
from archcalc.spec.library import names
from archcalc.verify.check import digest

UP_TO = 100 * 10**9  # mult-adds of the networks that are computed on a CPU
REPORTS = Path(__file__).parent.parent / "reports"
RENEW = {
    "verification": "archcalc verify --all --device cpu --up-to 100 -o reports/verification",
    "witnesses": f"archcalc verify --all {' '.join(f'--against {one}' for one in WITNESSES)} -o reports/witnesses",
    "memory": "the command that reports/memory/cpu.md tells",
}


def read(path):
    return json.loads((REPORTS / path).read_text())


def now(name):
    return archcalc.load(name).summary()


def test_every_network_as_it_is_was_computed_on_a_cpu():
    kept = {one["label"]: one["digest"] for one in read("verification/cpu.json")["verified"]}
    reports = {name: now(name) for name in names()}
    asked = {name: digest(report) for name, report in reports.items() if report.known.mult_adds <= UP_TO}
    assert kept == asked, RENEW["verification"]


def test_every_network_was_held_against_torch_without_data():
    kept = {one["label"]: one["digest"] for one in read("witnesses/meta.json")["verified"]}
    assert kept == {name: digest(now(name)) for name in names()}, RENEW["witnesses"]


def test_networks_as_they_are_were_held_against_modules_of_others():
    data = read("witnesses/meta.json")
    kept = {one["label"]: one["digest"] for one in data["verified"]}
    witnessed = {one["label"] for one in data["witnessed"]}
    assert {one["library"] for one in data["witnessed"]} == {*WITNESSES}
    assert {name: kept[name] for name in witnessed} == {name: digest(now(name)) for name in witnessed}, RENEW[
        "witnesses"
    ]


def test_the_front_page_says_how_much_was_compared():
    data, computed = read("witnesses/meta.json"), read("verification/cpu.json")
    text = " ".join((REPORTS.parent / "README.md").read_text().split())
    layers = sum(one["layers"] for one in data["verified"])
    assert f"The {len(data['verified'])} specs become torch modules" in text
    assert f"all {layers:,} layers are equal" in text
    assert f"and {len(computed['verified'])} of them were computed on a CPU" in text
    assert f"{len({one['label'] for one in data['witnessed']})} specs equal modules of torchvision" in text
    page = (REPORTS.parent / "docs" / "verify.md").read_text()
    assert f"transformers and torch: {len(data['witnessed'])} comparisons" in page


def test_memory_is_by_the_formulas_as_they_are():
    for one in read("memory/cpu.json")["used"]:
        found = memory(now(one["label"]), one["batch"])
        expected = {"forward": found.peak, "training step": found.step}[one["what"]]
        assert one["formula"] == expected, RENEW["memory"]


def test_memory_of_a_forward_pass_is_exact_where_layers_make_nothing_inside():
    inexact = {one["label"] for one in read("memory/cpu.json")["used"] if one["what"] == "forward" and one["inside"]}
    assert inexact == {"alexnet", "googlenet"}  # local response normalisation


@pytest.mark.parametrize(
    "path", sorted(REPORTS.glob("[!i]*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_receipt_says_the_same_to_people(path):
    data, page = json.loads(path.read_text()), path.with_suffix(".md").read_text()
    layers = sum(one["layers"] for one in data["verified"])
    assert f"{len(data['verified'])} networks with {layers:,} layers compared; " in page
    assert f"`{data['command']}`" in page
    assert data["status"] == 0, "a receipt that is kept tells of no difference, and of nothing left out"
    assert all(f"\n- {word}: " in page for word in data["environment"])


def test_the_receipt_goes_stale_with_any_layer():
    report = now("lenet5")
    assert digest(report) == digest(now("lenet5"))
    assert digest(report) != digest(archcalc.load("lenet5").summary(classes=11))
    last = report.layers[-1]
    assert digest(report) != digest(report.with_layers((*report.layers[:-1], last._replace(detail="softplus"))))
