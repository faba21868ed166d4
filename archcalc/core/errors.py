"""What went wrong, where, and what to write instead."""

from __future__ import annotations

import codecs
import copyreg
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple
from unicodedata import combining, normalize

from archcalc.core.synonyms import is_other, own_words, squeezed

LIKE = {  # where no accent comes off
    **dict.fromkeys("─‐‑–—−", "-"),  # noqa: RUF001
    **dict.fromkeys("‘’′", "'"),  # noqa: RUF001
    **dict.fromkeys("“”„″", '"'),
    **dict(zip("×·→≤≥…²³", ("x", "*", "->", "<=", ">=", "...", "^2", "^3"), strict=True)),  # noqa: RUF001
    **dict(zip("ßæÆœŒøØłŁ", ("ss", "ae", "AE", "oe", "OE", "o", "O", "l", "L"), strict=True)),
}


def like(character: str) -> str:
    """In ASCII: the letter without its accent, what looks or reads the same, or '?'; nothing of an accent alone."""
    base = normalize("NFD", character)[0]
    return "" if combining(base) else base if base.isascii() else LIKE.get(base, "?")


def encoded(text: str, encoding: str) -> bytes:
    """The text in an encoding that need not have all of its characters."""
    return text.encode(encoding, "archcalc.like")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(like, error.object[error.start : error.end])), error.end


codecs.register_error("archcalc.like", _replaced)


def needed(package: str, what: str, extra: str) -> Any:
    """The package. Raises ArchcalcError where it is not installed, or does not load."""
    try:
        return import_module(package)
    except (ImportError, OSError) as error:
        state = "which is not installed"
        if getattr(error, "name", None) != package:  # a library that the package needs, say
            state = f"which is installed but does not load ({str(error).partition(chr(10))[0]})"
        raise ArchcalcError(f"{what} needs {package}, {state}: pip install 'archcalc[{extra}]'") from None


SHOWN_WIDTH = 100  # of a source line in a message
MOST_SHOWN = 20  # problems in one message
MOST_COMPARED = 2000  # words to compare with a misspelt one
LETTERS_A_MISTAKE = 4  # letters for each wrong one; in any word one may be wrong
SHORTEST_START = 3  # letters of an abbreviation
NO_ROOT = "a root is not exact; only whole exponents"  # of a power of any type of number
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks of YAML


class ArchcalcError(Exception):
    """An error that the user can mend; the text is the whole message."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the attributes, since the __init__ of a subclass does not take the message."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Source:
    """A text, and its name in messages."""

    name: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(LINE_BREAK.split(self.text))

    def line(self, number: int) -> str:
        """Line ``number``, counted from 0; empty past the end."""
        return self.lines[number] if number < len(self.lines) else ""


class Place(NamedTuple):
    """A part of a line of a source; line and column are counted from 0 and printed from 1."""

    source: Source
    line: int
    column: int
    width: int = 1
    read_as: str = ""  # the text, where YAML folded or unescaped it, so that no caret can point into it

    def inside(self, offset: int, width: int) -> Place:
        """A part of this place; an offset past the end of the line continues on the next one."""
        if self.read_as:
            return self
        source, line, column = self.source, self.line, self.column + offset
        while column > len(source.line(line)) and line + 1 < len(source.lines):
            line, column = line + 1, column - len(source.line(line)) - 1
        return Place(source, line, column, width)

    def __str__(self) -> str:
        return one_line(self.source.name) + (f":{self.line + 1}:{self.column + 1}" if self.line >= 0 else "")

    def picture(self) -> str:
        """The line with carets below it; empty for a blank line."""
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


BUILT = Place(Source("built in Python", ""), -1, 0)  # for what has no text, and so no line


class Problem(NamedTuple):
    """One error of a spec, with its place."""

    message: str
    place: Place
    context: str = ""  # the shapes and knob values in play

    def __str__(self) -> str:
        context = f"\n    {printable(self.context)}" if self.context else ""
        return f"{self.place}: {printable(self.message)}{self.place.picture()}{context}"


class SpecError(ArchcalcError):
    """All the errors of a spec that could be found in one reading."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.place[1:3]))
        more = len(self.problems) - MOST_SHOWN
        super().__init__("\n".join([*map(str, self.problems[:MOST_SHOWN]), *[f"... and {more} more"] * (more > 0)]))


