"""A sweep as a tidy file, written piece by piece: a row for each point, a column for each knob and quantity."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from archcalc.export import format_of, replacing
from archcalc.export.csv import cell
from archcalc.sweeps.columns import WHY, knob_columns, reasons
from archcalc.sweeps.evaluate import Chunk, Column
from archcalc.tables.grid import exact

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

STREAMED = ("csv", "json", "parquet")
ROW_BYTES = {"csv": 9, "json": 24, "parquet": 4}  # for each column of a row, about


def write(sweep: Sweep, path: Path, chunks: Iterable[Chunk], format_: str | None = None) -> None:
    """Write the file whole or not at all, in the given format or the one its suffix names. Raises ArchcalcError."""
    format_ = format_of(path, format_, STREAMED)
    if format_ == "parquet":
        from archcalc.sweeps.parquet import write_parquet

        write_parquet(sweep, path, chunks)
    else:
        with replacing(path) as file:
            text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            stream(sweep, text, format_, chunks)
            text.detach()


def stream(sweep: Sweep, text: TextIO, format_: str, chunks: Iterable[Chunk]) -> None:
    """Write CSV or JSON while the pieces arrive."""
    (_csv if format_ == "csv" else _json)(sweep, text, chunks)


def _csv(sweep: Sweep, text: TextIO, chunks: Iterable[Chunk]) -> None:
    """Write CSV; unknown is an empty cell."""
    writer = csv.writer(text)
    writer.writerow([*sweep.axes, *sweep.quantities, WHY])
    for chunk in chunks:
        writer.writerows(zip(*(values for _, values in columns(sweep, chunk, _cell)), strict=True))


def _cell(value: Any) -> Any:
    return cell(value, exact(value))


def _json(sweep: Sweep, text: TextIO, chunks: Iterable[Chunk]) -> None:
    """Write a list of objects, one per line; unknown is null, and "why" is null where the network can be built."""
    before = "[\n"
    for chunk in chunks:
        names, values = zip(*columns(sweep, chunk, exact), strict=True)
        for row in zip(*values, strict=True):
            text.write(before + json.dumps({k: None if v == "" else v for k, v in zip(names, row, strict=True)}))
            before = ",\n"
    text.write("\n]\n")


def columns(sweep: Sweep, chunk: Chunk, written: Callable[[Any], Any]) -> Iterator[tuple[str, list[Any]]]:
    """Each column of a piece, its exact numbers and its words converted by ``written``."""
    for name, values in knob_columns(sweep, chunk, written):
        yield name, values.tolist()
    for name, column in chunk.columns.items():
        yield name, _listed(column, written)
    yield WHY, reasons(chunk, written).tolist()


def _listed(column: Column, written: Callable[[Any], Any]) -> list[Any]:
    data, known = column.data.reshape(-1).tolist(), column.known.reshape(-1)
    data = [*map(written, data)] if column.data.dtype == object else data
    return data if known.all() else [value if is_known else None for value, is_known in zip(data, known, strict=True)]
