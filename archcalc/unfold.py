"""Spec x knob values -> Graph: blocks called, repetitions written out, names resolved, shapes propagated.

A block is a function evaluated where its call stands, and what stands there may depend on the input's shape, so
unfolding and propagation are one walk. Numbers pass through untouched: they may be ints, fractions, sympy expressions,
arrays or cells of a spreadsheet. Only the structure (when, repeat) must be settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from archcalc.errors import Refusal, SpecError, suggest
from archcalc.expression import Function
from archcalc.fitting import Fitter, positive
from archcalc.graph import Graph, Node
from archcalc.ledger import Ledger, evaluate, truth
from archcalc.spec import INDEX, SHAPE_WORDS, Block, Item, Part, Spec, show

MOST_LAYERS = 100_000
DEEPEST = 40  # blocks within blocks

Items = tuple[Item, ...]


def unfold(spec: Spec, given: Mapping[str, Any]) -> Graph:
    """The graph at these knob values (defaults for the rest); raises SpecError with every problem found."""
    return Unfolder(spec, {name: given.get(name, knob.default) for name, knob in spec.given.items()}).graph()


class Run(NamedTuple):
    """A sequence being walked."""

    path: str  # prefix of its layers' names: "stage1/"
    environment: dict[str, Any]
    inputs: dict[str, int]  # those that a block names
    history: list[int | None]  # nodes: its input, then what each entry gave; None after a problem
    met: dict[str, int]  # how many entries of a numbered name so far


class Unfolder:
    """One walk."""

    def __init__(self, spec: Spec, knobs: dict[str, Any], fitter: Callable[[Ledger], Fitter] = Fitter) -> None:
        self.spec, self.knobs, self.ledger = spec, knobs, Ledger(knobs)
        self.fitter = fitter(self.ledger)
        self.nodes: list[Node] = []
        self.spans: dict[str, tuple[int, int, int | None]] = {}  # layer, block or branch -> first node, end, output
        self.environments: dict[int, dict[str, Any]] = {}
        self.budget, self.depth = MOST_LAYERS, 0

    def graph(self) -> Graph:
        place = self.spec.input_place
        try:
            environment = self.environment(self.spec.part)
            shape = evaluate(self.spec.input, environment)
            shape = shape if isinstance(shape, tuple) else (shape,)
            if self.ledger.meets(positive(shape), "input", place):
                self.nodes.append(Node("input", None, (), shape, place))
                self.sequence(self.spec.layers, environment, "", {}, 0)
        except Refusal as refusal:
            self.ledger.refuse(refusal, place)
        except TooLarge:  # noted where it happened
            pass
        if self.ledger.problems:
            raise SpecError(self.ledger.problems.values())
        return Graph(self.knobs, tuple(self.nodes), tuple(self.ledger.assumptions))

    def environment(self, part: Part) -> dict[str, Any]:
        """The knobs and definitions that a file's expressions see."""
        known = self.environments.get(id(part.lets))
        if known is None:
            known = dict(self.knobs) if part.lets is self.spec.part.lets else {}
            for name, (parameters, body, place) in part.lets.items():
                try:
                    function = parameters is not None and Function(name, parameters, body, dict(known))
                    known[name] = function or evaluate(body, known)
                except Refusal as refusal:
                    self.ledger.refuse(refusal, place)
                    known[name] = 1
            self.environments[id(part.lets)] = known
        return known

    # Sequences

    def sequence(
        self, items: Items, environment: Mapping[str, Any], path: str, inputs: dict[str, int], start: int
    ) -> int | None:
        """Walk a list of entries; the node that its last one gave, or None after a problem."""
        self.depth += 1
        run = Run(path, dict(environment), inputs, [start], {})
        self.walk(items, run)
        self.depth -= 1
        return run.history[-1]

    def walk(self, items: Items, run: Run) -> None:
        for item in items:
            try:
                self.item(item, run)
            except Refusal as refusal:
                self.ledger.refuse(refusal, item.place)
                run.history.append(None)

    def item(self, item: Item, run: Run) -> None:
        if (sources := self.sources(item, run)) is None:
            run.history.append(None)
        elif item.when and not truth(item.when, run.environment):
            self.walk(item.otherwise, run)
        elif item.repeat is None:
            self.once(item, run, sources)
        else:
            for index in range(self.count(item, run)):
                run.environment[INDEX] = index + 1
                if (sources := self.sources(item, run)) is not None:
                    self.once(item, run, sources)
            run.environment.pop(INDEX, None)

    def sources(self, item: Item, run: Run) -> tuple[int, ...] | None:
        """The nodes an entry takes its input from, the first one's sizes made known; None after a problem."""
        found = [self.source(word, run) for word in item.sources] if item.sources else [run.history[-1]]
        if None in found:
            return None
        shape = self.nodes[found[0]].shape  # type: ignore[index]  # None was turned away above
        for axis, word in enumerate(SHAPE_WORDS):
            if axis < len(shape):
                run.environment[word] = shape[axis]
            else:
                run.environment.pop(word, None)
        return tuple(found)  # type: ignore[arg-type]

    def source(self, word: str, run: Run) -> int | None:
        if word.startswith("-") and word[1:].isdigit():
            back = int(word)
            if back < -len(run.history) or back == 0:
                raise Refusal(f"'from: {word}' reaches above the first entry here")
            return run.history[back]
        return run.inputs[word] if word in run.inputs else self.span(word, run)[2]

    def span(self, word: str, run: Run) -> tuple[int, int, int | None]:
        """What an earlier name stands for, looked up here and then in each list around."""
        path = run.path
        while path + word not in self.spans:
            if not path:
                raise Refusal(f"no layer {word!r} above this one{suggest(word, self.near(run.path))}")
            path = path[: path.rstrip("/").rfind("/") + 1]
        return self.spans[path + word]

    def near(self, path: str) -> Iterator[str]:
        """The names that can be used in a sequence."""
        return (name.removeprefix(path) for name in self.spans)

    def count(self, item: Item, run: Run) -> int:
        assert item.repeat is not None
        count = evaluate(item.repeat, run.environment)
        count = getattr(count, "settled", count)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise Refusal(f"repeat is a whole number, at least 0; '{item.repeat.text}' is {show(count)}")
        if count > self.budget:
            raise Refusal(f"repeated {count:,} times; a network has at most {MOST_LAYERS:,} layers")
        return count

    # One entry

    def once(self, item: Item, run: Run, sources: tuple[int, ...]) -> None:
        self.budget -= 1
        if self.budget < 0 or self.depth > DEEPEST:
            limit = f"{MOST_LAYERS:,} layers" if self.budget < 0 else f"{DEEPEST} blocks within blocks"
            self.ledger.refuse(Refusal(f"more than {limit}"), item.place)
            raise TooLarge
        name = run.path + item.base
        if item.numbered:
            run.met[item.base] = number = run.met.get(item.base, 0) + 1
            name += str(number)
        first = len(self.nodes)
        end = self.expand(item, run, name, sources)
        self.define(name, first, end)
        if item.share and end is not None:
            self.share(item, run, first)
        run.history.append(end)

    def define(self, name: str, first: int, end: int | None) -> None:
        if name in self.spans:
            raise Refusal(f"the name {name!r} is taken; choose another")
        self.spans[name] = (first, len(self.nodes), end)

    def expand(self, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        if item.body is not None:
            return self.sequence(item.body, run.environment, name + "/", run.inputs, sources[0])
        if item.branches is not None:
            path = name + "/" if item.numbered else run.path
            ends = [self.branch(label, body, run, path, sources[0]) for label, body in item.branches.items()]
            if None in ends:
                return None
            sources = tuple(ends)  # type: ignore[arg-type]
        if isinstance(item.callee, Block):
            return self.block(item.callee, item, run, name, sources)
        return self.layer(item, run, name, sources)

    def branch(self, label: str, items: Items, run: Run, path: str, start: int) -> int | None:
        first = len(self.nodes)
        end = self.sequence(items, run.environment, f"{path}{label}/", run.inputs, start)
        self.define(path + label, first, end)
        return end

    def block(self, block: Block, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        names = block.inputs or ("input",)
        if len(sources) != len(names):
            raise Refusal(f"{block.name} takes {len(names)} inputs, not {len(sources)}; name them with 'from:'")
        values, keywords = self.fitter.arguments(item.call, run.environment)
        environment = dict(self.environment(block.home))
        defaults = {name: evaluate(value, environment) for name, value in block.parameters.items() if value is not None}
        environment |= defaults | dict(zip(block.parameters, values, strict=False)) | keywords
        inputs = dict(zip(block.inputs, sources, strict=True)) if block.inputs else {}
        return self.sequence(block.body, environment, name + "/", inputs, sources[0])

    def layer(self, item: Item, run: Run, name: str, sources: tuple[int, ...]) -> int | None:
        kind: Any = item.callee
        if len(sources) > 1 and not kind.many:
            raise Refusal(f"{kind.label} takes one input, not {len(sources)}")
        arguments = self.fitter.arguments(item.call, run.environment)
        node = self.fitter.node(kind, arguments, name, item.place, sources, self.nodes)
        if node is None:
            return None
        self.nodes.append(node)
        return len(self.nodes) - 1

    def share(self, item: Item, run: Run, first: int) -> None:
        """Let the nodes from ``first`` on use the weights of an earlier layer or block, tensor by tensor."""
        start, end, _ = self.span(item.share, run)
        for own, other in zip(range(first, len(self.nodes)), range(start, end), strict=False):
            node, original = self.nodes[own], self.nodes[other]
            if self.weights(node) != self.weights(original) or end - start != len(self.nodes) - first:
                raise Refusal(f"{node.name} cannot share the weights of {original.name}: their shapes differ")
            self.nodes[own] = node._replace(shared=other if original.shared is None else original.shared)

    def weights(self, node: Node) -> Any:
        assert node.layer is not None
        return node.layer.weights(*(self.nodes[i].shape for i in node.inputs))


class TooLarge(Exception):
    """Ends the walk: what follows would only take longer."""
