"""What `from` and `share` mean: an earlier layer, block or branch by its name, or an entry counted back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archcalc.errors import Place, Refusal, suggest
from archcalc.language.spec import Item
from archcalc.language.text import Scalar

BACK = re.compile(r"-[0-9]{1,6}\Z")
COPIES = -1  # in place of a node: it is in a repetition of open length


class OpenLength(Refusal):
    """It depends on how often layers repeat, and that is open."""

    def __init__(self, name: str, place: Place | None = None) -> None:
        super().__init__(f"{name} reaches into a repetition of open length", place)


class Run(NamedTuple):
    """A sequence being walked."""

    path: str  # prefix of its layers' names: "stage1/"
    root: str  # the part of it outside of which nothing is seen: the innermost block's
    environment: dict[str, Any]
    inputs: dict[str, int]  # those that a block names
    history: list[int | None]  # nodes: its input, then what each entry gave; None after a problem
    met: dict[str, int]  # how many entries of a numbered name so far

    def within(self, path: str, start: int) -> Run:
        """A list inside this one."""
        return Run(path, self.root, dict(self.environment), self.inputs, [start], {})

    def copy(self) -> Run:
        """The same, going on by itself."""
        return self._replace(environment=dict(self.environment), history=[*self.history], met=dict(self.met))

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
    """What the names given so far stand for."""

    def __init__(self) -> None:
        self.found: dict[str, Span] = {}
        self.open: set[str] = set()  # the common names of copies whose number is open

    def copy(self) -> Spans:
        """The same, going on by itself."""
        other = Spans()
        other.found.update(self.found)
        other.open |= self.open
        return other

    def define(self, name: str, span: Span) -> None:
        """Give a name. Raises Refusal where it is taken."""
        self.certain(name)
        if self.found.setdefault(name, span) is not span:
            raise Refusal(f"{name} is the name of an earlier layer too; give one of them another")

    def find(self, word: Scalar, run: Run) -> Span:
        """What a name stands for, looked up here and then in each list around. Raises Refusal."""
        path = run.path
        while path + word.text not in self.found:
            if f"{path}{word.text}1" in self.found:
                raise which_one(word)
            self.certain(path + word.text)
            if path == run.root:
                seen = {self.several(name): name for name in self.found if name.startswith(run.root)}
                known = {base.removeprefix(run.path): base != name for base, name in seen.items()}
                raise Refusal(f"no layer {word.text!r} is built above this one{near(word.text, known)}", word.place)
            path = path[: path.rstrip("/").rfind("/") + 1]
        return self.found[path + word.text]

    def several(self, name: str) -> str:
        """What a name is one of, without its number; itself where it is the only one."""
        return next((base for base in _without_number(name) if f"{base}1" in self.found), name)

    def certain(self, name: str) -> None:
        """Raises OpenLength where it depends on the number of copies whether there is one of that name."""
        if any(re.match(f"{re.escape(common)}[0-9]+(/|$)", name) for common in self.open):
            raise OpenLength(name)

    def free(self, common: str, first: Any) -> None:
        """Raises OpenLength where a name that copies would have, from that number on, is taken."""
        for name in self.found:
            number = name.removeprefix(common).partition("/")[0]
            if name.startswith(common) and number.isdigit() and isinstance(first, int) and int(number) >= first:
                raise OpenLength(name)

    def source(self, word: Scalar, run: Run) -> int | None:
        """The node that a word after `from` means. Raises Refusal."""
        if not BACK.match(word.text):
            return run.inputs[word.text] if word.text in run.inputs else self.find(word, run).output
        if not 0 < (back := -int(word.text)) <= len(run.history):
            raise Refusal(f"{word.text} reaches too far back; here -{len(run.history)} is the list's input", word.place)
        if run.history[-back] == COPIES:
            raise OpenLength(word.text, word.place)
        return run.history[-back]


def which_one(word: Scalar) -> Refusal:
    """The question that a name asks which is that of several: it means none of them more than another."""
    return Refusal(f"{word.text!r} stands for several; which one? {word.text}1, {word.text}2 ...", word.place)


def near(word: str, known: Mapping[str, bool]) -> str:
    """The known names that may have been meant; of one that is that of several, the one with the same number."""
    number = word[len(word.rstrip("0123456789")) :]
    return suggest(word, [name + end for name, many in known.items() for end in dict.fromkeys(("", number * many))])


class Names:
    """The names that can be seen at a point of a spec's text, before anything is built."""

    def __init__(self, inputs: tuple[str, ...], what: str) -> None:
        self.inputs, self.what = inputs, what  # what: "layers", "the block cell"
        self.levels: list[dict[str, bool]] = []  # of each list around: name -> whether it is numbered

    def wrong(self, items: tuple[Item, ...]) -> Iterator[Refusal]:
        """Each word after `from` or `share` that can mean nothing, in a list and all within it."""
        self.levels.append({})
        yield from self.listed(items)
        self.levels.pop()

    def listed(self, items: tuple[Item, ...]) -> Iterator[Refusal]:
        for item in items:
            for word in (*item.sources, *((item.share,) if item.share else ())):
                if refusal := self.refusal(word, items):
                    yield refusal
            for inner in (item.body or (), *(item.branches or {}).values()):
                yield from self.wrong(inner)
            yield from self.listed(item.otherwise)
            inside = item.branches if item.branches and not item.numbered else ()
            self.levels[-1].update({item.base: item.numbered, **dict.fromkeys(inside, False)})

    def refusal(self, word: Scalar, items: tuple[Item, ...]) -> Refusal | None:
        name = word.text.partition("/")[0]
        if BACK.match(name) or name in self.inputs:
            return None
        for level in reversed(self.levels):
            if name in level:
                return which_one(word._replace(text=name)) if level[name] else None
            if any(level.get(base) for base in _without_number(name)):
                return None
        meant = (name, *_without_number(name))
        later = next((item for item in items if item.base in meant and item.place.line > word.place.line), None)
        if later:
            message = f"{name!r} comes later, on line {later.place.line + 1}; an input must stand above its use"
            return Refusal(message, word.place)
        known = dict(pair for level in (dict.fromkeys(self.inputs, False), *self.levels) for pair in level.items())
        own = f"; {self.what} sees only its own layers and inputs" if self.what.startswith("the block") else ""
        return Refusal(f"no layer {name!r} above this one{near(name, known) or own}", word.place)


def _without_number(name: str) -> list[str]:
    """What may be repeated, if this is the name of one copy: the 12th of a1 is a112, and so is the 112th of a."""
    return [name[:i] for i in range(len(name.rstrip("0123456789")), len(name)) if name[i] != "0"]
