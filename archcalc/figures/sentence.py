"""A sentence that says what the numbers on a page count, for the layers that occur in its networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archcalc.core.errors import listing
from archcalc.core.layer import Kind
from archcalc.core.shape import Shape
from archcalc.figures.amounts import NAMES, WORK
from archcalc.figures.conventions import CONVENTIONS, Convention
from archcalc.figures.figure import FIGURES
from archcalc.graph.graph import Graph

MEASURED = [name for name, one in FIGURES.items() if one.measured]
OTHER = {
    "products": "products",
    "activation_products": "products of two activations",
    "bias": "biases",
    "normalisation": "normalisation",
    "activations": "activations",
    "pooling": "pooling",
    "elementwise": "element-wise operations",
}  # words for uncounted work


class Occurs(NamedTuple):
    """A kind of layer, and all the work that its layers do in the networks."""

    layer: Kind
    rank: int  # of its input
    work: frozenset[str]  # kinds of work
    tensors: tuple[str, ...]  # names of the stored tensors that are not learned


def sentence(names: Sequence[str], graphs: Iterable[Graph]) -> str:
    """What the figures of these names count, by their conventions."""
    kinds = list(_kinds(graphs))
    parts = [_work(CONVENTIONS[name], kinds) for name in names if name in CONVENTIONS]
    stored = [f"{listing(kind.tensors)} of {kind.layer.label}" for kind in kinds if kind.tensors]
    parts += ["params: learned."] * ("params" in names)
    parts += [f"buffers: {listing(stored)}."] * ("buffers" in names and bool(stored))
    parts += [f"{FIGURES[name].heading}: {FIGURES[name].meaning}" for name in names if name in MEASURED]
    return " ".join(parts)


def _kinds(graphs: Iterable[Graph]) -> Iterator[Occurs]:
    """Each kind once, in the order of first occurrence."""
    found: dict[str, Occurs] = {}
    for graph in graphs:
        seen: set[int] = set()
        for node in graph.nodes:
            layer, inputs = node.layer, graph.input_shapes(node)
            if layer is None or id(layer) in seen:
                continue
            seen.add(id(layer))
            work = {*layer.work(inputs, node.shape)}
            work |= {"products"} if _multiplies(layer, inputs, node.shape) else set()
            if layer.weights(*inputs) is None and not work:
                continue
            before = found.get(layer.label, Occurs(layer, len(inputs[0]), frozenset(), ()))
            found[layer.label] = before._replace(work=before.work | work, tensors=tuple(layer.buffers(*inputs)))
    return iter(found.values())


def _multiplies(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> bool:
    """Whether layers of its kind do products with weights, and how many is known."""
    return type(layer).products is not Kind.products and layer.products(inputs, output) is not None


def _work(convention: Convention, kinds: Sequence[Occurs]) -> str:
    """ "mult-adds of one example: 1 for each multiplication with its addition in conv, linear; nothing for relu."."""
    if not kinds:
        return f"{convention.heading}: {convention.meaning}"
    counted: dict[str, list[str]] = {}
    nothing: dict[str, None] = {}
    for kind in kinds:
        factors = convention.tally.chosen(kind.layer, kind.rank).items()
        chosen = {name: factor for name, factor in factors if name in kind.work or name not in WORK}
        for how in (f"{factor} for each {NAMES[name]}" for name, factor in chosen.items()):
            counted.setdefault(how, []).append(kind.layer.label)
        left = sorted(kind.work - {*chosen}) if chosen.keys() <= WORK.keys() else []
        nothing |= dict.fromkeys([OTHER[name] for name in left] if chosen else [kind.layer.label] * bool(left))
    parts = [f"{how} in {listing(labels)}" for how, labels in counted.items()]
    parts += [f"nothing for {listing(nothing)}"] * bool(nothing)
    return f"{convention.heading} of one example: {'; '.join(parts) or 'there is no work'}."
