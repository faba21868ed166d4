"""Calls beyond the examples: arguments drawn from what people write, and somewhat worse, onto small maps."""

from random import Random

from archcalc.layers import KINDS

KERNELS, STRIDES, PADS, DILATIONS = (1, 2, 3, 4, 5), (1, 2, 3, 4), (0, 1, 2, 3), (1, 1, 2, 3)
FILTERS, GROUPS, SIZES = (1, 2, 4, 6), (1, 1, 2, 3), range(1, 13)


def draws(label, axes, count):
    """Layers of that kind, each with the shape of an input; the same ones every time."""
    random = Random(f"{label} {axes}")
    for _ in range(count):
        channels, *map_ = (random.choice(FILTERS), *(random.choice(SIZES) for _ in range(axes)))
        yield DRAWS[label](random, axes), (channels, *map_)


def joined(label, count):
    """The join of that kind, with the shapes of two or three inputs that may not meet."""
    random = Random(label)
    for _ in range(count):
        axes = random.randrange(3)
        first = tuple(random.choice((1, 2, 3)) for _ in range(axes + 1))
        others = [_varied(random, first) for _ in range(random.choice((1, 1, 2)))]
        yield KINDS[label](), (first, *others)


def _varied(random, shape):
    """The shape with each size now and then another, and now and then an axis more."""
    sizes = tuple(random.choice((1, 2, 3)) if random.random() < 0.3 else size for size in shape)
    return (*sizes, 2) if random.random() < 0.1 else sizes


def _per_axis(random, axes, choices):
    """One number, or one for each axis."""
    numbers = tuple(random.choice(choices) for _ in range(axes))
    return numbers if random.random() < 0.5 else numbers[0]


def _filters(random, axes):
    return {
        "out": random.choice(FILTERS),
        "kernel": _per_axis(random, axes, KERNELS),
        "stride": _per_axis(random, axes, STRIDES),
        "dilation": _per_axis(random, axes, DILATIONS),
        "groups": random.choice(GROUPS),
        "bias": random.random() < 0.5,
    }


def _conv(random, axes):
    pad = "same" if random.random() < 0.2 else _per_axis(random, axes, PADS)
    return KINDS["conv"](pad=pad, **_filters(random, axes))


def _conv_transpose(random, axes):
    pads = {name: _per_axis(random, axes, PADS) for name in ("pad", "out_pad")}
    return KINDS["conv_transpose"](**pads, **_filters(random, axes))


def _pool(label):
    def pool(random, axes):
        stride = None if random.random() < 0.2 else _per_axis(random, axes, STRIDES)
        pad = "same" if random.random() < 0.1 and label == "maxpool" else _per_axis(random, axes, PADS)
        ceil = random.random() < 0.6
        return KINDS[label](_per_axis(random, axes, KERNELS), stride=stride, pad=pad, ceil=ceil)

    return pool


DRAWS = {"conv": _conv, "conv_transpose": _conv_transpose, "maxpool": _pool("maxpool"), "avgpool": _pool("avgpool")}
