"""What a paper calls the layers of a network: rules that turn paths into names, for tables that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from archcalc.core.errors import Place, Refusal

PART = re.compile(r"\{([A-Za-z]\w*)\}")  # a part of a path, and where it stands in the name
MOST_RULES = 100  # each is tried for each layer


class PaperName(NamedTuple):
    """A rule: a path, whose parts in braces may be anything, and the paper's name for what stands there."""

    path: str  # "features/stage{s}/conv{i}/conv"
    name: str  # "conv{s}_{i}"
    place: Place

    def of(self, path: str) -> str | None:
        """The name for a path that begins so, with the rest of the path behind it; None for any other path."""
        found = _pattern(self.path).match(path)
        return found and PART.sub(lambda part: found[part[1]], self.name) + path[found.end() :]


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """A path's beginning, up to the end of a step; a part of it ends with the step, too."""
    pieces = PART.split(path)
    text = "".join(f"(?P<{piece}>[^/]+)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
    return re.compile(rf"{text}(?=/|\Z)")


def paper_name(path: str, rules: Sequence[PaperName]) -> str:
    """The name that the first rule gives for a path; the path itself where there is none."""
    return next((name for rule in rules if (name := rule.of(path)) is not None), path)


def checked(rule: PaperName) -> PaperName:
    """The rule, if it can be read. Raises Refusal."""
    parts = [PART.findall(step) for step in rule.path.split("/")]
    if any(len(names) > 1 for names in parts):
        raise Refusal("a step of a path has at most one part in braces")
    there = [name for names in parts for name in names]
    if len({*there}) < len(there):
        raise Refusal("two parts of the path have the same name in braces")
    if missing := {*PART.findall(rule.name)} - {*there}:
        raise Refusal(f"the path has no part {{{min(missing)}}}")
    if not rule.name:
        raise Refusal("the paper's name is missing")
    return rule
