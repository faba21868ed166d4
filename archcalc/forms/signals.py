"""The exceptions that end an evaluation over forms; another one starts with other steps, or without a free knob."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.forms.symbols import Step


class Restart(Exception):
    """The evaluation must start again, with this step of a knob or with these bounds."""

    def __init__(self, knob: str, step: Step | None = None, bounds: tuple[Any, Any] | None = None) -> None:
        super().__init__(knob)
        self.knob, self.step, self.bounds = knob, step, bounds


class NoClosedForm(Exception):
    """There is no closed form in these knobs; ``why`` says the reason."""

    def __init__(self, knobs: Iterable[str], why: str) -> None:
        super().__init__(why)
        self.knobs, self.why = tuple(sorted(knobs)), why
