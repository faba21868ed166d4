"""A network as a spec, each layer of which is compared with the operation that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, SpecError, listing, many
from archcalc.core.shape import Shape, describe
from archcalc.graph.expand import expand
from archcalc.importers.entries import Cannot, Hidden, Writer
from archcalc.importers.folding import Folding
from archcalc.importers.nesting import Entry, Nesting, numbers
from archcalc.importers.operation import INPUT, Imported, Operation
from archcalc.report import summarize
from archcalc.spec.model import Knob, Spec
from archcalc.spec.writing import built

MOST_NAMED = 5  # unknown operators in a heading
KNOB = "resolution"
STEP = 32  # by how much larger the second input is; what most networks divide their input by

Read = Callable[[Shape], Imported]


class Found(NamedTuple):
    """An imported network."""

    spec: Spec
    notes: tuple[str, ...]  # what a reader should know of it
    layers: int
    params: int | None  # as others count them, where that was possible
    mult_adds: int | None


def import_(read: Read, shape: Shape, title: str, source: str) -> Found:
    """The spec of a network that ``read`` gives for each shape of its input. Raises ArchcalcError."""
    imported = read(shape)
    order, spec = as_spec(imported, {"net": title, "source": source})
    larger = _at_larger(read, shape)
    fixed = larger if isinstance(larger, str) else _fixed(imported, larger)
    if not isinstance(larger, str) and not fixed:
        sizes, knobs = _sizes(shape)
        order, free = as_spec(imported, {"net": title, "source": source}, sizes, knobs)
        settings = {knob.name: knob.default + STEP for knob in knobs}
        if equal(free, larger.operations, order, settings):
            spec = free
        else:
            fixed = f"the layers at {describe(larger.shape)} are others than the network's"
    notes = tuple(_notes(imported, fixed))
    _counted(imported, spec)
    spec = spec._replace(headings=spec.headings | ({"about": ". ".join(notes) + "."} if notes else {}))
    return Found(built(spec), notes, len(imported.operations), imported.params, imported.mult_adds)


def _counted(imported: Imported, spec: Spec) -> None:
    """Refuse a spec whose totals are others than those that somebody else has counted. Raises ArchcalcError."""
    totals = summarize(spec, {}).totals
    for name in ("params", "mult_adds"):
        ours, theirs = getattr(totals, name), getattr(imported, name)
        if ours is not None and theirs is not None and ours != theirs:
            what = f"{ours:,} {name} in the spec, {theirs:,} in the network"
            raise ArchcalcError(f"the import is not equal to the network, which is a fault of archcalc: {what}")


def _notes(imported: Imported, fixed: str) -> Iterator[str]:
    yield from imported.notes
    if imported.unknown:
        more = len(imported.unknown) - MOST_NAMED
        others = f" and {more:,} more operators" if more > 0 else ""
        yield f"The mult-adds of {listing(imported.unknown[:MOST_NAMED])}{others} are not known"
    if fixed:
        yield f"The size of the input is fixed: {fixed}"
    if imported.unused:
        are = "are" if imported.unused > 1 else "is"
        yield f"{many(imported.unused, 'parameter')} of the module, which its forward does not use, {are} left out"


def _sizes(shape: Shape) -> tuple[list[str], list[Knob]]:
    """The input with a knob for its rows and columns, if they are equal, else with one for each."""
    if len({*shape[1:]}) == 1:
        knobs = [Knob(KNOB, shape[1], help="rows and columns of the input")]
        return [str(shape[0]), *(KNOB for _ in shape[1:])], knobs
    words = {"height": "rows of the input", "width": "columns of the input"}
    knobs = [Knob(name, size, help=text) for (name, text), size in zip(words.items(), shape[1:], strict=True)]
    return [str(shape[0]), *words], knobs


def _larger(shape: Shape) -> Shape:
    return (shape[0], *(size + STEP for size in shape[1:]))


def _at_larger(read: Read, shape: Shape) -> Imported | str:
    """The network at another size, or why there is none."""
    if len(shape) != 3:
        return "only that of an image, channels x rows x columns, can be a knob of an import"
    try:
        return read(_larger(shape))
    except ArchcalcError:
        return f"the network refuses {describe(_larger(shape))}"


def _fixed(imported: Imported, larger: Imported) -> str:
    """Why the size of the input cannot be a knob; empty where it can."""
    if len(larger.operations) != len(imported.operations):
        return f"for {describe(larger.shape)} the network has other layers"
    for number, (one, other) in enumerate(zip(imported.operations, larger.operations, strict=True)):
        if _learned(imported, number) != _learned(larger, number):
            return f"{one.layer} has weights for this size"
        if one.layer != other.layer or one.inputs != other.inputs:
            path = "/".join(within.name for within in one.within)
            return f"{one.layer}{' in ' if path else ''}{path} is of this size"
    return ""


def _learned(imported: Imported, number: int) -> Any:
    operation = imported.operations[number]
    inputs = operation.inputs or (INPUT,)
    return operation.layer.learned(*(imported.shape if i == INPUT else imported.operations[i].shape for i in inputs))


def as_spec(
    imported: Imported, headings: dict[str, str], shape: Sequence[str] = (), knobs: Sequence[Knob] = ()
) -> tuple[list[int], Spec]:
    """The shortest form in which every layer is equal to its operation, and their order in it. Raises ArchcalcError."""
    operations = imported.operations
    if not operations:
        raise ArchcalcError("nothing in the network depends on its input, so there is nothing to import")
    nesting, why = Nesting(operations), "a layer takes the output of one whose name means another there"
    for joined, folded in ((True, True), (True, False), (False, True), (False, False)):
        entries = nesting.entries(joined)
        order = [*numbers(entries)]
        try:
            spec = _written(imported, entries, folded, headings, shape or [*map(str, imported.shape)], knobs)
            if equal(spec, operations, order, {}):
                return order, spec
        except (Cannot, Refusal, SpecError) as error:
            why = str(error) or why
    raise ArchcalcError(f"the network cannot be written as a spec: {why}")


def _written(
    imported: Imported, entries: tuple[Entry, ...], folded: bool, headings: dict[str, str], shape: Sequence[str],
    knobs: Sequence[Knob],
) -> Spec:  # fmt: skip
    folding, hidden = Folding(imported.operations, entries if folded else (), imported.shape), set[tuple[int, str]]()
    while True:
        try:
            return built(Writer(imported.operations, folding, hidden).spec(entries, headings, shape, knobs))
        except Hidden as found:
            hidden.add(found.name)


def equal(spec: Spec, operations: Sequence[Operation], order: Sequence[int], settings: Mapping[str, Any]) -> bool:
    """Whether every layer of a spec has the arguments, the inputs, the weights and the output of its operation."""
    nodes = expand(spec, settings).nodes[1:]
    places = {number: place for place, number in enumerate(order, 1)} | {INPUT: 0}
    for node, number in zip(nodes, order, strict=False):
        operation = operations[number]
        inputs = tuple(places[source] for source in operation.inputs)
        shared = None if operation.shared is None else places[operation.shared]
        if (node.layer, node.shape) != (operation.layer, operation.shape):
            return False
        if node.shared != shared and operation.weights:  # in a block that is shared, the other layers are shared, too
            return False
        if inputs and node.inputs != inputs:  # what depends on nothing stands below any entry
            return False
    return len(nodes) == len(order)
