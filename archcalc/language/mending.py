"""What the YAML parser stumbled over -> what to mend in a spec."""

from __future__ import annotations

import re
from typing import Any

from archcalc.errors import Place, Problem, Source

ENTRY = re.compile(r"(?P<indent> *- +)(?P<text>.*)")


def explained(error: Any, source: Source) -> Problem:
    """The problem behind a parser's error, at the place to mend."""
    problem, context = str(error.problem or ""), str(error.context or "")
    at, start = _place(error.problem_mark, source), _place(error.context_mark, source)
    line = source.line(at.line)
    if "\t" in (indent := line[: len(line) - len(line.lstrip())]):
        return Problem("a tab in the indentation; indent with spaces", at._replace(column=indent.index("\t"), width=1))
    if "mapping values are not allowed" in problem:
        return Problem(_second_colon(source, at.line), at._replace(column=len(indent), width=at.column - len(indent)))
    if "flow" in context:
        return Problem("this bracket is never closed, or a comma is missing after it", start)
    if "quoted scalar" in context:
        return Problem("this quote is never closed, or what it encloses is not allowed", start)
    if "simple key" in context:
        text = source.line(start.line)
        mend = "a space is missing after ':'" if ":" in text else "a ':' is missing"
        return Problem(f"{mend} on this line", start._replace(width=len(text.rstrip()) - start.column))
    if "block collection" in context or "block mapping" in context:
        message = f"this line is indented by {at.column}, which fits no line above"
        what = "list" if "collection" in context else "group of keys"
        return Problem(f"{message}; the {what} that starts on line {start.line + 1} by {start.column}", at)
    return Problem(f"not YAML: {problem or context}", at)


def _place(mark: Any, source: Source) -> Place:
    return Place(source, mark.line, mark.column) if mark else Place(source, 0, 0)


def _second_colon(source: Source, number: int) -> str:
    """What to do about a 'key:' that YAML reads as more of the line above it."""
    key = source.line(number).partition(":")[0].strip()
    above = next((source.line(n) for n in range(number - 1, -1, -1) if source.line(n).strip()), "")
    entry = ENTRY.match(above)
    if key and re.fullmatch(r"\w+", key) and entry and ":" not in entry["text"]:
        return f"only a named entry can have {key!r} beside it; name the one above: '- NAME: {entry['text'].strip()}'"
    if key and re.fullmatch(r"\w+", key) and entry:
        return f"{key!r} is indented too far; the entry above has its name at column {len(entry['indent']) + 1}"
    return "a second ':' on one line, or a line indented wrongly; put quotes around a text that has a ': ' in it"
