"""What is compared with a witness: the layers that multiply, each with where its input comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError, listing
from archcalc.core.shape import describe
from archcalc.model import Model
from archcalc.report import Report
from archcalc.spec.library import find
from archcalc.verify.check import digest
from archcalc.verify.tables import NotRun, Witnessed

if TYPE_CHECKING:
    from archcalc_witness.sources import Source

INPUT = -1  # in place of a line


class Line(NamedTuple):
    """One layer."""

    output: tuple[int, ...]
    params: int
    mult_adds: int
    sources: tuple[int, ...] = (1,)  # how many lines above


def lines(report: Report) -> list[Line]:
    """The layers that do multiply-adds, as a table has them."""
    found: list[Line] = []
    given = [frozenset({INPUT})]  # node -> the lines whose outputs it passes on
    for node, row in zip(report.graph.nodes[1:], report.layers, strict=True):
        sources = frozenset[int]().union(*(given[other] for other in node.inputs))
        if row.mult_adds:
            above = sorted(0 if place == INPUT else len(found) - place for place in sources)
            found.append(Line(row.output or (), row.params or 0, row.mult_adds, tuple(above)))
            sources = frozenset({len(found) - 1})
        given.append(sources)
    return found


def features(line: Line) -> Line:
    """The same where a 1 x 1 map counts as features: a classifier may be a convolution or a linear layer."""
    return line._replace(output=line.output[:1]) if line.output[1:] == (1, 1) else line


def tangled(lines: list[Line]) -> Counter[int]:
    """The lines in no order, each with all that leads to it instead of places."""
    known: list[int] = []
    for line in lines:
        before = frozenset(known[len(known) - above] if above else INPUT for above in line.sources)
        known.append(hash((line.output, line.params, line.mult_adds, before)))
    return Counter(known)


SAY: dict[str, Callable[[Any], str]] = {  # the name and the format of each value of a line, in order
    "output": describe,
    "params": "{:,}".format,
    "mult-adds": "{:,}".format,
    "inputs from": lambda above: listing(f"line -{n}" if n else "the input" for n in above),
}


def check_at_hand() -> None:
    """Raises ArchcalcError where the modules to compare with are not."""
    if not find_spec("archcalc_witness"):
        raise ArchcalcError(
            "--against compares with modules that archcalc's tests bring, and an installed archcalc does not: "
            "run it in a clone of the repository, after pip install -e '.[torch]' there"
        )


def witness(report: Report, library: str, unknown: bool = True) -> Iterator[Witnessed | NotRun]:
    """Compare the network with each module of the library that should equal it; ``unknown``: say so if none does."""
    from archcalc_witness.build import installed
    from archcalc_witness.sources import SOURCES

    named = [one for name, one in SOURCES.items() if (one.library, one.network or name) == (library, report.network)]
    network = own_network(report) if named else None
    matching = [source for source in named if at_knobs(source, network, report)] if network else []
    if not installed(library):
        yield NotRun(report.label, library, f"{library} is not installed: pip install {library}")
    elif matching or not unknown:
        yield from (compared(source, report) for source in matching)
    else:
        yield NotRun(report.label, library, f"no module of {library} is known to be this network at these knobs")


def own_network(report: Report) -> Model | None:
    """archcalc's own network of that name; None where the report is of a user's file that only has the same name."""
    network = Model(find(report.network))
    try:
        same = digest(network.summary(**report.knobs)) == digest(report)
    except ArchcalcError:  # it has other knobs
        return None
    return network if same else None


def at_knobs(source: Source, network: Model, report: Report) -> bool:
    """Whether the module is the network at the knobs of the report."""
    default = {name: knob.default for name, knob in network.knobs.items()}
    knobs = {knob: network.accept(knob, str(value), text=True) for knob, value in source.knobs.items()}
    return default | knobs == default | report.knobs


def compared(source: Source, report: Report) -> Witnessed | NotRun:
    """The comparison with one module, which is built and run without data."""
    from archcalc_witness.build import count, written

    try:
        sums, layers = count(source)
    except Exception as error:  # another version of a library may fail in any way
        return NotRun(
            report.label, source.library, f"{written(source)}: {type(error).__name__}: {error}".partition("\n")[0]
        )
    theirs = [Line(*layer) for layer in layers]
    differences = [*_lines(report, theirs, source.order), *_totals(report, sums)]
    return Witnessed(report.label, source.library, written(source), source.origin, len(theirs), tuple(differences))


def _lines(report: Report, theirs: list[Line], order: str) -> Iterator[str]:
    names = [row.name for row in report.layers if row.mult_adds]
    ours = list(map(features, lines(report)))
    theirs = list(map(features, theirs))
    if order.startswith("any"):
        if tangled(ours) != tangled(theirs):
            yield "the layers differ, in any order"
        return
    for name, mine, other in zip_longest(names, ours, theirs):
        if mine is None or other is None:
            yield f"{name}: the module has no such layer" if mine else f"no layer for the module's {_described(other)}"
            continue
        parts = [f"{word}: formula {say(a)}, module {say(b)}"
                 for (word, say), a, b in zip(SAY.items(), mine, other, strict=True) if a != b]  # fmt: skip
        if parts:
            yield f"{name}: {'; '.join(parts)}"


def _described(line: Line) -> str:
    return ", ".join(f"{word} {say(value)}" for (word, say), value in zip(SAY.items(), line, strict=True))


def _totals(report: Report, sums: dict[str, int]) -> Iterator[str]:
    for what, found in sums.items():
        formula: Any = getattr(report.totals, what)
        if formula != found:
            yield f"total: {what}: formula {formula:,}, module {found:,}"
