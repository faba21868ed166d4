"""The results of a verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from archcalc.verify.check import Verified
from archcalc.verify.timing import Timed
from archcalc.verify.used import Used


class NotRun(NamedTuple):
    """A part of the verification that was asked for and was not run."""

    label: str
    what: str  # "layers", "torchvision", "time" ...
    reason: str


class Witnessed(NamedTuple):
    """The comparison of a network with a module of a library."""

    label: str
    library: str
    module: str
    origin: str  # whether the library wrote it
    layers: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """All results of one verification."""

    command: str
    environment: dict[str, str]
    verified: tuple[Verified, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    used: tuple[Used, ...] = ()
    timed: tuple[Timed, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """The networks with a difference."""
        results: list[Verified | Witnessed] = [*self.verified, *self.witnessed]
        return tuple(dict.fromkeys(one.label for one in results if one.differences))

    @property
    def status(self) -> int:
        """The exit status: 1 where something differs, else 2 where something was not run, else 0."""
        return 1 if self.failed else 2 if self.not_run else 0


Result: TypeAlias = Verified | Witnessed | Used | Timed | NotRun
