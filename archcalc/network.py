"""The networks of archcalc in Python: load one, and ask for its figures, formulas, sweeps and torch module."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import ArchcalcError, Refusal, listing
from archcalc.language.library import find
from archcalc.language.spec import Knob, Spec
from archcalc.number import broadcast
from archcalc.report import Report, summarize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.derivation.explain import Explanation
    from archcalc.forms.formula import Formula
    from archcalc.solving.solve import Solution
    from archcalc.sweeps.sweep import Sweep
    from archcalc.verify.module import NetworkModule


class Network:
    """A loaded spec. The keyword arguments of its methods are its knobs."""

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

    @property
    def text(self) -> str:
        """The spec as the text of one file: only this network, with the blocks that it uses, without comments."""
        from archcalc.language.writing import written

        return written(self.spec._replace(variants={}))

    def summary(self, **knobs: Any) -> Report:
        """The report at these knob values; the other knobs have their defaults.

        A value is an int, a float (read as the decimal that it prints as), a Fraction, a Decimal, a sympy expression or
        a NumPy array; the same formulas are used for all of these. Raises ArchcalcError where a knob is unknown or its
        value has another type or is out of bounds, and SpecError where the network cannot be built at these values.
        """
        values = {name: self.accept(name, value, single=False) for name, value in knobs.items()}
        if not broadcast(values.values()):
            raise ArchcalcError(f"{self.name}: the arrays for {listing(values)} have shapes that cannot be combined")
        return summarize(self.spec, values)

    def sweep(self, *of: str, **knobs: Any) -> Sweep:
        """Every combination of values of these knobs, given as texts such as "0.25:1.4:0.05", ranges, lists or arrays.

        ``of`` are the quantities, mult_adds and params unless given. Raises ArchcalcError.
        """
        from archcalc.sweeps.sweep import sweep

        return sweep(self, of, knobs)

    def formula(
        self,
        of: str = "mult_adds",
        free: str | Iterable[str] | None = None,
        over: Network | str | None = None,
        tie: str | Iterable[str] | None = None,
        **knobs: Any,
    ) -> Formula:
        """The closed form of a quantity in its free knobs, or of its ratio to that of another network, ``over``.

        ``free`` names knobs; "M=N" ties two to one letter; None frees all numbers that do not decide the structure. The
        other knobs have these values. Each network has its own defaults; the knobs in ``tie`` are the same in both.
        Raises ArchcalcError where there is no closed form.
        """
        from archcalc.forms.formula import formula
        from archcalc.forms.opening import other, words

        return formula(Reference(self, knobs), of, words(free), other(over, knobs, words(tie) or ()))

    def solve(self, *where: str, free: str | Iterable[str], want: str = "", **knobs: Any) -> Solution:
        """The best values of the free knobs that meet constraints such as "mult_adds <= 100M".

        ``free`` is a knob, several ("alpha, rho"), or a mapping to the values to try. Raises ArchcalcError.
        """
        from archcalc.solving.solve import task

        names = free.split(",") if isinstance(free, str) else free
        values = free if isinstance(free, Mapping) else {name.strip(): None for name in names}
        return task(self, values, where, want, **knobs).solution()

    def explain(
        self,
        of: str = "mult_adds",
        over: Network | str | None = None,
        free: str | Iterable[str] | None = None,
        depth: int | None = None,
        tie: str | Iterable[str] | None = None,
        **knobs: Any,
    ) -> Explanation:
        """The worked arithmetic of a figure; with ``over``, what is saved compared with that network, and why.

        ``of`` is mult_adds, params or buffers, or such "of PATH", or "rows of PATH". Each network has its own defaults;
        the knobs in ``tie`` are the same in both. Raises ArchcalcError.
        """
        from archcalc.derivation.explain import explain
        from archcalc.forms.opening import other, words

        return explain(Reference(self, knobs), of, other(over, knobs, words(tie) or ()), words(free), depth)

    def to_torch(self, **knobs: Any) -> NetworkModule:
        """The network as a ``torch.nn.Module`` at these knob values, on torch's default device.

        The layer ``stage1/conv`` is the submodule ``stage1.conv``. Several outputs are a dict by layer. Where the spec
        ends in softmax they are probabilities,  for ``nll_loss(output.log(), labels)``. Raises ArchcalcError where
        torch is missing, or where a layer's work is not declared.
        """
        from archcalc.verify.module import to_module

        return to_module(self.summary(**knobs).graph)

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

    def __repr__(self) -> str:
        return f"<archcalc network {self.name}: {self.spec.headings['net']}>"


def load(reference: str | PathLike[str]) -> Network:
    """A network by its name ("mobilenet_v1") or its file ("./my_net.yaml"). Raises ArchcalcError."""
    if not isinstance(reference, (str, PathLike)):
        raise ArchcalcError(f"a network is loaded by its name or its file, not by a {type(reference).__name__}")
    return Network(find(fspath(reference)))


def names(family: str = "", kind: str = "") -> list[str]:
    """The names of all networks, or of those of a family ("ResNet") or a kind ("network", "block", "detector" ...).

    Raises ArchcalcError where there is no such family or kind.
    """
    from archcalc.language.headings import choose

    return [entry.name for entry in choose(family=family, kind=kind)]


class Reference(NamedTuple):
    """A network with its settings; in a second network, a text may be the name of a letter of the first."""

    network: Network
    settings: dict[str, Any]

    def summary(self, texts: Mapping[str, str]) -> Report:
        """The report at these settings, and at those in ``texts`` for the other knobs. Raises ArchcalcError."""
        accept, values = self.network.accept, {**texts, **self.settings}
        return self.network.summary(**{name: accept(name, value, text=True) for name, value in values.items()})


def reference(text: str) -> Reference:
    """A network from NAME@alpha=0.5,D_K=n, with its settings as texts. Raises ArchcalcError."""
    name, at, settings = text.rpartition("@")
    if not at or "=" not in settings:
        return Reference(load(text), {})
    pairs = [setting.partition("=") for setting in settings.split(",")]
    if not all(knob and value for knob, _, value in pairs):
        raise ArchcalcError(f"{text}: settings are written NAME@alpha=0.5,rho=0.714")
    return Reference(load(name), {knob.strip(): value.strip() for knob, _, value in pairs})
