"""Equal groups of entries -> blocks with arguments.

Two groups are equal if their classes, their layers and their wiring are: only numbers among the arguments may
differ. Where they do, the number is an argument of the block, or a multiple of another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import repeat
from keyword import iskeyword
from typing import Any, NamedTuple

from archcalc.core.layer import Kind, word
from archcalc.importers.nesting import CONTAINERS, Entry, Group, Join, Leaf, numbers, output
from archcalc.importers.operation import Imported
from archcalc.importers.sizes import Measured, Pair, changes, expression, knobs, words
from archcalc.layers import KINDS
from archcalc.spec.reading import RESERVED

LARGEST_FACTOR = 16  # a number is only taken for a multiple of another one up to this


class Cannot(Exception):
    """The entries cannot be written in this form."""


class Slot(NamedTuple):
    """A number among the arguments of an entry: its argument's name, its value, and the input's channels."""

    name: str
    value: int | Fraction
    channels: int | None
    sizes: Pair | None = None  # what it is at two sizes of the network's input, where that is to be a knob

    def given(self, name: str) -> Slot:
        """The number as an argument of a call, where the sizes inside the block cannot be read."""
        if self.sizes is None:
            return Slot(name, self.value, None)
        one, other = (measured._replace(own={}) for measured in self.sizes)
        return Slot(name, self.value, None, (one, other))


Column = tuple[Slot, ...]  # of groups that are equal, the numbers at one place


@dataclass
class Folded:
    """A block: its name, the group that stands for all, its arguments, and the text of each number in it."""

    name: str
    example: Group
    parameters: dict[str, int | Fraction | None] = field(default_factory=dict)  # with defaults
    texts: list[str] = field(default_factory=list)


class Folding:
    """Finds the blocks of a network."""

    def __init__(self, imported: Imported, entries: tuple[Entry, ...], larger: Imported | None = None) -> None:
        self.imported, self.larger, self.operations = imported, larger, imported.operations
        self.signatures: dict[int, Hashable] = {}  # id of a group -> what equal ones have in common
        self.groups: list[Group] = []
        self.originals: dict[int, Group] = {}  # id of a group -> the one whose weights it uses
        self.collect(entries)
        self.calls: dict[int, list[Slot]] = {}  # id of a group -> the arguments of its call
        self.blocks: dict[Hashable, Folded] = {}
        wanted, often = self.repeated(entries), Counter(self.signatures.values())
        self.usual = {group.kind: group for group in sorted(self.groups, key=lambda g: often[self.signatures[id(g)]])}
        for group in self.groups:  # inner ones first
            signature = self.signatures[id(group)]
            if signature in wanted and signature not in self.blocks and not is_stage(group):
                self.fold(signature)

    def block(self, group: Group) -> Folded | None:
        """The block that a group is a call of."""
        return self.blocks.get(self.signatures.get(id(group)))

    def shared(self, group: Group) -> Group | None:
        """The group whose weights a group uses."""
        return self.originals.get(id(group))

    def original(self, group: Group) -> Group | None:
        """The earlier group with all the weights of this one, layer for layer."""
        own = [*numbers([group])]
        shared = [self.operations[n].shared for n in own]
        first = next((n for n in shared if n is not None), None)
        if first is None or any(n is None and self.operations[o].weights for n, o in zip(shared, own, strict=True)):
            return None
        for other in self.groups:
            theirs = [*numbers([other])]
            same = len(theirs) == len(own) and all(n in (None, t) for n, t in zip(shared, theirs, strict=True))
            if same and first in theirs:
                return other
        return None

    def collect(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for inner in lists(entry):
                self.collect(inner)
            if isinstance(entry, Group):
                if original := self.original(entry):
                    self.originals[id(entry)] = original
                self.groups.append(entry)
                self.signatures[id(entry)] = self.signature(entry)

    def signature(self, group: Group) -> Hashable:
        places = {number: place for place, number in enumerate(numbers([group]))}
        outside: dict[int, int] = {}

        def ref(number: int) -> int:
            return places[number] if number in places else -1 - outside.setdefault(number, len(outside))

        def one(entry: Entry) -> Hashable:
            if isinstance(entry, Group):
                return entry.name, entry.kind, tuple(map(one, entry.children))
            operation = self.operations[entry.number]
            if operation.shared is not None and id(group) not in self.originals:
                return object()  # equal to no other
            own = skeleton(operation.layer), tuple(map(ref, operation.inputs))
            if isinstance(entry, Join):
                return own, tuple((name, tuple(map(one, branch))) for name, branch in entry.branches)
            return entry.name, own

        used = {n for n in places for user in self.users(n) if user not in places} - {output(group)}
        inner = tuple(sorted(places[n] for n in used))
        return group.kind, tuple(map(one, group.children)), inner

    def users(self, number: int) -> set[int]:
        if not hasattr(self, "_users"):
            self._users: dict[int, set[int]] = {}
            for user, operation in enumerate(self.operations):
                for source in operation.inputs:
                    self._users.setdefault(source, set()).add(user)
        return self._users.get(number, set())

    def repeated(self, entries: Sequence[Entry]) -> set[Hashable]:
        """The signatures that would stand in the text several times, if each block's text stood there once."""
        times: Counter[Hashable] = Counter()

        def count(inner: Sequence[Entry]) -> None:
            for entry in inner:
                if isinstance(entry, Group):
                    signature = self.signatures[id(entry)]
                    times[signature] += 1
                    if times[signature] > 1 and not is_stage(entry):
                        continue
                for more in lists(entry):
                    count(more)

        count(entries)
        return {signature for signature, often in times.items() if often > 1}

    def fold(self, signature: Hashable) -> None:
        same = [group for group in self.groups if self.signatures[id(group)] == signature]
        made = Folded(self.name(same[0]), same[0])
        table = [*zip(*(self.slots(group.children) for group in same), strict=True)]
        known: dict[str, Column] = {}
        for column in table:
            made.texts.append(self.text(column, known))
        for name, column in known.items():
            made.parameters[name] = usual_value(name, [slot.value for slot in column])
        self.blocks[signature] = made
        for place, group in enumerate(same):
            self.calls[id(group)] = [column[place].given(name) for name, column in known.items()]

    def name(self, group: Group) -> str:
        usual = self.usual[group.kind]
        extra = [name for name in names(group) if name not in {*names(usual)}]
        base = snake(group.kind)
        plain = self.signatures[id(group)] == self.signatures[id(usual)]
        found = base if plain or len(extra) != 1 else f"{base}_{extra[0]}"
        taken = {block.name for block in self.blocks.values()} | {*KINDS} | RESERVED
        if found in KINDS or iskeyword(found) or found in RESERVED:
            base = found = f"{found}_block"
        letters = iter("bcdefghijklmnopqrstuvwxyz")
        while found in taken or (found == base and not plain):
            found = f"{base}_{next(letters, len(taken))}"
        return found

    def text(self, column: Column, known: dict[str, Column]) -> str:
        """The text of a number, from those of all groups that are equal; ``known`` are the arguments so far."""
        values, name = [slot.value for slot in column], column[0].name
        if any(changes(slot.sizes) for slot in column) and (text := sized(column)):
            return text
        if (
            all(slot.channels == slot.value for slot in column)
            and name in ("out", "groups")
            and (name == "groups" or len({*values}) > 1)
            and values[0] > 1
        ):
            return "channels"
        if len({*every(column)}) == 1:
            return word(values[0])
        for other, theirs in known.items():
            if text := multiple(other, every(theirs), every(column)):
                return text
        taken = {*known} | RESERVED
        base, count = name.rstrip("0123456789"), 2
        while name in taken or iskeyword(name):
            name, count = f"{base}{count}", count + 1
        if not all(sized((slot.given(name),)) for slot in column if changes(slot.sizes)):
            raise Cannot
        known[name] = column
        return name

    def slots(self, entries: Sequence[Entry]) -> list[Slot]:
        """The numbers that stand in the text of entries, in its order."""
        found: list[Slot] = []
        for entry in entries:
            if isinstance(entry, Group):
                if self.block(entry):
                    found += self.calls[id(entry)]
                else:
                    found += self.slots(entry.children)
                continue
            if isinstance(entry, Join):
                for _, branch in entry.branches:
                    found += self.slots(branch)
                continue
            found += self.of_leaf(entry)
        return found

    def of_leaf(self, leaf: Leaf) -> list[Slot]:
        operation = self.operations[leaf.number]
        channels = self.imported.before(leaf.number)[0] if operation.layer.label == "conv" else None
        pairs = measured(self.imported, self.larger, leaf.number) if self.larger else repeat(None)
        found = zip(arguments(operation.layer), pairs, strict=False)
        return [Slot(name, value, channels, pair) for (name, value, _), pair in found]


