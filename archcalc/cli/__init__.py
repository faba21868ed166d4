"""The command line, a thin layer over the Python interface."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any, ClassVar, NoReturn

import click

from archcalc import __version__
from archcalc.cli.deliver import Ended, Output, tell
from archcalc.core.errors import ArchcalcError, listing, suggest

GROUPS = {  # by purpose: each command, and the module of this package that defines it
    "Count": {
        "summary": "reports",
        "ask": "ask",
        "compare": "reports",
        "memory": "verify",
        "conventions": "reports",
        "figures": "reports",
        "published": "reports",
        "lectures": "lectures",
    },
    "Find what fits": {"solve": "sweep", "sweep": "sweep", "scale": "sweep"},
    "See where a number comes from": {"formula": "formula", "explain": "formula", "exercise": "formula"},
    "Find networks, take them with you": {
        "list": "pages",
        "show": "pages",
        "export": "reports",
        "draw": "draw",
        "page": "page",
        "plot": "plot",
    },
    "Write a network or a table of your own": {
        "check": "pages",
        "kinds": "pages",
        "import": "imports",
        "table": "table",
    },
    "Confirm with real modules": {"verify": "verify"},
}
MISTAKE, UNWRITTEN, INTERRUPTED = 2, 3, 130  # exit statuses, the last one as in shells


class Commands(Mapping[str, click.Command]):
    """The commands by name, each imported when it is asked for."""

    modules: ClassVar = {name: module for commands in GROUPS.values() for name, module in commands.items()}

    def __getitem__(self, name: str) -> click.Command:
        module = import_module(f"archcalc.cli.{self.modules[name]}")
        return next(one for one in vars(module).values() if isinstance(one, click.Command) and one.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


class CommandLine(click.Group):
    """All commands; an error that the user can correct ends as one message."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Run a command, print its output, and exit."""
        output = Output(sys.stdout)
        with redirect_stdout(output):
            status, message = self.ended(*arguments, **{**options, "standalone_mode": False})
        output.flush()
        if output.failure:
            status, message = status or UNWRITTEN, f"{message}\nstandard output: {output.failure}".lstrip()
        tell(message)
        raise SystemExit(status)

    def ended(self, *arguments: Any, **options: Any) -> tuple[int, str]:
        """Run a command; gives its exit status and its error message."""
        try:
            return super().main(*arguments, **options) or 0, ""
        except Ended:
            return 0, ""
        except SystemExit as end:  # shell completion ends this way
            return int(end.code or 0), ""
        except ArchcalcError as error:
            return MISTAKE, str(error)
        except click.ClickException as error:
            error.show(text := StringIO())
            return MISTAKE, text.getvalue().rstrip()
        except click.Abort:
            return INTERRUPTED, "interrupted"

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that the first word names; for a network's name, the message names the one that counts it."""
        word = args[0]
        if word in self.commands or word.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from archcalc.spec.library import is_file, known_as, names

        network = is_file(word) or known_as(word.partition("@")[0]) in names()
        near = f"; 'archcalc summary {word}' counts that network" if network else suggest(word, self.commands)
        raise ArchcalcError(f"no command {word!r}{near or f' (there are {listing(sorted(self.commands))})'}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under the headings of their groups, all descriptions in one column."""
        width = max(map(len, self.commands))
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                helps = {name: self.commands[name].get_short_help_str(formatter.width) for name in commands}
                formatter.write_dl([(name.ljust(width), text) for name, text in helps.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt is raised again before click prints a line of its own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None


@click.group(cls=CommandLine, commands=Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archcalc")
def main() -> None:
    """Shapes, parameters and multiply-adds of neural networks, from a declarative spec.

    NETWORK is a name that 'archcalc list' shows, or a file ending in .yaml: archcalc summary resnet50

    Set its knobs as options, or after @ for that network alone: mobilenet_v1@alpha=0.5,rho=0.714

    Exit status: 0 for success; 1 if a verification found a difference; 2 for an error that a message explains; 3 if
    standard output could not be written.
    """
