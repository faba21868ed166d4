"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from archcalc.verify.check import Verified
from archcalc.verify.timing import Timed
from archcalc.verify.used import Used


class NotRun(NamedTuple):
    """What was asked for and did not happen."""

    label: str
    what: str  # "layers", "torchvision", "time" ...
    reason: str


class Witnessed(NamedTuple):
    """A network against a library's own."""

    label: str
    library: str
    module: str
    origin: str  # whether the library wrote it
    layers: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """All of one verification."""

    command: str
    environment: dict[str, str]
    verified: tuple[Verified, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    used: tuple[Used, ...] = ()
    timed: tuple[Timed, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """What came out different."""
        results: list[Verified | Witnessed] = [*self.verified, *self.witnessed]
        return tuple(dict.fromkeys(one.label for one in results if one.differences))

    @property
    def status(self) -> int:
        """Of the process: 1 where something differs, else 2 where something was not run, else 0."""
        return 1 if self.failed else 2 if self.not_run else 0


Result: TypeAlias = Verified | Witnessed | Used | Timed | NotRun
