"""From networks walked over forms to a formula's parts: the quotient and its domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.forms.domain import Domain, tightened, union
from archcalc.forms.field import Field
from archcalc.forms.form import Form, knobs_of
from archcalc.forms.quotient import Quotient
from archcalc.forms.ratio import reduced
from archcalc.forms.relation import Relation
from archcalc.forms.translate import Translation
from archcalc.forms.walk import Walk, bounds
from archcalc.quantity import Quantity
from archcalc.value import show


class Closed(NamedTuple):
    """A quantity of one network, or of one over another."""

    quotient: Quotient | None  # in the knobs; None where some layer's work is not known
    stepped: Quotient | None  # in the steps of the knobs; None of a ratio
    domain: Domain
    own: dict[str, Any]  # the free knobs' own values
    labels: tuple[str, ...]  # of the networks
    tied: str  # the knobs that are one letter: "M = N = middle"
    unknown: tuple[str, ...]  # the layers whose work is not known


def closed(of: Quantity, walks: Sequence[Walk]) -> Closed:
    """The quantity in one walk, or the ratio of two."""
    own = walks[0].asked.start()
    limits = {letter: _meet([bounds(w.asked, letter) for w in walks if letter in w.asked.letters]) for letter in own}
    given = [part for w in walks for condition in w.conditions for part in _conjuncts(condition)]
    limits = tightened(limits, map(Translation(_knobs(own, limits)), given))
    translate = Translation(_knobs(own, limits))
    sides = [side for w in walks for side in _sides(of, w)] if len(walks) == 1 else [of.of(w.report) for w in walks]
    known = None not in sides
    if len(sides) == 2 and known and not isinstance(sides[1], Form) and sides[1] == 0:
        raise ArchcalcError(f"there is no ratio to the {of.figure} of {_label(walks[-1])}: it is 0")
    quotient = Quotient(*reduced(*map(translate, (*sides, 1)[:2]))) if known else None
    conditions = {c: None for c in map(translate, given) if isinstance(c, Relation)}  # the others hold for certain
    domain = union([_domain(w, limits) for w in walks], conditions)
    used = {knob for part in (*(quotient or ()), *conditions) for knob in knobs_of(part)}
    domain = domain._replace(shown=tuple(letter for letter in own if letter in used or letter in domain.steps))
    return Closed(
        quotient,
        Quotient(*sides) if known and len(sides) == 1 else None,
        domain,
        own,
        tuple(map(_label, walks)),
        _tied(walks[0]),
        () if known else tuple(name for w in walks for name in w.report.unknown),
    )


def _conjuncts(condition: Relation) -> list[Relation]:
    """The conditions that must all hold."""
    if condition.sign == "and" and isinstance(condition.left, Relation) and isinstance(condition.right, Relation):
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def translation(found: Walk) -> Translation:
    """From the steps of one walk to its knobs."""
    own = found.asked.start()
    return Translation(_knobs(own, {letter: bounds(found.asked, letter) for letter in own}))


def _knobs(own: dict[str, Any], limits: dict[str, Any]) -> Field:
    knobs = Field(own, limits)
    for letter in own:
        knobs.knob(letter)  # in this order they are written
    return knobs


def _sides(of: Quantity, found: Walk) -> list[Any]:
    """The quantity; of a share, the part and the whole."""
    whole = [Quantity(of.figure).of(found.report)] if of.share else []
    return [of._replace(share=False).of(found.report), *whole]


def _label(found: Walk) -> str:
    """The network with the knobs that were set, or tied to another's letter, as the command line takes it."""
    asked = found.asked
    tied = {knob: letter for knob, letter in asked.free.items() if knob != letter}
    given = {name: value for name, value in asked.settings.items() if name not in asked.free}
    changed = [f"{name}={show(value)}" for name, value in {**given, **tied}.items()]
    return f"{asked.network.name}@{','.join(changed)}" if changed else asked.network.name


def _tied(found: Walk) -> str:
    names: dict[str, list[str]] = {}
    for knob, letter in found.asked.free.items():
        names.setdefault(letter, []).append(knob)
    return ", ".join(" = ".join(knobs) for knobs in names.values() if len(knobs) > 1)


def _domain(found: Walk, limits: dict[str, Any]) -> Domain:
    asked, steps = found.asked, dict(found.field.steps)
    fixed = {k: asked.settings.get(k, v.default) for k, v in asked.network.knobs.items() if k not in asked.free}
    letters = {name: found.field.letter(name, step) for name, step in steps.items()}
    return Domain(limits, steps, (), fixed, letters, ())


def _meet(intervals: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    lows, highs = ([end for end in ends if end is not None] for ends in zip(*intervals, strict=True))
    return max(lows, default=None), min(highs, default=None)
