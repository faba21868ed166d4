"""Standard output and standard error, whether a terminal, a pipe, a file on a full disk, or closed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import reduce, wraps
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from archcalc.core.errors import ArchcalcError, alternatives, encoded, printable
from archcalc.output import BARE, FOLDER, FORMATS, files, format_of, render_tables, suffix, write
from archcalc.output.formats import BY_NAME
from archcalc.output.rounding import EXACT, UNITS

if TYPE_CHECKING:
    from archcalc.output.table import Table
    from archcalc.report import Report
    from archcalc.tables import Choice

HELD = 1 << 20  # characters; more than this is written before the command ends


class Ended(Exception):
    """The reader of standard output has closed it, so the command need not continue."""


class Output(StringIO):
    """Standard output: text is collected and written at once, and an error of the stream is known from any other."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream, self.failure, self.is_read = stream, "", True

    def isatty(self) -> bool:
        return self.stream is not None and bool(self.stream.isatty())

    def write(self, text: str | bytes) -> int:
        """Collect a text, which click sometimes passes as bytes. Raises Ended if the reader has closed the stream."""
        size = super().write(text if isinstance(text, str) else text.decode())
        if self.tell() > HELD:
            self.flush()
            if self.failure or not self.is_read:
                raise Ended
        return size

    def flush(self) -> None:
        """Write the collected text in the stream's encoding. A failure is recorded; a closed pipe is not a failure."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        if text and self.is_read and not self.failure:
            try:
                _write_all(self.stream, text)
            except BrokenPipeError:
                self.is_read = False
            except OSError as error:
                self.failure = (error.strerror or str(error)).lower()


def tell(message: str) -> None:
    """Write a message to standard error, or nothing if that fails."""
    with suppress(OSError):
        _write_all(sys.stderr, message and f"{printable(message)}\n")


def _write_all(stream: Any, text: str) -> None:
    """Write all of the text immediately. Raises OSError."""
    if stream is None:
        raise OSError("it is closed")
    try:
        stream.flush()
        if hasattr(stream, "buffer"):
            stream.buffer.write(encoded(text, stream.encoding))
        else:
            stream.write(text)
        stream.flush()
    except OSError:
        _silence(stream)
        raise


def _silence(stream: Any) -> None:
    """Discard what the stream still buffers; otherwise Python would try to write it at exit, and fail."""
    with suppress(OSError):  # it has no file
        number, nowhere = stream.fileno(), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


class FilePath(click.Path):
    """A file or a folder to write, as a Path; pathlib is imported only if one is named."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path that a word names."""
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
CONVENTION = click.option("--convention", metavar="NAME", help="How work is counted: mult_adds, flops, all ...; "
                          "'archcalc conventions' shows them.")  # fmt: skip
STANDALONE = click.option(
    "--standalone", is_flag=True, help="With tex, write a whole document instead of a part to include in one."
)
WITHOUT = "; a name without a suffix is that of a folder of files in several formats"
IN_UNITS = click.option("--units", type=click.Choice(UNITS), default=EXACT, show_default=True,
                        help="Show counts in K, M or G, bytes in MiB and so on, rounded. CSV, JSON and the cells of "
                        "a workbook hold exact numbers all the same.")  # fmt: skip
SORT = click.option("--sort", metavar="COLUMN", help="Sort the rows by a column that is shown; -COLUMN: from the "
                    "largest value down.")  # fmt: skip
SEVERAL = f"; tables with different columns become several {' or '.join(BARE).upper()} files"


def writes(*formats: str, required: bool = False) -> Decorator:
    """Options to choose one of these formats and a file; if a file is ``required``, its suffix decides the format.

    The command is told in ``format`` which one was chosen.
    """
    named = click.option(
        "--format", "format_", metavar="FORMAT", help=f"{alternatives([*filter(suffix, formats)], len(formats))}."
    )
    text = f"Write to a file; its suffix decides the format: {' '.join(filter(None, map(suffix, formats)))}"
    tables = {*BARE} <= {*formats}
    file = click.option("-o", "--output", type=FilePath(), metavar="FILE", required=required,
                        help=f"{text}{WITHOUT * (FOLDER in formats)}{SEVERAL * tables}.")  # fmt: skip
    options = [*[named] * (not required), file, *[IN_UNITS, STANDALONE] * tables]

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def chosen(*arguments: Any, **given: Any) -> Any:  # before anything is computed
            return command(*arguments, **{**given, "format": _chosen(given, formats)})

        return reduce(lambda made, option: option(made), reversed(options), chosen)

    return with_options


TABLES = writes(*FORMATS)


def deliver(reports: Sequence[Report], choice: Choice, options: dict[str, Any]) -> None:
    """Write reports in the chosen format."""
    from archcalc.files import OF_REPORTS, render

    if (format_ := options["format"]) in OF_REPORTS:
        if options.get("sort") or options.get("only"):
            raise ArchcalcError(f"a network's {format_} has all its layers in their order; --sort and --only are for "
                                "the other formats")  # fmt: skip
        _say_exact(options, format_ == "xlsx")  # its cells compute
        return put({options["output"]: render(reports, format_, choice)})
    from archcalc.tables import summary_tables

    return deliver_tables(summary_tables(reports, choice, overview=format_ not in BARE), options)


def deliver_tables(tables: Sequence[Table], options: dict[str, Any]) -> None:
    """Write tables in the chosen format."""
    format_, output, chosen = options["format"], options["output"], how(options)
    if options.get("sort"):
        from archcalc.output.table import sorted_tables

        tables = sorted_tables(tables, options["sort"])
    tables = [table.in_units(options.get("units", EXACT)) for table in tables]
    if output is None and format_ == "table":
        from archcalc.output.terminal import show_tables

        return show_tables(tables, sys.stdout)
    return put(files(tables, output, format_, **chosen) if output else {None: render_tables(tables, format_, **chosen)})


def _say_exact(options: dict[str, Any], exact: bool) -> None:
    """Say that the numbers stay exact, where others were asked for."""
    if exact and options.get("units", EXACT) != EXACT:
        tell("the numbers in it are exact; --units rounds those of tables that people read")


def _chosen(options: dict[str, Any], formats: Sequence[str]) -> str:
    """The chosen format, or the one that the file's suffix names. Raises ArchcalcError."""
    format_ = format_of(options["output"], options.get("format_"), formats)
    if options.get("standalone") and format_ != "tex":
        raise ArchcalcError(f"--standalone is for tex, and the format here is {format_}")
    _say_exact(options, BY_NAME[format_].exact)
    return format_


def put(written: Mapping[Any, bytes]) -> None:
    """Write each content to its file, or to the screen if that is None."""
    for path, data in written.items():
        if path is None:
            click.echo(data.decode(), nl=False)
        else:
            write(path, data)
            tell(f"{path} written")


def quantities(options: dict[str, Any], usual: str = "{}") -> str:
    """The quantities given by --of, or else the work by the chosen convention. Raises ArchcalcError."""
    from archcalc.figures.conventions import DEFAULT, convention

    asked, name = options["of"], options["convention"]
    if asked and name:
        raise ArchcalcError(f"give --of or --convention; with both, write --of {name}")
    return str(asked or usual.format(convention(name).name if name else DEFAULT))


def how(options: dict[str, Any]) -> dict[str, bool]:
    """The options that a writer is given."""
    return {"standalone": True} if options.get("standalone") else {}
