"""The command that makes exercise sheets and marks the answers of students."""

from __future__ import annotations

import re
from typing import Any

import click

from archcalc.cli.deliver import TABLES, deliver_tables
from archcalc.cli.knobs import KnobCommand, settled


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option("--blank", default="output,params", show_default=True, metavar="A,B,...", help="Which figures are asked "
              "for; 'archcalc figures' shows all.")  # fmt: skip
@click.option("--kinds", default="", metavar="A,B,...", help="Which kinds of layer have blanks.  [default: all]")
@click.option("--share", type=float, metavar="PART", default=0.5, show_default=True,
              help="Which fraction of these layers has blanks, above 0 and at most 1.")  # fmt: skip
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Chooses the layers: the same seed gives the same sheet."
)
@click.option("--mark", type=click.Path(), metavar="ANSWERS", help="Mark the answers in this CSV file to the sheet "
              "that the other options make.")  # fmt: skip
@TABLES
@click.pass_context
def exercise(context: click.Context, /, mark: str | None, **options: Any) -> None:
    """A sheet with blanks, its key, and its marking.

    With -o sheet.tex the key is sheet-key.tex, and sheet-answers.csv is the form that students fill in; --mark ANSWERS
    marks it and names likely mistakes. Nothing on the sheet gives an answer away.
    """
    from archcalc.teaching.exercise import Exercise
    from archcalc.teaching.marking import Marking, answers

    (report,) = settled(context)
    figures, kinds = ([*filter(None, re.split("[, ]+", options.pop(name)))] for name in ("blank", "kinds"))
    made = Exercise(report, figures, options.pop("share"), options.pop("seed"), kinds)
    if mark:
        return deliver_tables([Marking(made, answers(mark, made)).table()], options)
    if (path := options["output"]) is not None:
        form, key = path.with_name(f"{path.stem}-answers.csv"), path.with_stem(f"{path.stem}-key")
        deliver_tables([made.key()], {**options, "output": key})
        deliver_tables([made.form()], {"output": form, "format": "csv"})
    return deliver_tables([made.sheet()], options)
