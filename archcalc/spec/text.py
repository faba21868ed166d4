"""Text -> a tree of mappings, sequences and scalars, each with its place. The only import of yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

import yaml

from archcalc.core.errors import LINE_BREAK, Place, Problem, Source, SpecError

ENTRY = re.compile(r"(?P<indent> *- +)(?P<text>.*)")
TAB = re.compile(r"[ ?-]*\t")  # in the indentation, or after the '-' of a list
QUOTED = re.compile(r"""'(?:[^']|'')*+'|"(?:[^"\\]|\\.)*+\"""", re.DOTALL)
COMMENT = re.compile(r"\s#")
SIGNS = tuple("@`%&*!|>")  # which do not start a text in YAML


def explained(start: Place, at: Place, between: str, unfinished: bool) -> Problem:
    """The problem where a parser stopped ``at`` a place, in an element from ``start`` on, with the text between them.

    ``unfinished``: it looked for the end of a key or a text. Otherwise it found something that does not belong there.
    """
    source, line = at.source, at.source.line(at.line)
    rest = line[at.column :].rstrip()
    if (tab := TAB.match(line)) or rest.startswith("\t"):
        return Problem("a tab; write spaces instead", at._replace(column=tab.end() - 1 if tab else at.column))
    if between.startswith(("[", "{")) and not unfinished:
        return Problem("this bracket is never closed, or a comma is missing after it", start)
    if between.startswith(("'", '"')) and unfinished and not QUOTED.match(between):
        return Problem("this quote is never closed, or what it encloses is not allowed", start)
    if (text := between or rest).startswith(SIGNS):
        message = f"{text[0]!r} has a special meaning in YAML; put a text that starts with it in quotes"
        return Problem(message, start)
    if between and unfinished:
        return _key(start, COMMENT.split(source.line(start.line)[start.column :])[0].rstrip())
    if at.line and rest and not line[: at.column].strip() and rest[0] not in ":,]}":
        return Problem(_indentation(start, at, between), at)
    if rest.startswith(":"):
        indent = len(line) - len(line.lstrip())
        return Problem(_second_colon(source, at.line), at._replace(column=indent, width=at.column - indent))
    message = "not YAML: this does not fit what stands before it; put a text with such characters in quotes"
    return Problem(message, at._replace(width=len(rest)))


def _key(start: Place, text: str) -> Problem:
    """The problem of a key without a ':' after it."""
    _, colon, after = text.partition(":")
    if colon and not after[:1].strip():
        return Problem("this key is longer than YAML allows", start)
    mend = "a space is missing after ':'" if colon else "a ':' is missing"
    return Problem(f"{mend} on this line", start._replace(width=len(text)))


def _indentation(start: Place, at: Place, between: str) -> str:
    """The message on a line that is indented wrongly."""
    if not between:
        return "this line does not continue what stands above it; is it indented wrongly?"
    what, sign = ("list", "- ") if between.startswith("-") else ("group of keys", "key:")
    where = f"the {what} that starts on line {start.line + 1}"
    if at.column == start.column:
        return f"this line is indented like {where}, but does not start with '{sign}'"
    return f"this line is indented by {at.column}, but {where} is indented by {start.column}"


def _second_colon(source: Source, number: int) -> str:
    """The message on a 'key:' that YAML reads as a continuation of the line above it."""
    key = source.line(number).partition(":")[0].strip()
    above = next((source.line(n) for n in range(number - 1, -1, -1) if source.line(n).strip()), "")
    entry = ENTRY.match(above)
    if key and re.fullmatch(r"\w+", key) and entry and ":" not in entry["text"]:
        return f"a ':' is missing after the entry above, which has {key!r} beside it: '- {entry['text'].strip()}:'"
    if key and re.fullmatch(r"\w+", key) and entry:
        return f"{key!r} is indented too far; the entry above has its name at column {len(entry['indent']) + 1}"
    return "a second ':' on one line, or a line indented wrongly; put quotes around a text that has a ': ' in it"


DEEPEST = 40  # levels of nesting
LONGEST = 1000  # characters of a scalar
BRACKETS = re.compile(r"""(?P<open>[\[{])|(?P<close>[]}])|'[^']*'|"(?:[^"\\]|\\.)*"|(?<!\S)#.*""")  # outside of texts
NO_TEXT = "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"  # characters that YAML does not allow


class Scalar(NamedTuple):
    text: str
    place: Place


class Sequence(NamedTuple):
    items: tuple[Tree, ...]
    place: Place
    text: str  # as written, on one line: "[a, f(b, c)]" is also an expression


class Mapping(NamedTuple):
    entries: dict[str, Tree]
    keys: dict[str, Place]
    place: Place


Tree: TypeAlias = Scalar | Sequence | Mapping


