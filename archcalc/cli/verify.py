"""The commands about running networks: memory, and verification with torch, which is imported only when needed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archcalc.cli.command import words_of
from archcalc.cli.deliver import TABLES, deliver_tables, tell, writes
from archcalc.cli.knobs import KnobCommand, settled
from archcalc.core.errors import ArchcalcError, alternatives, among, one_line, printable
from archcalc.output import FOLDER, FORMATS

if TYPE_CHECKING:
    from archcalc.report import Report
    from archcalc.verify.suite import Asked
    from archcalc.verify.tables import Findings, Result

WITNESSES = ("torchvision", "timm", "keras", "pytorchcv", "transformers", "torch")
MOST_EXAMPLES = 2**31 - 1  # more than fit on any device
G = 10**9
SHOWN = 10  # networks whose tables go to the screen


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1, required=True)
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="Examples at once.")
@click.option("--dtype", default="float32", show_default=True, help="float32, float16, bfloat16 or float64.")
@click.option("--optimizer", default="sgd", show_default=True, help="sgd, momentum or adam.")
@TABLES
@click.pass_context
def memory(context: click.Context, /, batch: int, dtype: str, optimizer: str, **options: Any) -> None:
    """Bytes of weights and activations.

    With the peak: the most that is needed at once, in a forward pass and in a training step.
    """
    from archcalc.memory.footprint import memory as bytes_of
    from archcalc.tables import memory_table

    found = [(report, bytes_of(report, batch, dtype, optimizer)) for report in settled(context)]
    deliver_tables([memory_table(found)], options)


class Witness(click.types.StringParamType):
    """A library, or MODULE:CALLABLE."""

    name = "witness"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value not in WITNESSES and ":" not in value:
            more = "a torch module of your own is named by MODULE:CALLABLE"
            raise ArchcalcError(f"no library {value!r} to compare with{among(value, WITNESSES)}; {more}")
        return value


@click.command(cls=KnobCommand)
@click.argument("networks", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every network that comes with archcalc.")
@click.option("--device", help="auto (cuda if there is one, else cpu), cuda, cpu or meta.  [default: meta with --all, "
              "else auto]")  # fmt: skip
@click.option("--batch", type=click.IntRange(1, MOST_EXAMPLES), help="Examples at once.  [default: 2; with --time, "
              "as many as fill the device]")  # fmt: skip
@click.option("--limit", type=click.FloatRange(0, min_open=True), default=8.0, show_default=True, metavar="GIB",
              help="Skip a network that needs more memory.")  # fmt: skip
@click.option("--up-to", type=click.FloatRange(0, min_open=True), metavar="G",
              help="With --all: only networks of at most so many G mult-adds.")  # fmt: skip
@click.option("--against", multiple=True, type=Witness(), metavar="LIBRARY", shell_complete=words_of(WITNESSES),
              help=f"Compare with that library's network too: {alternatives(WITNESSES)}; or with the torch module that "
              "MODULE:CALLABLE gives, whose code is run, as by import.")  # fmt: skip
@click.option("--memory", "memory_", is_flag=True, help="Compare the computed memory with what is really used.")
@click.option("--time", "time_", is_flag=True, help="Time each layer, beside its roofline bound.")
@writes(*FORMATS, FOLDER)
@click.pass_context
def verify(context: click.Context, /, networks: Sequence[str], everything: bool, **options: Any) -> None:
    """Compare with real torch modules that run.

    Every layer's shapes, weights and mult-adds are compared with those of the module. With -o FOLDER, a receipt is
    written into the folder.

    archcalc verify resnet50.yaml --against torchvision.models:resnet50

    Exit status: 0 if everything agrees; 1 if something differs; 2 if something could not be run, or the command is
    wrong.
    """
    if bool(networks) == everything:
        raise ArchcalcError("verify takes the names of networks, or --all")
    if options["up_to"] and not everything:
        raise ArchcalcError("--up-to chooses among the networks of --all")
    against = dict.fromkeys(options["against"])
    paths = [one for one in against if one not in WITNESSES]
    if paths and everything:
        raise ArchcalcError(f"--against {paths[0]} is one module; name the network to compare with it instead of --all")
    from archcalc.core.gc_paused import gc_frozen
    from archcalc.network import load
    from archcalc.output import folder_for
    from archcalc.spec.library import names
    from archcalc.verify.against import check_at_hand, foreign
    from archcalc.verify.clock import ended_by_term
    from archcalc.verify.device import device_name, environment, find_device
    from archcalc.verify.receipt import slug, write_receipt
    from archcalc.verify.suite import Asked, gather

    device = find_device(options["device"] or ("meta" if everything else "auto"))
    if libraries := tuple(one for one in against if one in WITNESSES):
        check_at_hand()
    reports = [load(name).summary() for name in names()] if everything else settled(context)
    if most := options["up_to"]:
        reports = [report for report in reports if report.known.mult_adds <= most * G]
    folder = folder_for(options["output"]) if options["format"] == FOLDER else None
    modules = tuple(map(foreign, paths))
    asked = Asked(device, options["batch"], options["limit"], libraries, modules, everything, options["memory_"],
                  options["time_"])  # fmt: skip
    with gc_frozen(), ended_by_term():
        findings = gather(_command(context, networks), environment(device), _results(reports, asked))
    name = slug(device_name(device) if device.type == "cuda" else device.type)
    try:
        written = write_receipt(findings, folder, name) if folder else []
    finally:
        _show(findings, options)
    for path in written:
        tell(f"{path} written")
    context.exit(findings.status)


def _results(reports: Sequence[Report], asked: Asked) -> Iterator[Result]:
    """The result of each network; after an interrupt, of those already finished."""
    from archcalc.output.terminal import progress
    from archcalc.verify.suite import examine
    from archcalc.verify.tables import NotRun

    done = 0
    try:
        with progress(len(reports), "networks") as advance:
            for report in reports:
                yield from examine(report, asked)
                done += 1
                advance(1)
    except KeyboardInterrupt:
        yield from (NotRun(report.label, "all", "interrupted") for report in reports[done:])


def _command(context: click.Context, networks: Sequence[str]) -> str:
    """The command as it was typed, with its options in a fixed order."""
    words = ["archcalc", "verify", *networks]
    for option in context.command.get_params(context):
        name = str(option.name)
        if isinstance(option, click.Option) and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value = context.params[name]
            for one in value if isinstance(value, tuple) else (value,):
                words += [option.opts[-1]] if option.is_flag else [option.opts[-1], str(one)]
    return one_line(shlex.join(words))


def _show(findings: Findings, options: dict[str, Any]) -> None:
    """Print the findings, or write their tables; those of many networks go only into a file or a receipt."""
    from archcalc.verify.receipt import differences, verdict
    from archcalc.verify.tables import differences_table, not_run_table, tables

    receipt = options["format"] == FOLDER
    if not receipt and (options["output"] or options["format"] != FORMATS[0]):
        differ = [differences_table(findings)] if findings.failed else []
        deliver_tables([*tables(findings, names=True), *differ], options)
        tell(verdict(findings))
        return
    screen = {**options, "format": FORMATS[0], "output": None}
    if len(findings.verified) <= SHOWN:
        deliver_tables([*tables(findings)], screen)
    elif findings.not_run:
        deliver_tables([not_run_table(findings.not_run)], screen)
    for difference in differences(findings):
        click.echo(printable(difference))
    if len(findings.verified) > SHOWN and not receipt:
        tell("-o FOLDER writes the tables of all networks into a receipt")
    click.echo(verdict(findings))
