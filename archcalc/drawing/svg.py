"""A drawing as SVG: no script, no style sheet, no font from elsewhere; equal drawings are equal bytes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archcalc.drawing.drawing import Box, Drawing
from archcalc.drawing.page import SCALE, Arrow, Frame, Line, page
from archcalc.drawing.shade import BAR, EDGE, OUTSIDE, PAPER, RAMP, fill, ink

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
HEAD = (
    f'<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0.8L8 4L0 7.2z" fill="{EDGE}"/></marker>'
)


def written(drawing: Drawing) -> str:
    """The text of the file."""
    placed = page(drawing)
    size = f'width="{number(placed.width)}" height="{number(placed.height)}"'
    box = f'viewBox="0 0 {number(placed.width)} {number(placed.height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" font-family="{FONT}">',
            f"<title>{escape(drawing.title)}</title>",
            f"<desc>{escape(' '.join(drawing.notes))}</desc>",
            f"<defs>{HEAD}{_gradient()}</defs>",
            *map(_frame, placed.frames),
            f'<g fill="none" stroke="{EDGE}" stroke-width="1.2">',
            *map(_arrow, placed.arrows),
            "</g>",
            _scale(*placed.scale),
            *(_line(line, OUTSIDE) for line in placed.lines),
            "</svg>\n",
        ]
    )


def number(value: float) -> str:
    """A length, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _gradient() -> str:
    stops = "".join(
        f'<stop offset="{number(i / (len(RAMP) - 1))}" stop-color="{fill(i / (len(RAMP) - 1))}"/>'
        for i in range(len(RAMP))
    )
    return f'<linearGradient id="shades">{stops}</linearGradient>'


def _frame(frame: Frame) -> str:
    """A box with its texts; its path says which layer or block it is."""
    box = frame.box
    times = f' data-times="{box.times}"' if box.times > 1 else ""
    ground = PAPER if box.children else fill(box.shade)
    dashes = ' stroke-dasharray="4 3"' if box.total is None else ""
    return "".join(
        [
            f'<g data-path="{escape(box.path)}"{times}><title>{escape(told(box))}</title>',
            f'<rect x="{number(frame.x)}" y="{number(frame.y)}" width="{number(frame.width)}" ',
            f'height="{number(frame.height)}" rx="4" fill="{ground}" stroke="{EDGE}"{dashes}/>',
            *_bar(frame),
            *(_line(line, ink(ground)) for line in frame.lines),
            "</g>",
        ]
    )


def _bar(frame: Frame) -> Iterator[str]:
    """The ground behind the texts of a box with others in it."""
    if frame.bar:
        x, y, wide, high = map(number, (frame.x + 0.5, frame.y + 0.5, frame.width - 1, frame.bar - 0.5))
        yield f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="3.5" fill="{BAR}"/>'


def told(box: Box) -> str:
    """All that is known of a box, in one line."""
    times = f"{box.times} times" if box.times > 1 else ""
    parts = [box.path, box.kind, times, box.output, box.figure, box.share]
    return ", ".join(part for part in parts if part)


def _line(line: Line, colour: str) -> str:
    anchor = ' text-anchor="end"' if line.at_end else ""
    place = f'x="{number(line.x)}" y="{number(line.y)}" font-size="{number(line.size)}"'
    return f'<text class="{line.of}" {place} fill="{colour}"{anchor}>{escape(line.text)}</text>'


def _arrow(arrow: Arrow) -> str:
    way = "".join(
        ("C" if len(step) > 1 else "L") + " ".join(f"{number(x)} {number(y)}" for x, y in step) for step in arrow.steps
    )
    head = ' marker-end="url(#head)"' if arrow.head else ""
    return f'<path d="M{number(arrow.start[0])} {number(arrow.start[1])}{way}"{head}/>'


def _scale(x: float, y: float) -> str:
    wide, high = SCALE
    place = f'x="{number(x)}" y="{number(y)}" width="{wide}" height="{high}"'
    return f'<rect {place} fill="url(#shades)" stroke="{EDGE}" stroke-width="0.5"/>'
