"""Columns as a data frame. The only import of pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archcalc.core.errors import needed
from archcalc.output.table import ABSENT

if TYPE_CHECKING:
    from archcalc.output.table import Table

INT64, WHOLE = 1 << 63, 1 << 53  # the first integers that int64, and float, do not hold


def frame(columns: Mapping[str, Any]) -> Any:
    """A pandas DataFrame; integers with missing values have pandas's type Int64, fractions are Fractions."""
    pandas = needed("pandas", "a data frame", "sweep")
    return pandas.DataFrame({name: _series(pandas, column) for name, column in columns.items()})


def frame_of(table: Table) -> Any:
    """The rows of a table as a DataFrame, with its values as programs read them. Raises ArchcalcError."""
    rows = table.data()
    names = [column.name for column in table.columns]
    return frame({name: _masked([row[i] for row in rows]) for i, name in enumerate(names)})


def _masked(values: list[Any]) -> Any:
    """The values as an array, in which the unknown and the absent ones are masked."""
    import numpy as np

    missing = [value is None or value == ABSENT for value in values]
    known = [value for value, absent in zip(values, missing, strict=True) if not absent]
    whole = all(isinstance(value, int) and -INT64 <= value < INT64 for value in known)
    close = all(isinstance(value, float) or (isinstance(value, int) and abs(value) < WHOLE) for value in known)
    kind = int if whole else float if close else object
    data = np.array([0 if absent else value for value, absent in zip(values, missing, strict=True)], kind)
    return np.ma.MaskedArray(data, missing) if any(missing) else data


def _series(pandas: Any, array: Any) -> Any:
    import numpy as np

    if not isinstance(array, np.ma.MaskedArray):
        return array
    if array.dtype == np.int64:
        return pandas.arrays.IntegerArray(array.data, np.ma.getmaskarray(array).copy())
    missing: Any = np.nan if array.dtype == float else None
    return np.where(np.ma.getmaskarray(array), missing, array.data)
