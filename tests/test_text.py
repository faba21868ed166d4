"""A stranger's text steers nothing: whatever a spec and its name hold, no command, format or picture gives it raw."""

import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from console import run
from test_escapes import MARKUP

import archcalc
from archcalc.cli import main
from archcalc.core.errors import Place, Refusal, Source, one_line, printable
from archcalc.output.tex import escape
from archcalc.spec.expression import parse

RANGES = (range(0x20), range(0x7F, 0xA1), range(0x200B, 0x2010), range(0x2028, 0x2030), range(0x2060, 0x2070))
STEERING = [*map(chr, (*(c for codes in RANGES for c in codes), 0xAD, 0x61C, 0x180E, 0xFEFF, 0xFFF9, 0xE0001))]
WRITTEN = "".join(f"\\U{ord(c):08X}" for c in STEERING)  # as YAML writes them between double quotes
QUOTED = MARKUP.replace("\\", "\\\\").replace('"', '\\"')
TEXT = f'"{QUOTED} \\e]0;title\\a\\e[2J {WRITTEN}{QUOTED}"'
SPEC = f"""# \u202e\u200b\u2066 a comment
net: {TEXT}
family: {TEXT}
source: {TEXT}
lecture: {TEXT}
about: {TEXT}
aliases: [{TEXT}, {TEXT}]
given:
  k: {{default: 2, min: 1, max: 9, help: {TEXT}}}
  word: {{default: "'<b>|$x^2$'", choices: ["'<b>|$x^2$'", "'=1+1'"], help: {TEXT}}}
input: [3, 8, 8]
blocks:
  twice(c):
    - conv(c, 3, pad=1)
    - relu
layers:
  - first: twice(4*k)
  - last: conv(k, 3)
    when: word != 'z'
"""
NAME = "\x1b[2J\u202e=<b>&$x^2_$ `c` [l] 100% \udcff\n中.yaml"
FORMATS = ("table", "md", "csv", "tex", "html", "json")
SUFFIXES = ("md", "csv", "tex", "html", "json", "xlsx")
GRID, WORDS = "--k 1:3 --of mult_adds,params", "<b>|$x^2$"
COMMANDS = {  # @ is the spec, OUT a folder; a line in braces is run for each of the words
    "summary": ["@ --format {table,md,csv,tex,html,json}", "@ --by {layer,block,kind}", "@ --help"],
    "compare": ["@ @@k=3 --format {table,md,csv,tex,html,json}", "@ lenet5 --help"],
    "export": ["@ @@k=3 -o OUT/a.{md,csv,tex,html,json,xlsx}", "@ --help"],
    "list": ["--all --format {table,md,csv,tex,html,json}"],
    "show": ["@"],
    "check": ["@"],
    "draw": ["@ --figure params -o OUT/d.{svg,tex,mmd,dot}", "@ --help"],
    "table": ["lenet5-table --format {table,md,csv,tex,html,json}", "--help"],
    "import": ["--help"],
    "kinds": ["", "--schema"],
    "conventions": ["@ --format {table,md,csv,tex,html,json}", ""],
    "figures": ["--format {table,md,csv,tex,html,json}"],
    "published": ["alexnet --format {table,md,csv,tex,html,json}", "@ --help"],
    "page": ["@ @@k=3 -o OUT/p.html", "@ --help"],
    "lectures": ["--table lenet5-table --format {table,md,csv,tex,html,json}", "--help"],
    "plot": ["@ @@k=3 --y depth -o OUT/p.{svg,png,pdf}", "@ --bars params --by layer -o OUT/b.svg", "@ --help"],
    "formula": ["@ --free k --format {text,tex,sympy,json}", "@ --over @@word='=1+1'", "@ -o OUT/f.{txt,tex,py,json}",
                "@ --help"],
    "explain": ["@ --format {text,tex,json}", "@ --over @@k=3 --format {text,tex,json}", "@ --help"],
    "ask": ["lenet5:params --format {table,md,csv,tex,html,json}", "lenet5:params --explain"],
    "exercise": ["@ --format {table,md,csv,tex,html,json}", "@ -o OUT/e.{md,csv,tex,html,json,xlsx}", "@ --help"],
    "solve": ["@ --free k --where params<=900 --format {table,md,csv,tex,html,json}", "@ --help"],
    "sweep": [f"@ {GRID} --format {{table,md,csv,tex,html,json}}", f"@ {GRID} -o OUT/s.{{csv,json,parquet,md}}",
              f"@ {GRID} --word {WORDS} --figure {{cost,pareto}} --plot OUT/p.{{svg,png,pdf}}", "@ --help"],
    "scale": ["efficientnet_b0 --phi 1", "@ --help"],
    "memory": ["@", "@ --help"],
    "verify": ["@ --device cpu -o OUT/r", "@ --device meta --format {table,md,csv,tex,html,json}", "@ --help"],
}  # fmt: skip
MISTAKES = (
    """
summary OUT/@ | summary @ --columns @ | summary @ --@ | summary @ --depth @ | summary @ --format @
summary @@word=@ | summary @ --word @ | summary @@@=1 | export @ -o OUT/@ | export @ -o @/a.md | list --family @
list --kind @ | list --lecture @ | check @ @#x @
lectures --table @ | show @#@ | kinds @ | kinds --schema @ | @ | --@ | scale @ | memory @ --dtype @
formula @ --free @ | formula @ --of @ | formula @ --over @ --format @ | formula @ -o @ | explain @ --of @
solve @ --free k --where @ | solve @ --free @ --where params<=1 | solve @ --free k=@ --where params<=1
sweep @ --k @ | sweep @ --k 1:3 --of @ | sweep @ --k 1:3 -o @ | sweep @ --k 1:3 --plot @ | sweep @ --k 1 --dask @
published @ | plot @ -o OUT/@ | plot @ -o OUT/p.svg | plot @ --x @ -o OUT/p.svg | plot @ --bars @ -o OUT/p.svg
plot --family @ -o OUT/p.svg | verify @ --device @ | verify @ --against @ | scale efficientnet_b0 --search --tolerance @
""".strip()
    .replace("\n", " | ")
    .split(" | ")
)


