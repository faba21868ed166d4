"""The commands about many networks at once: sweep, solve and scale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.deliver import CONVENTION, TABLES, FilePath, deliver_tables, quantities, tell, writes
from archcalc.cli.knobs import KnobCommand
from archcalc.core.errors import ArchcalcError
from archcalc.output.formats import FORMATS, STREAMED

if TYPE_CHECKING:
    from archcalc.model import Model
    from archcalc.sweeps.sweep import Advance, Sweep

WRITTEN = tuple(dict.fromkeys((*FORMATS, *STREAMED)))
PLOT = click.option("--plot", type=FilePath(), metavar="FILE", help="Draw a picture: .svg .pdf .png")
FIGURE = click.option("--figure", type=click.Choice(["cost", "pareto", "contours"]),
                      help="What to draw.  [default: as the file is named, else what suits the knobs]")  # fmt: skip
DARK = click.option("--dark", is_flag=True, help="A picture for a dark slide.")
DASK = click.option("--dask", metavar="ADDRESS", help="Let a Dask cluster compute; 'local' starts one here.")
YES = click.option("--yes", is_flag=True, help="Go on, however large the grid is and however long it takes.")


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option("--of", metavar="A,B,...", help="Which quantities.  [default: mult_adds,params]")
@CONVENTION
@writes(*WRITTEN)
@PLOT
@FIGURE
@click.option("--best", type=click.Choice(["min,max", "min,min", "max,min", "max,max"]),
              help="What is better of the two quantities of a Pareto front.  "
              "[default: less, but of an accuracy more]")  # fmt: skip
@DARK
@DASK
@YES
@click.pass_context
def sweep(context: click.Context, /, network: str, **options: Any) -> None:
    """Every combination of knob values.

    Values are written --alpha 0.25:1.4:0.05 (both ends included), 96/224:1:32/224, 1:8, or as a list 0.5,1.

    A row for each point, with each quantity, or the reason why the network cannot be built.
    """
    from archcalc.sweeps.sweep import sweep as sweep_of

    asked, texts = _texts(context)
    planned = sweep_of(asked, [quantities(options, "{},params")], texts, text=True)
    _ask(planned, options["yes"], options["format"])
    if options["output"] or options["format_"] or not options["plot"]:
        _deliver(planned, options)
    if options["plot"]:
        best = tuple(options["best"].split(",")) if options["best"] else None
        with _progress(planned) as advance:
            planned.plot(options["plot"], options["figure"], best=best, dask=options["dask"], advance=advance,
                         dark=options["dark"])  # fmt: skip
        tell(f"{options['plot']} written")


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option(
    "--free", multiple=True, required=True, metavar="A,B=RANGE,...", help="Which knobs, and the values to try."
)
@click.option("--where", multiple=True, required=True, metavar="CONSTRAINT",
              help="What to meet: 'mult_adds <= 100M', 'inference_bytes < 16MiB', 'rows of LAYER >= 7'.")  # fmt: skip
@click.option("--want", default="", metavar="TEXT", help="'largest NAME' or 'smallest NAME', a knob or a quantity.  "
              "[default: the only free knob; with several, the quantity of the first constraint]")  # fmt: skip
@TABLES
@YES
@click.pass_context
def solve(context: click.Context, /, network: str, **options: Any) -> None:
    """The largest knobs that meet a budget.

    Or the smallest, with the next steps beyond them; for two knobs, also the iso-cost curve.
    """
    from archcalc.search.solve import task

    asked, texts = _texts(context)
    free = dict(pair for text in options["free"] for pair in _free(text))
    fixed = {name: asked.accept(name, text, text=True) for name, text in texts.items()}
    planned = task(asked, free, options["where"], options["want"], **fixed)
    _ask(planned.search.sweep, options["yes"])
    with _progress(planned.search.sweep) as advance:
        found = planned.solution(advance)
    deliver_tables(found.tables(), options)


@click.command(cls=KnobCommand)
@click.argument("network")
@click.option("--search", is_flag=True, help="Every alpha, beta, gamma near the constraint, with its cost.")
@click.option(
    "--tolerance", default="0.1", show_default=True, help="How near to 2 the constraint must be, in the search."
)
@click.option("--step", default="0.05", show_default=True, help="The step of alpha, beta and gamma, in the search.")
@TABLES
@click.pass_context
def scale(context: click.Context, /, network: str, **options: Any) -> None:
    """Compound scaling, with exact costs.

    What each phi from 0 to --phi costs, beside 2^phi and the released coefficients.
    """
    from archcalc.search import scaling
    from archcalc.search import tables as layout
    from archcalc.search.law import law

    asked, texts = _texts(context)
    knobs = {name: asked.accept(name, text, text=True) for name, text in texts.items()}
    found = scaling.scale(asked, knobs.pop("phi", 3), **knobs)
    tables = [layout.scaling_table(found)]
    if released := scaling.members(found):
        tables += [layout.coefficients_table(released), layout.costs_table(released)]
        if form := law(found):
            tables += [layout.terms_table(form), layout.apart_table([*form.apart(released)])]
    if options["search"]:
        near = scaling.search(asked, options["tolerance"], options["step"], **knobs)
        tables.append(layout.search_table(found, near))
    deliver_tables(tables, options)


def _free(text: str) -> Iterator[tuple[str, str | None]]:
    """Each knob with its range, from alpha,rho=0.5:1:0.1; a comma within a list of values is followed by a number."""
    for part in re.split(r",(?=\s*[A-Za-z_]\w*\s*(?:=|,|$))", text):
        name, _, values = part.partition("=")
        yield name.strip(), values.strip() or None


def _texts(context: click.Context) -> tuple[Model, dict[str, str]]:
    """The network, and the text given for each of its knobs, in the order of the command line."""
    (asked,) = context.obj["asked"]
    knobs = {option.name for option in context.obj["knobs"]}
    given = {name: text for name, text in context.params.items() if name in knobs}
    return asked.network, {**{name: text for name, text in given.items() if text is not None}, **asked.settings}


def _ask(planned: Sweep, yes: bool, format_: str = "") -> None:
    """Print the expected time if it is not short. Raises ArchcalcError if a large sweep lacks --yes."""
    from archcalc.sweeps.estimate import estimate

    expected = estimate(planned, format_)
    if expected.large and not yes:
        raise ArchcalcError(f"{expected}; narrow the ranges, or add --yes")
    if not expected.short:
        click.echo(expected, err=True)


def _deliver(planned: Sweep, options: dict[str, Any]) -> None:
    """Write the sweep piece by piece if the format allows it, otherwise as a table."""
    from archcalc.sweeps.files import stream, sweep_table, write

    output, format_ = options["output"], options["format"]
    with _progress(planned) as advance:
        chunks = planned.chunks(dask=options["dask"], advance=advance)
        if format_ not in STREAMED:
            table = sweep_table(planned, chunks)
        elif output:
            write(planned, output, chunks, format_)
        else:
            stream(planned, sys.stdout, format_, chunks)
    if format_ not in STREAMED:
        deliver_tables([table], options)
    elif output:
        tell(f"{output} written")


def _progress(planned: Sweep) -> AbstractContextManager[Advance]:
    from archcalc.output.terminal import progress

    return progress(planned.points, planned.network.name)
