"""A network with its knobs, and its costs at given values of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, listing
from archcalc.core.number import broadcast
from archcalc.report import Report, summarize
from archcalc.spec.library import find
from archcalc.spec.model import Knob, Spec


class Model:
    """A loaded spec, whose costs can be computed at any values of its knobs."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @property
    def name(self) -> str:
        """The name by which it was loaded."""
        return self.spec.name

    @property
    def knobs(self) -> dict[str, Knob]:
        """The knobs that can be set, by name."""
        return self.spec.given

    def summary(self, **knobs: Any) -> Report:
        """The costs at these knob values; the other knobs have their defaults.

        A value is an int, a float (taken as the decimal it prints as), a Fraction, a Decimal, a sympy expression or a
        NumPy array; all pass through the same formulas. Raises ArchcalcError where a knob is unknown or its value is
        none of these or out of bounds, and SpecError where the network cannot be built at these values.
        """
        values = {name: self.accept(name, value, single=False) for name, value in knobs.items()}
        if not broadcast(values.values()):
            raise ArchcalcError(f"{self.name}: the arrays for {listing(values)} have shapes that cannot be combined")
        return summarize(self.spec, values)

    def accept(self, name: str, value: Any, *, text: bool = False, single: bool = True) -> Any:
        """The exact value of a knob, from Python, or with ``text`` from the command line. Raises ArchcalcError.

        With ``single`` an array or a symbol is refused.
        """
        if name not in self.knobs:
            from archcalc.misnamed import no_knob

            raise ArchcalcError(no_knob(self, name, value))
        try:
            return self.knobs[name].read(value) if text else self.knobs[name].accept(value, single=single)
        except Refusal as refusal:
            raise ArchcalcError(f"{self.name}: {refusal}") from None


class Reference(NamedTuple):
    """A network with its settings as texts; in a second network, a text may be a letter of the first one."""

    network: Model
    settings: dict[str, Any]

    def summary(self, texts: Mapping[str, str]) -> Report:
        """The report at these settings, with ``texts`` for the values of the other knobs. Raises ArchcalcError."""
        accept, values = self.network.accept, {**texts, **self.settings}
        return summarize(self.network.spec, {name: accept(name, value, text=True) for name, value in values.items()})


def reference(text: str) -> Reference:
    """A network from NAME@alpha=0.5,D_K=n, with its settings as texts. Raises ArchcalcError."""
    name, at, settings = text.rpartition("@")
    if not at or "=" not in settings:
        return Reference(Model(find(text)), {})
    pairs = [setting.partition("=") for setting in settings.split(",")]
    if not all(knob and value for knob, _, value in pairs):
        raise ArchcalcError(f"{text}: settings are written NAME@alpha=0.5,rho=0.714")
    return Reference(Model(find(name)), {knob.strip(): value.strip() for knob, _, value in pairs})
