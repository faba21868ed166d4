"""Entries -> a spec, with a name or a number for each input that is not the entry above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from archcalc.core.errors import BUILT
from archcalc.core.layer import word
from archcalc.importers.folding import Cannot, Folded, Folding, Slot, call, sized, snake
from archcalc.importers.nesting import LETTERS, Entry, Group, Join, Leaf, numbers, output
from archcalc.importers.sizes import changes
from archcalc.spec.expression import Call, parse, parse_call
from archcalc.spec.model import Block, Input, Item, Knob, Part, Spec
from archcalc.spec.text import Scalar

INPUT_NAMES = ("here", "other", "third", "fourth")
Wanted = Callable[[Entry], bool]


class Hidden(Cannot):
    """A name of a list means another entry where it would be written."""

    def __init__(self, entries: Sequence[Entry], base: str) -> None:
        super().__init__()
        self.name = (id(entries), base)


class Name(NamedTuple):
    """The name of an entry: as it is written or follows from what the entry is, and with its number."""

    base: str
    written: bool
    full: str


class Place(NamedTuple):
    """A list of entries at the place where it stands."""

    entries: Sequence[Entry]
    names: Sequence[str]
    start: int | None  # the operation whose output is the list's input
    above: Place | None
    at: int = 0  # of the list's own entry in the list around it
    inputs: tuple[tuple[int, str], ...] = ()  # of a block, those that have names


class Writer:
    """Writes the entries of a network."""

    def __init__(self, folding: Folding, hidden: Container[tuple[int, str]] = ()) -> None:
        self.operations, self.folding = folding.operations, folding
        self.hidden = hidden  # names of lists, which need others
        self.part = Part({}, {}, {}, BUILT.source, {}, {})

    def spec(
        self, entries: Sequence[Entry], headings: dict[str, str], shape: Sequence[str], knobs: Sequence[Knob]
    ) -> Spec:
        """The network as a spec. Raises Cannot."""
        for block in self.folding.blocks.values():
            self.part.blocks[block.name] = self.block(block)
        self.part.given.update({knob.name: knob for knob in knobs})
        texts = (str(number) for slot in self.folding.slots(entries) for number in [self.shown(slot)])
        layers = self.items(Place(entries, self.names(entries), -1, None), texts)
        return Spec("imported", headings, self.part, parse(f"[{', '.join(shape)}]", BUILT), layers, {})

    def shown(self, slot: Slot) -> str:
        if changes(slot.sizes):
            return sized((slot,))
        return "channels" if slot.name == "groups" and slot.channels == slot.value > 1 else word(slot.value)

    def block(self, block: Folded) -> Block:
        group = block.example
        outside = self.outside(group)
        inputs = INPUT_NAMES[: len(outside)] if len(outside) > 1 else ()
        if len(outside) > len(INPUT_NAMES):
            raise Cannot
        named = tuple(zip(outside, inputs, strict=False))
        start = outside[0] if outside else -1
        place = Place(group.children, self.names(group.children), start, None, 0, named)
        required = {name: None for name, usual in block.parameters.items() if usual is None}
        usual = {name: parse(word(value), BUILT) for name, value in block.parameters.items() if value is not None}
        return Block(
            block.name, {**required, **usual}, inputs, {}, self.items(place, iter(block.texts)), self.part, BUILT
        )

    def items(self, place: Place, texts: Iterator[str]) -> tuple[Item, ...]:
        found: list[Item] = []
        own = self.named_entries(place.entries)
        i = 0
        while i < len(place.entries):
            entry, copies = place.entries[i], self.copies(place.entries, i)
            item = self.item(place, i, entry, own[i], texts)
            if copies > 1:
                item = item._replace(repeat=parse(str(copies), BUILT))
                for other in place.entries[i + 1 : i + copies]:
                    for _ in self.folding.slots([other]):
                        next(texts)
            found.append(item)
            i += copies
        return tuple(found)

    def copies(self, entries: Sequence[Entry], i: int) -> int:
        """How many equal calls of a block stand here, each on the output of the one before."""
        first = entries[i]
        if not isinstance(first, Group) or not self.folding.block(first) or len(self.outside(first)) != 1:
            return 1
        count = 1
        for before, other in zip(entries[i:], entries[i + 1 :], strict=False):
            if not isinstance(other, Group) or self.folding.block(other) is not self.folding.block(first):
                break
            same = self.folding.calls[id(other)] == self.folding.calls[id(first)]
            same = same and self.folding.shared(other) is self.folding.shared(first)
            if not same or self.outside(other) != [output(before)] or stem(other.name) != stem(first.name):
                break
            count += 1
        return count

    def item(self, place: Place, i: int, entry: Entry, own: Name, texts: Iterator[str]) -> Item:
        base, named, _ = own
        if isinstance(entry, Join):
            start = self.start(entry)
            lists = {}
            for name, branch in entry.branches:
                inner = Place(branch, self.names(branch), start, place, i)
                lists[name] = self.items(inner, texts)
            layer = self.operations[entry.number].layer
            sources = self.sources(place, i, [] if start is None else [start])
            return Item(layer.label, False, BUILT, callee=type(layer), branches=lists, sources=sources)
        if isinstance(entry, Group):
            if block := self.folding.block(entry):
                return self.called(place, i, entry, block, base, named, texts)
            outside = self.outside(entry)
            start = outside[0] if outside else None
            inner = Place(entry.children, self.names(entry.children), start, place, i)
            body = self.items(inner, texts)
            return Item(base, True, BUILT, body=body, sources=self.sources(place, i, outside[:1]))
        operation = self.operations[entry.number]
        text = parse_call(call(operation.layer, texts), BUILT)
        share = None
        if (shared := operation.shared) is not None:
            share = Scalar(self.named(place, i, shared, lambda e: isinstance(e, Leaf) and e.number == shared), BUILT)
        sources = self.sources(place, i, operation.inputs)
        return Item(base, named, BUILT, callee=type(operation.layer), call=text, sources=sources, share=share)

    def called(
        self, place: Place, i: int, group: Group, block: Folded, base: str, named: bool, texts: Iterator[str]
    ) -> Item:
        given = dict(zip(block.parameters, texts, strict=False))  # strict would take one text too many
        required = [parse(given[name], BUILT) for name, usual in block.parameters.items() if usual is None]
        others = {
            n: parse(given[n], BUILT) for n, usual in block.parameters.items() if usual not in (None, _int(given[n]))
        }
        made = Call(block.name, BUILT, tuple(required), others, {})
        sources, share = self.sources(place, i, self.outside(group)), None
        if shared := self.folding.shared(group):
            share = Scalar(self.named(place, i, output(shared), lambda entry: entry is shared), BUILT)
        return Item(base, named, BUILT, callee=self.part.blocks[block.name], call=made, sources=sources, share=share)

    def outside(self, entry: Entry) -> list[int]:
        """The operations outside an entry whose outputs it takes, in order."""
        inside = {*numbers([entry])}
        found = (source for number in numbers([entry]) for source in self.operations[number].inputs)
        return [*dict.fromkeys(source for source in found if source not in inside)]

    def start(self, join: Join) -> int | None:
        """The operation whose output the branches of a join start from."""
        inside = {*numbers([join])}
        found = [n for number in numbers([join]) for n in self.operations[number].inputs if n not in inside]
        return found[0] if found else None

    def sources(self, place: Place, i: int, wanted: Sequence[int]) -> tuple[Input, ...]:
        """What stands after `from`; nothing where the input is the entry above."""
        before = output(place.entries[i - 1]) if i else place.start
        if not wanted or [*wanted] == [before]:
            return ()
        return tuple(Input(self.reference(place, i, number), BUILT) for number in wanted)

    def reference(self, place: Place, i: int, number: int) -> str:
        """An operation's output as it is named, or counted back, before entry ``i``."""
        if i and output(place.entries[i - 1]) == number:
            return "-1"
        if number == place.start and not self.found(place, i, number):
            named = dict(place.inputs).get(number)
            return named or f"-{i + 1}"
        return self.named(place, i, number)

    def named(self, place: Place, i: int, number: int, wanted: Wanted | None = None) -> str:
        """The name, as it is seen before entry ``i`` of a list, of the entry with an operation that is wanted.

        Without ``wanted``, it is the outermost entry whose output is the operation's. Raises Cannot.
        """
        hidden: set[str] = set()
        at: int = i
        inner: Place | None = place
        while inner is not None:
            if text := self.found(inner, at, number, wanted):
                if (first := text.partition("/")[0]) in hidden:
                    which = inner.names.index(first) if first in inner.names else 0
                    if isinstance(inner.entries[which], Join):  # it is named after what it is
                        raise Cannot
                    raise Hidden(inner.entries, self.named_entries(inner.entries)[which].base)
                return text
            if name := dict(inner.inputs).get(number):
                return name
            hidden |= {*inner.names[:at]}
            at, inner = inner.at, inner.above
        raise Cannot

    def found(self, place: Place, i: int, number: int, wanted: Wanted | None = None) -> str:
        """The path of an operation from a list, if it is above entry ``i``; else empty."""
        above = place.entries[:i]
        if not any(number in {*numbers([entry])} for entry in above):
            return ""
        return self.path(above, place.names, number, wanted or (lambda entry: output(entry) == number))

    def path(self, entries: Sequence[Entry], names: Sequence[str], number: int, wanted: Wanted) -> str:
        """The path of the entry with an operation that is wanted, from a list in which it is. Raises Cannot."""
        for entry, name in zip(entries, names, strict=False):
            if wanted(entry):
                return name
            for inside, branch in self.inside(entry, name):
                if number in {*numbers(branch)}:
                    return f"{inside}/{self.path(branch, self.names(branch), number, wanted)}"
        raise Cannot

    def inside(self, entry: Entry, name: str) -> Iterator[tuple[str, tuple[Entry, ...]]]:
        """The lists inside an entry, with their paths: the branches of the only join of a kind belong to its list."""
        if isinstance(entry, Group):
            yield name, entry.children
        elif isinstance(entry, Join):
            alone = name == self.operations[entry.number].layer.label
            yield from ((label if alone else f"{name}/{label}", branch) for label, branch in entry.branches)

    def own_name(self, entry: Entry, copied: bool) -> tuple[str, bool]:
        """The name of an entry alone, and whether it is written or follows from what the entry is."""
        if isinstance(entry, Join):
            return self.operations[entry.number].layer.label, False
        if isinstance(entry, Leaf):
            return (entry.name, True) if entry.name else (self.operations[entry.number].layer.label, False)
        block = self.folding.block(entry)
        name = stem(entry.name) if copied else entry.name
        if block is None:
            return name or snake(entry.kind), True
        return (name, True) if name and stem(name) != block.name else (block.name, False)

    def seen_name(self, entries: Sequence[Entry], base: str, written: bool) -> tuple[str, bool]:
        """The name, or another one where it is hidden."""
        while (id(entries), base) in self.hidden:
            base, written = f"{base}_", True
        return base, written

    def named_entries(self, entries: Sequence[Entry]) -> list[Name]:
        """The name of each entry of a list: numbers tell apart copies, and entries named after what they are."""
        runs = [*self.runs(entries)]
        kinds = Counter(base for base, written, copies in runs for _ in range(copies) if not written)
        taken = {name for base, often in kinds.items() for name in numbered(base, often)}
        used, found = Counter[str](), list[Name]()
        for base, written, copies in runs:
            if written:
                base = next(one for one in candidates(base) if not taken & numbered(one, copies))
                taken |= numbered(base, copies)
            for _ in range(copies):
                used[base] += 1
                alone = (copies if written else kinds[base]) == 1
                found.append(Name(base, written, base if alone else f"{base}{used[base]}"))
        return found

    def runs(self, entries: Sequence[Entry]) -> Iterator[tuple[str, bool, int]]:
        """The name of each entry of a list alone, whether it is written, and how many copies of it stand there."""
        place = 0
        while place < len(entries):
            copies = self.copies(entries, place)
            yield *self.seen_name(entries, *self.own_name(entries[place], copies > 1)), copies
            place += copies

    def names(self, entries: Sequence[Entry]) -> list[str]:
        """The full name of each entry of a list."""
        return [name.full for name in self.named_entries(entries)]


def candidates(base: str) -> Iterator[str]:
    """A name, and others in its place."""
    yield from (base, *(f"{base}_{letter}" for letter in LETTERS))


def numbered(base: str, often: int) -> set[str]:
    """The names that an entry, or several with one name, take up."""
    return {base} if often == 1 else {base, *(f"{base}{number}" for number in range(1, often + 1))}


def stem(name: str) -> str:
    """A module's name without the number at its end, where others like it stand beside it."""
    return name.rstrip("0123456789").rstrip("_") or name


def _int(text: str) -> int | None:
    return int(text) if text.isdigit() else None
