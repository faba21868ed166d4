"""The networks that come with archcalc: their headings, and how to find one by its headings or its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from os.path import basename
from typing import NamedTuple

from archcalc.errors import ArchcalcError, Source, alternatives, listing, meant, suggest
from archcalc.language.grammar import HEADINGS
from archcalc.language.library import aliases, names, read, stem
from archcalc.language.text import Mapping, Scalar, Tree, read_entries
from archcalc.synonyms import USUAL, squeezed

KIND = "network"  # of a spec without the heading
MOST_MEMBERS = 12  # of a family in a message


class Entry(NamedTuple):
    """A network's name, its file and its headings."""

    name: str
    path: str
    headings: dict[str, str]

    def heading(self, key: str) -> str:
        """The text of a heading; empty where it is missing, but a kind is always known."""
        return self.headings.get(key, KIND if key == "kind" else "")

    @property
    def rank(self) -> tuple[int, bool, int, list[str | int]]:
        """Sorts networks before parts of them, those named after the family first, and resnet18 before resnet101."""
        order = {KIND: 0, "detector": 1}.get(self.heading("kind"), 2)
        named = squeezed(self.name).startswith(squeezed(self.heading("family")))
        parts = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", self.name)]
        return order, not named, self.name.count("_"), parts


@cache
def entries() -> tuple[Entry, ...]:
    """Every network that comes with archcalc, sorted by name; only its headings are read."""
    found = (entry for path in sorted(set(names().values())) for entry in _entries(path))
    return tuple(sorted(found, key=lambda entry: entry.name))


def _entries(path: str) -> Iterator[Entry]:
    head: dict[str, Tree] = {}
    for key, tree in read_entries(Source(basename(path), read(path))):
        head[key] = tree
        if key == "variants":
            break
    own, variants = _headings(head), head.get("variants")
    if not isinstance(variants, Mapping):
        yield Entry(stem(path), path, own)
        return
    for name, tree in variants.entries.items():
        yield Entry(name, path, own | (_headings(tree.entries) if isinstance(tree, Mapping) else {}))


def _headings(found: dict[str, Tree]) -> dict[str, str]:
    return {key: tree.text for key, tree in found.items() if key in HEADINGS and isinstance(tree, Scalar)}


def headings(key: str) -> list[str]:
    """All values of a heading, such as all families, sorted."""
    return sorted({entry.heading(key) for entry in entries()}, key=str.lower)


def choose(words: Sequence[str] = (), *, family: str = "", kind: str = "", lecture: str = "") -> list[Entry]:
    """The networks that have each word in their name, family or title, and that have the given headings.

    Raises ArchcalcError where no network has such a heading, or the words.
    """
    chosen = [entry for entry in entries() if lecture in entry.heading("lecture")]
    if not chosen:
        raise ArchcalcError(f"no network listed is from lecture {lecture!r}")
    for key, word in (("family", family), ("kind", kind.removesuffix("s"))):
        if word:
            known = {squeezed(one): one for one in headings(key)}
            if squeezed(word) not in known:
                hint = suggest(word, known.values()) or f" (there are {listing(known.values())})"
                raise ArchcalcError(f"no {key} {word!r}{hint}")
            chosen = [entry for entry in chosen if entry.heading(key) == known[squeezed(word)]]
    found = [entry for entry in chosen if all(squeezed(word) in _text(entry) for word in words)]
    if words and not found:
        hint = hint_of(words[0]) if chosen == list(entries()) else ""
        raise ArchcalcError(f"nothing listed has {' '.join(words)!r} in its name, family or title{hint}")
    return found


def _text(entry: Entry) -> str:
    return " ".join(squeezed(text) for text in (entry.name, entry.heading("family"), entry.heading("net")))


def hint_of(word: str) -> str:
    """A hint for a name that no network has, or "".

    It is a family of this name; else names of similar spelling; else names that start so; else, as for vgg17, those
    of vgg.
    """
    typed, known = squeezed(word), [*names(), *aliases()]
    if family := [one for one in headings("family") if squeezed(one) == typed]:
        return _members(typed, family)
    if any(not squeezed(name).startswith(typed) for name in meant(word, known)):
        return suggest(word, known)
    stem = re.sub(r"v?\d.*", "", typed)
    return _members(typed) or _members(stem, meant(stem, headings("family")) if stem else [])


def _members(start: str, families: Sequence[str] = ()) -> str:
    """A hint: the networks whose names start so or that are of these families; if there are none, parts of networks."""
    starts = [entry for entry in entries() if len(start) > 2 and squeezed(entry.name).startswith(start)]
    others = [entry for entry in entries() if entry.heading("family") in families and entry not in starts]
    found = [entry for some in (starts, others) for entry in sorted(some, key=lambda entry: entry.rank)]
    if not found:
        return ""
    first = min(entry.rank[0] for entry in found)
    best = [entry for entry in found if entry.rank[0] == first]
    usual = USUAL.get(best[0].heading("family"), "")
    shown = [f"{entry.name} (the usual one)" if entry.name == usual else entry.name for entry in best]
    more = f" 'archcalc list {families[0] if families else start}' shows them" if len(best) > MOST_MEMBERS else ""
    return f"; did you mean {alternatives(shown, MOST_MEMBERS)}?{more}"
