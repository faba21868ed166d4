"""Several operations that are one layer of archcalc: attention, tokens, shuffled channels, a norm over channels.

A replacement must have the same output, parameters and mult-adds as what it replaces; else the operations stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from archcalc.core.layer import Kind
from archcalc.core.shape import Shape
from archcalc.importers.operation import INPUT, Operation
from archcalc.layers import KINDS

REARRANGE = ("reshape", "permute", "narrow")


class Match(NamedTuple):
    """Operations, in order, and the layer that they are; the last one gives its output."""

    numbers: tuple[int, ...]
    layer: Kind
    source: int
    others: tuple[int, ...] = ()  # further inputs

    @property
    def inputs(self) -> tuple[int, ...]:
        return (self.source, *self.others)


Rule: TypeAlias = "Callable[[Network, int], Match | None]"


def simplified(
    operations: Sequence[Operation], shape: Shape, rules: Sequence[Rule] | None = None
) -> tuple[Operation, ...]:
    """The operations with one in place of several."""
    operations = grown(operations)
    network = Network(operations, shape)
    found: dict[int, Match] = {}
    taken: set[int] = set()
    for number in range(len(operations)):
        for rule in rules or RULES:
            match = rule(network, number)
            if match and not taken & {*match.numbers} and network.fits(match):
                taken |= {*match.numbers}
                found[match.numbers[-1]] = match
    return tuple(_replaced(operations, found, taken))


def grown(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations in which a concatenation that begins as an earlier one takes that one and what is new.

    So dense blocks grow; each concatenation then stands in the module that makes what is new.
    """
    earlier: dict[tuple[Kind, tuple[int, ...]], int] = {}
    found, growing = [*operations], set[int]()
    for number, (layer, inputs, *_) in enumerate(operations):
        if layer.label == "concat":
            begins = [inputs[:count] for count in range(len(inputs) - 1, 1, -1) if (layer, inputs[:count]) in earlier]
            if begins:
                start = earlier[layer, begins[0]]
                found[number] = found[number]._replace(inputs=(start, *inputs[len(begins[0]) :]))
                growing |= {start, number}
            earlier[layer, inputs] = number
    for number in growing:
        new, own = operations[number - 1], operations[number]
        if own.inputs[-1] == number - 1:
            common = sum(
                1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(new.within, own.within, strict=False))
            )
            found[number] = found[number]._replace(within=new.within[: common + 1])
    return tuple(found)


def _replaced(operations: Sequence[Operation], found: dict[int, Match], taken: set[int]) -> Iterator[Operation]:
    places = {INPUT: INPUT}
    for number, operation in enumerate(operations):
        if number in taken and number not in found:
            continue
        shared = None if operation.shared is None else places[operation.shared]
        if match := found.get(number):
            several = [operations[each] for each in match.numbers]
            levels = zip(*(each.within for each in several), strict=False)
            within = tuple(level[0] for level in takewhile(lambda level: len({*level}) == 1, levels))
            weights = tuple(name for each in several for name in each.weights)
            operation = Operation(match.layer, match.inputs, operation.shape, within, "", weights)
        places[number] = len(places) - 1
        yield operation._replace(inputs=tuple(places[source] for source in operation.inputs), shared=shared)


class Network:
    """The operations, with who uses them."""

    def __init__(self, operations: Sequence[Operation], shape: Shape) -> None:
        self.operations, self.input = operations, shape
        self.users: dict[int, list[int]] = {}
        for number, operation in enumerate(operations):
            for source in operation.inputs:
                self.users.setdefault(source, []).append(number)

    def label(self, number: int) -> str:
        return self.operations[number].layer.label if number != INPUT else ""

    def shape(self, number: int) -> Shape:
        return self.operations[number].shape if number != INPUT else self.input

    def chain(self, number: int, *labels: str) -> tuple[int, ...]:
        """The operations from this one on, each the only one to use the one before; empty if they are others."""
        found = [number] if self.label(number) == labels[0] else []
        for label in labels[1:] if found else ():
            users = self.users.get(found[-1], [])
            if len(users) != 1 or self.label(users[0]) != label or len(self.operations[users[0]].inputs) != 1:
                return ()
            found.append(users[0])
        return tuple(found)

    def source(self, number: int) -> int:
        return self.operations[number].inputs[0]

    def fits(self, match: Match) -> bool:
        """Whether the layer has the output and the costs of the operations, and these are used nowhere else."""
        inside, inputs = {*match.numbers}, tuple(map(self.shape, match.inputs))
        if any({*self.users.get(number, [])} - inside for number in match.numbers[:-1]):
            return False
        if any(self.operations[number].shared is not None for number in match.numbers):
            return False
        if any(fits is not True for fits, _ in match.layer.needs(*inputs)):
            return False
        output = match.layer.shape(*inputs)
        sums = [sum(column) for column in zip(*(self.costs(number) for number in match.numbers), strict=True)]
        return output == self.shape(match.numbers[-1]) and [*_costs(match.layer, inputs, output)] == sums

    def costs(self, number: int) -> tuple[int, int]:
        operation = self.operations[number]
        return _costs(operation.layer, tuple(map(self.shape, operation.inputs)), operation.shape)


