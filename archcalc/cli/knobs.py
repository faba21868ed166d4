"""Knobs as options: the networks named on the command line decide which options exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from archcalc.cli.command import NETWORK, Command, words_of
from archcalc.core.errors import ArchcalcError, listing, suggest
from archcalc.core.value import show
from archcalc.model import Model, Reference, reference
from archcalc.report import Report
from archcalc.spec.model import Knob


class KnobCommand(Command):
    """A command whose arguments are networks, and whose options are its own and the knobs of these networks."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for param in self.params:
            if isinstance(param, click.Argument) or param.metavar == "NETWORK":
                param.type = NETWORK

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the networks and their knobs first, then let click read the options."""
        own = {name for param in self.params for name in param.opts}
        words, asked = [], []
        for word in _names(args, self.params):
            try:
                asked.append(reference(word))
                words.append(word)
            except ArchcalcError:
                if not ctx.resilient_parsing:  # during completion the name may be unfinished
                    raise
        ctx.obj = {"words": words, "asked": asked, "knobs": list(_options([a.network for a in asked], own))}
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then the knobs."""
        return [*super().get_params(ctx), *(ctx.obj["knobs"] if ctx.obj else ())]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """If no network is named, say that its knobs are options."""
        if not (ctx.obj and ctx.obj["asked"]):
            formatter.write_paragraph()
            example = f"'archcalc {self.name} mobilenet_v1 --help'"
            formatter.write_text(f"Each knob of a network is an option, too: {example} explains them.")

    def near(self, ctx: click.Context, option: str, typed: list[str]) -> str:
        """The knob or option that was probably meant, with the equivalent value; or nothing."""
        asked: list[Reference] = ctx.obj["asked"]
        known, value = [*self.options(), *_knobs(ctx)], _value(typed, option)
        from archcalc.misnamed import OPTIONS, apart, hint

        if len(asked) == 1:
            return hint(asked[0].network, option, value, known, OPTIONS)
        return apart(ctx.obj["words"], asked, option, value) or suggest(option, known)

    def has(self, ctx: click.Context) -> str:
        """The options and the knobs, as the message lists them."""
        asked: list[Reference] = ctx.obj["asked"]
        whose = asked[0].network.name if len(asked) == 1 else "all of them"
        knobs = f"knobs of {whose}: {listing(_knobs(ctx))}" if asked else "knobs where a network is named"
        return f"{super().has(ctx)}; {knobs}"


def _knobs(ctx: click.Context) -> list[str]:
    return [f"--{knob.name}" for knob in ctx.obj["knobs"]]


def _value(typed: Sequence[str], option: str) -> str:
    """The text given for the option, after a space or after =."""
    for word, after in zip(typed, [*typed[1:], ""], strict=True):
        if word.partition("=")[0] == option:
            return word.partition("=")[2] or after
    return ""


def settled(ctx: click.Context) -> list[Report]:
    """Each network's report, with the knobs given as options and after its own name. Raises ArchcalcError."""
    return [asked.summary(set_by_option(ctx)) for asked in ctx.obj["asked"]]


def set_by_option(ctx: click.Context) -> dict[str, str]:
    """The knobs given as options, with their texts."""
    names = [option.name for option in ctx.obj["knobs"]]
    return {name: ctx.params[name] for name in names if ctx.params[name] is not None}


def _names(args: list[str], params: Sequence[click.Parameter]) -> Iterator[str]:
    """The words that are neither options nor their values; every knob takes a value."""
    flags = {"--help", "-h", *(name for p in params if isinstance(p, click.Option) and p.is_flag for name in p.opts)}
    words = iter(args)
    for word in words:
        if word == "--":
            yield from words
        elif not word.startswith("-"):
            yield word
        elif word not in flags and "=" not in word and (word.startswith("--") or len(word) == 2):
            next(words, None)


def _options(networks: Sequence[Model], taken: set[str]) -> Iterator[click.Option]:
    """An option for each knob that all networks have; one whose name is taken can still be set after @."""
    for knob in networks[0].knobs.values() if networks else ():
        spellings = list(dict.fromkeys([f"--{knob.name}", f"--{knob.name.replace('_', '-')}"]))
        if all(knob.name in network.knobs for network in networks) and not taken & {*spellings}:
            text = f"{knob.help or 'knob'} [{'; '.join(_limits(knob))}]"
            values = words_of(map(show, knob.choices))
            yield click.Option([*spellings, knob.name], help=text, metavar="VALUE", shell_complete=values)


def _limits(knob: Knob) -> Iterator[str]:
    if knob.choices:
        yield " or ".join(map(show, knob.choices))
    if knob.minimum is not None:
        yield f"at least {show(knob.minimum)}"
    if knob.maximum is not None:
        yield f"at most {show(knob.maximum)}"
    yield f"default: {show(knob.default)}"
