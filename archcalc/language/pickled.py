"""Pickles a spec as the texts that it was read from, since a parsed spec contains functions, which have no pickle."""

from __future__ import annotations

import copyreg
from functools import lru_cache
from typing import Any

from archcalc import __version__
from archcalc.errors import ArchcalcError, Source
from archcalc.language.grammar import parse_blocks, parse_spec
from archcalc.language.spec import Part, Spec

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
        raise ArchcalcError(
            f"{name} was pickled by archcalc {version}, but this is {__version__}; install the same version"
        )
    spec = parse_spec(source, name, _Texts(dict(blocks)))
    return (spec.variant(name) if name in spec.variants else spec).trimmed()


class _Texts:
    """Finds files of blocks among given texts."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self.sources, self.parts = sources, dict[str, Part]()

    def __call__(self, name: str) -> Part:
        if name not in self.parts:
            self.parts[name] = parse_blocks(self.sources[name], self)
        return self.parts[name]


def _pickled(spec: Spec) -> tuple[Any, ...]:
    return unpickled, (__version__, spec.name, spec.part.source, block_files(spec.part))


copyreg.pickle(Spec, _pickled)  # here, since whoever has a spec has it from the grammar
