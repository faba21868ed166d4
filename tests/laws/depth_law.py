"""Networks made up at random, of layers that repeat as often as knobs say, and of which some do not fit."""

SIZES = [
    "8",
    "4*k",
    "channels",
    "channels",
    "channels + k",
    "8*index",
    "4*k + index",
    "8 if index < 3 else 16",
    "index**2",
]
TIMES = ["n", "n", "m", "n - m", "n//2", "k*m", "2", "index"]
WHEN = ["index > 1", "index == n", "k > 1", "index % 2 == 1", "channels < 20"]
KERNELS = ["1", "3", "3 if index == 1 else 1", "2*index + 1"]
OTHERS = ["relu", "batchnorm", "maxpool(3, stride=1, pad=1)", "dropout(index/8)", "opaque((8, rows, columns))"]
HEAD = """net: Random
given: {k: {default: 2, min: 1}, n: {default: 3, min: 0}, m: {default: 1, min: 0}, side: 17}
input: [8, side + 0*(k + n + m), 9]
blocks:
  pair(out):
    inputs: [here, before]
    layers:
      - both: concat
        from: [here, before]
      - conv: conv(out, 1)
layers:
  - stem: conv(8, 1)
"""
GRID = {"n": [0, 1, 2, 3, 7], "m": [0, 2], "k": [1, 2], "side": [17, 2]}


def spec(random):
    """The text of one."""
    return HEAD + "".join(entries(random, 2, 2, "", False)) + "  - last: conv(4, 1)\n"


def entries(random, depth, indent, path, inside):
    """Lines of a few entries."""
    for number in range(random.choice((1, 2, 2, 3))):
        yield from entry(random, depth, " " * indent, f"{path}{'abc'[number]}", inside)


def entry(random, depth, space, name, inside):
    repeats = random.random() < 0.7
    index = repeats or inside  # whether there is one
    kind = random.choice(("conv", "conv", "conv", "other", "join", "list", "pair")) if depth else "conv"
    if kind == "list":
        yield f"{space}- {name}:\n"
        yield from entries(random, depth - 1, len(space) + 6, name, index)
    elif kind == "join":
        yield f"{space}- add:\n{space}    {name}: []\n{space}    {name}body:\n"
        yield from entries(random, depth - 1, len(space) + 6, name, index)
        yield f"{space}      - conv(channels, 1)\n"
    else:
        yield f"{space}- {name}: {call(random, kind, index)}\n"
        if kind == "pair":
            yield f"{space}  from: [-1, -2]\n"
    if repeats:
        yield f"{space}  repeat: {random.choice(TIMES if inside else TIMES[:7])}\n"
    if random.random() < 0.1:
        yield f"{space}  when: {random.choice(WHEN if inside else WHEN[2::2])}\n"


def call(random, kind, index):
    size = random.choice(SIZES if index else SIZES[:5])
    if kind == "pair":
        return f"pair({size})"
    if kind == "other":
        return random.choice(OTHERS if index else OTHERS[:3])
    kernel = random.choice(KERNELS if index else KERNELS[:2])
    more = random.choice(("", "", ", groups=k", ", stride=k", ", groups=index" if index else ""))
    pad = 0 if "stride" in more else random.choice(("0", "'same'", "'same'"))
    return f"conv({size}, {kernel}, pad={pad}{more})"


BODIES = {  # what is repeated n times, from 8 channels on
    "wider by its index": "c: conv(8 + 2*index, 3, pad=1)",
    "wider by k": "c: conv(channels + k, 3, pad=1)",
    "smaller map": "c: conv(8, 3)",
    "a need of the last": "c: dropout(index/8)",
    "first and last differ": "c: conv(8, 3, stride=2 if index == 1 else 1, pad=1, groups=4 if index == n else 1)",
    "first three differ": "c: conv(8, 3 if index < 4 else 1, pad='same')",
    "shared": "tower: conv(8, 1)\n  - c: conv(8, 1)\n    share: tower",
    "nested": "c: inner(n)",
    "nested, as often as its index": "c: same(index)",
    "nested, wider as often as its index": "c: inner(index)",
    "two above": "c: both\n    from: [-1, -2]",
    "groups that divide": "c: conv(channels + 4, 1, groups=4)",
    "squares": "c: conv(index**2 + k, 1)",
    "never twice alike": "c: conv(2**index, 1)",
    "halved": "c: maxpool(2)",
    "divided by its index": "c: conv(24, 3, pad=1, groups=index)",
}
AROUND = """net: A
given: {{k: {{default: 4, min: 1}}, n: {{default: 5, min: 1, max: 40}}, m: {{default: 3, min: 1}}}}
input: [8, 96, 96]
blocks:
  inner(count):
    - conv: conv(channels + m, 1)
      repeat: count
  same(count):
    - conv: conv(8 + m, 3, pad=1)
      repeat: count
    - conv(8, 1)
  both:
    inputs: [a, b]
    layers:
      - joined: concat
        from: [a, b]
      - conv: conv(8, 1)
layers:
  - stem: conv(8, 1)
  - {body}
    repeat: n
  - after: conv(4, 1)
  - batchnorm
"""
