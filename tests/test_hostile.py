"""A spec is data from a stranger: whatever it holds, it is refused or done quickly, in bounded memory, with a message.

Each case runs in a process of its own with little memory. The limit on time is generous, for slow machines; each case
takes well under a second where this is written.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import archcalc

MEMORY = 600 << 20  # bytes
PATIENCE = 20  # seconds
HEAD = "net: N\ninput: [3, 32, 32]\n"
CHILD = """
import sys, archcalc
try:
    report = archcalc.load(sys.argv[1]).summary()
    print(f"{len(report.layers)} layers")
except archcalc.ArchcalcError as error:
    print(error)
"""


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def outcome(path, cwd):
    """What load and summary say, in a process with little memory."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=cwd,
        preexec_fn=limit,
        timeout=PATIENCE,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert len(done.stdout) < 50_000
    return done.stdout


def doubling(count, first, step, last):
    """Blocks of which each calls the one above twice."""
    blocks = "".join(f"  b{n}:\n{step.format(n - 1)}" for n in range(1, count + 1))
    return f"{HEAD}blocks:\n  b0:\n{first}{blocks}layers:\n{last.format(count)}"


TWICE = "    - b{0}\n    - b{0}\n"
BOMB = "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
TEXTS = {
    # YAML
    "alias bomb": (f"a: &a [lol, lol]\n{BOMB}", "anchors"),
    "alias to itself": (f"{HEAD}layers: &a\n  - *a\n", "anchors"),
    "python object": ("net: !!python/object/apply:os.system ['echo owned > owned']\n", "tags"),
    "binary tag": ("net: !!binary aGVsbG8=\n", "tags"),
    "own tag": (f"%TAG ! tag:evil.example,2000:\n---\n{HEAD}layers: !x []\n", "tags"),
    "merge key": (f"{HEAD}<<: {{layers: []}}\nlayers: []\n", "no '<<'"),
    "second document": (f"{HEAD}layers: []\n--- \nnet: M\n", "second document"),
    "yaml version": (f"%YAML 9.9\n---\n{HEAD}layers: []\n", "a special meaning in YAML"),
    "complex key": (f"{HEAD}? [a, b]\n: c\nlayers: []\n", "a key must be a word"),
    "flow sequences": (f"{HEAD}layers: {'[' * 10_000}\n", "nested more than"),
    "flow mappings": (f"{HEAD}layers: {'{a: ' * 10_000}\n", "nested more than"),
    "flow closed": (f"{HEAD}layers: {'[' * 10_000}{']' * 10_000}\n", "nested more than"),
    "block sequences": (f"{HEAD}layers:\n{'- ' * 10_000}a\n", "nested more than"),
    "block mappings": (HEAD + "layers:\n" + "".join(f"{'  ' * n}- a{n}:\n" for n in range(300)), "nested more than"),
    "question marks": (HEAD + "? " * 10_000, "nested more than"),
    "long scalar": (f"{HEAD}about: {'x' * 900_000}\nlayers: []\n", "900,000 characters"),
    "long key": (f"{HEAD}{'x' * 2000}: 1\nlayers: []\n", "longer than YAML allows"),
    "long line of errors": (f"{HEAD}layers: [{'rellu, ' * 20_000}relu]\n", "did you mean 'relu'"),
    "long flow expression": (f"net: N\ninput: [{'1, ' * 100_000}1]\nlayers: []\n", "an expression of 300,0"),
    "many errors": (HEAD + "layers:\n" + "  - rellu\n" * 20_000, "did you mean 'relu'"),
    "many unknown keys": (HEAD + "".join(f"key{n}: 1\n" for n in range(20_000)), "has no 'key0'"),
    "many documents": ("---\n" * 20_000, "second document"),
    "many shape errors": (HEAD + "layers:\n" + "  - conv(5, 3, pad=1, groups=2)\n" * 20_000, "are not divisible by"),
    "many unknown sources": (
        HEAD + "layers:\n" + "".join(f"  - layer{n}: relu\n    from: layre{n - 1}\n" for n in range(10_000)),
        "did you mean",
    ),
    "many words": (f"{HEAD}layers:\n  - a: relu\n    from: [{'a, ' * 50_000}a]\n", "takes one input"),
    # sizes
    "enormous repeat": (f"{HEAD}layers:\n  - a: relu\n    repeat: 10**9\n", "at most 100,000 layers"),
    "enormous repeat of nothing": (f"{HEAD}layers:\n  - a: []\n    repeat: 10**9\n", "at most 100,000 layers"),
    "repeats that multiply": (
        HEAD + "layers:\n" + "".join(f"{'    ' * n}  - a:\n" for n in range(3))
        + "            - relu\n"
        + "".join(f"{'    ' * n}    repeat: 90000\n" for n in (2, 1, 0)),
        "more than 100,000 layers",
    ),
    "repeats of nothing that multiply": (
        f"{HEAD}layers:\n  - a:\n      - b: []\n        repeat: 9000\n    repeat: 9000\n",
        "100,000 layers",
    ),
    "blocks that double": (doubling(64, "    - relu\n", TWICE, "  - b{0}\n"), "blocks within blocks"),
    "blocks that double, less deep": (doubling(30, "    - relu\n", TWICE, "  - b{0}\n"), "more than 100,000 layers"),
    "empty blocks that double": (doubling(30, "    []\n", TWICE, "  - b{0}\n"), "more than 100,000 layers"),
    "branches that double": (
        doubling(30, "    []\n", "    - add:\n        x: [b{0}]\n        y: [b{0}]\n", "  - b{0}\n"),
        "more than",
    ),
    "else that doubles": (
        doubling(30, "    []\n", "    - a: relu\n      when: 2 < 1\n      else: [b{0}, b{0}]\n", "  - b{0}\n"),
        "more than",
    ),
    "channels that double": (
        f"{HEAD}blocks:\n  d:\n    - concat:\n        a: []\n        b: []\nlayers:\n  - a: d\n    repeat: 5000\n",
        "its output would be larger",
    ),
    "sizes that grow": (f"{HEAD}layers:\n  - a: upsample(2**200)\n    repeat: 5000\n", "its output would be larger"),
    # expressions
    "functions that double": (
        "net: N\nlet:\n  f0(x): x + 1\n" + "".join(f"  f{n}(x): f{n - 1}(f{n - 1}(x))\n" for n in range(1, 60))
        + "input: [3, f59(1), 32]\nlayers: []\n",
        "too long or nested too deep",
    ),
    "values that double": (
        "net: N\nlet:\n  a0: (1, 1)\n" + "".join(f"  a{n}: (a{n - 1}, a{n - 1})\n" for n in range(1, 60))
        + "input: [3, a59, 32]\nlayers: []\n",
        "a list within a list",
    ),
    "values that square": (
        "net: N\nlet:\n  a0: 10\n" + "".join(f"  a{n}: a{n - 1}*a{n - 1}\n" for n in range(1, 60))
        + "input: [3, a59, 32]\nlayers: []\n",
        "more than 256 bits",
    ),
    "values that square, not used": (
        "net: N\nlet:\n  a0: 10\n" + "".join(f"  a{n}: a{n - 1}*a{n - 1}\n" for n in range(1, 60))
        + "input: [3, 32, 32]\nlayers: []\n",
        "0 layers",
    ),
    "many definitions": (
        "net: N\nlet:\n" + "".join(f"  f{n}(x): x + {n}\n" for n in range(5000)) + "input: [3]\nlayers: []\n",
        "at most 1,000",
    ),
    "a function that calls itself": ("net: N\nlet:\n  f(x): f(x)\ninput: [f(1)]\nlayers: []\n", "unknown function 'f'"),
    # sound, and large
    "20,000 layers": (HEAD + "layers:\n" + "  - relu\n" * 20_000, "20000 layers"),
    "20,000 convolutions": (HEAD + "layers:\n" + "  - conv(3, 3, pad=1)\n" * 20_000, "20000 layers"),
    "20,000 names": (HEAD + "layers:\n" + "".join(f"  - a{n}: relu\n" for n in range(20_000)), "20000 layers"),
    "20,000 groups": (HEAD + "layers:\n" + "".join(f"  - a{n}: [relu]\n" for n in range(20_000)), "20000 layers"),
    "a branch of each": (
        HEAD + "layers:\n  - concat:\n" + "".join(f"      a{n}:\n        - relu\n" for n in range(10_000)),
        "10001 layers",
    ),
    "all of several, often": (
        f"{HEAD}layers:\n  - a: relu\n    repeat: 1000\n  - b: add\n    from: a...\n    repeat: 90000\n",
        "more than 100,000 in all",
    ),
    "one of several, often": (
        f"{HEAD}layers:\n  - a: relu\n    repeat: 40000\n  - b: relu\n    from: a[index]\n    repeat: 40000\n",
        "80000 layers",
    ),
    "none of several, often": (
        f"{HEAD}layers:\n  - a: relu\n    repeat: 40000\n  - b: relu\n    from: a[0*index]\n    repeat: 40000\n",
        "no value with the number 0 in a list of 40000",
    ),
    "sizes of several, often": (
        f"{HEAD}layers:\n  - a: relu\n    repeat: 9000\n  - b: conv(a.rows[index], 1)\n    repeat: 9000\n",
        "more than 100,000 in all",
    ),
    "definitions of a block, often": (
        f"{HEAD}blocks:\n  b(x):\n    let:\n" + "".join(f"      f{n}(y): x + y\n      v{n}: x\n" for n in range(500))
        + "    layers: [relu]\nlayers:\n  - a: b(index)\n    repeat: 90000\n",
        "more than 100,000 layers with the blocks",
    ),
    "lists in lists": (f"{HEAD}layers:\n  - conv({'[' * 30}1{']' * 30}, 1)\n", "a list within a list"),
    "values of values": (f"{HEAD}let:\n  w: [1]\nlayers:\n  - conv({'w[' * 70}1{']' * 70}, 1)\n", "nested too deep"),
    "90,000 repetitions": (f"{HEAD}layers:\n  - a: relu\n    repeat: 90000\n", "90000 layers"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_text(name, tmp_path):
    text, expected = TEXTS[name]
    (tmp_path / "spec.yaml").write_text(text)
    said = outcome("spec.yaml", tmp_path)
    assert expected in said
    assert not (tmp_path / "owned").exists()


def test_files_that_are_no_text(tmp_path):
    (tmp_path / "sparse.yaml").touch()
    os.truncate(tmp_path / "sparse.yaml", 1 << 30)
    (tmp_path / "nul.yaml").write_bytes(b"net: \0\n")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "latin.yaml").write_bytes("net: Größe\n".encode("latin-1"))
    (tmp_path / "utf16.yaml").write_bytes("net: N\n".encode("utf-16"))
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    expected = {
        "sparse.yaml": "1,073,741,824 bytes",
        "nul.yaml": "NUL",
        "binary.yaml": "UTF-8",
        "latin.yaml": "UTF-8",
        "utf16.yaml": "UTF-8",
        "folder.yaml": "is not a text file",
        "loop.yaml": "symbolic links",
        "zero.yaml": "is not a text file",
        "pipe.yaml": "is not a text file",
        "absent.yaml": "no such file",
        "/dev/zero": "is not a text file",
        "/dev/null": "is not a text file",
        "./nowhere/spec": "no such file",
        "spec.yaml/": "no such file",
        f"{'x' * 300}.yaml": "name too long",
        f"{'x/' * 3000}.yaml": "name too long",
        "\x1b[2J.yaml": "no such file",
    }
    for name, words in expected.items():
        said = outcome(name, tmp_path)
        assert words in said, name
        assert "\x1b" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "secret.yaml").write_text("net: N\n")
    (tmp_path / "secret.yaml").chmod(0)
    assert "permission denied" in outcome("secret.yaml", tmp_path)


