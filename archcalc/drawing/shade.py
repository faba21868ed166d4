"""The colours of a drawing: boxes from light to dark blue, with the text that is read best on each.

One hue that grows darker is seen as an order by the colour-blind and in print without colours, too. What stands outside
the boxes is of a grey that is read on white and on black.
"""

from __future__ import annotations

RAMP = ((247, 251, 255), (107, 174, 214), (8, 81, 156))  # ColorBrewer's Blues, of a share of 0, 1/2 and 1
PAPER, BAR, EDGE, OUTSIDE = "#ffffff", "#e8edf2", "#808080", "#767676"
DARK, LIGHT = "#000000", "#ffffff"


def fill(share: float | None) -> str:
    """The colour of a box with this share of the darkest one; white where it is not known."""
    if share is None:
        return PAPER
    step, rest = divmod(2 * min(max(share, 0.0), 1.0), 1)
    low, high = RAMP[int(step)], RAMP[min(int(step) + 1, 2)]
    return "#" + "".join(f"{round(a + (b - a) * rest):02x}" for a, b in zip(low, high, strict=True))


def ink(ground: str) -> str:
    """Black or white, whichever is read better on a colour."""
    return max(DARK, LIGHT, key=lambda colour: contrast(colour, ground))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
