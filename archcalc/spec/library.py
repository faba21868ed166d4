"""The networks that come with archcalc: their headings, and how to find one by its headings or its name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from os.path import basename, dirname, isdir, join
from typing import NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, Source, alternatives, among, listing, meant, one_line, suggest
from archcalc.core.synonyms import USUAL, squeezed
from archcalc.spec.grammar import HEADINGS, parse_blocks, parse_spec
from archcalc.spec.model import Part, Spec
from archcalc.spec.text import Mapping, Scalar, Tree, read_entries

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
                raise ArchcalcError(f"no {key} {word!r}{among(word, [*known.values()])}")
            chosen = [entry for entry in chosen if entry.heading(key) == known[squeezed(word)]]
    found = [entry for entry in chosen if all(squeezed(word) in _heading_text(entry) for word in words)]
    if words and not found:
        hint = hint_of(words[0]) if chosen == list(entries()) else ""
        raise ArchcalcError(f"nothing listed has {' '.join(words)!r} in its name, family or title{hint}")
    return found


def _heading_text(entry: Entry) -> str:
    return " ".join(squeezed(text) for text in (entry.name, entry.heading("family"), entry.heading("net")))


def hint_of(word: str) -> str:
    """A hint for a name that no network has, or "".

    It is a family of this name; else names of similar spelling; else names that start so; else, as for vgg17, those
    of vgg.
    """
    typed, known = squeezed(word), [*names(), *aliases()]
    if family := [one for one in headings("family") if squeezed(one) == typed]:
        return _member_headings(typed, family)
    if any(not squeezed(name).startswith(typed) for name in meant(word, known)):
        return suggest(word, known)
    stem = re.sub(r"v?\d.*", "", typed)
    return _member_headings(typed) or _member_headings(stem, meant(stem, headings("family")) if stem else [])


def _member_headings(start: str, families: Sequence[str] = ()) -> str:
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


FOREIGN = (".keras", ".json", ".onnx")  # files of other programs, which archcalc.importers reads
LARGEST = 1 << 20  # bytes of a spec, or of another file of text
DEEPEST_USE = 8  # files of blocks, each used by the one before
NO_NETWORK = "; 'archcalc list' shows them all, and a file's name ends in .yaml"


def home() -> str:
    """The folder of the specs: beside the modules where installed, at the top of the repository otherwise."""
    package = dirname(dirname(__file__))
    inside = join(package, "specs")
    return inside if isdir(inside) else join(dirname(package), "specs")


def files(folder: str) -> list[str]:
    """The files of specs, or of blocks, in a folder; none where there is no folder."""
    found = os.listdir(folder) if isdir(folder) else []
    return sorted(join(folder, name) for name in found if name.endswith(".yaml"))


def stem(path: str) -> str:
    """The name of a file without its folder and its suffix."""
    return os.path.splitext(basename(path))[0]


def is_file(reference: str) -> bool:
    """Whether a reference means a user's file and not a name: it ends in .yaml or has a folder."""
    path = reference.partition("#")[0]
    return path.endswith((".yaml", ".yml", *FOREIGN)) or os.sep in path


@cache
def names() -> dict[str, str]:
    """Every network that comes with archcalc -> its file; the names are found without parsing the files."""
    found = {name: path for path in files(home()) for name in _members(read(path), stem(path))}
    return dict(sorted(found.items()))


@cache
def aliases() -> dict[str, str]:
    """Other names of the networks -> their names."""
    found: dict[str, str] = {}
    for path in set(names().values()):
        name = stem(path)
        for line in read(path).splitlines():
            member = re.match(r"  (\w+):", line)
            name = member[1] if member and member[1] in names() else name
            words = re.search(r"\baliases: *(?:\[([^\]]*)\]|(\w+))", line.partition(" #")[0])
            found |= dict.fromkeys(re.findall(r"\w+", words[1] or words[2]), name) if words else {}
    return found


def _members(text: str, stem: str) -> list[str]:
    """The names in a file: its variants, or else its own."""
    variants = re.search(r"^variants:.*\n((?:(?:[ #].*)?\n)*)", text, re.MULTILINE)
    return re.findall(r"^  (\w+):", variants[1], re.MULTILINE) if variants else [stem]


