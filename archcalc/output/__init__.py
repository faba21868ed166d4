"""Tables in several file formats; the module of a format is imported only when needed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from archcalc.core.errors import ArchcalcError, listing

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.output.table import Table

FORMATS = ("table", "md", "csv", "tex", "html", "json", "xlsx")  # of any table; the first one is for the screen
BARE = ("csv",)  # of data alone: no titles, notes or totals, and one set of columns in a file
BINARY = {"xlsx": "a workbook", "parquet": "a Parquet file", "pdf": "a PDF", "png": "a PNG"}
SUFFIXES = {"table": "txt", "text": "txt", "sympy": "py"}  # of formats whose name is not their suffix


def suffix(format_: str) -> str:
    """The suffix of a format's files."""
    return f".{SUFFIXES.get(format_, format_)}"


def format_of(path: Path | None, named: str | None = None, formats: Sequence[str] = FORMATS) -> str:
    """The named format, or else the one of the file's suffix, among these formats. Raises ArchcalcError."""
    endings = {suffix(format_): format_ for format_ in formats}
    if named is None and path is not None and path.suffix.lower() not in endings:
        raise ArchcalcError(f"{path}: the suffix decides the format; there are {listing(endings)}")
    format_ = named or (endings[path.suffix.lower()] if path else formats[0])
    if format_ not in formats:
        raise ArchcalcError(f"no format {format_!r}; there are {listing(formats)}")
    if format_ in BINARY and path is None:
        raise ArchcalcError(f"{BINARY[format_]} is not text; give it a file with -o FILE{suffix(format_)}")
    return format_


def render_tables(tables: Sequence[Table], format_: str, **how: Any) -> bytes:
    """Tables as the bytes of a file; ``standalone`` makes a LaTeX document instead of a fragment."""
    module = "archcalc.output.terminal" if format_ == "table" else f"archcalc.output.{format_}"
    data: str | bytes = import_module(module).render_tables(tables, **how)
    return data.encode() if isinstance(data, str) else data


def files(tables: Sequence[Table], path: Path, format_: str, **how: Any) -> dict[Path, bytes]:
    """The files to write. Bare data has one set of columns in a file; tables with others go into files beside it."""
    from archcalc.output.table import groups

    parts = groups(tables) if format_ in BARE else [tables]
    paths = [path, *(path.with_stem(f"{path.stem}_{part[0].name}") for part in parts[1:])]
    return {path: render_tables(part, format_, **how) for path, part in zip(paths, parts, strict=True)}


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: an old file is replaced only by a complete one. Raises ArchcalcError."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file to write to, which replaces the file at the end unless an error occurs. Raises ArchcalcError."""
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
    """The permissions of an existing file, else None. Raises OSError or ArchcalcError."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError:
        raise ArchcalcError(f"{str(path)!r} is not the name of a file") from None
    if not stat.S_ISREG(mode):
        raise ArchcalcError(f"{path} is not a file")
    return mode & 0o777
