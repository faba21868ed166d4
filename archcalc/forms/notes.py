"""A formula with its definitions, conditions and values: as lines of text, as LaTeX, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.forms.smooth import Gap
from archcalc.forms.styles import LATEX, PYTHON, TEXT
from archcalc.value import show

if TYPE_CHECKING:
    from archcalc.forms.formula import Formula

WIDE = 90  # characters of a line of LaTeX, after which a sum is broken


EXACT = "exact where"


def notes(formula: Formula) -> Iterator[str]:
    """The lines that are printed below a formula."""
    for definition in formula.definitions():
        yield f"where {definition}"
    own = {name: value for name, value in formula.closed.base.items() if name in formula.free}
    if formula.closed.quotient is None:
        yield f"{formula.title}: not known, since {', '.join(formula.closed.unknown)} cannot be counted"
        return
    at = f" at {pairs(own)}" if own else ""
    yield f"{formula.title}: {for_humans(formula.at())}{at}"
    yield from exact(formula.conditions())
    if formula.domain.fixed:
        yield f"with {pairs(formula.domain.fixed)}"
    if formula.smooth is not None:
        yield f"smooth: {formula.smooth.write(TEXT)}"
        yield from map(_gap, formula.gaps)
    yield from (f"no closed form in {letter}: {why}" for letter, why in formula.closed.left_out.items())


def exact(conditions: Sequence[str]) -> Iterator[str]:
    """The conditions under which a formula is exact, a line each."""
    if conditions:
        yield f"{EXACT} {conditions[0]}"
        yield from (f"        and {condition}" for condition in conditions[1:])


def pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {show(value)}" for name, value in values.items())


def _gap(gap: Gap) -> str:
    where = f"{gap.tried} values of {gap.knob} from {_short(gap.low)} to {_short(gap.high)}"
    usual = f"; at most {_percent(gap.near)} from half to twice its value above" if gap.near != gap.largest else ""
    return f"        differs by at most {_percent(gap.largest)} (at {gap.knob} = {_short(gap.at)}), for {where}{usual}"


def _percent(ratio: Any) -> str:
    return f"{float(100 * ratio):.2g} %" if ratio < 1 else f"{float(100 * ratio):,.0f} %"


def _short(value: Any) -> str:
    return show(value) if isinstance(value, int) else f"{float(value):.4g}"


def for_humans(value: Any) -> str:
    """A number for people: 1,234,567, or 521/4608 = 0.1131."""
    return f"{value:,}" if isinstance(value, int) else f"{value} = {float(value):.4g}"


def as_latex(formula: Formula) -> str:
    """LaTeX for a paper or a slide, which needs amsmath: the formula, its letters, its domain."""
    names = [f"\\text{{{formula.quantity}}}"]
    if len(formula.closed.labels) > 1:
        names = [f"\\text{{{formula.quantity} of {label}}}" for label in formula.closed.labels]
    name = (f"\\frac{{{names[0]}}}{{{names[1]}}}" if len(names) > 1 else names[0]).replace("_", r"\_")
    first, *rest = _broken(formula.text(LATEX))
    lines = [f"{name} &= {first}", *(rf"&\quad {line}" for line in rest)]
    lines += [definition.replace(" = ", " &= ", 1) for definition in formula.definitions(LATEX)]
    lines += [f"&\\quad {condition}" for condition in formula.conditions(LATEX)]
    return "\\begin{align*}\n  " + " \\\\\n  ".join(lines) + "\n\\end{align*}\n"


def _broken(text: str) -> list[str]:
    """A long sum on several lines, broken before plus and minus signs outside brackets."""
    lines, depth = [""], 0
    for word in text.split(" "):
        if depth == 0 and word in "+-" and len(lines[-1]) > WIDE:
            lines.append("")
        depth += word.count(r"\left") - word.count(r"\right") + word.count("{") - word.count("}")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def as_dict(formula: Formula) -> dict[str, Any]:
    """The content as JSON data."""
    known = formula.closed.quotient is not None
    return {
        "quantity": str(formula.quantity),
        "networks": list(formula.closed.labels),
        "free": list(formula.free),
        "formula": formula.text(),
        "where": list(formula.definitions()),
        "latex": formula.latex,
        "sympy": formula.known.write(PYTHON) if known else None,
        "exact_where": formula.conditions(),
        "with": {name: show(value) for name, value in formula.domain.fixed.items()},
        "at": {name: show(value) for name, value in formula.closed.base.items() if name in formula.free},
        "value": _json(formula.at()) if known else None,
        "smooth": formula.smooth.write(TEXT) if formula.smooth else None,
        "differs_by": {gap.knob: float(gap.largest) for gap in formula.gaps},
        "unknown": list(formula.closed.unknown),
    }


def _json(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)
