"""Text -> layer -> text, and what a kind says of itself."""

from fractions import Fraction

from archcalc.argument import TYPES
from laws.common import read, with_arguments

SHORTEST = 3  # words of a docstring: "y = tanh(x)."


def check_text(layer):
    """A layer's text, read again, is the layer; so is the layer with 24/1, of an exact division, for 24."""
    assert read(str(layer)) == layer, f"{layer}"
    written = with_arguments(layer, lambda n, _: Fraction(n))
    assert (str(written), written, hash(written)) == (str(layer), layer, hash(layer))


def check_documented(kind):
    """A docstring of its own, at least one example, arguments of documented types."""
    words = (vars(kind).get("__doc__") or "").split()
    assert len(words) >= SHORTEST, f"{kind.label}: {words}"
    assert not words[0].startswith(f"{kind.__name__}("), "a dataclass's own signature is not a docstring"
    assert kind.examples, kind.label
    for parameter in kind.parameters:
        assert parameter.type in TYPES.values()
        assert parameter.type.means
