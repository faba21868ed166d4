"""Counting conventions: which work of which layers is counted in the number that people quote, with which factors."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.figures.amounts import WORK
from archcalc.figures.rules import EVERY, Factors, Tally, ToolTally
from archcalc.figures.tools import TOOLS, UNKNOWN, Tool


class Convention(NamedTuple):
    """A way to count work."""

    name: str
    heading: str  # of a column
    meaning: str
    tally: Tally


def _convention(name: str, heading: str, meaning: str, factors: Factors) -> Convention:
    """A convention in which the work of an opaque layer is unknown."""
    return Convention(name, heading, meaning, Tally({**factors, "opaque": UNKNOWN}))


DEFAULT = "mult_adds"
LISTED = (
    _convention(DEFAULT, "mult-adds", "Products with weights, each with its addition.", {EVERY: {"products": 1}}),
    _convention("flops", "FLOPs", "Twice the mult-adds: a multiplication and an addition.", {EVERY: {"products": 2}}),
    _convention("with_bias", "mult-adds + biases", "Mult-adds, and an addition for each use of a bias.",
                {EVERY: {"products": 1, "bias": 1}}),
    _convention("connections", "connections", "Links between neurons and to biases, pooling included (LeCun 1998).",
                {EVERY: {"products": 1, "bias": 1, "pooling": 1}, "trainable_pool": {"bias": 1, "pooling": 1}}),
    _convention("all", "operations", "All work: products, biases, normalisation, activations, pooling, element-wise.",
                {EVERY: dict.fromkeys(WORK, 1)}),
)  # fmt: skip


def _of_tool(tool: Tool) -> Convention:
    factors = {kind: chosen for kinds, chosen in tool.factors.items() for kind in kinds.split()}
    return Convention(
        tool.name, f"{tool.heading} ({tool.name})", tool.meaning, ToolTally({**factors, "opaque": UNKNOWN})
    )


CONVENTIONS = {one.name: one for one in (*LISTED, *map(_of_tool, TOOLS))}


def convention(name: str) -> Convention:
    """The convention of this name. Raises ArchcalcError."""
    if name not in CONVENTIONS:
        hint = suggest(name, CONVENTIONS) or f" (there are {listing(CONVENTIONS)})"
        raise ArchcalcError(f"no convention {name!r}{hint}")
    return CONVENTIONS[name]
