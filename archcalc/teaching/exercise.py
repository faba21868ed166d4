"""An exercise sheet: the layers of a network with numbered blanks, a key, and a form for the answers.

Nothing on it gives an answer away: a value asked for appears in no other cell, and if a size is asked for, neither does
a shape with the same number of elements. The network's own input and the arguments of its layers are given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from math import ceil
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, among, listing
from archcalc.core.number import product
from archcalc.core.shape import describe
from archcalc.core.value import exact, show
from archcalc.figures.figure import FIGURES, SPELLINGS
from archcalc.figures.rules import ABSENT, Output, Read, Tally
from archcalc.output.table import COUNT, Table, numbers, of_figure, words
from archcalc.report import Report

ASKABLE = [name for name, figure in FIGURES.items() if isinstance(figure.rule, (Tally, Output, Read))]
LEFT_OUT = "..."
HOW = (
    "Fill in each numbered blank with the exact number, not rounded.",
    "A shape is of one example, in the order channels x height x width.",
    "from: the rows whose outputs are the layer's input.",
    f"{LEFT_OUT} stands where a value would give an answer away.",
)

Cell = tuple[int, str]  # a row of the report, and a figure


class Blank(NamedTuple):
    """A cell to fill in."""

    number: int
    row: int
    figure: str
    answer: Any  # an int, or a shape


class Exercise:
    """A report with blanks in a share of its rows, of these kinds if any are named. Raises ArchcalcError."""

    def __init__(
        self, report: Report, figures: Sequence[str], share: float | Fraction, seed: int, kinds: Sequence[str] = ()
    ) -> None:
        if not 0 < share <= 1:
            raise ArchcalcError(f"the share of the layers must be above 0 and at most 1, not {share}")
        asked = {*map(_figure, figures)}
        self.report, self.columns = report, ["output", *(name for name in FIGURES if name in asked - {"output"})]
        self.figures = [name for name in self.columns if name in asked]
        of = f" --kinds {','.join(kinds)}" if kinds else ""
        self.name = f"{report.label} --blank {','.join(self.figures)}{of} --share {show(exact(share))} --seed {seed}"
        cells = self.open(kinds)
        names = {row: f"{seed} {report.layers[row].name}" for row, _ in cells}
        order = sorted(names, key=lambda row: sha256(names[row].encode()).digest())  # the same in every Python
        rows = {*order[: ceil(exact(share) * len(order))]}
        chosen = [cell for cell in cells if cell[0] in rows]
        self.blanks = [Blank(number, *cell, self.value(*cell)) for number, cell in enumerate(chosen, 1)]
        self.asked = {(blank.row, blank.figure): blank.number for blank in self.blanks}
        self.answers = {blank.answer for blank in self.blanks}
        self.elements = {product(self.value(row, "output")) for row, figure in chosen if _is_size(figure)}

    def value(self, row: int, figure: str) -> Any:
        return self.report.layers[row].figure(figure)

    def open(self, kinds: Sequence[str]) -> list[Cell]:
        """The cells that can be asked for: exact values, except sizes that a layer's own arguments state."""
        cells = [(i, figure) for i in range(len(self.report.layers)) for figure in self.figures]
        told = {(figure, self.value(i, figure)) for i, figure in cells if self.tells(i, figure)}
        there = {row.kind for row in self.report.layers}
        if unknown := [kind for kind in kinds if kind not in there]:
            hint = among(unknown[0], sorted(there))
            raise ArchcalcError(f"{self.report.network} has no layer of kind {unknown[0]!r}{hint}")
        found = [
            (i, figure)
            for i, figure in cells
            if (not kinds or self.report.layers[i].kind in kinds)
            and _is_exact(value := self.value(i, figure))
            and (figure, value) not in told
        ]
        if not found:
            what = f"{listing(self.figures)} of {self.report.network}"
            raise ArchcalcError(f"nothing to ask: {what} is not known exactly, or stands in the layers' own arguments")
        return found

    def tells(self, row: int, figure: str) -> bool:
        """Whether a layer's arguments state its size, as linear(10) does."""
        value = self.value(row, figure)
        shown = describe(value if isinstance(value, tuple) else (value,))
        return _is_size(figure) and shown in re.findall("[0-9]+", self.report.layers[row].text)

    def is_secret(self, value: Any) -> bool:
        """Whether the value gives an answer away."""
        return value in self.answers or (product(value) if isinstance(value, tuple) else value) in self.elements

    def is_given(self, row: int, figure: str) -> bool:
        """Whether a cell's value is shown on the sheet."""
        return (row, figure) not in self.asked and not self.is_secret(self.value(row, figure))

    def cell(self, row: int, figure: str) -> Any:
        """A cell of the sheet: its value, its blank, or dots if the value is left out."""
        if number := self.asked.get((row, figure)):
            return f"({number}) __________"
        return self.value(row, figure) if self.is_given(row, figure) else LEFT_OUT

    def layer(self, row: int) -> tuple[str, str, str, str]:
        """A layer's name, itself with its arguments, where its input comes from, and the input's shape."""
        own, nodes = self.report.layers[row], self.report.graph.nodes
        node = nodes[own.nodes[0]]
        weights = "" if node.shared is None else f", weights of {nodes[node.shared].name}"
        sources = listing(str(i) if i else "input" for i in node.inputs)
        shapes = [LEFT_OUT if i and self.is_secret(nodes[i].shape) else describe(nodes[i].shape) for i in node.inputs]
        return own.name, f"{own.text}{weights}", sources, listing(shapes)

    def sheet(self) -> Table:
        """The sheet that students receive."""
        report = self.report
        rows = [
            (row.nodes[0], *self.layer(i), *(self.cell(i, figure) for figure in self.columns))
            for i, row in enumerate(report.layers)
        ]
        knobs = listing(f"{name} = {show(value)}" for name, value in report.knobs.items())
        notes = [f"knobs: {knobs}", " ".join(HOW), report.sentence(self.figures)]
        count = f"{len(self.blanks)} blank{'s' * (len(self.blanks) > 1)}"
        title = f"{report.title}, input {describe(report.input)}: {count}"
        figures = (of_figure(FIGURES[name]) for name in self.columns)
        said = COUNT._replace(spare=True)  # by the rows that an input comes from
        columns = (*numbers("row"), *words("layer", "kind", "from"), *numbers("input", type=said), *figures)
        return Table(title, columns, tuple(rows), notes=tuple(filter(None, notes)), name="exercise")

    def key(self) -> Table:
        """The answers; marking them gives the full score."""
        rows = [(b.number, FIGURES[b.figure].heading, self.report.layers[b.row].name, b.answer) for b in self.blanks]
        columns = (*numbers("blank"), *words("figure", "layer"), *numbers("answer"))
        return Table(f"{self.report.title}: key", columns, tuple(rows), notes=(f"sheet: {self.name}",), name="key")

    def form(self) -> Table:
        """The form that students fill in; each row names its sheet."""
        rows = [(self.name, blank.number, ABSENT) for blank in self.blanks]
        return Table("answers", (*words("sheet"), *numbers("blank", "answer")), tuple(rows), name="answers")


def _figure(word: str) -> str:
    """A figure that can be asked for. Raises ArchcalcError."""
    name = SPELLINGS.get(word, word)
    if name not in ASKABLE:
        raise ArchcalcError(f"no figure {word!r} to ask for{among(word, ASKABLE)}")
    return name


def _is_size(figure: str) -> bool:
    return isinstance(FIGURES[figure].rule, Output)


def _is_exact(value: Any) -> bool:
    """Whether it is an int, or a shape of ints."""
    return all(type(size) is int for size in (value if isinstance(value, tuple) else (value,)))
