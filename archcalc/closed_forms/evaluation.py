"""A network evaluated over forms: what is set, what is left free, and the steps of the free knobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.closed_forms.domain import meet
from archcalc.closed_forms.form import STRUCTURE, knobs_of
from archcalc.closed_forms.relation import Relation
from archcalc.closed_forms.symbol_table import SymbolTable
from archcalc.closed_forms.symbols import NoClosedForm, Restart, Step
from archcalc.core.errors import ArchcalcError, Refusal, SpecError, listing
from archcalc.core.gc_paused import gc_paused
from archcalc.core.value import brief
from archcalc.graph.expand import Expander
from archcalc.model import Model, Reference, reference
from archcalc.report import Report, report_of
from archcalc.spec.model import Knob
from archcalc.spec.syntax import Expression

MOST_EVALUATIONS = 200


class Open(NamedTuple):
    """A network with some knobs set and some left free; several free knobs may be one letter."""

    network: Model
    settings: dict[str, Any]
    free: dict[str, str]  # knob -> letter, in the order of the letters

    @property
    def letters(self) -> list[str]:
        """The letters of its formulas, in order."""
        return list(dict.fromkeys(self.free.values()))

    @property
    def tied(self) -> str:
        """The knobs that stand for one letter: "M = N = middle"."""
        names: dict[str, list[str]] = {}
        for knob, letter in self.free.items():
            names.setdefault(letter, []).append(knob)
        return ", ".join(" = ".join(knobs) for knobs in names.values() if len(knobs) > 1)

    def without(self, letters: Iterable[str]) -> Open:
        """The same network without these free letters; their knobs have their values."""
        gone = set(letters)
        return self._replace(free={knob: letter for knob, letter in self.free.items() if letter not in gone})

    def base(self) -> dict[str, Any]:
        """The base values of the letters: the setting or default of its knob, of several knobs that of the first."""
        found: dict[str, Any] = {}
        for knob, letter in self.free.items():
            found.setdefault(letter, self.settings.get(knob, self.network.knobs[knob].default))
        return found

    def accept(self, letter: str, value: Any) -> Any:
        """The exact value of a letter, which all its knobs must take. Raises ArchcalcError."""
        for knob, own in self.free.items():
            if own == letter:
                value = _accepted(self.network, knob, value)
                if not isinstance(value, (int, Fraction)):
                    message = f"{letter} = {brief(value)}; a letter of a formula takes one number"
                    raise ArchcalcError(f"{self.network.name}: {message}, and 'archcalc sweep' takes many")
        return value

    def values(self, letters: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the knobs at these values of the letters."""
        return {**self.settings, **{knob: letters[letter] for knob, letter in self.free.items()}}


class FormExpander(Expander):
    """The engine, with repeat counts that may be forms."""

    def __init__(self, opened: Open, table: SymbolTable) -> None:
        given = opened.values({name: table.knob(name) for name in opened.letters})
        knobs = opened.network.knobs
        super().__init__(opened.network.spec, {name: given.get(name, knob.default) for name, knob in knobs.items()})
        self.table = table

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        """A repeat count, in which roundings such as ceil(3 d) stay: a step would leave too few values of d."""
        self.table.may_coarsen = False
        try:
            return super().length(repeat, environment)
        finally:
            self.table.may_coarsen = True


class Evaluation(NamedTuple):
    """A network evaluated over forms: its report, its symbol table, and the conditions under which it is exact."""

    opened: Open
    report: Report
    table: SymbolTable
    conditions: tuple[Relation, ...]
    left_out: dict[str, str]  # letter -> why there is no closed form in it, unless it is a repeat count


