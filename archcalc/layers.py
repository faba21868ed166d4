"""The entries of a list of layers: calls, named groups, joins of branches, and what may stand beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from archcalc.errors import Place, listing, suggest
from archcalc.expression import Call, parse_call
from archcalc.kind import Kind, check_call
from archcalc.kinds import KINDS
from archcalc.reading import Reading, Scope
from archcalc.spec import INDEX, Block, Item
from archcalc.text import Mapping, Scalar, Sequence, Tree

MODIFIERS = ("from", "repeat", "when", "else", "share")
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_]*\Z")


class Layers:
    """Reads lists of layers that may call the blocks known so far."""

    def __init__(self, reading: Reading, blocks: dict[str, Block]) -> None:
        self.reading, self.blocks = reading, blocks
        self.below: dict[str, Place] = {}  # blocks of this file not yet reached

    def items(self, tree: Tree, scope: Scope, what: str) -> tuple[Item, ...]:
        """The entries of a list; those that cannot be read are left out and on the list of problems."""
        items, seen = [], dict[str, Place]()
        for node in self.reading.sequence(tree, what):
            if (item := self.item(node, scope)) is None:
                continue
            items.append(item)
            if item.named and isinstance(node, Mapping):
                place = node.keys[item.base]
                if (first := seen.setdefault(item.base, place)) != place:
                    self.reading.problem(f"{item.base!r} is the name of line {first.line + 1} already", place)
        return _number(items)

    def item(self, tree: Tree, scope: Scope) -> Item | None:
        if isinstance(tree, Scalar):
            item = self.called(tree, scope, None)
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
        item = self.named(keys[0], tree.keys[keys[0]], tree.entries[keys[0]], inner)
        if item:
            item = self.modified(item, tree, scope)
            self.inputs(item, tree.entries["from"].place if item.sources else item.place)
        return item

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
        return self.called(value, scope, key)

    def join(self, key: str, place: Place, value: Mapping, scope: Scope) -> Item | None:
        if key not in KINDS or not KINDS[key].many:
            joins = listing(name for name, kind in KINDS.items() if kind.many and not kind.parameters)
            message = f"lines of 'key: value' are branches, and only {joins} join them, not {key!r}"
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
        sources = read.words(entries.get("from"), "from")
        if "else" in entries and "when" not in entries:
            read.problem("'else' without 'when'", tree.keys["else"])
        return item._replace(
            repeat=read.expression(entries["repeat"], scope) if "repeat" in entries else None,
            when=read.expression(entries["when"], scope) if "when" in entries else None,
            otherwise=self.items(entries["else"], scope, "else") if "else" in entries else (),
            sources=tuple(sources),
            share=read.word(entries.get("share"), "share"),
        )

    def inputs(self, item: Item, place: Place) -> None:
        """An entry must have as many inputs as its layer or block takes."""
        count, callee = max(len(item.sources), 1), item.callee
        if isinstance(callee, Block) and count != max(len(callee.inputs), 1):
            takes = f"{len(callee.inputs)} inputs ({listing(callee.inputs)})" if callee.inputs else "one input"
            self.reading.problem(f"{callee.name} takes {takes}, not {count}; 'from: [...]' names them", place)
        elif count > 1 and (item.body is not None or item.branches is not None or not getattr(callee, "many", True)):
            self.reading.problem(f"{item.base} takes one input, not {count}", place)

    def called(self, scalar: Scalar, scope: Scope, name: str | None) -> Item | None:
        """A call of a layer or a block, its arguments checked against what it takes."""
        if not scalar.text:
            self.reading.problem("a layer is missing here, like relu or conv(64, 3, pad=1)", scalar.place)
            return None
        call = self.reading.attempt(scalar.place, parse_call, scalar.text, scalar.place, scope.functions)
        callee = call and self.callee(call.name, call.place)
        if call is None or callee is None:
            return None
        positional = [argument.place for argument in call.arguments]
        for refusal in check_call(call.name, _parameters(callee), positional, call.keys):
            self.reading.refuse(refusal, scalar.place)
        for expression in call.values:
            self.reading.check_names(expression, scope)
        self.constants(call, callee)
        return Item(name or call.name, name is not None, scalar.place, callee=callee, call=call)

    def constants(self, call: Call, callee: Block | type[Kind]) -> None:
        """An argument without symbols must be of its type, whether or not the layer is ever built."""
        types = {} if isinstance(callee, Block) else {parameter.name: parameter for parameter in callee.parameters}
        for name, value in [*zip(types, call.arguments, strict=False), *call.keywords.items()]:
            if not value.names and name in types and types[name].type.check(constant := value.evaluate({})) is False:
                self.reading.problem(f"{call.name}'s {types[name].need(constant)[1]}", value.place)

    def callee(self, name: str, place: Place) -> Block | type[Kind] | None:
        found: Any = self.blocks.get(name) or KINDS.get(name)
        if found is None:
            near = suggest(name, [*KINDS, *self.blocks])
            message = f"unknown layer or block {name!r}{near or '; docs/kinds.md lists the layers'}"
            if name in self.below:
                line = self.below[name].line
                message = f"the block {name!r} stands below, on line {line + 1}; move it above its use"
                if line < place.line:
                    message = f"the block {name!r} uses itself; 'repeat: n' beside a name builds one n times"
            self.reading.problem(message, place)
        return found  # type: ignore[no-any-return]  # a block or a kind, by the two tables


def _number(items: list[Item]) -> tuple[Item, ...]:
    """Mark the entries whose names need a number to tell them apart; those of an "else" stand in the same list."""
    shared = Counter(_bases(items))

    def numbered(item: Item) -> Item:
        if shared[item.base] == 1 and item.repeat is None and not item.otherwise:
            return item
        several = item.numbered or item.repeat is not None or shared[item.base] > 1
        return item._replace(numbered=several, otherwise=tuple(map(numbered, item.otherwise)))

    return tuple(map(numbered, items))


def _bases(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield item.base
        yield from _bases(item.otherwise)


def _parameters(callee: Block | type[Kind]) -> dict[str, bool]:
    """Each parameter, and whether it must be given."""
    if isinstance(callee, Block):
        return {name: default is None for name, default in callee.parameters.items()}
    return {parameter.name: parameter.required for parameter in callee.parameters}
