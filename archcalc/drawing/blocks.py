"""The blocks of a graph, by the names of its layers; copies of a repetition that are alike become one block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.graph.graph import Graph, Node

NUMBERED = re.compile(r"(.*?)(\d{1,9})", re.DOTALL)
LEVELS = 40  # of blocks within blocks; deeper names are not divided further


class Block(NamedTuple):
    """A layer, or a block of layers that follow each other; or several copies of it, each on the output of the last."""

    name: str
    path: str  # of the first copy
    level: int  # of the names inside it: it is opened where the drawing has at least as many levels
    copies: tuple[range, ...]  # the nodes of each copy, over all copies of the blocks around it
    times: int = 1  # the copies in one copy of the block around it
    children: tuple[Block, ...] = ()


def blocks_of(graph: Graph) -> tuple[Block, ...]:
    """All blocks of a graph, down to its layers; its input is the first one."""
    name = graph.nodes[0].name
    return Block(name, name, 1, (range(1),)), *_Tree(graph).inside(range(1, len(graph.nodes)), 0)


def cut(blocks: Sequence[Block], depth: int) -> tuple[Block, ...]:
    """The blocks with only so many levels of names."""
    return tuple(
        block._replace(children=cut(block.children, depth) if block.level <= depth else ()) for block in blocks
    )


def leaves(blocks: Sequence[Any]) -> Iterator[Any]:
    """The blocks, or boxes, that contain no others."""
    for block in blocks:
        if block.children:
            yield from leaves(block.children)
        else:
            yield block


class _Tree:
    """The blocks of one graph. Nodes of a block follow each other, so that no edge leads back to an earlier block."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.names = [node.name.split("/", LEVELS) for node in graph.nodes]
        self.last_use = list(range(len(graph.nodes)))
        for index, node in enumerate(graph.nodes):
            for source in node.inputs:
                self.last_use[source] = index

    def inside(self, nodes: range, level: int) -> tuple[Block, ...]:
        """The blocks of these nodes, whose names are equal up to this level."""
        runs = [[*run] for _, run in groupby(nodes, lambda i: self.names[i][level : level + 1] or i)]
        blocks = [self.block(range(run[0], run[-1] + 1), level) for run in runs]
        return tuple(map(_folded, self.alike(blocks, level)))

    def block(self, nodes: range, level: int) -> Block:
        """The block of these nodes, named at this level; deeper names that all of them have make no blocks."""
        first = self.names[nodes[0]]
        name = (first[level:] or first[-1:])[0]
        if len(nodes) == 1:
            return Block(name, self.nodes[nodes[0]].name, LEVELS, (nodes,))
        inner = level + 1
        while all(self.names[i][inner : inner + 1] == first[inner : inner + 1] != [] for i in nodes):
            inner += 1
        return Block(name, "/".join(first[: level + 1]), inner + 1, (nodes,), children=self.inside(nodes, inner))

    def alike(self, blocks: Sequence[Block], level: int) -> Iterator[list[Block]]:
        """The blocks, those together that are copies."""
        group: list[Block] = []
        for block in blocks:
            if group and not self.repeats(group, block, level):
                yield group
                group = []
            group.append(block)
        if group:
            yield group

    def repeats(self, group: Sequence[Block], block: Block, level: int) -> bool:
        """Whether a block is one more copy: numbered on, with equal layers, on the output of the last copy alone."""
        (before,), (own,) = group[-1].copies, block.copies
        if len(before) != len(own) or not _next(group[-1].name, block.name):
            return False
        chained = any(source in before for i in own for source in self.nodes[i].inputs)
        return (
            chained
            and all(self.last_use[i] < own.stop for i in before)
            and all(self.equal(i, j, before, own, len(group) == 1, level) for i, j in zip(before, own, strict=True))
            and [*map(_skeleton, group[-1].children)] == [*map(_skeleton, block.children)]
        )

    def equal(self, one: int, other: int, before: range, own: range, first: bool, level: int) -> bool:
        """Whether two nodes are equal in two blocks that follow each other, of which one may be the first copy."""
        a, b = self.nodes[one], self.nodes[other]
        if self.names[one][level + 1 :] != self.names[other][level + 1 :] or not _same_layer(a, b):
            return False
        pairs = zip(a.inputs, b.inputs, strict=False)
        return len(a.inputs) == len(b.inputs) and all(
            x == y or y - x == len(own) or (first and x < before.start and y in before) for x, y in pairs
        )


def _next(name: str, other: str) -> bool:
    one, two = NUMBERED.fullmatch(name), NUMBERED.fullmatch(other)
    return bool(one and two and one[1] == two[1] and int(one[2]) + 1 == int(two[2]))


def _same_layer(a: Node, b: Node) -> bool:
    shapes = len(a.shape) == len(b.shape)
    return shapes and a.layer == b.layer and (a.shared is None) == (b.shared is None)


def _skeleton(block: Block) -> tuple[Any, ...]:
    return block.times, len(block.copies[0]), *map(_skeleton, block.children)


def _folded(copies: Sequence[Block]) -> Block:
    """Copies as one block, in which each inner block stands for those of all copies."""
    first = copies[0]
    if len(copies) == 1:
        return first
    return _joined(copies)._replace(name=f"{first.name} ... {copies[-1].name}", times=len(copies))


def _joined(copies: Sequence[Block]) -> Block:
    inner = zip(*(block.children for block in copies), strict=True)
    nodes = tuple(nodes for block in copies for nodes in block.copies)
    return copies[0]._replace(copies=nodes, children=tuple(map(_joined, inner)))
