"""Completion in the shell: networks, families, kinds of layer and other words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

from archcalc.core.errors import ArchcalcError, listing, suggest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completion: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def words_of(words: Iterable[str]) -> Completion:
    """Complete from these words."""
    known = [*words]
    return lambda ctx, param, incomplete: _started(known, incomplete)


def families(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a family's name, in small letters and without spaces."""
    from archcalc.spec.library import headings

    return _started([family.lower().replace(" ", "_") for family in headings("family")], incomplete)


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a kind of layer."""
    from archcalc.layers import KINDS

    return _started(KINDS, incomplete)


def table_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a table, or else a file."""
    from click.shell_completion import CompletionItem

    from archcalc.layouts.shipped import names

    return _started(names(), incomplete) or [CompletionItem(incomplete, type="file")]


class NetworkName(click.types.StringParamType):
    """A network's name, or a file."""

    name = "network"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names that start with the typed text, or else other names that do, or else files."""
        from click.shell_completion import CompletionItem

        from archcalc.spec.library import aliases, names

        found = _started(names(), incomplete) or _started(aliases(), incomplete)
        return found or [CompletionItem(incomplete, type="file")]


NETWORK = NetworkName()


def _started(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.lower().startswith(incomplete.lower())]


class Command(click.Command):
    """A command that answers an unknown option with the options it has, and with the commands that have that one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        typed = [*args]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            option, elsewhere = error.option_name, self.elsewhere(ctx, error.option_name)
            near = "" if elsewhere else self.near(ctx, option, typed)
            raise ArchcalcError(f"no option {option!r}{near or f'{elsewhere} ({self.has(ctx)})'}") from None

    def near(self, ctx: click.Context, option: str, typed: list[str]) -> str:
        """The option that was probably meant; or nothing."""
        return suggest(option, self.options())

    def has(self, ctx: click.Context) -> str:
        """The command's options, as the message lists them."""
        return f"options of {self.name}: {listing(self.options())}"

    def options(self) -> list[str]:
        """The long names of its own options."""
        return [param.opts[-1] for param in self.params if isinstance(param, click.Option)]

    def elsewhere(self, ctx: click.Context, option: str) -> str:
        """Which other commands have the option; or nothing."""
        group = ctx.parent.command if ctx.parent else None
        others = group.commands.values() if isinstance(group, click.Group) else ()
        having = [str(other.name) for other in others if any(option in param.opts for param in other.params)]
        return f"; {listing(having)} {'has' if len(having) == 1 else 'have'} it" if having else ""
