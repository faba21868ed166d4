"""Parses the expressions of a spec, such as "32*alpha", and the calls that contain them.

The grammar is a small subset of Python's. Decimals are exact fractions. The cost of an expression is bounded before it
is evaluated: its length, its nesting, the functions it calls; so is the size of each intermediate number.
"""

from __future__ import annotations

import ast
import re
from keyword import iskeyword
from typing import Any, NamedTuple

from archcalc.errors import Place, Refusal, Source
from archcalc.language.compiler import Compiler
from archcalc.language.roots import exactly
from archcalc.language.syntax import OF_PYTHON, syntax_tree
from archcalc.language.terms import Definition, Environment, Expression, Functions


class Function(NamedTuple):
    """A defined function with the values that it can read."""

    definition: Definition
    environment: Environment

    def __call__(self, *values: Any) -> Any:
        parameters, body = self.definition
        return body.evaluate({**self.environment, **dict(zip(parameters, values, strict=True))})


class Call(NamedTuple):
    """``conv(64, 7, stride=2)``, or ``batchnorm`` alone: a name and expressions."""

    name: str
    place: Place  # of the name
    arguments: tuple[Expression, ...]
    keywords: dict[str, Expression]
    keys: dict[str, Place]  # where each keyword stands

    @property
    def values(self) -> tuple[Expression, ...]:
        """All arguments, with a keyword or without."""
        return (*self.arguments, *self.keywords.values())

    @property
    def fixed(self) -> bool:
        """Whether no argument has a symbol in it."""
        return not any(argument.names for argument in self.values)


def parse(text: str, place: Place, functions: Functions | None = None) -> Expression:
    """An expression from its text; ``functions`` are the defined ones. Raises Refusal."""
    tree = syntax_tree(text, place)
    return Compiler(text, functions or {}, place).expression(tree)


def parse_call(text: str, place: Place, functions: Functions | None = None) -> Call:
    """A call of a layer or block from its text. Raises Refusal."""
    compiler, tree = Compiler(text, functions or {}, place), syntax_tree(text, place)
    if isinstance(tree, ast.Name):
        return Call(tree.id, compiler.place(tree), (), {}, {})
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise Refusal("a layer is written name(arguments), like conv(64, 3, pad=1)", place)
    keywords, keys = {}, {}
    for keyword in tree.keywords:
        if keyword.arg is None:
            raise compiler.foreign(keyword)
        if keyword.arg in keywords:
            raise Refusal(f"{keyword.arg!r} is given twice", compiler.place(keyword))
        keywords[keyword.arg] = compiler.expression(keyword.value)
        keys[keyword.arg] = compiler.place(keyword)._replace(width=len(keyword.arg))
    arguments = tuple(map(compiler.expression, tree.args))
    return Call(tree.func.id, compiler.place(tree.func), arguments, keywords, keys)


class Signature(NamedTuple):
    """``separable(out, stride=1)``: a name, and parameters with their defaults."""

    name: str
    place: Place  # of the name
    parameters: dict[str, Expression | None]
    places: dict[str, Place]


def parse_signature(text: str, place: Place) -> Signature:
    """The name and the parameters of a block or a definition. Raises Refusal."""
    try:
        call = parse_call(text, place)
    except Refusal:
        for word in re.finditer(r"\w+", text):
            if iskeyword(word[0]):
                raise Refusal(f"{word[0]!r} is {OF_PYTHON}", place.inside(word.start(), len(word[0]))) from None
        raise
    places: dict[str, Place] = {}
    for argument in call.arguments:
        if not argument.text.isidentifier() or argument.text in places:
            raise Refusal("parameters are names, each once, like separable(out, stride=1)", argument.place)
        places[argument.text] = argument.place
    parameters = {**dict.fromkeys(places), **call.keywords}
    return Signature(call.name, call.place, parameters, places | call.keys)


def constant(text: str, place: Place | None = None) -> Any:
    """The value of an expression without symbols, such as a knob's value. Raises Refusal."""
    expression = parse(text, place or Place(Source("", text), 0, 0, len(text)))
    for name, at in expression.names:
        raise Refusal(f"{name!r} is not a number", at)
    return exactly(expression.evaluate({}), text, expression.place)
