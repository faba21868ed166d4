"""The reference page of the kinds of layer, written from their registry."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from archcalc.errors import ArchcalcError, Place, Source, suggest
from archcalc.kind import Kind, build
from archcalc.kinds import FAMILIES, KINDS
from archcalc.language.expression import parse_call
from archcalc.shape import describe
from archcalc.synonyms import instead

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
        sections += [_section(kind) for kind in KINDS.values() if _family(kind) == family.__name__]
    return "\n".join(sections)


def kind_page(label: str) -> str:
    """The section on one kind. Raises ArchcalcError."""
    if label not in KINDS:
        near = suggest(label, KINDS) or f"; {instead(label) or LIST}"
        raise ArchcalcError(f"no kind of layer {label!r}{near}")
    return _section(KINDS[label])


def _family(kind: type[Kind]) -> str:
    return next(f.__name__ for f in FAMILIES if vars(f).get(kind.__name__) is kind or vars(f).get(kind.label) is kind)


def _section(kind: type[Kind]) -> str:
    arguments = "".join(
        f"- `{p.name}`: {p.type.means}{'' if p.required else f'; {_default(p.default)}'}\n" for p in kind.parameters
    )
    examples = "".join(
        f"| `{call}` | {_shapes(kind, x)} | {_output(kind, call, x)} |\n" for call, x in kind.examples.items()
    )
    table = f"| example | input | output |\n|---|---|---|\n{examples}"
    parts = [f"### {signature(kind)}", cleandoc(kind.__doc__ or ""), arguments.rstrip(), table]
    return "\n\n".join(part for part in parts if part)


def signature(kind: type[Kind]) -> str:
    """The signature of a kind: conv(out, kernel, stride=1, ...)."""
    words = [p.name if p.required else f"{p.name}={_word(p.default)}" for p in kind.parameters]
    return f"{kind.label}({', '.join(words)})" if words else kind.label


def _default(value: Any) -> str:
    return "may be left out" if value is None else f"{_word(value)} unless given"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _inputs(kind: type[Kind], example: Any) -> tuple[Any, ...]:
    return example if kind.many else (example,)


def _shapes(kind: type[Kind], example: Any) -> str:
    return " and ".join(map(describe, _inputs(kind, example)))


def _output(kind: type[Kind], text: str, example: Any) -> str:
    call = parse_call(text, Place(Source("example", text), 0, 0, len(text)))
    values = tuple(argument.evaluate({}) for argument in call.arguments)
    layer, _ = build(kind, values, {name: value.evaluate({}) for name, value in call.keywords.items()})
    return describe(layer.shape(*_inputs(kind, example)))
