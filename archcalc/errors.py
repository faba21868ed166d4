"""What went wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

SHOWN_WIDTH = 100  # of a source line in a message


class ArchcalcError(Exception):
    """Anything the user can mend; the text is the whole message."""


class Source:
    """A text and the name it goes by in messages."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n"))

    def line(self, number: int) -> str:
        """Line ``number``, counted from 0; empty past the end."""
        return self.lines[number] if number < len(self.lines) else ""


class Place(NamedTuple):
    """A stretch of a source; line and column count from 0 and are printed from 1."""

    source: Source
    line: int
    column: int
    width: int = 1

    def inside(self, offset: int, width: int) -> Place:
        """A stretch of this one."""
        return self._replace(column=self.column + offset, width=width)

    def __str__(self) -> str:
        return f"{printable(self.source.name)}:{self.line + 1}:{self.column + 1}"

    def picture(self) -> str:
        """The line and, under it, the caret."""
        line = self.source.line(self.line)
        start = max(0, min(self.column - SHOWN_WIDTH // 2, len(line) - SHOWN_WIDTH))
        shown = line[start : start + SHOWN_WIDTH]
        indent = len(shown) - len(shown.lstrip())
        caret = max(self.column - start - indent, 0)
        width = max(1, min(self.width, len(shown) - indent - caret))
        return f"    {printable(shown.strip())}\n    {' ' * caret}{'^' * width}"


class Problem(NamedTuple):
    """One thing to mend."""

    message: str
    place: Place
    context: str = ""  # the shapes and knob values in play

    def __str__(self) -> str:
        context = f"\n    {printable(self.context)}" if self.context else ""
        return f"{self.place}: {printable(self.message)}\n{self.place.picture()}{context}"


class SpecError(ArchcalcError):
    """Everything wrong with a spec that could be found at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Refusal(Exception):
    """Raised where the place is not known; whoever knows it makes a Problem of it."""

    def __init__(self, message: str, offset: int | None = None, width: int = 1) -> None:
        super().__init__(message)
        self.offset, self.width = offset, width

    def at(self, place: Place, context: str = "") -> Problem:
        """The problem, at the stretch named by the refusal or else at the whole place."""
        exact = place if self.offset is None else place.inside(self.offset, self.width)
        return Problem(str(self), exact, context)


def printable(text: str) -> str:
    """The text with control characters shown as '?': a stranger's file must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def suggest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'groups'?" or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def listing(words: Iterable[str]) -> str:
    """Words in a sentence; "none" of none."""
    return ", ".join(words) or "none"
