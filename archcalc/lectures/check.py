"""Each claim recomputed: its exact figure, and the verdict, which follows from how the claim is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import takewhile
from typing import Any, NamedTuple

from archcalc.address import Address, Owner, read
from archcalc.core.value import exact as exactly
from archcalc.lectures.claims import Claim
from archcalc.printed import is_rounded, value_of
from archcalc.published import accuracy
from archcalc.quantity import Quantity
from archcalc.report import Report

AGREES, BY_CONVENTION, WRONG, MISREAD, CITED, UNPRINTED, UNCHECKED = VERDICTS = (
    "agrees",
    "by convention",
    "wrong",
    "misread",
    "cited",
    "not printed",
    "not checked",
)
WORD = re.compile(r"[\w./=,]+|[-+*]")  # of an address


class Checked(NamedTuple):
    """A claim with what archcalc says of it."""

    claim: Claim
    exact: Any  # None where there is no address
    conventions: tuple[str, ...]  # without which the usual count would not give the printed figure
    verdict: str

    @property
    def why(self) -> str:
        """By which convention, why it is wrong or not checked, or whose measurement it is."""
        return "; ".join(self.conventions) or self.claim.reason or self.claim.source


def check(claims: Sequence[Claim], done: Callable[[int], None] = lambda count: None) -> Iterator[Checked]:
    """Recompute claims, each network once; ``done`` is told after each. Raises ArchcalcError."""
    known: dict[str, Owner] = {}
    for claim in claims:
        exact, usual = (_value(address, claim.source, known) for address in (claim.address, claim.usual))
        verdict = _verdict(claim, exact)
        conventions = tuple(_conventions(claim, exact, usual)) if verdict == AGREES else ()
        yield Checked(claim, exact, conventions, BY_CONVENTION if conventions else verdict)
        done(1)


def _value(text: str, source: str, known: dict[str, Owner]) -> Any:
    """The value of an address, its accuracies by that source; None without an address."""

    def recorded(quantity: Quantity, report: Report) -> Any:
        found = accuracy(report, quantity.figure, source) if quantity.entry.measured else quantity.read(report)
        return found if found is None or isinstance(found, (tuple, str)) else exactly(found)

    if not text:
        return None
    found = read(text, alone=True, known=known)[0]
    assert isinstance(found, Address)
    return found.of(None, read=recorded)


def _verdict(claim: Claim, exact: Any) -> str:
    """The verdict, by whatever convention the address counts."""
    if not claim.printed:
        return UNPRINTED
    if not claim.rounding:
        return UNCHECKED
    if not gives(exact, claim.printed, claim.rounding):
        return MISREAD if claim.slide and gives(exact, claim.slide, claim.rounding) else WRONG
    return CITED if claim.source else AGREES


def _conventions(claim: Claim, exact: Any, usual: Any) -> Iterator[str]:
    """What the usual count would have to do as the claim does: another figure or knob, cut digits off, K = 1024."""
    if claim.usual and not gives(usual, claim.printed, claim.rounding):
        yield _difference(claim.address, claim.usual)
    if claim.rounding == "truncated" and not gives(exact, claim.printed, "nearest"):
        yield "truncated"
    if (decimal := claim.printed.replace("i", "")) != claim.printed and not gives(exact, decimal, claim.rounding):
        yield "K = 1024" if claim.printed.endswith("Ki") else "MB = 2^20 bytes"


def _difference(address: str, usual: str) -> str:
    """The words of an address that the usual one has not, between those that both begin and end with."""
    ours, theirs = WORD.findall(address), WORD.findall(usual)
    start = _same(ours, theirs)
    end = _same(ours[start:][::-1], theirs[start:][::-1])
    return " ".join(ours[start : len(ours) - end])


def _same(ours: Sequence[str], theirs: Sequence[str]) -> int:
    return len([*takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False))])


def gives(exact: Any, printed: str, rounding: str) -> bool:
    """Whether an exact figure is printed so, by one of ROUNDINGS; what is unknown gives nothing."""
    return exact is not None and ROUNDINGS[rounding](exact, printed)


def _equal(exact: Any, printed: str) -> bool:
    return _shape(exact) == _sizes(printed) if isinstance(exact, tuple) else bool(exact == value_of(printed)[0])


def _sizes(printed: str) -> tuple[int, ...]:
    return _shape(tuple(map(int, printed.split("x"))))


def _shape(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes as they are compared: features are printed as a map of one position, too."""
    return sizes[:1] if sizes[1:] == (1, 1) else sizes


def _between(exact: Any, printed: str) -> bool:
    low, high = map(Fraction, printed.split("-"))
    return bool(low <= exact <= high)


def _within(percent: int) -> Callable[[Any, str], bool]:
    def close(exact: Any, printed: str) -> bool:
        value, _ = value_of(printed)
        return bool(abs(exact - value) <= value * Fraction(percent, 100))

    return close


ROUNDINGS: dict[str, Callable[[Any, str], bool]] = {
    "exact": _equal,
    "nearest": lambda exact, printed: is_rounded(printed, "nearest", exact),
    "truncated": lambda exact, printed: is_rounded(printed, "truncated", exact),
    "map": lambda exact, printed: bool(exact[1:] == tuple(map(int, printed.split("x")))),  # height and width alone
    "range": _between,
    "within 5%": _within(5),
    "within 10%": _within(10),
}
