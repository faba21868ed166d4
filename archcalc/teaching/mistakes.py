"""Students' typical mistakes, each as a change to the question; the engine computes the answer that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.number import fails, half_up, plain
from archcalc.core.shape import Shape
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Counts, Read, Tally
from archcalc.graph.evaluation import positive
from archcalc.graph.graph import Graph, Node


class OtherWay(int):
    """An integer whose divisions round the opposite way: up if a rule rounds down, and down if it rounds up."""

    def __floordiv__(self, other: int) -> OtherWay:
        return OtherWay(-(-int(self) // int(other)))


def _kept(name: str) -> Callable[..., Any]:
    """An operation on integers whose result is an OtherWay too."""
    return lambda *values: OtherWay(getattr(int, name)(*values))


for _name in ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__neg__"):
    setattr(OtherWay, _name, _kept(_name))


class Question(NamedTuple):
    """A figure of a layer, with the nodes directly before and after it."""

    figure: str
    graph: Graph  # its inputs, the layer, and if a batch norm takes its output, that
    at: int  # the layer's node there
    network: Counts
    before: tuple[int, ...]  # the nodes of the network that are its inputs

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.at]

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """The shapes of the layer's inputs."""
        return self.graph.input_shapes(self.node)

    def value(self, figure: str = "", at: int | None = None) -> Any:
        """The answer; or the one for another figure or layer."""
        rule = FIGURES[figure or self.figure].rule
        assert rule is not None  # a layer has it
        if isinstance(rule, Read) and self.node.layer:  # what flows through the layers before it
            passed = [self.network.of(rule.flow)[i] for i in self.before]
            found = rule.flow.arrive(self.node.layer, self.inputs, passed)
            return None if found is None else rule.read(found)
        return rule.of(Counts(self.graph), (self.at if at is None else at,))

    def altered(
        self,
        arguments: dict[str, Any] | None = None,
        inputs: tuple[Shape, ...] = (),
        shape: Shape = (),
        number: Callable[[int], int] = int,
    ) -> Question | None:
        """The same with other arguments or inputs; without ``shape``, its output is computed. None if that fails."""
        layer, given, nodes = self.node.layer, inputs or self.inputs, list(self.graph.nodes)
        assert layer is not None  # only the network's input has none
        if arguments and not arguments.keys() <= {parameter.name for parameter in layer.parameters}:
            return None
        layer = layer.with_arguments(arguments or {})
        try:
            found = shape or tuple(map(int, layer.shape(*(tuple(map(number, sizes)) for sizes in given))))
            fits = not any(fails(needed) for needed, _ in (*layer.needs(*given), *positive(found, "")))
        except (ValueError, TypeError, IndexError):  # the rules of a kind are for shapes that it can have
            return None
        for source, sizes in zip(self.node.inputs, given, strict=True):
            nodes[source] = nodes[source]._replace(shape=sizes)
        nodes[self.at] = self.node._replace(layer=layer, shape=found)
        return self._replace(graph=self.graph._replace(nodes=tuple(nodes))) if fits else None


def question(network: Counts, at: int, figure: str) -> Question:
    """The question about a figure of a node."""
    nodes, node = network.graph.nodes, network.graph.nodes[at]
    before = [nodes[i]._replace(layer=None, inputs=()) for i in node.inputs]
    norm = [n for n in nodes if n.inputs == (at,) and n.layer and n.layer.label == "batchnorm"][:1]
    here = node._replace(inputs=tuple(range(len(before))))
    behind = [n._replace(inputs=(len(before),)) for n in norm]
    graph = network.graph._replace(nodes=(*before, here, *behind))
    return Question(figure, graph, len(before), network, node.inputs)


class Mistake(NamedTuple):
    """A mistake's name, the remark to the student, and the answers that it leads to."""

    name: str
    told: str
    answers: Callable[[Question], Iterable[Any]]


def _values(*found: Question | None) -> list[Any]:
    return [one.value() for one in found if one]


def _with(number: Callable[[int], int] = int, **arguments: Any) -> Callable[[Question], Iterable[Any]]:
    return lambda asked: _values(asked.altered(arguments, number=number))


def _counted_by(*conventions: str) -> Callable[[Question], Iterable[Any]]:
    """The work by another convention."""
    return lambda asked: [asked.value(name) for name in conventions if asked.figure in CONVENTIONS]


def _batchnorm(asked: Question) -> Iterator[Any]:
    """The answer with batch norm counted: of the layer itself, or added from the one after it."""
    own = asked.node.layer is not None and asked.node.layer.label == "batchnorm"
    at = asked.at + (not own)
    rule = FIGURES[asked.figure].rule
    if at < len(asked.graph.nodes) and isinstance(rule, Tally):
        for figure in ("params", "total_params") if rule.stored else ("all",):
            yield asked.value(figure, at) + (0 if own else asked.value())


def _other_channels(asked: Question) -> Iterator[Any]:
    for width in {node.shape[0] for node in asked.network.graph.nodes}:
        if len(asked.inputs) == 1:
            yield from _values(asked.altered(inputs=((width, *asked.inputs[0][1:]),)))
        yield from _values(asked.altered({"out": width}))


def _other_unit(asked: Question) -> Iterator[Any]:
    if isinstance(FIGURES[asked.figure].rule, Tally):
        yield from (1000 * asked.value(), plain(Fraction(asked.value(), 1000)))


def _rounded(asked: Question) -> Iterator[Any]:
    value = asked.value()
    for power in range(1, len(str(value))) if isinstance(value, int) else ():
        yield half_up(Fraction(value, 10**power)) * 10**power


MISTAKES = (
    Mistake("forgot the bias", "Each filter has a bias, too.", _with(bias=False)),
    Mistake("counted a bias", "This layer has no bias.", _with(bias=True)),
    Mistake("biases as work", "Adding a bias is no work by this convention.", _counted_by("with_bias")),
    Mistake("ceil for floor", "The size is rounded the other way.", _with(OtherWay)),
    Mistake("padding left out", "The input is padded first.", _with(pad=0)),
    Mistake("padding that is not there", "This layer does not pad its input to keep the size.", _with(pad="same")),
    Mistake("stride left out", "The window moves by its stride.", _with(stride=1)),
    Mistake("dilation ignored", "The dilation makes the window wider.", _with(dilation=1)),
    Mistake("groups ignored", "A filter sees only the channels of its own group.", _with(groups=1)),
    Mistake("FLOPs for mult-adds", "A mult-add is two FLOPs, a multiplication and an addition.",
            _counted_by("flops", "mult_adds")),
    Mistake("batch norm counted", "What batch norm computes or stores is not counted here.", _batchnorm),
    Mistake("channels of the wrong layer", "The channels are those of another layer.", _other_channels),
    Mistake("K for M", "The number is a thousand times too large or too small.", _other_unit),
    Mistake("rounded", "The exact number is asked for.", _rounded),
)  # fmt: skip


def likely(asked: Iterable[Question], is_answer: Callable[[Any], bool]) -> list[Mistake]:
    """All mistakes that lead to an answer to one of these questions; several may give the same number."""
    questions = [*asked]
    return [mistake for mistake in MISTAKES if any(is_answer(v) for one in questions for v in mistake.answers(one))]
