"""A drawing as a TikZ picture, for papers and slides. Its text stands in the document's own sans serif type."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.drawing.cells import LARGE, SMALL
from archcalc.drawing.drawing import Drawing
from archcalc.drawing.page import SCALE, TITLE, Arrow, Frame, Line, page
from archcalc.drawing.shade import BAR, EDGE, OUTSIDE, PAPER, fill, ink
from archcalc.output.tex import escape

POINTS = 0.8  # of a pixel; the type is as many whole points high
STEPS = 20  # of the scale of shades
USE = (
    "% \\input this file, in \\resizebox{!}{\\textheight}{...} to make it fit; the preamble needs \\usepackage{tikz}\n"
)
HEAD = r"""\documentclass{article}
\usepackage{tikz}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\topskip}{0pt}
\setlength{\hoffset}{-1in}\setlength{\voffset}{-1in}
\setlength{\oddsidemargin}{0pt}\setlength{\topmargin}{0pt}\setlength{\headheight}{0pt}\setlength{\headsep}{0pt}
"""


def written(drawing: Drawing, standalone: bool = False) -> str:
    """A picture to put into a document, or a document with one page that has its size."""
    placed = page(drawing)
    picture = "\n".join(
        [
            f"\\begin{{tikzpicture}}[x={POINTS}bp,y=-{POINTS}bp,line width=0.6bp,inner sep=0pt,{','.join(_styles())}]",
            f"\\useasboundingbox (0,0) rectangle {_point(placed.width, placed.height)};",
            *(line for frame in placed.frames for line in _frame(frame)),
            *map(_arrow, placed.arrows),
            *_scale(*placed.scale),
            *(_line(line, OUTSIDE) for line in placed.lines),
            "\\end{tikzpicture}\n",
        ]
    )
    if not standalone:
        return USE + picture
    size = [
        f"\\setlength{{\\{name}{side}}}{{{length * POINTS + 1:.0f}bp}}\n"
        for side, length in (("width", placed.width), ("height", placed.height))
        for name in ("text", "paper")
    ]
    return f"{HEAD}{''.join(size)}\\begin{{document}}\n{picture}\\end{{document}}\n"


def _styles() -> Iterator[str]:
    """The styles of the picture, in one place for who wants others."""
    yield f"box/.style={{draw={_colour(EDGE)},rounded corners=3bp}}"
    yield f"bar/.style={{fill={_colour(BAR)},rounded corners=2.5bp}}"
    yield f"edge/.style={{draw={_colour(EDGE)}}}"
    for size in (TITLE, LARGE, SMALL):
        points = int(size * POINTS)
        yield f"{_type(size)}/.style={{font=\\sffamily\\fontsize{{{points}}}{{{points}}}\\selectfont}}"


def _type(size: float) -> str:
    return {TITLE: "title", LARGE: "large"}.get(int(size), "small")


def _frame(frame: Frame) -> Iterator[str]:
    ground = PAPER if frame.box.children else fill(frame.box.shade)
    dashes = ",dashed" if frame.box.total is None else ""
    end = _point(frame.x + frame.width, frame.y + frame.height)
    yield f"\\path[box,fill={_colour(ground)}{dashes}] {_point(frame.x, frame.y)} rectangle {end};"
    if frame.bar:
        end = _point(frame.x + frame.width - 1, frame.y + frame.bar)
        yield f"\\path[bar] {_point(frame.x + 1, frame.y + 1)} rectangle {end};"
    yield from (_line(line, ink(ground)) for line in frame.lines)


def _arrow(arrow: Arrow) -> str:
    way = _point(*arrow.start)
    for step in arrow.steps:
        *middle, end = (_point(*point) for point in step)
        way += f" .. controls {middle[0]} and {middle[1]} .. {end}" if middle else f" -- {end}"
    return f"\\path[edge{',-latex' * arrow.head}] {way};"


def _line(line: Line, colour: str) -> str:
    anchor = "base east" if line.at_end else "base west"
    style = f"{_type(line.size)},anchor={anchor},text={_colour(colour)}"
    return f"\\node[{style}] at {_point(line.x, line.y)} {{{escape(line.text)}}};"


def _scale(x: float, y: float) -> Iterator[str]:
    wide, high = SCALE[0] / STEPS, SCALE[1]
    for step in range(STEPS):
        corners = f"{_point(x + step * wide, y)} rectangle {_point(x + (step + 1) * wide, y + high)}"
        yield f"\\path[fill={_colour(fill(step / (STEPS - 1)))}] {corners};"
    yield f"\\path[edge] {_point(x, y)} rectangle {_point(x + SCALE[0], y + high)};"


def _point(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})"


def _colour(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"
