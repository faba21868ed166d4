"""Text -> layer -> text, and what a kind says of itself."""

from fractions import Fraction

import pytest

from archcalc.core.layer import TYPES
from laws.common import read, with_arguments

SHORTEST = 3  # words of a docstring: "y = tanh(x)."


def check_text(layer):
    """A layer's text, read again, is the layer; so is the layer with 24/1, of an exact division, for 24."""
    assert read(str(layer)) == layer, f"{layer}"
    written = with_arguments(layer, lambda n, _: Fraction(n))
    assert (str(written), written, hash(written)) == (str(layer), layer, hash(layer))


def check_record(layer):
    """Its arguments and no others, each given once, by its place or by its name; and they do not change."""
    kind, given = type(layer), vars(layer)
    same = kind(**dict(reversed(given.items())))
    assert (same, hash(same), kind(*given.values())) == (layer, hash(layer), layer)
    assert list(given) == [parameter.name for parameter in kind.parameters]
    for parameter in kind.parameters:
        other = layer.with_arguments({parameter.name: "another"})
        assert (other == layer, getattr(other, parameter.name)) == (False, "another")
    with pytest.raises(AttributeError, match="a layer does not change"):
        layer.label = "another"
    wrong = [lambda: kind(**given, another=1), lambda: kind(*given.values(), 1)]
    wrong += [lambda name=name: kind(*given.values(), **{name: given[name]}) for name in given]
    wrong += [
        lambda left=p.name: kind(**{name: given[name] for name in given if name != left})
        for p in kind.parameters
        if p.required
    ]
    for make in wrong:
        with pytest.raises(TypeError, match=f"{layer.label} takes "):
            make()


def check_documented(kind):
    """A docstring of its own, at least one example, arguments of documented types."""
    words = (vars(kind).get("__doc__") or "").split()
    assert len(words) >= SHORTEST, f"{kind.label}: {words}"
    assert kind.examples, kind.label
    for parameter in kind.parameters:
        assert parameter.type in TYPES.values()
        assert parameter.type.means