def evaluate(
    opened: Open,
    start: Mapping[str, Any],
    strict: bool,
    steps: Mapping[str, Step] | None = None,
    stepless: frozenset[str] = frozenset(),
    flipped: frozenset[str] = frozenset(),
) -> Evaluation:
    """Evaluate the network over forms, with the structure that it has at these base values of the letters.

    A knob in which there is no closed form keeps its value; with ``strict`` that is an ArchcalcError instead. ``steps``
    are the first steps to try; the knobs in ``stepless`` never get one; decisions in ``flipped`` go the other way.
    Raises SpecError where the network cannot be built.
    """
    steps, within = dict(steps or {}), dict[str, tuple[Any, Any]]()
    left_out: dict[str, str] = {}
    for _ in range(MOST_EVALUATIONS):
        limits = {letter: within.get(letter) or bounds(opened, letter) for letter in opened.letters}
        table = SymbolTable(start, limits, steps, stepless, flipped, strict)
        try:
            with gc_paused():
                report = report_of(FormExpander(opened, table).graph(), opened.network.spec)
        except Restart as restart:
            steps |= {restart.knob: restart.step} if restart.step else {}
            within |= {restart.knob: restart.bounds} if restart.bounds else {}
            continue
        except NoClosedForm as error:
            knobs, why = error.knobs, error.why
        except SpecError as error:
            opened.network.summary(**opened.values(start))  # raises where the values are wrong even if no knob is free
            knobs, why = tuple(opened.letters), f"the symbolic evaluation stops at {error}"
        except Refusal as error:  # a figure without a known sum over the repetitions
            knobs, why = tuple(opened.letters), str(error)
        else:
            table.may_coarsen = False  # figures are computed later, when no evaluation can start anew
            needed = (a.condition for a in report.assumptions if isinstance(a.condition, Relation))
            return Evaluation(opened, report, table, tuple(dict.fromkeys([*table.conditions, *needed])), left_out)
        if strict:
            raise ArchcalcError(refusal(opened, knobs, why))
        left_out |= dict.fromkeys(knobs, why) if why != STRUCTURE else {}
        opened = opened.without(knobs)
        steps = {name: step for name, step in steps.items() if name in opened.letters}
    raise ArchcalcError(f"no closed form was found in {listing(opened.letters)}; {sweep(opened.network)}")


def is_number(knob: Knob) -> bool:
    """Whether a knob can be left free."""
    return not knob.choices and isinstance(knob.default, (int, Fraction)) and not isinstance(knob.default, bool)


def numbers(network: Model, settings: Mapping[str, Any]) -> dict[str, str]:
    """The knobs that are numbers and are not set, each with its own name as its letter."""
    return {name: name for name, knob in network.knobs.items() if is_number(knob) and name not in settings}


def ties(network: Model, words: Iterable[str]) -> dict[str, str]:
    """Knob -> letter, from words such as "alpha", or "M=N=middle" for several with one letter. Raises ArchcalcError."""
    found: dict[str, str] = {}
    for word in words:
        names = [name.strip() for name in word.split("=")]
        for name in names:
            knob = _knob(network, name)
            if not is_number(knob):
                choices = listing(str(choice).lower() for choice in knob.choices)
                message = f"{network.name}: {name} is one of {choices}, so no formula can be in it"
                raise ArchcalcError(f"{message}; {sweep(network)}")
            found[name] = names[0]
    return found


def _knob(network: Model, name: str) -> Knob:
    """The knob of this name. Raises ArchcalcError, with the knobs that there are."""
    if name not in network.knobs:
        network.accept(name, 0)
    return network.knobs[name]


def bounds(opened: Open, letter: str) -> tuple[Any, Any]:
    """The bounds of a letter; None where there is none."""
    knobs = [opened.network.knobs[knob] for knob, own in opened.free.items() if own == letter]
    return meet([(knob.minimum, knob.maximum) for knob in knobs])


def refusal(opened: Open, letters: Sequence[str], why: str) -> str:
    """The message: why there is no closed form in these letters, and what to write instead."""
    network = opened.network
    knob = next(knob for knob, letter in opened.free.items() if letter in letters)
    most = max(network.knobs[knob].default, 4) // 1
    values = f" --{knob} 1:{most}" if why == STRUCTURE else ""
    return f"{network.name}: no closed form in {listing(letters)}: {why}; {sweep(network, values)}"


def sweep(network: Model, values: str = "") -> str:
    """The end of such a message: the command to use instead."""
    return f"'archcalc sweep {network.name}{values}' counts value by value"