def _costs(layer: Kind, inputs: tuple[Shape, ...], output: Shape) -> tuple[int, int]:
    """The parameters and the mult-adds."""
    products = layer.work(inputs, output).get("activation_products") or 0
    return int(layer.learned(*inputs) or 0), int((layer.products(inputs, output) or 0) + products)


def tokens(network: Network, number: int) -> Match | None:
    found = network.chain(number, "reshape", "permute")
    if not found:
        return None
    x, flat, y = (network.shape(each) for each in (network.source(number), *found))
    fits = len(x) > 2 and len(flat) == 2 and flat[0] == x[0] and y == flat[::-1]
    return Match(found, KINDS["tokens"](), network.source(number)) if fits else None


def shuffle(network: Network, number: int) -> Match | None:
    found = network.chain(number, "reshape", "permute", "reshape")
    if not found:
        return None
    x, cut, swapped = (network.shape(each) for each in (network.source(number), *found[:2]))
    fits = len(cut) == len(x) + 1 and cut[2:] == x[1:] and swapped == (cut[1], cut[0], *cut[2:])
    return Match(found, KINDS["shuffle"](cut[0]), network.source(number)) if fits and len(x) > 1 else None


def norm_over_channels(network: Network, number: int) -> Match | None:
    found = network.chain(number, "permute", "layernorm", "permute")
    if not found:
        return None
    norm = network.operations[found[1]].layer
    count = len(network.shape(found[0]))
    last, first = (*range(1, count), 0), (count - 1, *range(count - 1))
    orders = tuple(network.operations[each].layer for each in (found[0], found[2]))
    fits = orders == (KINDS["permute"](last), KINDS["permute"](first))
    return Match(found, norm.with_arguments({"axis": 0}), network.source(number)) if fits else None


def attention(network: Network, number: int) -> Match | None:
    """Projections, products of queries, keys and values, and the projection of their output."""
    if network.label(number) != "dot_product_attention":
        return None
    before, projections = [*zip(*(_back(network, source) for source in network.operations[number].inputs), strict=True)]
    after = _forward(network, number)
    distinct = [*dict.fromkeys(projections)]
    if not after or len(distinct) == 2 or any(network.label(each) != "linear" for each in distinct):
        return None
    sources = {network.source(each) for each in distinct}
    if len(sources) > 1:
        return None
    (source,), heads, dim = sources, network.shape(number)[-3], network.shape(number)[-1]
    first, last = (network.operations[each].layer for each in (distinct[0], after[-1]))
    x = network.shape(source)
    how = {"head_dim": None if heads * dim == x[-1] else dim, "qkv_bias": vars(first)["bias"],
           "out_bias": vars(last)["bias"], "fused": len(distinct) == 1, "axis": -1 if len(x) > 2 else None}  # fmt: skip
    inside = sorted({*distinct, *(each for path in before for each in path), number, *after})
    return Match(tuple(inside), KINDS["attention"](heads, **how), source)


def _back(network: Network, number: int) -> tuple[tuple[int, ...], int]:
    """The operations that only rearrange before this one, and the first one that does not."""
    found = []
    while network.label(number) in REARRANGE:
        found.append(number)
        number = network.source(number)
    return tuple(found), number


def _forward(network: Network, number: int) -> tuple[int, ...]:
    """The operations that only rearrange after this one, up to a linear layer; empty if there is none."""
    found: list[int] = []
    while len(users := network.users.get(number, [])) == 1:
        (number,) = users
        found.append(number)
        if network.label(number) == "linear":
            return tuple(found)
        if network.label(number) not in REARRANGE:
            break
    return ()


RULES: tuple[Rule, ...] = (attention, shuffle, tokens, norm_over_channels)
