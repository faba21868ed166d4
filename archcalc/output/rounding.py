"""Numbers rounded for people: a half is rounded up, from the exact value; counts in K, M or G, bytes in MiB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from archcalc.core.bound import AtLeast, lower, within

EXACT, AUTO = "exact", "auto"
PREFIXES = ("", "K", "M", "G")
UNITS = (EXACT, *PREFIXES[1:], AUTO)  # what a reader may choose
MIXED = "as the row says"  # the unit of a column whose rows have different ones
SMALL = ("", "layers", "positions", "FLOPs/byte", "MiB", "%")  # units of numbers that are shown as they are
SIGNIFICANT = 3  # digits of a number in K, M or G; one decimal at least


def half_up(value: Any, decimals: int) -> int:
    """A number that is not negative, times 10 to the power of ``decimals``, rounded to a whole number."""
    scaled: Fraction = Fraction(value) * 10**decimals
    return floor(scaled + Fraction(1, 2))


def fixed(value: Any, digits: int, sign: str = "") -> str:
    """A number with this many decimals; ``sign`` precedes one that is not negative. A bound is never rounded up."""
    if isinstance(value, AtLeast):
        return value.written(lambda bound: fixed(_down(bound, digits), digits, sign))
    if not isinstance(value, (int, float, Fraction)):
        return str(value)
    whole, rest = divmod(half_up(abs(value), digits), 10**digits)
    return f"{'-' if value < 0 else sign}{whole:,}" + (f".{rest:0{digits}}" if digits else "")


def _down(value: Any, decimals: int) -> Any:
    """A plain number rounded down to this many decimals."""
    return Fraction(floor(value * 10**decimals), 10**decimals) if isinstance(value, (int, Fraction)) else value


def significant(value: Any) -> str:
    """A number with three significant digits and one decimal at least: 0.569, 4.09, 15.5, 232.6; only 0 is 0."""
    if not value:
        return "0"
    decimals, size = 1, abs(lower(value))
    while half_up(size, decimals) < 10 ** (SIGNIFICANT - 1):
        decimals += 1
    return fixed(value, decimals)


class Scale(NamedTuple):
    """The unit in which counts are shown; where there are several, the largest one that a number reaches."""

    prefixes: tuple[str, ...]
    base: int = 1000  # 1024 of bytes
    in_cells: bool = False  # whether the unit stands behind each whole number, not in the heading

    def prefix(self, value: Any) -> str:
        """The prefix for a number; "" for one that is shown as it is."""
        return next((one for one in reversed(self.prefixes) if abs(lower(value)) >= self.size(one)), self.prefixes[0])

    def size(self, prefix: str) -> int:
        """What 1 in that unit is."""
        return int(self.base ** PREFIXES.index(prefix))

    def unit(self, prefix: str) -> str:
        """The unit's name: M, or MiB."""
        return prefix if self.base == 1000 else f"{prefix}iB"

    def fits(self, value: Any) -> bool:
        """Whether a value is shown in such a unit: a plain number that reaches one."""
        number = value.value if isinstance(value, AtLeast) else value
        count = isinstance(number, int if self.in_cells else (int, Fraction)) and not isinstance(number, bool)
        return count and bool(self.prefix(value))

    def sizes(self) -> list[str]:
        """What each unit is: "M = 10^6", "MiB = 2^20"."""
        power = (3, 10) if self.base == 1000 else (10, 2)
        return [f"{self.unit(one)} = {power[1]}^{power[0] * PREFIXES.index(one)}" for one in self.prefixes if one]

    def text(self, value: Any) -> str:
        """A number in its unit, rounded."""
        prefix = self.prefix(value)
        number = significant(within(value, lambda count: Fraction(count, self.size(prefix))))
        return f"{number} {self.unit(prefix)}" if self.in_cells else number


def scale_for(units: str, values: Sequence[Any], unit: str) -> Scale | None:
    """The scale for a column with these values; None where they are shown exactly.

    With "auto" it is the largest unit in which at least half of the values that are not 0 are 1 or more.
    """
    if units == EXACT or unit in SMALL:
        return None
    if unit == MIXED:
        return Scale(PREFIXES if units == AUTO else (units,), in_cells=True)
    base = 1024 if unit == "bytes" else 1000
    counts: list[Any] = [value for value in map(lower, values) if isinstance(value, (int, Fraction)) and value]
    sizes = sorted(map(abs, counts))
    middle = sizes[len(sizes) // 2] if sizes else 0
    prefix = Scale(PREFIXES, base).prefix(middle) if units == AUTO else units
    return Scale((prefix,), base) if prefix else None


def sizes(scales: Iterable[Scale]) -> list[str]:
    """A note that says what the units are, the smallest first, and that data is exact; none where there are none."""
    ordered = sorted(scales, key=lambda scale: (scale.base, scale.size(scale.prefixes[-1])))
    found = dict.fromkeys(one for scale in ordered for one in scale.sizes())
    return [f"{', '.join(found)}, rounded; CSV, JSON and the cells of a workbook hold exact numbers"] * bool(found)
