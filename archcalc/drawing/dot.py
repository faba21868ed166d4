"""The boxes and edges of a drawing as a graph of Graphviz, which places them itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from archcalc.drawing.drawing import Box, Drawing
from archcalc.drawing.shade import BAR, EDGE, fill, ink

RANKS = {"down": "TB", "right": "LR"}


def written(drawing: Drawing) -> str:
    """The text of the file."""
    font = 'fontname="Helvetica", fontsize=10'
    label = quoted([drawing.title, *drawing.notes])
    return "\n".join(
        [
            "digraph {",
            f"  graph [rankdir={RANKS[drawing.direction]}, {font}, labeljust=l, labelloc=b, label={label}]",
            f'  node [shape=box, style="rounded,filled", {font}, color="{EDGE}"]',
            f'  edge [color="{EDGE}"]',
            *_boxes(drawing.boxes, count(), count(), "  "),
            *(f"  n{start} -> n{end}" for start, end in drawing.edges),
            "}\n",
        ]
    )


def quoted(lines: Sequence[str]) -> str:
    """Lines of text as one string, each of which begins at the left."""
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for line in lines)
    return '"' + "".join(f"{line}\\l" for line in escaped) + '"'


def _boxes(boxes: Sequence[Box], leaves: Iterator[int], blocks: Iterator[int], indent: str) -> Iterator[str]:
    for box in boxes:
        label = quoted(box.texts)
        if box.children:
            yield f"{indent}subgraph cluster{next(blocks)} {{"
            style = f'style="rounded,filled", fillcolor="{BAR}", color="{EDGE}"'
            yield f"{indent}  graph [label={label}, labelloc=t, {style}]"
            yield from _boxes(box.children, leaves, blocks, f"{indent}  ")
            yield f"{indent}}}"
        else:
            ground = fill(box.shade)
            yield f'{indent}n{next(leaves)} [label={label}, fillcolor="{ground}", fontcolor="{ink(ground)}"]'
