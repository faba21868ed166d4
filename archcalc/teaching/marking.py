"""Marking: students' answers, in any usual way of writing numbers, compared with the engine, with likely mistakes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.address import BYTES, COUNTS
from archcalc.core.errors import ArchcalcError, Refusal, listing, one_line
from archcalc.core.number import plain
from archcalc.core.shape import Shape
from archcalc.figures.figure import FIGURES
from archcalc.figures.rules import Output, Read
from archcalc.graph.evaluation import LARGEST
from archcalc.output.table import Table, numbers, words
from archcalc.spec.library import read as text_of
from archcalc.teaching.exercise import Blank, Exercise
from archcalc.teaching.mistakes import Mistake, Question, likely, question

LONGEST = 100  # characters of an answer
APART = "[ ,_'\u2019]"  # thousands
NUMBER = re.compile(rf"([0-9]{{1,3}}(?:{APART}[0-9]{{3}})+|[0-9]+)((?:\.[0-9]+)?(?:[eE]\+?[0-9]{{1,2}})?) ?([A-Za-z]*)")
TIMES = "[x\u00d7*X]"
NO_NUMBER = "it is not a number; write 1024, 1,024 or 1.024 K, and a shape as 96 x 55 x 55"
RIGHT, CARRIED, WRONG, UNREAD, UNANSWERED = VERDICTS = "right", "carried on", "wrong", "not read", "not answered"


class Mark(NamedTuple):
    """The mark of one answer."""

    blank: Blank
    text: str  # as the student wrote it
    verdict: str
    remark: str = ""
    mistakes: tuple[Mistake, ...] = ()


def read(text: str, blank: Blank) -> Any:
    """An answer as an int or a shape, whichever is asked for. Raises Refusal."""
    if len(text) > LONGEST:
        raise Refusal(f"it is longer than {LONGEST} characters")
    if not isinstance(blank.answer, tuple):
        return _number(text, blank.figure)
    inner, rank = text.strip("()[]{}, "), len(blank.answer)
    parts = re.split(TIMES if re.search(TIMES, inner) or rank == 1 else "[,; ]+", inner)
    sizes = tuple(_number(part.strip(), blank.figure) for part in parts)
    if not all(0 < size <= LARGEST for size in sizes):
        raise Refusal(f"a size is at least 1 and at most {LARGEST:,}")
    return sizes


def _number(text: str, figure: str) -> int:
    """1024, 1,024 or 1.024 K. Raises Refusal."""
    units = {**COUNTS, **BYTES, "B": 1} if FIGURES[figure].unit == "bytes" else COUNTS
    match = NUMBER.fullmatch(text)
    if not match or match[3] not in units:
        raise Refusal(NO_NUMBER)
    value = plain(Fraction(re.sub(APART, "", match[1]) + match[2]) * units[match[3]])
    if not isinstance(value, int):
        raise Refusal("it is not a whole number; a comma or a space separates thousands, a point decimals")
    return value


def spellings(value: Any) -> set[Any]:
    """The ways to write a value that mean the same: a shape has its channels first or last."""
    if not isinstance(value, tuple):
        return {value}
    return {value, (*value[1:], value[0]), *({(*value, 1, 1), (1, 1, *value)} if len(value) == 1 else ())}


def answers(path: str, exercise: Exercise) -> dict[int, str]:
    """The answers in a CSV, by the numbers of their blanks. Raises ArchcalcError."""
    found: dict[int, str] = {}
    for place, row in _rows(path):
        if row.get("sheet", exercise.name).removeprefix("'") not in ("", exercise.name):
            raise ArchcalcError(f"{place}: this answers the sheet '{row['sheet']}', not '{exercise.name}'")
        number = re.fullmatch(r"\(?([0-9]{1,9})\)?", row["blank"])
        if not number or not 0 < int(number[1]) <= len(exercise.blanks):
            raise ArchcalcError(f"{place}: no blank {row['blank']!r}; the sheet has 1 to {len(exercise.blanks)}")
        if int(number[1]) in found:
            raise ArchcalcError(f"{place}: blank {number[1]} is answered twice; leave one answer")
        found[int(number[1])] = row["answer"]
    return found


def _rows(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of a CSV by column, with its place; separated by commas, or as in Excel by semicolons or tabs."""
    lines = text_of(path).splitlines() or [""]
    delimiter = max(",;\t", key=lines[0].count)
    try:
        names = [name.strip().casefold() for name in next(csv.reader(lines, delimiter=delimiter))]
        if not {"blank", "answer"} <= {*names}:
            raise ArchcalcError(f"{path}:1: the first line of a CSV of answers names its columns: blank,answer")
        rows = csv.DictReader(lines[1:], names, restval="", delimiter=delimiter)
        for row in rows:
            place, more = f"{path}:{rows.line_num + 1}", [*filter(None, row.pop(None, ()))]
            if more and names[-1] != "answer":
                message = f"one cell too many, {more[0]!r}; put quotes around an answer with a {delimiter!r}"
                raise ArchcalcError(f"{place}: {message}")
            row["answer"] = delimiter.join([row["answer"], *more])  # 1,024 without quotes
            if any(row.values()):
                yield place, {name: one_line(cell) for name, cell in row.items()}
    except csv.Error as error:
        raise ArchcalcError(f"{path}: {error}") from None


