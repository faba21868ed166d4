"""The arithmetic of a spec: "32*alpha" -> a function of the symbols.

A small subset of Python's grammar, read by ``ast`` against an allow-list and turned into closures; nothing is ever
evaluated by Python, so no expression can reach it. Decimals are exact fractions. What an expression may cost is bounded
before it runs: its length, its nesting, the calls it leads to, and the size of each number on the way.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.errors import Refusal, listing, suggest
from archcalc.number import decide, equal, exact_div, half_up, least, make_divisible, most, select

Environment = Mapping[str, Any]
Evaluator = Callable[[Environment], Any]

LARGEST_BITS = 256  # of a number on the way
DEAREST = 10_000  # evaluated nodes, calls of defined functions followed
DEEPEST = 60  # nested nodes, likewise
WORDS = {"true": True, "false": False, "same": "same"}


class Expression(NamedTuple):
    """A parsed expression: its text, how to evaluate it, the names it reads with their offsets, what it may cost."""

    text: str
    evaluate: Evaluator
    names: tuple[tuple[str, int], ...]
    cost: int
    depth: int

    def __call__(self, environment: Environment) -> Any:
        """The value; raises Refusal with the offset of what could not be computed."""
        return self.evaluate(environment)


Functions = Mapping[str, Expression]  # a defined function's name -> its body


class Function(NamedTuple):
    """A function defined in a spec: ``width(c): make_divisible(c*alpha, 8)``."""

    name: str
    parameters: tuple[str, ...]
    body: Expression
    environment: Environment

    def __call__(self, *values: Any) -> Any:
        return self.body({**self.environment, **dict(zip(self.parameters, values, strict=True))})


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
    return _Compiler(text, functions or {}).expression(_tree(text))


def parse_call(text: str, functions: Functions | None = None) -> Call:
    """A call of a layer or block from its text. Raises Refusal."""
    compiler, tree = _Compiler(text, functions or {}), _tree(text)
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
    return expression({})


def _tree(text: str) -> ast.expr:
    if "\n" in text:
        raise Refusal("an expression stands on one line", 0)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on its own grammar is not for a spec's author
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = max((getattr(error, "offset", None) or 1) - 1, 0)
        raise Refusal("not an expression; is a bracket, comma or operator missing?", min(offset, len(text))) from None


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def bounded(a: Any, b: Any) -> Any:
        if isinstance(a, (str, bool, tuple)) or isinstance(b, (str, bool, tuple)):
            raise Refusal("arithmetic needs numbers")
        result = compute(a, b)
        if isinstance(result, int):
            too_large = result.bit_length() > LARGEST_BITS
        elif isinstance(result, Fraction):
            too_large = max(result.numerator.bit_length(), result.denominator.bit_length()) > LARGEST_BITS
            result = result.numerator if result.denominator == 1 else result
        else:
            too_large = False
        if too_large:
            raise Refusal(f"a number of more than {LARGEST_BITS} bits")
        return result

    return bounded


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int) and not abs(exponent) <= LARGEST_BITS:
        raise Refusal(f"an exponent of more than {LARGEST_BITS}")
    if isinstance(exponent, Fraction) and isinstance(base, (int, Fraction)):
        raise Refusal("a root is not exact; only whole exponents")
    return exact_div(1, base**-exponent) if isinstance(exponent, int) and exponent < 0 else base**exponent


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _arithmetic(operator.add),
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(exact_div),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Pow: _arithmetic(_power),
    ast.USub: operator.neg,
    ast.Eq: equal,
    ast.NotEq: lambda a, b: _negate(equal(a, b)),
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Not: lambda a: _negate(a),
}

FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {  # with how many arguments
    "floor": (lambda x: x // 1, 1),
    "ceil": (lambda x: -(-x // 1), 1),
    "round": (half_up, 1),
    "min": (least, 2),
    "max": (most, 2),
    "make_divisible": (make_divisible, 2),
}


def _negate(condition: Any) -> Any:
    return not condition if isinstance(condition, bool) else ~condition


class _Compiler:
    """One text's tree -> closures; remembers the names it met, and what evaluating it may cost."""

    def __init__(self, text: str, functions: Functions) -> None:
        self.text, self.functions = text, functions
        self.start()

    def start(self) -> None:
        self.names: list[tuple[str, int]] = []
        self.cost = self.depth = self.deepest = 0

    def expression(self, node: ast.expr) -> Expression:
        self.start()
        evaluate = self.compile(node)
        offset, width = self.span(node)
        return Expression(self.text[offset : offset + width], evaluate, tuple(self.names), self.cost, self.deepest)

    def span(self, node: Any) -> tuple[int, int]:
        """Offset and width in characters; ast counts bytes of the first line."""
        encoded = self.text.encode()
        start = len(encoded[: node.col_offset].decode(errors="ignore"))
        return start, max(len(encoded[node.col_offset : node.end_col_offset].decode(errors="ignore")), 1)

    def compile(self, node: ast.expr) -> Evaluator:
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is None:
            raise Refusal(f"{self.shown(node)} is not part of the language", *self.span(node))
        self.depth += 1
        self.spend(node, 1, 0)
        evaluate: Evaluator = handler(node)
        self.depth -= 1
        return evaluate

    def spend(self, node: ast.AST, cost: int, depth: int) -> None:
        self.cost, self.deepest = self.cost + cost, max(self.deepest, self.depth + depth)
        if self.cost > DEAREST or self.deepest > DEEPEST:
            raise Refusal("too much nesting, or too many steps", *self.span(node))

    def shown(self, node: ast.AST) -> str:
        offset, width = self.span(node)
        return repr(self.text[offset : offset + width][:40])

    def guarded(self, node: ast.AST, compute: Callable[..., Any], *parts: Evaluator) -> Evaluator:
        span = self.span(node)

        def evaluate(environment: Environment) -> Any:
            try:
                return compute(*[part(environment) for part in parts])
            except Refusal as refusal:
                raise refusal if refusal.offset is not None else Refusal(str(refusal), *span) from None
            except ZeroDivisionError:
                raise Refusal("a division by zero", *span) from None
            except (TypeError, ValueError, OverflowError):
                raise Refusal("these values do not go together here", *span) from None

        return evaluate

    def _Constant(self, node: ast.Constant) -> Evaluator:
        value = node.value
        if isinstance(value, float):
            literal = self.text.encode()[node.col_offset : node.end_col_offset].decode()
            value = _decimal(literal, self.span(node))
        elif isinstance(value, bool) or not isinstance(value, (int, str)):
            raise Refusal(f"{self.shown(node)} is not part of the language", *self.span(node))
        elif isinstance(value, int) and value.bit_length() > LARGEST_BITS:
            raise Refusal(f"a number of more than {LARGEST_BITS} bits", *self.span(node))
        return lambda environment: value

    def _Name(self, node: ast.Name) -> Evaluator:
        name, span = node.id, self.span(node)
        if name in WORDS:
            value = WORDS[name]
            return lambda environment: value
        self.names.append((name, span[0]))

        def evaluate(environment: Environment) -> Any:
            try:
                return environment[name]
            except KeyError:
                raise Refusal(f"unknown symbol {name!r}{suggest(name, environment)}", *span) from None

        return evaluate

    def _BinOp(self, node: ast.BinOp) -> Evaluator:
        return self.guarded(node, self.operator(node.op, node), self.compile(node.left), self.compile(node.right))

    def _UnaryOp(self, node: ast.UnaryOp) -> Evaluator:
        return self.guarded(node, self.operator(node.op, node), self.compile(node.operand))

    def operator(self, symbol: ast.AST, node: ast.AST) -> Callable[..., Any]:
        if type(symbol) not in OPERATORS:
            raise Refusal(f"the operator in {self.shown(node)} is not part of the language", *self.span(node))
        return OPERATORS[type(symbol)]

    def _Compare(self, node: ast.Compare) -> Evaluator:
        if len(node.ops) > 1:
            raise Refusal("one comparison at a time; join them with 'and'", *self.span(node))
        left, right = self.compile(node.left), self.compile(node.comparators[0])
        return self.guarded(node, self.operator(node.ops[0], node), left, right)

    def _BoolOp(self, node: ast.BoolOp) -> Evaluator:
        parts = [self.compile(value) for value in node.values]
        stop = isinstance(node.op, ast.Or)  # 'or' is settled by the first true part, 'and' by the first false one

        def evaluate(environment: Environment) -> Any:
            result: Any = not stop
            for part in parts:
                value = part(environment)
                if decide(value) is stop:
                    return stop
                if decide(value) is None:
                    result = value if isinstance(result, bool) else (result | value if stop else result & value)
            return result

        return self.guarded(node, lambda value: value, evaluate)

    def _IfExp(self, node: ast.IfExp) -> Evaluator:
        test, yes, no = self.compile(node.test), self.compile(node.body), self.compile(node.orelse)

        def evaluate(environment: Environment) -> Any:
            known = decide(condition := test(environment))
            if known is None:
                return select(condition, yes(environment), no(environment))
            return yes(environment) if known else no(environment)

        return self.guarded(node, lambda value: value, evaluate)

    def _Tuple(self, node: ast.Tuple | ast.List) -> Evaluator:
        parts = [self.compile(element) for element in node.elts]
        return lambda environment: tuple(part(environment) for part in parts)

    _List = _Tuple

    def _Call(self, node: ast.Call) -> Evaluator:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise Refusal(f"{self.shown(node)} is not part of the language", *self.span(node))
        name = node.func.id
        parts = [self.compile(argument) for argument in node.args]
        if name in self.functions:
            self.spend(node, self.functions[name].cost, self.functions[name].depth)
            self.names.append((name, self.span(node)[0]))
            return self.guarded(node, lambda function, *values: function(*values), lambda e: e[name], *parts)
        if name not in FUNCTIONS:
            known = [*FUNCTIONS, *self.functions]
            raise Refusal(
                f"unknown function {name!r}{suggest(name, known)} (there are {listing(known)})", *self.span(node.func)
            )
        compute, count = FUNCTIONS[name]
        if len(parts) != count:
            raise Refusal(f"{name} takes {count} argument{'s'[: count - 1]}, not {len(parts)}", *self.span(node))
        return self.guarded(node, compute, *parts)


def _decimal(literal: str, span: tuple[int, int]) -> Any:
    digits, _, exponent = literal.lower().partition("e")
    if exponent and abs(int(exponent)) > 60:
        raise Refusal(f"a number of more than {LARGEST_BITS} bits", *span)
    value = Fraction(literal)
    return value.numerator if value.denominator == 1 else value
