"""A network as a spec, each layer of which is compared with the operation that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.core.errors import ArchcalcError, Refusal, SpecError, listing, many
from archcalc.core.shape import Shape, describe
from archcalc.graph.expand import expand
from archcalc.importers.entries import Hidden, Writer
from archcalc.importers.folding import Cannot, Folding, measured, skeleton
from archcalc.importers.nesting import Entry, Nesting, numbers
from archcalc.importers.operation import INPUT, Imported, Operation
from archcalc.importers.sizes import KNOB, changes, expression, knobs
from archcalc.report import summarize
from archcalc.spec.model import Knob, Spec
from archcalc.spec.writing import built

MOST_NAMED = 5  # unknown operators in a heading
HELP = {KNOB: "rows and columns of the input", "height": "rows of the input", "width": "columns of the input"}
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
    headings = {"net": title, "source": source}
    spec = as_spec(imported, headings)[1]
    free = with_knobs(read, imported, headings)
    fixed, spec = (free, spec) if isinstance(free, str) else ("", free)
    notes = tuple(_notes(imported, fixed))
    _counted(imported, spec)
    spec = spec._replace(headings=spec.headings | ({"about": ". ".join(notes) + "."} if notes else {}))
    return Found(built(spec), notes, len(imported.operations), imported.params, imported.mult_adds)


def with_knobs(read: Read, imported: Imported, headings: dict[str, str]) -> Spec | str:
    """The spec with knobs for the size of the input, or why it has none."""
    larger = _at(read, imported.shape, STEP)
    if isinstance(larger, str):
        return larger
    if fixed := _fixed(imported, larger):
        return fixed
    sizes, free = _sizes(imported.shape)
    try:
        order, spec = as_spec(imported, headings, sizes, free, larger)
    except ArchcalcError:
        return "its layers cannot be written for any size"
    others = [larger]
    if any(one.layer != other.layer for one, other in zip(imported.operations, larger.operations, strict=True)):
        others += [third for third in [_at(read, imported.shape, 2 * STEP)] if not isinstance(third, str)]
    for other in others:
        if not _holds(spec, other, order):
            return f"the layers at {describe(other.shape)} are others than the network's"
    return spec


def _holds(spec: Spec, other: Imported, order: Sequence[int]) -> bool:
    """Whether a spec with knobs is equal to the network at another size."""
    try:
        return equal(spec, other.operations, order, knobs(other.shape))
    except ArchcalcError:  # its layers do not even fit
        return False


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
    """The input with knobs for its rows and columns."""
    found = knobs(shape)
    rows, columns = (*found, *found)[:2]
    return [str(shape[0]), rows, columns], [Knob(name, size, help=HELP[name]) for name, size in found.items()]


def _at(read: Read, shape: Shape, more: int) -> Imported | str:
    """The network at a size that is larger by so much, or why there is none."""
    if len(shape) != 3:
        return "only that of an image, channels x rows x columns, can be a knob of an import"
    larger = (shape[0], *(size + more for size in shape[1:]))
    try:
        return read(larger)
    except ArchcalcError:
        return f"the network refuses {describe(larger)}"


def _fixed(imported: Imported, larger: Imported) -> str:
    """Why the size of the input cannot be a knob; empty where it can."""
    if len(larger.operations) != len(imported.operations):
        return f"for {describe(larger.shape)} the network has other layers"
    for number, (one, other) in enumerate(zip(imported.operations, larger.operations, strict=True)):
        if _learned(imported, number) != _learned(larger, number):
            return f"{one.layer} has weights for this size"
        if not _follows(imported, larger, number) or one.inputs != other.inputs:
            path = "/".join(within.name for within in one.within)
            return f"{one.layer}{' in ' if path else ''}{path} is of this size"
    return ""


def _follows(imported: Imported, larger: Imported, number: int) -> bool:
    """Whether the layer at a larger size is the same one, or differs in numbers that follow from its input's size."""
    one, other = imported.operations[number].layer, larger.operations[number].layer
    if one == other or skeleton(one) != skeleton(other):
        return one == other
    return all(expression([pair]) for pair in measured(imported, larger, number) if changes(pair))


def _learned(imported: Imported, number: int) -> Any:
    operation = imported.operations[number]
    inputs = operation.inputs or (INPUT,)
    return operation.layer.learned(*(imported.shape if i == INPUT else imported.operations[i].shape for i in inputs))


def as_spec(
    imported: Imported, headings: dict[str, str], shape: Sequence[str] = (), knobs: Sequence[Knob] = (),
    larger: Imported | None = None,
) -> tuple[list[int], Spec]:  # fmt: skip
    """The shortest form in which every layer is equal to its operation, and their order in it. Raises ArchcalcError.

    Numbers that differ in the ``larger`` network are written as expressions.
    """
    operations = imported.operations
    if not operations:
        raise ArchcalcError("nothing in the network depends on its input, so there is nothing to import")
    nesting, why = Nesting(operations), "a layer takes the output of one whose name means another there"
    for joined, folded in ((True, True), (True, False), (False, True), (False, False)):
        entries = nesting.entries(joined)
        order = [*numbers(entries)]
        try:
            folding = Folding(imported, entries if folded else (), larger)
            spec = _written(folding, entries, headings, shape or [*map(str, imported.shape)], knobs)
            if equal(spec, operations, order, {}):
                return order, spec
        except (Cannot, Refusal, SpecError) as error:
            why = str(error).partition("\n")[0] or why
    raise ArchcalcError(f"the network cannot be written as a spec: {why}")


def _written(
    folding: Folding, entries: tuple[Entry, ...], headings: dict[str, str], shape: Sequence[str], knobs: Sequence[Knob]
) -> Spec:
    hidden = set[tuple[int, str]]()
    while True:
        try:
            return built(Writer(folding, hidden).spec(entries, headings, shape, knobs))
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
