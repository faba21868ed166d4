"""A network walked over forms, as often as it takes to find the steps of its knobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine.unfold import Unfolder
from archcalc.errors import ArchcalcError, Refusal, SpecError, listing
from archcalc.forms.field import Field
from archcalc.forms.form import STRUCTURE
from archcalc.forms.relation import Relation
from archcalc.forms.signals import Again, NotCovered
from archcalc.forms.symbols import Step
from archcalc.gc_paused import gc_paused
from archcalc.language.spec import Knob
from archcalc.language.terms import Expression
from archcalc.network import Network
from archcalc.report import Report, report_of
from archcalc.value import brief

MOST_WALKS = 200


class Open(NamedTuple):
    """A network with some knobs set and some left free; several free ones may be one letter."""

    network: Network
    settings: dict[str, Any]
    free: dict[str, str]  # knob -> letter, in the order of the letters

    @property
    def letters(self) -> list[str]:
        """The letters of a formula."""
        return list(dict.fromkeys(self.free.values()))

    def without(self, letters: Iterable[str]) -> Open:
        """The same with these knobs at their defaults."""
        gone = set(letters)
        return self._replace(free={knob: letter for knob, letter in self.free.items() if letter not in gone})

    def start(self) -> dict[str, Any]:
        """The letters' own values: the defaults of the knobs, of several the first one's."""
        found: dict[str, Any] = {}
        for knob, letter in self.free.items():
            found.setdefault(letter, self.settings.get(knob, self.network.knobs[knob].default))
        return found

    def accept(self, letter: str, value: Any) -> Any:
        """The exact value of a letter, one that all its knobs take. Raises ArchcalcError."""
        for knob, own in self.free.items():
            if own == letter:
                value = self.network.accept(knob, value, text=isinstance(value, str))
                if not isinstance(value, (int, Fraction)):
                    message = f"{letter} = {brief(value)}; a letter of a formula takes one number"
                    raise ArchcalcError(f"{self.network.name}: {message}, and 'archcalc sweep' takes many")
        return value

    def values(self, letters: Mapping[str, Any]) -> dict[str, Any]:
        """The knobs at these values of the letters."""
        return {**self.settings, **{knob: letters[letter] for knob, letter in self.free.items()}}


class FormUnfolder(Unfolder):
    """The engine's walk, where a repetition may be as long as a form says."""

    def __init__(self, asked: Open, field: Field) -> None:
        given = asked.values({name: field.knob(name) for name in asked.letters})
        knobs = asked.network.knobs
        super().__init__(asked.network.spec, {name: given.get(name, knob.default) for name, knob in knobs.items()})
        self.field = field

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        """A rounding in it stays, ceil(3 d): a step would leave few values of d."""
        self.field.rounds = False
        try:
            return super().length(repeat, environment)
        finally:
            self.field.rounds = True


class Walk(NamedTuple):
    """A network over forms: the report, its symbols, and what must hold for it."""

    asked: Open
    report: Report
    field: Field
    conditions: tuple[Relation, ...]
    left_out: dict[str, str]  # letter -> why there is no closed form in it; how often layers repeat needs no word


def walk(
    asked: Open,
    start: Mapping[str, Any],
    strict: bool,
    steps: Mapping[str, Step] | None = None,
    loose: frozenset[str] = frozenset(),
    turned: frozenset[str] = frozenset(),
) -> Walk:
    """The network over forms, near these values of the letters.

    A knob in which there is no closed form keeps its value; with ``strict`` that is an ArchcalcError instead. The walk
    starts with these ``steps``; the knobs in ``loose`` never get one; decisions in ``turned`` go the other way.
    Raises SpecError where the network cannot be built.
    """
    steps, within = dict(steps or {}), dict[str, tuple[Any, Any]]()
    left_out: dict[str, str] = {}
    for _ in range(MOST_WALKS):
        limits = {letter: within.get(letter) or bounds(asked, letter) for letter in asked.letters}
        field = Field(start, limits, steps, loose, turned, strict)
        try:
            with gc_paused():
                report = report_of(FormUnfolder(asked, field).graph(), asked.network.spec)
        except Again as again:
            steps |= {again.knob: again.step} if again.step else {}
            within |= {again.knob: again.bounds} if again.bounds else {}
            continue
        except NotCovered as gap:
            knobs, why = gap.knobs, gap.why
        except SpecError as error:
            asked.network.summary(**asked.values(start))  # an error of the values, not of the knobs' being free
            knobs, why = tuple(asked.letters), f"the symbolic pass stops at {error}"
        except Refusal as gap:  # a figure that no sum over copies is known of
            knobs, why = tuple(asked.letters), str(gap)
        else:
            needed = (a.condition for a in report.assumptions if isinstance(a.condition, Relation))
            return Walk(asked, report, field, tuple(dict.fromkeys([*field.conditions, *needed])), left_out)
        if strict:
            raise ArchcalcError(refusal(asked, knobs, why))
        left_out |= dict.fromkeys(knobs, why) if why != STRUCTURE else {}
        asked = asked.without(knobs)
        steps = {name: step for name, step in steps.items() if name in asked.letters}
    raise ArchcalcError(f"found no closed form in {listing(asked.letters)}; {sweep(asked.network)}")


def is_number(knob: Knob) -> bool:
    """Whether a knob can be left free."""
    return not knob.choices and isinstance(knob.default, (int, Fraction)) and not isinstance(knob.default, bool)


def numbers(network: Network, settings: Mapping[str, Any]) -> dict[str, str]:
    """The knobs that are numbers, and not set, each its own letter."""
    return {name: name for name, knob in network.knobs.items() if is_number(knob) and name not in settings}


def ties(network: Network, words: Iterable[str]) -> dict[str, str]:
    """Knobs from words like "alpha", or "M=N=middle" for several that are one letter. Raises ArchcalcError."""
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


def bounds(asked: Open, letter: str) -> tuple[Any, Any]:
    """What a letter's values lie between; None where nothing limits them."""
    knobs = [asked.network.knobs[knob] for knob, own in asked.free.items() if own == letter]
    lows, highs = [k.least for k in knobs if k.least is not None], [k.most for k in knobs if k.most is not None]
    return max(lows, default=None), min(highs, default=None)


def refusal(asked: Open, letters: Sequence[str], why: str) -> str:
    """Why there is no closed form in these letters, and what to write instead."""
    network = asked.network
    knob = next(knob for knob, letter in asked.free.items() if letter in letters)
    most = max(network.knobs[knob].default, 4) // 1
    values = f"--{knob} 1:{most}" if why == STRUCTURE else ""
    how = f"'archcalc sweep {network.name} {values}".rstrip() + "' counts value by value"
    return f"{network.name}: no closed form in {listing(letters)}: {why}; {how}"


def sweep(network: Network) -> str:
    """What to write instead."""
    return f"'archcalc sweep {network.name}' counts value by value"
