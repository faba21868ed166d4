"""The closed form of a network's work as MathML, with the domain in which it is exact."""

from __future__ import annotations

from html import unescape
from typing import Any
from xml.etree import ElementTree

from archcalc.closed_forms.formula import EXACT, Formula, formula, pairs
from archcalc.closed_forms.write import TEXT
from archcalc.core.errors import ArchcalcError
from archcalc.core.value import show
from archcalc.model import Model, Reference
from archcalc.page.elements import listed
from archcalc.report import Report

LONGEST = 300  # characters of a form; nobody reads a longer one
MARKUP = ("&amp;", "&lt;", "&gt;", "&quot;")  # the only entities that XML itself knows


def mathematics(report: Report) -> dict[str, Any] | None:
    """What a page shows of the closed form; None where there is none, or a long one."""
    assert report.spec is not None
    found = closed_form(report)
    if found is None or len(text := found.known.write(TEXT)) > LONGEST:
        return None
    return {
        "text": text,
        "math": ["math", {}, _tree(found)],
        "notes": _notes(found),
        **_domain(found, Model(report.spec)),
    }


def closed_form(report: Report) -> Formula | None:
    """The closed form of the work in all numbers that do not decide the structure; None where there is none."""
    assert report.spec is not None
    model = Model(report.spec)
    words = {name: report.knobs[name] for name, knob in model.knobs.items() if knob.choices}
    try:
        found = formula(Reference(model, words), report.work)
        others = {name: report.knobs[name] for name in found.domain.fixed}
        return found if others == found.domain.fixed else formula(Reference(model, words | others), report.work)
    except ArchcalcError:
        return None


def _notes(found: Formula) -> list[str]:
    conditions = ", and ".join(found.domain._replace(letters={}).lines(TEXT))
    return [
        *[f"{EXACT} {conditions}"] * bool(conditions),
        *[f"with {pairs(found.domain.fixed)}"] * bool(found.domain.fixed),
    ]


def _domain(found: Formula, model: Model) -> dict[str, Any]:
    """What a page can check: bounds, steps and the other knobs; whether there are conditions beside these."""
    places = {name: i for i, name in enumerate(model.knobs)}
    bounds = []
    for name, (low, high) in found.domain.bounds.items():
        step = found.domain.steps.get(name)
        limits = {"low": low, "high": high, "step": step and step.size, "residue": step and step.residue}
        known = {what: str(limit) for what, limit in limits.items() if limit is not None}
        bounds.append({"knob": places[name], **known})
    fixed = {places[name]: show(value) for name, value in found.domain.fixed.items()}
    return {"bounds": bounds, "fixed": fixed, "more": bool(found.domain.conditions)}


def _tree(found: Formula) -> Any:
    """Elements as lists: the tag, then texts and elements. Text that became markup would be an element here."""
    from sympy.printing.mathml import mathml

    text = mathml(found.expression, printer="presentation", mul_symbol="dot")
    pieces = text.split("&")
    named = [pieces[0], *(_character(piece) for piece in pieces[1:])]
    return listed(ElementTree.fromstring("".join(named)))


def _character(piece: str) -> str:
    """A text that begins within an entity, with its character in place of it unless it is markup."""
    name, _, rest = piece.partition(";")
    entity = f"&{name};"
    return (entity if entity in MARKUP else unescape(entity)) + rest
