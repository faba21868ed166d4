"""A walk's restrictions, without those that its figure does not need.

The steps of a knob make its floors vanish; a figure in which the knob does not occur does not need them. And what
decides the structure often decides nothing of the figure: a walk with the opposite decision shows that.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from archcalc.address import Address
from archcalc.errors import ArchcalcError
from archcalc.forms.close import translation
from archcalc.forms.form import knobs_of
from archcalc.forms.relation import Relation
from archcalc.forms.walk import Walk, walk

MOST_DECISIONS = 4  # that are turned over, in all combinations
MOST_CONDITIONS = 3  # that may take the place of a knob's steps


def widened(found: Walk, of: Address) -> Walk:
    """The same walk, or another one that gives the same figure, with fewer restrictions."""
    restricted = {knob for knob, step in found.field.steps.items() if step != (1, 0)}
    restricted = restricted.union(*map(knobs_of, found.field.conditions))
    needless = restricted - knobs_of(of.of(found.report))
    for knob in sorted(needless):
        trial = _again(found, loose=frozenset([knob]))
        if trial and _same(trial, found, of) and len(trial.conditions) <= len(found.conditions) + MOST_CONDITIONS:
            found = trial
    return _without_decisions(found, of)


def _without_decisions(found: Walk, of: Address) -> Walk:
    """Without the decisions that change nothing, whichever way they and those left out before them go."""
    left_out: list[Relation] = []
    for decision in list(found.field.assumed)[:MOST_DECISIONS]:
        turned = [{decision, *others} for n in range(len(left_out) + 1) for others in combinations(left_out, n)]
        if all(_changes_nothing(found, relations, of) for relations in turned):
            left_out.append(decision)
    gone = set(map(str, left_out))
    return found._replace(conditions=tuple(c for c in found.conditions if str(c) not in gone))


def _changes_nothing(found: Walk, turned: set[Relation], of: Address) -> bool:
    """Whether the walk with the opposite of these decisions gives the same figure, where the others hold."""
    trial = _again(found, turned=frozenset(map(str, turned)))
    if trial is None or not _same(trial, found, of):
        return False
    ours, theirs = _keys(found.conditions), _keys(trial.conditions)
    return theirs - _keys(~relation for relation in turned) <= ours - _keys(turned)


def _again(found: Walk, loose: frozenset[str] = frozenset(), turned: frozenset[str] = frozenset()) -> Walk | None:
    """The network walked once more in the same letters; None where it cannot be."""
    steps = {knob: step for knob, step in found.field.steps.items() if knob not in loose}
    try:
        return walk(
            found.asked, found.field.defaults, strict=True, steps=steps, loose=found.field.loose | loose, turned=turned
        )
    except ArchcalcError:
        return None


def _keys(relations: Iterable[Relation]) -> set[str]:
    """The relations of any walk, whichever side of an equation stands first."""
    return {f"{r.sign} {sorted(map(str, (r.left, r.right)))}" if r.sign in ("==", "!=") else str(r) for r in relations}


def _same(a: Walk, b: Walk, of: Address) -> bool:
    return _figure(a, of) == _figure(b, of)


def _figure(found: Walk, of: Address) -> str:
    """The figure in the knobs themselves: each walk has its own letters for their steps."""
    return str(translation(found)(of.of(found.report)))
