"""The command line, a thin layer over the Python interface."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any, NoReturn

import click

from archcalc import __version__
from archcalc.cli.command import Group
from archcalc.cli.formula import explain, formula
from archcalc.cli.pages import check, kinds, list_, show
from archcalc.cli.plot import plot
from archcalc.cli.reports import compare, conventions, export, figures, published, summary
from archcalc.cli.streams import Ended, Output, tell
from archcalc.cli.sweep import scale, solve, sweep
from archcalc.cli.verify import memory, verify
from archcalc.errors import ArchcalcError

GROUPS = {  # by what a person wants
    "Count": (summary, compare, memory, conventions, figures),
    "See what others measured, draw pictures": (published, plot),
    "Find what fits": (solve, sweep, scale),
    "See where a number comes from": (formula, explain),
    "Find networks, take tables with you": (list_, show, export),
    "Write a network of your own": (check, kinds),
    "Confirm with real modules": (verify,),
}
COMMANDS = [command for commands in GROUPS.values() for command in commands]
MISTAKE, UNWRITTEN, INTERRUPTED = 2, 3, 130  # exit statuses, the last as shells give it


class CommandLine(Group):
    """The commands, and how each of them ends: what the user can mend becomes one message."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Run a command, print what it has found, and exit."""
        output = Output(sys.stdout)
        with redirect_stdout(output):
            status, message = self.ended(*arguments, **{**options, "standalone_mode": False})
        output.flush()
        if output.failure:
            status, message = status or UNWRITTEN, f"{message}\nstandard output: {output.failure}".lstrip()
        tell(message)
        raise SystemExit(status)

    def ended(self, *arguments: Any, **options: Any) -> tuple[int, str]:
        """The exit status, and what there is to say."""
        try:
            return super().main(*arguments, **options) or 0, ""
        except Ended:
            return 0, ""
        except SystemExit as end:  # what completes a word in the shell ends so
            return int(end.code or 0), ""
        except ArchcalcError as error:
            return MISTAKE, str(error)
        except click.ClickException as error:
            error.show(text := StringIO())
            return MISTAKE, text.getvalue().rstrip()
        except click.Abort:
            return INTERRUPTED, "interrupted"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under the headings of their groups, all descriptions in one column."""
        width = max(map(len, self.commands))
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                lines = [(str(c.name).ljust(width), c.get_short_help_str(formatter.width)) for c in commands]
                formatter.write_dl(lines)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt is given on before click prints a line of its own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archcalc")
def main() -> None:
    """Shapes, parameters and multiply-adds of neural networks, from a declarative spec.

    NETWORK is a name that 'archcalc list' shows, or a file ending in .yaml: archcalc summary resnet50

    Its knobs are options, or are set behind @, where they hold for it alone: mobilenet_v1@alpha=0.5,rho=0.714

    Exit status: 0; 1 where a verification found a difference; 2 where a message says what to mend; 3 where standard
    output could not be written.
    """


for _command in COMMANDS:
    main.add_command(_command)
