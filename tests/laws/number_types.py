"""The types of number that the engine runs over: how each stands for several values at once, and is read at one.

A rule is a function of a list of numbers that gives conditions and figures. A point is a value for each of the
numbers. What a type answers at a point is the figures; None where they do not exist; REFUSED where it covers the point
no more. A type added to NUMBER_TYPES is held to all the laws of `number_law`.
"""

import json
from fractions import Fraction
from functools import cache
from importlib.util import find_spec

import numpy
import sympy

from archcalc import ArchcalcError
from archcalc.closed_forms.form import Form
from archcalc.closed_forms.symbol_table import SymbolTable
from archcalc.closed_forms.symbols import NoClosedForm, Restart
from archcalc.core.errors import Refusal
from archcalc.core.number import decide, plain
from archcalc.core.value import exact
from archcalc.graph.unreached import UNKNOWN, Undecided, Unknown
from archcalc.spec.arithmetic import Irrational
from archcalc.sweeps.plans import MOST
from archcalc.sweeps.values import Split, Values, along, fractions
from archcalc.traces.javascript import ARITHMETIC, JavaScript
from archcalc.traces.traced import COMPARE, OPERATIONS, Trace, Traced, name

REFUSED = "refused"
NOTHING = (ArchcalcError, Refusal, ZeroDivisionError)  # where plain numbers have no figures
MOST_EVALUATIONS = 200


def plain_answer(rule, point):
    """What the rule gives for plain numbers; an error where that is nothing."""
    try:
        conditions, figures = rule(point)
    except NOTHING as error:
        return error
    return {key: plain(value) for key, value in figures.items()} if all(map(decide, conditions)) else None


class NumberType:
    """Numbers for a list of points, and what a rule gives for them; a subclass makes and reads its own."""

    own = ()  # the package's classes among its numbers
    beyond = ()  # what is refused of plain numbers, and may be a number of this type

    def __init__(self, points):
        self.points, self.columns = points, list(zip(*points, strict=True))

    @classmethod
    def answers(cls, rule, points):
        """What the rule gives at each point."""
        return cls(points).all(rule)

    def all(self, rule):
        try:
            conditions, figures = rule(self.numbers())
            return [self.answer(i, conditions, figures) for i in range(len(self.points))]
        except (*NOTHING, NoClosedForm):
            return [REFUSED] * len(self.points)

    def answer(self, i, conditions, figures):
        try:
            if not all(self.truth(condition, i) for condition in conditions):
                return None
            return {key: self.read(figure, i) for key, figure in figures.items()}
        except (ZeroDivisionError, ValueError, TypeError):  # a root, a comparison with what is no number
            return None

    def truth(self, condition, i):
        return decide(self.read(condition, i)) is True

    def numbers(self):
        """A number for each column."""
        raise NotImplementedError

    def read(self, value, i):
        """The exact number, or the truth, that a value is at a point."""
        raise NotImplementedError


class Fractions(NumberType):
    """24/1, the result of an exact division, is 24: each point by itself."""

    def all(self, rule):
        answers = [plain_answer(rule, [Fraction(value) for value in point]) for point in self.points]
        return [None if isinstance(answer, NOTHING) else answer for answer in answers]


class Roots(Fractions):
    """Fractions known to many digits only: each point by itself, refused where that is too close."""

    own = (Irrational,)

    def all(self, rule):
        return [self.one(rule, point) for point in self.points]

    def one(self, rule, point):
        answer = plain_answer(rule, [Irrational((Fraction(value), Fraction(value))) for value in point])
        if isinstance(answer, NOTHING):
            return None if isinstance(answer, ZeroDivisionError) else REFUSED
        return answer and {key: self.read(value, 0) for key, value in answer.items()}

    def read(self, value, i):
        if not isinstance(value, Irrational):
            return value
        return plain(((value.low + value.high) / 2).limit_denominator(10**45))


