"""Hints for a wrong name of a knob: the knob that was probably meant, and the value that means the same there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, alternatives, listing, nearest, suggest
from archcalc.core.synonyms import SENSES, Sense, squeezed

if TYPE_CHECKING:
    from archcalc.model import Model, Reference


class Style(NamedTuple):
    """How knobs are written: in Python and after NAME@, or as options of the command line."""

    knob: str
    set: str
    between: str


PYTHON = Style("{}", "{}={}", ",")
OPTIONS = Style("--{}", "--{} {}", " ")
SIDE = re.compile("[1-9][0-9]{0,5}")  # of an input, in pixels


def no_knob(network: Model, name: str, value: Any) -> str:
    """The message about an unknown knob: which one may have been meant, and which ones the network has."""
    near = hint(network, name, value, network.knobs, PYTHON)
    return f"{network.name} has no knob {name!r}{near} (its knobs: {listing(network.knobs)})"


def hint(network: Model, name: str, value: Any, known: Iterable[str], style: Style) -> str:
    """ "; did you mean 'rho=192/224'?", or a known word of similar spelling; empty where there is neither."""
    means = _meaning(network, name, value, style) or suggest(name, known)
    word = nearest(name, [word for sense in SENSES for word in sense.words.split()])
    return means or (_meaning(network, word, value, style) if word else "")


def _meaning(network: Model, name: str, value: Any, style: Style) -> str:
    values = same_meaning(network, name, value)
    if any(values.values()):
        return f"; did you mean {_written(values, style)!r}?"
    shown = [repr(style.knob.format(knob)) for knob in values]
    about = "".join(f", {network.knobs[knob].help}" for knob in values if len(values) == 1)
    return f"; did you mean {alternatives(shown)}{about}?" if shown else ""


def same_meaning(network: Model, name: str, value: Any) -> dict[str, str]:
    """The knobs that together mean the same, with the texts of their values; or those that may be meant, without."""
    for knob in network.knobs.values():
        if {*knob.choices} == {True, False} and squeezed(name) == f"no{squeezed(knob.name)}":
            return {knob.name: "false"}
    for sense in SENSES:
        knobs = [knob.name for knob in network.knobs.values() if re.search(sense.help, knob.help, re.IGNORECASE)]
        if knobs and squeezed(name) in sense.words.split():
            return _translated(network, sense, knobs, str(value)) or dict.fromkeys(knobs, "")
    return {}


def apart(words: Sequence[str], asked: Sequence[Reference], option: str, value: str) -> str:
    """What to write after each network's name instead of a knob for all networks that some do not have; or ""."""
    texts: list[str] = []
    for word, (network, settings) in zip(words, asked, strict=True):
        name = option.lstrip("-").replace("-", "_")
        values = {name: value} if name in network.knobs else same_meaning(network, name, value)
        if not values or not all(values.values()):
            return ""
        texts.append(f"{word}{',' if settings else '@'}{_written(values, PYTHON)}")
    return f"; set it after each network's name: {' '.join(texts)}" if texts else ""


def _written(values: dict[str, str], style: Style) -> str:
    return style.between.join(style.set.format(*pair) for pair in values.items())


def _translated(network: Model, sense: Sense, knobs: list[str], text: str) -> dict[str, str]:
    """The texts of the values; none where no knob accepts them, or they would not mean the same."""
    for some in [*([knob] for knob in knobs), knobs]:
        try:
            if sense.value == "side" and SIDE.fullmatch(text) and (found := _of_side(network, some, int(text))):
                return found
            if sense.value == "same" and network.knobs[some[0]].read(text) is not None:
                return {some[0]: text}
        except (ArchcalcError, Refusal):
            continue
    return {}


def _of_side(network: Model, knobs: list[str], side: int) -> dict[str, str]:
    """Values in proportion to the defaults; none where the input would not have this height and width."""
    if any(network.knobs[knob].choices for knob in knobs):
        return {}
    now, defaults = network.summary().input[-1], {knob: network.knobs[knob].default for knob in knobs}
    exact = {knob: default * Fraction(side, now) for knob, default in defaults.items()}
    rounded = {knob: float(value) for knob, value in exact.items()}  # what 192/224 is in Python
    inputs = [network.summary(**values).input[-2:] for values in (exact, rounded)]
    if inputs != [(side, side)] * 2:
        return {}
    texts = {knob: f"{side * default}/{now}" for knob, default in defaults.items()}
    return {knob: str(value) if value.denominator == 1 else texts[knob] for knob, value in exact.items()}
