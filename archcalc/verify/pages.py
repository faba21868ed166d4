"""The report of a verification in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.export.md import code, escape, render_tables
from archcalc.plots.roofline import can_draw
from archcalc.verify.results import Findings
from archcalc.verify.sheets import tables

MOST = 10  # differences to list for one module of a library


def page(findings: Findings, pictures: Sequence[str] = ()) -> str:
    """The whole page."""
    return "\n".join([*_head(findings), *_differences(findings), *_pictures(findings, pictures), *_tables(findings)])


def verdict(findings: Findings) -> str:
    """The result in one line."""
    layers = sum(one.layers for one in findings.verified)
    count = len(findings.verified)
    parts = [f"{count} network{'s' * (count > 1)} with {layers:,} layers compared"] if count else []
    parts += [f"{len(findings.witnessed)} compared with other libraries"] if findings.witnessed else []
    parts.append(
        f"{len(findings.failed)} differ" if findings.failed else "no difference" if parts else "nothing compared"
    )
    parts += ["memory is reported, not judged"] if findings.used else []
    compared = {one.label for one in findings.verified}
    left = {one.label for one in findings.not_run}
    parts += [f"{len(left - compared)} not run"] if left - compared else []
    parts += [f"{len(left & compared)} not in full"] if left & compared else []
    return "; ".join(parts)


def differences(findings: Findings) -> Iterator[str]:
    """The differences, each with its network."""
    for one in findings.verified:
        yield from (f"{one.label}: {difference}" for difference in one.differences)
    for other in findings.witnessed:
        where = f"{other.label} and {other.library}'s {other.module}"
        yield from (f"{where}: {text}" for text in other.differences[:MOST])
        if len(other.differences) > MOST:
            yield f"{where}: and {len(other.differences) - MOST:,} more"


def _head(findings: Findings) -> Iterator[str]:
    yield f"# Verification: {escape(findings.environment['device'])}\n"
    yield f"{verdict(findings)}.\n"
    yield f"Written by {code(findings.command)}.\n"
    yield from (f"- {word}: {escape(value)}" for word, value in findings.environment.items())
    yield ""


def _differences(findings: Findings) -> Iterator[str]:
    if found := list(differences(findings)):
        yield "## Differences\n"
        yield "```"
        yield from found
        yield "```\n"


def _pictures(findings: Findings, pictures: Sequence[str]) -> Iterator[str]:
    yield from (f"![roofline]({picture})\n" for picture in pictures)
    if findings.timed and not can_draw():
        yield "No picture: matplotlib is not installed.\n"


def _tables(findings: Findings) -> Iterator[str]:
    yield render_tables(list(tables(findings, names=True)))