def other(
    over: Model | str | Reference | None, settings: Mapping[str, Any], tie: Iterable[str] = ()
) -> Reference | None:
    """The network to compare with, at its own defaults, except for common settings and knobs tied to the first network.

    Raises ArchcalcError.
    """
    if over is None:
        if tie:
            raise ArchcalcError(f"{listing(tie)}: a knob is tied between two networks; name the other one with --over")
        return None
    asked = reference(over) if isinstance(over, str) else over if isinstance(over, Reference) else Reference(over, {})
    for name in tie:
        _knob(asked.network, name)
    common = {name: value for name, value in settings.items() if name in asked.network.knobs}
    return Reference(asked.network, {**common, **{name: name for name in tie}, **asked.settings})


def words(free: str | Iterable[str] | None) -> list[str] | None:
    """Names of knobs from "alpha,rho" or a sequence of names; None where none are given. Raises ArchcalcError."""
    found = free.split(",") if isinstance(free, str) else free
    if found is None:
        return None
    found = [str(word).strip() for word in found]
    if not all(found):
        how = "free knobs are written alpha,rho, or M=N for two knobs with one letter"
        raise ArchcalcError(f"{','.join(found)!r}: {how}")
    return found


def opened(asked: Reference, free: Iterable[str] | None) -> Open:
    """The network with these knobs free; None frees all numbers that are not set. Raises ArchcalcError.

    A knob that is both free and set is free; the value that was set is its base value.
    """
    network, settings = asked
    own = numbers(network, settings) if free is None else ties(network, free)
    return Open(network, {name: _accepted(network, name, value) for name, value in settings.items()}, own)


def _accepted(network: Model, name: str, value: Any) -> Any:
    """The exact value of a knob, from a Python value or from its text. Raises ArchcalcError."""
    return network.accept(name, value, text=isinstance(value, str))


def opened_over(first: Open, over: Reference, strict: bool) -> Open:
    """The other network in the letters of the first: its knobs of the same names, and its knobs set to a letter.

    With ``strict`` the user asked for these letters; otherwise a knob is free only where both networks have one value.
    """
    network = over.network
    settings = {knob: _named(first, first.free.get(value, value)) for knob, value in over.settings.items()}
    letters = {knob: value for knob, value in settings.items() if isinstance(value, str) and value in first.letters}
    given = {name: _accepted(network, name, value) for name, value in settings.items() if name not in letters}
    same = {name for name, value in given.items() if name in first.settings and value == first.settings[name]}
    start, known = first.base(), network.knobs
    alike = {k for k, v in first.free.items() if k in known and (strict or known[k].default == start[v])}
    shared = {k: v for k, v in first.free.items() if (k in alike and k not in settings) or k in same}
    free = {**shared, **letters}
    ties(network, free)  # raises unless each is a knob and a number
    values = {name: value for name, value in given.items() if name not in free}
    return Open(network, values, free)


def _named(first: Open, value: Any) -> Any:
    """The value of a knob of the first network, where a text is the name of one that is not a letter."""
    knob = first.network.knobs.get(value) if isinstance(value, str) and value not in first.letters else None
    return value if knob is None else first.settings.get(knob.name, knob.default)


def evaluations(asked: Reference, free: Iterable[str] | None, over: Reference | None) -> list[Evaluation]:
    """The network evaluated over forms, and the other one over the same letters. Raises ArchcalcError."""
    first, strict = opened(asked, free), free is not None
    if over is None:
        return [evaluate(first, first.base(), strict)]
    second = opened_over(first, over, strict)
    if not strict:
        alone = (letter for letter in first.letters if letter not in second.letters)
        first = first.without(letter for letter in alone if not _is_size(first, letter))
    own = evaluate(first, first.base(), strict)
    start = own.opened.base()
    second = second.without(set(second.letters) - {*start})
    other = evaluate(second, start, strict)
    if not strict:
        if different := _different(other):
            other = evaluate(other.opened.without(different), start, strict)
        if gone := {*second.letters} - {*other.opened.letters} - different:
            own = evaluate(own.opened.without(gone), start, strict)
    return [own, other]


def _is_size(asked: Open, knob: str) -> bool:
    """Whether the knob is a size rather than a multiplier, which is 1 by default."""
    value = asked.network.knobs[knob].default
    return isinstance(value, int) and value > 1


def _different(found: Evaluation) -> set[str]:
    """The letters whose default in the other network would decide its structure in another way."""
    own = {letter: found.opened.network.knobs[knob].default for knob, letter in found.opened.free.items()}
    return {letter for c in found.conditions if not c.at(own) for letter in knobs_of(c)}
