"""From networks evaluated over forms to the parts of a formula: the quotient and its domain."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import Any, NamedTuple

from archcalc.address import Address
from archcalc.closed_forms.domain import Domain, meet, tightened, union, with_whole
from archcalc.closed_forms.evaluation import Evaluation, Open, evaluate, refusal
from archcalc.closed_forms.form import knobs_of
from archcalc.closed_forms.quotient import Over, Quotient, reduced
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbol_table import SymbolTable, Translation
from archcalc.closed_forms.symbols import NoClosedForm
from archcalc.core.errors import ArchcalcError, listing, suggest
from archcalc.core.number import is_int
from archcalc.core.value import show
from archcalc.figures.rules import Read
from archcalc.memory.liveness import unknown_inside


class Closed(NamedTuple):
    """A quantity of one network, or the ratio of a quantity in two networks, in closed form."""

    quotient: Quotient | None  # in the knobs; None where the work of a layer is not known
    stepped: Quotient | None  # in the steps of the knobs; None for a ratio
    domain: Domain
    base: dict[str, Any]  # a value of each letter: its default, or what was set
    labels: tuple[str, ...]  # of the networks
    unknown: tuple[str, ...]  # the layers whose work is not known
    opens: tuple[Open, ...]  # each network with its settings and its free knobs
    left_out: dict[str, str]  # the letters in which there is no closed form, and why

    def point(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Exact values of all letters: these, and the base value of each other letter. Raises ArchcalcError."""
        for letter in values:
            if letter not in self.base:
                fixed = self.domain.fixed
                near = suggest(letter, self.base) or f" (its letters: {listing(self.base) or 'none'})"
                state = (
                    f"is fixed at {show(fixed[letter])} in it" if letter in fixed else f"is not a letter of it{near}"
                )
                raise ArchcalcError(f"the formula of {' / '.join(self.labels)}: {letter} {state}")
        given = dict(values)
        for opened in self.opens:
            given |= {letter: opened.accept(letter, value) for letter, value in given.items()}
        return {**self.base, **given}


def closed(of: Address, evaluations: Sequence[Evaluation]) -> Closed:
    """The quantity of one network, or its ratio in two."""
    base = evaluations[0].opened.base()
    limits = {name: meet([e.table.bounds[name] for e in evaluations if name in e.opened.letters]) for name in base}
    given = [part for e in evaluations for condition in e.conditions for part in _conjuncts(condition)]
    limits = tightened(limits, map(Translation(_knobs(base, limits)), given))
    translate = Translation(_knobs(base, limits))
    values = [_value(of, e) for e in evaluations]
    try:
        whole = None if None in values else reduce(operator.truediv, values)
    except ZeroDivisionError:
        raise ArchcalcError(f"there is no ratio to the {of} of {labels(evaluations)[-1]}: it is 0") from None
    quotient = Quotient(*reduced(translate(whole.top), translate(whole.bottom))) if whole else None
    conditions = {c: None for c in map(translate, given) if isinstance(c, Relation)}  # the others always hold
    domain = with_whole(union([_domain(e, limits) for e in evaluations], conditions))
    used = {knob for part in (*(quotient or ()), *conditions) for knob in knobs_of(part)}
    domain = domain._replace(shown=tuple(letter for letter in base if letter in used or letter in domain.steps))
    return Closed(
        quotient,
        Quotient(whole.top) if whole and len(evaluations) == 1 and is_int(whole.bottom, 1) else None,
        domain,
        base,
        labels(evaluations),
        ()
        if whole
        else tuple(name for e in evaluations for name in e.report.unknown or unknown_inside(e.report.graph)),
        tuple(e.opened for e in evaluations),
        {letter: why for e in evaluations for letter, why in e.left_out.items()},
    )


def _conjuncts(condition: Relation) -> list[Relation]:
    """The conditions that are joined by "and"."""
    if condition.sign == "and" and isinstance(condition.left, Relation) and isinstance(condition.right, Relation):
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def translation(evaluation: Evaluation) -> Translation:
    """The translation of the forms of one evaluation from steps of the knobs to the knobs themselves."""
    own = evaluation.opened.base()
    return Translation(_knobs(own, evaluation.table.bounds))


def _knobs(own: dict[str, Any], limits: Mapping[str, Any]) -> SymbolTable:
    knobs = SymbolTable(own, limits)
    for letter in own:
        knobs.knob(letter)  # formulas are written in the order in which symbols are made
    return knobs


