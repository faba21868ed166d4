"""Addresses of figures: "resnet200@stride_on=3: mult_adds / resnet101: mult_adds", "params of fc", "depth >= 50".

NETWORK@knob=value: FIGURE of PATH, joined by the arithmetic of the spec language. A network is written before a figure
or before brackets; a figure without one belongs to the current report.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from archcalc.core.bound import exactly
from archcalc.core.errors import ArchcalcError, Place, Refusal, Source, SpecError, listing, suggest
from archcalc.core.number import COMPARE, exact_div, plain
from archcalc.figures.conventions import DEFAULT
from archcalc.figures.figure import FIGURES, SPELLINGS, Figure
from archcalc.model import reference
from archcalc.quantity import KNOB, Quantity, quantity
from archcalc.report import Report
from archcalc.spec.arithmetic import FUNCTIONS, decimal
from archcalc.spec.expression import Compiler, _always
from archcalc.spec.syntax import Evaluator, syntax_tree

COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
BYTES = {f"{unit}B": COUNTS[unit] for unit in "kKMGT"} | {"bytes": 1}
BYTES |= {f"{unit}iB": 1 << 10 * power for power, unit in enumerate("KMGT", 1)}
RELATIONS = {ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.Eq: "=="}
ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Name)  # of the language of expressions
PRODUCTS = (ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)
SHARE = "share"
LIKE = "like 'params of PATH' or 'mult_adds / params'"
JOINS = r"(?:and|or|if|else|not|in|is)\b"
WORDS = "|".join(map(re.escape, (*FIGURES, *SPELLINGS, SHARE, KNOB.name)))
TOKEN = re.compile(
    rf"""(?P<join>{JOINS}) | (?P<open>(?:{"|".join(FUNCTIONS)})?\() | (?P<close>\))
    | (?P<digits>\d[\d_]*(?:,\d\d\d(?!\d))*(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:\ *(?P<unit>(?!{JOINS})[^\W\d]\w*))?
    | (?:(?P<network>(?!(?:{WORDS})\b\s*[^\s:@])(?:[\w.~]|(?<![^\s(,])/)[^\s:@()'",<>=+*]*(?:@[^:()<>]*)?)\s*:\s*)?
      (?: (?P<bracket>\() | (?P<what>{KNOB.name}\ +(?P<knob>\w+)
        | (?P<figure>mult-adds|[^\W\d]\w*)(?:\ +of\ +(?:every\ +(?!of\b))?\w+(?:/\w+)*)*)
        (?P<of>\ +of\b)?(?P<colon>\s*:)?)""",
    re.VERBOSE,
)


Read = Callable[[Quantity, Report], Any]


class Owner(NamedTuple):
    """A named network with its settings; without a name, the current report."""

    name: str = ""
    report: Callable[[], Report] | None = None


class Term(NamedTuple):
    """A quantity, the network it belongs to, and its place in the text."""

    quantity: Quantity
    owner: Owner
    place: Place

    def value(self, report: Report | None, read: Read = Quantity.of) -> Any:
        """The quantity's value. Raises Refusal."""
        with _placed(self.place):
            found = self.owner.report() if self.owner.report else report
            assert found is not None  # an address that stands alone names its networks
            return read(self.quantity, found)

    def under(self, value: Any) -> Any:
        """The value that the function ``value`` gives for this term."""
        return value(self)


class Atom(NamedTuple):
    """An operand of arithmetic: a figure, a share, the value of a knob or a number."""

    text: str
    unit: str | None  # None for a number, which fits any unit
    terms: tuple[Term, ...] = ()  # for a share, the part and the whole
    number: Any = None


class Address:
    """A figure, or an arithmetic expression of figures."""

    def __init__(self, pattern: str, atoms: Mapping[str, Atom], evaluate: Evaluator, unit: str) -> None:
        self.pattern = pattern  # the text with the keys of its atoms
        self.atoms, self.evaluate = atoms, evaluate  # over a function from a term to its value
        self.unit = unit  # "" for plain sizes, products and ratios
        self.terms = tuple(term for atom in atoms.values() for term in atom.terms)
        self.figures = [term.quantity.figure for term in self.terms]
        self.alone = pattern in atoms  # without arithmetic
        self.single = self.terms[0] if self.alone and len(self.terms) == 1 else None  # one figure, or a knob
        self.entry = self.single.quantity.entry if self.single else Figure("value", str(self), unit, "", None)

    def of(
        self, report: Report | None, number: Callable[[Any], Any] = lambda value: value, read: Read = Quantity.of
    ) -> Any:
        """Its value, of figures that ``read`` finds and ``number`` changes; None if one is unknown.

        Raises ArchcalcError.
        """
        with _pointed():
            return self.evaluate(lambda term: number(term.value(report, read)))  # type: ignore[arg-type]

    def answer(self, report: Report | None = None) -> Any:
        """Its value as a table shows it; of one figure it may be a shape, a word or a lower bound.

        Raises ArchcalcError.
        """
        with _pointed():
            return self.single.value(report, Quantity.shown) if self.single else self.of(report)

    def written(self, write: Callable[[Atom], str]) -> str:
        """Its text, with each atom written by ``write``."""
        return re.sub(r"_\d+_", lambda key: write(self.atoms[key[0]]), self.pattern)

    def __str__(self) -> str:
        """The text, as `address` reads it."""
        return self.written(lambda atom: atom.text)

    def __reduce__(self) -> tuple[Any, ...]:
        return address, (str(self),)


class Comparison(NamedTuple):
    """Two addresses and a relation between them."""

    left: Address
    relation: str  # <=, <, >=, > or ==
    right: Address

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.left.terms + self.right.terms

    def answer(self) -> bool | None:
        """Whether the relation is true; None if a side is unknown. Raises ArchcalcError."""
        sides = [side.of(None) for side in (self.left, self.right)]
        return None if None in sides else COMPARE[self.relation](*sides)

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


def ask(text: str) -> Any:
    """The value of an address: an int, a Fraction, a shape or a word; for a comparison True or False.

    ask("resnet50: mult_adds / resnet18: mult_adds"); None if it is unknown. Raises ArchcalcError.
    """
    found, *more = read(text, alone=True)
    if more:
        raise ArchcalcError(f"{text!r} asks for {1 + len(more)} things; ask for one at a time")
    return exactly(found.answer())


def address(text: str, at: Place | None = None) -> Address:
    """The address in a text; a figure without a network belongs to a report given later. Raises ArchcalcError.

    ``at`` is the place of the text in a file, in which mistakes are then shown.
    """
    found, *more = addresses(text, at)
    if more:
        raise ArchcalcError(f"{text!r}: one figure belongs here, {LIKE}")
    return found


def addresses(text: str, at: Place | None = None) -> list[Address]:
    """Several addresses, separated by commas. Raises ArchcalcError."""
    found = read(text, at=at)
    for one in found:
        if isinstance(one, Comparison):
            raise ArchcalcError(f"'{one}' is a comparison; a figure belongs here, {LIKE}")
    return [one for one in found if isinstance(one, Address)]


def read(
    text: str, alone: bool = False, known: dict[str, Owner] | None = None, at: Place | None = None
) -> list[Address | Comparison]:
    """Addresses and comparisons, split at commas and "and"; ``alone``: each needs a network. Raises ArchcalcError.

    Texts that are read with the same ``known`` networks share the reports of these.
    """
    with _pointed():
        reader = _Reader(text, alone, {} if known is None else known, at)
        return [*reader.parts(syntax_tree(reader.rest, reader.whole))]


@contextmanager
def _pointed() -> Iterator[None]:
    """Turn a refusal into a message with a caret, unless it already points at a place in a file."""
    try:
        yield
    except Refusal as refusal:
        if refusal.place and refusal.place.source.name:
            raise SpecError([refusal.at(refusal.place)]) from None
        caret = refusal.place.picture() if refusal.place and "\n" not in str(refusal) else ""
        raise ArchcalcError(f"{refusal}{caret}") from None


@contextmanager
def _placed(place: Place) -> Iterator[None]:
    """Give refusals this place."""
    try:
        yield
    except (ArchcalcError, Refusal) as error:
        raise Refusal(str(error), place) from None


class _Reader(Compiler):
    """Reads an expression of figures and numbers, each of which becomes a Python name; unknown values stay unknown."""

    def __init__(self, text: str, alone: bool, known: dict[str, Owner], at: Place | None) -> None:
        self.source, self.alone, self.known = Source("", text), alone, known
        self.at = at or Place(self.source, 0, 0)
        self.whole = self.span(0, len(text))
        self.atoms: dict[int, Atom] = {}  # by their starting position
        self.owners = [Owner()]  # of the figures within these brackets
        rest = TOKEN.sub(self.token, text)
        self.rest = rest.lstrip(" ")
        self.shift = len(rest) - len(self.rest)
        super().__init__(self.rest, {}, self.span(self.shift, len(text)))

    def span(self, start: int, end: int) -> Place:
        return self.at.inside(start, max(1, end - start))

    def token(self, found: re.Match[str]) -> str:
        """Replace a figure or number by an equally long Python name of underscores."""
        if found["close"]:
            self.owners[1:] = self.owners[1:-1]
        if found["join"] or found["close"]:
            return found[0]
        owner = self.named(found) if found["network"] else self.owners[-1]
        if found["open"] or found["bracket"]:
            self.owners.append(owner)
            return found["open"] or f"{'(':>{len(found[0])}}"
        self.atoms[found.start()] = self.number(found) if found["digits"] else self.figure(found, owner)
        return "_" * len(found[0])

    def number(self, found: re.Match[str]) -> Atom:
        digits, unit, known = found["digits"].replace(",", ""), found["unit"] or "", COUNTS | BYTES
        if unit not in known:
            near = suggest(unit, known) or f" (there are {listing([*known][1:])})"
            raise Refusal(f"no unit {unit!r}{near}", self.span(*found.span("unit")))
        with _placed(self.span(*found.span())):
            value = plain(decimal(digits) * known[unit])
        return Atom(digits + unit, "bytes" if unit in BYTES else None, number=value)

    def named(self, found: re.Match[str]) -> Owner:
        """The named network, with its settings."""
        text, start = found["network"], found.start("network")
        if known := self.known.get(key := re.sub(r"\s", "", text)):
            return known
        name, at, settings = text.partition("@")
        with _placed(self.span(start, start + len(text if at and "=" not in settings else name))):
            asked = reference(text)
        for one in re.finditer("([^=,]+)=([^,]*)", settings):
            with _placed(self.span(*(start + len(name) + 1 + offset for offset in one.span()))):
                asked.network.accept(one[1].strip(), one[2].strip(), text=True)
        return self.known.setdefault(key, Owner(key, cache(lambda: asked.summary({}))))

    def figure(self, found: re.Match[str], owner: Owner) -> Atom:
        """A figure, a share or the value of a knob."""
        place, end = self.span(*found.span("what")), found.end()
        if found["of"]:
            raise Refusal("write the path of a layer or block after 'of'", self.span(end - 2, end))
        if found["colon"]:
            message = "write ':' between a network and a figure, and spaces around a '/' that divides"
            raise Refusal(message, self.span(end - 1, end))
        figure, *rest = re.split(" +of +", found["what"])
        if share := figure == SHARE and bool(rest):  # of mult_adds, unless it names another figure
            figure, *rest = rest if len(rest) > 1 and not rest[0].startswith("every ") else (DEFAULT, *rest)
        with _placed(place):
            part = Quantity(KNOB.name, found["knob"]) if found["knob"] else quantity(figure, rest)
        terms = [Term(one, owner, place) for one in (part, Quantity(part.figure))[: 1 + share]]
        text = f"{owner.name}: " * bool(owner.name) + f"{SHARE} of " * share + str(part)
        return Atom(text, "" if share else part.entry.unit, tuple(terms))

    def parts(self, node: ast.expr) -> Iterator[Address | Comparison]:
        """The addresses and comparisons in a text."""
        several: list[ast.expr] = getattr(node, "elts", None) or getattr(node, "values", [])
        if several and isinstance(getattr(node, "op", ast.And()), ast.And):
            for one in several:
                yield from self.parts(one)
        elif isinstance(node, ast.Compare):
            nodes = [node.left, *node.comparators]
            sides = [self.address(one) for one in nodes]
            self.together(node, map(self.unit, nodes))
            for left, sign, right in zip(sides, node.ops, sides[1:], strict=False):
                if type(sign) not in RELATIONS:
                    raise self.refusal(node, f"figures are compared by {listing(RELATIONS.values())}")
                yield Comparison(left, RELATIONS[type(sign)], right)
        else:
            yield self.address(node)

    def address(self, node: ast.expr) -> Address:
        evaluate, unit = self.expression(node).evaluate, self.unit(node)
        atoms = {}
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and (atom := self.atoms.get(self.offset(name))):
                name.id = f"_{self.offset(name)}_"
                atoms[name.id] = atom
        return Address(ast.unparse(node), atoms, evaluate, unit or "")

    def unit(self, node: ast.AST) -> str | None:
        """The unit; None if it fits any unit, as products and ratios do."""
        if isinstance(node, ast.Name):
            return self.atoms[self.offset(node)].unit
        parts = getattr(node, "args", None) or [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
        units = [*map(self.unit, parts)]
        return None if isinstance(getattr(node, "op", None), PRODUCTS) else self.together(node, units)

    def together(self, node: ast.AST, units: Iterable[str | None]) -> str | None:
        known = {unit for unit in units if unit is not None}
        if "bytes" in known and len(known) > 1:
            raise self.refusal(node, "bytes can only be compared with bytes or added to bytes")
        return known.pop() if len(known) == 1 else "" if known else None

    def offset(self, node: Any) -> int:
        return self.shift + int(node.col_offset)  # in bytes, and what is not ASCII is in no expression

    def text(self, node: Any) -> str:
        return self.source.text[self.offset(node) : self.shift + node.end_col_offset]

    def compile(self, node: ast.expr) -> Evaluator:
        if not isinstance(node, ARITHMETIC):
            raise self.foreign(node)
        return super().compile(node)

    def guarded(self, node: ast.AST, compute: Callable[..., Any], *parts: Evaluator) -> Evaluator:
        return super().guarded(
            node, lambda *values: None if any(v is None for v in values) else compute(*values), *parts
        )

    def _Name(self, node: ast.Name) -> Evaluator:  # noqa: N802  # ast's word
        if not (atom := self.atoms.get(self.offset(node))):
            raise self.foreign(node)
        self.names += [(atom.text, term.place) for term in atom.terms]  # or it would be taken for a constant
        if self.alone and any(not term.owner.name for term in atom.terms):
            raise self.refusal(node, f"of which network? Write NETWORK: {atom.text}")
        values: list[Evaluator] = [term.under for term in atom.terms]
        return self.guarded(node, exact_div, *values) if len(values) == 2 else [*values, _always(atom.number)][0]