class Marking:
    """The answers of one student to an exercise."""

    def __init__(self, exercise: Exercise, texts: Mapping[int, str]) -> None:
        self.exercise, self.graph = exercise, exercise.report.graph
        self.read, self.unread = dict[int, Any](), dict[int, str]()
        for blank in exercise.blanks:
            try:
                if text := texts.get(blank.number):
                    self.read[blank.number] = read(text, blank)
            except Refusal as refusal:
                self.unread[blank.number] = str(refusal)
        self.shapes = [self.graph.nodes[0].shape]  # of each node's output, as it follows from the student's own answers
        self.blame: list[int | None] = [None]  # the blank whose answer made it differ
        for row, layer in enumerate(exercise.report.layers):
            self.follow(row, layer.nodes[0])
        self.marks = [self.mark(blank, texts.get(blank.number, "")) for blank in exercise.blanks]

    def follow(self, row: int, at: int) -> None:
        """Set a layer's output: the student's answer, the sheet's value, or what follows from their own input."""
        node, number = self.graph.nodes[at], self.exercise.asked.get((row, "output"))
        blame = next((self.blame[i] for i in node.inputs if self.blame[i]), None)
        own = self.own(question(self.exercise.report.counts, at, "output"), at) if blame else None
        shape = follows = own.value() if own else node.shape
        if number in self.read:
            found = self.read[number]
            orders = (found, (found[-1], *found[:-1]))  # as the sheet asks, or with the channels last
            shape = follows if follows in orders else next((one for one in orders if one[0] == node.shape[0]), found)
            blame = blame if shape == follows else number
        elif self.exercise.is_given(row, "output"):
            shape = node.shape
        self.shapes.append(shape)
        self.blame.append(blame if shape != node.shape else None)

    def own(self, asked: Question, at: int, shape: Shape = ()) -> Question | None:
        """The question on the inputs that follow from the student's own answers."""
        return asked.altered(inputs=tuple(self.shapes[i] for i in self.graph.nodes[at].inputs), shape=shape)

    def mark(self, blank: Blank, text: str) -> Mark:
        """Compare an answer with the right one, then with what follows from earlier answers, then with mistakes."""
        if blank.number in self.unread or blank.number not in self.read:
            verdict = UNREAD if blank.number in self.unread else UNANSWERED
            return Mark(blank, text[:LONGEST], verdict, self.unread.get(blank.number, ""))
        value = self.read[blank.number]
        if value in spellings(blank.answer):
            return Mark(blank, text, RIGHT)
        at = self.exercise.report.layers[blank.row].nodes[0]
        asked = question(self.exercise.report.counts, at, blank.figure)
        rule = FIGURES[blank.figure].rule
        sizes = isinstance(rule, Output)
        blame = [self.blame[i] for i in (*self.graph.nodes[at].inputs, *[at] * (not sizes))]
        own = None
        if any(blame) and not isinstance(rule, Read):
            own = self.own(asked, at, () if sizes else self.shapes[at])
        if own and value in spellings(own.value()):
            remark = f"right for the answer to blank {next(filter(None, blame))}; not counted wrong again"
            return Mark(blank, text, CARRIED, remark)
        found = likely(filter(None, (asked, own)), lambda wrong: value in spellings(wrong))
        return Mark(blank, text, WRONG, "; ".join(one.name for one in found), tuple(found))

    def table(self) -> Table:
        """Each answer, and the score."""
        layers, count = self.exercise.report.layers, Counter(mark.verdict for mark in self.marks)
        rows = [
            (mark.blank.number, f"{FIGURES[mark.blank.figure].heading} of {layers[mark.blank.row].name}",
             mark.text, mark.verdict, mark.remark)
            for mark in self.marks
        ]  # fmt: skip
        told = dict.fromkeys(f"{one.name}: {one.told}" for mark in self.marks for one in mark.mistakes)
        columns = (*numbers("blank"), *words("asked"), *numbers("answer"), *words("right?", "likely mistakes"))
        score = f"{count[RIGHT] + count[CARRIED]} of {len(self.marks)} right"
        verdicts = listing(f"{count[word]} {word}" for word in VERDICTS if count[word])
        title = f"{self.exercise.report.title}: {score}"
        return Table(title, columns, tuple(rows), notes=(verdicts, *told), name="marks")
