"""The commands that show where a number comes from: formula, explain and exercise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.deliver import CONVENTION, TABLES, deliver_tables, put, quantities, writes
from archcalc.cli.knobs import KnobCommand, set_by_option, settled

if TYPE_CHECKING:
    from archcalc.model import Reference

FORMATS = ("text", "tex", "sympy", "json")
EXPLAINED = ("text", "tex", "json")
OVER = click.option(
    "--over", metavar="NETWORK", help="Compare with this network; its knobs may be letters: conv2d@D_K=n"
)
TIE = click.option("--tie", metavar="A,B,...", help="Knobs that the other network takes from the first.  [default: it "
                   "keeps its own values]")  # fmt: skip
FREE = click.option("--free", metavar="A,B,...", help="Knobs to keep as letters; M=N uses one letter for both. "
                    " [default: all numbers that don't decide the structure, or those of both networks]")  # fmt: skip


@click.command(cls=KnobCommand)
@click.argument("network")
@FREE
@click.option("--of", metavar="QUANTITY", help="mult_adds, params, weight_bytes ...; params of PATH, rows of PATH, "
              "share of PATH.  [default: mult_adds]")  # fmt: skip
@CONVENTION
@OVER
@TIE
@writes(*FORMATS)
@click.pass_context
def formula(context: click.Context, /, network: str, **options: Any) -> None:
    """An exact closed form in the knobs.

    It says for which values of the knobs it holds. With --over, the ratio to another network's: archcalc formula
    depthwise_separable_conv --over conv2d
    """
    from archcalc.closed_forms.evaluation import words
    from archcalc.closed_forms.formula import as_latex
    from archcalc.closed_forms.formula import formula as form

    asked, over = references(context, options["over"], options["tie"])
    found = form(asked, quantities(options), words(options["free"]), over)
    texts = {
        "text": lambda: "\n".join([found.text(), "", *found.notes()]) + "\n",
        "tex": lambda: as_latex(found),
        "sympy": lambda: f"{found.source}\n",
        "json": lambda: _json(found.to_dict()),
    }
    put({options["output"]: texts[options["format"]]().encode()})


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option("--of", metavar="QUANTITY", help="mult_adds, params or another sum over layers, or 'params of PATH'; "
              "also 'rows of PATH'.  [default: mult_adds]")  # fmt: skip
@CONVENTION
@OVER
@TIE
@FREE
@click.option("--depth", type=click.IntRange(1), help="One line for each block, with names cut at this many levels.")
@writes(*EXPLAINED)
@click.pass_context
def explain(context: click.Context, /, network: str, **options: Any) -> None:
    """The worked arithmetic behind a number.

    Each size is written as a number: (14 x 14 x 48) x (5 x 5 x 16) = 3,763,200

    With --over, what it saves against another network, as a fraction and as a formula.
    """
    from archcalc.closed_forms.evaluation import words
    from archcalc.explain.explain import explain as explanation

    asked, over = references(context, options["over"], options["tie"])
    found = explanation(asked, quantities(options), over, words(options["free"]), options["depth"])
    texts = {"text": lambda: f"{found}\n", "tex": lambda: found.latex, "json": lambda: _json(found.to_dict())}
    put({options["output"]: texts[options["format"]]().encode()})


def references(context: click.Context, over: str | None, tie: str | None) -> tuple[Reference, Reference | None]:
    """The network and the one it is compared with; knobs given as options are set in both, where both have them."""
    from archcalc.closed_forms.evaluation import other, words
    from archcalc.model import Reference

    options = set_by_option(context)
    ((network, settings),) = context.obj["asked"]
    return Reference(network, {**options, **settings}), other(over, options, words(tie) or ())


def _json(data: Any) -> str:
    import json

    return json.dumps(data, indent=2) + "\n"


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
