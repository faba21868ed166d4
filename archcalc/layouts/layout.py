"""A table of one's own as its file says it: columns, and rows of words that the columns' texts use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from archcalc.core.errors import Place, Problem, Source, SpecError, listing, many, one_line, suggest
from archcalc.layouts.cells import Words, words_in
from archcalc.spec.reading import Reading
from archcalc.spec.text import Mapping, Scalar, Sequence, Tree, read

KEYS = ("table", "source", "lecture", "network", "columns", "rows", "totals", "notes")
CELL, NETWORK = "cell", "network"  # words with a meaning of their own
MOST_CELLS = 10_000
EMPTY = "the file is empty; a table starts with 'table: TITLE', and then has 'columns:' and 'rows:'"


class Column(NamedTuple):
    """A column: its heading, the texts from which a row takes its cell, and the words that these may use."""

    heading: Scalar
    cells: tuple[Scalar, ...]  # a row takes the first one all of whose words it has
    words: Words


class Layout(NamedTuple):
    """A table before its figures are computed."""

    name: str  # in one word
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Words, ...]
    totals: tuple[Words, ...]
    notes: tuple[Scalar, ...]
    words: Words  # of all cells: the network
    source: str


def parse(source: Source, name: str) -> Layout:
    """The layout in a file. Raises SpecError with all mistakes in its form."""
    if not source.text.strip():
        raise SpecError([Problem(EMPTY, Place(source, 0, 0))])
    reader = _Reader()
    layout = reader.layout(read(source), name)
    if reader.problems:
        raise SpecError(reader.problems)
    return layout


class _Reader(Reading):
    def layout(self, tree: Tree, name: str) -> Layout:
        top = self.mapping(tree, "a table")
        given = self.keys(top, KEYS, "a table")
        for key in ("table", "columns", "rows"):
            if isinstance(tree, Mapping) and key not in given:
                self.problem(f"'{key}:' is missing; a table has a title, columns and rows", tree.place)
        columns = tuple(self.columns(top.entries.get("columns")))
        rows, totals = (tuple(self.rows(top.entries.get(key), key)) for key in ("rows", "totals"))
        network = self.scalar(top.entries.get(NETWORK), f"{NETWORK} takes one word")
        words = {NETWORK: network} if network else {}
        if len(columns) * len(rows + totals) > MOST_CELLS:
            sizes = f"{many(len(columns), 'column')} and {many(len(rows + totals), 'row')}"
            self.problem(f"{sizes}; a table has at most {MOST_CELLS:,} cells", top.keys["rows"])
        self.check_words(columns, rows + totals, words)
        sources = [self.text(top.entries.get(key), key) for key in ("source", "lecture")]
        notes = tuple(self.words(top.entries.get("notes"), "notes"))
        title = self.text(top.entries.get("table"), "table")
        return Layout(name, title, columns, rows, totals, notes, words, "; ".join(filter(None, sources)))

    def columns(self, tree: Tree | None) -> Iterator[Column]:
        """The columns; one with lists of words is a column for each of their values."""
        mapping = self.mapping(tree, "columns")
        for heading, cell in mapping.entries.items():
            title, what = Scalar(one_line(heading), mapping.keys[heading]), f"the column {heading!r}"
            own = cell if isinstance(cell, Mapping) else Mapping({CELL: cell}, {}, cell.place)
            texts = [text for text in self.words(own.entries.get(CELL), what) if text.text]
            others = {key: tree for key, tree in own.entries.items() if key != CELL}
            for words in self.spread(own._replace(entries=others), what):
                yield Column(title, tuple(texts), words)

    def rows(self, tree: Tree | None, what: str) -> Iterator[Words]:
        """The rows; one with lists of words is a row for each of their values."""
        for row in self.sequence(tree, what) if tree else ():
            yield from self.spread(self.mapping(row, f"an entry of {what}"), "a row")

    def spread(self, mapping: Mapping, what: str) -> Iterator[Words]:
        """The words; where some are lists, those of the first values, then of the second ones, and so on."""
        found = {key: self.words(tree, f"{key!r} of {what}") for key, tree in mapping.entries.items()}
        sizes = {key: len(found[key]) for key, tree in mapping.entries.items() if isinstance(tree, Sequence)}
        if len({*sizes.values()}) > 1:
            lists = listing(f"{key} has {size}" for key, size in sizes.items())
            self.problem(f"lists beside each other need as many values ({lists})", mapping.place)
        for number in range(min(sizes.values(), default=1)):
            yield {key: words[number if key in sizes else 0] for key, words in found.items() if words}

    def check_words(self, columns: Iterable[Column], rows: Iterable[Words], words: Words) -> None:
        """Report words that are given and not used, and those that are used and not given: one is misspelt."""
        given = [*(column.words for column in columns), *rows]
        headings = {column.heading.text for column in columns}
        texts = [text for column in columns for text in (column.heading, *column.cells)]
        texts += [*words.values(), *chain.from_iterable(one.values() for one in given)]
        used = {word: text.place for text in texts for word in words_in(text.text)}
        known = {NETWORK, *chain.from_iterable(given)}
        for word, place in used.items():
            if word not in known:
                hint = suggest(word, known - headings) or f" (there are {listing(sorted(known - headings))})"
                self.problem(f"no row or column gives the word {word!r}{hint}", place)
        if any(words_in(heading) for heading in headings):
            return  # a row may give a cell under a heading that is not known yet
        for one in given:
            for word, text in one.items():
                if word not in {*used, NETWORK, *headings}:
                    hint = suggest(word, {*used, *headings}) or f"; a text of a column shows it as ${word}"
                    self.problem(f"nothing uses the word {word!r}{hint}", text.place)
