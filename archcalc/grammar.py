"""The spec language, a file at a time: a tree of text -> a Spec, every name checked and every problem collected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.errors import Place, Source, SpecError
from archcalc.expression import parse_signature
from archcalc.kinds import KINDS
from archcalc.layers import Layers
from archcalc.reading import Reading, Scope
from archcalc.spec import SHAPE_WORDS, Block, Knob, Part, Spec
from archcalc.text import Mapping, Scalar, Tree, read

HEADINGS = ("net", "family", "source", "about")
KEYS = (*HEADINGS, "use", "given", "variants", "let", "input", "blocks", "layers")
BLOCK_FILE_KEYS = ("source", "about", "use", "let", "blocks")
KNOB_KEYS = ("default", "min", "max", "choices", "help")
BLOCK_KEYS = ("inputs", "layers")

Library = Callable[[str], Part]  # the blocks of a named file; raises Refusal or SpecError


def parse_spec(source: Source, name: str, library: Library) -> Spec:
    """The network a file describes; raises SpecError with every problem found."""
    file = _File(source, library, KEYS, required=("net", "input", "layers"))
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
        entries, read = self.top.entries, self.reading
        words = {key: " ".join(read.text(entries.get(key), key).split()) for key in HEADINGS}
        size = read.expression(entries["input"], self.scope) if "input" in entries else None
        scope = self.scope.plus(SHAPE_WORDS)
        layers = self.layers.items(entries["layers"], scope, "layers") if "layers" in entries else ()
        variants: dict[str, dict[str, Any]] = {}
        self.section("variants", lambda key, place, tree: variants.update({key: self.variant(key, place, tree)}))
        if size is None:
            return None
        place = entries["input"].place
        return Spec(name, **words, part=self.part, input=size, input_place=place, layers=layers, variants=variants,
                    text=self.source)  # fmt: skip

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
        if body is None or not all([self.reading.name(p, place) for p in parameters]):
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

    def variant(self, name: str, place: Place, tree: Tree) -> dict[str, Any]:
        read, what, settings = self.reading, f"the variant {name}", {}
        entries = read.mapping(tree, what)
        read.name(name, place)
        read.keys(entries, (*HEADINGS, *self.part.given), what)
        for key, setting in entries.entries.items():
            if key in HEADINGS:
                settings[key] = read.text(setting, key)
            elif key in self.part.given and (given := read.value(setting)) is not None:
                knob = self.part.given[key]
                settings[key] = read.attempt(setting.place, lambda: knob.accept(given))  # noqa: B023  called at once
        return settings
