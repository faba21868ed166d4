"""Every kind of layer, by its name in a spec; each file has one family of kinds."""

from archcalc.core.layer import Kind
from archcalc.layers import (
    attention,
    conv,
    join,
    learned,
    lenet,
    linear,
    norm,
    opaque,
    pointwise,
    pool,
    recurrent,
    region,
    reshape,
    resize,
)

FAMILIES = (
    *(conv, linear, norm, pointwise, pool, region, join, attention, recurrent, learned),
    *(reshape, resize, lenet, opaque),
)

KINDS: dict[str, type[Kind]] = {
    kind.label: kind
    for family in FAMILIES
    for kind in vars(family).values()
    if isinstance(kind, type) and issubclass(kind, Kind) and "examples" in vars(kind)
}
