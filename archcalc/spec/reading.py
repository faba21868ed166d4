"""Reads a tree of text as what it should be at some place of a spec, and reports where it is something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from keyword import iskeyword
from typing import Any, NamedTuple, TypeVar

from archcalc.core.errors import BUILT, Place, Problem, Refusal, SpecError, among, listing, nearest, one_line, suggest
from archcalc.spec.arithmetic import FUNCTIONS, WORDS
from archcalc.spec.expression import parse
from archcalc.spec.model import INDEX, SHAPE_WORDS, read_value
from archcalc.spec.syntax import OF_PYTHON, Definition, Expression
from archcalc.spec.text import Mapping, Scalar, Sequence, Tree

RESERVED = {*SHAPE_WORDS, INDEX, *WORDS, *FUNCTIONS}
MOST_NAMED = 20  # known names in one message
MOST_PROBLEMS = 100  # reported; reading ends there

T = TypeVar("T")


class Scope(NamedTuple):
    """The names that an expression may use at its place, and the functions that the spec has defined so far."""

    names: frozenset[str]
    functions: dict[str, Definition]
    entries: bool = False  # whether it may read the sizes of other entries

    @property
    def taken(self) -> frozenset[str]:
        """All names in use, of values and functions."""
        return self.names | set(self.functions)

    def plus(self, names: Iterable[str]) -> Scope:
        """The scope with more names."""
        return self._replace(names=self.names | set(names))


class Reading:
    """Reads the parts of one file, and collects its problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, message: str, place: Place) -> None:
        """Add a problem; raises SpecError when there are MOST_PROBLEMS."""
        self.problems.append(Problem(message, place))
        if len(self.problems) >= MOST_PROBLEMS:
            raise SpecError(self.problems)

    def refuse(self, refusal: Refusal, place: Place) -> None:
        """Add a refusal as a problem, at its own place if it has one, else at this place."""
        self.problem(str(refusal), refusal.place or place)

    def attempt(self, place: Place, action: Callable[..., T], *arguments: Any) -> T | None:
        """The result of an action; None if it raises a refusal, which becomes a problem."""
        try:
            return action(*arguments)
        except Refusal as refusal:
            self.refuse(refusal, place)
            return None

    def keys(self, mapping: Mapping, known: Iterable[str], what: str) -> set[str]:
        """The keys of a mapping, each misspelt one replaced by the key that was probably meant."""
        known = list(known)
        for key in mapping.entries:
            if key not in known:
                self.problem(f"{what} has no {key!r}{among(key, known)}", mapping.keys[key])
        return {key if key in known else nearest(key, known) or key for key in mapping.entries}

    def mapping(self, tree: Tree | None, what: str) -> Mapping:
        """The tree as a mapping; an empty one if it is missing or something else."""
        if isinstance(tree, Mapping):
            return tree
        if tree is not None:
            self.problem(f"{what} takes lines of 'key: value'{_not(tree)}", tree.place)
        return Mapping({}, {}, BUILT if tree is None else tree.place)

    def sequence(self, tree: Tree, what: str) -> tuple[Tree, ...]:
        """The entries of a list; none if it is something else."""
        if isinstance(tree, Sequence):
            return tree.items
        self.problem(f"{what} takes a list, each entry on a line after '- '{_not(tree)}", tree.place)
        return ()

    def words(self, tree: Tree | None, what: str) -> list[Scalar]:
        """One word, or several in brackets."""
        items = () if tree is None else (tree,) if isinstance(tree, Scalar) else self.sequence(tree, what)
        for item in items:
            if not isinstance(item, Scalar):
                self.problem(f"{what} takes words{_not(item)}", item.place)
        return [item for item in items if isinstance(item, Scalar)]

    def scalar(self, tree: Tree | None, rule: str) -> Scalar | None:
        """The tree as a scalar; None if it is missing or something else, against this ``rule``."""
        if tree is None or isinstance(tree, Scalar):
            return tree
        self.problem(f"{rule}{_not(tree)}", tree.place)
        return None

    def text(self, tree: Tree | None, what: str) -> str:
        """A text, made safe to show on one line; empty if it is missing or something else."""
        found = self.scalar(tree, f"{what} takes a text")
        return one_line(found.text) if found else ""

    def value(self, tree: Tree | None) -> Any:
        """A number or a word."""
        found = self.scalar(tree, "a number or a word belongs here")
        return found and self.attempt(found.place, read_value, found.text, found.place)

    def name(self, text: str, place: Place, taken: Iterable[str] = ()) -> bool:
        """Whether the text can name a symbol here."""
        if not text.isidentifier() or not text.isascii():
            self.problem(f"{text!r} is not a name; letters, digits and _, not starting with a digit", place)
        elif iskeyword(text):
            self.problem(f"{text!r} is {OF_PYTHON}", place)
        elif text in RESERVED or text in taken:
            self.problem(f"{text!r} already has a meaning; choose another name", place)
        else:
            return True
        return False

    def expression(self, tree: Tree, scope: Scope, like: str = "32*alpha") -> Expression | None:
        """An expression whose names are all known."""
        if isinstance(tree, Mapping) or not tree.text:
            self.problem(f"an expression belongs here, like {like}{_not(tree)}", tree.place)
            return None
        expression = self.attempt(tree.place, parse, tree.text, tree.place, scope.functions)
        if expression:
            self.check_names(expression, scope)
        return expression

    def check_names(self, expression: Expression, scope: Scope) -> None:
        """Report every symbol that is not known at the place of the expression."""
        for name, place in expression.names:
            entry, dot, size = name.rpartition(".")
            if dot and size not in SHAPE_WORDS:
                self.problem(f"{entry!r} has no {size!r}; its sizes are {listing(SHAPE_WORDS)}", place)
            elif dot and not scope.entries:
                self.problem(f"{name!r} is the size of a layer, which is known only where layers stand", place)
            elif not dot and name not in scope.names and name not in scope.functions:
                known = f"known here: {listing(sorted(scope.names)[:MOST_NAMED])}"
                hint = suggest(name, scope.names) or f" ({known}; a word is written '{name}')"
                if re.search(rf"\b{name}/[\w/]*\.", expression.text):
                    hint = "; a path to a layer stands in quotes, like 'stage1/conv'.rows"
                self.problem(f"unknown symbol {name!r}{hint}", place)


def _not(tree: Tree) -> str:
    if isinstance(tree, Scalar):
        return "" if tree.text else "; nothing stands here"
    return ", not a list" if isinstance(tree, Sequence) else ", not lines of 'key: value'"
