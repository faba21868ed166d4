r"""LaTeX, tables with the rules of booktabs: to be put into a slide, or a document that compiles as it stands.

In a document each column has its width, so that a table fits the page after one run of LaTeX: numbers as wide as they
are, words folded where need be. Of a slide only those columns have one that must fold. A table that is too wide all the
same becomes several, each with the first column. The measure is half an em, which is the width of a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from math import ceil
from typing import NamedTuple
from unicodedata import normalize

from archcalc.core.errors import like
from archcalc.output.table import Table

ROOM = 150  # half ems of a line: \small on US letter, the narrower of the usual papers
SLIDE = {"footnotesize": 80, "tiny": 100}  # half ems of a line in each size, on a slide of 16 cm or in an article
GAP = 2  # between columns
LEAST = 12  # of a column of words
WIDTHS = dict.fromkeys("fijlt.,:;'!|- ", 0.8) | dict.fromkeys("mw#%&+<=>@æœ", 1.7) | {"x": 1.4}  # x as in 3 x 3
LONGEST_NUMBER = 24  # what is longer, such as a sum of symbols, may fold
FOLDS = re.compile(r"(?:[_@/(]|,(?!\d)|(?:[^\s_@/(,]|,(?=\d)){24})(?=\S)")  # what a line may end with, beside a space
SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {c: f"{{{c}}}" for c in "[]*"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip
# A line to write on by hand, 0.8 em for each character, with room above it.
BLANK, LINE = re.compile(r"(?<!\S)_{5,}(?!\S)"), re.compile(r"(?<!\S)(?:\\_){5,}(?!\S)")
LIGATURE = re.compile("([-'`?!])(?=[-'`])")  # what would be printed as one character
MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327"
ACCENTS = dict(zip(MARKS, "`'^~=u.\"rHvc", strict=True))  # of OT1, the encoding that LaTeX starts with
NAMES = {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
OTHERS = {"×": r"$\times$"} | {c: f"{{\\{name}}}" for c, name in NAMES.items()}  # noqa: RUF001
HEAD = r"""\documentclass{article}
\usepackage[margin=1.5cm,landscape]{geometry}
\usepackage{array,booktabs,longtable}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1em}} % words
\newcolumntype{R}[1]{>{\raggedleft\arraybackslash}p{#1em}} % numbers
\setlength{\tabcolsep}{.5em}
\begin{document}
\small\raggedright
"""
USE = "% \\input this file; the preamble needs \\usepackage{array,booktabs}\n"
OPEN = r"\noindent{\%s\setlength{\tabcolsep}{.5em}\setbox2\hbox{%%"
CLOSE = r"}\ifdim\wd2<24em \wd2=24em\fi\parbox{\wd2}{\raggedright"  # text as wide as the table, and never very narrow


def render_tables(tables: Sequence[Table], standalone: bool = False) -> str:
    """Tables for a slide; or a document with them, in which longtable breaks them over pages."""
    if standalone:
        return HEAD + "\n".join(map(_section, tables)) + "\\end{document}\n"
    return USE + "\n".join(map(_fragment, tables))


def _section(table: Table) -> str:
    lines = [
        f"\\section*{{{foldable(table.title)}}}",
        *(_part(part, len(table.rows), "longtable") for part in _parts(table, ROOM)),
        *(f"\\noindent {foldable(note)}\\par" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def _fragment(table: Table) -> str:
    """The parts of the table as boxes, which can be scaled; the title is in the first one, the notes are in the last.

    They are in the largest type in which the table is one box, if there is one.
    """
    choices = [(size, _parts(table, room)) for size, room in SLIDE.items()]
    size, parts = next((choice for choice in choices if len(choice[1]) == 1), choices[0])
    tabulars = [_part(part, len(table.rows), "tabular") for part in parts]
    above = [[rf"\textbf{{{foldable(table.title)}}}\par\smallskip"], *[[]] * (len(tabulars) - 1)]
    below = [*[[]] * (len(tabulars) - 1), [rf"\smallskip\scriptsize {foldable(note)}\par" for note in table.notes]]
    boxes = (
        "\n".join([OPEN % size, tabular, CLOSE, *title, r"\box2", *notes, "}}\n"])
        for title, tabular, notes in zip(above, tabulars, below, strict=True)
    )
    return "\n".join(boxes)


def _part(columns: Sequence[_Column], body: int, environment: str) -> str:
    """A table with these columns; the first ``body`` rows are followed by a rule and the totals."""
    whole = environment == "longtable"
    head, *rows = map(_row, zip(*(map(partial(_text, own), own.texts) for own in columns), strict=True))
    lines = [
        f"\\begin{{{environment}}}{{@{{}}{''.join(map(_fixed if whole else _own, columns))}@{{}}}}",
        f"\\toprule\n{head}\n\\midrule" + "\n\\endhead" * whole,
        *rows[:body],
        *["\\midrule"] * bool(rows[body:]),
        *rows[body:],
        f"\\bottomrule\n\\end{{{environment}}}",
    ]
    return "\n".join(lines)


def _fixed(column: _Column) -> str:
    """How a document declares a column: with the width that was computed for it."""
    return f"{'R' if column.number else 'L'}{{{column.width / 2:g}}}"


def _own(column: _Column) -> str:
    """How a slide declares a column: with a width only where one of its texts is folded."""
    if all(_width(text) <= column.width for text in column.texts):
        return "r" if column.number else "l"
    return f">{{\\ragged{'left' if column.number else 'right'}\\arraybackslash}}p{{{column.width / 2:g}em}}"


class _Column(NamedTuple):
    """A column: its texts, the title first, and its width; a text that is longer than that is folded."""

    texts: list[str]
    number: bool
    width: int
    least: int  # how narrow it may be


def _column(title: str, cells: Sequence[str], number: bool) -> _Column:
    """A column as wide as its longest text; the titles of numbers may be folded, and so may a very long number."""
    own, pieces = _longest(cells), _longest(piece for text in (title, *cells) for piece in _pieces(text))
    if number:
        width = max(own, _longest(_pieces(title)))
        return _Column([title, *cells], True, width, width if own <= LONGEST_NUMBER else min(width, pieces))
    width = max(own, _longest([title]))
    return _Column([title, *cells], False, width, min(width, max(LEAST, pieces)))


def _parts(table: Table, room: int) -> list[list[_Column]]:
    """The columns of each of the tables that one becomes: as few as have room, with about equally many columns."""
    texts = list(zip(*table.texts(), strict=True)) or [()] * len(table.columns)
    first, *rest = (_column(own.title, cells, own.type.number) for own, cells in zip(table.columns, texts, strict=True))
    parts = [[first]]
    for count in range(1, len(rest) + 1):
        size = -(-len(rest) // count)
        parts = [[first, *rest[i : i + size]] for i in range(0, len(rest), size)]
        if all(_total(column.least for column in part) <= room for part in parts):
            break
    return [_narrowed(part, room) for part in parts]


def _narrowed(part: list[_Column], room: int) -> list[_Column]:
    """The columns with widths that fit the room; whichever can become narrower by most is narrowed first."""
    widths = [column.width for column in part]
    while _total(widths) > room:
        spare = [width - column.least for width, column in zip(widths, part, strict=True)]
        if not any(spare):
            break
        widths[spare.index(max(spare))] -= 1
    return [column._replace(width=width) for column, width in zip(part, widths, strict=True)]


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _text(column: _Column, text: str) -> str:
    """A cell; where it is longer than its column, LaTeX may begin a new line in it."""
    return escape(text) if _width(text) <= column.width else foldable(text)


def _total(widths: Iterable[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(width + GAP for width in widths) - GAP


def _longest(texts: Iterable[str]) -> int:
    return max(map(_width, texts), default=1)


def _width(text: str) -> int:
    """The width of a text in LaTeX's usual type, in half ems, rounded up."""
    lines = sum(1.6 * len(blank) for blank in BLANK.findall(text))
    rest = BLANK.sub("", text)
    return ceil(lines + sum(WIDTHS.get(c, 2.1 if c.isupper() else 1 if c.isdigit() else 1.12) for c in rest))


def _pieces(text: str) -> list[str]:
    """The pieces of a text within which LaTeX may not begin a new line."""
    return FOLDS.sub(lambda match: f"{match[0]} ", text).split()


def foldable(text: str) -> str:
    """The text as LaTeX prints it unchanged, on several lines if need be."""
    return r"\allowbreak ".join(map(escape, FOLDS.sub(lambda match: f"{match[0]}\0", text).split("\0")))


def escape(text: str) -> str:
    """The text as LaTeX prints it unchanged, in ASCII; between sizes a multiplication sign."""
    escaped = "".join(map(_printed, LIGATURE.sub(r"\1\0", normalize("NFC", text.replace("\n", " ")))))
    lined = LINE.sub(lambda match: rf"\rule{{0pt}}{{1.7em}}\rule{{{len(match[0]) * 0.4:g}em}}{{.4pt}}", escaped)
    return lined.replace("\0", "{}").replace(" x ", r" $\times$ ")


def _printed(character: str) -> str:
    letter, *accents = list(normalize("NFD", character))
    if letter.isascii() and len(accents) == 1 and accents[0] in ACCENTS:
        return f"\\{ACCENTS[accents[0]]}{{{letter}}}"
    return OTHERS.get(character) or "".join(
        SPECIAL.get(c, c) for c in (letter if letter.isascii() else like(character))
    )