def sized(column: Column) -> str:
    """The text of numbers that change with the size of the input; empty where they have none in common."""
    pairs = [slot.sizes for slot in column if slot.sizes]
    return expression(pairs) if len(pairs) == len(column) else ""


def every(column: Column) -> list[int | Fraction]:
    """The numbers of all groups, at all sizes of the input."""
    return [one.value for slot in column for one in slot.sizes or (slot,)]


def measured(imported: Imported, larger: Imported, number: int) -> list[Pair]:
    """The numbers of a layer at two sizes of the network's input."""

    def at(network: Imported) -> Iterator[Measured]:
        own = words(network.before(number)) if network.operations[number].inputs else {}
        for _, value, place in arguments(network.operations[number].layer):
            yield Measured(value, own, knobs(network.shape), [*own, *[""] * -place][place])

    return [*zip(at(imported), at(larger), strict=True)]


def is_stage(group: Group) -> bool:
    """Whether a group is only a list of modules, such as a stage of a network: its entries stand where it does."""
    return group.kind in CONTAINERS and any(isinstance(one, Group) for one in group.children)


def lists(entry: Entry) -> Iterator[tuple[Entry, ...]]:
    """The lists of entries inside an entry."""
    if isinstance(entry, Group):
        yield entry.children
    elif isinstance(entry, Join):
        for _, branch in entry.branches:
            yield branch


