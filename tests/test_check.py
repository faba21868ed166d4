"""`archcalc check`: what a file holds in vain, and what is wrong where nothing calls it, is found with all the rest."""

import time
from pathlib import Path

import pytest
from console import run

import archcalc
from archcalc.catalogue import check
from archcalc.graph.unreached import Trial, unreached
from archcalc.spec.library import home, whole
from archcalc.spec.model import blocks_used

FILES = sorted(Path(home()).glob("*.yaml"))
WHOLE = """
net: N
given: {k: 2}
use:
  mine:
    let: {three: 3}
    blocks:
      far(x=three): ['conv(x, 1)']
let:
  f(x): k*x
input: [4, k, k]
blocks:
  low(a, b=1):
    - conv(a, b)
  high:
    - low(f(2))
layers:
  - high
  - far
"""
IN_VAIN = {  # a line put before one of those lines -> what is said of it
    "k: 2, idle: 1": ("k: 2", "no network of this file uses the knob 'idle'"),
    "three: 3, idle: three": ("three: 3", "no network of this file uses the definition 'idle'"),
    "  idle: k\n  f(x)": ("  f(x)", "no network of this file uses the definition 'idle'"),
    "  idle(x): k*x\n  f(x)": ("  f(x)", "no network of this file uses the definition 'idle'"),
    "      idle: [relu]\n      far": ("      far", "no network of this file uses the block 'idle'"),
    "  idle(z):\n    - low(z)\n  high": ("  high", "no network of this file uses the block 'idle'"),
    "low(a, b=1, c=1)": ("low(a, b=1)", "the block 'low' does not use its 'c'"),
}
WRONG = {  # a block that nothing calls -> what is said of it
    "(x):\n    - conv(x, 3)\n    - conv(6, 3, groups=4)": "idle/conv2: 6 filters are not divisible by 4 groups",
    "(x):\n    - conv(4, 1)\n    - conv(x, 1, groups=3)": "idle/conv2: 4 channels are not divisible by 3 groups",
    "(x):\n    - conv('a' + x, 1)": "idle/conv: arithmetic needs numbers, not 'a'",
    "(x):\n    - conv(x, 0*3)": "kernel must be a whole number, at least 1",
    "(x):\n    - flatten\n    - conv(x, 1)": "idle/conv: conv takes a map",
    "(x):\n    - relu:\n      when: x > 1\n      else:\n        - conv(x, 4, groups=3/2)": "groups must be a whole",
    "(x):\n    - g:\n        - conv(5, 1)\n        - conv(index, 1, groups=2)\n      repeat: x": "are not divisible by",
    "(x):\n    - conv(x, 1):\n      repeat: -2": "idle/conv: repeat must be a whole number",
    "(x):\n    - conv(x, 1):\n      when: 2": "idle/conv: 2 is not a condition",
    "(x):\n    - conv(x, 1):\n      from: -4": "-4 reaches too far back",
    ":\n    inputs: [a, b]\n    layers:\n      - conv(3, 1)\n      - c: flatten\n        from: b\n      - add:\n"
    "        from: [conv, c]": "idle/add: ",
    ":\n    - add:\n        left: ['conv(2, 1)']\n        right: ['conv(3, 1)']": "idle/add: branches do not match",
    "(x):\n    - other(x)\n  other(x):\n    - conv(x, 1)": "the block 'other' stands below",
}  # fmt: skip


def told(text, folder):
    """The messages of `archcalc check`, which ends with status 2 where there are any."""
    (folder / "net.yaml").write_text(text.lstrip())
    try:
        check(str(folder / "net.yaml"))
    except archcalc.SpecError as error:
        assert run(["check", str(folder / "net.yaml")]).exit_code == 2
        return [problem.message for problem in error.problems]
    return []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_file_of_archcalc_holds_anything_in_vain(path):
    assert not list(unreached(whole(str(path))[0]))


def test_what_is_used_is_not_told_of(tmp_path):
    assert told(WHOLE, tmp_path) == []


@pytest.mark.parametrize("new", IN_VAIN)
def test_what_is_held_in_vain_is_told_of(new, tmp_path):
    old, message = IN_VAIN[new]
    assert WHOLE.count(old) == 1
    assert told(WHOLE.replace(old, new), tmp_path) == [message]


def test_all_is_told_at_once(tmp_path):
    """In every member of a family, beside what nothing uses and what is wrong where nothing calls it."""
    text = WHOLE.replace("k: 2", "k: 2, idle: 1").replace(
        "  high:\n", "  never:\n    - conv(6, 3, groups=4)\n  high:\n"
    )
    text = text.replace("use:\n", "variants:\n  one: {k: 3}\n  two: {k: 0}\n  three: {k: 0.5}\nuse:\n", 1)
    messages = told(text, tmp_path)
    assert len(messages) == 4
    assert sum("its shape would be" in message for message in messages) == 1, (
        "told once of the place, not of each member"
    )


@pytest.mark.parametrize("block", WRONG)
def test_what_is_wrong_where_nothing_calls_it_is_told_of(block, tmp_path):
    messages = told(WHOLE.replace("  high:\n", f"  idle{block}\n  high:\n"), tmp_path)
    messages = [message for message in messages if not message.startswith(("no network", "the block 'idle' does not"))]
    assert len(messages) == 1
    assert WRONG[block] in messages[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_right_is_not_found_wrong_where_nothing_calls_it(path):
    """Each block of each network, as if nothing called it."""
    spec, _ = whole(str(path))
    members = [spec.variant(name) for name in spec.variants] or [spec]
    for block in {key: block for member in members for key, block in blocks_used(member.layers).items()}.values():
        assert Trial(members[0]).problems(block) == []


def test_many_blocks_that_nothing_calls_take_no_time(tmp_path):
    entries = "".join(f"    - relu:\n      repeat: {n}\n" for n in (1, 1, 50_000))
    blocks = (
        "".join(f"  b{n}(x):\n    inputs: [a, b, c]\n    layers:\n{entries}" for n in range(900))
        .replace("    -", "      -")
        .replace("      repeat", "        repeat")
    )
    lets = "".join(f"  d{n}: {n}\n" for n in range(900))
    start = time.perf_counter()
    assert len(told(f"net: N\nlet:\n{lets}input: [3, 8, 8]\nblocks:\n{blocks}layers: []\n", tmp_path)) > 50
    assert time.perf_counter() - start < 20