class Symbols(NumberType):
    """Symbols of sympy, then values in their place; to sympy 0/x is 0 for every x, and roots are numbers."""

    beyond = (ZeroDivisionError, Refusal)

    def numbers(self):
        self.known = {}  # equal formulas are evaluated once
        self.symbols = [sympy.Symbol(f"v{i}", **assumed(column)) for i, column in enumerate(self.columns)]
        self.at = [dict(zip(self.symbols, point, strict=True)) for point in self.points]
        return self.symbols

    def read(self, value, i):
        if not isinstance(value, sympy.Basic):
            return value
        if (i, value) not in self.known:
            self.known[i, value] = self.substituted(value, i)
        return self.known[i, value]

    def substituted(self, value, i):
        found = plain(value.subs(self.at[i]))
        return found if isinstance(found, (int, Fraction)) else bool(found)


def assumed(column):
    """What holds for every value."""
    sign = {"positive": True} if min(column) > 0 else {"nonnegative": True} if min(column) >= 0 else {"real": True}
    return {"integer": True, **sign} if all(isinstance(value, int) for value in column) else sign


class Arrays(NumberType):
    """NumPy arrays of exact numbers, element by element."""

    def numbers(self):
        return [exact(numpy.array(column, dtype=object)) for column in self.columns]

    def read(self, value, i):
        found = value[i] if isinstance(value, numpy.ndarray) else value
        return bool(found) if isinstance(found, numpy.bool) else found


class Grids(NumberType):
    """The numbers of a sweep, cut where one answer is asked for and there are several."""

    own = (Values,)

    def all(self, rule):
        try:
            return super().all(rule)
        except Split as split:
            labels = numpy.broadcast_to(split.labels, len(self.points)).tolist()
        found = dict.fromkeys(range(len(self.points)))
        for label in set(labels):
            places = [i for i, own in enumerate(labels) if own == label]
            found |= dict(zip(places, self.answers(rule, [self.points[i] for i in places]), strict=True))
        return list(found.values())

    def numbers(self):
        return [along(column, 0, 1) for column in self.columns]

    def read(self, value, i):
        if hasattr(value, "array"):
            return bool(numpy.broadcast_to(value.array, len(self.points))[i])
        if not isinstance(value, Values):
            return value
        assert (value.low <= value.n).all() and (value.n <= value.high).all()  # noqa: PT018  # the proof's bounds
        assert value.fractional or value.n.dtype == (object if abs(value.n).max() > MOST else numpy.int64)
        return plain(numpy.broadcast_to(fractions(value), len(self.points))[i])


class Forms(NumberType):
    """Closed forms in knobs that are walked as often as it takes; they hold where their own conditions do."""

    own = (Form,)

    def all(self, rule):
        self.steps = {}
        for _ in range(MOST_EVALUATIONS):
            try:
                return super().all(rule)
            except Restart as restart:
                self.steps[restart.knob] = restart.step
        return [REFUSED] * len(self.points)

    def numbers(self):
        names = [f"v{i}" for i in range(len(self.columns))]
        bounds = {name: (min(column), max(column)) for name, column in zip(names, self.columns, strict=True)}
        self.at = [dict(zip(names, point, strict=True)) for point in self.points]
        self.table = SymbolTable(self.at[0], bounds, self.steps)
        return list(map(self.table.knob, names))

    def answer(self, i, conditions, figures):
        steps = self.steps.items()
        fits = all(Fraction(self.at[i][knob] - step.residue) % step.size == 0 for knob, step in steps)
        if fits and all(condition.at(self.at[i]) for condition in self.table.conditions):
            return super().answer(i, conditions, figures)
        return REFUSED

    def read(self, value, i):
        return value.at(self.at[i]) if hasattr(value, "at") else value