def names(group: Group) -> Iterator[str]:
    """The names of the entries in a group, and in its branches."""
    for inner in lists(group):
        for entry in inner:
            if isinstance(entry, Join):
                for name, branch in entry.branches:
                    yield name
                    yield from (one.name for one in branch if not isinstance(one, Join) and one.name)
            elif entry.name:
                yield entry.name


def multiple(name: str, theirs: Sequence[int | Fraction], values: Sequence[int | Fraction]) -> str:
    """The values as a multiple or a part of an argument's; empty where they are neither."""
    pairs = [*zip(theirs, values, strict=True)]
    if all(a == b for a, b in pairs):
        return name
    if all(a and b % a == 0 for a, b in pairs) and len(factors := {b // a for a, b in pairs}) == 1:
        return f"{factors.pop()}*{name}" if max(b // a for a, b in pairs) <= LARGEST_FACTOR else ""
    if all(b and a % b == 0 for a, b in pairs) and len(factors := {a // b for a, b in pairs}) == 1:
        return f"{name}//{factors.pop()}" if max(a // b for a, b in pairs) <= LARGEST_FACTOR else ""
    return ""


def usual_value(name: str, values: Sequence[int | Fraction]) -> int | None:
    """The default of an argument: that of the layers' argument of that name, if it occurs."""
    base = name.rstrip("0123456789")
    usual = {"stride": 1, "pad": 0, "dilation": 1, "groups": 1, "out_pad": 0}.get(base)
    return usual if usual in values else None


def snake(name: str) -> str:
    """A class's name as the name of a block: BasicBlock is basic_block, Conv2dNorm conv2d_norm."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", words).strip("_").lower() or "block"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool)


def arguments(layer: Kind) -> Iterator[tuple[str, int | Fraction, int]]:
    """The numbers among a layer's arguments, each with its place in the argument, counted from the end."""
    for name, value in vars(layer).items():
        several = value if isinstance(value, tuple) else (value,)
        for place, one in enumerate(several, -len(several)):
            if _is_number(one) and name not in ("axis", "order"):
                yield name, one, place


def skeleton(layer: Kind) -> Hashable:
    """What layers that differ only in numbers have in common."""

    def free(name: str, value: Any) -> Any:
        if name in ("axis", "order"):
            return value
        if isinstance(value, tuple):
            return tuple("a number" if _is_number(one) else one for one in value)
        return "a number" if _is_number(value) else str(value)

    return layer.label, tuple((name, free(name, value)) for name, value in vars(layer).items())


def call(layer: Kind, texts: Iterator[str]) -> str:
    """The layer as it is written, with these texts for its numbers."""
    words = []
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        text = written(parameter.name, value, texts)
        if parameter.required:
            words.append(text)
        elif text != word(parameter.default):
            words.append(f"{parameter.name}={text}")
    return f"{layer.label}({', '.join(words)})" if words else layer.label


def written(name: str, value: Any, texts: Iterator[str]) -> str:
    """An argument as it is written."""
    if name in ("axis", "order"):
        return word(value)
    if isinstance(value, tuple):
        inner = ", ".join(next(texts) if _is_number(one) else word(one) for one in value)
        return f"({inner}{',' * (len(value) == 1)})"
    return next(texts) if _is_number(value) else word(value)