def find(reference: str) -> Spec:
    """The spec by that name, or in that file; FILE#NAME is a variant of a family. Raises ArchcalcError."""
    return members(reference)[0]


def members(reference: str) -> list[Spec]:
    """The spec by that name; for a file with a family, every variant. Raises ArchcalcError."""
    spec, wanted = whole(reference)
    return [spec.variant(name).trimmed() for name in wanted] or [spec.trimmed()]


def whole(reference: str) -> tuple[Spec, list[str]]:
    """The spec of a whole file, and the names of the variants that the reference stands for. Raises ArchcalcError."""
    if reference.endswith(FOREIGN):
        from archcalc.importers.files import of_file

        return of_file(reference).spec._replace(name=one_line(stem(reference))), []
    if is_file(reference):
        path, _, variant = reference.partition("#")
        spec = _parse(path, one_line(stem(path)), path)
        if variant and variant not in spec.variants:
            raise ArchcalcError(f"{path} has no variant {variant!r}{suggest(variant, spec.variants)}")
        return spec, [variant] if variant else list(spec.variants)
    name = reference if reference in names() else known_as(reference)
    if name not in names():
        raise ArchcalcError(f"no network {name!r}{hint_of(name) or NO_NETWORK}")
    spec = _own(names()[name])
    return spec, [name] if spec.variants else []


def known_as(reference: str) -> str:
    """The name for an alias, ignoring capitals, hyphens and underscores; any other reference is returned unchanged."""
    typed, known = squeezed(reference), {**aliases(), **{name: name for name in names()}}
    spelt = {name for word, name in known.items() if squeezed(word) == typed}
    return aliases().get(reference) or (spelt.pop() if len(spelt) == 1 else reference)


@cache
def _own(path: str) -> Spec:
    """The spec in a file that comes with archcalc; like their names, these are read once."""
    return _parse(path, stem(path), basename(path))


def _parse(path: str, name: str, shown: str) -> Spec:
    folders = (join(dirname(path), "blocks"), join(home(), "blocks"))
    return parse_spec(Source(shown, read(path)), name, _BlockFiles(folders))


class _BlockFiles:
    """Finds files of blocks beside the user's file, then among archcalc's own; each is read once."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self.folders, self.read, self.open = folders, dict[str, Part](), list[str]()

    def __call__(self, name: str) -> Part:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise Refusal(f"{name!r} cannot name a file of blocks; use small letters, digits and _")
        if name in self.open or len(self.open) == DEEPEST_USE:
            raise Refusal(f"files of blocks that use each other in a circle: {listing([*self.open, name])}")
        if name not in self.read:
            self.open.append(name)
            path = self.path(name)
            self.read[name] = parse_blocks(Source(self.shown(path), read(path)), self)
            self.open.pop()
        return self.read[name]

    def shown(self, path: str) -> str:
        return f"blocks/{basename(path)}" if dirname(path) == self.folders[-1] else path

    def path(self, name: str) -> str:
        for folder in self.folders:
            path = join(folder, f"{name}.yaml")
            try:
                os.stat(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise Refusal(f"{path}: {(error.strerror or str(error)).lower()}") from None
            return path
        known = [stem(path) for folder in self.folders for path in files(folder)]
        raise Refusal(f"no file of blocks {name!r} in {self.folders[0]}{suggest(name, known)}")


def read(path: str) -> str:
    """A regular file's text, of bounded size; raises ArchcalcError."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise ArchcalcError(f"{path} is not a text file")
        if status.st_size > LARGEST:
            raise ArchcalcError(f"{path} has {status.st_size:,} bytes; at most {LARGEST:,} are read")
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)[:LARGEST]
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ArchcalcError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, UnicodeDecodeError):
        raise ArchcalcError(f"{path} is not text in UTF-8") from None
    if "\0" in text:
        raise ArchcalcError(f"{path} is not text: it contains a NUL byte")
    return text.replace("\r\n", "\n")