@pytest.mark.parametrize("text", ["\ufeff{}", "{}\r\n", "{}\u2028"], ids=["byte order mark", "line ends", "separator"])
def test_sound_forms_of_text(text, tmp_path):
    spec = HEAD.replace("\n", "\r\n" if "\r" in text else "\n") + "layers: [relu]"
    (tmp_path / "spec.yaml").write_bytes(text.format(spec).encode())
    assert outcome("spec.yaml", tmp_path) == "1 layers\n"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", ".", "a/b", "A", "a.yaml", "~root", "$HOME", "", "con:", "\\e[2J"]
)
def test_use_stays_in_its_folder(name, tmp_path):
    (tmp_path / "spec.yaml").write_text(f'{HEAD}use: "{name}"\nlayers: []\n')
    said = outcome("spec.yaml", tmp_path)
    assert "cannot name a file of blocks" in said
    assert "root:" not in said


def test_use_in_a_circle(tmp_path):
    (tmp_path / "blocks").mkdir()
    for name, other in ("ab", "ba"):
        (tmp_path / "blocks" / f"{name}.yaml").write_text(f"use: {other}\nblocks:\n  x{name}:\n    - relu\n")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: a\nlayers: []\n")
    assert "in a circle" in outcome("spec.yaml", tmp_path)


