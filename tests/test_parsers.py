"""A message comes from the text of a spec: not from the words, the limits or the speed of the library that parses it.

PyYAML has two parsers, with other words each, which change with its versions, as those of Python's own parser do.
"""

import ast
import random
from pathlib import Path

import pytest
import test_errors
import yaml
from test_fuzz import SEED, slip

from archcalc.core.errors import Refusal, Source, SpecError
from archcalc.spec.expression import constant
from archcalc.spec.library import home
from archcalc.spec.text import DEEPEST, read, read_entries

PARSERS = [name for name in ("CBaseLoader", "BaseLoader") if hasattr(yaml, name)]
CHANGES = [0x9, 0xA, 0xB, 0xD, 0xE, 0x1F, 0x20, 0x7E, 0x7F, 0x84, 0x85, 0x9F, 0xA0, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD,
           0xFFFE, 0xFFFF, 0x10000, 0x10FFFF]  # where what YAML allows starts and ends  # fmt: skip
NESTINGS = {  # what opens a level or two, what is inside, what closes them
    "flow lists": ("[", "a", "]", 1),
    "flow mappings": ("{a: ", "b", "}", 1),
    "flow lists on lines": ("[\n ", "a", "]", 1),
    "flow, with brackets in texts and comments": ("[']', # }\n {\"}\": ", "b", "}]", 2),
    "lists": ("- ", "a", "", 1),
    "question marks": ("? ", "a", "", 1),
    "keys and lists": ("- ? ", "a", "", 2),
}


@pytest.fixture(params=PARSERS)
def parser(request, monkeypatch):
    """The one parser, or the other."""
    monkeypatch.setattr(yaml, "CBaseLoader", getattr(yaml, request.param), raising=False)


@pytest.fixture
def scrambled(monkeypatch):
    """Errors in words that nobody knows, at the same places."""
    parse = yaml.parse

    def scrambling(*args, **options):
        try:
            yield from parse(*args, **options)
        except yaml.MarkedYAMLError as error:
            raise type(error)("flarp", error.context_mark, "simple flow quoted", error.problem_mark) from None

    monkeypatch.setattr(yaml, "parse", scrambling)


def problems(text):
    """What is wrong with the text as YAML, each with its place."""
    try:
        read(Source("spec.yaml", text))
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("name", sorted(path.stem for path in test_errors.FOLDER.glob("*.yaml")))
def test_messages_are_the_same_from_both_parsers_in_any_words(name, parser, scrambled, monkeypatch):
    monkeypatch.setattr(test_errors, "UPDATE", False)
    test_errors.test_message(name, monkeypatch)


def test_messages_of_slips_are_the_same_in_any_words(request):
    dice = random.Random(SEED)
    files = sorted(Path(home()).glob("*.yaml"))
    texts = [path.read_text(encoding="utf-8") for path in files if path.stat().st_size < 4000]
    slips = [slip(slip(dice.choice(texts), dice), dice) for _ in range(400)]
    said = list(map(problems, slips))
    assert sum(map(bool, said)) > 100
    request.getfixturevalue("scrambled")
    assert list(map(problems, slips)) == said


@pytest.mark.parametrize("more", [0, 1, 2, 30, 1000, 5000])
@pytest.mark.parametrize("nesting", NESTINGS)
def test_levels_of_nesting_have_one_limit_and_one_place(nesting, more, parser, scrambled):
    opens, inside, closes, levels = NESTINGS[nesting]
    count = DEEPEST // levels + more
    before = opens * (DEEPEST // levels)
    place = f"spec.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    for end in (closes, ""):
        said = "".join(problems(f"{opens * count}{inside}{end * count}\n"))
        assert said.startswith(f"{place}: nested more than {DEEPEST} deep\n") == bool(more)
        assert said.count("nested") == bool(more)


def stopped(monkeypatch, error):
    """A parser that finds nothing but an error."""
    monkeypatch.setattr(yaml, "parse", lambda *args, **options: (_ for _ in ()).throw(error))


def test_a_limit_of_the_parser_that_comes_first_is_not_told(monkeypatch):
    mark = yaml.Mark("", 70, 0, 70, None, None)
    stopped(monkeypatch, yaml.scanner.ScannerError("while flarping", mark, "too flarp", mark))
    (said,) = problems(f"layers: {'[' * 100}\n")
    assert said.startswith("spec.yaml:1:49: nested more than 40 deep")


def test_an_error_without_a_place_is_told(monkeypatch):
    stopped(monkeypatch, yaml.YAMLError("flarp"))
    (said,) = problems("net: N\n")
    assert said.startswith("spec.yaml:1:1: not YAML")
    assert "flarp" not in said


@pytest.mark.parametrize("code", CHANGES, ids=hex)
def test_characters_are_those_that_yaml_allows(code, parser, scrambled):
    """What we let pass the parser takes; what we refuse it refuses, too."""
    text = f"net: 'a {chr(code)} b'\n"
    (said,) = problems(text) or [""]
    if said:
        assert said.startswith(f"spec.yaml:1:9: the character U+{code:04X}, which YAML does not allow")
        with pytest.raises(yaml.YAMLError):
            list(yaml.parse(text, Loader=yaml.CBaseLoader))


def test_headings_alone_are_read_with_the_same_messages(parser, scrambled):
    with pytest.raises(SpecError, match=r"spec\.yaml:2:8: this bracket is never closed"):
        list(read_entries(Source("spec.yaml", "net: N\ninput: [3\n")))


@pytest.fixture
def other_python(monkeypatch):
    """A Python whose parser has other words."""
    parse = ast.parse

    def scrambling(*args, **options):
        try:
            return parse(*args, **options)
        except SyntaxError as error:
            raise SyntaxError("flarp", error.args[1]) from None

    monkeypatch.setattr(ast, "parse", scrambling)


def refused(text):
    """The refusal of an expression, with its place."""
    try:
        return constant(text) and ""
    except Refusal as refusal:
        return f"{refusal.place}: {refusal}"


def test_messages_of_expressions_are_the_same_in_any_words_of_python(request):
    dice = random.Random(SEED)
    seeds = ["conv(64, 3, pad=1)", "32*alpha if x > 2 else floor(y/2)", "f(1, a=(1, 2), b=3)", "not a or c == 'word'"]
    slips = [slip(slip(dice.choice(seeds), dice), dice) for _ in range(2000)] + ["f(a=1, b)", "f(a=g(b), (1, 2))"]
    said = list(map(refused, slips))
    assert sum(" come before those with one" in refusal for refusal in said) >= 2
    request.getfixturevalue("other_python")
    assert list(map(refused, slips)) == said


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_limits_of_python_are_told_as_ours(error, monkeypatch):
    assert all("nested too deep" in refused(f"{bracket * 250}1{end * 250}") for bracket, end in ("()", "[]"))
    monkeypatch.setattr(ast, "parse", lambda *args, **options: (_ for _ in ()).throw(error))
    assert "nested too deep" in refused("1 + 1")
