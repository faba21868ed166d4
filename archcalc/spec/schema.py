"""The spec language as documents, printed from the registry: the page of kinds, and a JSON schema for editors."""

from __future__ import annotations

import json
from inspect import cleandoc
from typing import Any

from archcalc.core.errors import ArchcalcError, Place, Source, suggest
from archcalc.core.layer import Kind, Parameter, build
from archcalc.core.shape import describe
from archcalc.core.synonyms import instead
from archcalc.layers import FAMILIES, KINDS, kinds_of
from archcalc.spec.entries import MODIFIERS, NAME
from archcalc.spec.expression import parse_call
from archcalc.spec.grammar import BLOCK_FILE_KEYS, BLOCK_KEYS, HEADINGS, KEYS, KINDS_OF_SPEC, KNOB_KEYS

INTRODUCTION = """# Kinds of layer

Printed from the registry by `archcalc kinds`; the spec language itself is in [language.md](language.md). Shapes are of
one example, without a batch axis: channels x height x width, or any other number of axes after the channels.
"""


LIST = "'archcalc kinds' shows them all"


def kinds_page() -> str:
    """All kinds, with a section for each family."""
    sections = [INTRODUCTION]
    for family in FAMILIES:
        sections.append(f"## {cleandoc(family.__doc__ or '').splitlines()[0].rstrip('.')}\n")
        sections += map(_section, kinds_of(family))
    return "\n".join(sections)


def kind_page(label: str) -> str:
    """The section on one kind. Raises ArchcalcError."""
    if label not in KINDS:
        near = suggest(label, KINDS) or f"; {instead(label) or LIST}"
        raise ArchcalcError(f"no kind of layer {label!r}{near}")
    return _section(KINDS[label])


def _section(kind: type[Kind]) -> str:
    arguments = "\n".join(f"- `{p.name}`: {p.type.means}{_default(p)}" for p in kind.parameters)
    examples = "\n".join(_example(kind, call, given) for call, given in kind.examples.items())
    table = f"| example | input | output |\n|---|---|---|\n{examples}\n"
    parts = [f"### {signature(kind)}", cleandoc(kind.__doc__ or ""), arguments, table]
    return "\n\n".join(part for part in parts if part)


def signature(kind: type[Kind]) -> str:
    """The signature of a kind: conv(out, kernel, stride=1, ...)."""
    words = [p.name if p.required else f"{p.name}={_word(p.default)}" for p in kind.parameters]
    return f"{kind.label}({', '.join(words)})" if words else kind.label


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return ""
    return "; may be left out" if parameter.default is None else f"; {_word(parameter.default)} unless given"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _example(kind: type[Kind], text: str, given: Any) -> str:
    """The row of an example: the call, the shapes of its inputs and of its output."""
    call = parse_call(text, Place(Source("example", text), 0, 0, len(text)))
    values = tuple(argument.evaluate({}) for argument in call.arguments)
    layer, _ = build(kind, values, {name: value.evaluate({}) for name, value in call.keywords.items()})
    inputs = given if kind.many else (given,)
    return f"| `{text}` | {' and '.join(map(describe, inputs))} | {describe(layer.shape(*inputs))} |"


MEANINGS = {
    "net": "the title",
    "family": "the family that 'archcalc list --family' finds it by",
    "kind": "what the spec is; network if left out",
    "source": "paper, table or figure",
    "lecture": "where a lecture shows it",
    "about": "what a reader should know, such as where sources differ",
    "aliases": "other names",
    "use": "names of files of blocks, or groups of blocks written here, each under a name",
    "given": "knobs: numbers or words that a reader can set",
    "variants": "members of the family: overridden knobs, headings, input or layers",
    "let": "definitions: values and functions",
    "input": "sizes of one example: channels, height, width",
    "blocks": "functions of their arguments that give layers",
    "layers": "the network",
    "names": "what the paper calls the layers: path, with {parts} that may be anything, and name",
}
WORD = {"type": "string"}
WORDS = {"anyOf": [WORD, {"type": "array", "items": WORD}]}
VALUE = {"type": ["number", "string", "boolean"]}
VALUES = {"anyOf": [VALUE, {"type": "array", "items": VALUE}]}
LAYERS = {"$ref": "#/$defs/layers"}
BLOCK_CALL = {"description": "a block", "pattern": r"^[A-Za-z_]\w*(\(.*\))?$"}


def schema_text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a spec."""
    sections = _sections()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archcalc spec",
        **_object({name: {**sections[name], "description": MEANINGS[name]} for name in KEYS}, []),
        "$defs": {
            "call": {"type": "string", "anyOf": [*map(_call, KINDS.values()), BLOCK_CALL]},
            "use": {"anyOf": [WORDS, _named(_object({name: sections[name] for name in BLOCK_FILE_KEYS}, ["blocks"]))]},
            "knob": _object(dict.fromkeys(KNOB_KEYS, VALUE) | {"choices": VALUES}, ["default"]),
            "layers": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/call"}, {"$ref": "#/$defs/entry"}]}},
            "branches": _named(LAYERS),
            "entry": _entry(),
        },
    }


def _sections() -> dict[str, dict[str, Any]]:
    """The schema of each key of a file."""
    headings: dict[str, dict[str, Any]] = dict.fromkeys(HEADINGS, WORD)
    headings |= {"aliases": WORDS, "kind": {"enum": list(KINDS_OF_SPEC)}}
    body: dict[str, dict[str, Any]] = {"input": VALUES, "layers": LAYERS}
    block = _object(dict(zip(BLOCK_KEYS, (WORDS, _named(VALUES), LAYERS), strict=True)), ["layers"])
    return {
        **headings,
        **body,
        "use": {"$ref": "#/$defs/use"},
        "given": _named({"anyOf": [VALUE, {"$ref": "#/$defs/knob"}]}),
        "variants": _named(_named(VALUE) | {"properties": headings | body}),
        "let": _named(VALUES),
        "names": _named(WORD),
        "blocks": _named({"anyOf": [LAYERS, block]}),
    }


def _entry() -> dict[str, Any]:
    """An entry of a list of layers, with its other keys; a call as a key, with nothing after its colon, has no name."""
    beside = {"from": VALUES, "repeat": VALUE, "when": VALUE, "else": LAYERS, "share": VALUE}
    bodies = [{"type": "null"}, *({"$ref": f"#/$defs/{name}"} for name in ("call", "layers", "branches"))]
    names = {"anyOf": [{"pattern": "^" + NAME.pattern.replace(r"\Z", "$")}, {"$ref": "#/$defs/call"}]}
    return _named({"anyOf": bodies}) | {"properties": {key: beside[key] for key in MODIFIERS}, "propertyNames": names}


def _call(kind: type[Kind]) -> dict[str, str]:
    doc = " ".join(cleandoc(kind.__doc__ or "").split())
    return {"pattern": rf"^{kind.label}(\(.*\))?$", "description": f"{signature(kind)}: {doc}"}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
