"""What archcalc brings, as a list to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from archcalc.errors import ArchcalcError, Source, listing, suggest
from archcalc.language.grammar import HEADINGS
from archcalc.language.library import members, names, read
from archcalc.language.spec import Spec
from archcalc.language.text import Mapping, Scalar, Tree, read_entries
from archcalc.report import summarize
from archcalc.tables.grid import Column, Table
from archcalc.value import show


class Entry(NamedTuple):
    """A network, known by its headings alone."""

    name: str
    path: Path
    headings: dict[str, str]

    def heading(self, key: str) -> str:
        """What a heading says; a spec that says no kind is a network."""
        return self.headings.get(key, "network" if key == "kind" else "")


def entries() -> Iterator[Entry]:
    """Every network archcalc brings, read no further than its headings."""
    for path in sorted(set(names().values())):
        head: dict[str, Tree] = {}
        for key, tree in read_entries(Source(path.name, read(path))):
            head[key] = tree
            if key == "variants":
                break
        own = _headings(head)
        variants = head.get("variants")
        if not isinstance(variants, Mapping):
            yield Entry(path.stem, path, own)
            continue
        for name, tree in variants.entries.items():
            yield Entry(name, path, own | (_headings(tree.entries) if isinstance(tree, Mapping) else {}))


def _headings(found: dict[str, Tree]) -> dict[str, str]:
    return {key: tree.text for key, tree in found.items() if key in HEADINGS and isinstance(tree, Scalar)}


def catalogue(*, family: str | None = None, kind: str | None = None, lecture: str | None = None) -> list[Spec]:
    """The networks that fit, by name; only their files are parsed. Raises ArchcalcError where none can fit."""
    chosen = list(entries())
    for heading, word in (("family", family), ("kind", kind and kind.removesuffix("s"))):
        if word is not None:
            known = sorted({entry.heading(heading).lower() for entry in chosen})
            if word.lower() not in known:
                near = suggest(word.lower(), known) or f" (there are {listing(known)})"
                raise ArchcalcError(f"no {heading} {word!r}{near}")
            chosen = [entry for entry in chosen if entry.heading(heading).lower() == word.lower()]
    names_chosen = {entry.name for entry in chosen if lecture is None or lecture in entry.heading("lecture")}
    files = dict.fromkeys(entry.path for entry in chosen if entry.name in names_chosen)
    specs = [spec for path in files for spec in members(str(path)) if spec.name in names_chosen]
    return sorted(specs, key=lambda spec: spec.name)


def _heading(spec: Spec, heading: str) -> str:
    return spec.headings.get(heading, "network" if heading == "kind" else "")


def catalogue_table(specs: Sequence[Spec]) -> Table:
    """Name, family, knobs with their defaults, source."""
    titles = ("name", "family", "kind", "knobs", "source")
    rows = tuple(
        (
            spec.name,
            _heading(spec, "family"),
            _heading(spec, "kind"),
            " ".join(f"{knob.name}={show(knob.default)}" for knob in spec.given.values()),
            _heading(spec, "source"),
        )
        for spec in specs
    )
    return Table(f"{len(rows)} specs", tuple(Column(title, title, number=False) for title in titles), rows)


def check(reference: str) -> list[str]:
    """Read a spec and unfold it at its defaults, every variant of a family; says what was found fine.

    Raises ArchcalcError with all that is wrong.
    """
    reports = [summarize(member, {}) for member in members(reference)]
    shown = "{}: no errors; {}, {} layers, {} knobs"
    return [shown.format(reference, report.title, len(report.layers), len(report.knobs)) for report in reports]
