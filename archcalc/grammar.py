"""The spec language, a file at a time: a tree of text -> a Spec, every name checked and every problem collected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from archcalc.compiler import Expression
from archcalc.errors import Place, Source, SpecError, listing
from archcalc.expression import parse_signature
from archcalc.kinds import KINDS
from archcalc.layers import Layers
from archcalc.reading import Reading, Scope
from archcalc.spec import SHAPE_WORDS, Block, Item, Knob, Part, Spec, Variant
from archcalc.text import Mapping, Scalar, Tree, read

HEADINGS = ("net", "family", "kind", "source", "lecture", "about", "aliases")
KINDS_OF_SPEC = ("network", "block", "listing", "toy", "detector")
KEYS = (*HEADINGS, "use", "given", "variants", "let", "input", "blocks", "layers")
BLOCK_FILE_KEYS = ("source", "about", "use", "let", "blocks")
KNOB_KEYS = ("default", "min", "max", "choices", "help")
BLOCK_KEYS = ("inputs", "layers")

Library = Callable[[str], Part]  # the blocks of a named file; raises Refusal or SpecError


def parse_spec(source: Source, name: str, library: Library) -> Spec:
    """The network a file describes; raises SpecError with every problem found."""
    file = _File(source, library, KEYS, required=("net",))
    spec = file.spec(name)
    if file.reading.problems or spec is None:
        raise SpecError(file.reading.problems)
    return spec


def parse_blocks(source: Source, library: Library) -> Part:
    """The blocks of a file that has only blocks; raises SpecError with every problem found."""
    file = _File(source, library, BLOCK_FILE_KEYS, required=("blocks",))
    if file.reading.problems:
        raise SpecError(file.reading.problems)
    return file.part


class _File:
    """One file; reads its knobs, definitions and blocks in the order in which they can be used."""

    def __init__(self, source: Source, library: Library, keys: tuple[str, ...], required: tuple[str, ...]) -> None:
        self.source, self.reading, self.part = source, Reading(), Part({}, {}, {})
        self.layers = Layers(self.reading, self.part.blocks)
        self.scope = Scope(frozenset(), {})
        self.top = self.reading.mapping(read(source), "a spec")
        self.reading.keys(self.top, keys, "a spec")
        for key in required:
            if key not in self.top.entries:
                self.reading.problem(f"the spec has no '{key}:'", Place(source, 0, 0))
        self.section("given", self.knob)
        self.use(library)
        self.section("let", self.let)
        self.layers.below = {key.partition("(")[0]: at for key, at in self.mapping("blocks").keys.items()}
        self.section("blocks", self.block)

    def mapping(self, key: str) -> Mapping:
        return self.reading.mapping(self.top.entries.get(key), key)

    def section(self, key: str, entry: Callable[[str, Place, Tree], None]) -> None:
        mapping = self.mapping(key)
        for name, tree in mapping.entries.items():
            entry(name, mapping.keys[name], tree)

    def use(self, library: Library) -> None:
        for word in self.reading.words(self.top.entries.get("use"), "use"):
            name = word.text
            used = self.reading.attempt(word.place, lambda name=name: library(name))  # type: ignore[misc]
            self.part.blocks.update(used.blocks if used else {})

    def spec(self, name: str) -> Spec | None:
        headings = self.headings(self.top)
        size, place, layers = self.body(self.top)
        variants: dict[str, Variant] = {}
        self.section("variants", lambda key, at, tree: variants.update({key: self.variant(key, at, tree)}))
        for key in ("input", "layers"):
            own = [getattr(variant, key) is not None for variant in variants.values()]
            if key not in self.top.entries and not (variants and all(own)):
                self.reading.problem(f"the spec has no '{key}:'", Place(self.source, 0, 0))
        if size is None:
            size, place = next(((v.input, v.input_place) for v in variants.values() if v.input), (None, place))
        if size is None:
            return None
        return Spec(name, headings, self.part, size, place, layers or (), variants, self.source)

    def headings(self, mapping: Mapping) -> dict[str, str]:
        """What stands above a network, each on one line of text."""
        read, found = self.reading, {}
        for key in HEADINGS:
            if key in mapping.entries:
                tree = mapping.entries[key]
                words = [w.text for w in read.words(tree, key)] if key == "aliases" else [read.text(tree, key)]
                found[key] = " ".join(" ".join(words).split())
        if found.get("kind", "network") not in KINDS_OF_SPEC:
            read.problem(f"kind is one of {listing(KINDS_OF_SPEC)}", mapping.keys["kind"])
        return found

    def body(self, mapping: Mapping) -> tuple[Expression | None, Place, tuple[Item, ...] | None]:
        """The input, where it stands, and the layers."""
        entries = mapping.entries
        size = self.reading.expression(entries["input"], self.scope) if "input" in entries else None
        place = entries["input"].place if "input" in entries else mapping.place
        scope = self.scope.plus(SHAPE_WORDS)
        return size, place, self.layers.items(entries["layers"], scope, "layers") if "layers" in entries else None

    def knob(self, name: str, place: Place, tree: Tree) -> None:
        read, what = self.reading, f"the knob {name}"
        entries = {"default": tree} if isinstance(tree, Scalar) else read.mapping(tree, what).entries
        fits = isinstance(tree, Scalar) or (isinstance(tree, Mapping) and read.keys(tree, KNOB_KEYS, what))
        self.scope = self.scope.plus([name])
        if "default" not in entries:
            return read.problem(f"{what} has no default", place)
        if not read.name(name, place) or not fits:
            return None
        default, least, most = (read.value(entries.get(key)) for key in ("default", "min", "max"))
        choices = tuple(read.value(word) for word in read.words(entries.get("choices"), "choices"))
        knob = Knob(name, default, least, most, choices, read.text(entries.get("help"), "help"))
        if default is not None and (default := read.attempt(tree.place, lambda: knob.accept(default))) is not None:
            self.part.given[name] = knob._replace(default=default)
        return None

    def let(self, signature: str, place: Place, tree: Tree) -> None:
        parsed = self.reading.attempt(place, lambda: parse_signature(signature))
        taken = {*self.scope.names, *self.scope.functions}
        if not parsed or not self.reading.name(parsed[0], place, taken):
            return
        name, parameters = parsed
        body = self.reading.expression(tree, self.scope.plus(parameters))
        fit = [self.reading.name(parameter, place) for parameter in parameters]
        if body is None or not all(fit):
            self.scope = self.scope.plus([name])
        elif "(" in signature:
            self.scope = self.scope._replace(functions={**self.scope.functions, name: body})
            self.part.lets[name] = (tuple(parameters), body, tree.place)
        else:
            self.scope = self.scope.plus([name])
            self.part.lets[name] = (None, body, tree.place)

    def block(self, signature: str, place: Place, tree: Tree) -> None:
        read = self.reading
        parsed = read.attempt(place, lambda: parse_signature(signature))
        self.layers.below.pop(signature.partition("(")[0], None)
        if not parsed:
            return
        name, parameters = parsed
        if name in KINDS or name in self.part.blocks:
            read.problem(f"{name!r} has a meaning already; choose another name", place.inside(0, len(name)))
        for parameter, default in parameters.items():
            read.name(parameter, place, {*self.scope.names, *self.scope.functions})
            if default:
                read.check_names(default, self.scope, place)
        inputs: tuple[str, ...] = ()
        if isinstance(tree, Mapping):
            read.keys(tree, BLOCK_KEYS, f"the block {name}")
            inputs = tuple(word.text for word in read.words(tree.entries.get("inputs"), "inputs"))
            tree = tree.entries.get("layers", tree)
        body = self.layers.items(tree, self.scope.plus([*SHAPE_WORDS, *parameters]), f"the block {name}")
        self.part.blocks[name] = Block(name, parameters, inputs, body, self.part, place)

    def variant(self, name: str, place: Place, tree: Tree) -> Variant:
        read, what = self.reading, f"the variant {name}"
        entries = read.mapping(tree, what)
        read.name(name, place)
        read.keys(entries, (*HEADINGS, "input", "layers", *self.part.given), what)
        settings = {}
        for key, knob in self.part.given.items():
            if key in entries.entries and (value := read.value(entries.entries[key])) is not None:
                accept = partial(knob.accept, value)
                settings[key] = read.attempt(entries.entries[key].place, accept)
        return Variant(self.headings(entries), settings, *self.body(entries))