class Refusal(Exception):
    """An error without its place and the shapes in play; a caller that knows them makes a Problem of it."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place

    def at(self, place: Place, context: str = "") -> Problem:
        """The problem, at the place of the refusal, or else at this one."""
        return Problem(str(self), self.place or place, context)


def printable(text: str) -> str:
    """The text with '?' for each character that is not printable, since it could control a terminal.

    White space other than a line feed becomes a space. The length stays the same, so that carets still fit.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "?" for c in text)


def one_line(text: str) -> str:
    """A text from outside made safe for a table or a file: printable, on one line, with single spaces."""
    return " ".join(printable(text).split())


def meant(word: str, known: Iterable[str]) -> list[str]:
    """The known words that an unknown one was probably meant to be.

    These are words with the same letters and digits; else with the same meaning; else with a similar spelling, with it
    as their beginning, or the longest that it begins with. Digits must be equal: vgg17 is neither vgg16 nor vgg11.
    """
    words: dict[str, str] = {}
    for other in islice(known, MOST_COMPARED):
        words.setdefault(squeezed(other), other)
    typed = squeezed(word[:SHOWN_WIDTH])
    own = [typed, *map(squeezed, own_words(typed))]
    found = [one for one in own if one in words] or ([] if is_other(typed) else _alike(typed, words))
    return [words[one] for one in found]


def _alike(typed: str, words: Iterable[str]) -> list[str]:
    longer = [word for word in words if len(typed) >= SHORTEST_START and word.startswith(typed)]
    same = [word for word in words if _digits(word) == _digits(typed)]
    shorter = [word for word in same if typed.startswith(word) and 2 * len(word) > len(typed)]
    return [*dict.fromkeys([*_misspelt(typed, same), *longer])] or sorted(shorter, key=len)[-1:]


def _misspelt(typed: str, words: Iterable[str]) -> list[str]:
    """The words with the fewest wrong letters, if there are few enough of these."""
    from difflib import SequenceMatcher

    matcher, wrong = SequenceMatcher(autojunk=False), dict[str, int]()
    matcher.set_seq2(typed)
    most = max(1, len(typed) // LETTERS_A_MISTAKE)
    for word in words:
        if abs(len(word) - len(typed)) <= most < len(typed) / 2:
            matcher.set_seq1(word)
            wrong[word] = max(len(word), len(typed)) - sum(block.size for block in matcher.get_matching_blocks())
    fewest = min(wrong.values(), default=most)
    return [word for word, letters in wrong.items() if letters == fewest <= most]


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    return next(iter(meant(word, known)), None)


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a message: "; did you mean 'groups'?", or nothing."""
    found = [repr(one) for one in meant(word, known)]
    return f"; did you mean {alternatives(found)}?" if found else ""


def among(word: str, known: Collection[str]) -> str:
    """The end of a message: the known words that were probably meant, or else all that there are."""
    return suggest(word, known) or f" (there are {listing(known)})"


def alternatives(words: Sequence[str], most: int = 6) -> str:
    """Words to choose from: "a, b or c"; after the first ``most``, how many more there are."""
    shown, more = words[:most], len(words) - most
    last = f"{more} more" if more > 0 else shown[-1]
    first = shown if more > 0 else shown[:-1]
    return f"{', '.join(first)} or {last}" if first else last


def many(count: int, word: str) -> str:
    """1 layer, 2 layers, 1,000 layers."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def listing(words: Iterable[str]) -> str:
    """Words in a sentence, separated by commas; "none" where there are none."""
    return ", ".join(words) or "none"
