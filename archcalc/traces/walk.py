"""The walk of a network over traced numbers, in which a repetition of traced length is walked once for its copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.core.errors import Place, Refusal
from archcalc.core.number import equal
from archcalc.graph.evaluation import Fitter
from archcalc.graph.expand import Expander
from archcalc.graph.graph import Node
from archcalc.graph.induction import Step
from archcalc.spec.model import Item, Spec
from archcalc.spec.names import Run
from archcalc.spec.syntax import Expression
from archcalc.traces.copies import Copies, Depth
from archcalc.traces.traced import Trace, Traced


class TracedFitter(Fitter):
    """A fitter that writes down what must hold for what it has fitted."""

    trace: Trace
    copies: Copies | None = None  # the repetition that is being walked

    def check(self) -> None:
        """Write down what the engine has assumed since the last check."""
        raise NotImplementedError

    def length(self, value: Traced, repeat: Expression) -> Any:
        """The number of repetitions, which must be whole."""
        raise NotImplementedError

    def begin(self, copies: Copies, position: int) -> None:
        """The nodes from here on stand for all copies."""
        raise NotImplementedError

    def above(self, position: int) -> None:
        """What is checked next is checked before the copies whose nodes begin here."""

    def take(self, other: Any) -> None:
        """Go on with what another has written."""
        raise NotImplementedError


class TracedExpander(Expander):
    """The walk with such a fitter. Repetitions are of open length but for those at the ``settled`` places."""

    fitter: TracedFitter

    def __init__(
        self, spec: Spec, knobs: dict[str, Any], fitter: TracedFitter, settled: frozenset[Place] | None
    ) -> None:
        super().__init__(spec, knobs, fitter)
        self.settled = settled

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        value, settled = super().length(repeat, environment), self.settled
        if not isinstance(value, Traced) or settled is None or repeat.place in settled or self.fitter.copies:
            return value
        times = self.fitter.length(value, repeat)
        self.fitter.check()  # what was met so far; the walk of a copy may have to begin again
        return Depth(times, repeat.place)

    def step(self, item: Item, copies: Copies, run: Run, back: int) -> Step:
        try:
            return TracedStep(self, item, copies, run, back)
        except Refusal:
            self.fitter.trace.clear()
            raise

    def fork(self, copies: Copies) -> TracedExpander:
        other = super().fork(copies)
        assert isinstance(other, TracedExpander)
        other.fitter.begin(copies, len(self.nodes))
        return other

    def join(self, fork: Expander) -> None:
        assert isinstance(fork, TracedExpander)
        super().join(fork)
        self.fitter.take(fork.fitter)


class TracedStep(Step):
    """That copies are alike is true of the numbers as they are, and checked for others."""

    def differ(self, a: Any, b: Any) -> bool:
        known = equal(a, b)
        return not (known if isinstance(known, bool) else known.settled)

    def _prove(self, inputs: list[Node], ends: list[Node]) -> None:
        assert isinstance(self.walk, TracedExpander)
        fitter = self.walk.fitter
        fitter.check()
        super()._prove(inputs, ends)
        fitter.above(self.first)
        fitter.check()  # above what is only true of copies that are alike
