"""A network as plain texts, for another machine to read again: what is parsed holds functions, which do not travel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from archcalc.errors import Source
from archcalc.language.grammar import parse_blocks, parse_spec
from archcalc.language.spec import Part, Spec


class Parcel(NamedTuple):
    """A spec's file, the files of blocks that it uses, and which network of the file is meant."""

    name: str
    shown: str  # how messages call the file
    text: str
    blocks: tuple[tuple[str, str], ...]  # name -> text


def pack(spec: Spec) -> Parcel:
    """The files behind a spec."""
    texts: dict[str, str] = {}
    waiting, seen = [spec.part], {id(spec.part.blocks)}
    while waiting:
        for block in waiting.pop().blocks.values():
            path = PurePosixPath(block.place.source.name)
            if block.place.source is not spec.text:
                texts[path.stem] = block.place.source.text
            if id(block.home.blocks) not in seen:
                seen.add(id(block.home.blocks))
                waiting.append(block.home)
    return Parcel(spec.name, spec.text.name, spec.text.text, tuple(texts.items()))


@lru_cache(maxsize=8)
def unpack(parcel: Parcel) -> Spec:
    """The spec again, parsed once."""
    spec = parse_spec(Source(parcel.shown, parcel.text), parcel.name, _Texts(dict(parcel.blocks)))
    return (spec.variant(parcel.name) if parcel.name in spec.variants else spec).trimmed()


class _Texts:
    """Files of blocks, of which the texts are at hand."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts, self.parts = texts, dict[str, Part]()

    def __call__(self, name: str) -> Part:
        if name not in self.parts:
            self.parts[name] = parse_blocks(Source(f"blocks/{name}.yaml", self.texts[name]), self)
        return self.parts[name]
