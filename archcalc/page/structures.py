"""The structures that a network has at the values of its knobs, each traced once.

A knob that is a word, true or false decides the structure by its value. A number is traced: what it decides is a
condition, so that a structure is that of all numbers for which its conditions hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Place, SpecError
from archcalc.core.layer import Kind
from archcalc.core.number import both, is_whole
from archcalc.core.shape import Shape
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Rule, Tally, run
from archcalc.figures.sentence import sentence
from archcalc.graph.diagnostics import Diagnostics, Site
from archcalc.graph.evaluation import Arguments
from archcalc.graph.graph import Graph, Node
from archcalc.page.control import positions
from archcalc.page.program import Guard, Program, Quotes
from archcalc.spec.model import Spec
from archcalc.spec.syntax import Expression
from archcalc.traces.copies import Copies, Settle
from archcalc.traces.traced import Condition, Traced, known, name
from archcalc.traces.walk import TracedExpander, TracedFitter

HALF = Fraction(1, 2)
REPEAT = "repeat must be a whole number, at least 0; '{}' is {}"


class Structure(NamedTuple):
    """A function of the numbers, and where it holds."""

    words: dict[str, Any]  # the knobs that are words, true or false; None of one that is a number here
    code: str
    guards: tuple[Guard, ...]
    sentence: str  # how the figures are counted

    def holds(self, settings: Mapping[str, Any]) -> bool:
        """Whether the network has this structure at these settings."""
        same = all(_word(settings[knob]) == word for knob, word in self.words.items())
        return same and not any(self.broken(settings))

    def broken(self, settings: Mapping[str, Any]) -> tuple[Any, ...]:
        """Of each knob that is a word, and of each condition, what is otherwise at these settings; else nothing."""
        words = (_word(settings[knob]) for knob in self.words)
        others = (own != word and (word, "other") for own, word in zip(self.words.values(), words, strict=True))
        values: dict[object, Any] = {label(i): value for i, value in enumerate(settings.values())}
        found: dict[int, Any] = {}
        return (*others, *(not _true(guard, values, found) for guard in self.guards))


def _true(guard: Guard, values: Mapping[object, Any], found: dict[int, Any]) -> bool:
    """Whether a condition holds; not where its numbers cannot be computed, or would be words."""
    try:
        return guard.holds(values, found)
    except (ArithmeticError, TypeError, ValueError):
        return False


def label(position: int) -> str:
    """What the function calls the knob at a position."""
    return f"k{position}"


def _word(value: Any) -> Any:
    return value if isinstance(value, (bool, str)) else None


class PageFitter(TracedFitter):
    """Writes the program of what it fits."""

    def __init__(self, diagnostics: Diagnostics, program: Program, rules: Sequence[Rule]) -> None:
        super().__init__(diagnostics)
        self.program, self.rules, self.trace, self.at = program, rules, program.trace, "input"

    @property
    def copies(self) -> Copies | None:  # type: ignore[override]
        return self.program.copies

    def fork(self) -> PageFitter:
        return PageFitter(Diagnostics(self.diagnostics.knobs), self.program.fork(), self.rules)

    def begin(self, copies: Copies, position: int) -> None:
        self.trace.clear()
        self.trace.count = copies.count
        self.program.guard(copies.count <= copies.most)
        self.program.begin(copies)

    def take(self, other: PageFitter) -> None:
        self.program, self.trace.count = other.program.end(), None

    def check(self) -> None:
        for condition in self.trace.decided:  # first, since no message is true of another structure
            self.program.guard(condition)
        for condition, message in self.trace.needed:
            self.program.need(condition, f"{self.at}: {message}")
        for assumed in self.diagnostics.assumptions:
            self.program.need(assumed.condition, f"{assumed.name}: {assumed.otherwise}")
        self.trace.clear()
        self.diagnostics.assumptions.clear()

    def length(self, value: Traced, repeat: Expression) -> Any:
        self.program.need(both(is_whole(value), value >= 0), REPEAT.format(repeat.text, value))
        return known(value, 0)

    def input(self, shape: Shape) -> Shape:
        self.check()
        self.program.lines.append(f"input({self.program.values(shape)});")
        return tuple(known(size, 1) for size in shape)

    def layer(self, kind: type[Kind], arguments: Arguments, site: Site) -> Kind | None:
        layer = super().layer(kind, arguments, site)
        self.check()
        return layer and layer.with_arguments(
            {p.name: _whole(getattr(layer, p.name), p.type.check) for p in layer.parameters}
        )

    def node(self, kind: type[Kind], arguments: Arguments, site: Site) -> Node | None:
        self.check()  # whether there is such a layer
        self.at = site.name
        node = super().node(kind, arguments, site)
        self.check()
        if node is None or node.layer is None:
            return None
        node = node._replace(shape=tuple(known(size, 1) for size in node.shape))
        figures = [self.figure(rule, node, site.inputs) for rule in self.rules]
        self.check()
        self.program.row(node, figures)
        return node

    def figure(self, rule: Rule, node: Node, inputs: Sequence[Node]) -> Any:
        """A figure of a layer, as often as it runs."""
        assert isinstance(rule, Tally)
        assert node.layer is not None
        once = rule.of_layer(node.layer, tuple(source.shape for source in inputs), node.shape)
        alone = Graph({}, tuple(inputs), ())
        return once if rule.stored else run(once, rule.runs(alone, node._replace(inputs=(0,))))

    def finish(self, nodes: Iterable[Node]) -> None:
        """What only the whole graph tells: which layers use the weights of others."""
        self.check()
        for node in nodes:
            if node.shared is not None:
                self.program.without(node.name, [isinstance(rule, Tally) and rule.of_tensors for rule in self.rules])


def _whole(value: Any, check: Any) -> Any:
    """An argument whose numbers are known to be whole, if its type says so."""
    if check(HALF) is not False:
        return value
    least = 1 if check(0) is False else 0
    return tuple(known(one, least) for one in value) if isinstance(value, tuple) else known(value, least)


def structure(spec: Spec, settings: Mapping[str, Any], figures: Sequence[str], texts: dict[Any, int]) -> Structure:
    """The structure at these settings. Raises ArchcalcError or ZeroDivisionError where it cannot be traced."""
    rules = [rule for figure in figures if (rule := FIGURES[figure].rule)]
    settled: frozenset[Place] | None = frozenset()
    while True:
        program = Program(texts, Quotes())
        knobs = {
            knob: value if isinstance(value, (bool, str))
            else name(label(i), value, program.trace, whole=False, low=spec.given[knob].minimum)
            for i, (knob, value) in enumerate(settings.items())
        }  # fmt: skip
        fitter = PageFitter(Diagnostics(knobs), program, rules)
        said = ""
        try:
            graph = TracedExpander(spec, knobs, fitter, settled).graph()
            fitter.finish(graph.nodes)
            said = sentence(figures, [graph])
        except Settle as error:
            assert settled is not None
            settled |= {error.place}
            continue
        except SpecError:
            if settled is not None:  # perhaps it is about one of the copies
                settled = None
                continue
            fitter.check()
            first = next(iter(fitter.diagnostics.problems.values()))
            fitter.program.lines.append(f"return {fitter.program.refusal(first.message)};")
        words = {
            knob: _word(settings[knob]) for knob in settings
            if any(isinstance(choice, (bool, str)) for choice in spec.given[knob].choices)
        }  # fmt: skip
        program = fitter.program
        return Structure(words, "".join(program.lines), tuple(program.guards), said)


def explored(
    spec: Spec, settings: Mapping[str, Any], figures: Sequence[str], texts: dict[Any, int], most: int
) -> list[Structure]:
    """The structures at these settings, at the defaults, and at others that differ in the knobs that decide it.

    The nearest come first; their functions have at most so many characters together, but for those of the first two.
    """
    found: list[Structure] = []
    defaults = {knob: spec.given[knob].default for knob in settings}
    always = {_key(settings), _key(defaults)}
    waiting, tried = deque([dict(settings), defaults]), {*always}
    while waiting:
        own = waiting.popleft()
        if any(one.holds(own) for one in found):
            continue
        try:
            new = structure(spec, own, figures, texts)
        except (ArchcalcError, ArithmeticError, TypeError, ValueError):
            continue
        most -= len(new.code)
        if most < 0 and _key(own) not in always:
            break
        found.append(new)
        for other in _changed(spec, own, new):
            if _key(other) not in tried:
                tried.add(_key(other))
                waiting.append(other)
    return found


def _key(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((type(value), value) for value in settings.values())


def _changed(spec: Spec, settings: Mapping[str, Any], own: Structure) -> Iterator[dict[str, Any]]:
    """The settings with one knob at another value; of numbers that break the same conditions, one."""
    numbers = {list(settings)[i] for i in _positions(own.guards)}
    for knob in settings:
        broken = {own.broken(settings)}
        for value in spec.given[knob].choices or (positions(spec.given[knob]) if knob in numbers else ()):
            other = {**settings, knob: value}
            if (breaks := own.broken(other)) not in broken:
                broken.add(breaks)
                yield other


def _positions(guards: Iterable[Guard]) -> set[int]:
    """Which knobs occur in conditions."""
    found, seen, waiting = set[int](), set[int](), [part for guard in guards for part in guard]
    while waiting:
        last: Any = waiting.pop()
        if id(last) in seen or not isinstance(last, (Traced, Condition)):
            continue
        seen.add(id(last))
        if getattr(last, "operation", "") == "name":
            found.add(int(last.operands[0][1:]))
        else:
            waiting += last.operands
    return found
