"""A sweep as a tidy file, written piece by piece: a row for each point, a column for each knob and quantity."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from archcalc.errors import ArchcalcError, listing
from archcalc.export import replacing
from archcalc.export.csv import FORMULA
from archcalc.sweeps.columns import WHY, knob_columns, reasons
from archcalc.sweeps.evaluate import Chunk, Column

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

FORMATS = ("csv", "json", "parquet")
ROW_BYTES = {"csv": 9, "json": 24, "parquet": 4}  # for each column of a row, about


def format_of(path: Path) -> str:
    """The format that a file's suffix names. Raises ArchcalcError."""
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        known = listing(f".{name}" for name in FORMATS)
        raise ArchcalcError(f"{path}: the suffix decides the format; a sweep is written as {known}")
    return suffix


def write(sweep: Sweep, path: Path, chunks: Iterable[Chunk], format_: str | None = None) -> None:
    """The whole file or nothing, in the format that its suffix names unless given. Raises ArchcalcError."""
    format_ = format_ or format_of(path)
    if format_ == "parquet":
        from archcalc.sweeps.parquet import write_parquet

        write_parquet(sweep, path, chunks)
    else:
        with replacing(path) as file:
            stream(sweep, file, format_, chunks)


def stream(sweep: Sweep, file: IO[bytes], format_: str, chunks: Iterable[Chunk]) -> None:
    """CSV or JSON, as far as the pieces have come."""
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    (_csv if format_ == "csv" else _json)(sweep, text, chunks)
    text.detach()


def _csv(sweep: Sweep, text: TextIOWrapper, chunks: Iterable[Chunk]) -> None:
    """Unknown is an empty cell."""
    writer = csv.writer(text)
    writer.writerow([*sweep.axes, *sweep.quantities, WHY])
    for chunk in chunks:
        writer.writerows(zip(*(_cells(values) for _, values in columns(sweep, chunk)), strict=True))


def _cells(values: list[Any]) -> list[Any]:
    """Words that a spreadsheet would run are quoted, as in any other table."""
    if isinstance(values[0], str):
        words = {word: f"'{word}" for word in set(values) if word.startswith(FORMULA)}
        return [words.get(word, word) for word in values] if words else values
    return [*map(_exact, values)] if Fraction in set(map(type, values)) else values


def _exact(value: Any) -> Any:
    """Of a fraction the float that prints as the same decimal; where there is none, the text 3/7."""
    if not isinstance(value, Fraction):
        return value
    return float(value) if Fraction(str(float(value))) == value else str(value)


def _json(sweep: Sweep, text: TextIOWrapper, chunks: Iterable[Chunk]) -> None:
    """A list of objects, one a line; unknown is null, and why is null where there is a network."""
    before = "[\n"
    for chunk in chunks:
        names, values = zip(*columns(sweep, chunk), strict=True)
        for row in zip(*values, strict=True):
            entry = {k: None if v == "" else v for k, v in zip(names, row, strict=True)}
            text.write(before + json.dumps(entry, default=_exact))
            before = ",\n"
    text.write("\n]\n")


def columns(sweep: Sweep, chunk: Chunk) -> Iterator[tuple[str, list[Any]]]:
    """Python's own numbers, exactly, and words for each column of a piece."""
    for name, values in knob_columns(sweep, chunk, floats=False):
        yield name, values.tolist()
    for name, column in chunk.columns.items():
        yield name, _listed(column)
    yield WHY, reasons(chunk).tolist()


def _listed(column: Column) -> list[Any]:
    data, known = column.data.reshape(-1).tolist(), column.known.reshape(-1)
    return data if known.all() else [value if is_known else None for value, is_known in zip(data, known, strict=True)]
