"""Depth by induction: a repetition whose length is a letter is walked once for all of its copies.

The copy with the number `index` is walked on an input whose sizes are assumed to be linear in that number. If the sizes
are right for the first copy, and the output of each copy is the input of the next, they are right for all copies; a
figure of all copies is then a sum over the index. Copies that differ from the others by their number, the first few or
the last few, are walked one by one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from archcalc.core.errors import Refusal
from archcalc.core.number import Number, decide, equal
from archcalc.core.shape import Shape, describe
from archcalc.graph.diagnostics import Enough
from archcalc.graph.graph import Node
from archcalc.spec.model import INDEX, Item
from archcalc.spec.names import BACK, COPIES, Run

if TYPE_CHECKING:
    from archcalc.graph.expand import Expander

MOST_FIRST, MOST_LAST = 4, 2  # copies that are walked one by one


def repeat(walk: Expander, item: Item, times: Number, run: Run, later: tuple[Item, ...]) -> None:
    """Walk an entry that is repeated ``times`` times; ``later`` are the entries below it."""
    back, before, why = reach(item, later), run.met.get(item.base, 0), ""
    for first in range(1, MOST_FIRST + 2):
        for after in range(MOST_LAST + 1):
            try:
                step = walk.step(item, times.copies(first, after, before), run, back)
            except Refusal as refusal:
                why = f"{refusal.place or item.place}: {refusal}"
                continue
            if times.reaches(first - 1 + after):
                if step.entries > walk.budget:
                    times.refuse(f"{item.place}: there may be more layers than a network may have")
                step.take(walk, run)
                write_out(walk, item, run, [times - k for k in reversed(range(after))])
                return
            why = f"{item.place}: its copies are alike only if there are {first - 1 + after} or more"
        if not times.reaches(first):
            break
        write_out(walk, item, run, [first])
        if run.history[-1] is None:  # the problem is in the diagnostics
            return
    times.refuse(why)


def write_out(walk: Expander, item: Item, run: Run, indices: list[Number]) -> None:
    """Walk the copies with these numbers, one after the other."""
    for index in indices:
        run.environment[INDEX] = index
        walk.once(item, run)


def reach(item: Item, later: tuple[Item, ...]) -> int:
    """The largest number of outputs that a copy, or an entry below the repetition, counts back over."""
    below = [(word.text, i) for i, other in enumerate(later) for word in other.sources]
    words = [*((word.text, 0) for word in item.sources), *below]
    return max([1, *(-int(text) - skipped for text, skipped in words if BACK.match(text))])


class Step:
    """The proof that some consecutive copies can be walked as one. Raises Refusal where they cannot."""

    def __init__(self, walk: Expander, item: Item, copies: Any, run: Run, back: int) -> None:
        self.item, self.copies = item, copies
        self.name = f"{run.path}{item.base}{copies.name}"
        walk.spans.free(run.path + item.base, copies.before + copies.first)
        self.above = [node for node in run.history[-back:] if node is not None and node != COPIES]
        if len(self.above) < back:
            raise Refusal(f"the {back} outputs above its first copy are not known")
        self.start = [walk.nodes[node] for node in self.above]
        self.rises = self._rises(*self._copy(walk, run, self.start))
        inputs = self._inputs(copies.done)
        self.walk, ends = self._copy(walk, run, inputs)
        self.first, self.output = len(walk.nodes), ends[-1]
        self.entries = (walk.budget - self.walk.budget) * copies.most  # of the budget, for all copies
        self._prove(inputs, [self.walk.nodes[end] for end in ends])

    def take(self, walk: Expander, run: Run) -> None:
        """Add these copies to a walk."""
        walk.budget -= self.entries
        nodes = self.walk.nodes
        nodes[self.first :] = [own._replace(copies=(*own.copies, self.copies)) for own in nodes[self.first :]]
        nodes += [node._replace(inputs=(self.output,)) for node in self._inputs(self.copies.count)]
        walk.join(self.walk)
        walk.spans.open.add(run.path + self.item.base)
        run.history[:] = [*[COPIES] * len(run.history), *range(len(nodes) - len(self.start), len(nodes))]
        run.met[self.item.base] = self.copies.before + self.copies.last

    def _copy(self, walk: Expander, run: Run, inputs: list[Node]) -> tuple[Expander, list[int]]:
        """A walk of one copy on these inputs, and the inputs of the next one. Raises Refusal with the first problem."""
        fork, own = walk.fork(self.copies), run.copy()
        own.history[:] = range(len(fork.nodes), len(fork.nodes) + len(inputs))
        fork.nodes += inputs
        own.environment[INDEX] = self.copies.index
        with suppress(Enough):  # why is in the diagnostics
            fork.once(self.item, own, self.name)
        for problem in fork.diagnostics.problems.values():
            raise Refusal(problem.message, problem.place)
        return fork, [node for node in own.history[-len(inputs) :] if node is not None]

    def _rises(self, walk: Expander, ends: list[int]) -> list[Shape]:
        """By how much each size grows from the input of the first copy to its output."""
        pairs = [(before.shape, walk.nodes[end].shape) for before, end in zip(self.start, ends, strict=True)]
        if any(len(before) != len(after) for before, after in pairs):
            raise Refusal("its output does not have as many axes as its input")
        rise = self.copies.rise
        return [tuple(rise(a, b) for a, b in zip(before, after, strict=True)) for before, after in pairs]

    def _inputs(self, steps: Number) -> list[Node]:
        """The inputs of the copy that comes this number of ``steps`` after the first one."""
        found = []
        for node, rises, source in zip(self.start, self.rises, self.above, strict=True):
            shape = tuple(size + steps * rise if rise else size for size, rise in zip(node.shape, rises, strict=True))
            found.append(Node(self.name, None, (source,), shape, self.item.place, times=node.times))
        return found

    def differ(self, a: Number, b: Number) -> bool:
        """Whether two sizes are not known to be equal."""
        return bool(a != b)

    def _prove(self, inputs: list[Node], ends: list[Node]) -> None:
        """Prove that the outputs of this copy are the inputs of the next, and that all copies meet its conditions."""
        expected = self._inputs(self.copies.done + 1)
        for before, node, end in zip(inputs, expected, ends, strict=True):
            if len(node.shape) != len(end.shape) or any(map(self.differ, node.shape, end.shape)):
                sizes = f"{describe(end.shape)} follows {describe(before.shape)}"
                raise Refusal(f"its sizes do not grow by the same amount in every copy: {sizes}")
            if decide(equal(node.times, end.times)) is not True:
                raise Refusal("its copies do not all run the same number of times")
        self.walk.diagnostics.holds_for(self.copies)
