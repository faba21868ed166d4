"""What ends a walk over forms: the next one starts with another step of a knob, or without it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.forms.symbols import Step


class Again(Exception):
    """The walk must start anew, with this step for a knob, or these bounds."""

    def __init__(self, knob: str, step: Step | None = None, bounds: tuple[Any, Any] | None = None) -> None:
        super().__init__(knob)
        self.knob, self.step, self.bounds = knob, step, bounds


class NotCovered(Exception):
    """There is no closed form in these knobs, and why not."""

    def __init__(self, knobs: Iterable[str], why: str) -> None:
        super().__init__(why)
        self.knobs, self.why = tuple(sorted(knobs)), why
