"""An evaluation without the restrictions that its figure does not need.

The steps of a knob make floors vanish; a figure in which the knob does not occur does not need them. And a decision
about the structure often has no effect on the figure: an evaluation with the opposite decision shows that.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from archcalc.address import Address
from archcalc.errors import ArchcalcError
from archcalc.forms.close import translation
from archcalc.forms.form import knobs_of
from archcalc.forms.relation import Relation
from archcalc.forms.walk import Evaluation, evaluate

MOST_DECISIONS = 4  # to try the other way, in all combinations
MOST_CONDITIONS = 3  # that may replace the steps of a knob


def widened(evaluation: Evaluation, of: Address) -> Evaluation:
    """The evaluation, or another one that gives the same figure with fewer restrictions."""
    restricted = {knob for knob, step in evaluation.table.steps.items() if step != (1, 0)}
    restricted = restricted.union(*map(knobs_of, evaluation.table.conditions))
    needless = restricted - knobs_of(of.of(evaluation.report))
    for knob in sorted(needless):
        trial = _again(evaluation, stepless=frozenset([knob]))
        if (
            trial
            and _same(trial, evaluation, of)
            and len(trial.conditions) <= len(evaluation.conditions) + MOST_CONDITIONS
        ):
            evaluation = trial
    return _without_decisions(evaluation, of)


def _without_decisions(evaluation: Evaluation, of: Address) -> Evaluation:
    """Leave out each decision that changes nothing, whichever way it and those left out before it are decided."""
    left_out: list[Relation] = []
    for decision in list(evaluation.table.assumed)[:MOST_DECISIONS]:
        flipped = [{decision, *others} for n in range(len(left_out) + 1) for others in combinations(left_out, n)]
        if all(_changes_nothing(evaluation, relations, of) for relations in flipped):
            left_out.append(decision)
    gone = set(map(str, left_out))
    return evaluation._replace(conditions=tuple(c for c in evaluation.conditions if str(c) not in gone))


def _changes_nothing(evaluation: Evaluation, flipped: set[Relation], of: Address) -> bool:
    """Whether the opposite of these decisions gives the same figure, under the other conditions alone."""
    trial = _again(evaluation, flipped=frozenset(map(str, flipped)))
    if trial is None or not _same(trial, evaluation, of):
        return False
    ours, theirs = _keys(evaluation.conditions), _keys(trial.conditions)
    return theirs - _keys(~relation for relation in flipped) <= ours - _keys(flipped)


def _again(
    evaluation: Evaluation, stepless: frozenset[str] = frozenset(), flipped: frozenset[str] = frozenset()
) -> Evaluation | None:
    """Evaluate the network again in the same letters; None where that fails."""
    table, stepless = evaluation.table, evaluation.table.stepless | stepless
    steps = {knob: step for knob, step in table.steps.items() if knob not in stepless}
    try:
        return evaluate(evaluation.opened, table.defaults, True, steps, stepless, flipped)
    except ArchcalcError:
        return None


def _keys(relations: Iterable[Relation]) -> set[str]:
    """Texts of the relations that are equal in all evaluations, whichever side of an equation is first."""
    return {f"{r.sign} {sorted(map(str, (r.left, r.right)))}" if r.sign in ("==", "!=") else str(r) for r in relations}


def _same(a: Evaluation, b: Evaluation, of: Address) -> bool:
    return _figure(a, of) == _figure(b, of)


def _figure(evaluation: Evaluation, of: Address) -> str:
    """The figure in the knobs themselves, since two evaluations may have different steps."""
    return str(translation(evaluation)(of.of(evaluation.report)))
