"""The message where no combination meets the constraints."""

from __future__ import annotations

from typing import Any

from archcalc.errors import ArchcalcError, listing
from archcalc.solving.free import described
from archcalc.solving.search import Search
from archcalc.tables.grid import EXACT
from archcalc.value import show

CLOSE = 1e-9  # relative to the bound


def infeasible(search: Search) -> ArchcalcError:
    """Why no point meets the constraints: those that no point meets alone, and the nearest point."""
    import numpy as np

    built = ~np.logical_or.reduce([np.ma.getmaskarray(search.columns[str(limit.quantity)]) for limit in search.limits])
    ranges = listing(f"{name} = {described(axis)}" for name, axis in search.axes.items())
    if not built.any():
        if why := next(filter(None, search.columns["why"].flat), ""):
            return ArchcalcError(f"{search.network.name}: no network at {ranges}: {why}")
        return ArchcalcError(f"{search.network.name}: {listing(_unknown(search))} is not known at {ranges}")
    alone = [limit.text for limit in search.limits if not search.meets(limit).any()]
    what = (
        f"no point meets {listing(alone)}"
        if alone
        else f"no point meets {listing(limit.text for limit in search.limits)} together"
    )
    near = search.found(np.unravel_index(_nearest(search, built), search.shape))  # type: ignore[arg-type]
    names = dict.fromkeys(str(limit.quantity) for limit in search.limits)
    figures = listing(f"{name} = {EXACT.text(near.figures[name])}" for name in names)
    knobs = listing(f"{name} = {show(value)}" for name, value in near.knobs.items())
    return ArchcalcError(f"{search.network.name}: {what}, of {ranges}; the nearest is {knobs}, with {figures}")


def _unknown(search: Search) -> list[str]:
    """The constrained quantities that have no value at some points."""
    return [name for limit in search.limits if search.columns[name := str(limit.quantity)].mask.any()]


def _nearest(search: Search, built: Any) -> int:
    """The point with the smallest violation: by floats, and exactly among those that are nearly equal in floats."""
    import numpy as np

    values = [(limit, search.columns[str(limit.quantity)].data) for limit in search.limits]
    off = np.maximum.reduce([limit.excess(data.astype(float), float) for limit, data in values])
    off = np.where(built, off, np.inf).reshape(-1)
    close = np.flatnonzero(off <= off.min() * (1 + CLOSE) + CLOSE)
    figures = list(zip(*(data.reshape(-1)[close].tolist() for _, data in values), strict=True))
    exact = {each: max(limit.excess(value) for limit, value in zip(search.limits, each, strict=True))
             for each in dict.fromkeys(figures)}  # fmt: skip
    return int(close[min(range(len(close)), key=lambda i: exact[figures[i]])])
