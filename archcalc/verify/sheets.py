"""The findings as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.errors import listing
from archcalc.tables.grid import ABSENT, Column, Table
from archcalc.verify.check import Verified
from archcalc.verify.results import Findings, NotRun, Witnessed
from archcalc.verify.timing import Timed, by_kind
from archcalc.verify.used import Used

WHAT = (
    "Compared for every layer: the shape of the output, the name and the shape of each weight and each buffer, and the "
    "mult-adds with half of what torch's FlopCounterMode counts. Not compared: opaque layers, of which only the shape "
    "of the output is declared; params and mult-adds are those of the layers compared."
)
WITNESS = (
    "Compared: output, params, mult-adds and source of the input of each layer that multiplies, in the order of "
    "execution (pytorchcv: of definition; NASNets: any); and the totals. Networks that a library does not have are not "
    "listed."
)
TIME = (
    "mult-adds do not say how long a layer takes: bound is the larger of operations / peak and bytes / bandwidth, both "
    "measured here; reached is bound / time, above 100 % where data stayed in a cache. cuDNN may choose an algorithm "
    "with another number of operations. Tensors are in NCHW order; converting them for a library counts in the time of "
    "the layer."
)
MEMORY = (
    "Reported, not judged. Bytes at the peak, without weights. formula: outputs of layers by liveness. tensors: those "
    "really in use; more than the formula where a layer makes tensors inside. requested: from the allocator of the "
    "device. workspace: requested minus tensors; negative where autograd adds gradients in place, which it does not do "
    "while tensors are counted. given: by CUDA's allocator, requested and its rounding. error: of the formula, "
    "relative to given, else requested, else tensors. The peaks may be at different moments. The loss of a training "
    "step and its gradient take 8 bytes."
)

ALLOCATOR = {  # column -> what it shows
    "requested": "requested", "workspace": "workspace", "given": "allocated", "rounding": "rounding",
    "standing workspace": "standing",
}  # fmt: skip


def tables(findings: Findings, names: bool = False) -> Iterator[Table]:
    """The tables with rows; networks that were not run are listed by ``names``, or else counted."""
    if findings.verified:
        yield verified_table(findings.verified)
    if findings.witnessed:
        yield witnessed_table(findings.witnessed)
    if findings.used:
        yield used_table(findings.used)
    for timed in findings.timed:
        yield kinds_table(timed)
        yield layers_table(timed)
    if findings.not_run:
        yield not_run_table(findings.not_run, names)


def columns(words: str, *numbers: str) -> tuple[Column, ...]:
    """Columns of words, followed by columns of numbers."""
    return (*(Column(word, word, number=False) for word in words.split()), *(Column(n, n) for n in numbers))


def verified_table(verified: Sequence[Verified]) -> Table:
    """The comparison of networks with torch modules."""
    rows = tuple(
        (one.label, one.layers, one.tensors, one.params, one.mult_adds, len(one.opaque), len(one.differences))
        for one in verified
    )
    sums = tuple(sum(column) for column in list(zip(*rows, strict=True))[1:])
    where = verified[0]
    return Table(
        f"Layer by layer against torch modules on {where.device}, batch {where.batch}",
        columns("network", "layers", "tensors", "params", "mult-adds", "opaque", "differences"),
        rows,
        (("total", *sums),) if len(rows) > 1 else (),
        (WHAT, *(f"Opaque in {one.label}: {listing(one.opaque)}." for one in verified if one.opaque)),
    )


def witnessed_table(witnessed: Sequence[Witnessed]) -> Table:
    """The comparison of networks with modules of other libraries."""
    rows = tuple((one.label, one.module, one.origin, one.layers, len(one.differences)) for one in witnessed)
    return Table(
        "Against modules of other libraries",
        columns("network witness origin", "layers", "differences"),
        rows,
        notes=(WITNESS,),
    )


def used_table(used: Sequence[Used]) -> Table:
    """The memory of passes, with the figures of an allocator where it was measured."""
    measured = {title: word for title, word in ALLOCATOR.items() if any(getattr(one, word) is not None for one in used)}
    numbers = ("batch", "error", "formula", "tensors", "inside layers", *measured)
    rows = tuple((*_alive(one), *_allocated(one, measured.values())) for one in used)
    return Table("Memory", columns("network pass", *numbers), rows, notes=(MEMORY,))


def _alive(one: Used) -> tuple[object, ...]:
    return (one.label, one.what, one.batch, f"{100 * one.error:+.1f} %", one.formula, one.tensors, one.inside)


def _allocated(one: Used, words: Iterable[str]) -> Iterator[object]:
    for word in words:
        yield ABSENT if (value := getattr(one, word)) is None else value


def kinds_table(timed: Timed) -> Table:
    """The time of each kind of layer."""
    rows = tuple(
        (one.kind, one.layers, percent(one.operations), percent(one.seconds), percent(one.fraction))
        for one in by_kind(timed)
    )
    names = ("layers", "of the operations", "of the time", "reached")
    return Table(f"{_head(timed)}: by kind", columns("kind", *names), rows, notes=(TIME, *_notes(timed)))


def layers_table(timed: Timed) -> Table:
    """The time of each layer beside its bound."""
    rows = tuple(
        (one.work.layer, one.work.text, one.work.operations // 2, one.work.traffic, f"{one.work.intensity:.2f}",
         one.work.limit(timed.ceilings), micro(one.bound), micro(one.seconds), percent(one.fraction))
        for one in timed.layers
    )  # fmt: skip
    names = ("mult-adds", "bytes", "ops/byte", "limit", "bound us", "time us", "reached")
    return Table(f"{_head(timed)}: by layer", columns("layer text", *names), rows)


def not_run_table(not_run: Sequence[NotRun], names: bool = False) -> Table:
    """What was not run; networks with the same reason are in one row."""
    labels: dict[tuple[str, str], list[str]] = {}
    for label, what, reason in not_run:
        labels.setdefault((what, reason), []).append(label)
    rows = tuple(
        (", ".join(each) if names or len(each) == 1 else f"{len(each)} networks", *key) for key, each in labels.items()
    )
    return Table("Not run", columns("network what why"), rows)


def micro(seconds: float) -> str:
    """A time in microseconds."""
    return f"{1e6 * seconds:,.1f}"


def percent(value: float | None) -> str:
    """A measured share in percent."""
    return "" if value is None else f"{100 * value:.1f} %"


def _head(timed: Timed) -> str:
    return f"{timed.label} in {timed.mode} on {timed.device}, batch {timed.batch}"


def _notes(timed: Timed) -> Iterator[str]:
    peak = timed.ceilings
    yield f"Measured in this run: {peak.operations / 1e12:.2f} T operations/s, {peak.bandwidth / 1e9:.1f} GB/s."
    layers = sum(one.seconds for one in timed.layers)
    rate = timed.batch / timed.whole
    floor = f"Two marks with no work between them are {micro(timed.floor)} us apart."
    yield (
        f"A pass takes {micro(timed.whole)} us ({rate:,.1f} examples/s); its layers, timed one by one, {micro(layers)}"
        f" us; their bounds {micro(timed.bound)} us. {floor}"
    )
