"""What went wrong, where, and what to write instead."""

from __future__ import annotations

import copyreg
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

SHOWN_WIDTH = 100  # of a source line in a message
MOST_SHOWN = 20  # problems in one message
MOST_COMPARED = 2000  # words, in search of one that was meant
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines


class ArchcalcError(Exception):
    """Anything the user can mend; the text is the whole message."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))

    def __reduce__(self) -> tuple[Any, ...]:
        """By what it holds: the __init__ of a subclass takes something else than the message."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Source:
    """A text and the name it goes by in messages."""

    name: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(LINE_BREAK.split(self.text))

    def line(self, number: int) -> str:
        """Line ``number``, counted from 0; empty past the end."""
        return self.lines[number] if number < len(self.lines) else ""


class Place(NamedTuple):
    """A stretch of a source; line and column count from 0 and are printed from 1."""

    source: Source
    line: int
    column: int
    width: int = 1
    read_as: str = ""  # the text, where it was folded or unescaped: no stretch of it can be pointed at

    def inside(self, offset: int, width: int) -> Place:
        """A stretch of this one, which may have started on a line above."""
        if self.read_as:
            return self
        source, line, column = self.source, self.line, self.column + offset
        while column > len(source.line(line)) and line + 1 < len(source.lines):
            line, column = line + 1, column - len(source.line(line)) - 1
        return Place(source, line, column, width)

    def __str__(self) -> str:
        return f"{one_line(self.source.name)}:{self.line + 1}:{self.column + 1}"

    def picture(self) -> str:
        """The line and, under it, the caret; nothing of a blank line."""
        line = self.source.line(self.line)
        if not line.strip():
            return ""
        start = max(0, min(self.column - SHOWN_WIDTH // 2, len(line) - SHOWN_WIDTH))
        shown = line[start : start + SHOWN_WIDTH]
        indent = len(shown) - len(shown.lstrip())
        caret = max(self.column - start - indent, 0)
        width = max(1, min(self.width, len(shown) - indent - caret))
        read_as = f"\n    read as {self.read_as[:SHOWN_WIDTH]!r}" if self.read_as else ""
        return f"\n    {printable(shown.strip())}\n    {' ' * caret}{'^' * width}{read_as}"


class Problem(NamedTuple):
    """One thing to mend."""

    message: str
    place: Place
    context: str = ""  # the shapes and knob values in play

    def __str__(self) -> str:
        context = f"\n    {printable(self.context)}" if self.context else ""
        return f"{self.place}: {printable(self.message)}{self.place.picture()}{context}"


class SpecError(ArchcalcError):
    """Everything wrong with a spec that could be found at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.place[1:3]))
        more = len(self.problems) - MOST_SHOWN
        super().__init__("\n".join([*map(str, self.problems[:MOST_SHOWN]), *[f"... and {more} more"] * (more > 0)]))


class Refusal(Exception):
    """Raised where the place, or the shapes in play, are not known; whoever knows them makes a Problem of it."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place

    def at(self, place: Place, context: str = "") -> Problem:
        """The problem, at the refusal's own place or else at this one."""
        return Problem(str(self), self.place or place, context)


def printable(text: str) -> str:
    """The text, as long as it was, with '?' for each character that has no picture and could steer a terminal.

    White space other than a line feed becomes a space.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "?" for c in text)


def one_line(text: str) -> str:
    """A stranger's text as it may stand in a table or a file: printable, on one line, its words a space apart."""
    return " ".join(printable(text).split())


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word[:SHOWN_WIDTH], islice(known, MOST_COMPARED), n=1)), None)


def suggest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'groups'?" or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def listing(words: Iterable[str]) -> str:
    """Words in a sentence; "none" of none."""
    return ", ".join(words) or "none"
