"""One text's syntax tree -> closures, against an allow-list; nothing is ever evaluated by Python itself."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.arithmetic import FUNCTIONS, LARGEST_BITS, OPERATORS, WORDS, decimal
from archcalc.errors import Refusal, listing, suggest
from archcalc.number import decide, select

Environment = Mapping[str, Any]
Evaluator = Callable[[Environment], Any]

DEAREST = 10_000  # evaluated nodes, calls of defined functions followed
DEEPEST = 60  # nested nodes, likewise


class Expression(NamedTuple):
    """A parsed expression: its text, how to evaluate it, the names it reads with their offsets, what it may cost."""

    text: str
    evaluate: Evaluator  # raises Refusal with the offset of what could not be computed
    names: tuple[tuple[str, int], ...]
    cost: int
    depth: int


Functions = Mapping[str, Expression]  # a defined function's name -> its body


def syntax_tree(text: str) -> ast.expr:
    """The text by Python's grammar. Raises Refusal."""
    if "\n" in text:
        raise Refusal("an expression stands on one line", 0)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on its own grammar is not for a spec's author
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = max((getattr(error, "offset", None) or 1) - 1, 0)
        raise Refusal("not an expression; is a bracket, comma or operator missing?", min(offset, len(text))) from None


class Compiler:
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
            value = self.guarded(node, decimal, lambda environment: literal)({})
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
