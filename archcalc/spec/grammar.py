"""The spec language, a file at a time: a tree of text -> a Spec, every name checked and every problem collected."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from archcalc import __version__
from archcalc.core.errors import ArchcalcError, Place, Problem, Source, SpecError, among, listing
from archcalc.core.gc_paused import gc_paused
from archcalc.layers import KINDS
from archcalc.spec.entries import Layers
from archcalc.spec.expression import Signature, parse_signature
from archcalc.spec.model import SHAPE_WORDS, Block, Item, Knob, Lets, Part, Spec, Variant
from archcalc.spec.names import Names
from archcalc.spec.paper_names import MOST_RULES, PaperName, checked
from archcalc.spec.reading import Reading, Scope
from archcalc.spec.syntax import Definition, Expression
from archcalc.spec.text import Mapping, Scalar, Tree, read

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
        self.layers.below = {key.partition("(")[0]: at for key, at in self.mapping("blocks").keys.items()}
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
            self.layers.unread.add(text.partition("(")[0])
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
        self.layers.below.pop(name, None)
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


HEADINGS = ("net", "family", "kind", "source", "lecture", "about", "aliases")
KINDS_OF_SPEC = ("network", "block", "listing", "toy", "detector")
KEYS = (*HEADINGS, "use", "given", "variants", "let", "input", "blocks", "layers", "names")
KNOB_KEYS = ("default", "min", "max", "choices", "help")


def parse_spec(source: Source, name: str, library: Library) -> Spec:
    """The network a file describes; raises SpecError with every problem found."""
    with gc_paused():
        file = _SpecFile(source, KEYS)
        file.section("given", file.knob)
        file.define(library)
        spec = file.spec(name)
    if file.reading.problems or spec is None:
        raise SpecError(file.reading.problems)
    return spec


def parse_blocks(source: Source, library: Library) -> Part:
    """The blocks of a file that has only blocks; raises SpecError with every problem found."""
    file = File(source, BLOCK_FILE_KEYS)
    part = file.define_blocks(library)
    if file.reading.problems:
        raise SpecError(file.reading.problems)
    return part


class _Body(NamedTuple):
    input: Expression | None
    layers: tuple[Item, ...] | None


class _SpecFile(File):
    """A file with a network, or a family of them."""

    def spec(self, name: str) -> Spec | None:
        headings, own = self.headings(self.top), self.body(self.top)
        variants: dict[str, Variant] = {}
        self.section("variants", lambda key, at, tree: variants.update({key: self.variant(key, at, tree)}))
        bodies = {key: [getattr(variant, key) is not None for variant in variants.values()] for key in _Body._fields}
        self.required(["net", *(key for key, given in bodies.items() if not (given and all(given)))])
        size = own.input or next((variant.input for variant in variants.values() if variant.input), None)
        return size and Spec(name, headings, self.part, size, own.layers or (), variants, self.paper_names())

    def paper_names(self) -> tuple[PaperName, ...]:
        """What the paper calls the layers."""
        read, found = self.reading, list[PaperName]()
        for path, place, tree in self.entries("names", self.mapping("names")):
            rule = read.attempt(place, checked, PaperName(path, read.text(tree, "a name"), place))
            found += [rule] if rule else []
        if len(found) > MOST_RULES:
            read.problem(f"names has {len(found)} entries; at most {MOST_RULES}", found[MOST_RULES].place)
        return tuple(found)

    def headings(self, mapping: Mapping) -> dict[str, str]:
        """The headings of a network, each as one line of text."""
        read, found = self.reading, {}
        for key in HEADINGS:
            if key in mapping.entries:
                tree = mapping.entries[key]
                words = read.words(tree, key) if key == "aliases" else [tree]
                found[key] = " ".join(read.text(word, key) for word in words)
        if found.get("kind", "network") not in KINDS_OF_SPEC:
            hint = among(found["kind"], KINDS_OF_SPEC)
            read.problem(f"no kind {found['kind']!r}{hint}", mapping.entries["kind"].place)
        return found

    def body(self, mapping: Mapping) -> _Body:
        """The input and the layers; None for each that is not given."""
        size, layers = mapping.entries.get("input"), mapping.entries.get("layers")
        return _Body(
            None if size is None else self.reading.expression(size, self.scope, "[3, 224, 224]"),
            None if layers is None else self.items(layers, self.scope.plus(SHAPE_WORDS), "layers"),
        )

    def knob(self, name: str, place: Place, tree: Tree) -> None:
        read, what = self.reading, f"the knob {name}"
        fits = read.name(name, place)
        self.scope = self.scope.plus([name])
        self.part.places[name] = place
        entries = {"default": tree} if isinstance(tree, Scalar) else read.mapping(tree, what).entries
        if isinstance(tree, Mapping) and "default" not in read.keys(tree, KNOB_KEYS, what):
            read.problem(f"{what} has no default", place)
        default, least, most = (self.bound(key, entries.get(key)) for key in ("default", "min", "max"))
        choices = tuple(read.value(word) for word in read.words(entries.get("choices"), "choices"))
        knob = Knob(name, default, least, most, choices, read.text(entries.get("help"), "help"))
        if fits and default is not None:
            default = read.attempt(entries["default"].place, knob.accept, default)
            self.part.given.update({} if default is None else {name: knob._replace(default=default)})

    def bound(self, key: str, tree: Tree | None) -> Any:
        value = self.reading.value(tree)
        if key != "default" and isinstance(value, (str, bool, tuple)) and tree is not None:
            self.reading.problem(f"{key} must be a number", tree.place)
            return None
        return value

    def variant(self, name: str, place: Place, tree: Tree) -> Variant:
        read, what = self.reading, f"the variant {name}"
        mapping = read.mapping(tree, what)
        read.name(name, place)
        read.keys(mapping, (*HEADINGS, *_Body._fields, *self.part.given), what)
        settings = {}
        for key, knob in self.part.given.items():
            value = read.value(mapping.entries.get(key))
            if value is not None:
                settings[key] = read.attempt(mapping.entries[key].place, knob.accept, value)
        return Variant(self.headings(mapping), settings, *self.body(mapping))


Files = tuple[tuple[str, Source], ...]  # of blocks: the name of each after `use`, and its text


def block_files(part: Part) -> Files:
    """The files of blocks that a file uses, directly or through others; not the blocks written in the file itself."""
    found: dict[str, Source] = {}
    waiting = [part]
    while waiting:
        user = waiting.pop()
        for name, used in user.used.items():
            if used.source is user.source:
                waiting.append(used)
            elif name not in found:
                found[name] = used.source
                waiting.append(used)
    return tuple(found.items())


@lru_cache(maxsize=8)
def unpickled(version: str, name: str, source: Source, blocks: Files) -> Spec:
    """The spec, parsed from its texts. Raises ArchcalcError if another version of archcalc pickled it."""
    if version != __version__:
        message = f"{name} was pickled by archcalc {version}, but this is {__version__}; install the same version"
        raise ArchcalcError(message)
    sources = dict(blocks)

    @cache
    def library(word: str) -> Part:
        return parse_blocks(sources[word], library)

    spec = parse_spec(source, name, library)
    return (spec.variant(name) if name in spec.variants else spec).trimmed()


def _pickled(spec: Spec) -> tuple[Any, ...]:
    return unpickled, (__version__, spec.name, spec.part.source, block_files(spec.part))


copyreg.pickle(Spec, _pickled)  # here, since whoever has a spec has it from the grammar
