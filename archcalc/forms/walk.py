"""The evaluation of a network over forms, repeated until the steps of its knobs are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine.unfold import Unfolder
from archcalc.errors import ArchcalcError, Refusal, SpecError, listing
from archcalc.forms.field import SymbolTable
from archcalc.forms.form import STRUCTURE
from archcalc.forms.relation import Relation
from archcalc.forms.signals import NoClosedForm, Restart
from archcalc.forms.symbols import Step
from archcalc.gc_paused import gc_paused
from archcalc.language.spec import Knob
from archcalc.language.terms import Expression
from archcalc.model import Model
from archcalc.report import Report, report_of
from archcalc.value import brief

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
                value = self.network.accept(knob, value, text=isinstance(value, str))
                if not isinstance(value, (int, Fraction)):
                    message = f"{letter} = {brief(value)}; a letter of a formula takes one number"
                    raise ArchcalcError(f"{self.network.name}: {message}, and 'archcalc sweep' takes many")
        return value

    def values(self, letters: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the knobs at these values of the letters."""
        return {**self.settings, **{knob: letters[letter] for knob, letter in self.free.items()}}


class FormUnfolder(Unfolder):
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
                report = report_of(FormUnfolder(opened, table).graph(), opened.network.spec)
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
            network.accept(name, network.knobs[name].default if name in network.knobs else 0)
            knob = network.knobs[name]
            if not is_number(knob):
                choices = listing(str(choice).lower() for choice in knob.choices)
                message = f"{network.name}: {name} is one of {choices}, so no formula can be in it"
                raise ArchcalcError(f"{message}; {sweep(network)}")
            found[name] = names[0]
    return found


def bounds(opened: Open, letter: str) -> tuple[Any, Any]:
    """The bounds of a letter; None where there is none."""
    knobs = [opened.network.knobs[knob] for knob, own in opened.free.items() if own == letter]
    lows, highs = [k.least for k in knobs if k.least is not None], [k.most for k in knobs if k.most is not None]
    return max(lows, default=None), min(highs, default=None)


def refusal(opened: Open, letters: Sequence[str], why: str) -> str:
    """The message: why there is no closed form in these letters, and what to write instead."""
    network = opened.network
    knob = next(knob for knob, letter in opened.free.items() if letter in letters)
    most = max(network.knobs[knob].default, 4) // 1
    values = f"--{knob} 1:{most}" if why == STRUCTURE else ""
    how = f"'archcalc sweep {network.name} {values}".rstrip() + "' counts value by value"
    return f"{network.name}: no closed form in {listing(letters)}: {why}; {how}"


def sweep(network: Model) -> str:
    """The end of such a message: the command to use instead."""
    return f"'archcalc sweep {network.name}' counts value by value"
