"""From networks walked over forms to a formula's parts: the quotient and its domain."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from archcalc.address import Address
from archcalc.errors import ArchcalcError, listing, suggest
from archcalc.figures.rules import Read
from archcalc.forms.domain import Domain, tightened, union, with_whole
from archcalc.forms.field import Field
from archcalc.forms.form import knobs_of
from archcalc.forms.quotient import Over, Quotient
from archcalc.forms.ratio import reduced
from archcalc.forms.relation import Relation
from archcalc.forms.signals import NotCovered
from archcalc.forms.translate import Translation
from archcalc.forms.walk import Open, Walk, refusal
from archcalc.protocol import is_int
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
    opens: tuple[Open, ...]  # the networks, with what is set and what is free in each
    left_out: dict[str, str]  # the letters in which there is no closed form, and why

    def point(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """These exact values of the letters, their own for the rest. Raises ArchcalcError."""
        for letter in values:
            if letter not in self.own:
                fixed = self.domain.fixed
                near = suggest(letter, self.own) or f" (its letters: {listing(self.own) or 'none'})"
                state = (
                    f"keeps its value of {show(fixed[letter])} in it"
                    if letter in fixed
                    else f"is no letter of it{near}"
                )
                raise ArchcalcError(f"the formula of {' / '.join(self.labels)}: {letter} {state}")
        given = dict(values)
        for asked in self.opens:
            given |= {letter: asked.accept(letter, value) for letter, value in given.items()}
        return {**self.own, **given}


def closed(of: Address, walks: Sequence[Walk]) -> Closed:
    """The quantity in one walk, or the ratio of two."""
    own = walks[0].asked.start()
    limits = {letter: _meet([w.field.bounds[letter] for w in walks if letter in w.asked.letters]) for letter in own}
    given = [part for w in walks for condition in w.conditions for part in _conjuncts(condition)]
    limits = tightened(limits, map(Translation(_knobs(own, limits)), given))
    translate = Translation(_knobs(own, limits))
    values = [_value(of, w) for w in walks]
    try:
        whole = None if None in values else reduce(operator.truediv, values)
    except ZeroDivisionError:
        raise ArchcalcError(f"there is no ratio to the {of} of {labels(walks)[-1]}: it is 0") from None
    quotient = Quotient(*reduced(translate(whole.top), translate(whole.bottom))) if whole else None
    conditions = {c: None for c in map(translate, given) if isinstance(c, Relation)}  # the others hold for certain
    domain = with_whole(union([_domain(w, limits) for w in walks], conditions))
    used = {knob for part in (*(quotient or ()), *conditions) for knob in knobs_of(part)}
    domain = domain._replace(shown=tuple(letter for letter in own if letter in used or letter in domain.steps))
    return Closed(
        quotient,
        Quotient(whole.top) if whole and len(walks) == 1 and is_int(whole.bottom, 1) else None,
        domain,
        own,
        labels(walks),
        _tied(walks[0]),
        () if whole else tuple(name for w in walks for name in w.report.unknown),
        tuple(w.asked for w in walks),
        {letter: why for w in walks for letter, why in w.left_out.items()},
    )


def _conjuncts(condition: Relation) -> list[Relation]:
    """The conditions that must all hold."""
    if condition.sign == "and" and isinstance(condition.left, Relation) and isinstance(condition.right, Relation):
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def translation(found: Walk) -> Translation:
    """From the steps of one walk to its knobs."""
    own = found.asked.start()
    return Translation(_knobs(own, found.field.bounds))


def _knobs(own: dict[str, Any], limits: Mapping[str, Any]) -> Field:
    knobs = Field(own, limits)
    for letter in own:
        knobs.knob(letter)  # in this order they are written
    return knobs


def _value(of: Address, found: Walk) -> Over | None:
    lengths = [copies.last for node in found.report.graph.nodes for copies in node.copies]
    entries = [term.quantity.entry for term in of.terms if not term.owner.name]
    if lengths and (others := [one.name for one in entries if one.network or isinstance(one.rule, Read)]):
        why = f"{others[0]} is no sum over layers, and theirs is not open"
        raise ArchcalcError(refusal(found.asked, sorted(set().union(*map(knobs_of, lengths))), why))
    try:
        value = of.of(found.report, lambda value: None if value is None else Over(value))
        return value if value is None or isinstance(value, Over) else Over(value)
    except NotCovered as gap:
        raise ArchcalcError(refusal(found.asked, gap.knobs, gap.why)) from None
    except ArchcalcError as error:
        together = "; a formula has one row for all copies of a repetition whose length is free" if lengths else ""
        raise ArchcalcError(f"{error}{together}") from None


def labels(walks: Sequence[Walk]) -> tuple[str, ...]:
    """The networks with their knobs, as the command line takes them: what was set, is tied to a letter, or differs."""
    return tuple(_label(found, walks) for found in walks)


def _label(found: Walk, walks: Sequence[Walk]) -> str:
    asked, start = found.asked, walks[0].asked.start()
    others = [other.asked.values(start) | _fixed(other.asked) for other in walks if other is not found]
    apart = {n for n, v in _fixed(asked).items() if any(n in other and other[n] != v for other in others)}
    shown = {n: v for n, v in _fixed(asked).items() if n in asked.settings or n in apart}
    shown |= {knob: letter for knob, letter in asked.free.items() if knob != letter}
    changed = [f"{name}={show(shown[name])}" for name in asked.network.knobs if name in shown]
    return f"{asked.network.name}@{','.join(changed)}" if changed else asked.network.name


def _fixed(asked: Open) -> dict[str, Any]:
    """The values of the knobs that are not free."""
    return {k: asked.settings.get(k, v.default) for k, v in asked.network.knobs.items() if k not in asked.free}


def _tied(found: Walk) -> str:
    names: dict[str, list[str]] = {}
    for knob, letter in found.asked.free.items():
        names.setdefault(letter, []).append(knob)
    return ", ".join(" = ".join(knobs) for knobs in names.values() if len(knobs) > 1)


def _domain(found: Walk, limits: dict[str, Any]) -> Domain:
    steps = dict(found.field.steps)
    letters = {name: found.field.letter(name, step) for name, step in steps.items()}
    return Domain(limits, steps, (), _fixed(found.asked), letters, ())


def _meet(intervals: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    lows, highs = ([end for end in ends if end is not None] for ends in zip(*intervals, strict=True))
    return max(lows, default=None), min(highs, default=None)
