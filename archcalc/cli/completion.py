"""Completion in the shell: networks, families, kinds of layer and other words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completion: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def words_of(words: Iterable[str]) -> Completion:
    """Complete from these words."""
    known = [*words]
    return lambda ctx, param, incomplete: _started(known, incomplete)


def families(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a family's name, in small letters and without spaces."""
    from archcalc.language.headings import headings

    return _started([family.lower().replace(" ", "_") for family in headings("family")], incomplete)


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a kind of layer."""
    from archcalc.kinds import KINDS

    return _started(KINDS, incomplete)


class NetworkName(click.types.StringParamType):
    """A network's name, or a file."""

    name = "network"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names that start with the typed text, or else other names that do, or else files."""
        from click.shell_completion import CompletionItem

        from archcalc.language.library import aliases, names

        found = _started(names(), incomplete) or _started(aliases(), incomplete)
        return found or [CompletionItem(incomplete, type="file")]


NETWORK = NetworkName()


def _started(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.lower().startswith(incomplete.lower())]
