"""The tables of this folder: what a real module does, one line for each layer with weights.

A table starts with comments, `# key: value`; then a line for each convolution and linear layer, in the order in which
they run: output (channels first, no batch), learned parameters, multiply-adds.

Where its input does not come from the line above alone, `<` says from where, looking through what has no weights: how
many lines above, 0 for the network's input; `=3` for all that the input of the third line above comes from. `3* `
before a line means three of it; before `(` it means three times the lines up to `)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from archcalc.verify.lines import Line

FOLDER = Path(__file__).parent
LONGEST = 40  # lines of a group that may repeat


class Table(NamedTuple):
    """A module, counted."""

    heading: dict[str, str]
    lines: list[Line]


def read(path: Path) -> Table:
    """A table from its file."""
    text = path.read_text(encoding="utf-8").splitlines()
    heading = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    return Table(heading, parse(expand(iter([line for line in text if not line.startswith("#")]))))


def write(path: Path, table: Table) -> None:
    """A table to its file."""
    heading = [f"# {key}: {value}" for key, value in table.heading.items()]
    path.write_text("\n".join([*heading, *collapse(show(table.lines))]) + "\n", encoding="utf-8")


def parse(texts: Iterable[str]) -> list[Line]:
    """Lines from their texts."""
    lines: list[Line] = []
    for text in texts:
        figures, _, words = text.partition(" <")
        output, params, mult_adds = figures.split()
        sources: set[int] = set()
        for word in (words or "1").split(","):
            back = int(word.removeprefix("="))
            sources |= {n + back if n else 0 for n in lines[-back].sources} if word.startswith("=") else {back}
        lines.append(Line(tuple(map(int, output.split("x"))), int(params), int(mult_adds), tuple(sorted(sources))))
    return lines


def show(lines: list[Line]) -> list[str]:
    """The texts of lines; what an earlier line's input comes from is not said again."""
    texts = []
    for place, (output, params, mult_adds, above) in enumerate(lines):
        sources, words = set(above), []
        for back in range(1, min(place, LONGEST) + 1):
            same = {n + back if n else 0 for n in lines[place - back].sources}
            if len(same) > 1 and same <= sources:
                sources, words = sources - same, [f"={back}"]
                break
        words = [*map(str, sorted(sources)), *words]
        texts.append(f"{'x'.join(map(str, output))} {params} {mult_adds}" + f" <{','.join(words)}" * (words != ["1"]))
    return texts


def expand(lines: Iterator[str]) -> Iterator[str]:
    """Every line written out."""
    for line in lines:
        if line == ")":
            return
        times, _, rest = line.rpartition("* ")
        group = list(expand(lines)) if rest == "(" else [rest]
        yield from group * int(times or 1)


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
