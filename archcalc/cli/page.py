"""The command that makes a page with sliders."""

from __future__ import annotations

from typing import Any

import click

from archcalc.cli.deliver import CONVENTION, put, writes
from archcalc.cli.knobs import KnobCommand
from archcalc.cli.reports import counted


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@CONVENTION
@writes("html", required=True)
@click.pass_context
def page(context: click.Context, /, **options: Any) -> None:
    """Write a page with sliders.

    One HTML file that computes networks at any settings of their knobs, side by side: sizes, costs, totals and the
    closed form. It loads nothing, so it works without a network; it starts at the settings given here.
    """
    from archcalc.page.html import page_of, render

    put({options["output"]: render(page_of(counted(context, options))).encode()})
