"""Tables in several file formats; the module of a format is imported only when needed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from archcalc.core.errors import ArchcalcError
from archcalc.output.formats import BARE as BARE
from archcalc.output.formats import BY_NAME
from archcalc.output.formats import FOLDER as FOLDER
from archcalc.output.formats import FORMATS as FORMATS
from archcalc.output.formats import format_of as format_of
from archcalc.output.formats import suffix as suffix

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.output.table import Table


def render_tables(tables: Sequence[Table], format_: str, **how: Any) -> bytes:
    """Tables as the bytes of a file; ``standalone`` makes a LaTeX document instead of a fragment."""
    module = import_module(f"archcalc.output.{BY_NAME[format_].module}")
    data: str | bytes = module.render_tables(tables, **how)
    return data.encode() if isinstance(data, str) else data


def files(tables: Sequence[Table], path: Path, format_: str, **how: Any) -> dict[Path, bytes]:
    """The files to write. Bare data has one set of columns in a file; tables with others go into files beside it."""
    from archcalc.output.table import groups

    parts = groups(tables) if BY_NAME[format_].bare else [tables]
    paths = [path, *(path.with_stem(f"{path.stem}_{part[0].name}") for part in parts[1:])]
    return {path: render_tables(part, format_, **how) for path, part in zip(paths, parts, strict=True)}


def folder_for(folder: Path) -> Path:
    """The folder, created if necessary, so that a wrong one is refused before anything runs. Raises ArchcalcError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ArchcalcError(f"{folder}: permission denied")
    return folder


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
