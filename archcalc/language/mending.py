"""Messages on what to mend in a spec where the YAML parser stopped.

They depend only on the text, never on the parser's message, which differs between its versions and its two variants.
"""

from __future__ import annotations

import re

from archcalc.errors import Place, Problem, Source

ENTRY = re.compile(r"(?P<indent> *- +)(?P<text>.*)")
TAB = re.compile(r"[ ?-]*\t")  # in the indentation, or after the '-' of a list
QUOTED = re.compile(r"""'(?:[^']|'')*+'|"(?:[^"\\]|\\.)*+\"""", re.DOTALL)
COMMENT = re.compile(r"\s#")
SIGNS = tuple("@`%&*!|>")  # which do not start a text in YAML


def explained(start: Place, at: Place, between: str, unfinished: bool) -> Problem:
    """The problem where a parser stopped ``at`` a place, in an element from ``start`` on, with the text between them.

    ``unfinished``: it looked for the end of a key or a text. Otherwise it found something that does not belong there.
    """
    source, line = at.source, at.source.line(at.line)
    rest = line[at.column :].rstrip()
    if (tab := TAB.match(line)) or rest.startswith("\t"):
        return Problem("a tab; write spaces instead", at._replace(column=tab.end() - 1 if tab else at.column))
    if between.startswith(("[", "{")) and not unfinished:
        return Problem("this bracket is never closed, or a comma is missing after it", start)
    if between.startswith(("'", '"')) and unfinished and not QUOTED.match(between):
        return Problem("this quote is never closed, or what it encloses is not allowed", start)
    if (text := between or rest).startswith(SIGNS):
        message = f"{text[0]!r} has a special meaning in YAML; put a text that starts with it in quotes"
        return Problem(message, start)
    if between and unfinished:
        return _key(start, COMMENT.split(source.line(start.line)[start.column :])[0].rstrip())
    if at.line and rest and not line[: at.column].strip() and rest[0] not in ":,]}":
        return Problem(_indentation(start, at, between), at)
    if rest.startswith(":"):
        indent = len(line) - len(line.lstrip())
        return Problem(_second_colon(source, at.line), at._replace(column=indent, width=at.column - indent))
    message = "not YAML: this does not fit what stands before it; put a text with such characters in quotes"
    return Problem(message, at._replace(width=len(rest)))


def _key(start: Place, text: str) -> Problem:
    """The problem of a key without a ':' after it."""
    _, colon, after = text.partition(":")
    if colon and not after[:1].strip():
        return Problem("this key is longer than YAML allows", start)
    mend = "a space is missing after ':'" if colon else "a ':' is missing"
    return Problem(f"{mend} on this line", start._replace(width=len(text)))


def _indentation(start: Place, at: Place, between: str) -> str:
    """The message on a line that is indented wrongly."""
    if not between:
        return "this line does not continue what stands above it; is it indented wrongly?"
    what, sign = ("list", "- ") if between.startswith("-") else ("group of keys", "key:")
    where = f"the {what} that starts on line {start.line + 1}"
    if at.column == start.column:
        return f"this line is indented like {where}, but does not start with '{sign}'"
    return f"this line is indented by {at.column}, but {where} is indented by {start.column}"


def _second_colon(source: Source, number: int) -> str:
    """The message on a 'key:' that YAML reads as a continuation of the line above it."""
    key = source.line(number).partition(":")[0].strip()
    above = next((source.line(n) for n in range(number - 1, -1, -1) if source.line(n).strip()), "")
    entry = ENTRY.match(above)
    if key and re.fullmatch(r"\w+", key) and entry and ":" not in entry["text"]:
        return f"a ':' is missing after the entry above, which has {key!r} beside it: '- {entry['text'].strip()}:'"
    if key and re.fullmatch(r"\w+", key) and entry:
        return f"{key!r} is indented too far; the entry above has its name at column {len(entry['indent']) + 1}"
    return "a second ':' on one line, or a line indented wrongly; put quotes around a text that has a ': ' in it"
