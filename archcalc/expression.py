"""The arithmetic of a spec: "32*alpha" -> a function of the symbols, and the calls it stands in.

A small subset of Python's grammar. Decimals are exact fractions. What an expression may cost is bounded before it runs:
its length, its nesting, the calls it leads to, and the size of each number on the way.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from archcalc.compiler import Compiler, Environment, Expression, Functions, syntax_tree
from archcalc.errors import Refusal


class Function(NamedTuple):
    """A function defined in a spec: ``width(c): make_divisible(c*alpha, 8)``."""

    name: str
    parameters: tuple[str, ...]
    body: Expression
    environment: Environment

    def __call__(self, *values: Any) -> Any:
        return self.body.evaluate({**self.environment, **dict(zip(self.parameters, values, strict=True))})


class Call(NamedTuple):
    """``conv(64, 7, stride=2)``, or a bare ``batchnorm``: a name and expressions, with their offsets."""

    name: str
    arguments: tuple[Expression, ...]
    keywords: dict[str, Expression]
    offsets: dict[int | str, tuple[int, int]]  # argument's position or keyword -> offset, width

    @property
    def fixed(self) -> bool:
        """Whether no argument has a symbol in it."""
        return not any(argument.names for argument in (*self.arguments, *self.keywords.values()))


def parse(text: str, functions: Functions | None = None) -> Expression:
    """An expression from its text; ``functions`` are the bodies of the defined ones. Raises Refusal."""
    return Compiler(text, functions or {}).expression(syntax_tree(text))


def parse_call(text: str, functions: Functions | None = None) -> Call:
    """A call of a layer or block from its text. Raises Refusal."""
    compiler, tree = Compiler(text, functions or {}), syntax_tree(text)
    if isinstance(tree, ast.Name):
        return Call(tree.id, (), {}, {})
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise Refusal("a layer is written name(arguments), like conv(64, 3, pad=1)", 0, len(text))
    offsets: dict[int | str, tuple[int, int]] = {i: compiler.span(a) for i, a in enumerate(tree.args)}
    keywords = {}
    for keyword in tree.keywords:
        if keyword.arg is None:
            raise Refusal("'**' is not part of the language", *compiler.span(keyword))
        keywords[keyword.arg] = compiler.expression(keyword.value)
        offsets[keyword.arg] = compiler.span(keyword)
    return Call(tree.func.id, tuple(map(compiler.expression, tree.args)), keywords, offsets)


def parse_signature(text: str) -> tuple[str, dict[str, Expression | None]]:
    """``separable(out, stride=1)`` -> its name and its parameters with their defaults. Raises Refusal."""
    call = parse_call(text)
    parameters: dict[str, Expression | None] = {}
    for argument in call.arguments:
        if not argument.text.isidentifier() or argument.text in parameters:
            raise Refusal("parameters are names, each once, like separable(out, stride=1)", 0, len(text))
        parameters[argument.text] = None
    return call.name, {**parameters, **call.keywords}


def constant(text: str) -> Any:
    """The value of an expression without symbols, as a knob's value on the command line. Raises Refusal."""
    expression = parse(text)
    if expression.names:
        raise Refusal(f"{text!r} is not a number", 0, len(text))
    return expression.evaluate({})
