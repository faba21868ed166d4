"""A verification as files: Markdown for people, JSON for programs, and pictures where layers were timed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.export import write
from archcalc.plots.roofline import can_draw, roofline_picture
from archcalc.verify.pages import page
from archcalc.verify.results import Findings
from archcalc.verify.timing import Timed


def slug(text: str) -> str:
    """A text as the name of a file: "NVIDIA H200" becomes nvidia_h200."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def folder_for(folder: Path) -> Path:
    """The folder, created if necessary, so that a wrong one is refused before anything runs. Raises ArchcalcError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ArchcalcError(f"{folder}: permission denied")
    return folder


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
