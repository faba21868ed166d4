"""Closed forms: any quantity of a network, or its ratio to another's, in the knobs that are left free. Exact.

The engine runs over forms (archcalc.forms) as it does over ints. What comes out is a polynomial in the free knobs;
where a rounding cannot vanish it stays as a named function. The domain says for which values the form is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, listing
from archcalc.forms.domain import Domain, union
from archcalc.forms.field import Field
from archcalc.forms.form import Form, knobs_of
from archcalc.forms.ratio import reduced
from archcalc.forms.smooth import Gap, gaps, has_roundings, named
from archcalc.forms.symbols import FUNCTIONS, Step
from archcalc.forms.translate import Translation
from archcalc.forms.walk import Open, Walk, bounds, numbers, ties, walk
from archcalc.forms.write import LATEX, PYTHON, TEXT, Style, ordered, parts, write
from archcalc.network import Network
from archcalc.number import Number, show
from archcalc.quantity import Quantity, quantity

LONG = 100  # characters, from which on the functions in a formula get letters
NAMES = "c"  # the letters: c1, c2 ...


class Quotient(NamedTuple):
    """A form over another; the bottom is mostly 1."""

    top: Any
    bottom: Any = 1

    def at(self, values: Mapping[str, Any]) -> Any:
        """Its exact value. Raises ZeroDivisionError."""
        top, bottom = (side.at(values) if isinstance(side, Form) else side for side in self)
        value = Fraction(top) / bottom
        return value.numerator if value.denominator == 1 else value

    def write(self, style: Style, names: Mapping[Any, str]) -> str:
        """In a style, with these letters for its functions."""
        top, bottom = (write(side, style, _numbered(side, names)) for side in self)
        if self.bottom == 1:
            return top
        single = [isinstance(side, Form) and len(parts(side.terms, ordered(side))) == 1 for side in self]
        bracketed = style is not LATEX and not single[0] and isinstance(self.top, Form)
        return style.ratio(style.brackets(top) if bracketed else top, bottom, single=False)


@dataclass(frozen=True)
class Formula:
    """A closed form with its domain."""

    quantity: Quantity
    networks: tuple[str, ...]  # one, or the two of a ratio
    free: tuple[str, ...]
    own: dict[str, Any]  # the free knobs' own values
    domain: Domain
    ratio: Quotient | None = field(repr=False)  # in the knobs; None where some layer's work is not known
    stepped: Quotient | None = field(repr=False)  # in the steps of the knobs
    unknown: tuple[str, ...] = ()  # the layers whose work is not known

    @property
    def expression(self) -> Any:
        """As sympy holds it, in symbols with the knobs' names. Raises ArchcalcError where it is not known."""
        from archcalc.forms.sympify import to_sympy

        top, bottom = self._known
        return to_sympy(top) / to_sympy(bottom)

    def at(self, **values: Any) -> Number:
        """The exact value where the free knobs have these values, their own for the rest."""
        return self._known.at({**self.own, **values})

    @property
    def _known(self) -> Quotient:
        if self.ratio is None:
            raise ArchcalcError(f"{self.title} is not known: {listing(self.unknown)} cannot be counted")
        return self.ratio

    @property
    def title(self) -> str:
        """What it is a formula of."""
        return f"{self.quantity} of {' / '.join(self.networks)}" if not self.quantity.path else (
            f"{self.quantity}, {' / '.join(self.networks)}"
        )  # fmt: skip

    @cached_property
    def written(self) -> Quotient | None:
        """What is printed: in the knobs where all coefficients are whole, else in their steps."""
        better = self.stepped is not None and not _is_plain(self.ratio) and _is_plain(self.stepped)
        return self.stepped if better else self.ratio

    @property
    def letters(self) -> dict[str, str]:
        """The letter of each knob that is printed by its steps."""
        return self.domain.letters if self.written is not self.ratio else {}

    @cached_property
    def names(self) -> dict[Any, str]:
        """Letters for the functions in it, where it is long."""
        found = list(dict.fromkeys(s for side in self.written or () for s in _functions(side)))
        if not found or len((self.written or Quotient(0)).write(TEXT, {})) < LONG:
            return {}
        free = (name for i in range(1, 10**6) if (name := f"{NAMES}{i}") not in self.domain.bounds)
        return {symbol: next(free) for symbol in found}

    def text(self, style: Style = TEXT) -> str:
        """The formula alone; "?" where it is not known."""
        return "?" if self.written is None else self.written.write(style, self.names)

    def definitions(self, style: Style = TEXT) -> Iterator[str]:
        """What its letters stand for."""
        for symbol, name in self.names.items():
            arguments = [write(argument, style) for argument in symbol.arguments]
            yield f"{style.name(name)} = {style.call(symbol.function, arguments)}"

    def conditions(self, style: Style = TEXT) -> list[str]:
        """Where it is exact."""
        return list(self.domain._replace(letters=self.letters).lines(style))

    @property
    def latex(self) -> str:
        """For a paper or a slide, without dollar signs."""
        return self.text(LATEX)

    @property
    def source(self) -> str:
        """Lines of Python that build it in sympy."""
        letters = [write_name for write_name in map(PYTHON.name, self.free)]
        imports = "from sympy import Function, Max, Min, Piecewise, Rational, floor, symbols"
        lines = [imports, f"{', '.join(letters)} = symbols({' '.join(self.free)!r})"] if letters else [imports]
        if any(s.function == "make_divisible" for side in self.ratio or () for s in named(side)):
            lines.append('make_divisible = Function("make_divisible")')
        text = "None" if self.ratio is None else self.ratio.write(PYTHON, {})
        return "\n".join([*lines, f"{self.quantity.figure} = {text}"])

    @cached_property
    def smooth(self) -> Quotient | None:
        """Without its roundings; None where it has none."""
        if self.ratio is None or not any(map(has_roundings, self.ratio)):
            return None
        over = next(side.field for side in self.ratio if isinstance(side, Form))
        translate = Translation(Field(over.defaults, over.bounds), smooth=True)
        return Quotient(*reduced(*map(translate, self.ratio)))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """How far the smooth form is from this one, for each knob that a rounding depends on."""
        return () if self.smooth is None or self.ratio is None else tuple(
            gaps(self.ratio, self.smooth, self.domain, self.own)
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "quantity": str(self.quantity),
            "networks": list(self.networks),
            "free": list(self.free),
            "formula": self.text(),
            "where": list(self.definitions()),
            "latex": self.latex,
            "sympy": None if self.ratio is None else self.ratio.write(PYTHON, {}),
            "domain": self.conditions(),
            "fixed": {name: show(value) for name, value in self.domain.fixed.items()},
            "value": None if self.ratio is None else _json(self.at()),
            "at": {name: show(value) for name, value in self.own.items()},
            "smooth": None if self.smooth is None else self.smooth.write(TEXT, {}),
            "largest_relative_difference": {gap.knob: float(gap.largest) for gap in self.gaps},
            "unknown": list(self.unknown),
        }

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def formula(
    network: Network,
    of: str | Quantity = "mult_adds",
    free: Iterable[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    over: Network | None = None,
    over_settings: Mapping[str, Any] | None = None,
) -> Formula:
    """The closed form of a quantity, or of its ratio to that of ``over``.

    ``free`` are knobs; "M=N" are two that are one letter. None frees every knob that is a number and doesn't decide
    the structure; of a ratio, those that both have. A knob of ``over`` set to the name of a letter is that letter.
    Raises ArchcalcError.
    """
    asked, over_asked, strict = openings(network, free, settings or {}, over, over_settings or {})
    walks = [walk(asked, asked.start(), strict)]
    if over_asked is not None:
        walks = pair(walks[0], over_asked, strict)
    return closed(of if isinstance(of, Quantity) else quantity(of), walks)


def openings(
    network: Network,
    free: Iterable[str] | None,
    settings: Mapping[str, Any],
    over: Network | None,
    over_settings: Mapping[str, Any],
) -> tuple[Open, Open | None, bool]:
    """What is set and what is free in the network and in the other one; whether that was said. Raises ArchcalcError."""
    own = numbers(network, settings) if free is None else ties(network, free)
    if twice := [name for name in own if name in settings]:
        raise ArchcalcError(f"{network.name}: {listing(twice)} is both free and set")
    asked = Open(network, {name: network.accept(name, value) for name, value in settings.items()}, own)
    if over is None:
        return asked, None, free is not None
    letters = {name: value for name, value in over_settings.items() if isinstance(value, str) and value in asked.letters}
    shared = {name: letter for name, letter in own.items() if name in over.knobs and name not in over_settings}
    over_free = {**shared, **{name: letter for name, letter in letters.items() if name in over.knobs}}
    ties(over, over_free)
    values = {name: over.accept(name, value) for name, value in over_settings.items() if name not in letters}
    if free is None:
        asked = asked.without(letter for letter in asked.letters if letter not in over_free.values())
    return asked, Open(over, values, over_free), free is not None


def pair(first: Walk, over: Open, strict: bool) -> list[Walk]:
    """Both networks over the same letters."""
    start = first.asked.start()
    second = walk(over.without(set(over.letters) - set(first.asked.letters)), start, strict)
    if not strict and len(second.asked.letters) < len(first.asked.letters):
        gone = set(first.asked.letters) - set(second.asked.letters)
        return [walk(first.asked.without(gone), start, strict), second]
    return [first, second]


def closed(of: Quantity, walks: list[Walk]) -> Formula:
    """The formula of one walk, or the ratio of two."""
    start = walks[0].asked.start()
    limits = {letter: _meet(*(bounds(w.asked, letter) for w in walks if letter in w.asked.letters)) for letter in start}
    translate = Translation(Field(start, limits))
    sides = [of.of(w.report) for w in walks]
    if of.share and len(walks) == 1:
        sides = [of._replace(share=False).of(walks[0].report), Quantity(of.figure).of(walks[0].report)]
    unknown = tuple(name for w in walks for name in w.report.unknown) if None in sides else ()
    ratio = None if None in sides else Quotient(*reduced(*map(translate, (*sides, 1)[:2])))
    conditions = dict.fromkeys(translate(condition) for w in walks for condition in w.conditions)
    domain = union([_domain(w, limits, of) for w in walks], conditions)
    used = set().union(*map(knobs_of, ratio or ())) | set().union(*map(knobs_of, conditions), set())
    domain = domain._replace(shown=tuple(letter for letter in start if letter in used or letter in domain.steps))
    stepped = Quotient(sides[0]) if len(sides) == 1 and sides[0] is not None else None
    return Formula(of, tuple(map(_label, walks)), domain.shown, start, domain, ratio, stepped, unknown)


def _label(found: Walk) -> str:
    """The network with the knobs that were set or tied, as the command line takes it."""
    asked = found.asked
    ties_ = {knob: letter for knob, letter in asked.free.items() if knob != letter}
    changed = [f"{name}={show(value)}" for name, value in {**asked.settings, **ties_}.items()]
    return f"{asked.network.name}@{','.join(changed)}" if changed else asked.network.name


def _domain(found: Walk, limits: dict[str, Any], of: Quantity) -> Domain:
    knobs = found.asked.network.knobs
    fixed = {k: found.asked.settings.get(k, v.default) for k, v in knobs.items() if k not in found.asked.free}
    steps = {name: step for name, step in found.field.steps.items()}
    letters = {name: found.field._letter(name, step) for name, step in steps.items()}
    return Domain(limits, steps, (), fixed, letters, ())


def _meet(*intervals: tuple[Any, Any]) -> tuple[Any, Any]:
    lows, highs = ([end for end in ends if end is not None] for ends in zip(*intervals, strict=True))
    return max(lows, default=None), min(highs, default=None)


def _is_plain(ratio: Quotient | None) -> bool:
    """Whether all coefficients are whole."""
    sides = ratio or ()
    return all(isinstance(c, int) for side in sides if isinstance(side, Form) for c in side.terms.values())


def _functions(side: Any) -> Iterator[Any]:
    """The functions that stand in a form itself, for which letters can stand."""
    if isinstance(side, Form):
        for number in sorted({number for monomial in side.terms for number, _ in monomial}):
            symbol = side.field.symbols[number]
            if getattr(symbol, "function", "inverse") != "inverse":
                yield symbol


def _numbered(side: Any, names: Mapping[Any, str]) -> dict[int, str]:
    symbols = side.field.symbols if isinstance(side, Form) else []
    return {number: names[symbol] for number, symbol in enumerate(symbols) if symbol in names}


def _json(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)
