"""Specs with slips of the finger: always a report or a message, never anything else.

Longer, with another seed: ARCHCALC_FUZZ=20000 ARCHCALC_SEED=7 pytest tests/test_fuzz.py
"""

import os
import random
import time
from pathlib import Path

import pytest

import archcalc
from archcalc.spec.library import home

COUNT = int(os.environ.get("ARCHCALC_FUZZ", "300"))
SEED = int(os.environ.get("ARCHCALC_SEED", "1"))
PATIENCE = 20  # seconds for one spec, on a slow machine
STRAY = "()[]{},:;-+*/%#'\"&!|>@`=.<0123456789 \n\t\x00\u2028éabcxyz_$~?\\"


def slip(text, dice):
    """The text with one slip: a character or a line left out, doubled, swapped, put in or moved."""
    at, lines = dice.randrange(len(text) + 1), text.split("\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(9):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[: at + 1] + text[at:]
        case 2:
            return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        case 3:
            return text[:at] + dice.choice(STRAY) + text[at:]
        case 4:
            del lines[one]
        case 5:
            lines.insert(one, lines[one])
        case 6:
            lines[one], lines[other] = lines[other], lines[one]
        case 7:
            lines[one] = " " * dice.randrange(3) + lines[one]
        case _:
            lines[one] = lines[one][dice.randrange(3) :]
    return "\n".join(lines)


def outcome(path):
    try:
        archcalc.load(str(path)).summary()
    except archcalc.ArchcalcError as error:
        return type(error)
    return None


def test_slips_of_the_finger(tmp_path):
    dice, seen = random.Random(SEED), set()
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(home()).glob("*.yaml"))]
    for number in range(COUNT):
        text = dice.choice(texts)
        for _ in range(dice.choice((1, 1, 1, 2, 8))):
            text = slip(text, dice)
        (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
        start = time.process_time()
        try:
            seen.add(outcome(tmp_path / "spec.yaml"))
        except Exception:
            pytest.fail(f"slip {number} of seed {SEED}:\n{text}")
        assert time.process_time() - start < PATIENCE
    assert seen >= {None, archcalc.SpecError}  # both happen: the slips are neither all harmless nor all fatal
