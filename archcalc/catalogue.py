"""The catalogue of the specs that come with archcalc."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from archcalc.core.errors import SpecError, many
from archcalc.core.value import show
from archcalc.graph.unreached import unreached
from archcalc.output.table import Table, numbers, words
from archcalc.report import Report, summarize
from archcalc.spec.library import KIND, Entry, choose, members, whole
from archcalc.spec.model import Spec

LONGEST_LINE = 40  # characters of the names of a family
NOTES = (
    "'archcalc list WORD' searches names, families and titles; '--all' shows every spec",
    "others: blocks, listings, toys, detectors",
)


def catalogue(words: Sequence[str] = (), **headings: str) -> list[Spec]:
    """The specs that `choose` selects, sorted by name; only their files are parsed. Raises ArchcalcError."""
    chosen = {entry.name: entry.path for entry in choose(words, **headings)}
    specs = [spec for path in dict.fromkeys(chosen.values()) for spec in members(path) if spec.name in chosen]
    return sorted(specs, key=lambda spec: spec.name)


def catalogue_table(specs: Sequence[Spec]) -> Table:
    """A table of specs: name, family, kind, knobs with their defaults, source."""
    rows = []
    for spec in specs:
        family, kind, source = (spec.headings.get(key, "") for key in ("family", "kind", "source"))
        knobs = " ".join(f"{knob.name}={show(knob.default)}" for knob in spec.given.values())
        rows.append((spec.name, family, kind or KIND, knobs, source))
    columns = words("name", "family", "kind", "knobs", "source")
    return Table(many(len(rows), "spec"), columns, tuple(rows), name="specs")


def families_table(entries: Sequence[Entry]) -> Table:
    """A line for each family: the number of networks and of other specs, and as many names as fit."""
    families: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.heading("family").lower(), entry.rank)):
        families.setdefault(entry.heading("family"), []).append(entry)
    rows = []
    for family, found in families.items():
        networks = sum(entry.heading("kind") == KIND for entry in found)
        names = shorten(", ".join(entry.name for entry in found), LONGEST_LINE, placeholder=" ...")
        rows.append((family, networks, len(found) - networks, names))
    columns = (*words("family"), *numbers("networks", "others"), *words("names"))
    return Table(f"{len(entries)} specs in {len(rows)} families", columns, tuple(rows), notes=NOTES, name="families")


def check(reference: str) -> list[str]:
    """Check a spec, or every variant of a family, at its defaults; gives a line for each that has no errors.

    Raises ArchcalcError with all errors.
    """
    spec, _ = whole(reference)
    problems, reports = [*unreached(spec)], list[Report]()
    for member in members(reference):
        try:
            reports.append(summarize(member, {}))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError({problem.place: problem for problem in reversed(problems)}.values())  # one for each place
    counts = [(one.title, many(len(one.layers), "layer"), many(len(one.knobs), "knob")) for one in reports]
    return [f"{reference}: no errors; {', '.join(words)}" for words in counts]
