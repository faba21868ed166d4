"""A network beside modules that others wrote: those of libraries that should equal it, or one that a user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.core.errors import ArchcalcError
from archcalc.importers.importing import as_spec
from archcalc.importers.torch.graph import read
from archcalc.importers.torch.module import made_by
from archcalc.model import Model
from archcalc.report import Report, summarize
from archcalc.spec.library import find
from archcalc.verify.check import digest
from archcalc.verify.lines import Line, lines, multiplies
from archcalc.verify.matching import Side, compare
from archcalc.verify.tables import NotRun, Witnessed
from archcalc.verify.wholes import Whole, together, wholes

if TYPE_CHECKING:
    from archcalc_witness.sources import Source


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
    theirs = Side([f"layer {number}" for number in range(1, len(layers) + 1)], [Line(*layer) for layer in layers])
    return _beside(report, source.library, written(source), source.origin, theirs, sums)


class Foreign(NamedTuple):
    """A torch module that MODULE:CALLABLE gives."""

    path: str
    module: Any

    def beside(self, report: Report) -> Witnessed:
        """The comparison with the module, read as by an import, at the report's input. Raises ArchcalcError."""
        imported = read(self.module, report.input, "int64" if of_tokens(report) else "float32")
        order, spec = as_spec(imported, {"net": self.path})
        found = summarize(spec, {})
        operations = [imported.operations[number] for number in order]
        paths = [".".join(within.name for within in operation.within) for operation in operations]
        names = [path or row.name for path, row in zip(paths, found.layers, strict=True) if multiplies(row)]
        totals = {"params": imported.params, "mult_adds": imported.mult_adds}
        origin = self.path.partition(":")[0].partition(".")[0]
        inner = [*wholes(found, operations)]
        return _beside(report, "", self.path, origin, Side(names, lines(found)), totals, inner)


def foreign(path: str) -> Foreign:
    """The module that MODULE:CALLABLE gives, built without data. This runs its author's code. Raises ArchcalcError."""
    return Foreign(path, made_by(path))


def of_tokens(report: Report) -> bool:
    """Whether the input is the numbers of tokens, which nothing but an embedding takes."""
    return any(row.kind == "embedding" for row in report.layers)


def _beside(
    report: Report,
    library: str,
    module: str,
    origin: str,
    theirs: Side,
    sums: Mapping[str, int | None],
    inner: Sequence[Whole] = (),
) -> Witnessed:
    ours = Side([row.name for row in report.layers if multiplies(row)], lines(report))
    found = compare(ours, theirs)
    if found.differences and inner:
        joined = together(ours, theirs, inner)
        other = compare(ours, joined)
        if len(other.differences) < len(found.differences):
            found, theirs = other, joined
    differences = (*found.differences, *_totals(report, sums))
    unknown = (*found.unknown, *(f"total: {what}" for what, counted in sums.items() if counted is None))
    return Witnessed(report.label, library, module, origin, len(theirs.lines), differences, unknown)


def _totals(report: Report, sums: Mapping[str, int | None]) -> Iterator[str]:
    for what, found in sums.items():
        formula: Any = getattr(report.totals, what)
        if None not in (formula, found) and formula != found:
            yield f"total: {what}: formula {formula:,}, module {found:,}"
