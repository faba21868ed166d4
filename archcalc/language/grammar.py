"""Reads a file of the spec language: from its YAML tree to a Spec, checking names and collecting all problems."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.errors import Place, Source, SpecError, listing, suggest
from archcalc.gc_paused import gc_paused
from archcalc.language.definitions import BLOCK_FILE_KEYS, File, Library
from archcalc.language.spec import SHAPE_WORDS, Item, Knob, Part, Spec, Variant
from archcalc.language.terms import Expression
from archcalc.language.text import Mapping, Scalar, Tree

HEADINGS = ("net", "family", "kind", "source", "lecture", "about", "aliases")
KINDS_OF_SPEC = ("network", "block", "listing", "toy", "detector")
KEYS = (*HEADINGS, "use", "given", "variants", "let", "input", "blocks", "layers")
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
        return size and Spec(name, headings, self.part, size, own.layers or (), variants)

    def headings(self, mapping: Mapping) -> dict[str, str]:
        """The headings of a network, each as one line of text."""
        read, found = self.reading, {}
        for key in HEADINGS:
            if key in mapping.entries:
                tree = mapping.entries[key]
                words = read.words(tree, key) if key == "aliases" else [tree]
                found[key] = " ".join(read.text(word, key) for word in words)
        if found.get("kind", "network") not in KINDS_OF_SPEC:
            hint = suggest(found["kind"], KINDS_OF_SPEC) or f" (there are {listing(KINDS_OF_SPEC)})"
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
