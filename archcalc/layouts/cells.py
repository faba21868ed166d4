"""The text of a cell: $word is a word of the row or the column, {address} is a figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.address import BYTES, COUNTS, Address, Term, address
from archcalc.core.bound import AtLeast, within
from archcalc.core.errors import Refusal, listing, printable, suggest
from archcalc.core.value import exact, show
from archcalc.output.table import EXACT, fixed, nearest
from archcalc.report import Report
from archcalc.spec.text import LONGEST, Scalar

Words: TypeAlias = dict[str, Scalar]

WORD = re.compile(r"\$(?:([A-Za-z_]\w*)|\{(\w+)\})")
HOLE = re.compile(r"\{([^{}]*)\}")
ROUNDED = re.compile(r"(?P<asked>.*?)\s+to\s+(?P<rest>.*)")
STEP = re.compile(r"(1|0\.0*1)\s*(\S*)")
UNITS: dict[str, Any] = COUNTS | BYTES | {"%": Fraction(1, 100), "Ki": 1 << 10, "Mi": 1 << 20}
DEEPEST = 8  # words in words
SHAPES = ("input", "output")


class Look(NamedTuple):
    """How a number is written: in a unit, with this many decimals; None: exactly."""

    digits: int | None = None
    unit: Fraction | int = 1

    def people(self, value: Any) -> str:
        """For people: 4,867 for the look "to 1M" of 4867293184."""
        if self.digits is None:
            return EXACT.people(value)
        return fixed(within(value, lambda number: exact(number) / Fraction(self.unit)), self.digits)

    def program(self, value: Any) -> Any:
        """For programs: not rounded, but in the unit."""
        return EXACT.program(value) if self.digits is None else nearest(exact(value) / Fraction(self.unit))


class Answer(NamedTuple):
    """A figure in a cell: its value, how it is written, and what was asked of which report."""

    value: Any
    look: Look
    address: Address
    report: Report | None  # None if the address names its networks

    def report_of(self, term: Term) -> Report | None:
        """The report that a figure of the address was read from."""
        return term.owner.report() if term.owner.report else self.report

    @property
    def is_number(self) -> bool:
        """Whether it is a number, or an unknown one."""
        return self.value is None or (
            isinstance(self.value, (int, Fraction, Decimal, AtLeast)) and not isinstance(self.value, bool)
        )

    @property
    def text(self) -> str:
        """The value within other text, as a slide writes it: sizes are rows x columns x channels, 112x112x64."""
        if isinstance(self.value, tuple):
            single = self.address.single
            ordered = single and single.quantity.figure in SHAPES
            return "x".join(map(show, (*self.value[1:], self.value[0]) if ordered else self.value))
        if self.value is None:
            return "?"
        return self.prose if self.look.digits is not None else show(self.value)

    @property
    def prose(self) -> str:
        """The value within a sentence: of large numbers the thousands are separated."""
        return self.look.people(self.value) if self.is_number and self.value is not None else self.text


class Cell(NamedTuple):
    """A filled cell: pieces of text, and answers between them."""

    parts: tuple[str | Answer, ...] = ()

    @property
    def answer(self) -> Answer | None:
        """The answer that is all of the cell."""
        found = self.parts[0] if len(self.parts) == 1 else None
        return found if isinstance(found, Answer) else None

    @property
    def text(self) -> str:
        """All of it as text."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def prose(self) -> str:
        """All of it as a sentence."""
        return "".join(part if isinstance(part, str) else part.prose for part in self.parts)


def words_in(text: str) -> list[str]:
    """The names of the words that a text uses."""
    return [found[1] or found[2] for found in WORD.finditer(text)]


def lacking(text: Scalar, words: Mapping[str, Scalar]) -> set[str]:
    """The words that the text, or a word in it, uses and that are not given."""
    used, new = set[str](), {*words_in(text.text)}
    while new:
        used |= new
        new = {name for word in new & words.keys() for name in words_in(words[word].text)} - used
    return used - words.keys()


def expanded(text: Scalar, words: Mapping[str, Scalar]) -> Scalar:
    """The text with its words put in; its place is then that of the last of these. Raises Refusal."""
    if lacks := sorted(lacking(text, words)):
        raise Refusal(f"no word {lacks[0]!r} here{suggest(lacks[0], words)}", text.place)
    for _ in range(DEEPEST):
        if not (named := words_in(text.text)):
            return text
        filled = WORD.sub(lambda found: words[found[1] or found[2]].text, text.text)
        text = Scalar(filled, words[named[-1]].place._replace(read_as=filled))
        if len(filled) > LONGEST:
            raise Refusal(f"a text of more than {LONGEST:,} characters, with its words", text.place)
    raise Refusal("words that use each other in a circle", text.place)


def filled(text: Scalar, report: Callable[[], Report]) -> Cell:
    """The cell, where an address without a network belongs to the report. Raises Refusal or ArchcalcError."""
    return Cell(tuple(_parts(text, report)))


def _parts(text: Scalar, report: Callable[[], Report]) -> Iterator[str | Answer]:
    end = 0
    for hole in HOLE.finditer(text.text):
        yield from _plain(text, end, hole.start())
        yield _answer(Scalar(hole[1], text.place.inside(hole.start(1), max(1, len(hole[1])))), report)
        end = hole.end()
    yield from _plain(text, end, len(text.text))


def _plain(text: Scalar, start: int, end: int) -> Iterator[str]:
    piece = text.text[start:end]
    if brace := re.search("[{}]", piece):
        message = "an address stands between '{' and '}', such as {params of fc}"
        raise Refusal(message, text.place.inside(start + brace.start(), 1))
    if piece:
        yield printable(piece).replace("\n", " ")


def _answer(asked: Scalar, report: Callable[[], Report]) -> Answer:
    """The figure in a hole. Raises Refusal or ArchcalcError."""
    rounded = ROUNDED.fullmatch(asked.text)
    step, unit = _step(rounded["rest"], asked) if rounded else (None, "")
    found = address(rounded["asked"] if rounded else asked.text, asked.place)
    if unit in UNITS and (unit in BYTES) != (found.unit == "bytes") and unit:
        kind = "a number of bytes is written in MB or MiB" if found.unit == "bytes" else f"{unit!r} is a unit of bytes"
        raise Refusal(f"{kind}; {found} is {'' if found.unit == 'bytes' else 'not '}a number of bytes", asked.place)
    whole = report() if any(not term.owner.name for term in found.terms) else None
    return Answer(found.answer(whole), Look(step, UNITS[unit] if unit else 1), found, whole)


def _step(text: str, asked: Scalar) -> tuple[int, str]:
    """The number of decimals and the unit in "0.1M"."""
    step = STEP.fullmatch(text.strip())
    if not step or (step[2] and step[2] not in UNITS):
        units = listing(unit for unit in UNITS if unit)
        raise Refusal(
            f"'to {text}' is no rounding; write 'to 1', 'to 0.1M' or 'to 0.01MiB' (units: {units})", asked.place
        )
    return len(step[1].partition(".")[2]), step[2]
