"""Parquet files of sweeps of any length. The only import of pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from archcalc.errors import ArchcalcError
from archcalc.export import replacing
from archcalc.needed import needed
from archcalc.sweeps.columns import WHY, floats_do, knob_columns, knob_kind
from archcalc.sweeps.evaluate import Chunk, Column

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Sweep

DIGITS = 38  # of the widest integers that most programs can read


def write_parquet(sweep: Sweep, path: Path, chunks: Iterable[Chunk]) -> None:
    """Write a row group for each piece. Raises ArchcalcError."""
    needed("pyarrow", "a Parquet file", "sweep")
    with replacing(path) as file:
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
    arrays |= {name: _figures(name, column, sweep.quantities[name].is_ratio) for name, column in chunk.columns.items()}
    why = chunk.why.reshape(-1)
    words = pa.DictionaryArray.from_arrays(pa.array(why, mask=why < 0), pa.array(chunk.reasons, type=pa.string()))
    return pa.table({**arrays, WHY: words.cast(pa.string())})


def _knob(name: str, values: np.ndarray, kind: type) -> Any:
    """A knob's column; fractions that floats would misrepresent are text."""
    return _numbers(name, values) if kind in (bool, int, float) else _words(values)


def _words(values: np.ndarray) -> Any:
    import pyarrow as pa

    return pa.array([*map(str, values)], type=pa.string())


def _figures(name: str, column: Column, share: bool) -> Any:
    """A quantity's column; shares are floats."""
    data = column.data.reshape(-1)
    if share and not floats_do(data):
        raise ArchcalcError(
            f"{name} has a value that a float would round to a whole number; CSV and JSON hold it exactly"
        )
    return _numbers(name, data.astype(float) if share else data, ~column.known.reshape(-1))


def _numbers(name: str, data: np.ndarray, missing: np.ndarray | None = None) -> Any:
    import pyarrow as pa

    if data.dtype != object:
        return pa.array(data, mask=missing)
    if max(map(abs, data)) >= 10**DIGITS:
        raise ArchcalcError(f"{name} has more than {DIGITS} digits; CSV and JSON hold it exactly")
    from decimal import Decimal

    return pa.array(np.array([Decimal(int(n)) for n in data], dtype=object), type=pa.decimal128(DIGITS), mask=missing)
