"""One formula, any number: what a type of number gives for a rule is what plain numbers give, or it refuses.

A rule is a function of a list of numbers that gives conditions and figures; a point is a value for each of them.
"""

import ast
from fractions import Fraction
from random import Random

from archcalc.core.number import (
    both,
    ceil_div,
    decide,
    either,
    equal,
    exact_div,
    is_whole,
    make_divisible,
    plain,
    select,
    whole_quotient,
)
from archcalc.graph.expand import expand
from archcalc.report import report_of
from archcalc.spec.arithmetic import FUNCTIONS, OPERATORS
from laws.common import conditions, figures, whole_arguments, with_arguments, with_sizes
from laws.number_types import NOTHING, NUMBER_TYPES, REFUSED, plain_answer

FIGURES = ("params", "buffers", "mult_adds")
POINTS = 7


class Law:
    """A rule at some points, with what it gives there for plain numbers."""

    def __init__(self, rule, points, what=""):
        self.rule, self.points, self.what = rule, points, what
        self.expected = [plain_answer(rule, list(point)) for point in points]

    def compared(self, number_type):
        """The share of the points that were compared; at the others the type refuses."""
        found, compared = number_type.answers(self.rule, self.points), 0
        for point, answer, expected in zip(self.points, found, self.expected, strict=True):
            if answer is REFUSED or isinstance(expected, number_type.beyond):
                continue
            expected = None if isinstance(expected, NOTHING) else expected
            assert _told(answer, expected) == expected, f"{self.what} at {point}: {_differences(answer, expected)}"
            types = {type(value) for value in (answer or {}).values()}
            assert types <= {int, Fraction, bool, type(None)}, f"{self.what} at {point}: {types}"
            compared += 1
        return compared / len(self.points)


def _told(answer, expected):
    """The answer, with the plain numbers' figure where it is unknown whether the bins of a pooling are of one size."""
    if not isinstance(answer, dict) or not isinstance(expected, dict):
        return answer
    unknown = [key for key in expected if key == "pooling" or str(key).startswith("window")]
    return answer | {key: expected[key] for key in unknown if answer.get(key) is None}


def _differences(answer, expected):
    if answer is None or expected is None:
        return f"{answer} for {expected}"
    return {key: (answer.get(key), value) for key, value in expected.items() if answer.get(key) != value}


def check(laws, number_type, least=1):
    """The laws hold, and the type does not refuse more than it may."""
    shares = [law.compared(number_type) for law in laws]
    assert sum(shares) >= least * len(shares), f"{sum(shares) / len(shares):.0%} compared"


def check_layer(example, types=tuple(NUMBER_TYPES), *, arguments=(False, True)):
    """A layer is for every type of number what it is for plain ones. (A form is exact at its knobs' steps only.)"""
    for opened in arguments:
        laws = list(layer(example, opened))
        for name in types:
            check(laws, NUMBER_TYPES[name], {"forms": 0.1, "unknown": 0, "roots": 0}.get(name, 1))


# Arithmetic

