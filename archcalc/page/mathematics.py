"""The closed form of a network's work as MathML, with the domain in which it is exact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from archcalc.closed_forms.formula import EXACT, Formula, formula, pairs
from archcalc.closed_forms.polynomial import Rational
from archcalc.closed_forms.write import GREEK, Style
from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.value import show
from archcalc.model import Model, Reference
from archcalc.report import Report, differs

LONGEST = 5000  # characters of a form and of what its letters stand for, that a page shows
NO_BREAK = "\u00a0"


def mathematics(report: Report) -> dict[str, Any]:
    """What a page shows of the closed form, or a sentence on why it shows none."""
    assert report.spec is not None
    try:
        found = closed_form(report)
    except ArchcalcError as error:
        return {"missing": f"There is no closed form: {error}"}
    if found.closed.unknown:
        return {"missing": f"There is no closed form, since {listing(found.closed.unknown)} cannot be counted."}
    text = "; ".join([found.text(), *found.definitions()])
    if len(text) > LONGEST:
        said = f"The closed form has {len(text):,} characters, which are too many for this page; this command shows it:"
        return {"missing": f"{said} {_command(found, report)}"}
    lines = [found.text(MATHML), *found.definitions(MATHML)]
    return {
        "text": text,
        "lines": [_listed(fromstring(f"<math>{line}</math>")) for line in lines],
        "notes": [*_notes(found)],
        **_domain(found, Model(report.spec)),
    }


def closed_form(report: Report) -> Formula:
    """The closed form of the work in all numbers that do not decide the structure. Raises ArchcalcError."""
    assert report.spec is not None
    model = Model(report.spec)
    words = {name: report.knobs[name] for name, knob in model.knobs.items() if knob.choices}
    found = formula(Reference(model, words), report.work)
    others = {name: report.knobs[name] for name in found.domain.fixed}
    return found if others == found.domain.fixed else formula(Reference(model, words | others), report.work)


def _command(found: Formula, report: Report) -> str:
    assert report.spec is not None
    fixed = {k: v for k, v in found.domain.fixed.items() if differs(v, report.spec.given[k].default)}
    asked = f"{report.network}@{','.join(f'{k}={show(v)}' for k, v in fixed.items())}" if fixed else report.network
    return f"archcalc formula {asked}{f' --of {report.work}' * (report.work != 'mult_adds')}"


def _notes(found: Formula) -> Iterator[str]:
    if conditions := found.conditions():
        yield f"{EXACT} {', and '.join(conditions)}"
    if found.domain.fixed:
        yield f"with {pairs(found.domain.fixed)}"


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


def _words(text: str) -> str:
    """Words in a formula, with spaces that MathML does not drop."""
    return f"<mtext>{escape(text).replace(' ', NO_BREAK)}</mtext>"


class MathML(Style):
    """Elements of MathML as markup; numbers and operators stand between them as they are."""

    times = '<mspace width=".17em"/>'
    signs = {  # noqa: RUF012  # read only, as the base's
        "==": "=", ">=": "≥", "<=": "≤", "!=": "≠", "<": "&lt;", ">": "&gt;",
        "and": _words(" and "), "or": _words(" or "),
        "multiple of": _words(" is a multiple of "), "not a multiple of": _words(" is not a multiple of "),
    }  # fmt: skip
    fences = {"floor": "⌊⌋", "ceil": "⌈⌉"}  # noqa: RUF012

    def name(self, name: str) -> str:
        head, *below = re.findall(r"[^\W\d_]+|\d+", name)
        word = f"<mi>{unescape(f'&{head};') if head in GREEK else head}</mi>"
        index = ",".join(text if text.isdigit() else f"<mi>{text}</mi>" for text in below)
        return f"<msub>{word}<mrow>{index}</mrow></msub>" if below else word

    def power(self, base: str, exponent: object) -> str:
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def brackets(self, text: str) -> str:
        return f"<mrow>({text})</mrow>"

    def ratio(self, top: str, bottom: str, single: bool) -> str:
        return f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>"

    def coefficient(self, c: Rational) -> str:
        return str(c) if isinstance(c, int) else self.ratio(str(c.numerator), str(c.denominator), single=True)

    def call(self, function: str, arguments: Sequence[str]) -> str:
        match function:
            case "power":
                base, exponent = arguments
                return self.power(base if base.isalnum() else self.brackets(base), exponent)
            case "floor" | "ceil":
                return f"<mrow>{arguments[0].join(self.fences[function])}</mrow>"
            case "mod":
                return self.brackets(_words(" mod ").join(arguments))
            case "where":
                condition, yes, no = arguments
                cases = (yes, f"{_words('if ')}{condition}"), (no, _words("otherwise"))
                rows = "".join(f"<mtr><mtd>{value}</mtd><mtd>{when}</mtd></mtr>" for value, when in cases)
                return f"<mrow>{{<mtable>{rows}</mtable></mrow>"
        return f"<mrow><mi>{function}</mi>{self.brackets(', '.join(arguments))}</mrow>"

    def divides(self, divisor: str, word: str, number: str) -> str:
        return f"{divisor}{_words(f' {word} ')}{number}"

    def prose(self, formula: str, words: str) -> str:
        return f"{formula}{_words(f' {words}')}"


MATHML = MathML()


def _listed(element: Element) -> list[Any]:
    """The tag, the attributes, then texts and elements; numbers and operators become elements of their own."""
    if element.tag in ("mi", "mo", "mtext"):
        return [element.tag, {}, element.text]
    inner = [*_tokens(element.text)]
    for child in element:
        inner += [_listed(child), *_tokens(child.tail)]
    return [element.tag, dict(element.attrib), *inner]


def _tokens(text: str | None) -> Iterator[list[Any]]:
    for token in re.findall(r"\d+|[^\d\s]", text or ""):
        yield ["mn" if token.isdigit() else "mo", {}, token.replace("-", "\N{MINUS SIGN}")]
