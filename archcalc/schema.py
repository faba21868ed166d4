"""The JSON schema of the spec language, for editors: the keys of the grammar and the registry of kinds.

To the schema an expression is a text; only `archcalc check` finds the mistakes in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from archcalc.kinds import KINDS
from archcalc.language.definitions import BLOCK_FILE_KEYS, BLOCK_KEYS
from archcalc.language.grammar import HEADINGS, KEYS, KINDS_OF_SPEC, KNOB_KEYS
from archcalc.language.layers import MODIFIERS, NAME
from archcalc.reference import signature

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
}
WORD = {"type": "string"}
WORDS = {"anyOf": [WORD, {"type": "array", "items": WORD}]}
VALUE = {"type": ["number", "string", "boolean"]}
VALUES = {"anyOf": [VALUE, {"type": "array", "items": VALUE}]}
LAYERS = {"$ref": "#/$defs/layers"}
BLOCK_CALL = {"description": "a block", "pattern": r"^[A-Za-z_]\w*(\(.*\))?$"}


def schema_text() -> str:
    """The schema as JSON."""
    return json.dumps(schema(), indent=1) + "\n"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a spec."""
    sections = _sections()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archcalc spec",
        **_object({name: {**sections[name], "description": MEANINGS[name]} for name in KEYS}, []),
        "$defs": {
            "call": {"type": "string", "anyOf": [*_calls(), BLOCK_CALL]},
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
    return (
        headings
        | body
        | {
            "use": {"$ref": "#/$defs/use"},
            "given": _named({"anyOf": [VALUE, {"$ref": "#/$defs/knob"}]}),
            "variants": _named(_named(VALUE) | {"properties": headings | body}),
            "let": _named(VALUES),
            "blocks": _named({"anyOf": [LAYERS, block]}),
        }
    )


def _entry() -> dict[str, Any]:
    """An entry of a list of layers, with its other keys; a call as a key, with nothing after its colon, has no name."""
    beside = {"from": VALUES, "repeat": VALUE, "when": VALUE, "else": LAYERS, "share": VALUE}
    bodies = [{"type": "null"}, *({"$ref": f"#/$defs/{name}"} for name in ("call", "layers", "branches"))]
    names = {"anyOf": [{"pattern": "^" + NAME.pattern.replace(r"\Z", "$")}, {"$ref": "#/$defs/call"}]}
    return _named({"anyOf": bodies}) | {"properties": {key: beside[key] for key in MODIFIERS}, "propertyNames": names}


def _calls() -> Iterator[dict[str, str]]:
    for kind in KINDS.values():
        doc = " ".join(cleandoc(kind.__doc__ or "").split())
        yield {"pattern": rf"^{kind.label}(\(.*\))?$", "description": f"{signature(kind)}: {doc}"}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
