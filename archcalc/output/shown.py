"""What Python shows, frames and writes as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.output.table import Table


class Shown:
    """What is displayed as its tables, in Python's prompt and in a notebook, and written as them."""

    def tables(self) -> Sequence[Table]:
        """The tables; the first one is the data frame."""
        raise NotImplementedError

    def frame(self) -> Any:
        """The first table as a pandas DataFrame, not rounded; unknown values are missing.

        Raises ArchcalcError without pandas.
        """
        from archcalc.output.frame import frame_of

        return frame_of(self.tables()[0])

    def write(self, path: str | PathLike[str]) -> None:
        """Write a file; its suffix decides the format: .txt .md .csv .tex .html .json .xlsx. Raises ArchcalcError."""
        from pathlib import Path

        from archcalc.output import files, format_of, write

        path = Path(path)
        for file, data in files(self.tables(), path, format_of(path)).items():
            write(file, data)

    def __repr__(self) -> str:
        from archcalc.output.terminal import as_text

        return as_text(self.tables())

    def _repr_html_(self) -> str:
        from archcalc.output.html import fragment

        return fragment(self.tables())


def listed(columns: str | Iterable[str]) -> tuple[str, ...]:
    """The names of columns, from "a,b" or from a list."""
    return tuple(word.strip() for word in (columns.split(",") if isinstance(columns, str) else columns))
