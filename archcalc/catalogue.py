"""What archcalc brings, as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.grid import Column, Table
from archcalc.library import find, members, names
from archcalc.number import show
from archcalc.report import summarize
from archcalc.spec import Spec


def catalogue(*, family: str | None = None, kind: str | None = None, lecture: str | None = None) -> list[Spec]:
    """The networks that fit, by name. Raises ArchcalcError where a family or a kind has none."""
    specs = [find(name) for name in names()]
    wanted = {"family": family, "kind": kind and kind.removesuffix("s")}
    for heading, word in wanted.items():
        if word is None:
            continue
        found = {_heading(spec, heading).lower() for spec in specs}
        if word.lower() not in found:
            raise ArchcalcError(
                f"no {heading} {word!r}{suggest(word.lower(), found)} (there are {listing(sorted(found))})"
            )
        specs = [spec for spec in specs if _heading(spec, heading).lower() == word.lower()]
    return [spec for spec in specs if lecture is None or lecture in _heading(spec, "lecture")]


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
