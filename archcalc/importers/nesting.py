"""Operations -> entries, nested as the modules are, with branches where paths from one place join again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from string import ascii_lowercase
from typing import NamedTuple, TypeAlias

from archcalc.importers.operation import Operation
from archcalc.layers import KINDS
from archcalc.spec.entries import MODIFIERS

CONTAINERS = ("Sequential", "ModuleList")  # modules that are only lists of others
LETTERS = [a + b for a in ("", *ascii_lowercase) for b in ascii_lowercase][1:]
JOINS = ("add", "multiply", "concat")


class Leaf(NamedTuple):
    """One operation."""

    number: int
    name: str = ""  # empty: it is named after its layer


class Group(NamedTuple):
    """The entries of a module."""

    name: str  # empty for one that is only numbered by the module around it
    kind: str  # its class
    children: tuple[Entry, ...]


class Join(NamedTuple):
    """An operation on branches from one place."""

    number: int
    branches: tuple[tuple[str, tuple[Entry, ...]], ...]


Entry: TypeAlias = Leaf | Group | Join


def numbers(entries: Sequence[Entry]) -> Iterator[int]:
    """The operations of entries, in the order in which a spec of them runs."""
    for entry in entries:
        if isinstance(entry, Group):
            yield from numbers(entry.children)
        elif isinstance(entry, Join):
            for _, branch in entry.branches:
                yield from numbers(branch)
            yield entry.number
        else:
            yield entry.number


def output(entry: Entry) -> int:
    """The operation whose output an entry gives."""
    return output(entry.children[-1]) if isinstance(entry, Group) else entry.number


class Nesting:
    """Nests the operations of a network."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.users: dict[int, set[int]] = {}
        for number, operation in enumerate(operations):
            for source in operation.inputs:
                self.users.setdefault(source, set()).add(number)

    def entries(self, joined: bool = True) -> tuple[Entry, ...]:
        """The entries of the network; with ``joined``, paths that join again are branches."""
        found = self.nested(range(len(self.operations)), 0)
        return self.joined(found) if joined else found

    def nested(self, numbers_: Sequence[int], depth: int) -> tuple[Entry, ...]:
        def key(number: int) -> str:
            within = self.operations[number].within
            return within[depth].key if len(within) > depth else ""

        found: list[Entry] = []
        for module, run in groupby(numbers_, key):
            inner = [*run]
            if not module:
                found += [self.leaf(number, "") for number in inner]
            else:
                found.append(self.module(inner, depth))
        return tuple(found)

    def module(self, inner: Sequence[int], depth: int) -> Entry:
        within = self.operations[inner[0]].within[depth]
        name = label(within.name)
        if len(inner) == 1:
            names = [label(each.name) for each in self.operations[inner[0]].within[depth:]]
            return self.leaf(inner[0], next(filter(None, names), ""))
        children = self.nested(inner, depth + 1)
        only = children[0]
        if len(children) == 1 and isinstance(only, Group):
            return Group(name or only.name, only.kind, only.children)
        return Group(name, within.kind, children)

    def leaf(self, number: int, name: str) -> Leaf:
        operation = self.operations[number]
        if operation.name:
            return Leaf(number, label(operation.name) or operation.layer.label)
        kept = name if operation.weights and name != operation.layer.label else ""
        return Leaf(number, kept)

    def joined(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries with branches in place of joins of what stands above them."""
        found: list[Entry] = []
        for entry in entries:
            found.append(entry._replace(children=self.joined(entry.children)) if isinstance(entry, Group) else entry)
            if isinstance(entry, Leaf) and self.joins(entry.number) and (join := self.join(found, entry.number)):
                count, made = join
                found[-count:] = [made]
        return tuple(self.told_apart(found))

    def told_apart(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """The entries of a list with other names for branches where two have the same.

        Those of a join that is alone of its kind are names of the list around it.
        """
        kinds = Counter(self.operations[e.number].layer.label for e in entries if not isinstance(e, Group))
        taken = {entry.name for entry in entries if not isinstance(entry, Join)}
        for entry in entries:
            if isinstance(entry, Join) and kinds[self.operations[entry.number].layer.label] == 1:
                names = [other_than(name, taken) for name, _ in entry.branches]
                branches = (branch for _, branch in entry.branches)
                yield Join(entry.number, tuple(zip(names, branches, strict=True)))
            else:
                yield entry

    def joins(self, number: int) -> bool:
        layer, inputs = self.operations[number].layer, self.operations[number].inputs
        return layer.label in JOINS and layer == KINDS[layer.label]() and len({*inputs}) == len(inputs) > 1

    def join(self, entries: list[Entry], number: int) -> tuple[int, Join] | None:
        """The join of the last entries, and how many of these it takes; None where they are no branches."""
        above = entries[:-1]
        ways = [self.way(above, value, number) for value in self.operations[number].inputs]
        for start in sorted({start for way in ways for start in way if start is not None}, reverse=True):
            branches = [way.get(start, way.get(None)) for way in ways]
            taken = sorted(place for branch in branches for place in branch or ())
            first = len(above) - len(taken)
            whole = None not in branches and taken == [*range(first, len(above))]
            if whole and (first == 0 or output(above[first - 1]) == start):
                lists = [tuple(above[place] for place in branch or ()) for branch in branches]
                return len(taken) + 1, Join(number, self.named(number, lists))
        return None

    def way(self, above: Sequence[Entry], value: int, number: int) -> dict[int | None, tuple[int, ...]]:
        """Where a branch to ``value`` may start, with the places of its entries; at None, it may start anywhere."""
        found: dict[int | None, tuple[int, ...]] = {value: ()}
        places: tuple[int, ...] = ()
        taken = {number}
        while (place := next((i for i, entry in enumerate(above) if output(entry) == value), None)) is not None:
            inside = {*numbers([above[place]])}
            sources = {source for number in inside for source in self.operations[number].inputs} - inside
            users = {user for number in inside for user in self.users.get(number, set())} - inside
            if len(sources) > 1 or users - taken or self.seen(inside - {value}, inside):
                break
            taken = (taken - {number}) | inside  # what the join itself takes is where the branch starts
            places = (place, *places)
            found[next(iter(sources), None)] = places
            if not sources:
                break
            (value,) = sources
        return found

    def seen(self, some: set[int], inside: set[int]) -> bool:
        """Whether the outputs of some operations are used outside."""
        return any(self.users.get(number, set()) - inside for number in some)

    def named(self, number: int, lists: list[tuple[Entry, ...]]) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """The branches with names: those of their modules, where each is one."""
        label_ = self.operations[number].layer.label
        longest = max(range(len(lists)), key=lambda i: len([*numbers(lists[i])]))
        found: dict[str, tuple[Entry, ...]] = {}
        for i, branch in enumerate(lists):
            (first, *more) = branch or (None,)
            if first is not None and not more and not isinstance(first, Join) and first.name:
                name = first.name
            elif (len(lists) > 2 and branch) or label_ == "concat":
                name = f"branch{i + 1}"
            else:
                name = {"add": "residual", "multiply": "gate"}[label_] if i == longest else "shortcut"
            while name in found:
                name += "_"
            found[name] = unnamed(branch) if first is not None and not more else branch
        return tuple(found.items())


def other_than(name: str, taken: set[str]) -> str:
    """The name, with a letter behind it if it is taken already; it is taken then."""
    found = next(one for one in (name, *(f"{name}_{letter}" for letter in LETTERS)) if one not in taken)
    taken.add(found)
    return found


def unnamed(branch: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries of a branch that has the name of its only one; a mere list of entries is not needed in it."""
    (only,) = branch
    if isinstance(only, Join):
        return branch
    return only.children if isinstance(only, Group) and only.kind in CONTAINERS else (only._replace(name=""),)


def label(name: str) -> str:
    """A module's name as the name of an entry; empty for one that is only a number."""
    squeezed = re.sub(r"\W+", "_", name).strip("_")
    if squeezed in MODIFIERS:  # a word of the language
        return f"{squeezed}_"
    return squeezed if re.search("[A-Za-z]", squeezed) else ""
