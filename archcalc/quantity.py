"""What can be asked of a report by name: "mult_adds", "params of dense1", "rows of stem", "share of body2/dw".

    quantity("params of dense1").of(report)  -> the number; None where a layer's work is not known
    quantity("weight_bytes").unit            -> "bytes"

A quantity is one number of any type the engine runs over: an int, a Fraction, a sympy expression, an array.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from archcalc.engine.cost import total
from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.language.spec import SHAPE_WORDS
from archcalc.memory.footprint import memory
from archcalc.memory.liveness import forward, highest, roots, sizes
from archcalc.number import Number, exact_div, product
from archcalc.report import BYTES, Report, Row

COUNTS = {"mult_adds": "mult-adds", "params": "params", "buffers": "buffers"}  # add up over layers
SIZES = {"elements": "elements", **dict.fromkeys(SHAPE_WORDS, "")}  # of an output
WEIGHTS = "weight_bytes"  # learned parameters in float32
MEMORY: dict[str, Callable[[Report], Number | None]] = {  # in float32, for one example; see archcalc.memory.footprint
    "activation_bytes": lambda report: BYTES * sum(sizes(report.graph, roots(report.graph))[1:]),
    "peak_bytes": lambda report: BYTES * highest(forward(report.graph))[0],
    "inference_bytes": lambda report: _inference(report),
    "training_bytes": lambda report: memory(report).training,
}
FIGURES = (*COUNTS, *SIZES, WEIGHTS, *MEMORY)
SHARE = "share"
SPELLINGS = {"macs": "mult_adds", "mult-adds": "mult_adds", "parameters": "params", "memory": "inference_bytes"}


class Quantity(NamedTuple):
    """A figure of a network, of a block or of a layer; or the share that the block or layer has in the network's."""

    figure: str  # one of FIGURES
    path: str = ""  # "" is the whole network; sizes are those of its last output
    share: bool = False

    @property
    def unit(self) -> str:
        """What it counts: "mult-adds", "params", "buffers", "elements" or "bytes"; "" of a size or a share."""
        if self.share:
            return ""
        return COUNTS.get(self.figure) or SIZES.get(self.figure, "bytes")

    def of(self, report: Report) -> Number | None:
        """Its value; None where a layer's work is not known. Raises ArchcalcError where there is no such layer."""
        if self.share:
            part, whole = self._replace(share=False).of(report), Quantity(self.figure).of(report)
            return ratio(part, whole, f"{self.figure} of {report.network}")
        if self.figure in MEMORY:
            return MEMORY[self.figure](report)
        if self.figure in SIZES:
            return self._size(report)
        return self._count(rows_of(report, self.path))

    def _count(self, rows: tuple[Row, ...]) -> Number | None:
        figure = "params" if self.figure == WEIGHTS else self.figure
        count: Number | None = getattr(total(row.cost for row in rows), figure)
        return count if count is None or self.figure != WEIGHTS else BYTES * count

    def _size(self, report: Report) -> Number:
        rows = () if self.path == "input" else rows_of(report, self.path)
        shape = (rows[-1].output if rows else report.input) or ()
        if self.figure == "elements":
            return product(shape)
        axis = SHAPE_WORDS.index(self.figure)
        if axis >= len(shape):
            raise ArchcalcError(f"{report.network}: {self.path or 'the output'} has no {self.figure}, only features")
        return shape[axis]

    def __str__(self) -> str:
        """As `quantity` reads it."""
        figure = f"{SHARE} of {self.figure}" if self.share else self.figure
        return f"{figure} of {self.path}" if self.path else figure


def quantity(text: str) -> Quantity:
    """The quantity that a text names: FIGURE, FIGURE of PATH, share of PATH, share of FIGURE of PATH.

    Whether the network has such a path shows when the quantity is asked for. Raises ArchcalcError.
    """
    figure, *rest = re.split(r"\s+of\s+", text.strip())
    share = figure == SHARE
    if share:
        known = len(rest) == 2
        figure, rest = (rest[0], rest[1:]) if known else ("mult_adds", rest)
        if len(rest) != 1:
            raise ArchcalcError(f"{text!r}: a share is written 'share of PATH' or 'share of params of PATH'")
    figure = SPELLINGS.get(figure, figure)
    if figure not in FIGURES or len(rest) > 1:
        hint = suggest(figure, FIGURES) or f" (there are {listing((*FIGURES, SHARE))}, each 'of PATH' if you like)"
        raise ArchcalcError(f"no quantity {text!r}{hint}")
    if figure in MEMORY and rest:
        raise ArchcalcError(f"{figure} is the whole network's; of a layer there are {listing((*COUNTS, WEIGHTS))}")
    return Quantity(figure, rest[0].strip("/") if rest else "", share)


def _inference(report: Report) -> Number | None:
    """Weights, buffers and the activations at the peak."""
    params, buffers = report.totals.params, report.totals.buffers
    return None if params is None or buffers is None else BYTES * (params + buffers) + MEMORY["peak_bytes"](report)


def ratio(part: Number | None, whole: Number | None, what: str) -> Number | None:
    """part / whole, exactly; None where either is not known. Raises ArchcalcError where the whole is 0."""
    if part is None or whole is None:
        return None
    if isinstance(whole, int) and whole == 0:
        raise ArchcalcError(f"there is no ratio to the {what}: it is 0")
    return exact_div(part, whole)


def rows_of(report: Report, path: str) -> tuple[Row, ...]:
    """The rows of a layer, or of the layers in a block; of "" all. Raises ArchcalcError."""
    if not path:
        return report.layers
    found = tuple(row for row in report.layers if row.name == path or row.name.startswith(f"{path}/"))
    if not found:
        names = [row.name for row in report.layers]
        parts = {"/".join(name.split("/")[:depth]): None for name in names for depth in range(1, name.count("/") + 2)}
        raise ArchcalcError(f"{report.network} has no layer {path!r}{suggest(path, parts) or NO_LAYER}")
    return found


NO_LAYER = "; 'archcalc summary NETWORK' shows them all"
