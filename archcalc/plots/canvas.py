"""What all pictures have in common: the file, the style, in print or on a dark slide, and ticks with units.

The colours are those that the colour-blind can tell apart (Okabe and Ito); none says anything alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError, listing, needed
from archcalc.figures.rules import Tally

if TYPE_CHECKING:
    from archcalc.address import Address

SUFFIXES = ("svg", "pdf", "png")
GREY = "#999999"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", GREY)
LIGHTER = {"#0072B2": "#3FA9E8", "#000000": "#FFFFFF"}  # of those that a dark ground swallows
MARKS, DASHES = "osD^vP*X", ("-", "--", "-.", ":")
STYLE = {
    "svg.hashsalt": "archcalc", "svg.fonttype": "none", "pdf.fonttype": 42, "font.size": 10, "axes.grid": True,
    "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "text.parse_math": False,  # a stranger's title is no mathematics
}  # fmt: skip
GROUND, INK = "#15191E", "#E8E8E8"  # of a dark slide
DARK = {
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "legend.facecolor"), GROUND),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("grid.color", "legend.edgecolor"), GREY),
}
WHICH = {"min": " (less is better)", "max": " (more is better)"}
MANY, FEW = 20, 2000  # largest to smallest value, from which on an axis is logarithmic, and has tens alone as ticks


def style(dark: bool = False) -> dict[str, Any]:
    """The settings of matplotlib's for print or for a dark slide; C0, C1 ... are the colours that are seen on it."""
    from matplotlib.rcsetup import cycler

    seen = [LIGHTER.get(colour, colour) for colour in COLOURS] if dark else COLOURS
    return {**STYLE, **(DARK if dark else {}), "axes.prop_cycle": cycler(color=seen)}


def ink() -> str:
    """The colour of text and lines."""
    from matplotlib import rcParams

    return str(rcParams["text.color"])


class Picture(NamedTuple):
    """What is painted on a figure of that many inches: in a notebook it shows itself."""

    paint: Callable[[Any], None]
    size: tuple[float, float] = (6.4, 4.4)
    dark: bool = False

    def written(self, format_: str) -> bytes:
        """The contents of a file: svg, pdf or png. Raises ArchcalcError without matplotlib.

        A character that the font lacks becomes a box, without a warning.
        """
        matplotlib = needed("matplotlib", "a picture", "plot")
        from matplotlib.figure import Figure

        file = BytesIO()
        with matplotlib.rc_context(style(self.dark)), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")
            figure = Figure(figsize=self.size, layout="constrained", dpi=72)  # a pixel is a typographic point
            self.paint(figure)
            figure.savefig(file, format=format_, dpi=200, metadata={"Date": None} if format_ == "svg" else None)
        return file.getvalue()

    def write(self, path: str | PathLike[str]) -> None:
        """Write a .svg, .pdf or .png. Raises ArchcalcError."""
        from archcalc.output import write

        write(Path(path), self.written(format_of(Path(path))))

    def _repr_svg_(self) -> str:
        return self.written("svg").decode()

    def __repr__(self) -> str:
        return "<a picture, which a notebook shows; write('FILE.svg') writes it>"


def format_of(path: Path) -> str:
    """The format that a file's suffix names. Raises ArchcalcError."""
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in SUFFIXES:
        raise ArchcalcError(f"{path}: a picture is written as {listing(f'.{name}' for name in SUFFIXES)}")
    return suffix


def units(unit: str) -> Any:
    """Writes a number as 200M or 1.5GB."""
    from matplotlib.ticker import EngFormatter

    return EngFormatter("B" if unit == "bytes" else "", sep="")


def ticks(axis: Any, values: Sequence[float] = (), unit: str = "") -> None:
    """Round ticks with units, 200M, 500M, 1G; logarithmic where these values are of very different sizes."""
    from matplotlib.ticker import LogLocator, NullFormatter

    if values and min(values) > 0 and max(values) > MANY * min(values):
        (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(subs=(1,) if max(values) > FEW * min(values) else (1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter("{x:g}%" if unit == "%" else units(unit))


def better(asked: Address) -> str:
    """Of an accuracy "max", of a cost "min", of another figure neither."""
    entry = asked.entry
    return "max" if entry.measured else "min" if isinstance(entry.rule, Tally) or entry.unit == "bytes" else ""
