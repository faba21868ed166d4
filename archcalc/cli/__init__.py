"""The command line, a thin layer over the Python interface. Exit status 2: a message says what to mend."""

from __future__ import annotations

import click

from archcalc import __version__
from archcalc.cli.command import Group
from archcalc.cli.deliver import reported
from archcalc.cli.formula import explain, formula
from archcalc.cli.pages import check, kinds, list_, schema, show
from archcalc.cli.reports import compare, export, summary
from archcalc.cli.sweep import scale, solve, sweep
from archcalc.cli.verify import memory, verify

COMMANDS = (summary, compare, export, list_, show, check, kinds, schema,
            formula, explain, solve, sweep, scale, memory, verify)  # fmt: skip


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archcalc")
def main() -> None:
    """Shapes, parameters and multiply-adds of neural networks, from a declarative spec.

    NETWORK is a name that 'archcalc list' shows, or a file ending in .yaml: archcalc summary resnet50

    Its knobs are options, or are set behind @, where they hold for it alone: mobilenet_v1@alpha=0.5,rho=0.714
    """


for _command in COMMANDS:
    _command.callback = reported(_command.callback)  # type: ignore[arg-type]  # each has one
    main.add_command(_command)
