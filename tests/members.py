"""Which networks a slow law tries, where all of them would take minutes and show no more."""

from pathlib import Path

from archcalc.core.errors import Source
from archcalc.spec.grammar import HEADINGS
from archcalc.spec.library import names
from archcalc.spec.text import Mapping, Scalar, read


def members():
    """Of each file a network for each choice of words; and those that have layers or an input of their own."""
    files, found = {}, {}
    for name, path in names().items():
        if path not in files:
            variants = read(Source(path, Path(path).read_text("utf-8"))).entries.get("variants")
            files[path] = variants.entries if variants else {}
        own = files[path].get(name)
        changed = own.entries if isinstance(own, Mapping) else {}
        words = {key: value.text for key, value in changed.items()
                 if key not in HEADINGS and isinstance(value, Scalar) and not is_number(value.text)}  # fmt: skip
        found.setdefault((path, name if {"layers", "input"} & changed.keys() else str(words)), name)
    return list(found.values())


def of_files():
    """Of each file one network, for what depends little on the network."""
    return list({path: name for name, path in names().items()}.values())


def is_number(text):
    return text.replace("/", "").replace(".", "").isdigit()
