"""The tables of this folder: what a real module does, one line for each layer with weights.

A table starts with comments, `# key: value`; then a line for each convolution and linear layer, in the order in which
they run: output (channels first, no batch), learned parameters, multiply-adds. `3* ` before a line means three of it;
before `(` it means three times the lines up to `)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

FOLDER = Path(__file__).parent
LONGEST = 40  # lines of a group that may repeat
T = TypeVar("T")


class Line(NamedTuple):
    """One layer."""

    output: tuple[int, ...]
    params: int
    mult_adds: int

    def __str__(self) -> str:
        return f"{'x'.join(map(str, self.output))} {self.params} {self.mult_adds}"


class Table(NamedTuple):
    """A module, counted."""

    heading: dict[str, str]
    lines: list[Line]


def read(path: Path) -> Table:
    """A table from its file."""
    text = path.read_text(encoding="utf-8").splitlines()
    heading = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    return Table(heading, list(_expand(iter([line for line in text if not line.startswith("#")]))))


def write(path: Path, table: Table) -> None:
    """A table to its file."""
    heading = [f"# {key}: {value}" for key, value in table.heading.items()]
    path.write_text("\n".join([*heading, *collapse([str(line) for line in table.lines])]) + "\n", encoding="utf-8")


def _expand(lines: Iterator[str]) -> Iterator[Line]:
    for line in lines:
        if line == ")":
            return
        times, _, rest = line.rpartition("* ")
        group = list(_expand(lines)) if rest == "(" else [_line(rest)]
        yield from group * int(times or 1)


def _line(text: str) -> Line:
    output, params, mult_adds = text.split()
    return Line(tuple(map(int, output.split("x"))), int(params), int(mult_adds))


def collapse(lines: list[str]) -> Iterator[str]:
    """The same with runs of equal lines, and of equal groups of lines, written once."""
    at = 0
    while at < len(lines):
        length, times = max(_runs(lines, at), key=lambda run: (run[0] * (run[1] - 1), -run[0]))
        if times == 1 or (length > 1 and length * times < 6):
            length, times = 1, 1
        group = lines[at : at + length]
        yield from group if times == 1 else [f"{times}* {group[0]}"] if length == 1 else [f"{times}* (", *group, ")"]
        at += length * times


def _runs(lines: list[str], at: int) -> Iterator[tuple[int, int]]:
    """Every group that starts there: its length, and how often it follows itself."""
    for length in range(1, LONGEST + 1):
        times = 1
        while lines[at : at + length] == lines[at + times * length : at + (times + 1) * length]:
            times += 1
        yield length, times
