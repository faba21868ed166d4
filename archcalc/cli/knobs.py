"""Knobs as options: the networks named on the command line say which options there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.language.spec import Knob
from archcalc.network import Network, reference
from archcalc.report import Report
from archcalc.value import show


class KnobCommand(click.Command):
    """A command whose options are its own and the knobs of the networks it is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the networks and their knobs first, then let click read the options."""
        own = {name for param in self.params for name in param.opts}
        asked = [reference(word) for word in _names(args, self.params)]
        ctx.obj = {"asked": asked, "knobs": list(_options([a.network for a in asked], own))}
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise ArchcalcError(_no_option(error.option_name, ctx, [*own])) from None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then the knobs."""
        return [*super().get_params(ctx), *(ctx.obj["knobs"] if ctx.obj else ())]


def settled(ctx: click.Context) -> list[Report]:
    """Each network's report, at the knobs given as options and behind its own name. Raises ArchcalcError."""
    names = [option.name for option in ctx.obj["knobs"]]
    options = {name: ctx.params[name] for name in names if ctx.params[name] is not None}
    reports = []
    for network, settings in ctx.obj["asked"]:
        texts = {**options, **settings}
        reports.append(network.summary(**{name: network.accept(name, text, text=True) for name, text in texts.items()}))
    return reports


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


def _options(networks: Sequence[Network], taken: set[str]) -> Iterator[click.Option]:
    """An option for each knob that all networks have; one whose name is taken can still be set behind a name."""
    for knob in networks[0].knobs.values() if networks else ():
        spellings = list(dict.fromkeys([f"--{knob.name}", f"--{knob.name.replace('_', '-')}"]))
        if all(knob.name in network.knobs for network in networks) and not taken & {*spellings}:
            text = f"{knob.help or 'knob'} [{'; '.join(_limits(knob))}]"
            yield click.Option([*spellings, knob.name], help=text, metavar="VALUE")


def _limits(knob: Knob) -> Iterator[str]:
    if knob.choices:
        yield " or ".join(map(show, knob.choices))
    if knob.least is not None:
        yield f"at least {show(knob.least)}"
    if knob.most is not None:
        yield f"at most {show(knob.most)}"
    yield f"default: {show(knob.default)}"


def _no_option(option: str, ctx: click.Context, own: list[str]) -> str:
    if not ctx.obj["asked"]:
        return f"no option {option!r}{suggest(option, own)} (knobs are options where networks are named)"
    knobs = [f"--{knob.name}" for knob in ctx.obj["knobs"]]
    names = listing(asked.network.name for asked in ctx.obj["asked"])
    where = f"{names} has no knob" if len(ctx.obj["asked"]) == 1 else f"{names} have no common knob"
    return f"{where} {option!r}{suggest(option, [*knobs, *own])} (knobs: {listing(knobs)}; 'NAME --help' explains them)"
