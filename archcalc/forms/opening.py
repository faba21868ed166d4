"""What is set and what is left free, from what the user wrote; and two networks over the same letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.errors import ArchcalcError, listing
from archcalc.forms.form import knobs_of
from archcalc.forms.walk import Open, Walk, numbers, ties, walk
from archcalc.model import Model, Reference, reference


def other(
    over: Model | str | Reference | None, settings: Mapping[str, Any], tie: Iterable[str] = ()
) -> Reference | None:
    """The network to compare with, which keeps its own values but for what is set in both, or tied to the first one's.

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
    """Knobs from "alpha,rho" or a sequence of names; None where nothing was said. Raises ArchcalcError."""
    found = free.split(",") if isinstance(free, str) else free
    if found is None:
        return None
    found = [str(word).strip() for word in found]
    if not all(found):
        raise ArchcalcError(
            f"{','.join(found)!r}: free knobs are written alpha,rho, or M=N for two that are one letter"
        )
    return found


def opened(asked: Reference, free: Iterable[str] | None) -> Open:
    """The network with these knobs free; None frees all that are numbers and not set. Raises ArchcalcError.

    A knob that is both free and set is free: the form is the one near that value, of its residue.
    """
    network, settings = asked
    own = numbers(network, settings) if free is None else ties(network, free)
    return Open(network, {name: accepted(network, name, value) for name, value in settings.items()}, own)


def accepted(network: Model, name: str, value: Any) -> Any:
    """The value of a knob, from Python or from a text that is not one of its choices. Raises ArchcalcError."""
    return network.accept(name, value, text=isinstance(value, str))


def opened_over(first: Open, over: Reference, strict: bool) -> Open:
    """The other network in the first one's letters: its knobs of those names, and those set to a letter.

    Unless these letters were asked for (``strict``), only where both networks have the same value by themselves.
    """
    network = over.network
    settings = {knob: _named(first, first.free.get(value, value)) for knob, value in over.settings.items()}
    letters = {knob: value for knob, value in settings.items() if isinstance(value, str) and value in first.letters}
    given = {name: accepted(network, name, value) for name, value in settings.items() if name not in letters}
    same = {name for name, value in given.items() if name in first.settings and value == first.settings[name]}
    start = first.start()
    alike = {
        k for k, v in first.free.items() if k in network.knobs and (strict or network.knobs[k].default == start[v])
    }
    shared = {k: v for k, v in first.free.items() if (k in alike and k not in settings) or k in same}
    free = {**shared, **letters}
    ties(network, free)  # each is a knob, and a number
    values = {name: value for name, value in given.items() if name not in free}
    return Open(network, values, free)


def _named(first: Open, value: Any) -> Any:
    """The value of the first network's knob, where a text names one that is not a letter."""
    knob = first.network.knobs.get(value) if isinstance(value, str) and value not in first.letters else None
    return value if knob is None else first.settings.get(knob.name, knob.default)


def walks(asked: Reference, free: Iterable[str] | None, over: Reference | None) -> list[Walk]:
    """The network over forms, and the other one over the same letters. Raises ArchcalcError."""
    first, strict = opened(asked, free), free is not None
    if over is None:
        return [walk(first, first.start(), strict)]
    second = opened_over(first, over, strict)
    if not strict:
        alone = (letter for letter in first.letters if letter not in second.letters)
        first = first.without(letter for letter in alone if not _is_size(first, letter))
    own = walk(first, first.start(), strict)
    start = own.asked.start()
    second = second.without(set(second.letters) - {*start})
    other = walk(second, start, strict)
    if not strict:
        if apart := _apart(other):
            other = walk(other.asked.without(apart), start, strict)
        if gone := {*second.letters} - {*other.asked.letters} - apart:
            own = walk(own.asked.without(gone), start, strict)
    return [own, other]


def _is_size(asked: Open, knob: str) -> bool:
    """Whether it counts something that the other network does not have; a multiplier of 1 counts nothing."""
    value = asked.network.knobs[knob].default
    return isinstance(value, int) and value > 1


def _apart(found: Walk) -> set[str]:
    """The letters by which the other network differs in its structure: what its own value decides otherwise."""
    own = {letter: found.asked.network.knobs[knob].default for knob, letter in found.asked.free.items()}
    return {letter for c in found.conditions if not c.at(own) for letter in knobs_of(c)}
