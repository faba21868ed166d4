"""The drawing of a network at the settings at which its page starts."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from archcalc.drawing.drawing import draw
from archcalc.drawing.shade import BAR, PAPER
from archcalc.report import Report

GROUNDS = {PAPER: "none", BAR: "var(--panel)"}  # of boxes with others in them, in the colours of the page
SHADE = "var(--bar)"  # of the other boxes; how dark each of them is, the page says
HEAD = "head"  # the name of the arrows' heads


def picture(report: Report, key: str) -> dict[str, Any]:
    """The drawing as lists, and the layers that it shows. Its names end in ``key``: a page has several drawings."""
    svg = _listed(ElementTree.fromstring(draw(report, figure=report.work).svg()))
    return {"svg": _themed(svg, f"{HEAD}-{key}"), "layers": [row.name for row in report.layers]}


def _themed(element: list[Any], head: str) -> list[Any]:
    """The same in the colours of the page, without what tells of the figures at the start."""
    tag, given, *inner = element
    names = {HEAD: head, f"url(#{HEAD})": f"url(#{head})"}
    own = {name: names.get(value, value) for name, value in given.items()}
    if tag in ("rect", "text") and "fill" in given:
        own["fill"] = "currentColor" if tag == "text" else GROUNDS.get(given["fill"], SHADE)
    kept = [one for one in inner if isinstance(one, str) or not _is_legend(tag, one[0])]
    return [tag, own, *(one if isinstance(one, str) else _themed(one, head) for one in kept)]


def _is_legend(parent: str, tag: str) -> bool:
    return tag in ("desc", "linearGradient") or (parent == "svg" and tag in ("text", "rect", "title"))


def _listed(element: ElementTree.Element) -> list[Any]:
    """The tag, the attributes, then texts and elements: no text becomes markup on the way to the page."""
    inner = [_listed(child) for child in element]
    text = [element.text] if element.text and not inner else []
    return [element.tag.rpartition("}")[2], dict(element.attrib), *text, *inner]
