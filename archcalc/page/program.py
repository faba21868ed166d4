"""What a page computes for one structure of a network: a JavaScript function of the numbers of its knobs.

The function calls ``input`` and ``row`` for what it shows. It returns nothing if the network can be built, ``no(...)``
with the engine's message if it cannot, and OTHER if the network has another structure with these numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from archcalc.core.layer import Kind, word
from archcalc.core.value import show
from archcalc.graph.graph import Node
from archcalc.traces.copies import Copies
from archcalc.traces.javascript import JavaScript
from archcalc.traces.traced import PLACE, Condition, Trace, Traced, evaluated, varies

VALUE = "\ue000"  # in a text of the page: the next of its values
NUMBER = "\ue001"  # in a text of the page: the number of the copy
MARK = re.compile("\ue000(\\d+)\ue001")  # of a traced number in a message


class Quotes(Trace):
    """A trace whose quoted numbers stay, since a message is written after the walk has gone on."""

    each_copy = True

    def clear(self) -> None:
        self.decided.clear()
        self.needed.clear()


class Guard(NamedTuple):
    """A condition for the structure; one that differs among copies must hold for each of so many."""

    condition: Condition
    copies: Traced | None

    def holds(self, values: Mapping[object, Any], found: dict[int, Any]) -> bool:
        """Whether it does at these values of the names, for the first and the last copy.

        The page itself asks all of them. ``found`` caches what was computed at the values.
        """
        if self.copies is None:
            return bool(evaluated(self.condition, values, found))
        count = evaluated(self.copies, values, found)
        places = {0, count - 1} if count > 0 else ()
        return all(evaluated(self.condition, {**values, PLACE: place}, {}) for place in places)


class Program:
    """The statements of a function. ``texts`` is a table, in which they name texts by position."""

    def __init__(self, texts: dict[Any, int], trace: Trace) -> None:
        self.texts, self.trace = texts, trace
        self.writer = JavaScript()
        self.asked: set[str] = set()  # the conditions that have been checked
        self.rows: dict[str, int] = {}  # layer -> its line
        self.guards: list[Guard] = []  # what the structure depends on
        self.copies: Copies | None = None  # the repetition whose copies are being walked
        self.outer: Program | None = None  # what stands above these copies

    def fork(self) -> Program:
        """Another that goes on from here."""
        other = copy(self)
        other.asked, other.rows, other.guards = {*self.asked}, {**self.rows}, [*self.guards]
        other.writer = self.writer.fork()
        return other

    @property
    def lines(self) -> list[str]:
        """The statements."""
        return self.writer.constants

    def begin(self, copies: Copies) -> None:
        """What follows is computed for each of the copies."""
        self.outer = self.fork()
        self.copies = copies
        self.writer.constants = []

    def end(self) -> Program:
        """The program above the copies, with a loop over them."""
        outer, copies = self.outer, self.copies
        assert outer is not None  # begin came before
        assert copies is not None
        count = outer.writer.write(copies.count)
        outer.guards.extend(guard for guard in self.guards if guard.copies is not None)
        outer.lines.extend([f"for(let place=0n;place<{count};place++){{", *self.lines, "}"])
        return outer

    def guard(self, condition: Condition) -> None:
        """The structure is another one where the condition does not hold. What is true of all copies stands above."""
        if self.outer and not varies(condition):
            self.outer.guard(condition)
            return
        if self._ask(condition, "OTHER"):
            self.guards.append(Guard(condition, self.copies.count if self.copies and varies(condition) else None))

    def need(self, condition: Any, message: str) -> None:
        """There is no network where the condition does not hold, for the reason in the message."""
        if isinstance(condition, Condition):
            self._ask(condition, self.refusal(message))

    def refusal(self, message: str) -> str:
        """The call that gives a message of the engine."""
        text, values = self.filled(message)
        text, first, place = self.named(text)
        return f"no({self.text((text, first))},{self.values(values)}{place})"

    def row(self, node: Node, figures: Sequence[Any]) -> None:
        """Show a layer."""
        assert node.layer is not None  # the input is no row
        pieces, values = list[tuple[str, str | None]](), list[Any]()
        for text, default in described(node.layer):
            said, numbers = self.filled(text)
            pieces.append((said, default))
            values += numbers
        times, often = self.filled(show(node.times))
        name, first, place = self.named(node.name)
        text_ = self.text((name, first, node.layer.label, tuple(pieces), times))
        shown = ",".join(map(self.values, ([*values, *often], node.shape, figures)))
        self.rows[node.name] = len(self.lines)
        self.lines.append(f"row({text_},{shown}{place});")

    def without(self, name: str, stored: Sequence[bool]) -> None:
        """Show 0 for those figures of a layer, which is not a copy: it uses what another layer has stored."""
        line = self.lines[self.rows[name]]
        start, _, figures = line.rpartition("[")
        written = figures.removesuffix("]);").split(",")
        kept = ("0n" if zero else figure for zero, figure in zip(stored, written, strict=True))
        self.lines[self.rows[name]] = f"{start}[{','.join(kept)}]);"

    def values(self, values: Sequence[Any]) -> str:
        """Numbers as a list; what is not known is null."""
        return f"[{','.join('null' if value is None else self.writer.write(value) for value in values)}]"

    def text(self, text: Any) -> int:
        """The position of a text in the table."""
        return self.texts.setdefault(text, len(self.texts))

    def filled(self, text: str) -> tuple[str, list[Any]]:
        """A text with VALUE for each traced number, and these numbers."""
        return MARK.sub(VALUE, text), [self.trace.quoted[int(mark)] for mark in MARK.findall(text)]

    def named(self, text: str) -> tuple[str, int | None, str]:
        """A text with NUMBER for the number of the copy, the number of the first copy, and the argument of the call."""
        copies = self.copies
        if copies is None or copies.name not in text:
            return text, None, ""
        return text.replace(copies.name, NUMBER), copies.before + copies.first, ",place"

    def _ask(self, condition: Condition, otherwise: str) -> bool:
        """Whether the condition is neither true of all numbers nor asked already; then it is asked."""
        sides = {*map(self.writer.write, condition.operands)}
        text = self.writer.write(condition)
        if text in self.asked or (len(sides) == 1 and condition.sign in ("==", "<=", ">=")):
            return False
        self.asked.add(text)
        self.lines.append(f"if(!({text}))return {otherwise};")
        return True


def described(layer: Kind) -> Iterator[tuple[str, str | None]]:
    """The arguments of a layer as they are written in a spec; beside one that may be left out, its default."""
    for parameter in layer.parameters:
        value = getattr(layer, parameter.name)
        if parameter.required:
            yield word(value), None
        elif value is not parameter.default and word(value) != (default := word(parameter.default)):
            yield f"{parameter.name}={word(value)}", f"{parameter.name}={default}"
