"""The networks of archcalc in Python: load one, and ask for its figures, formulas, sweeps and torch module."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from archcalc.core.errors import ArchcalcError
from archcalc.model import Model, Reference
from archcalc.spec.library import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.closed_forms.formula import Formula
    from archcalc.drawing.drawing import Drawing
    from archcalc.explain.explain import Explanation
    from archcalc.page.html import Frame
    from archcalc.search.solve import Solution
    from archcalc.sweeps.sweep import Sweep
    from archcalc.verify.module import NetworkModule


class Network(Model):
    """A loaded spec. The keyword arguments of its methods are its knobs."""

    @property
    def text(self) -> str:
        """The spec as the text of one file: only this network, with the blocks that it uses, without comments."""
        from archcalc.spec.writing import written

        return written(self.spec._replace(variants={}))

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
        from archcalc.closed_forms.evaluation import other, words
        from archcalc.closed_forms.formula import formula

        return formula(Reference(self, knobs), of, words(free), other(over, knobs, words(tie) or ()))

    def solve(self, *where: str, free: str | Iterable[str], want: str = "", **knobs: Any) -> Solution:
        """The best values of the free knobs that meet constraints such as "mult_adds <= 100M".

        ``free`` is a knob, several ("alpha, rho"), or a mapping to the values to try. Raises ArchcalcError.
        """
        from archcalc.search.solve import task

        names = free.split(",") if isinstance(free, str) else free
        values = free if isinstance(free, Mapping) else {name.strip(): None for name in names}
        fixed = {name: self.accept(name, value) for name, value in knobs.items()}
        return task(self, values, where, want, **fixed).solution()

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
        from archcalc.closed_forms.evaluation import other, words
        from archcalc.explain.explain import explain

        return explain(Reference(self, knobs), of, other(over, knobs, words(tie) or ()), words(free), depth)

    def draw(
        self, depth: int | None = None, figure: str = "", direction: str = "down", fit: str = "", **knobs: Any
    ) -> Drawing:
        """The network as nested boxes: the ``draw`` of its report at these knob values. Raises ArchcalcError."""
        return self.summary(**knobs).draw(depth, figure, direction, fit)

    def to_torch(self, **knobs: Any) -> NetworkModule:
        """The network as a ``torch.nn.Module`` at these knob values, on torch's default device.

        The layer ``stage1/conv`` is the submodule ``stage1.conv``. Several outputs are a dict by layer. Where the spec
        ends in softmax they are probabilities,  for ``nll_loss(output.log(), labels)``. Raises ArchcalcError where
        torch is missing, or where a layer's work is not declared.
        """
        from archcalc.verify.module import to_module

        return to_module(self.summary(**knobs).graph)

    def explore(self, **knobs: Any) -> Frame:
        """The page with sliders of `archcalc page`, for a cell of a notebook; it starts at these knob values.

        Raises ArchcalcError.
        """
        from archcalc.page.html import Frame, page_of, render

        return Frame(render(page_of([self.summary(**knobs)])))

    def __repr__(self) -> str:
        return f"<archcalc network {self.name}: {self.spec.headings['net']}>"


def load(reference: str | PathLike[str]) -> Network:
    """A network by its name ("mobilenet_v1") or its file ("./my_net.yaml"). Raises ArchcalcError."""
    if not isinstance(reference, (str, PathLike)):
        raise ArchcalcError(f"a network is loaded by its name or its file, not by a {type(reference).__name__}")
    return Network(find(fspath(reference)))


def from_torch(module: Any, shape: Sequence[int], name: str = "", dtype: str = "float32") -> Network:
    """A torch module as a network, whose ``text`` is its spec; ``shape`` is that of one example of its input.

    Its forward runs without data, so its weights may be on the meta device. Raises ArchcalcError.
    """
    from archcalc.importers.importing import import_
    from archcalc.importers.torch.graph import read
    from archcalc.importers.torch.module import source

    title = name or type(module).__name__
    found = import_(lambda sizes: read(module, sizes, dtype), tuple(shape), title, source(title))
    return Network(found.spec)


def names(family: str = "", kind: str = "") -> list[str]:
    """The names of all networks, or of those of a family ("ResNet") or a kind ("network", "block", "detector" ...).

    Raises ArchcalcError where there is no such family or kind.
    """
    from archcalc.spec.library import choose

    return [entry.name for entry in choose(family=family, kind=kind)]
