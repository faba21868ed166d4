"""The entries of a list of layers: calls, named groups, joins of branches, and what may stand beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from archcalc.core.errors import Place, Refusal, listing, suggest
from archcalc.core.layer import MISSING, Kind
from archcalc.core.synonyms import instead
from archcalc.layers import KINDS
from archcalc.spec.expression import Call, parse_call
from archcalc.spec.model import INDEX, MANY, SHAPE_WORDS, Block, Input, Item, Size
from archcalc.spec.names import BACK
from archcalc.spec.reading import Reading, Scope
from archcalc.spec.text import Mapping, Scalar, Sequence, Tree

MODIFIERS = ("from", "repeat", "when", "else", "share")
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_]*\Z")


class Layers:
    """Reads lists of layers, which may call the blocks read so far."""

    def __init__(self, reading: Reading, blocks: dict[str, Block]) -> None:
        self.reading, self.blocks = reading, blocks
        self.below: dict[str, Place] = {}  # the blocks of this file that stand further down
        self.unread: set[str] = set()  # names of blocks that could not be read, which has been reported already

    def items(self, tree: Tree, scope: Scope, what: str) -> tuple[Item, ...]:
        """The entries of a list; one that cannot be read is left out, and its problem is reported."""
        items, seen = [], dict[str, Place]()
        for node in self.reading.sequence(tree, what):
            if (item := self.item(node, scope)) is None:
                continue
            items.append(item._replace(sizes=_sizes(item)))
            if item.named and isinstance(node, Mapping):
                place = node.keys[item.base]
                if (first := seen.setdefault(item.base, place)) != place:
                    self.reading.problem(f"line {first.line + 1} already has the name {item.base!r}", place)
        return _number(items)

    def item(self, tree: Tree, scope: Scope) -> Item | None:
        if isinstance(tree, Scalar):
            item = self.call(tree, scope, None)
            if item:
                self.inputs(item, item.place)
            return item
        if isinstance(tree, Sequence):
            self.reading.problem("a list in a list needs a name: '- stage:', and the list below it", tree.place)
            return None
        keys = [key for key in tree.entries if key not in MODIFIERS]
        if len(keys) != 1:
            self.misnamed(keys, tree)
            return None
        inner = scope.plus([INDEX]) if "repeat" in tree.entries else scope
        key, place, value = keys[0], tree.keys[keys[0]], tree.entries[keys[0]]
        unnamed = isinstance(value, Scalar) and not value.text and (len(tree.entries) > 1 or "(" in key)
        item = self.call(Scalar(key, place), inner, None) if unnamed else self.named(key, place, value, inner)
        if item:
            item = self.modified(item, tree, scope)._replace(sources=self.sources(tree, inner))
            self.inputs(item, tree.entries["from"].place if item.sources else item.place)
        return item

    def call(self, scalar: Scalar, scope: Scope, name: str | None) -> Item | None:
        """A call of a layer or a block, with its arguments checked; None after a problem."""
        if not scalar.text:
            self.reading.problem("a layer is missing here, like relu or conv(64, 3, pad=1)", scalar.place)
            return None
        call = self.reading.attempt(scalar.place, parse_call, scalar.text, scalar.place, scope.functions)
        callee = call and self.callee(call.name, call.place)
        if call is None or callee is None:
            return None
        for refusal in _misfits(call, callee):
            self.reading.refuse(refusal, scalar.place)
        for expression in call.values:
            self.reading.check_names(expression, scope)
        self.constants(call, callee)
        return Item(name or call.name, name is not None, scalar.place, callee=callee, call=call)

    def constants(self, call: Call, callee: Block | type[Kind]) -> None:
        """Check the type of each argument without symbols, even if the layer is never built."""
        types = {} if isinstance(callee, Block) else {parameter.name: parameter for parameter in callee.parameters}
        for name, value in [*zip(types, call.arguments, strict=False), *call.keywords.items()]:
            if not value.names and name in types and types[name].type.check(constant := value.evaluate({})) is False:
                self.reading.problem(f"{call.name}'s {types[name].need(constant)[1]}", value.place)

    def callee(self, name: str, place: Place) -> Block | type[Kind] | None:
        found: Any = self.blocks.get(name) or KINDS.get(name)
        if found is None and name not in self.unread:
            near = suggest(name, [*self.blocks, *KINDS])
            known = instead(name) or "'archcalc kinds' lists the layers"
            message = f"unknown layer or block {name!r}{near or f'; {known}'}"
            if name in self.below:
                line = self.below[name].line
                message = f"the block {name!r} stands below, on line {line + 1}; move it above its use"
                if line < place.line:
                    message = f"the block {name!r} uses itself; 'repeat: n' beside a name builds one n times"
            self.reading.problem(message, place)
        return found  # type: ignore[no-any-return]  # a block or a kind, by the two tables

    def misnamed(self, keys: list[str], tree: Mapping) -> None:
        beside = f"(beside a name there may be {listing(MODIFIERS)})"
        if not keys:
            return self.reading.problem(f"the layer itself is missing {beside}", tree.place)
        odd = next((key for key in keys if suggest(key, MODIFIERS)), keys[1])
        near = suggest(odd, MODIFIERS)
        hint = f"an entry has no {odd!r}{near}" if near else f"an entry has one name; {odd!r} is a second {beside}"
        return self.reading.problem(hint, tree.keys[odd])

    def named(self, key: str, place: Place, value: Tree, scope: Scope) -> Item | None:
        if isinstance(value, Mapping):
            return self.join(key, place, value, scope)
        if not self.label(key, place):
            return None
        if isinstance(value, Sequence):
            return Item(key, True, place, body=self.items(value, scope, key))
        return self.call(value, scope, key)

    def join(self, key: str, place: Place, value: Mapping, scope: Scope) -> Item | None:
        joins = [name for name, kind in KINDS.items() if kind.many and MISSING not in kind.defaults.values()]
        if key not in joins:
            message = f"lines of 'key: value' are branches, and only {listing(joins)} join them, not {key!r}"
            self.reading.problem(f"{message}; a list starts with '- '", place)
            return None
        for name in value.entries:
            self.label(name, value.keys[name])
        branches = {name: self.items(tree, scope, f"the branch {name}") for name, tree in value.entries.items()}
        return Item(key, False, place, callee=KINDS[key], branches=branches)

    def label(self, name: str, place: Place) -> bool:
        if not (fits := bool(NAME.match(name))):
            self.reading.problem(f"{name!r} cannot name a layer; letters, digits and _, at least one letter", place)
        return fits

    def modified(self, item: Item, tree: Mapping, scope: Scope) -> Item:
        entries, read = tree.entries, self.reading
        if "else" in entries and "when" not in entries:
            read.problem("'else' without 'when'", tree.keys["else"])
        return item._replace(
            repeat=read.expression(entries["repeat"], scope) if "repeat" in entries else None,
            when=read.expression(entries["when"], scope) if "when" in entries else None,
            otherwise=self.items(entries["else"], scope, "else") if "else" in entries else (),
            share=read.scalar(entries.get("share"), "share takes one word"),
        )

    def sources(self, tree: Mapping, scope: Scope) -> tuple[Input, ...]:
        """The words after `from`."""
        words = self.reading.words(tree.entries.get("from"), "from")
        found = tuple(self.source(word, scope._replace(names=scope.names - {*SHAPE_WORDS})) for word in words)
        again = not any(word.number or word.several or BACK.match(word.text) for word in found)
        if "repeat" in tree.entries and found and again:
            self.reading.problem(
                f"every repetition would start at {found[0].text!r} again; count back, 'from: -1', or "
                "repeat inside a group that has this 'from'", found[0].place)  # fmt: skip
        return found

    def source(self, word: Scalar, scope: Scope) -> Input:
        name, bracket, rest = word.text.partition("[")
        if not rest.endswith("]"):
            if bracket:
                message = f"{word.text!r} is no input; one of several is written units[index], and all of them units..."
                self.reading.problem(message, word.place)
            return Input(word.text, word.place)
        inner = Scalar(rest.removesuffix("]"), word.place.inside(len(name) + 1, max(len(rest) - 1, 1)))
        return Input(word.text, word.place, self.reading.expression(inner, scope._replace(entries=False), "index"))

    def inputs_of(self, tree: Tree | None) -> tuple[str, ...]:
        """The names that a block gives its inputs."""
        words = self.reading.words(tree, "inputs")
        for i, word in enumerate(words):
            self.label(word.text.removesuffix(MANY), word.place)
            if word.text in [other.text for other in words[:i]]:
                self.reading.problem(f"another input already has the name {word.text!r}", word.place)
            if word.text.endswith(MANY) and len(words) > 1:
                self.reading.problem(f"{word.text!r} stands for all inputs, so it cannot be one of several", word.place)
        return tuple(word.text for word in words)

    def inputs(self, item: Item, place: Place) -> None:
        """Report an entry that does not have as many inputs as its layer or block takes."""
        count, callee = max(len(item.sources), 1), item.callee
        several = next((word.text for word in item.sources if word.several), "")
        if getattr(callee, "many", False) and item.branches is None:
            return
        names = callee.inputs if isinstance(callee, Block) else ()
        if several or count != max(len(names), 1):
            takes = f"{len(names)} inputs ({listing(names)})" if names else "one input"
            how = "; 'from: [...]' names them" if isinstance(callee, Block) else ""
            who = callee.name if isinstance(callee, Block) else item.base
            self.reading.problem(f"{who} takes {takes}, not {several or count}{how}", place)


def _misfits(call: Call, callee: Block | type[Kind]) -> Iterator[Refusal]:
    """The arguments of a call that its callee does not take, and those that it lacks."""
    if isinstance(callee, Block):
        required = [name for name, default in callee.parameters.items() if default is None]
        names = list(callee.parameters)
    else:
        required = [parameter.name for parameter in callee.parameters if parameter.required]
        names = list(callee.defaults)
    count = len(call.arguments)
    if count > len(names):
        takes = f"takes {listing(names)}: {count} values are too many" if names else "takes no arguments"
        yield Refusal(f"{call.name} {takes}", call.arguments[len(names)].place)
    for keyword, place in call.keys.items():
        if keyword not in names:
            hint = suggest(keyword, names) or f" (its arguments: {listing(names)})"
            yield Refusal(f"{call.name} has no argument {keyword!r}{hint}", place)
        elif keyword in names[:count]:
            yield Refusal(f"{call.name}'s {keyword} is given twice, the first time without its name", place)
    if missing := [name for name in required if name not in (*names[:count], *call.keys)]:
        yield Refusal(f"{call.name} needs {listing(missing)} (its arguments: {listing(names)})")


def _sizes(item: Item) -> tuple[Size, ...]:
    """The sizes of other entries that the expressions of an entry read."""
    names = (pair for expression in item.expressions for pair in expression.names if "." in pair[0])
    found = ((name.rpartition("."), place) for name, place in dict(names).items())
    return tuple(Size(Scalar(e, place), SHAPE_WORDS.index(s)) for (e, _, s), place in found if s in SHAPE_WORDS)


def _number(items: list[Item]) -> tuple[Item, ...]:
    """Mark the entries whose names need a number to be unique; of an entry and its "else" only one is ever built."""
    shared = _counted(items)

    def numbered(item: Item) -> Item:
        if shared[item.base] == 1 and item.repeat is None and not item.otherwise:
            return item
        several = item.numbered or item.repeat is not None or shared[item.base] > 1
        return item._replace(numbered=several, otherwise=tuple(map(numbered, item.otherwise)))

    return tuple(map(numbered, items))


def _counted(items: Iterable[Item]) -> Counter[str]:
    """The largest number of entries of each name that can be built in a list."""
    total: Counter[str] = Counter()
    for item in items:
        total.update(Counter([item.base]) | _counted(item.otherwise) if item.otherwise else [item.base])
    return total
