"""Text -> a tree of mappings, sequences and scalars, each with its place. The only import of yaml.

YAML gives names and nesting and nothing else: every scalar stays the text it is, so `on`, `010` and `1e3` mean what
they look like. Anchors, aliases, tags, second documents and deep nesting are refused: a spec is data from a stranger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

import yaml

from archcalc.errors import LINE_BREAK, Place, Problem, Source, SpecError
from archcalc.language.mending import explained

DEEPEST = 40  # levels of nesting
LONGEST = 1000  # characters of a scalar


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
    try:
        return _Reader(source).document()
    except yaml.MarkedYAMLError as error:
        raise SpecError([explained(error, source)]) from None
    except yaml.YAMLError as error:
        message = f"not text that YAML allows: {str(error).splitlines()[0]}"
        raise SpecError([Problem(message, Place(source, 0, 0))]) from None


def read_entries(source: Source) -> Iterator[tuple[str, Tree]]:
    """The entries of a document that is a mapping, one after the other; nothing is read that is not asked for."""
    reader = _Reader(source)
    starts = [next(reader.events) for _ in range(3)]  # of the stream, the document, the mapping
    while isinstance(starts[-1], yaml.MappingStartEvent) and isinstance(event := next(reader.events), yaml.ScalarEvent):
        yield event.value, reader.node(next(reader.events), 1)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.events: Iterator[Any] = yaml.parse(source.text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        self.problems: list[Problem] = []

    def document(self) -> Tree:
        next(self.events)  # stream start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.refuse("the file is empty; a spec starts with 'net: NAME'", Place(self.source, 0, 0))
        tree = self.node(next(self.events), 0)
        next(self.events)  # document end
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse("a second document; a file holds one spec", self.place(after))
        if self.problems:
            raise SpecError(self.problems)
        return tree

    def node(self, event: Any, depth: int) -> Tree:
        place = self.place(event)
        if isinstance(event, yaml.AliasEvent):
            self.refuse("YAML aliases (*name) are not part of the language; write a block instead", place)
        if event.anchor:
            self.refuse("YAML anchors (&name) are not part of the language; write a block instead", place)
        if event.tag and event.tag != "!":
            self.refuse("YAML tags (!name) are not part of the language", place)
        if depth > DEEPEST:
            self.refuse(f"nested more than {DEEPEST} deep", place)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth, event)
        return self.mapping(place, depth)

    def scalar(self, event: Any, place: Place) -> Scalar:
        if len(event.value) > LONGEST:
            self.refuse(f"a text of {len(event.value):,} characters; at most {LONGEST:,}", place)
        quoted = event.style in ("'", '"')
        written = self.source.text[event.start_mark.index + quoted : event.end_mark.index - quoted]
        inner = place.inside(1, max(place.width - 2, 1)) if quoted else place
        return Scalar(event.value, inner if written == event.value else inner._replace(read_as=event.value))

    def sequence(self, place: Place, depth: int, start: Any) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        if not start.flow_style:
            return Sequence(tuple(items), place, "")
        end: Any = event.end_mark
        width = (end.column if end.line == place.line else len(self.source.line(place.line))) - place.column
        text = LINE_BREAK.sub(" ", self.source.text[start.start_mark.index : end.index])
        return Sequence(tuple(items), place._replace(width=width), text)

    def mapping(self, place: Place, depth: int) -> Mapping:
        entries: dict[str, Tree] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Scalar):
                self.refuse("a key must be a word", key.place)
            if key.text in keys:
                first = keys[key.text].line + 1
                self.problems.append(Problem(f"{key.text!r} stands twice, first on line {first}", key.place))
            entries[key.text] = self.node(next(self.events), depth + 1)
            keys.setdefault(key.text, key.place)
        return Mapping(entries, keys, place)

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        end_of_line = len(self.source.line(start.line).rstrip())
        width = (end.column if end.line == start.line else end_of_line) - start.column
        return Place(self.source, start.line, start.column, max(width, 1))

    def refuse(self, message: str, place: Place) -> NoReturn:
        raise SpecError([*self.problems, Problem(message, place)])
