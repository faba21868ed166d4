"""Makes the graph of a spec at given knob values: blocks and repetitions are expanded, shapes are propagated.

A block is a function that is evaluated where it is called, and its arguments may depend on the shape of its input, so
expansion and propagation are one walk. Numbers may be ints, fractions, sympy expressions, arrays or cells of a
spreadsheet. Only the conditions and repetitions (when, repeat) must have definite values; but the length of a
repetition may be a form (archcalc.graph.induction).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from archcalc.core.errors import Refusal, SpecError
from archcalc.core.number import Number
from archcalc.core.shape import describe
from archcalc.graph import induction
from archcalc.graph.block_cache import BlockCache, Met
from archcalc.graph.checking import share
from archcalc.graph.diagnostics import Diagnostics, Enough, Site
from archcalc.graph.evaluation import Arguments, Fitter, count, defined, evaluate, positive, truth
from archcalc.graph.graph import Graph, Node
from archcalc.spec.arithmetic import pick
from archcalc.spec.expression import Function
from archcalc.spec.model import INDEX, MANY, SHAPE_WORDS, Block, Input, Item, Lets, Part, Size, Spec
from archcalc.spec.names import INPUT, OpenLength, Run, Span, Spans, not_several
from archcalc.spec.syntax import Definition, Expression

MOST_LAYERS = 100_000
DEEPEST = 40  # blocks within blocks

Items = tuple[Item, ...]


def expand(spec: Spec, given: Mapping[str, Any]) -> Graph:
    """The graph at these knob values (defaults for the rest); raises SpecError with every problem found."""
    return Expander(spec, {name: given.get(name, knob.default) for name, knob in spec.given.items()}).graph()


def define(lets: Lets, known: dict[str, Any]) -> None:
    """Add the values of the definitions to the ``known`` values, which must not change afterwards. Raises Refusal."""
    for name, let in lets.items():
        known[name] = Function(let, known) if isinstance(let, Definition) else defined(let, known)


class Expander:
    """One walk through the entries of a spec, which builds the graph."""

    def __init__(self, spec: Spec, knobs: dict[str, Any], fitter: Fitter | None = None) -> None:
        self.spec, self.knobs = spec, knobs
        self.fitter = fitter or Fitter(Diagnostics(knobs))
        self.diagnostics = self.fitter.diagnostics
        self.nodes: list[Node] = []
        self.spans = Spans()
        self.cache = BlockCache(self.nodes, self.spans)
        self.environments: dict[int, dict[str, Any]] = {}
        self.budget, self.depth = MOST_LAYERS, 0

    def graph(self) -> Graph:
        expression = self.spec.input
        try:
            environment = self.environment(self.spec.part)
            shape = evaluate(expression, environment)
            shape = shape if isinstance(shape, tuple) else (shape,)
            site = Site("input", Item("input", False, expression.place), environment, 0, (), ())
            if self.diagnostics.meets(positive(shape, "its shape would be"), site):
                self.nodes.append(Node("input", None, (), self.fitter.input(shape), expression.place))
                self.sequence(self.spec.layers, Run("", "", dict(environment), [0], {}))
        except Refusal as refusal:
            self.diagnostics.refuse(refusal, expression.place)
        except Enough:  # the problem is in the diagnostics
            pass
        if self.diagnostics.problems:
            raise SpecError(self.diagnostics.problems.values())
        return Graph(self.knobs, tuple(self.nodes), tuple(self.diagnostics.assumptions))

    def environment(self, part: Part) -> dict[str, Any]:
        """The knobs and definitions that a file's expressions see."""
        own = part.blocks is self.spec.part.blocks
        part = self.spec.part if own else part  # that of a variant has only what the variant uses
        known = self.environments.get(id(part.lets))
        if known is None:
            known = dict(self.knobs) if own else {}
            try:
                define(part.lets, known)
            except Refusal as refusal:
                self.diagnostics.refuse(refusal, self.spec.input.place)
                raise Enough from None  # all further problems would come from the missing value
            self.environments[id(part.lets)] = known
        return known

    def sequence(self, items: Items, run: Run) -> int | None:
        """Walk a list of entries; returns the node of its output, or None after a problem."""
        self.depth += 1
        self.walk(items, run)
        self.depth -= 1
        return run.history[-1]

    def walk(self, items: Items, run: Run) -> None:
        for i, item in enumerate(items):
            try:
                self.item(item, run, items[i + 1 :])
            except Refusal as refusal:
                self.diagnostics.refuse(refusal, item.place, self.site(run.path + item.base, item, run, ()))
                run.history.append(None)

    def item(self, item: Item, run: Run, later: Items) -> None:
        if item.when and not self.stands(item, item.when, run):
            self.walk(item.otherwise, run)
        elif item.repeat is None:
            self.once(item, run)
        else:
            self.repeated(item, item.repeat, run, later)

    def stands(self, item: Item, when: Expression, run: Run) -> bool:
        """Whether the condition of an entry is true; the input of an entry that is left out may be missing."""
        try:
            if self.first(item, run) is None:
                return True
        except OpenLength:
            raise
        except Refusal:
            pass
        return truth(when, run.environment)

    def repeated(self, item: Item, repeat: Expression, run: Run, later: Items) -> None:
        if self.first(item, run) is None:
            run.history.append(None)
            return
        times, outer = count(repeat, self.length(repeat, run.environment)), run.environment.get(INDEX)
        if not isinstance(times, int):
            induction.repeat(self, item, times, run, later)
        elif times > self.budget:
            message = f"repeated {times:,} times; a network has at most {MOST_LAYERS:,} layers"
            raise Refusal(message, repeat.place)
        else:
            for index in range(times):
                run.environment[INDEX] = index + 1
                self.once(item, run)
        run.environment[INDEX] = outer

    def length(self, repeat: Expression, environment: Mapping[str, Any]) -> Any:
        """The value of the expression after `repeat`. Raises Refusal."""
        return evaluate(repeat, environment)

    def step(self, item: Item, copies: Any, run: Run, back: int) -> induction.Step:
        """The proof that these copies can be walked as one. Raises Refusal where there is none."""
        return induction.Step(self, item, copies, run, back)

    def fork(self, copies: Any) -> Expander:
        """A separate walk that goes on from here, in these copies; this one sees its nodes only after `join`."""
        other = copy(self)
        other.fitter = self.fitter.fork()
        other.diagnostics, other.nodes, other.spans = other.fitter.diagnostics, list(self.nodes), self.spans.copy()
        other.cache = BlockCache(other.nodes, other.spans)
        return other

    def join(self, fork: Expander) -> None:
        """Take over the nodes, names and assumptions of a fork."""
        self.nodes[:] = fork.nodes
        self.spans.found.update(fork.spans.found)
        self.diagnostics.take(fork.diagnostics)

    def first(self, item: Item, run: Run) -> tuple[int, ...] | None:
        """The inputs of an entry, or of its first copy if it is repeated; None after a problem."""
        outer = run.environment.get(INDEX)
        run.environment[INDEX] = outer if item.repeat is None else 1
        try:
            return self.sources(item, run)
        finally:
            run.environment[INDEX] = outer

    def sources(self, item: Item, run: Run) -> tuple[int, ...] | None:
        """The nodes an entry takes as inputs; puts sizes that it reads into its environment. None after a problem."""
        found = [node for word in item.sources for node in self.source(word, run)] or [run.history[-1]]
        if None in found:
            return None
        for size in item.sizes:
            several = self.spans.several(size.entry, run)
            nodes = several or (self.spans.source(size.entry, run),)
            if None in nodes:
                return None
            sizes = tuple(self.size(size, node) for node in nodes if node is not None)
            run.environment[size.name] = sizes if several else sizes[0]
        self.sizes(found[0], run.environment)  # type: ignore[arg-type]  # None has returned above
        return tuple(found)  # type: ignore[arg-type]

    def source(self, word: Input, run: Run) -> tuple[int | None, ...]:
        """The nodes that a word after `from` stands for. Raises Refusal."""
        if not word.several and word.number is None:
            return (self.spans.source(word.name, run),)
        try:
            number = word.number and evaluate(word.number, run.environment)
            if isinstance(number, int) and (node := self.spans.numbered(word.name, number, run)) is not None:
                return (node,)
            if not (several := self.spans.several(word.name, run)):
                raise not_several(word.name)
            return (pick(several, number),) if word.number else several
        except Refusal as refusal:
            raise Refusal(str(refusal), refusal.place or word.place) from None

    def size(self, size: Size, index: int) -> Number:
        """A size of another entry. Raises Refusal."""
        node = self.nodes[index]
        if size.axis >= len(node.shape):
            why = f"the output of {size.entry.text!r} is {describe(node.shape)}"
        elif node.copies:
            why = f"{size.entry.text!r} stands in a repetition whose length is left open"
        else:
            return node.shape[size.axis]
        raise Refusal(f"no {size.name!r} here: {why}", size.entry.place)

    def sizes(self, node: int, environment: dict[str, Any]) -> None:
        """Put the sizes of an input into the environment."""
        shape = self.nodes[node].shape
        for axis, word in enumerate(SHAPE_WORDS):
            if axis < len(shape):
                environment[word] = shape[axis]
            else:
                environment.pop(word, None)

    def once(self, item: Item, run: Run, name: str | None = None) -> None:
        name, first, end = name or run.name(item), len(self.nodes), None
        if (sources := self.sources(item, run)) is None:
            self.spans.define(name, Span(first, first, None))
            run.history.append(None)
            return
        self.budget -= 1
        if self.budget < 0 or self.depth > DEEPEST:
            deep, many = f"{DEEPEST} blocks within blocks", f"{MOST_LAYERS:,} layers with the blocks around them"
            self.diagnostics.refuse(Refusal(f"more than {many if self.budget < 0 else deep}"), item.place)
            raise Enough
        try:
            end = self.expand(item, run, name, sources)
            self.spans.define(name, Span(first, len(self.nodes), end))
            if item.share and end is not None:
                needs = share(self.nodes, first, self.spans.find(item.share, run), item.share.text)
                self.diagnostics.meets(needs, self.site(name, item, run, sources), item.share.place)
        except Refusal as refusal:
            self.diagnostics.refuse(refusal, item.place, self.site(name, item, run, sources))
        run.history.append(end)

    def site(self, name: str, item: Item, run: Run, sources: tuple[int, ...]) -> Site:
        inputs = tuple([self.nodes[source] for source in sources])
        return Site(name, item, run.environment, len(self.nodes), sources, inputs)

    def expand(self, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        if item.body is not None:
            return self.sequence(item.body, run.within(name + "/", sources[0]))
        if item.branches is not None:
            path = name + "/" if item.numbered else run.path
            ends = [self.branch(path + label, body, run, sources[0]) for label, body in item.branches.items()]
            if None in ends:
                return None
            sources = tuple(ends)  # type: ignore[arg-type]
        if isinstance(item.callee, Block):
            return self.block(item.callee, item, run, name, sources)
        return self.layer(item, run, name, sources)

    def branch(self, name: str, items: Items, run: Run, start: int) -> int | None:
        first = len(self.nodes)
        end = self.sequence(items, run.within(name + "/", start))
        self.spans.define(name, Span(first, len(self.nodes), end))
        return end

    def block(self, block: Block, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        arguments = self.fitter.arguments(item.call, run.environment)
        key = self.cache.key(block, arguments, sources, self.depth) if type(self.fitter) is Fitter else None
        if key is not None and (met := self.cache.met.get(key)) and met.entries <= self.budget:
            self.budget -= met.entries  # as many as walking it again would take
            return self.cache.replay(met, name, sources)
        first, named, noted, budget = len(self.nodes), len(self.spans.found), self.diagnostics.noted, self.budget
        end = self.called(block, arguments, name, sources)
        if key is not None and end is not None and noted == self.diagnostics.noted:
            nodes, spans = tuple(self.nodes[first:]), self.spans.after(named)
            self.cache.met[key] = Met(name, sources, first, nodes, spans, end, budget - self.budget)
        return end

    def called(self, block: Block, arguments: Arguments, name: str, sources: tuple[int, ...]) -> int | None:
        values, keywords = arguments
        environment = dict(self.environment(block.home))
        defaults = {name: evaluate(value, environment) for name, value in block.parameters.items() if value is not None}
        environment |= defaults | dict(zip(block.parameters, values, strict=False)) | keywords
        self.sizes(sources[0], environment)
        define(block.lets, environment)
        self.budget -= len(block.lets)
        named = block.inputs[0].removesuffix(MANY) if block.many else ""
        inputs = [f"{named}{i}" for i in range(1, len(sources) + 1)] if named else block.inputs
        for label, source in zip(inputs, sources, strict=False):
            self.spans.define(f"{name}/{INPUT}{label}", Span(source, source, source))
        return self.sequence(block.body, Run(name + "/", name + "/", dict(environment), [sources[0]], {}))

    def layer(self, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        kind: Any = item.callee
        arguments = self.fitter.arguments(item.call, run.environment)
        if item.branches is not None and item.numbered:  # it is a block, in which its branches' layers are, too
            name = f"{name}/{kind.label}"
        node = self.fitter.node(kind, arguments, self.site(name, item, run, sources))
        if node is None:
            return None
        self.nodes.append(node)
        return len(self.nodes) - 1
