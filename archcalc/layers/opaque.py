"""Steps that archcalc cannot count."""

from __future__ import annotations

from typing import Any, ClassVar

from archcalc.core.layer import Kind, Natural, Sizes
from archcalc.core.number import Number
from archcalc.core.shape import Shape


def _not_known(*_: Any, **__: Any) -> None:
    return None


class Opaque(Kind):
    """A step that archcalc cannot count: the shape of its output is declared, and perhaps what it costs.

    Its numbers are unknown unless `params` (all that it stores) or `mult_adds` (of one example) declare them. A total
    that includes an unknown one is shown as "at least" the sum of the others.
    """

    many: ClassVar[bool] = True
    saved_for_backward = "unknown"
    examples: ClassVar = {
        "opaque((300, 4))": ((9, 38, 50), (36, 38, 50)),
        "opaque((8,), params=520, mult_adds=512)": ((64,),),
    }
    output: Sizes
    params: Natural = None
    mult_adds: Natural = None

    def shape(self, *inputs: Shape) -> Shape:
        return self.output

    def learned(self, *inputs: Shape) -> Number | None:
        return self.params

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number | None:
        return self.mult_adds

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return dict.fromkeys(("bias", "normalisation", "activations", "pooling", "elementwise"))

    weights = window = module = _not_known
