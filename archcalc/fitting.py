"""A layer from its call, and the output it gives to its inputs; equal questions are answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from archcalc.errors import Place
from archcalc.expression import Call
from archcalc.graph import Node
from archcalc.kind import Kind, Need, build
from archcalc.ledger import Ledger, evaluate
from archcalc.number import both, is_whole
from archcalc.shape import Shape, describe
from archcalc.spec import show

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
T = TypeVar("T")


class Fitter:
    """Makes layers and fits them to their inputs. A subclass may put other numbers in place of those found."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.fixed: dict[int, Arguments] = {}  # a call without symbols -> its values
        self.layers: dict[Any, Kind | None] = {}
        self.shapes: dict[Any, Shape | None] = {}

    def arguments(self, call: Call | None, environment: Mapping[str, Any]) -> Arguments:
        """The values of a call's arguments. Raises Refusal."""
        if call is None or (known := self.fixed.get(id(call))) is None:
            values = tuple([evaluate(argument, environment) for argument in call.arguments]) if call else ()
            keywords = {name: evaluate(value, environment) for name, value in call.keywords.items()} if call else {}
            known = values, keywords
            if call and call.fixed:
                self.fixed[id(call)] = known
        return known

    def node(
        self,
        kind: type[Kind],
        arguments: Arguments,
        name: str,
        place: Place,
        sources: tuple[int, ...],
        nodes: list[Node],
    ) -> Node | None:
        """The layer where it stands, or None where it cannot; why not is in the ledger."""
        values, keywords = arguments
        inputs = [nodes[i] for i in sources]
        key = (kind, values, *keywords.items())
        layer = _remembered(self.layers, key, lambda: self.layer(kind, arguments, name, place, inputs))
        if layer is None:
            return None
        shapes = tuple([node.shape for node in inputs])
        shape = _remembered(self.shapes, (layer, shapes), lambda: self.shape(layer, shapes, name, place, inputs))
        return None if shape is None else Node(name, layer, sources, shape, place)

    def layer(self, kind: type[Kind], arguments: Arguments, name: str, place: Place, inputs: list[Node]) -> Kind | None:
        layer, needs = build(kind, *arguments)
        return layer if self.ledger.meets(needs, name, place, inputs) else None

    def shape(
        self, layer: Kind, shapes: tuple[Shape, ...], name: str, place: Place, inputs: list[Node]
    ) -> Shape | None:
        """The output's shape. Where the layer does not fit its input but has one, the walk goes on, to find more."""
        fits = self.ledger.meets(layer.needs(*shapes), name, place, inputs)
        try:
            shape = layer.shape(*shapes)
        except (ValueError, TypeError, IndexError):
            if fits:
                raise
            return None
        return shape if self.ledger.meets(positive(shape), name, place, inputs) else None


def positive(shape: Shape) -> Iterator[Need]:
    """Sizes are whole and at least 1."""
    for size in shape:
        if not isinstance(size, int) or size < 1:
            number = not isinstance(size, (str, bool, tuple))
            shown = describe(tuple(map(show, shape)))
            yield number and both(is_whole(size), size >= 1), f"a size of {shown}; sizes are whole and at least 1"


def _remembered(answers: dict[Any, T | None], key: Any, ask: Callable[[], T | None]) -> T | None:
    """The answer to an equal question, or to this one; arrays and cells have no hash and are always asked."""
    try:
        if (known := answers.get(key)) is not None:
            return known
        hash(key)
    except TypeError:
        return ask()
    answer = answers[key] = ask()
    return answer
