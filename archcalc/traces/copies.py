"""The copies of a repetition on a sheet: one block of rows for all of them, and a cell that says how many they are."""

from __future__ import annotations

from typing import Any, NoReturn

from archcalc.errors import Place, Refusal
from archcalc.number import Number, select
from archcalc.traces.spreadsheet import MOST_COPIES
from archcalc.traces.traced import Traced, first_of, place_of, total, value_of, varies


class Settle(Exception):
    """How often the entry at that place is repeated must stay as it is."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Copies:
    """Those from the first on. Cells hold what is true of the first; what differs is a formula in how many are done."""

    most = MOST_COPIES

    def __init__(self, first: int, times: Traced, before: Any) -> None:
        self.first, self.before = first, before
        self.number = self.count = times - first + 1  # the latter is soon the cell that holds it
        self.last = value_of(times)
        self.done = place_of(times.trace)
        self.index = self.done + first

    @property
    def name(self) -> str:
        """What follows on their common name: 2..."""
        return f"{self.before + self.first}..."

    def rise(self, before: Any, after: Any) -> Any:
        """How much larger a size is after the first one; where it is as large now, it must stay so."""
        after = first_of(after)
        return 0 if value_of(after) == value_of(before) else after - before

    def sum(self, x: Number | None) -> Number:
        """What x comes to for all copies. Raises Refusal where it is not known: of none it would be 0."""
        if x is None:
            raise Refusal("the work of its copies is not known")
        if isinstance(x, int) and x == 0:
            return x
        return select(self.count >= 1, total(self.count, x) if varies(x) else self.count * x, 0)

    def last_of(self, x: Any) -> Any:
        """What x is for the last copy."""
        raise NotImplementedError(f"{x} of a sheet's last copy")


class Depth:
    """How often the entry at a place is repeated, as a formula."""

    def __init__(self, times: Traced, place: Place) -> None:
        self.times, self.place = times, place

    def copies(self, first: int, after: int, before: Any) -> Copies:
        """Those from the first of these numbers on. Raises Refusal where the last ones are to be written out."""
        if after or not isinstance(before, int):
            raise Refusal("their names would change")
        return Copies(first, self.times, before)

    def reaches(self, number: int) -> bool:
        """Whether it is so large, and stays so."""
        known = self.times >= number
        return bool(known if isinstance(known, bool) else known.settled)

    def refuse(self, why: str) -> NoReturn:
        """Raises Settle."""
        raise Settle(self.place)
