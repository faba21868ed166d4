"""Products of activations: attention, and the matrix products that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce
from typing import Any, ClassVar

from archcalc.core.layer import Axis, Flag, Kind, Natural, Need, Size, Sizes
from archcalc.core.number import Number, both, ceil_div, equal, product, whole_quotient
from archcalc.core.shape import Shape, describe, last_needs, weight_and_bias

PRODUCTS = "activation_products"


def _shown(inputs: tuple[Shape, ...]) -> str:
    return " and ".join(map(describe, inputs))


def _matching(label: str, inputs: tuple[Shape, ...], count: int) -> Iterator[Need]:
    """The conditions of a product: how many inputs there are, and that the axes before the last two are equal."""
    yield len(inputs) == count, f"{label} takes {count} inputs, not {len(inputs)}"
    ranks = {len(x) for x in inputs}
    yield len(ranks) == 1 and min(ranks) > 1, f"{label} takes inputs of the same two or more axes, not {_shown(inputs)}"
    for sizes in zip(*(x[:-2] for x in inputs), strict=False):
        same = reduce(both, (equal(sizes[0], size) for size in sizes[1:]), True)
        yield same, f"{label} takes inputs with equal axes before the last two, not {_shown(inputs)}"


class MatMul(Kind):
    """The matrix product of two inputs: y[i, j] = sum over k of x1[i, k] * x2[k, j], for each of the axes before."""

    many: ClassVar[bool] = True
    examples: ClassVar = {"matmul": ((12, 5, 64), (12, 64, 7)), "matmul()": ((5, 3), (3, 4))}

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        needs = list(_matching("matmul", inputs, 2))
        yield from needs
        if all(needed is not False for needed, _ in needs):
            yield equal(inputs[0][-1], inputs[1][-2]), f"matmul: the rows of {_shown(inputs)} have other lengths"

    def shape(self, *inputs: Shape) -> Shape:
        left, right = inputs
        return (*left[:-1], right[-1])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        return {PRODUCTS: product(output) * inputs[0][-1]}

    def window(self, *inputs: Shape) -> None:
        return None

    def module(self, torch: Any, *inputs: Shape) -> Any:
        return torch.matmul


class DotProductAttention(Kind, label="dot_product_attention"):
    """Attention of queries, keys and values that are projected and split into heads already.

    y = softmax(q k^T / sqrt(features)) v, for each of the axes before the last two.
    """

    many: ClassVar[bool] = True
    examples: ClassVar = {
        "dot_product_attention": ((12, 5, 64), (12, 7, 64), (12, 7, 64)),
        "dot_product_attention()": ((5, 4), (5, 4), (5, 3)),
    }
    saved_for_backward = "unknown"  # the scores, or none of them, as the library computes it

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        needs = list(_matching(self.label, inputs, 3))
        yield from needs
        if all(needed is not False for needed, _ in needs):
            query, key, value = inputs
            yield equal(query[-1], key[-1]), f"{self.label}: queries have {query[-1]} features, keys {key[-1]}"
            yield equal(key[-2], value[-2]), f"{self.label}: there are {key[-2]} keys and {value[-2]} values"

    def shape(self, *inputs: Shape) -> Shape:
        query, _, value = inputs
        return (*query[:-1], value[-1])

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        query, key, value = inputs
        scores = product(query[:-1]) * key[-2]
        return {PRODUCTS: scores * (query[-1] + value[-1]), "activations": scores}

    def window(self, *inputs: Shape) -> None:
        return None

    def module(self, torch: Any, *inputs: Shape) -> Any:
        return _weighted


def _weighted(query: Any, key: Any, value: Any, bias: Any = 0) -> Any:
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + bias
    return scores.softmax(-1) @ value


class Attention(Kind):
    """Attention with several heads and its projections: softmax(q k^T / sqrt(head_dim)) v for each head.

    One input: self-attention. Two inputs: the queries come from the first, the keys and values from the second. With
    fewer `kv_heads`, several heads share keys and values. All products of queries and keys are counted, also those
    that a `causal` mask hides. `cached` earlier tokens have their keys and values in memory: with one token as input,
    the work is that of one more token. `windows` cuts positions x features, such as rows x columns x features, into
    windows that do not see each other, padded to whole ones. `relative` gives the sizes of a window in which each
    difference of positions has a learned bias. Where axes before the tokens separate windows already, `axis` is -1.
    """

    many: ClassVar[bool] = True
    examples: ClassVar = {
        "attention(12)": ((197, 768),),
        "attention(3, qkv_bias=false, fused=true)": ((5, 12),),
        "attention(8, kv_heads=2, qkv_bias=false, causal=true)": ((6, 64),),
        "attention(4, kv_heads=2, fused=true, causal=true, cached=9)": ((1, 32),),
        "attention(2, head_dim=5, out_bias=false)": ((4, 6), (7, 9)),
        "attention(3, relative=(2, 3), axis=-1)": ((4, 6, 12),),
        "attention(2, windows=(2, 3), relative=(2, 3))": ((4, 7, 8),),
    }
    accumulates_out_of_place = True
    saved_for_backward = "unknown"  # queries, keys, values and scores, as the library computes it
    heads: Size
    kv_heads: Size = None
    head_dim: Size = None
    qkv_bias: Flag = True
    out_bias: Flag = True
    fused: Flag = False
    causal: Flag = False
    cached: Natural = 0
    windows: Sizes = None  # type: ignore[assignment]
    relative: Sizes = None  # type: ignore[assignment]
    axis: Axis = None

    def needs(self, *inputs: Shape) -> Iterator[Need]:
        one = len(inputs) == 1
        yield len(inputs) <= 2, f"attention takes the queries' input and the keys', not {len(inputs)} inputs"
        yield one or not self.fused, "the projections of two inputs cannot be fused"
        yield one or self.windows is None, "only self-attention has windows"
        for x in inputs:
            yield from self._axes_needs(x)
        yield len({len(x) for x in inputs}) == 1, f"attention takes inputs with the same axes, not {_shown(inputs)}"
        for first, other in zip(inputs[0][:-2], inputs[-1][:-2], strict=False):
            yield equal(first, other), f"attention takes as many windows of both inputs, not {_shown(inputs)}"
        yield from self._heads_needs(inputs[0][-1])
        if self.relative is not None and len(inputs[0]) > 1:
            tokens = self._cut(inputs)[0][-2]
            yield (
                equal(product(self.relative), tokens),
                f"{describe(self.relative)} is no window of {tokens} tokens",
            )

    def _axes_needs(self, x: Shape) -> Iterator[Need]:
        yield len(x) > 1, f"attention takes tokens x features, not {describe(x)} features"
        if self.windows is None:
            yield from last_needs(self, x)
        else:
            fits = len(x) == len(self.windows) + 1
            yield fits, f"windows of {describe(self.windows)} need as many axes and the features, not {describe(x)}"

    def _heads_needs(self, features: Number) -> Iterator[Need]:
        if self.head_dim is None:
            yield equal(features % self.heads, 0), f"{features} features are not divisible by {self.heads} heads"
        if self.kv_heads is not None:
            message = f"{self.heads} heads cannot share {self.kv_heads} heads of keys and values equally"
            yield equal(self.heads % self.kv_heads, 0), message

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def _widths(self, x: Shape) -> tuple[Number, Number]:
        """The features of all heads of queries, and those of keys, which values have too."""
        if self.head_dim is not None:
            return self.heads * self.head_dim, self._kv_heads() * self.head_dim
        each = x[-1] if self.kv_heads is None else self.kv_heads * whole_quotient(x[-1], self.heads)
        return x[-1], each

    def _kv_heads(self) -> Number:
        return self.heads if self.kv_heads is None else self.kv_heads

    def _cut(self, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """The inputs, cut into windows x tokens x features."""
        if self.windows is None:
            return inputs
        count = product(ceil_div(n, size) for n, size in zip(inputs[0], self.windows, strict=False))
        return ((count, product(self.windows), inputs[0][-1]),)

    def _keys(self, inputs: tuple[Shape, ...]) -> Number:
        """The number of keys for one example, in one window."""
        return self.cached + inputs[-1][-2]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        (query, key), own, other = self._widths(inputs[0]), inputs[0][-1], inputs[-1][-1]
        made = {"query": (query, own), "key": (key, other), "value": (key, other)}
        made = {"qkv": (query + 2 * key, own)} if self.fused else made
        found = {f"{name}.{part}": shape for name, weight in made.items()
                 for part, shape in weight_and_bias(weight, self.qkv_bias, weight[0]).items()}  # fmt: skip
        ends = weight_and_bias((own, query), self.out_bias, own)
        found |= {f"out.{part}": shape for part, shape in ends.items()}
        return found | ({"relative": (product(2 * n - 1 for n in self.relative), self.heads)} if self.relative else {})

    def products(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        cut = self._cut(inputs)
        (query, key), x, memory = self._widths(inputs[0]), cut[0], cut[-1]
        return 2 * product(x) * query + 2 * product(memory) * key

    def work(self, inputs: tuple[Shape, ...], output: Shape) -> dict[str, Number | None]:
        cut = self._cut(inputs)
        (query, key), x, memory = self._widths(inputs[0]), cut[0], cut[-1]
        scores = product(x[:-1]) * self._keys(cut)
        found = {PRODUCTS: 2 * scores * query, "activations": scores * self.heads}
        biases = product(x[:-1]) * query + 2 * product(memory[:-1]) * key if self.qkv_bias else 0
        found["bias"] = biases + (product(x) if self.out_bias else 0)
        return found | ({"elementwise": scores * self.heads} if self.relative else {})

    def cache(self, *inputs: Shape) -> Number:
        return 2 * product(inputs[0][:-2]) * self._keys(inputs) * self._widths(inputs[0])[1] if self.causal else 0

    def window(self, *inputs: Shape) -> None:
        return None

    def module(self, torch: Any, *inputs: Shape) -> Any:
        made = torch.nn.Module()
        for name, shape in self.weights(*inputs).items():
            linear, _, part = name.partition(".")
            if part == "weight":
                biased = self.out_bias if linear == "out" else self.qkv_bias
                made.add_module(linear, torch.nn.Linear(shape[1], shape[0], bias=biased))
            elif not part:
                made.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))
        attend = partial(_attend, made, self, self._widths(inputs[0]), torch.nn.functional.pad)
        made.forward = attend if self.windows is None else partial(_in_windows, attend, self.windows, inputs[0])
        return made


def _in_windows(attend: Any, windows: tuple[int, ...], shape: tuple[int, ...], x: Any) -> Any:
    """Attention in each window of a padded map."""
    counts = [ceil_div(n, size) for n, size in zip(shape, windows, strict=False)]
    padded = [0, 0, *(end for n, size in zip(reversed(shape[:-1]), reversed(windows), strict=True)
                      for end in (0, -n % size))]  # fmt: skip
    x = attend.args[3](x, padded)
    axes = range(1, 1 + len(windows))
    for axis, (count, size) in enumerate(zip(counts, windows, strict=True)):
        x = x.unflatten(1 + 2 * axis, (count, size))
    order = [0, *(2 * axis - 1 for axis in axes), *(2 * axis for axis in axes), -1]
    x = x.permute(order)
    y = attend(x.flatten(1, len(windows)).flatten(2, -2)).reshape(x.shape)
    y = y.permute([0, *(i for axis in axes for i in (axis, axis + len(windows))), -1])
    for axis in range(len(windows)):
        y = y.flatten(1 + axis, 2 + axis)
    return y[(slice(None), *(slice(n) for n in shape[:-1]))]


def _attend(made: Any, layer: Attention, widths: tuple[int, int], pad: Any, x: Any, memory: Any = None) -> Any:
    memory = x if memory is None else memory
    query, key, value = (
        made.qkv(x).split((widths[0], widths[1], widths[1]), -1)
        if layer.fused
        else (made.query(x), made.key(memory), made.value(memory))
    )
    shared = layer.heads // layer._kv_heads()
    query = _heads(query, layer.heads)
    earlier = (pad(_heads(each, layer.heads // shared), (0, 0, layer.cached, 0)) for each in (key, value))
    key, value = (each.repeat_interleave(shared, -3) for each in earlier)
    bias = _relative(made.relative, layer.relative) if layer.relative else 0
    if layer.causal:
        hidden = query.new_full((query.shape[-2], key.shape[-2]), float("-inf"))
        bias = bias + hidden.triu(1 + layer.cached)
    return made.out(_weighted(query, key, value, bias).transpose(-2, -3).flatten(-2))


def _heads(tensor: Any, count: int) -> Any:
    return tensor.unflatten(-1, (count, -1)).transpose(-2, -3)


def _relative(table: Any, sizes: tuple[int, ...]) -> Any:
    """The bias of each pair of positions in a window, from that of each difference of positions."""
    found = table.reshape(*(2 * n - 1 for n in sizes), -1)
    for axis, size in enumerate(sizes):
        found = found.unfold(axis, size, 1)
    tokens = table.shape[-1], *(product(sizes),) * 2
    return found.flip([-1 - axis for axis in range(len(sizes))]).movedim(len(sizes), 0).reshape(tokens)
