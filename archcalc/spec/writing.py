"""Writes a spec as the text of one file, from which the same spec can be read.

Expressions are written as they were read, each entry on a line of its own; blocks of other files are written under
`use`. Comments, which are not part of a spec, and blocks that no network of the file uses are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from textwrap import indent, wrap
from typing import Any

from archcalc.core.errors import BUILT, Source, SpecError
from archcalc.core.value import show
from archcalc.spec.grammar import HEADINGS, parse_spec
from archcalc.spec.model import Block, Item, Knob, Lets, Part, Spec, Variant, blocks_used, names_read
from archcalc.spec.syntax import Definition, Expression
from archcalc.spec.text import Mapping, Scalar, Sequence, read

WIDTH = 116  # of a line in characters, without its indentation
INSIDE = "{{k: {}}}"  # the surroundings of a text in braces or brackets

Tree = Any  # str | list[Tree] | dict[str, Tree]; texts as they are written in YAML


def written(spec: Spec) -> str:
    """The text of a file with this spec, including its variants, that needs no other file."""
    variants = spec.variants.values()
    lists = [spec.layers, *(variant.layers or () for variant in variants)]
    files = _Files({key: block for items in lists for key, block in blocks_used(items).items()})
    files.labels(spec.part)
    own_layers = spec.layers or not variants or any(variant.layers is None for variant in variants)
    sections = {
        "given": {name: _knob(knob) for name, knob in spec.given.items()},
        "variants": {name: _variant(variant) for name, variant in spec.variants.items()},
        "let": _lets(spec.part.lets),
        "input": all(variant.input is not spec.input for variant in variants) and _expression(spec.input),
        "use": files.written,
        "blocks": files.blocks(spec.part),
        "layers": own_layers and _items(spec.layers),
        "names": {_scalar(rule.path): _scalar(rule.name) for rule in spec.paper_names},
    }
    parts = [_headings(spec.headings), *({key: tree} for key, tree in _given(sections).items())]
    return "\n\n".join("\n".join(_lines(part)) for part in parts) + "\n"


def built(spec: Spec) -> Spec:
    """A spec that was built in Python, written and read again to check it and give it places. Raises SpecError."""
    source, no_files = Source(BUILT.source.name, written(spec)), dict[str, Part]()
    return parse_spec(source, spec.name, no_files.__getitem__)


class _Files:
    """The files of blocks that are used, each written once, after those that it uses itself."""

    def __init__(self, used: dict[int, Block]) -> None:
        self.used, self.known, self.written = used, dict[int, str](), dict[str, Tree]()

    def labels(self, part: Part) -> list[str]:
        """The names of the files whose blocks a file uses."""
        found: dict[str, None] = {}
        for name, file in part.used.items():
            use, blocks = self.labels(file), self.blocks(file)
            if id(file) not in self.known and blocks:
                while name in self.written:  # two folders may have a file of that name
                    name += "_"
                self.known[id(file)] = name
                self.written[name] = _given({"use": use and _words(use), "let": self.lets(file), "blocks": blocks})
            found |= dict.fromkeys([*use, *([self.known[id(file)]] if blocks else [])])
        return list(found)

    def lets(self, part: Part) -> Tree:
        """The definitions of a file that its used blocks read."""
        read = names_read(part, self.used.values())
        return _lets({name: let for name, let in part.lets.items() if name in read})

    def blocks(self, part: Part) -> Tree:
        """The blocks of a file itself that are used."""
        own = [block for block in part.blocks.values() if block.home.blocks is part.blocks]
        return {_called(block.name, (), block.parameters): _block(block) for block in own if id(block) in self.used}


def _headings(headings: dict[str, str]) -> Tree:
    return {
        key: _words(headings[key].split()) if key == "aliases" else _prose(key, headings[key])
        for key in HEADINGS
        if key in headings
    }


def _knob(knob: Knob) -> Tree:
    """A knob, on one line if it fits."""
    values = _given({
        "default": _value(knob.default),
        "min": knob.minimum is not None and _value(knob.minimum),
        "max": knob.maximum is not None and _value(knob.maximum),
        "choices": knob.choices and f"[{', '.join(map(_value, knob.choices))}]",
        "help": knob.help and _scalar(knob.help, INSIDE),
    })  # fmt: skip
    line = f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"
    if len(knob.name) + len(line) > WIDTH:
        return values | {"help": _prose("help", knob.help)}
    return line if len(values) > 1 else values["default"]


def _value(value: Any) -> str:
    """A value of a knob: a number, true, false or a word."""
    word = isinstance(value, str) and (not value.isidentifier() or value in ("true", "false"))
    return _scalar(repr(value) if word else show(value), INSIDE)


def _variant(variant: Variant) -> Tree:
    body = {"input": variant.input and _expression(variant.input),
            "layers": variant.layers is not None and _items(variant.layers)}  # fmt: skip
    settings = {name: _value(value) for name, value in variant.settings.items()}
    return _headings(variant.headings) | settings | _given(body) or "{}"


def _lets(lets: Lets) -> Tree:
    found = {}
    for name, let in lets.items():
        if isinstance(let, Definition):
            found[f"{name}({', '.join(let.parameters)})"] = _expression(let.body)
        else:
            found[name] = _expression(let)
    return found


def _block(block: Block) -> Tree:
    above = _given({"inputs": block.inputs and _words(block.inputs), "let": _lets(block.lets)})
    return {**above, "layers": _items(block.body)} if above else _items(block.body)


def _items(items: Iterable[Item]) -> Tree:
    return [_item(item) for item in items] or "[]"


def _item(item: Item) -> Tree:
    """An entry: a call alone, or a name and its content, with the keys beside it."""
    beside = _given({
        "from": item.sources and _words([word.text for word in item.sources]),
        "repeat": item.repeat and _expression(item.repeat),
        "when": item.when and _expression(item.when),
        "else": item.otherwise and _items(item.otherwise),
        "share": item.share and _scalar(item.share.text),
    })  # fmt: skip
    if item.branches is not None:
        return {item.base: {name: _items(branch) for name, branch in item.branches.items()}} | beside
    if item.body is not None:
        return {item.base: _items(item.body)} | beside
    assert item.call  # an entry that is neither a group nor a join is a call
    call = _called(item.call.name, item.call.arguments, item.call.keywords)
    if item.named:
        return {item.base: call} | beside
    return {call: ""} | beside if beside else call


def _called(name: str, values: Iterable[Expression], keywords: dict[str, Any]) -> str:
    """A call, or the name and parameters of a block; a parameter without a default is written without "="."""
    words = [value.text for value in values]
    words += [key if value is None else f"{key}={value.text}" for key, value in keywords.items()]
    return _scalar(f"{name}({', '.join(words)})" if words else name)


def _expression(expression: Expression) -> str:
    return _scalar(expression.text, lists=True)


def _words(words: Iterable[str]) -> str:
    """One word, or several in brackets."""
    shown = [_scalar(word, INSIDE) for word in words]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _prose(key: str, words: str) -> str:
    """A text of any length, folded if it is longer than a line."""
    line = _scalar(words)
    if len(key) + len(line) < WIDTH:
        return line
    return "\n  ".join([">-", *wrap(words, WIDTH, break_long_words=False, break_on_hyphens=False)])


def _scalar(words: str, like: str = "k: {}", lists: bool = False) -> str:
    """The text without quotes if it is then read as the same text, else with quotes; ``lists`` allows a list, too."""
    with suppress(SpecError):
        tree = read(Source("", like.format(words)))
        found = tree.entries["k"] if isinstance(tree, Mapping) else tree
        if isinstance(found, (Scalar, Sequence) if lists else Scalar) and found.text == words:
            return words
    return json.dumps(words, ensure_ascii=False)


def _given(values: Tree) -> Tree:
    """The entries that are not empty."""
    return {key: value for key, value in values.items() if value}


def _lines(tree: Tree) -> Iterator[str]:
    """The lines of a list or a mapping, without indentation."""
    for key, value in tree.items() if isinstance(tree, dict) else [("-", entry) for entry in tree]:
        inner = value if isinstance(value, str) else indent("\n".join(_lines(value)), "  ")
        if key == "-":
            yield f"- {inner.lstrip()}"
        else:
            yield f"{key}: {inner}".rstrip() if inner is value else f"{key}:\n{inner}"