def test_use_that_doubles(tmp_path):
    """Files that each use all others of a level below: read once, not two to the power of their number."""
    (tmp_path / "blocks").mkdir()
    for level in range(8):
        for name in "abcdefgh":
            used = f"use: [{', '.join(f'{other}{level + 1}' for other in 'abcdefgh')}]\n" if level < 7 else ""
            (tmp_path / "blocks" / f"{name}{level}.yaml").write_text(f"{used}blocks:\n  x{name}{level}: []\n")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: a0\nlayers: []\n")
    assert outcome("spec.yaml", tmp_path)


def test_blocks_that_cannot_be_read(tmp_path, monkeypatch):
    """A name that is too long, a folder that is a loop, a folder of somebody else's."""
    (tmp_path / "blocks").symlink_to("blocks")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: own\nlayers: []\n")
    assert "spec.yaml:3:6: blocks/own.yaml: too many levels of symbolic links" in outcome("spec.yaml", tmp_path)
    (tmp_path / "blocks").unlink()
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: {'x' * 300}\nlayers: []\n")
    assert "file name too long" in outcome("spec.yaml", tmp_path)
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: own\nlayers: []\n")
    status = os.stat

    def denied(path, **options):
        if str(path).endswith("blocks/own.yaml"):
            raise PermissionError(13, "Permission denied", str(path))
        return status(path, **options)

    monkeypatch.setattr(os, "stat", denied)
    with pytest.raises(archcalc.SpecError, match=r"spec.yaml:3:6: \S*blocks/own.yaml: permission denied"):
        archcalc.load(str(tmp_path / "spec.yaml"))


