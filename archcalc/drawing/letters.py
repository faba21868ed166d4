"""How wide text is, and where its lines end.

The widths are those of DejaVu Sans, the widest of the fonts that a viewer may take; Helvetica and Arial are narrower.
"""

from __future__ import annotations

import re
from unicodedata import combining

ASCII = (  # thousandths of the size of the type, from the space to the tilde
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)  # fmt: skip
OTHER = 1450  # of the widest letters and signs beyond ASCII
PIECES = re.compile(r"\s*(?:[^\s/_,]+[/_,]*|[/_,]+)")  # a line may end after each of these
MORE = "..."


def width(text: str, size: float) -> float:
    """How wide a text is at this size of the type."""
    return sum(ASCII[ord(c) - 32] if " " <= c <= "~" else OTHER * (not combining(c)) for c in text) * size / 1000


def lines(text: str, size: float, room: float, most: int = 3) -> list[str]:
    """The text in lines that are no wider than the room; what needs more than ``most`` lines ends in dots."""
    found = [""]
    for piece in PIECES.findall(text):
        for part in _parts(piece, size, room):
            if width(found[-1] + part, size) <= room:
                found[-1] += part
            else:
                found.append(part.lstrip())
        if len(found) > most:
            return [*found[: most - 1], _shortened(found[most - 1], size, room)]
    return [line for line in found if line]


def _parts(piece: str, size: float, room: float) -> list[str]:
    """A piece that is wider than the room, cut where it must be."""
    parts = [""]
    for character in piece:
        if parts[-1].strip() and width(parts[-1] + character, size) > room:
            parts.append("")
        parts[-1] += character
    return parts


def _shortened(line: str, size: float, room: float) -> str:
    while line and width(line + MORE, size) > room:
        line = line[:-1]
    return line + MORE
