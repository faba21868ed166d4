"""Elements as lists, from which the page makes them anew: no text becomes markup on the way."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element


def listed(element: Element) -> list[Any]:
    """The tag, the attributes, then texts and elements."""
    inner = [listed(child) for child in element]
    text = [element.text] if element.text and not inner else []
    return [element.tag.rpartition("}")[2], dict(element.attrib), *text, *inner]
