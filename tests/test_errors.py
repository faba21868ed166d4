"""What a mistake in a spec is told: tests/errors/NAME.yaml gets the message NAME.txt, word for word.

After a change of wording: ARCHCALC_UPDATE=1 pytest tests/test_errors.py, and read the difference as a student would.
"""

import os
from pathlib import Path

import pytest

import archcalc

FOLDER = Path(__file__).parent / "errors"
UPDATE = os.environ.get("ARCHCALC_UPDATE") == "1"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_message(name, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with pytest.raises(archcalc.SpecError) as caught:
        archcalc.load(f"{name}.yaml").summary()
    golden = FOLDER / f"{name}.txt"
    if UPDATE:
        golden.write_text(f"{caught.value}\n", encoding="utf-8")
    assert f"{caught.value}\n" == golden.read_text(encoding="utf-8")


def test_every_golden_text_has_its_spec():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_message_is_complete(path):
    """Each problem says where, and shows the line with a caret under a stretch of it, or where something is missing."""
    lines = path.read_text(encoding="utf-8").splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith(f"{path.stem}.yaml:")]
    assert heads[0] == 0
    source = path.with_suffix(".yaml").read_text(encoding="utf-8").splitlines()
    for number in heads:
        _, line, column, message = lines[number].split(":", 3)
        assert message.strip()
        if not source:
            continue
        written, shown, caret = source[int(line) - 1], lines[number + 1], lines[number + 2]
        start = caret.index("^")
        assert set(caret.strip()) == {"^"}
        assert len(caret) <= len(shown) + shown.endswith(("-", ":"))
        if "\t" not in written:
            assert shown[start : len(caret)] == written[int(column) - 1 :][: len(caret) - start]