def test_a_block_file_that_is_a_device(tmp_path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: zero\nlayers: []\n")
    assert "is not a text file" in outcome("spec.yaml", tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        '- "\\e[2Jrelu"',
        '- "\\e]0;owned\\a": relu',
        '- a: relu\n    "\\e[31m": 1',
        '- conv(3, "\\x9b2J")',
        "- conv(3, '\x9b2J')",
        "- relu\u202e",
    ],
)
def test_messages_do_not_steer_the_terminal(line, tmp_path):
    (tmp_path / "spec.yaml").write_text(f"{HEAD}layers:\n  {line}\n")
    said = outcome("spec.yaml", tmp_path)
    assert all(character.isprintable() or character == "\n" for character in said)


@pytest.mark.parametrize(
    "reference", ["", "#", "resnet#", "../resnet", "resnet50\n", "\x1b[2J", "x" * 10_000, "a\0b", "a\0.yaml"]
)
def test_references_that_name_nothing(reference):
    with pytest.raises(archcalc.ArchcalcError) as caught:
        archcalc.load(reference)
    assert "\x1b" not in str(caught.value)


def test_a_reference_to_a_spec_of_ours_by_file():
    spec = Path(archcalc.spec.library.home()) / "resnet.yaml"
    assert archcalc.load(f"{spec}#resnet18").summary().totals == archcalc.load("resnet18").summary().totals
