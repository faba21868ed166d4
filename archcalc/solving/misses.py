"""What to say where nothing meets the constraints."""

from __future__ import annotations

from typing import Any

from archcalc.errors import ArchcalcError, listing
from archcalc.solving.free import described
from archcalc.solving.search import Search
from archcalc.value import show


def nothing(search: Search) -> ArchcalcError:
    """Why no point meets the constraints: which one, and how near the nearest point comes."""
    import numpy as np

    built = ~np.logical_or.reduce([np.ma.getmaskarray(search.columns[str(limit.quantity)]) for limit in search.limits])
    ranges = listing(f"{name} = {described(axis)}" for name, axis in search.axes.items())
    if not built.any():
        return ArchcalcError(f"{search.network.name}: no network at {ranges}: {search.columns['why'].flat[0]}")
    alone = [limit.text for limit in search.limits if not search.meets(limit).any()]
    what = (
        f"no point meets {listing(alone)}"
        if alone
        else f"no point meets {listing(limit.text for limit in search.limits)} together"
    )
    excess = [limit.excess(search.columns[str(limit.quantity)].data.astype(float)) for limit in search.limits]
    worst = np.where(built, np.maximum.reduce(excess), np.inf)
    near = search.found(np.unravel_index(int(worst.argmin()), search.shape))  # type: ignore[arg-type]
    names = dict.fromkeys(str(limit.quantity) for limit in search.limits)
    figures = listing(f"{name} = {_people(near.figures[name])}" for name in names)
    knobs = listing(f"{name} = {show(value)}" for name, value in near.knobs.items())
    return ArchcalcError(f"{search.network.name}: {what}, of {ranges}; the nearest is {knobs}, with {figures}")


def _people(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else show(value)
