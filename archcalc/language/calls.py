"""Reads calls of layers and blocks, and checks their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.errors import Place, Refusal, listing, suggest
from archcalc.kind import Kind
from archcalc.kinds import KINDS
from archcalc.language.expression import Call, parse_call
from archcalc.language.reading import Reading, Scope
from archcalc.language.spec import Block, Item
from archcalc.language.text import Scalar
from archcalc.synonyms import instead


class Calls:
    """Reads calls of the kinds of layer and of the blocks known so far."""

    def __init__(self, reading: Reading, blocks: dict[str, Block]) -> None:
        self.reading, self.blocks = reading, blocks
        self.below: dict[str, Place] = {}  # the blocks of this file that stand further down
        self.unread: set[str] = set()  # names of blocks that could not be read, which has been reported already

    def item(self, scalar: Scalar, scope: Scope, name: str | None) -> Item | None:
        """A call of a layer or a block, with its arguments checked; None after a problem."""
        if not scalar.text:
            self.reading.problem("a layer is missing here, like relu or conv(64, 3, pad=1)", scalar.place)
            return None
        call = self.reading.attempt(scalar.place, parse_call, scalar.text, scalar.place, scope.functions)
        callee = call and self.callee(call.name, call.place)
        if call is None or callee is None:
            return None
        positional = [argument.place for argument in call.arguments]
        for refusal in _check(call.name, _parameters(callee), positional, call.keys):
            self.reading.refuse(refusal, scalar.place)
        for expression in call.values:
            self.reading.check_names(expression, scope)
        self.constants(call, callee)
        return Item(name or call.name, name is not None, scalar.place, callee=callee, call=call)

    def constants(self, call: Call, callee: Block | type[Kind]) -> None:
        """Check the type of each argument without symbols, even if the layer is never built."""
        types = {} if isinstance(callee, Block) else {parameter.name: parameter for parameter in callee.parameters}
        for name, value in [*zip(types, call.arguments, strict=False), *call.keywords.items()]:
            if not value.names and name in types and types[name].type.check(constant := value.evaluate({})) is False:
                self.reading.problem(f"{call.name}'s {types[name].need(constant)[1]}", value.place)

    def callee(self, name: str, place: Place) -> Block | type[Kind] | None:
        found: Any = self.blocks.get(name) or KINDS.get(name)
        if found is None and name not in self.unread:
            near = suggest(name, [*self.blocks, *KINDS])
            known = instead(name) or "'archcalc kinds' lists the layers"
            message = f"unknown layer or block {name!r}{near or f'; {known}'}"
            if name in self.below:
                line = self.below[name].line
                message = f"the block {name!r} stands below, on line {line + 1}; move it above its use"
                if line < place.line:
                    message = f"the block {name!r} uses itself; 'repeat: n' beside a name builds one n times"
            self.reading.problem(message, place)
        return found  # type: ignore[no-any-return]  # a block or a kind, by the two tables


def _parameters(callee: Block | type[Kind]) -> dict[str, bool]:
    """Each parameter -> whether it must be given."""
    if isinstance(callee, Block):
        return {name: default is None for name, default in callee.parameters.items()}
    return {parameter.name: parameter.required for parameter in callee.parameters}


def _check(
    name: str, parameters: dict[str, bool], positional: list[Place], keywords: dict[str, Place]
) -> Iterator[Refusal]:
    """The mistakes in a call; ``parameters`` are those of the callee -> whether each must be given."""
    names = list(parameters)
    if len(positional) > len(names):
        takes = f"takes {listing(names)}: {len(positional)} values are too many" if names else "takes no arguments"
        yield Refusal(f"{name} {takes}", positional[len(names)])
    for keyword, place in keywords.items():
        if keyword not in parameters:
            hint = suggest(keyword, names) or f" (its arguments: {listing(names)})"
            yield Refusal(f"{name} has no argument {keyword!r}{hint}", place)
        elif keyword in names[: len(positional)]:
            yield Refusal(f"{name}'s {keyword} is given twice, the first time without its name", place)
    given = {*names[: len(positional)], *keywords}
    if missing := [n for n, required in parameters.items() if required and n not in given]:
        yield Refusal(f"{name} needs {listing(missing)} (its arguments: {listing(names)})")
