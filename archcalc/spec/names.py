"""What `from` and `share` mean: an earlier layer, block or branch by its name, or an entry counted back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Refusal, suggest
from archcalc.spec.model import MANY, Item
from archcalc.spec.text import Scalar

BACK = re.compile(r"-[0-9]{1,6}\Z")
MOST_ASKED = 100_000  # outputs, in all, of names that stand for several
INPUT = ":"  # before the name that a block gives an input: an entry in it may have the same
COPIES = -1  # in place of a node: it is in a repetition of open length


class OpenLength(Refusal):
    """A name whose meaning depends on how often layers repeat, which is left open."""

    def __init__(self, name: str, place: Place | None = None) -> None:
        super().__init__(f"{name} refers into a repetition whose length is left open", place)


class Run(NamedTuple):
    """The state of the walk of one list of entries."""

    path: str  # prefix of its layers' names: "stage1/"
    root: str  # the path of the innermost block; names outside of it cannot be seen
    environment: dict[str, Any]
    history: list[int | None]  # nodes: the list's input, then the output of each entry; None after a problem
    met: dict[str, int]  # numbered name -> how many entries have it so far

    def within(self, path: str, start: int) -> Run:
        """The state for a list inside this one."""
        return Run(path, self.root, dict(self.environment), [start], {})

    def copy(self) -> Run:
        return self._replace(environment=dict(self.environment), history=[*self.history], met=dict(self.met))

    def paths(self) -> Iterator[str]:
        """Prefixes of the names that can be seen here: of a block's inputs, of this list, of each list around it."""
        yield self.root + INPUT
        path = self.path
        while path != self.root:
            yield path
            path = path[: path.rstrip("/").rfind("/") + 1]
        yield path

    def name(self, item: Item) -> str:
        """The next full name of an entry."""
        if not item.numbered:
            return self.path + item.base
        self.met[item.base] = number = self.met.get(item.base, 0) + 1
        return f"{self.path}{item.base}{number}"


class Span(NamedTuple):
    """The nodes that a name stands for."""

    first: int
    end: int
    output: int | None  # None after a problem


class Spans:
    """What each name given so far stands for."""

    def __init__(self) -> None:
        self.found: dict[str, Span] = {}
        self.open: set[str] = set()  # the common names of copies whose number is open
        self.asked = 0  # how many were named by a word that stands for several

    def copy(self) -> Spans:
        other = Spans()
        other.found.update(self.found)
        other.open |= self.open
        return other

    def after(self, count: int) -> tuple[tuple[str, Span], ...]:
        """The names that came after the first ``count``, with what they stand for."""
        return tuple(islice(reversed(self.found.items()), len(self.found) - count))[::-1]

    def define(self, name: str, span: Span) -> None:
        """Give a name to nodes. Raises Refusal where the name is already in use."""
        self.certain(name)
        if self.found.setdefault(name, span) is not span:
            raise Refusal(f"{name} is the name of an earlier layer too; give one of them another")

    def full(self, word: Scalar, run: Run) -> str:
        """The full name that a name stands for; of several, their full name without the number. Raises Refusal."""
        for path in run.paths():
            full = path + word.text
            if full in self.found or f"{full}1" in self.found or full in self.open:
                return full
            self.certain(full)
        seen = [(self.base(name), name) for name in self.found if name.startswith(run.root)]
        known = [name for base, name in seen if base == name or _number(name) == _number(word.text)]
        names = (name.removeprefix(run.path).replace(INPUT, "") for name in (*known, *dict(seen)))
        raise Refusal(f"no layer {word.text!r} is built above this one{suggest(word.text, names)}", word.place)

    def base(self, name: str) -> str:
        """A name without the number that tells it from others; unchanged where it has no such number."""
        return next((base for base in _without_number(name) if f"{base}1" in self.found), name)

    def find(self, word: Scalar, run: Run) -> Span:
        """The nodes of a name, looked up in this list and then in each list around it. Raises Refusal."""
        if (found := self.found.get(self.full(word, run))) is None:
            raise which_one(word)
        return found

    def several(self, word: Scalar, run: Run) -> tuple[int | None, ...]:
        """The outputs of all entries that a name stands for; none where it stands for only one. Raises Refusal."""
        full, outputs = self.full(word, run), list[int | None]()
        if full in self.open:
            raise OpenLength(repr(word.text), word.place)
        if self.asked > MOST_ASKED:
            raise Refusal(f"names that stand for several outputs stand for more than {MOST_ASKED:,} in all", word.place)
        while full not in self.found and (span := self.found.get(f"{full}{len(outputs) + 1}")):
            outputs.append(span.output)
        self.asked += len(outputs)
        return tuple(outputs)

    def numbered(self, word: Scalar, number: int, run: Run) -> int | None:
        """The output of the entry with that number, of several with a name; None where there is no such entry."""
        self.certain(name := f"{self.full(word, run)}{number}")
        span = self.found.get(name)
        return span and span.output

    def certain(self, name: str) -> None:
        """Raise OpenLength where the number of copies, which is open, decides whether this name exists."""
        if any(re.match(f"{re.escape(common)}[0-9]+(/|$)", name) for common in self.open):
            raise OpenLength(name)

    def free(self, common: str, first: Any) -> None:
        """Raise OpenLength where a name that copies from this number on would have is already in use."""
        for name in self.found:
            number = name.removeprefix(common).partition("/")[0]
            if name.startswith(common) and number.isdigit() and isinstance(first, int) and int(number) >= first:
                raise OpenLength(name)

    def source(self, word: Scalar, run: Run) -> int | None:
        """The node that a name, or a number counted back such as -1, stands for. Raises Refusal."""
        if not BACK.match(word.text):
            return self.find(word, run).output
        if not 0 < (back := -int(word.text)) <= len(run.history):
            raise Refusal(f"{word.text} reaches too far back; here -{len(run.history)} is the list's input", word.place)
        if run.history[-back] == COPIES:
            raise OpenLength(word.text, word.place)
        return run.history[-back]