class Traces(NumberType):
    """Numbers that remember how they were computed at the first point, computed anew at each."""

    own = (Traced,)

    def numbers(self):
        self.trace, self.known = Trace(), {}
        bounds = ((min(column), all(isinstance(value, int) for value in column)) for column in self.columns)
        points = enumerate(zip(bounds, self.points[0], strict=True))
        return [name(self.label(i), value, self.trace, whole, low) for i, ((low, whole), value) in points]

    def label(self, i):
        """What the number of a column is called."""
        return i

    def answer(self, i, conditions, figures):
        if not all(self.read(condition, i) for condition in self.trace.decided):
            return REFUSED
        return super().answer(i, [condition for condition, _ in self.trace.needed] + [*conditions], figures)

    def read(self, value, i):
        if isinstance(value, Traced) and value.operation == "name":
            return self.points[i][value.operands[0]]
        if not hasattr(value, "trace"):
            return value
        if (i, id(value)) not in self.known:
            operands = (self.read(operand, i) for operand in value.operands)
            computed = COMPUTED[getattr(value, "operation", None) or value.sign](*operands)
            self.known[i, id(value)] = plain(computed), value  # which is kept, so that no other gets its id
        return self.known[i, id(value)][0]


class Unknowns(NumberType):
    """Nothing is known of any number; what is known of a layer all the same holds at every point."""

    own = (Unknown,)

    def all(self, rule):
        try:
            return super().all(rule)
        except (Undecided, TypeError, ValueError, LookupError):  # as Trial takes it
            return [REFUSED] * len(self.points)

    def numbers(self):
        return [UNKNOWN] * len(self.columns)

    def answer(self, i, conditions, figures):
        if any(decide(condition) is False for condition in conditions):
            return None
        unknown = any(isinstance(value, Unknown) for value in (*conditions, *figures.values()))
        return REFUSED if unknown else super().answer(i, conditions, figures)

    def read(self, value, i):
        return value


class Scripts(Traces):
    """Traces written as JavaScript, which V8 computes at each point."""

    def label(self, i):
        return f"v{i}"

    def all(self, rule):
        try:
            conditions, figures = rule(self.numbers())
        except (*NOTHING, NoClosedForm):
            return [REFUSED] * len(self.points)
        writer = JavaScript()
        decided = " && ".join(["true", *(script(writer, condition) for condition in self.trace.decided)])
        before = len(writer.constants)
        needed = [*(condition for condition, _ in self.trace.needed), *conditions]
        needed = " && ".join(["true", *(script(writer, condition) for condition in needed)])
        asked = ", ".join(script(writer, figure) for figure in figures.values())
        answers = script_engine().eval(f"""{{
            const answer = texts => {{
                const point = texts ? texts.split(" ").map(number) : [];
                const [{", ".join(map(self.label, range(len(self.columns))))}] = point;
                {" ".join(writer.constants[:before])}
                if (!({decided})) return "{REFUSED}";
                try {{
                    {" ".join(writer.constants[before:])}
                    return {needed} ? [{asked}].join(" ") : "nothing";
                }} catch (error) {{ return "nothing"; }}
            }};
            {json.dumps([" ".join(map(str, point)) for point in self.points])}.map(answer).join(";")
        }}""")
        return [self.answer(words, figures) for words in answers.split(";")]

    def answer(self, words, figures):
        if words in ("nothing", REFUSED):
            return None if words == "nothing" else REFUSED
        found = zip(figures.items(), words.split(), strict=True)
        return {key: value if value is None else read_script(word) for (key, value), word in found}


def script(writer, value):
    """A value as JavaScript; of what is not known some number."""
    return json.dumps(value) if isinstance(value, bool) else writer.write(0 if value is None else value)


def read_script(word):
    """What JavaScript says of a value."""
    return word == "true" if word in ("true", "false") else plain(Fraction(word))


@cache
def script_engine(arithmetic=ARITHMETIC):
    """V8, which has read the arithmetic."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    engine.eval(arithmetic)
    return engine


COMPUTED = OPERATIONS | COMPARE | {"and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": lambda a: not a}


NUMBER_TYPES = {
    "fractions": Fractions,
    "roots": Roots,
    "symbols": Symbols,
    "arrays": Arrays,
    "grids": Grids,
    "forms": Forms,
    "traces": Traces,
    "unknown": Unknowns,
    **({"scripts": Scripts} if find_spec("py_mini_racer") else {}),
}
