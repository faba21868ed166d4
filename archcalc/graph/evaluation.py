"""A layer from its call, and the output it gives to its inputs; equal questions are answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from archcalc.core.errors import Refusal
from archcalc.core.layer import Kind, Need, build
from archcalc.core.number import Number, both, decide, equal, is_whole, plain
from archcalc.core.shape import Shape, describe
from archcalc.core.value import show
from archcalc.graph.diagnostics import Diagnostics, Site
from archcalc.graph.graph import Node
from archcalc.spec.arithmetic import condition, exactly
from archcalc.spec.expression import Call
from archcalc.spec.syntax import Expression

T = TypeVar("T")


def remembered(answers: dict[Any, T], key: Any, ask: Callable[[], T]) -> T:
    """The cached answer for a key, or a new one; arrays and traced numbers have no hash, so they are never cached."""
    try:
        if (known := answers.get(key)) is not None:
            return known
    except TypeError:
        return ask()
    answer = answers[key] = ask()
    return answer


def evaluate(expression: Expression, environment: Mapping[str, Any]) -> Any:
    """The expression's value, which is exact, in its simplest type; raises Refusal."""
    value = defined(expression, environment)
    return value if isinstance(value, int) else exactly(value, expression.text, expression.place)


def defined(expression: Expression, environment: Mapping[str, Any]) -> Any:
    """The value of a definition; it may be inexact, since the expressions that use it may round it. Raises Refusal."""
    value = expression.evaluate(environment)
    if isinstance(value, int):
        return value
    return tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)


def truth(expression: Expression, environment: Mapping[str, Any]) -> bool:
    """Whether a condition that decides which layers there are is true; raises Refusal where that is left open."""
    try:
        value = condition(evaluate(expression, environment))
        known = decide(getattr(value, "settled", value))
    except Refusal as refusal:
        raise Refusal(str(refusal), refusal.place or expression.place) from None
    if known is None:
        message = f"'{expression.text}' decides which layers there are, so it cannot be left open"
        raise Refusal(message, expression.place)
    return known


def count(expression: Expression, value: Any) -> Number:
    """How many times to repeat: a whole number or a form. Raises Refusal for anything else."""
    value = getattr(value, "settled", value)
    if hasattr(value, "copies"):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = f"repeat must be a whole number, at least 0; '{expression.text}' is {show(value)}"
        raise Refusal(message, expression.place)
    return value


LARGEST = 10**18  # elements along one axis
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Fitter:
    """Makes layers and checks them against their inputs. A subclass may replace the numbers that are found."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.fixed: dict[int, Arguments] = {}  # a call without symbols -> its values
        self.layers: dict[Any, Kind | None] = {}
        self.shapes: dict[Any, Shape | None] = {}

    def fork(self) -> Fitter:
        """A fitter with an empty diagnostics, for a copy of the walk."""
        return type(self)(type(self.diagnostics)(self.diagnostics.knobs))

    def input(self, shape: Shape) -> Shape:
        """The network's input."""
        return shape

    def arguments(self, call: Call | None, environment: Mapping[str, Any]) -> Arguments:
        """The values of a call's arguments. Raises Refusal."""
        if call is None or (known := self.fixed.get(id(call))) is None:
            values = tuple([evaluate(argument, environment) for argument in call.arguments]) if call else ()
            keywords = {name: evaluate(value, environment) for name, value in call.keywords.items()} if call else {}
            known = values, keywords
            if call and call.fixed:
                self.fixed[id(call)] = known
        return known

    def node(self, kind: type[Kind], arguments: Arguments, site: Site) -> Node | None:
        """The node of a layer; None where the layer does not fit there, which the diagnostics then explains."""
        values, keywords = arguments
        key = (kind, values, *keywords.items(), *map(type, values), *map(type, keywords.values()))  # true equals 1
        layer = remembered(self.layers, key, lambda: self.layer(kind, arguments, site))
        if layer is None:
            return None
        shapes = tuple([node.shape for node in site.inputs])
        try:
            shape = remembered(self.shapes, (layer, shapes), lambda: self.shape(layer, shapes, site))
        except ZeroDivisionError:  # a single 0 is refused as an argument, but a 0 in an array is found only here
            raise Refusal(f"{kind.label} divides by an array with a 0 in it") from None
        if shape is None or not self.diagnostics.meets(same_times(site.inputs), site):
            return None
        return Node(site.name, layer, site.sources, shape, site.item.place, times=site.inputs[0].times * layer.times())

    def layer(self, kind: type[Kind], arguments: Arguments, site: Site) -> Kind | None:
        """The layer; None if an argument is not of the type that the layer needs."""
        layer, needs = build(kind, *arguments)
        fits = [self.diagnostics.meets([need], site, site.argument(name)) for name, need in needs.items()]
        return layer if all(fits) else None

    def shape(self, layer: Kind, shapes: tuple[Shape, ...], site: Site) -> Shape | None:
        """The output's shape. A layer that does not fit its input may have one too, so that the walk goes on."""
        fits = self.diagnostics.meets(layer.needs(*shapes), site)
        try:
            shape = layer.shape(*shapes)
        except (ValueError, TypeError, IndexError):
            if fits:
                raise
            return None
        shape = self.output(shape)
        return shape if self.diagnostics.meets(positive(shape, "its output would be"), site) else None

    def output(self, shape: Shape) -> Shape:
        """The shape of a layer's output, before its sizes are checked."""
        return shape


def same_times(inputs: Sequence[Node]) -> Iterator[Need]:
    """Inputs that are joined must run equally often: a map of the image cannot be joined with maps of regions."""
    for other in inputs[1:]:
        times = f"{show(inputs[0].times)} and {show(other.times)}"
        yield equal(inputs[0].times, other.times), f"branches cannot be joined: they run {times} times for one example"


def positive(shape: Shape, what: str) -> Iterator[Need]:
    """Sizes must be whole, at least 1 and at most LARGEST."""
    for size in shape:
        if isinstance(size, int) and size > LARGEST:
            yield False, f"{what} larger than {LARGEST:,} on one axis"
        elif not isinstance(size, int) or isinstance(size, bool) or size < 1:
            number = not isinstance(size, (str, bool, tuple))
            shown = describe(shape)
            yield number and both(is_whole(size), size >= 1), f"{what} {shown}; sizes are whole and at least 1"