def commands():
    """Each command line."""
    for command, lines in COMMANDS.items():
        for line in lines:
            for one in alternatives(line):
                yield f"{command} {one}"


def alternatives(line):
    found = re.search(r"\{([^{}]*,[^{}]*)\}", line)
    if not found:
        return [line]
    return [one for word in found[1].split(",") for one in alternatives(line.replace(found[0], word, 1))]


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / NAME
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def is_clean(text):
    return all(c.isprintable() or c == "\n" for c in text)


def strings(value):
    """Every text in a value made of lists and dicts."""
    if isinstance(value, dict):
        return [*value, *strings(list(value.values()))]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def contents(path):
    """The texts of a file."""
    data = path.read_bytes()
    if path.suffix in (".png", ".pdf"):
        return []
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return strings(parquet.read_table(path).to_pylist())
    if path.suffix == ".xlsx":
        members = zipfile.ZipFile(io.BytesIO(data))
        pages = [members.read(name).decode().replace("\r\n", "\n") for name in members.namelist()]
        return [*pages, *(text for page in pages for text in ElementTree.fromstring(page).itertext())]
    text = data.decode()
    if path.suffix == ".json":
        return [text, *strings(json.loads(text))]
    if path.suffix == ".svg":
        return [text, *ElementTree.fromstring(text).itertext()]
    return [text.replace("\r\n", "\n")]


def test_every_command_is_tried():
    assert set(COMMANDS) == set(main.commands)


def result_of(command, spec, folder):
    """What a command says; its words are parted before the spec's name is put in, which has spaces."""
    result = run([word.replace("@@", f"{spec}\0").replace("@", spec).replace("\0", "@").replace("OUT", str(folder))
                  for word in command.split()])  # fmt: skip
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert is_clean(result.output.replace("\r\n", "\n")), result.output
    return result


@pytest.mark.parametrize("command", list(commands()))
def test_nothing_raw_is_printed_or_written(command, spec, tmp_path):
    result = result_of(command, spec, tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        assert all(map(is_clean, contents(path))), path
        assert is_clean(path.name)


@pytest.mark.parametrize("command", MISTAKES)
def test_nothing_raw_is_in_a_message(command, spec, tmp_path):
    assert result_of(command, spec, tmp_path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_raw_enters(spec):
    network = archcalc.load(spec)
    texts = [network.name, *network.spec.headings.values(), *strings(network.summary().to_dict())]
    texts += [text for knob in network.knobs.values() for text in (knob.name, knob.help, *map(str, knob.choices))]
    assert all(text.isprintable() for text in texts)
    for kept in ("été 中文 🙂", MARKUP):
        assert kept in network.spec.headings["net"]
        assert kept in network.knobs["k"].help


def test_a_word_is_made_of_what_can_be_printed():
    """Python's escapes are read in a word of an expression, whatever YAML has left of them."""
    for character in STEERING:
        text = f"k != 'z\\U{ord(character):08X}'"
        with pytest.raises(Refusal, match="characters that can be printed") as caught:
            parse(text, Place(Source("net.yaml", text), 0, 0, len(text)))
        assert caught.value.place.column == 5


def test_a_message_is_as_long_as_what_it_quotes():
    """So that a caret stands under what it means."""
    for character in {*STEERING} - {"\n"}:
        assert printable(f"a{character}b\n") in ("a?b\n", "a b\n")
        assert one_line(f"\na{character}b\n") in ("a?b", "a b")


@pytest.mark.parametrize("figure", ["cost", "pareto"])
def test_a_picture_shows_a_text_and_no_mathematics(figure, spec, tmp_path):
    archcalc.load(spec).sweep(k=[1, 2, 3], word=["<b>|$x^2$", "=1+1"]).plot(tmp_path / "p.svg", figure)
    shown = list(ElementTree.parse(tmp_path / "p.svg").getroot().itertext())
    assert any(MARKUP in text for text in shown)
    assert any("<b>|$x^2$" in text for text in shown)


def test_a_name_in_the_latex_of_an_explanation(spec):
    text = archcalc.load(spec).explain(over=spec, free=["k"]).latex
    name = rf"\text{{{escape(one_line(NAME.removesuffix('.yaml')))}}}"
    assert text.count(name) == 2
    assert text.replace(name, "").isascii()
