"""Every figure that archcalc knows, each in one place: its name, its heading, its unit, and the rule that gives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.bound import summed, within
from archcalc.core.layer import Kind
from archcalc.core.number import Number, plain, product
from archcalc.core.shape import Shape
from archcalc.figures.conventions import CONVENTIONS, UNKNOWN, WEIGHTED
from archcalc.figures.rules import ABSENT, EVERY, Flow, OneLayer, Output, Quotient, Read, Rule, Tally, largest
from archcalc.graph.graph import Node

if TYPE_CHECKING:
    from archcalc.report import Report


class ReceptiveField(NamedTuple):
    """The receptive field along one axis, in positions of the network's input."""

    field: Number  # the number of positions on which an output position depends
    jump: Number  # the distance between the fields of two adjacent output positions


def _through_window(
    layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[tuple[ReceptiveField, ...]]
) -> tuple[ReceptiveField, ...] | None:
    """The receptive fields after a layer, from the largest ones of its inputs along each axis.

    field + (window - 1) * jump, and jump * stride (Araujo et al. 2019, "Computing Receptive Fields", equations 1, 2).
    """
    window, axes = layer.window(*inputs), zip(*passed, strict=False)
    before = [ReceptiveField(*(largest(sizes) for sizes in zip(*axis, strict=True))) for axis in axes]
    if window is None:
        return None
    if not window:  # each position sees only itself
        return tuple(before)
    pairs = zip(before, window, strict=False)
    return tuple(ReceptiveField(own.field + (k - 1) * own.jump, plain(own.jump * stride)) for own, (k, stride) in pairs)


def _deeper(layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[int]) -> int | None:
    """The depth after a layer: that of its deepest input, and 1 more where the layer multiplies by weights."""
    if layer.weights(*inputs) is None:
        return None
    return max(passed, default=0) + (type(layer).products is not Kind.products)


def _longer(layer: Kind, inputs: tuple[Shape, ...], passed: Sequence[int]) -> int:
    """The longest path after a layer: 1 more than the longest one before it."""
    return max(passed, default=0) + 1


RECEPTIVE = Flow(lambda shape: tuple(ReceptiveField(1, 1) for _ in shape[1:]), _through_window, ("field", "jump"))
FIELD = Read(RECEPTIVE, lambda axes: largest([axis.field for axis in axes]) if axes else ABSENT, fractional=True)
JUMP = Read(RECEPTIVE, lambda axes: largest([axis.jump for axis in axes]) if axes else ABSENT, fractional=True)
DEPTH = Read(Flow(lambda shape: 0, _deeper), lambda depth: depth, adds=True)
PATH = Read(Flow(lambda shape: 0, _longer), lambda length: length, adds=True)


BYTES = 4  # of an element in float32


class Figure(NamedTuple):
    """A number or a shape that is a property of a layer, of a block or of a network."""

    name: str  # for requests and programs: "mult_adds"
    heading: str  # of a column: "mult-adds"
    unit: str  # "mult-adds", "bytes" ...; "" for a size
    meaning: str
    rule: Rule | None  # None for a figure of the whole network only
    network: Callable[[Report], Any] | None = None  # how such a figure is computed; perhaps only a lower bound
    inside: bool = False  # whether what layers make while they run is part of it
    measured: bool = False  # whether it is known only where somebody measured it; more of it is better

    @property
    def is_ratio(self) -> bool:
        """Whether it is one sum divided by another."""
        return isinstance(self.rule, Quotient)

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are never fractions, as a knob's value may be."""
        return not self.rule.fractional if self.rule else self.network is not None and not self.measured


def _tensors(*amounts: str, each: int = 1) -> Tally:
    return Tally({EVERY: dict.fromkeys(amounts, each)}, stored=True)


def _axis(axis: int) -> Output:
    return Output(lambda shape: shape[axis] if axis < len(shape) else ABSENT)


def _argument(node: Node, name: str) -> Any:
    """An argument of the layer; None for the stride of a pooling window where it is not given."""
    return getattr(node.layer, name, ABSENT)


def _activations(report: Report) -> Number:
    from archcalc.memory.liveness import sizes, storages

    return BYTES * sum(sizes(report.graph, storages(report.graph))[1:])


def _bytes(count: Any) -> Any:
    """Of a number of elements, or of its bound, the bytes."""
    return within(count, lambda count: BYTES * count)


def _peak(report: Report) -> Any:
    from archcalc.memory.liveness import forward_peak

    return _bytes(forward_peak(report.graph)[0])


def _inference(report: Report) -> Any:
    return summed((_bytes(report.totals.shown("total_params")), _peak(report)))


def _training(report: Report) -> Number | None:
    from archcalc.memory.footprint import memory

    return memory(report).training


def _published(name: str) -> Callable[[Report], Any]:
    def found(report: Report) -> Any:
        from archcalc import published

        return published.year(report) if name == "year" else published.accuracy(report, name)

    return found


