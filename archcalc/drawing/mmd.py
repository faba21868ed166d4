"""The boxes and edges of a drawing as a flowchart of Mermaid, which READMEs and documents show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from json import dumps

from archcalc.drawing.drawing import Box, Drawing
from archcalc.drawing.shade import BAR, EDGE, fill, ink

DIRECTIONS = {"down": "TD", "right": "LR"}
SPECIAL = re.compile(r"[^A-Za-z0-9 _.,:;()=/+-]")


def written(drawing: Drawing) -> str:
    """The text of the file."""
    first, *others = drawing.notes
    blocks = sum(1 for _ in _open(drawing.boxes))
    lines = [
        "---",
        f"title: {dumps(f'{drawing.title}. {first}')}",
        "---",
        f"flowchart {DIRECTIONS[drawing.direction]}",
        *_boxes(drawing.boxes, count(), count(), "  "),
        *(f"  n{start} --> n{end}" for start, end in drawing.edges),
        *(f"  style n{number} {_style(box)}" for number, box in enumerate(drawing.leaves)),
        *(f"  style b{number} fill:{BAR},color:{ink(BAR)},stroke:{EDGE}" for number in range(blocks)),
        *(f"  %% {escape(line)}" for line in others),
    ]
    return "\n".join(lines) + "\n"


def _open(boxes: Sequence[Box]) -> Iterator[Box]:
    """The boxes with others in them."""
    for box in boxes:
        if box.children:
            yield box
            yield from _open(box.children)


def _style(box: Box) -> str:
    ground = fill(box.shade)
    return f"fill:{ground},color:{ink(ground)},stroke:{EDGE}" + ",stroke-dasharray:4 3" * (box.total is None)


def _label(lines: Iterable[str]) -> str:
    return '"' + "<br>".join(map(escape, lines)) + '"'


def escape(text: str) -> str:
    """The text with a number in place of each character that could mean something to Mermaid."""
    return SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)


def _boxes(boxes: Sequence[Box], leaves: Iterator[int], blocks: Iterator[int], indent: str) -> Iterator[str]:
    for box in boxes:
        if box.children:
            yield f"{indent}subgraph b{next(blocks)}[{_label([box.title])}]"  # that of a block has room for one line
            yield from _boxes(box.children, leaves, blocks, f"{indent}  ")
            yield f"{indent}end"
        else:
            yield f"{indent}n{next(leaves)}[{_label(box.texts)}]"
