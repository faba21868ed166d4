"""The results of a verification."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from archcalc.core.errors import listing, one_line
from archcalc.output.table import ABSENT, CHANGE, SHARE, Table, digits, fixed, numbers, words
from archcalc.verify.allocator import Used
from archcalc.verify.check import Verified
from archcalc.verify.timing import Timed, by_kind


class NotRun(NamedTuple):
    """A part of the verification that was asked for and was not run."""

    label: str
    what: str  # "layers", "torchvision", "time" ...
    reason: str


class Witnessed(NamedTuple):
    """The comparison of a network with a module of a library."""

    label: str
    library: str  # "" for a module that the user named
    module: str
    origin: str  # whether the library wrote it
    layers: int
    differences: tuple[str, ...]
    unknown: tuple[str, ...] = ()  # layers whose mult-adds are not compared, since they are not known

    @property
    def whose(self) -> str:
        """The module, as a message names it."""
        return f"{self.library}'s {self.module}" if self.library else self.module


@dataclass(frozen=True)
class Findings:
    """All results of one verification."""

    command: str
    environment: dict[str, str]
    verified: tuple[Verified, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    used: tuple[Used, ...] = ()
    timed: tuple[Timed, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """The networks with a difference."""
        results: list[Verified | Witnessed] = [*self.verified, *self.witnessed]
        return tuple(dict.fromkeys(one.label for one in results if one.differences))

    @property
    def status(self) -> int:
        """The exit status: 1 where something differs, else 2 where something was not run, else 0."""
        return 1 if self.failed else 2 if self.not_run else 0


Result: TypeAlias = Verified | Witnessed | Used | Timed | NotRun


WHAT = (
    "Compared for every layer: the shape of the output, the name and the shape of each weight and each buffer, and the "
    "mult-adds with half of what torch's FlopCounterMode counts. Not compared: opaque layers, of which only the shape "
    "of the output is declared; params and mult-adds are those of the layers compared."
)
WITNESS = (
    "Compared: output, params, mult-adds and source of the input of each layer that multiplies, matched by how the "
    "layers are connected, whatever their order; and the totals. Networks that a library does not have are not listed."
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

MICRO = 1e6  # microseconds of a second
ALLOCATOR = {  # column -> what it shows
    "requested": "requested", "workspace": "workspace", "given": "allocated", "rounding": "rounding",
    "standing workspace": "standing",
}  # fmt: skip


def tables(findings: Findings, names: bool = False) -> Iterator[Table]:
    """The tables with rows, without the differences; networks that were not run are listed by ``names``, or counted."""
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
        words("network") + numbers("layers", "tensors", "params", "mult_adds", "opaque", "differences"),
        rows,
        (("total", *sums),) if len(rows) > 1 else (),
        (WHAT, *(f"Opaque in {one.label}: {listing(one.opaque)}." for one in verified if one.opaque)),
        name="layers",
    )


def witnessed_table(witnessed: Sequence[Witnessed]) -> Table:
    """The comparison of networks with modules that others wrote."""
    rows = tuple(
        (one.label, one.module, one.origin, one.layers, len(one.unknown), len(one.differences)) for one in witnessed
    )
    left = (f"Mult-adds not known in {one.label} or its witness: {listing(one.unknown)}."
            for one in witnessed if one.unknown)  # fmt: skip
    return Table(
        "Against modules of others",
        words("network", "witness", "origin") + numbers("layers", "unknown", "differences"),
        rows,
        notes=(WITNESS, *left),
        name="witnesses",
    )


def used_table(used: Sequence[Used]) -> Table:
    """The memory of passes, with the figures of an allocator where it was measured."""
    told = {title: word for title, word in ALLOCATOR.items() if any(getattr(one, word) is not None for one in used)}
    columns = words("network", "pass") + numbers("batch") + numbers("error", type=CHANGE)
    rows = tuple(
        (one.label, one.what, one.batch, one.error, one.formula, one.tensors, one.inside,
         *(_measured(getattr(one, word)) for word in told.values()))
        for one in used
    )  # fmt: skip
    columns += numbers("formula", "tensors", "inside layers", *told, unit="bytes")
    return Table("Memory", columns, rows, notes=(MEMORY,), name="memory")


def _measured(value: float | None) -> Any:
    return ABSENT if value is None else value


def kinds_table(timed: Timed) -> Table:
    """The time of each kind of layer."""
    rows = tuple((one.kind, one.layers, one.operations, one.seconds, _measured(one.fraction)) for one in by_kind(timed))
    columns = words("kind") + numbers("layers") + numbers("of the operations", "of the time", "reached", type=SHARE)
    return Table(f"{_head(timed)}: by kind", columns, rows, notes=(TIME, *_notes(timed)), name=_name(timed, "kinds"))


def layers_table(timed: Timed) -> Table:
    """The time of each layer beside its bound."""
    rows = tuple(
        (one.work.layer, one.work.text, one.work.operations // 2, one.work.traffic, one.work.intensity,
         one.work.limit(timed.ceilings), MICRO * one.bound, MICRO * one.seconds, _measured(one.fraction))
        for one in timed.layers
    )  # fmt: skip
    columns = words("layer", "text") + numbers("mult_adds", "bytes") + numbers("ops/byte", type=digits(2))
    columns += numbers("limit") + numbers("bound us", "time us", type=digits(1)) + numbers("reached", type=SHARE)
    return Table(f"{_head(timed)}: by layer", columns, rows, name=_name(timed, "times"))


def not_run_table(not_run: Sequence[NotRun], names: bool = False) -> Table:
    """What was not run; networks with the same reason are in one row."""
    labels: dict[tuple[str, str], list[str]] = {}
    for label, what, reason in not_run:
        labels.setdefault((what, reason), []).append(label)
    rows = tuple(
        (", ".join(each) if names or len(each) == 1 else f"{len(each)} networks", *key) for key, each in labels.items()
    )
    return Table("Not run", words("network", "what", "why"), rows, name="not_run")


def differences_table(findings: Findings) -> Table:
    """Every difference, for a file."""
    ours = [(one.label, "torch", str(each)) for one in findings.verified for each in one.differences]
    others = [(one.label, one.whose, each) for one in findings.witnessed for each in one.differences]
    rows = tuple((label, beside, one_line(text)) for label, beside, text in (*ours, *others))
    return Table("Differences", words("network", "compared_with", "difference"), rows, name="differences")


def micro(seconds: float) -> str:
    """A time in microseconds."""
    return fixed(MICRO * seconds, 1)


def _head(timed: Timed) -> str:
    return f"{timed.label} in {timed.mode} on {timed.device}, batch {timed.batch}"


def _name(timed: Timed, what: str) -> str:
    """The table's name, which may become that of a file."""
    return re.sub(r"[^\w.,=@-]+", "_", f"{timed.label}_{timed.mode}_{what}")


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
