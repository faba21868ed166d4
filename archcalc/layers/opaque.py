"""Steps that archcalc cannot count."""

from __future__ import annotations

from typing import Any, ClassVar

from archcalc.core.layer import Kind, Sizes
from archcalc.core.shape import Shape


def _not_known(*_: Any, **__: Any) -> None:
    return None


class Opaque(Kind):
    """A step that archcalc cannot count: the shape of its output is declared, its weights and its work are unknown.

    Totals that include it are lower bounds, and say so.
    """

    many: ClassVar[bool] = True
    examples: ClassVar = {"opaque((300, 4))": ((9, 38, 50), (36, 38, 50))}
    output: Sizes

    def shape(self, *inputs: Shape) -> Shape:
        return self.output

    weights = mult_adds = window = module = _not_known