MOVED = Tally({EVERY: dict.fromkeys(("inputs", "outputs", "learned", "buffers"), BYTES)})
FLOPS = CONVENTIONS["flops"].tally
MULTIPLYING = (*WEIGHTED.split(), "rbf", "attention", "lstm", "gru", "rnn")
ACTIVATIONS = Tally({**{kind: {"outputs": 1} for kind in MULTIPLYING}, EVERY: {}, "opaque": UNKNOWN})
TOP1 = (
    "Percent right on ImageNet's validation set, by one crop or where none is named: as the network's paper prints it, "
    "else as its authors' code, torchvision, Keras or others do."
)
NET = "Of the whole network, in float32"
LISTED = (
    Figure("params", "params", "params", "Learned parameters.", _tensors("learned")),
    Figure("weights", "weights", "weights", "Learned parameters without the biases.", _tensors("weights")),
    Figure("biases", "biases", "biases", "Learned biases.", _tensors("biases")),
    Figure("buffers", "buffers", "buffers", "Numbers that are stored and not learned.", _tensors("buffers")),
    Figure("total_params", "total params", "params", "Parameters and buffers, Keras's total.",
           _tensors("learned", "buffers")),
    *(Figure(one.name, one.heading, one.heading, one.meaning, one.tally) for one in CONVENTIONS.values()),
    Figure("layers", "layers", "layers", "The number of layers.", Tally({EVERY: {"layers": 1}}, stored=True)),
    Figure("depth", "depth", "layers", "Layers that multiply by weights, on the longest path from the input.", DEPTH),
    Figure("longest_path", "longest path", "layers", "Layers of any kind on the longest path from the input.", PATH),
    Figure("receptive_field", "receptive field", "positions",
           "The number of input positions on which an output position depends, along the longer axis.", FIELD),
    Figure("jump", "jump", "positions",
           "The distance in the input between the windows of two adjacent output positions.", JUMP),
    Figure("cache_bytes", "cache bytes", "bytes",
           "In float32: the keys and values that a decoder stores of all tokens so far.",
           Tally({EVERY: {"cached": BYTES}})),
    Figure("elements", "neurons", "elements", "Elements of the output.", Output(product)),
    Figure("channels", "channels", "", "Channels, or features, of the output.", _axis(0)),
    Figure("rows", "height", "", "Rows of the output.", _axis(1)),
    Figure("columns", "width", "", "Columns of the output.", _axis(2)),
    Figure("output", "output", "", "The shape of the output.", Output(lambda shape: shape)),
    Figure("input", "input", "", "The shape of the input, or of the first of several.",
           OneLayer(lambda node, inputs: inputs[0], first=True)),
    Figure("kernel", "kernel", "", "The size of the window.", OneLayer(lambda node, _: _argument(node, "kernel"))),
    Figure("stride", "stride", "", "The step of the window.",
           OneLayer(lambda node, _: _argument(node, "stride") or _argument(node, "kernel"))),
    Figure("pad", "pad", "", "The padding on each side of the input.",
           OneLayer(lambda node, _: _argument(node, "pad"))),
    Figure("activations", "activations", "elements",
           "Elements of the outputs of layers that multiply by weights (arXiv:2003.13678: of convolutions alone).",
           ACTIVATIONS),
    Figure("intensity", "FLOPs/byte", "FLOPs/byte",
           "Arithmetic intensity: FLOPs of the products over the bytes of inputs, outputs, weights and buffers.",
           Quotient(FLOPS, MOVED)),
    Figure("weight_bytes", "weight bytes", "bytes", "Learned parameters in float32.",
           _tensors("learned", each=BYTES)),
    Figure("activation_bytes", "activation bytes", "bytes", f"{NET}: the outputs of all layers.", None, _activations),
    Figure("peak_bytes", "peak bytes", "bytes", f"{NET}: the outputs in memory at the peak.", None, _peak, inside=True),
    Figure("inference_bytes", "inference bytes", "bytes", f"{NET}: weights, buffers and the peak.", None, _inference,
           inside=True),
    Figure("training_bytes", "training bytes", "bytes", f"{NET}: a step of gradient descent.", None, _training,
           inside=True),
    Figure("title", "title", "", "What the network is called.", None, lambda report: report.title),
    Figure("year", "year", "", "When the source that the spec names was published.", None, _published("year")),
    Figure("top1", "top-1", "%", TOP1, None, _published("top1"), measured=True),
    Figure("top5", "top-5", "%", "Percent among the first five, at the measurement that top-1 is of.", None,
           _published("top5"), measured=True),
)  # fmt: skip
FIGURES = {figure.name: figure for figure in LISTED}
SPELLINGS = {  # other names of figures
    "macs": "mult_adds", "mult-adds": "mult_adds", "parameters": "params", "memory": "inference_bytes",
    "neurons": "elements", "height": "rows", "width": "columns",
}  # fmt: skip


def heading(name: str) -> str:
    """The column heading of a figure, or of a quantity that begins with one."""
    return re.sub(r"(?<![^\W_])(mult_adds|top1|top5)(?![^\W_])", lambda found: FIGURES[found[0]].heading, name)