def _value(of: Address, evaluation: Evaluation) -> Over | None:
    lengths = [copies.last for node in evaluation.report.graph.nodes for copies in node.copies]
    entries = [term.quantity.entry for term in of.terms if not term.owner.name]
    if lengths and (others := [one.name for one in entries if one.network or isinstance(one.rule, Read)]):
        why = f"{others[0]} is not a sum over layers, so no number of layers can stay free in it"
        raise ArchcalcError(refusal(evaluation.opened, sorted(set().union(*map(knobs_of, lengths))), why))
    try:
        value = of.of(evaluation.report, lambda value: None if value is None else Over(value))
        return value if value is None or isinstance(value, Over) else Over(value)
    except NoClosedForm as error:
        raise ArchcalcError(refusal(evaluation.opened, error.knobs, error.why)) from None
    except ArchcalcError as error:
        together = "; where a repeat count is free, all its repetitions are one row" if lengths else ""
        raise ArchcalcError(f"{error}{together}") from None


def labels(evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
    """The networks as the command line takes them, with the knobs that are set, tied to a letter, or different."""
    return tuple(_label(evaluation, evaluations) for evaluation in evaluations)


def _label(evaluation: Evaluation, evaluations: Sequence[Evaluation]) -> str:
    opened, start = evaluation.opened, evaluations[0].opened.base()
    others = [other.opened.values(start) | _fixed(other.opened) for other in evaluations if other is not evaluation]
    different = {n for n, v in _fixed(opened).items() if any(n in other and other[n] != v for other in others)}
    shown = {n: v for n, v in _fixed(opened).items() if n in opened.settings or n in different}
    shown |= {knob: letter for knob, letter in opened.free.items() if knob != letter}
    changed = [f"{name}={show(shown[name])}" for name in opened.network.knobs if name in shown]
    return f"{opened.network.name}@{','.join(changed)}" if changed else opened.network.name


def _fixed(opened: Open) -> dict[str, Any]:
    """The values of the knobs that are not free."""
    return {k: opened.settings.get(k, v.default) for k, v in opened.network.knobs.items() if k not in opened.free}


def _domain(evaluation: Evaluation, limits: dict[str, Any]) -> Domain:
    steps = dict(evaluation.table.steps)
    letters = {name: evaluation.table.letter(name, step) for name, step in steps.items()}
    return Domain(limits, steps, (), _fixed(evaluation.opened), letters, ())


MOST_DECISIONS = 5  # to try the other way, in all combinations
MOST_CONDITIONS = 3  # that may replace the steps of a knob


def widened(evaluation: Evaluation, of: Address) -> Evaluation:
    """The evaluation, or another one that gives the same figure with fewer restrictions."""
    restricted = {knob for knob, step in evaluation.table.steps.items() if step != (1, 0)}
    restricted = restricted.union(*map(knobs_of, evaluation.table.conditions))
    needless = restricted - knobs_of(of.of(evaluation.report))
    for knob in sorted(needless):
        trial = _again(evaluation, of, stepless=frozenset([knob]))
        if trial and len(trial.conditions) <= len(evaluation.conditions) + MOST_CONDITIONS:
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
    trial = _again(evaluation, of, flipped=frozenset(map(str, flipped)))
    if trial is None:
        return False
    ours, theirs = _keys(evaluation.conditions), _keys(trial.conditions)
    return theirs - _keys(~relation for relation in flipped) <= ours - _keys(flipped)


def _again(
    evaluation: Evaluation, of: Address, stepless: frozenset[str] = frozenset(), flipped: frozenset[str] = frozenset()
) -> Evaluation | None:
    """Evaluate the network again in the same letters; None where that fails, or gives another figure."""
    table, stepless = evaluation.table, evaluation.table.stepless | stepless
    steps = {knob: step for knob, step in table.steps.items() if knob not in stepless}
    try:
        trial = evaluate(evaluation.opened, table.defaults, True, steps, stepless, flipped)
    except ArchcalcError:
        return None
    return trial if _figure(trial, of) == _figure(evaluation, of) else None


def _keys(relations: Iterable[Relation]) -> set[str]:
    """Texts of the relations that are equal in all evaluations, whichever side of an equation is first."""
    return {f"{r.sign} {sorted(map(str, (r.left, r.right)))}" if r.sign in ("==", "!=") else str(r) for r in relations}


def _figure(evaluation: Evaluation, of: Address) -> str:
    """The figure in the knobs themselves, since two evaluations may have different steps."""
    return str(translation(evaluation)(of.of(evaluation.report)))
