"""An expression of a spec -> a function of its symbols, by an allow-list; Python itself never evaluates anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import lru_cache
from keyword import iskeyword
from typing import Any, NamedTuple

from archcalc.core.errors import Place, Refusal, Source, among
from archcalc.spec.arithmetic import (
    DEAR,
    FUNCTIONS,
    OPERATORS,
    WORDS,
    bounded,
    choice,
    decimal,
    exactly,
    junction,
    pick,
)
from archcalc.spec.syntax import OF_PYTHON, Definition, Environment, Evaluator, Expression, Functions, mend, syntax_tree

DEAREST = 10_000  # evaluated nodes, including those of the defined functions that are called
DEEPEST = 60  # nested nodes, likewise including defined functions


class Compiler:
    """Compiles the syntax tree of one text; collects the names in it and an upper bound of the cost to evaluate it."""

    def __init__(self, text: str, functions: Functions, place: Place) -> None:
        self.encoded, self.functions, self.whole = text.encode(), functions, place
        self.ascii = text.isascii()
        self.start()

    def start(self) -> None:
        self.names: list[tuple[str, Place]] = []
        self.cost = self.depth = self.deepest = 0

    def expression(self, node: ast.expr) -> Expression:
        self.start()
        evaluate = self.compile(node)
        if not self.names:
            evaluate = _always(evaluate({}))  # a constant is computed only once
        return Expression(self.text(node), evaluate, self.place(node), tuple(self.names), self.cost, self.deepest)

    def text(self, node: Any) -> str:
        """The text of a node; its offsets in ast are counted in bytes."""
        return self.encoded[node.col_offset : node.end_col_offset].decode()

    def place(self, node: Any) -> Place:
        offset = node.col_offset if self.ascii else len(self.encoded[: node.col_offset].decode())
        return self.whole.inside(offset, len(self.text(node)))

    def refusal(self, node: ast.AST, message: str) -> Refusal:
        return Refusal(message, self.place(node))

    def foreign(self, node: ast.AST, why: str = "") -> Refusal:
        shown = self.text(node)
        return self.refusal(node, f"'{shown[:40]}{'...' * (len(shown) > 40)}' is not part of the language{why}")

    def compile(self, node: ast.expr) -> Evaluator:
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is None:
            raise self.foreign(node)
        self.depth += 1
        self.spend(node, 1, 0)
        evaluate: Evaluator = handler(node)
        self.depth -= 1
        return evaluate

    def spend(self, node: ast.AST, cost: int, depth: int) -> None:
        self.cost, self.deepest = self.cost + cost, max(self.deepest, self.depth + depth)
        if self.cost > DEAREST or self.deepest > DEEPEST:
            raise self.refusal(node, "too long or nested too deep, counting the definitions in use")

    def guarded(self, node: ast.AST, compute: Callable[..., Any], *parts: Evaluator) -> Evaluator:
        def evaluate(environment: Environment) -> Any:
            values = [part(environment) for part in parts]
            try:
                return compute(*values)
            except Refusal as refusal:
                raise Refusal(str(refusal), refusal.place or self.place(node)) from None
            except ZeroDivisionError:
                raise self.refusal(node, "a division by zero") from None
            except (TypeError, ValueError, OverflowError, AttributeError, NotImplementedError):
                raise self.refusal(node, "these values cannot be combined here") from None

        return evaluate

    def _Constant(self, node: ast.Constant) -> Evaluator:
        value = node.value
        try:
            if isinstance(value, float):
                value = decimal(self.text(node))
            elif isinstance(value, int) and not isinstance(value, bool):
                value = bounded(value)
            elif not isinstance(value, str):
                raise self.foreign(node, f"; write {str(value).lower()!r}" if isinstance(value, bool) else "")
            elif not value.isprintable():
                raise Refusal("a word is made of characters that can be printed")
        except Refusal as refusal:
            raise Refusal(str(refusal), self.place(node)) from None
        return _always(value)

    def _Name(self, node: ast.Name) -> Evaluator:
        name, place = node.id, self.place(node)
        if name in WORDS:
            value = WORDS[name]
            return lambda environment: value
        if name in FUNCTIONS or name in self.functions:
            raise self.refusal(node, f"{name!r} is a function; write {name}(...)")
        return self.symbol(name, place, "the input has too few axes")

    def _Attribute(self, node: ast.Attribute) -> Evaluator:
        """A size of another entry: stem.rows, or 'stage1/conv'.rows."""
        entry = getattr(node.value, "id", getattr(node.value, "value", None))
        if not isinstance(entry, str):
            raise self.foreign(node)
        return self.symbol(f"{entry}.{node.attr}", self.place(node), "that entry is left out")

    def symbol(self, name: str, place: Place, why_missing: str) -> Evaluator:
        self.names.append((name, place))

        def evaluate(environment: Environment) -> Any:
            try:
                return environment[name]
            except KeyError:
                raise Refusal(f"no {name!r} here: {why_missing}", place) from None

        return evaluate

    def _BinOp(self, node: ast.BinOp) -> Evaluator:
        return self.guarded(node, self.operator(node.op, node), self.compile(node.left), self.compile(node.right))

    def _UnaryOp(self, node: ast.UnaryOp) -> Evaluator:
        return self.guarded(node, self.operator(node.op, node), self.compile(node.operand))

    def operator(self, symbol: ast.AST, node: ast.AST) -> Callable[..., Any]:
        if type(symbol) not in OPERATORS:
            raise mend(self.text(node), self.place(node)) or self.foreign(node)
        return OPERATORS[type(symbol)]

    def _Compare(self, node: ast.Compare) -> Evaluator:
        if len(node.ops) > 1:
            raise self.refusal(node, "one comparison at a time; join them with 'and'")
        left, right = self.compile(node.left), self.compile(node.comparators[0])
        return self.guarded(node, self.operator(node.ops[0], node), left, right)

    def _BoolOp(self, node: ast.BoolOp) -> Evaluator:
        parts = [self.compile(value) for value in node.values]
        settled_by = isinstance(node.op, ast.Or)  # 'or' is settled by the first true part, 'and' by the first false one
        return self.guarded(node, lambda values: junction(settled_by, values), lambda e: (part(e) for part in parts))

    def _IfExp(self, node: ast.IfExp) -> Evaluator:
        test, yes, no = self.compile(node.test), self.compile(node.body), self.compile(node.orelse)
        return self.guarded(node, choice, test, _later(yes), _later(no))

    def _Tuple(self, node: ast.Tuple | ast.List) -> Evaluator:
        parts = [self.guarded(part, _size, self.compile(part)) for part in node.elts]
        return lambda environment: tuple([part(environment) for part in parts])

    _List = _Tuple

    def _Subscript(self, node: ast.Subscript) -> Evaluator:
        if isinstance(node.slice, ast.Slice):
            raise self.foreign(node, "; a value of a list is taken by its number, like widths[2]")
        return self.guarded(node, pick, self.compile(node.value), self.compile(node.slice))

    def _Call(self, node: ast.Call) -> Evaluator:
        if not isinstance(node.func, ast.Name):
            raise self.foreign(node)
        if node.keywords:
            raise self.refusal(node, "the arguments of a function have no names")
        parts = [self.compile(argument) for argument in node.args]
        compute, count = self.function(node.func)
        if len(parts) != count:
            message = f"{node.func.id} takes {count} argument{'s' * (count != 1)}, not {len(parts)}"
            raise self.refusal(node, message)
        return self.guarded(node, compute, *parts) if callable(compute) else self.defined(node, node.func.id, parts)

    def function(self, node: ast.Name) -> tuple[Any, int]:
        """A built-in function, or None for one that the spec defines; and how many arguments it takes."""
        if (definition := self.functions.get(node.id)) is not None:
            self.spend(node, definition.body.cost, definition.body.depth)
            return None, len(definition.parameters)
        if node.id not in FUNCTIONS:
            hint = among(node.id, [*FUNCTIONS, *self.functions])
            raise self.refusal(node, f"unknown function {node.id!r}{hint}")
        self.spend(node, DEAR.get(node.id, 0), 0)
        return FUNCTIONS[node.id]

    def defined(self, node: ast.Call, name: str, parts: list[Evaluator]) -> Evaluator:
        self.names.append((name, self.place(node)))
        return self.guarded(node, lambda function, *values: function(*values), lambda e: e[name], *parts)


def _always(value: Any) -> Evaluator:
    return _constant(value) if isinstance(value, (int, str)) else lambda environment: value


@lru_cache(maxsize=1000, typed=True)  # 1 and true are equal
def _constant(value: Any) -> Evaluator:
    return lambda environment: value


def _later(evaluate: Evaluator) -> Evaluator:
    return lambda environment: lambda: evaluate(environment)


def _size(value: Any) -> Any:
    if isinstance(value, tuple):
        raise Refusal("a list within a list")
    return value


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
