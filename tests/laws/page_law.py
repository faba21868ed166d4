"""A page says of a network what the engine says, to the last digit, or refuses with the engine's message."""

import json
import re
from functools import cache
from random import Random

import archcalc
from archcalc import ArchcalcError
from archcalc.core.errors import SpecError
from archcalc.core.value import show
from archcalc.page.control import slider
from archcalc.page.html import page_of, script
from archcalc.tables import Choice, heading, summary_table, totals_table

ADVICE = re.compile(r"; floor, ceil or round makes it whole| \(dilated to \d+\)|, padded to \d+")
ASK = """
(index, settings) => {
  const { networks, answer, table, called } = archcalc, network = networks[index], found = answer(network, settings);
  if (!found.rows) return { refused: found.refused ?? null };
  const names = found.rows.map(row => called(network, row.name));
  return { names, heading: found.heading, counts: found.counts, layer: table(found, 0), block: table(found, 1) };
}
"""


def plain(message):
    """A message without what the engine adds only where it says something, and a page always or never."""
    return ADVICE.sub("", message)


def settings(net, random):
    """Random values of the knobs, half of them the defaults."""
    return {name: value_of(knob, random) if random.random() < 0.5 else knob.default for name, knob in net.knobs.items()}


def value_of(knob, random):
    if knob.choices:
        return random.choice(knob.choices)
    own = slider(knob)
    if own.step == 1 and random.random() < 0.5:
        near = knob.default + random.choice((-1, 1, 2))
        return near if own.start <= near else knob.default
    return own.at(random.randrange(own.values))


def answered(net, values):
    """The report of a network; of one that the engine refuses, its messages as the page would tell them."""
    try:
        return net.summary(**values), None
    except SpecError as error:
        return None, {"refused": [plain(problem.message) for problem in error.problems]}
    except ArchcalcError as error:
        return None, {"refused": [str(error)]}


def expected(net, values):
    """What the engine says, as the functions of the page would."""
    report, refused = answered(net, values)
    if refused:
        return refused
    names = [row.pop() for row in summary_table(report, Choice(columns=("layer",)))._replace(totals=()).texts()]
    return {
        "names": names,
        "heading": heading(report),
        "counts": counts(report),
        **{by: texts(report, by) for by in ("layer", "block")},
    }


def texts(report, by, depth=1):
    """The rows of a summary."""
    columns = ("path", "kind", "output", "params", "work", "share")
    return summary_table(report, Choice(by, depth, columns))._replace(totals=()).texts()


def counts(report):
    """The totals of a network: parameters, MiB, buffers, work."""
    ((_, _, params, _, buffers, work, _, size),) = totals_table([report]).texts()
    return [params, size, buffers, work]


def check(said, right, what):
    """Whether the page has said something; it may refuse to, and must not say anything else."""
    if said == {"refused": None}:
        return False
    if "refused" in said or "refused" in right:
        assert plain(said.get("refused", "")) in right.get("refused", []), (what, said.get("refused"), right)
        return True
    for part, words in said.items():
        assert words == right[part], (what, part, differences(words, right[part]))
    return True


def differences(said, right):
    return [pair for pair in zip(said, right, strict=False) if pair[0] != pair[1]][:3] or (len(said), len(right))


@cache
def engine():
    from py_mini_racer import MiniRacer

    return MiniRacer()


def asked(page, index, values):
    """What V8 says, without a document."""
    words = [show(value) for value in values.values()]
    page_own = f"const data = {json.dumps(page.data)}; {script(page)}"
    shared = "const archcalc = { networks: data.networks, answer, table, called };"
    question = f"JSON.stringify(({ASK})({index}, {json.dumps(words)}))"
    return json.loads(engine().eval(f"{{ {page_own} {shared} {question} }}"))


@cache
def case(name, seed):
    """A network, settings of it, and what is right."""
    net = archcalc.load(name)
    values = settings(net, Random(f"{name} {seed}"))
    return net, values, expected(net, values)


def page_at(net, values):
    """The page of the structure that the network has at these settings."""
    try:
        return page_of([net.summary(**values)], most=1)
    except ArchcalcError:  # refused; the page was made at the defaults
        return page_of([net.summary()], most=1)
