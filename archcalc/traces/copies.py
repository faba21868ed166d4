"""The copies of a repetition on a sheet: one block of rows for all of them, and a cell with their number."""

from __future__ import annotations

from typing import Any, NoReturn

from archcalc.core.errors import Place, Refusal
from archcalc.core.number import Number, select
from archcalc.traces.spreadsheet import MOST_COPIES
from archcalc.traces.traced import Traced, first_of, place_of, total, value_of, varies


class Settle(Exception):
    """The number of repetitions of the entry at that place must stay fixed."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Copies:
    """The copies from ``first`` on. Cells show the first copy; values that differ are formulas in the copies before."""

    most = MOST_COPIES

    def __init__(self, first: int, times: Traced, before: Any) -> None:
        self.first, self.before = first, before
        self.number = self.count = times - first + 1  # the latter is soon the cell that holds it
        self.last = value_of(times)
        self.done = place_of(times.trace)
        self.index = self.done + first

    @property
    def name(self) -> str:
        """The suffix of the copies' common name: 2..."""
        return f"{self.before + self.first}..."

    def rise(self, before: Any, after: Any) -> Any:
        """The increase of a size by the first copy; if it is 0 now, it must stay 0."""
        after = first_of(after)
        return 0 if value_of(after) == value_of(before) else after - before

    def sum(self, x: Number | None) -> Number:
        """The sum of x over all copies. Raises Refusal if x is unknown, since for no copies the sum would be 0."""
        if x is None:
            raise Refusal("the work of its copies is not known")
        if isinstance(x, int) and x == 0:
            return x
        return select(self.count >= 1, total(self.count, x) if varies(x) else self.count * x, 0)

    def last_of(self, x: Any) -> Any:
        """The value of x for the last copy."""
        raise NotImplementedError(f"{x} of a sheet's last copy")


class Depth:
    """The number of repetitions of the entry at a place, as a formula."""

    def __init__(self, times: Traced, place: Place) -> None:
        self.times, self.place = times, place

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """The copies from number ``first`` on. Raises Refusal if the last ones need rows of their own."""
        if after or not isinstance(before, int):
            raise Refusal("their names would change")
        return Copies(first, self.times, before)

    def reaches(self, number: int) -> bool:
        """Whether there are at least ``number`` repetitions, which must stay true."""
        known = self.times >= number
        return bool(known if isinstance(known, bool) else known.settled)

    def refuse(self, why: str) -> NoReturn:
        """Raises Settle."""
        raise Settle(self.place)
