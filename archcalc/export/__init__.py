"""Tables in the formats that people work in; the module of a format is loaded when it is asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO

from archcalc.errors import ArchcalcError, listing
from archcalc.report import Report
from archcalc.tables.grid import Table
from archcalc.tables.layout import Choice, summary_table, totals_table

FORMATS = ("table", "md", "csv", "tex", "html", "json", "xlsx")


def format_of(path: Path) -> str:
    """The format that a file's suffix names. Raises ArchcalcError."""
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in FORMATS[1:]:
        raise ArchcalcError(f"{path}: the suffix decides the format; there are {listing(f'.{f}' for f in FORMATS[1:])}")
    return suffix


def render(reports: Sequence[Report], format_: str, choice: Choice) -> bytes:
    """The reports as a file of that format holds them."""
    module = import_module(f"archcalc.export.{format_}")
    if hasattr(module, "render_reports"):
        data: bytes | str = module.render_reports(reports, choice)
    else:
        overview = [totals_table(reports)] if len(reports) > 1 else []
        data = module.render_tables([*overview, *(summary_table(report, choice) for report in reports)])
    return data.encode() if isinstance(data, str) else data


def render_tables(tables: Sequence[Table], format_: str) -> bytes:
    """Tables that are not reports, as a file of that format holds them. Raises ArchcalcError."""
    module = import_module(f"archcalc.export.{format_}")
    if not hasattr(module, "render_tables"):
        raise ArchcalcError(f"this cannot be written as {format_}")
    data: str = module.render_tables(tables)
    return data.encode()


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there stays until the new file is complete. Raises ArchcalcError."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which takes the place of that one at the end if nothing went wrong. Raises ArchcalcError."""
    temporary = ""
    try:
        mode, target = _mode(path), os.path.realpath(path)
        temporary = os.path.join(os.path.dirname(target), f".archcalc-{os.urandom(8).hex()}")  # known before it is made
        with open(temporary, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except OSError as error:
        raise ArchcalcError(f"{path}: {(error.strerror or str(error)).lower()}; nothing was written") from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _mode(path: Path) -> int | None:
    """The permissions of the file that is there; None where there is none. Raises OSError or ArchcalcError."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError:
        raise ArchcalcError(f"{str(path)!r} is not the name of a file") from None
    if not stat.S_ISREG(mode):
        raise ArchcalcError(f"{path} is not a file")
    return mode & 0o777
