"""A sweep as a table for people, and as a tidy file written piece by piece. The only import of pyarrow."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TextIO

import numpy as np

from archcalc.core.errors import ArchcalcError, many, needed
from archcalc.output import replacing
from archcalc.output.csv import cell
from archcalc.output.formats import BY_NAME, STREAMED, format_of
from archcalc.output.table import ABSENT, KNOB, WORDS, Table, asked_for, exact
from archcalc.output.table import Column as Heading
from archcalc.sweeps.evaluate import WHY, Chunk, Column, floats_do, knob_columns, knob_kind, reasons
from archcalc.sweeps.ranges import has_words
from archcalc.sweeps.sweep import Sweep
from archcalc.tables import counted

MOST_ROWS = 10_000


def sweep_table(sweep: Sweep, chunks: Iterable[Chunk]) -> Table:
    """A row for each point; a last column says why a network cannot be built, if there is such a point."""
    rows: list[tuple[Any, ...]] = []
    for chunk in chunks:
        points = zip(*(values for _, values in columns(sweep, chunk, lambda value: value)), strict=True)
        rows += [tuple(ABSENT if value is None and row[-1] else value for value in row) for row in points]
        if len(rows) >= MOST_ROWS:
            break
    more, reasons = sweep.points - MOST_ROWS, any(row[-1] for row in rows)
    knobs = [Heading(name, name, WORDS if has_words(axis) else KNOB) for name, axis in sweep.axes.items()]
    figures = [asked_for(asked) for asked in sweep.quantities.values()]
    heads = (*knobs, *figures, *[Heading(WHY, "why not", WORDS)] * reasons)
    notes = [f"{many(more, 'row')} more; -o FILE.parquet or FILE.csv writes them all"] * (more > 0)
    shown = tuple(row if reasons else row[:-1] for row in rows[:MOST_ROWS])
    title = f"{sweep.network.spec.headings['net']}: {many(sweep.points, 'combination')} of {', '.join(sweep.axes)}"
    told = counted(sweep.network, (name for asked in sweep.quantities.values() for name in asked.figures))
    return Table(title, heads, shown, notes=(*notes, *told), name="sweep")


DIGITS = 38  # of the widest integers that most programs can read


def stream_parquet(sweep: Sweep, file: IO[bytes], chunks: Iterable[Chunk]) -> None:
    """Write a row group for each piece. Raises ArchcalcError."""
    needed("pyarrow", "a Parquet file", "sweep")
    writer = _Writer(file)
    for chunk in chunks:
        writer.add(_table(sweep, chunk))
    writer.close()


class _Writer:
    """Appends tables to a file. If one needs a wider type than the tables before it, these are written again."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.writer: Any = None

    def add(self, table: Any) -> None:
        from pyarrow import parquet

        if self.writer is None:
            self.schema = table.schema
            self.writer = parquet.ParquetWriter(self.file, self.schema)
        elif (schema := _wider(self.schema, table.schema)) != self.schema:
            self.widen(schema)
        self.writer.write_table(table.cast(self.schema))

    def widen(self, schema: Any) -> None:
        from pyarrow import parquet

        self.close()
        with TemporaryFile() as copy:
            self.file.seek(0)
            while block := self.file.read(1 << 20):
                copy.write(block)
            self.file.seek(0)
            self.file.truncate()
            self.schema, self.writer = schema, parquet.ParquetWriter(self.file, schema)
            done = parquet.ParquetFile(copy)
            for group in range(done.num_row_groups):
                self.writer.write_table(done.read_row_group(group).cast(schema))

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _wider(a: Any, b: Any) -> Any:
    """A schema wide enough for both."""
    import pyarrow as pa

    return pa.schema([max(pair, key=lambda field: pa.types.is_decimal(field.type)) for pair in zip(a, b, strict=True)])


def _table(sweep: Sweep, chunk: Chunk) -> Any:
    import pyarrow as pa

    arrays = {n: _knob(n, values, knob_kind(sweep.axes[n])) for n, values in knob_columns(sweep, chunk)}
    whole = {name: asked.entry.is_whole for name, asked in sweep.quantities.items()}
    arrays |= {name: _figures(name, column, whole[name]) for name, column in chunk.columns.items()}
    why = chunk.why.reshape(-1)
    words = pa.DictionaryArray.from_arrays(pa.array(why, mask=why < 0), pa.array(chunk.reasons, type=pa.string()))
    return pa.table({**arrays, WHY: words.cast(pa.string())})


def _knob(name: str, values: np.ndarray, kind: type) -> Any:
    """A knob's column; fractions that floats would misrepresent are text."""
    import pyarrow as pa

    is_number = kind in (bool, int, float)
    return _numbers(name, values) if is_number else pa.array([*map(str, values)], type=pa.string())


def _figures(name: str, column: Column, whole: bool) -> Any:
    """A quantity's column; one that may have fractions is of floats."""
    data = column.data.reshape(-1)
    if not whole and not floats_do(data):
        message = f"{name} has a value that a float would round to a whole number"
        raise ArchcalcError(f"{message}; CSV and JSON hold it exactly")
    return _numbers(name, data if whole else data.astype(float), ~column.known.reshape(-1))


def _numbers(name: str, data: np.ndarray, missing: np.ndarray | None = None) -> Any:
    import pyarrow as pa

    if data.dtype != object:
        return pa.array(data, mask=missing)
    if max(map(abs, data)) >= 10**DIGITS:
        raise ArchcalcError(f"{name} has more than {DIGITS} digits; CSV and JSON hold it exactly")
    from decimal import Decimal

    return pa.array(np.array([Decimal(int(n)) for n in data], dtype=object), type=pa.decimal128(DIGITS), mask=missing)


def write(sweep: Sweep, path: Path, chunks: Iterable[Chunk], format_: str | None = None) -> None:
    """Write the file whole or not at all, in the given format or the one its suffix names. Raises ArchcalcError."""
    format_ = format_of(path, format_, STREAMED)
    with replacing(path) as file:
        if BY_NAME[format_].binary:
            stream(sweep, file, format_, chunks)
        else:
            text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            stream(sweep, text, format_, chunks)
            text.detach()


def stream(sweep: Sweep, file: Any, format_: str, chunks: Iterable[Chunk]) -> None:
    """Write in a format while the pieces arrive, text into a file of text."""
    module, _, name = BY_NAME[format_].stream.partition(":")
    getattr(import_module(module), name)(sweep, file, chunks)


def stream_csv(sweep: Sweep, text: TextIO, chunks: Iterable[Chunk]) -> None:
    """Write CSV; unknown is an empty cell."""
    writer = csv.writer(text)
    writer.writerow([*sweep.axes, *sweep.quantities, WHY])
    for chunk in chunks:
        writer.writerows(zip(*(values for _, values in columns(sweep, chunk, _cell)), strict=True))


def _cell(value: Any) -> Any:
    return cell(value, exact(value))


def stream_json(sweep: Sweep, text: TextIO, chunks: Iterable[Chunk]) -> None:
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
