"""Reads what a file defines for its layers: the blocks it uses, its own values and functions, its own blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archcalc.engine.lookup import Names
from archcalc.errors import Place, Problem, Source, SpecError, listing
from archcalc.kinds import KINDS
from archcalc.language.expression import Signature, parse_signature
from archcalc.language.layers import Layers
from archcalc.language.reading import Reading, Scope
from archcalc.language.spec import SHAPE_WORDS, Block, Item, Lets, Part
from archcalc.language.terms import Definition
from archcalc.language.text import Mapping, Tree, read

BLOCK_FILE_KEYS = ("source", "about", "use", "let", "blocks")
BLOCK_KEYS = ("inputs", "let", "layers")
MOST_DEFINED = 1000  # knobs, values and functions, blocks or variants of a file

Library = Callable[[str], Part]  # name -> the blocks of that file; raises Refusal or SpecError


class File:
    """Reads one file; its sections are read in the order in which each may use those before it."""

    def __init__(
        self, source: Source, keys: tuple[str, ...], part: Mapping | None = None, reading: Reading | None = None
    ) -> None:
        self.source, self.reading, self.part = source, reading or Reading(), Part({}, {}, {}, source, {}, {})
        self.layers = Layers(self.reading, self.part.blocks)
        self.scope = Scope(frozenset(), {})
        tree = part or read(source)
        if not isinstance(tree, Mapping):
            message = "a spec is lines of 'key: value', such as 'net: LeNet-5'"
            raise SpecError([Problem(message, tree.place)])
        self.what = "an entry under 'use'" if part else "the file"
        self.top, self.present = tree, self.reading.keys(tree, keys, self.what)

    def required(self, keys: Iterable[str]) -> None:
        """Report the keys that are missing."""
        if missing := [f"'{key}:'" for key in keys if key not in self.present]:
            self.reading.problem(f"{self.what} has no {listing(missing)}", self.top.place)

    def mapping(self, key: str) -> Mapping:
        return self.reading.mapping(self.top.entries.get(key), key)

    def section(self, key: str, entry: Callable[[str, Place, Tree], None]) -> None:
        """Call ``entry`` with each entry under a key."""
        for name, place, tree in self.entries(key, self.mapping(key)):
            entry(name, place, tree)

    def entries(self, key: str, mapping: Mapping) -> Iterator[tuple[str, Place, Tree]]:
        """The entries of a section, each with the place of its name; none if there are too many."""
        if (count := len(mapping.entries)) > MOST_DEFINED:
            return self.reading.problem(f"{key} has {count:,} entries; at most {MOST_DEFINED:,}", mapping.place)
        for name, tree in mapping.entries.items():
            yield name, mapping.keys[name], tree

    def define(self, library: Library) -> None:
        """Read all definitions."""
        tree, read = self.top.entries.get("use"), self.reading
        if isinstance(tree, Mapping):
            self.section("use", lambda name, _, part: self.use(name, self.written_here(name, part, library)))
        else:
            for word in read.words(tree, "use"):
                self.use(word.text, read.attempt(word.place, library, word.text))
        self.section("let", self.let)
        self.layers.calls.below = {key.partition("(")[0]: at for key, at in self.mapping("blocks").keys.items()}
        self.section("blocks", self.block)

    def define_blocks(self, library: Library) -> Part:
        """Read all definitions of a file that has only blocks."""
        self.required(["blocks"])
        self.define(library)
        return self.part

    def written_here(self, name: str, tree: Tree, library: Library) -> Part | None:
        """A group of blocks written in the spec itself, under `use` and a name; it can use the groups above it."""
        part = self.reading.mapping(tree, name)
        file = File(self.source, BLOCK_FILE_KEYS, part, self.reading)
        return file.define_blocks(lambda word: self.part.used.get(word) or library(word)) if part is tree else None

    def use(self, name: str, part: Part | None) -> None:
        if part:
            self.part.used[name] = part
            self.part.blocks.update(part.blocks)

    def let(self, text: str, place: Place, tree: Tree) -> None:
        self.scope = self.defined(text, place, tree, self.scope, self.part.lets)

    def defined(self, text: str, place: Place, tree: Tree, scope: Scope, lets: Lets) -> Scope:
        """Add a definition to those of a file or a block; returns the scope of the expressions below it."""
        signature = self.signature(text, place)
        if not signature or not self.reading.name(signature.name, signature.place, scope.taken):
            return scope
        name, parameters = signature.name, tuple(signature.parameters)
        self.part.places.setdefault(name, signature.place)
        for default in signature.parameters.values():
            if default:
                self.reading.problem("only the arguments of blocks have defaults", default.place)
        if "(" not in text:
            body = self.reading.expression(tree, scope)
            lets.update({name: body} if body else {})
        elif body := self.reading.expression(tree, scope.plus(parameters)):
            lets[name] = definition = Definition(parameters, body)
            return scope._replace(functions={**scope.functions, name: definition})
        return scope.plus([name])

    def block(self, text: str, place: Place, tree: Tree) -> None:
        read, signature = self.reading, self.signature(text, place, self.scope.taken)
        if not signature:
            self.layers.calls.unread.add(text.partition("(")[0])
            return
        name = signature.name
        if name in KINDS or name in self.part.blocks:
            read.problem(f"{name!r} already has a meaning; choose another name", signature.place)
        for default in signature.parameters.values():
            if default:
                read.check_names(default, self.scope)
        what, inputs, lets = f"the block {name}", tuple[str, ...](), Lets()
        scope = self.scope.plus([*SHAPE_WORDS, *signature.parameters])
        if isinstance(tree, Mapping):
            read.keys(tree, BLOCK_KEYS, what)
            inputs = self.layers.inputs_of(tree.entries.get("inputs"))
            for key, at, value in self.entries("let", read.mapping(tree.entries.get("let"), "let")):
                scope = self.defined(key, at, value, scope, lets)
            tree = tree.entries.get("layers", tree)
        body = self.items(tree, scope, what, inputs)
        self.layers.calls.below.pop(name, None)
        self.part.blocks[name] = Block(name, signature.parameters, inputs, lets, body, self.part, place)

    def signature(self, text: str, place: Place, taken: frozenset[str] = frozenset()) -> Signature | None:
        """A name and its parameters, which must be names that have no other meaning here."""
        signature = self.reading.attempt(place, parse_signature, text, place)
        if signature:
            for parameter, at in signature.places.items():
                self.reading.name(parameter, at, taken)
        return signature

    def items(self, tree: Tree, scope: Scope, what: str, inputs: tuple[str, ...] = ()) -> tuple[Item, ...]:
        """A list of layers; names in it that stand for no layer are added to the problems."""
        before = len(self.reading.problems)
        items = self.layers.items(tree, scope._replace(entries=True), what)
        if len(self.reading.problems) == before:  # else a name may be missing because its line could not be read
            for refusal in Names(inputs, what).wrong(items):
                self.reading.refuse(refusal, tree.place)
        return items
