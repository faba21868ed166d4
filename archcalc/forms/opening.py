"""Which knobs are set and which are free, from the user's request; and two networks over the same letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.errors import ArchcalcError, listing
from archcalc.forms.form import knobs_of
from archcalc.forms.walk import Evaluation, Open, evaluate, numbers, ties
from archcalc.model import Model, Reference, reference


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
        asked.network.accept(name, asked.network.knobs[name].default if name in asked.network.knobs else 0)
    common = {name: value for name, value in settings.items() if name in asked.network.knobs}
    return Reference(asked.network, {**common, **{name: name for name in tie}, **asked.settings})


def words(free: str | Iterable[str] | None) -> list[str] | None:
    """Names of knobs from "alpha,rho" or a sequence of names; None where none are given. Raises ArchcalcError."""
    found = free.split(",") if isinstance(free, str) else free
    if found is None:
        return None
    found = [str(word).strip() for word in found]
    if not all(found):
        raise ArchcalcError(
            f"{','.join(found)!r}: free knobs are written alpha,rho, or M=N for two knobs with one letter"
        )
    return found


def opened(asked: Reference, free: Iterable[str] | None) -> Open:
    """The network with these knobs free; None frees all numbers that are not set. Raises ArchcalcError.

    A knob that is both free and set is free; the value that was set is its base value.
    """
    network, settings = asked
    own = numbers(network, settings) if free is None else ties(network, free)
    return Open(network, {name: accepted(network, name, value) for name, value in settings.items()}, own)


def accepted(network: Model, name: str, value: Any) -> Any:
    """The exact value of a knob, from a Python value or from its text. Raises ArchcalcError."""
    return network.accept(name, value, text=isinstance(value, str))


def opened_over(first: Open, over: Reference, strict: bool) -> Open:
    """The other network in the letters of the first: its knobs of the same names, and its knobs set to a letter.

    With ``strict`` the user asked for these letters; otherwise a knob is free only where both networks have one value.
    """
    network = over.network
    settings = {knob: _named(first, first.free.get(value, value)) for knob, value in over.settings.items()}
    letters = {knob: value for knob, value in settings.items() if isinstance(value, str) and value in first.letters}
    given = {name: accepted(network, name, value) for name, value in settings.items() if name not in letters}
    same = {name for name, value in given.items() if name in first.settings and value == first.settings[name]}
    start = first.base()
    alike = {
        k for k, v in first.free.items() if k in network.knobs and (strict or network.knobs[k].default == start[v])
    }
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
