"""LeNet-5 of 1998: the counts of each layer as its paper derives them, and the equations of its own kinds of layer."""

import pytest
import torch

import archcalc
from archcalc.layers import KINDS

PAPER = {  # LeCun et al. 1998, section II.B: trainable parameters of each layer
    "c1": 156,
    "s2": 12,
    "c3": 1516,
    "s4": 32,
    "c5": 48_120,
    "f6": 10_164,
    "output": 0,
}
SEEN_BY_C3 = [3] * 6 + [4] * 9 + [6]  # maps of S2 that each filter sees: the sums of the columns of Table I


def test_parameters_of_each_layer():
    report = archcalc.load("lenet5_1998").summary()
    counted = {row.name: row.params for row in report.by("block")}
    assert {name: counted[name] for name in PAPER} == PAPER
    assert (report.totals.params, report.totals.buffers) == (60_000, 10 * 7 * 12)


def test_c3_sees_the_maps_of_table_one():
    layer = next(row.detail for row in archcalc.load("lenet5_1998").summary().layers if row.kind == "table_conv")
    maps = layer.maps_of_filters()
    assert list(map(len, maps)) == SEEN_BY_C3
    assert maps[:6] == [sorted((i + j) % 6 for j in range(3)) for i in range(6)]  # three neighbours, going round
    assert maps[6:12] == [sorted((i + j) % 6 for j in range(4)) for i in range(6)]  # four neighbours
    assert maps[12:15] == [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]  # two pairs of neighbours
    assert len({tuple(own) for own in maps}) == 16  # each filter sees another set: it breaks the symmetry


def build(name, shape, *arguments):
    layer = KINDS[name](*arguments)
    module = layer.module(torch, shape)
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.uniform_(-1, 1)
    return layer, module, torch.rand(2, *shape)


def test_a_trainable_pool_adds_weighs_and_shifts():
    _, module, x = build("trainable_pool", (6, 8, 10), 2)
    sums = x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]
    torch.testing.assert_close(module(x), module.weight.reshape(6, 1, 1) * sums + module.bias.reshape(6, 1, 1))


def test_a_table_conv_is_a_conv_with_zeros():
    layer, module, x = build("table_conv", (3, 9, 8), 5, ("XX.", ".XX", "X.X"))
    full = torch.zeros(3, 3, 5, 5)
    for o, maps in enumerate(layer.maps_of_filters()):
        full[o, maps] = module[o].weight[0]
    bias = torch.cat([one.bias for one in module])
    torch.testing.assert_close(module(x), torch.nn.functional.conv2d(x, full, bias))


def test_rbf_is_a_squared_distance():
    _, module, x = build("rbf", (84,), 10)
    torch.testing.assert_close(module(x), (x[:, None] - module.weight).square().sum(-1))


@pytest.mark.parametrize("rows", [("XX", "X"), ("X.", "X."), ("xX", "XX"), ()])
def test_a_table_that_is_none_is_refused(rows, tmp_path):
    text = f"net: N\ninput: [2, 9, 9]\nlayers:\n  - table_conv(5, {rows!r})\n"
    (tmp_path / "n.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(archcalc.SpecError, match="a row of X and"):
        archcalc.load(str(tmp_path / "n.yaml")).summary()