def read(source: Source) -> Tree:
    """The tree of a document; raises SpecError at the first place that is not plain YAML."""
    return _Reader(source).document()


def read_entries(source: Source) -> Iterator[tuple[str, Tree]]:
    """The entries of a document that is a mapping; each is parsed only when the caller asks for it."""
    reader = _Reader(source)
    starts = [next(reader.events) for _ in range(3)]  # of the stream, the document, the mapping
    while isinstance(starts[-1], yaml.MappingStartEvent) and isinstance(event := next(reader.events), yaml.ScalarEvent):
        yield event.value, reader.node(next(reader.events))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.events = self.parsed()

    def parsed(self) -> Iterator[Any]:
        """The parser's events, down to the deepest level that is allowed."""
        depth = end = 0
        plain = self.source.text.replace("\n", "").isprintable()  # compiling the pattern takes a millisecond
        if not plain and (odd := re.search(NO_TEXT, self.source.text)):
            self.refuse(f"the character U+{ord(odd[0]):04X}, which YAML does not allow", self.character(odd.start()))
        try:
            events: Iterator[Any] = yaml.parse(self.source.text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
            for event in events:
                depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
                self.limit(depth, event.start_mark.index)
                end = event.end_mark.index
                yield event
        except yaml.YAMLError as error:
            self.stopped(error, end, depth)

    def stopped(self, error: Any, end: int, depth: int) -> NoReturn:
        """Raise the problem of a parser that stopped; its last event ended at ``end``, ``depth`` levels deep."""
        marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
        start, *_, at = [mark.index for mark in marks if mark] * 2 or [end] * 2
        for bracket in BRACKETS.finditer(self.source.text, end, at):  # the parser looks ahead, to a limit of its own
            depth += bool(bracket["open"]) - bool(bracket["close"])
            self.limit(depth, bracket.start())
        unfinished = isinstance(error, yaml.scanner.ScannerError)
        between = self.source.text[start:at]
        problem = explained(self.character(start), self.character(at), between, unfinished)
        raise SpecError([*self.problems, problem]) from None

    def limit(self, depth: int, index: int) -> None:
        if depth > DEEPEST:
            self.refuse(f"nested more than {DEEPEST} deep", self.character(index))

    def character(self, index: int) -> Place:
        return Place(self.source, 0, 0).inside(index, 1)

    def document(self) -> Tree:
        next(self.events)  # stream start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.refuse("the file is empty; a spec starts with 'net: NAME'", Place(self.source, 0, 0))
        tree = self.node(next(self.events))
        next(self.events)  # document end
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse("a second document; a file holds one spec", self.place(after))
        if self.problems:
            raise SpecError(self.problems)
        return tree

    def node(self, event: Any) -> Tree:
        place = self.place(event)
        if isinstance(event, yaml.AliasEvent):
            self.refuse("YAML aliases (*name) are not part of the language; write a block instead", place)
        if event.anchor:
            self.refuse("YAML anchors (&name) are not part of the language; write a block instead", place)
        if event.tag and event.tag != "!":
            self.refuse("YAML tags (!name) are not part of the language", place)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, event)
        return self.mapping(place)

    def scalar(self, event: Any, place: Place) -> Scalar:
        if len(event.value) > LONGEST:
            self.refuse(f"a text of {len(event.value):,} characters; at most {LONGEST:,}", place)
        quoted = event.style in ("'", '"')
        written = self.source.text[event.start_mark.index + quoted : event.end_mark.index - quoted]
        inner = place.inside(1, max(place.width - 2, 1)) if quoted else place
        return Scalar(event.value, inner if written == event.value else inner._replace(read_as=event.value))

    def sequence(self, place: Place, start: Any) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event))
        if not start.flow_style:
            return Sequence(tuple(items), place, "")
        end: Any = event.end_mark
        width = (end.column if end.line == place.line else len(self.source.line(place.line))) - place.column
        text = LINE_BREAK.sub(" ", self.source.text[start.start_mark.index : end.index])
        return Sequence(tuple(items), place._replace(width=width), text)

    def mapping(self, place: Place) -> Mapping:
        entries: dict[str, Tree] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event)
            if not isinstance(key, Scalar):
                self.refuse("a key must be a word", key.place)
            if key.text in keys:
                first = keys[key.text].line + 1
                self.problems.append(Problem(f"{key.text!r} is given twice, first on line {first}", key.place))
            entries[key.text] = self.node(next(self.events))
            keys.setdefault(key.text, key.place)
        return Mapping(entries, keys, place)

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        end_of_line = len(self.source.line(start.line).rstrip())
        width = (end.column if end.line == start.line else end_of_line) - start.column
        return Place(self.source, start.line, start.column, max(width, 1))

    def refuse(self, message: str, place: Place) -> NoReturn:
        raise SpecError([*self.problems, Problem(message, place)])
