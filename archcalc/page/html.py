"""The page: one file that loads nothing, with the functions of its networks and what is written by hand around them.

A text of a spec stands in a block of JSON and reaches the document as text, never as markup or script; the policy in
the file allows no script and no style but the page's own.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError
from archcalc.core.value import show
from archcalc.figures.figure import FIGURES
from archcalc.graph.evaluation import LARGEST
from archcalc.page.control import control
from archcalc.page.mathematics import mathematics
from archcalc.page.picture import picture
from archcalc.page.structures import Structure, explored, label
from archcalc.report import Report
from archcalc.tables import labels
from archcalc.traces.javascript import ARITHMETIC

MOST_CODE = 500_000  # characters of the functions of all networks together
POLICY = "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"


class Page(NamedTuple):
    """What the networks compute, and what is told of them beside it."""

    reports: tuple[Report, ...]
    data: dict[str, Any]
    functions: list[list[str]]  # of each network, one for each of its structures


class Frame(NamedTuple):
    """A page in a frame of a notebook. It can do there what it can do alone, but has no address."""

    page: str

    def _repr_html_(self) -> str:
        return (
            '<iframe title="archcalc" sandbox="allow-scripts" allow="clipboard-write" '
            f'style="width: 100%; height: 44rem; border: 0" srcdoc="{escape(self.page)}"></iframe>'
        )

    def __repr__(self) -> str:
        return "<a page with sliders, which a notebook shows>"


def page_of(reports: Sequence[Report], most: int = MOST_CODE) -> Page:
    """The page of these networks, at these settings first. Raises ArchcalcError."""
    if len({report.work for report in reports}) != 1:
        raise ArchcalcError("a page counts work by one convention")
    figures = ("params", "buffers", reports[0].work)
    texts: dict[Any, int] = {}
    networks, functions = [], []
    for report, key in zip(reports, keys(reports), strict=True):
        if report.spec is None:
            raise ArchcalcError(f"{report.label}: a page needs a spec, and this is a graph without one")
        found = explored(report.spec, report.knobs, figures, texts, most // len(reports))
        if not found:
            raise ArchcalcError(f"{report.label} cannot be computed by a page")
        networks.append(_network(report, key, found))
        functions.append([_function(one, len(report.knobs)) for one in found])
    data = {
        "figures": [FIGURES[figure].heading for figure in figures],
        "convention": reports[0].work,
        "largest": str(LARGEST),
        "networks": networks,
        "texts": [*texts],
    }
    return Page(tuple(reports), data, functions)


def keys(reports: Sequence[Report]) -> list[str]:
    """What the address calls each network: its name, with a number if there are several of it."""
    names = [report.network for report in reports]
    return [f"{name}-{names[:i].count(name) + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)]


def _network(report: Report, key: str, found: Sequence[Structure]) -> dict[str, Any]:
    assert report.spec is not None
    places = {knob: i for i, knob in enumerate(report.knobs)}
    return {
        "name": report.network,
        "key": key,
        "title": report.title,
        "source": report.source,
        "names": [[rule.path, rule.name] for rule in report.spec.paper_names],
        "knobs": [control(report.spec.given[name], value) for name, value in report.knobs.items()],
        "structures": [
            {"words": {places[k]: None if w is None else show(w) for k, w in one.words.items()}, "said": one.sentence}
            for one in found
        ],
    }


def _function(one: Structure, knobs: int) -> str:
    names = ",".join(["row", "input", "no", *map(label, range(knobs))])
    return f"({names})=>{{{one.code}}}"


def script(page: Page) -> str:
    """The functions of the networks with the arithmetic they stand on, and the page's own functions but the document's.

    It reads ``data``, which must be there.
    """
    functions = ",\n".join(f"[{','.join(own)}]" for own in page.functions)
    join = "data.networks.forEach((network, i) => { network.functions = functions[i]; });"
    return f"{ARITHMETIC}\n{_own('core.js')}\nconst functions = [\n{functions}\n];\n{join}\n"


def render(page: Page) -> str:
    """The page as one file, in ASCII, with the closed forms and the drawings."""
    networks = [
        {**network, "formula": mathematics(report), "drawing": picture(report, network["key"])}
        for network, report in zip(page.data["networks"], page.reports, strict=True)
    ]
    data = {**page.data, "networks": networks}
    style = f"\n{_own('page.css')}"
    read = 'const data = JSON.parse(document.getElementById("data").textContent);'
    program = _ascii(f'\n"use strict";\n{{\n{read}\n{script(page)}{_own("page.js")}}}\n')  # in {}: a window has a "top"
    filled = {
        "POLICY": POLICY.format(script=_hash(program), style=_hash(style)),
        "TITLE": escape(", ".join(labels(page.reports))),
        "STYLE": style,
        "DATA": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "SCRIPT": program,
    }
    return "".join(_filled(_own("page.html"), filled)).encode("ascii", "xmlcharrefreplace").decode()


def _filled(template: str, parts: Mapping[str, str]) -> Iterator[str]:
    """The template with a part for each {{NAME}}; what looks like a name in a part stays."""
    for i, piece in enumerate(template.replace("}}", "{{").split("{{")):
        yield parts[piece] if i % 2 else piece


def _ascii(program: str) -> str:
    """A program without other characters, and without what would end its element."""
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in program)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _own(name: str) -> str:
    return files("archcalc.page").joinpath(name).read_text("utf-8")