OPERATIONS = {
    **{node.__name__: function for node, function in OPERATORS.items() if node not in (ast.USub, ast.Not, ast.Pow)},
    **{name: FUNCTIONS[name][0] for name in ("min", "max")},
    "USub": lambda a, b: -a - b,
    "Not": lambda a, b: OPERATORS[ast.Not](a >= b),
    "Pow": lambda a, b: OPERATORS[ast.Pow](a * a + 2, b),  # of 0 and 1 sympy knows all powers, also the roots
    "a power": lambda a, b: OPERATORS[ast.Pow](2, a - a // 5 * 5) + b,
    "a square": lambda a, b: a**2 - b,
    "floor": lambda a, b: (a - b) // 1,
    "ceil": lambda a, b: ceil_div(a, 3) + b,
    "round": lambda a, b: FUNCTIONS["round"][0](a * b),
    "whole": lambda a, b: is_whole(exact_div(a, 2) + b),
    "make_divisible": lambda a, b: make_divisible(a, 8) + b,
    "multiple of": lambda a, b: make_divisible(a, b * b + 1),
    "whole_quotient": lambda a, b: whole_quotient((a // 1) * ((b // 1) ** 2 + 1), (b // 1) ** 2 + 1),
    "select": lambda a, b: select(a > b, a - b, b + 1),
    "both": lambda a, b: both(a > b, a + b > 3),
    "either": lambda a, b: either(a > b, a + b > 3),
    "equal conditions": lambda a, b: equal(a > b, a + b > 3),
}
CONSTANTS = (2, 3, -3, 1, 0, -1, Fraction(3, 2), Fraction(-1, 3))
NUMERIC = ("Add", "Sub", "Mult", "FloorDiv", "Mod", "min", "max", "USub", "select", "make_divisible")


def arithmetic(operation, seed):
    """The operation on two numbers, on a number and a constant, on a constant and a number."""
    random, compute = Random(seed), OPERATIONS[operation]
    kinds = ("positive", "whole", "fractions", *["large"] * ("ow" not in operation))  # but no large powers
    constant, points = random.choice(CONSTANTS), _pairs(random, kinds[seed % len(kinds)])
    sides = (lambda v: compute(v[0], v[1]), lambda v: compute(v[0], constant), lambda v: compute(constant, v[0]))
    for of in sides:
        yield Law(lambda v, of=of: ((), {"": of(v)}), points, f"{operation}, with {constant},")


def nested(seed):
    """An operation on what operations gave."""
    random = Random(seed)
    inner, second, outer = (random.choice(NUMERIC) for _ in range(3))
    constant, last = random.choice(CONSTANTS), random.choice([*NUMERIC, "Lt", "GtE", "Eq", "floor"])

    def rule(numbers):
        a, b = numbers
        value = OPERATIONS[outer](OPERATIONS[inner](a, b), OPERATIONS[second](constant, a))
        return (), {"": OPERATIONS[last](value, b)}

    points = _pairs(random, ("positive", "whole")[seed % 2])
    return Law(rule, points, f"{(inner, second, outer, last)}, with {constant},")


def _pairs(random, kind):
    below, sizes = (1, 2, 4, 7) if kind == "fractions" else (1,), [9, 9]
    if kind == "large":
        sizes = random.choices((50, 2**20, 2**33, 2**62, 2**70), k=2)  # some of which fit into 64 bits
    least = [1 if kind == "positive" else -size for size in sizes]
    numbers = lambda: (random.randint(*ends) for ends in zip(least, sizes, strict=True))  # noqa: E731
    return [tuple(plain(Fraction(number, random.choice(below))) for number in numbers()) for _ in range(6)]


# Layers


def layer(example, arguments):
    """Numbers for the sizes, or for the whole-number arguments too: at the example's own, around and far above them."""
    names = whole_arguments(example.layer) if arguments else []
    own = []

    def rule(numbers):
        numbers = iter(numbers)
        shapes = with_sizes(example.shapes, lambda n, axis: next(numbers))
        changed = with_arguments(example.layer, lambda n, position: next(numbers), names)
        held = conditions(changed, shapes)
        return held, {} if any(decide(condition) is False for condition in held) else figures(changed, shapes)

    with_sizes(example.shapes, lambda n, axis: own.append((n, axis)) or n)
    with_arguments(example.layer, lambda n, position: own.append((n, 3 + position)) or n, names)
    random = Random(str(example))
    points = [tuple(n for n, _ in own)] + [_moved(own, random) for _ in range(POINTS)]
    yield Law(rule, points, str(example))
    if not arguments:
        yield Law(
            rule, [tuple(n << 40 if axis else n for n, axis in own), tuple(n << 40 for n, _ in own)], str(example)
        )


def _moved(own, random):
    """Each number moved, by as much as the others of its axis or, now and then, otherwise."""
    steps = [random.randrange(-2, 4) for _ in own]
    by = [steps[axis % len(steps)] if random.random() < 0.9 else random.randrange(-2, 4) for _, axis in own]
    return tuple(max(n + step, min(n, 1)) for (n, _), step in zip(own, by, strict=True))


# Networks


def network(net, names, random):
    """Numbers for these knobs, at their own values and at others."""

    def rule(numbers):
        graph = expand(net.spec, dict(zip(names, numbers, strict=True)))
        report = report_of(graph, net.spec)
        found = {(row.name, figure): getattr(row, figure) for row in report.layers for figure in FIGURES}
        found |= {(row.name, axis): size for row in report.layers for axis, size in enumerate(row.output)}
        found |= {figure: getattr(report.totals, figure) for figure in FIGURES}
        return [assumption.condition for assumption in graph.assumptions], found

    knobs = [net.knobs[name] for name in names]
    points = [tuple(knob.default for knob in knobs)]
    points += [tuple(_near(knob, random) for knob in knobs) for _ in range(POINTS - 2)]
    return Law(rule, points, f"{net.name} by {names}")


def open_knobs(net):
    """The knobs that are numbers."""
    return [name for name, knob in net.knobs.items() if not knob.choices]


def _near(knob, random):
    """A value of a knob within its bounds."""
    own = knob.default
    values = [own + 1, own + 2, own + random.randrange(1, 40), own - 1, 2 * own, own + 32]
    if not isinstance(own, int) or "multiplier" in knob.help:
        values = [own * Fraction(n, d) for n, d in ((1, 2), (3, 4), (5, 7), (5, 4), (3, 2), (2, 1))]
    fit = [
        v for v in values if (knob.minimum is None or v >= knob.minimum) and (knob.maximum is None or v <= knob.maximum)
    ]
    return plain(random.choice(fit or [own]))
