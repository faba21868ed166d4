"""Every kind of layer, by its name in a spec; each file has one family of kinds."""

from collections.abc import Iterator
from types import ModuleType

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


def kinds_of(family: ModuleType) -> Iterator[type[Kind]]:
    """The kinds of a family: its layers with examples. Raises TypeError where a layer has none and is no base."""
    for layer in vars(family).values():
        if isinstance(layer, type) and issubclass(layer, Kind):
            if "examples" in vars(layer):
                yield layer
            elif not layer.__subclasses__():
                raise TypeError(f"the layer {layer.__name__} has no examples, and without them it is no kind of layer")


KINDS = {kind.label: kind for family in FAMILIES for kind in kinds_of(family)}
