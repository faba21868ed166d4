"""The report of a verification in Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archcalc.core.errors import many
from archcalc.output import write
from archcalc.output.md import code, escape, render_tables
from archcalc.verify.plot import can_draw, roofline_picture
from archcalc.verify.tables import Findings, tables
from archcalc.verify.timing import Timed

MOST = 10  # differences to list for one module of a library


def page(findings: Findings, pictures: Sequence[str] = ()) -> str:
    """The whole page."""
    parts = [*_head(findings), *_differences(findings), *_picture_links(findings, pictures)]
    return "\n".join([*parts, render_tables(list(tables(findings, names=True)))])


def verdict(findings: Findings) -> str:
    """The result in one line."""
    layers = sum(one.layers for one in findings.verified)
    count = len(findings.verified)
    parts = [f"{many(count, 'network')} with {many(layers, 'layer')} compared"] if count else []
    parts += [f"{len(findings.witnessed)} compared with modules of others"] if findings.witnessed else []
    equal = "no difference" if parts else "nothing compared"
    parts.append(f"{len(findings.failed)} differ" if findings.failed else equal)
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
        where = f"{other.label} and {other.whose}"
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


def _picture_links(findings: Findings, pictures: Sequence[str]) -> Iterator[str]:
    yield from (f"![roofline]({picture})\n" for picture in pictures)
    if findings.timed and not can_draw():
        yield "No picture: matplotlib is not installed.\n"


def slug(text: str) -> str:
    """A text as the name of a file: "NVIDIA H200" becomes nvidia_h200."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def write_receipt(findings: Findings, folder: Path, name: str) -> list[Path]:
    """Write the findings into a folder; each file is written completely or not at all. Raises ArchcalcError."""
    pictures = dict(_pictures(findings, name))
    files = {f"{name}.json": json_text(findings).encode(), f"{name}.md": page(findings, list(pictures)).encode()}
    for file, data in {**pictures, **files}.items():
        write(folder / file, data)
    return [folder / file for file in (*files, *pictures)]


def json_text(findings: Findings) -> str:
    """The findings as JSON text."""
    entries = ",\n".join(f"{json.dumps(key)}: {_laid_out(value)}" for key, value in as_data(findings).items())
    return f"{{\n{entries}\n}}\n"


def _laid_out(value: Any) -> str:
    """A value as JSON, a list with a line for each entry."""
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"


def as_data(findings: Findings) -> dict[str, Any]:
    """The findings as JSON data."""
    data = asdict(findings)
    data["not_run"] = [one._asdict() for one in findings.not_run]
    data["witnessed"] = [one._asdict() for one in findings.witnessed]
    for one, found in zip(data["verified"], findings.verified, strict=True):
        one["differences"] = [str(difference) for difference in found.differences]
    for one, used in zip(data["used"], findings.used, strict=True):
        one |= {word: getattr(used, word) for word in ("inside", "workspace", "rounding", "error")}
    data["timed"] = [_timed(timed) for timed in findings.timed]
    return {**data, "status": findings.status}


def _timed(timed: Timed) -> dict[str, Any]:
    layers = [{**one.work._asdict(), "seconds": one.seconds, "bound": one.bound} for one in timed.layers]
    return {**asdict(timed), "ceilings": timed.ceilings._asdict(), "layers": layers}


def _pictures(findings: Findings, name: str) -> Iterator[tuple[str, bytes]]:
    if not can_draw():
        return
    for label in dict.fromkeys(timed.label for timed in findings.timed):
        studies = [timed for timed in findings.timed if timed.label == label]
        yield f"{name}_{slug(label)}.svg", roofline_picture(studies)