def which_one(word: Scalar) -> Refusal:
    """The message where one entry is needed and the name is that of several."""
    return Refusal(f"{word.text!r} stands for several; which one? {word.text}1, {word.text}2 ...", word.place)


def not_several(word: Scalar) -> Refusal:
    """The message where several entries are needed and the name is that of only one."""
    return Refusal(f"{word.text!r} stands for only one, and has no number; write 'from: {word.text}'", word.place)


class Names:
    """The names that can be seen at a point of a spec's text, before anything is built."""

    def __init__(self, inputs: tuple[str, ...], what: str) -> None:
        self.what = what  # "layers", "the block cell"
        self.levels = [{name.removesuffix(MANY): name.endswith(MANY) for name in inputs}]
        """For each list around: name -> whether it stands for several."""

    def wrong(self, items: tuple[Item, ...]) -> Iterator[Refusal]:
        """A refusal for each word after `from` or `share` that names nothing, in a list and in the lists inside it."""
        self.levels.append({})
        yield from self.listed(items)
        self.levels.pop()

    def listed(self, items: tuple[Item, ...]) -> Iterator[Refusal]:
        for item in items:
            words = [(word.name, word.several or word.number is not None) for word in item.sources]
            words += [(item.share, False)] if item.share else []
            for word, several in (*words, *((size.entry, None) for size in item.sizes)):
                if refusal := self.refusal(word, several, items):
                    yield refusal
            for inner in (item.body or (), *(item.branches or {}).values()):
                yield from self.wrong(inner)
            yield from self.listed(item.otherwise)
            inside = item.branches if item.branches and not item.numbered else ()
            self.levels[-1].update({item.base: item.numbered, **dict.fromkeys(inside, False)})

    def refusal(self, word: Scalar, several: bool | None, items: tuple[Item, ...]) -> Refusal | None:
        """The problem with a name that should stand for one entry, for ``several``, or (None) for either."""
        name, path, _ = word.text.partition("/")
        several = False if path else several
        if BACK.match(name) and not several:
            return None
        for level in reversed(self.levels):
            if name in level and level[name] is not several and several is not None:
                return not_several(word) if several else which_one(word._replace(text=name))
            if name in level:
                return None
            if any(level.get(base) for base in _without_number(name)):
                return None
        meant = (name, *_without_number(name))
        later = next((item for item in items if item.base in meant and item.place.line > word.place.line), None)
        if later:
            message = f"{name!r} comes later, on line {later.place.line + 1}; an input must stand above its use"
            return Refusal(message, word.place)
        names = [pair for level in self.levels for pair in level.items()]
        copies = (other + _number(name) for other, several in names if several)
        known = [*dict(names), *(copy for copy in copies if copy != name)]
        own = f"; {self.what} sees only its own layers and inputs" if self.what.startswith("the block") else ""
        return Refusal(f"no layer {name!r} above this one{suggest(name, known) or own}", word.place)


def _number(name: str) -> str:
    """The digits at the end of a name."""
    return name[len(name.rstrip("0123456789")) :]


def _without_number(name: str) -> list[str]:
    """The names that this may be a copy of: a112 is the 12th copy of a1, and also the 112th copy of a."""
    return [name[:i] for i in range(len(name.rstrip("0123456789")), len(name)) if name[i] != "0"]
