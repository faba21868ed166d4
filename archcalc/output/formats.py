"""Every format, each in one place: what it is called, what its files are, and who writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from archcalc.core.errors import ArchcalcError, listing

if TYPE_CHECKING:
    from pathlib import Path


class Format(NamedTuple):
    """A format in which a command can write."""

    name: str
    suffix: str  # of its files; "" of a folder
    module: str = ""  # of archcalc.output, whose render_tables writes any table; "" where there is none
    binary: str = ""  # what a file of it is called that is not text: "a workbook"
    exact: bool = False  # for programs: numbers are never rounded
    bare: bool = False  # data alone: no titles, notes or totals, and one set of columns in a file
    stream: str = ""  # "module:function" that writes a sweep in it piece by piece, however long
    row_bytes: int = 0  # of a column of such a row, about


STREAMS = "archcalc.sweeps.files"
LISTED = (
    Format("table", ".txt", "terminal"),  # the first one is for the screen
    Format("md", ".md", "md"),
    Format("csv", ".csv", "csv", exact=True, bare=True, stream=f"{STREAMS}:stream_csv", row_bytes=9),
    Format("tex", ".tex", "tex"),
    Format("html", ".html", "html"),
    Format("json", ".json", "json", exact=True, stream=f"{STREAMS}:stream_json", row_bytes=24),
    Format("xlsx", ".xlsx", "xlsx", binary="a workbook"),
    Format("parquet", ".parquet", binary="a Parquet file", exact=True, stream=f"{STREAMS}:stream_parquet", row_bytes=4),
    Format("text", ".txt"),  # of formulas, as is the next
    Format("sympy", ".py"),
    Format("svg", ".svg"),  # of drawings, as are the next
    Format("pdf", ".pdf", binary="a PDF"),
    Format("png", ".png", binary="a PNG"),
    Format("mmd", ".mmd"),
    Format("dot", ".dot"),
    Format(FOLDER := "folder", "", binary="a folder"),  # of files in several formats
)
BY_NAME = {one.name: one for one in LISTED}
FORMATS = tuple(one.name for one in LISTED if one.module)  # of any table
BARE = tuple(one.name for one in LISTED if one.bare)
STREAMED = tuple(one.name for one in LISTED if one.stream)


def suffix(format_: str) -> str:
    """The suffix of a format's files; a folder has none."""
    return BY_NAME[format_].suffix


def format_of(path: Path | None, named: str | None = None, formats: Sequence[str] = FORMATS) -> str:
    """The named format, or else the one of the file's suffix, among these formats. Raises ArchcalcError."""
    endings = {suffix(format_): format_ for format_ in formats}
    if named is None and path is not None and path.suffix.lower() not in endings:
        raise ArchcalcError(f"{path}: the suffix decides the format; there are {listing(filter(None, endings))}")
    format_ = named or (endings[path.suffix.lower()] if path else formats[0])
    if format_ not in formats:
        raise ArchcalcError(f"no format {format_!r}; there are {listing(filter(suffix, formats))}")
    if (binary := BY_NAME[format_].binary) and path is None:
        raise ArchcalcError(f"{binary} is not text; give it a file with -o FILE{suffix(format_)}")
    return format_
