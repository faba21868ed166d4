"""The laws beyond the examples: drawn arguments, any number of axes, and padding that torch does not have."""

import pytest
import torch
from laws.common import Example, examples, fits, read
from laws.number_law import check_layer
from laws.sweep import DRAWS, draws, joined
from laws.text_law import check_text
from laws.torch_law import accepts, check_same_verdict, check_torch

COUNT = 150  # draws
each_kind = pytest.mark.parametrize("label", DRAWS)
each_axes = pytest.mark.parametrize("axes", [1, 2, 3])


def stricter(layer, axes):
    """torch's avg_pool3d alone refuses a kernel larger than the unpadded input, whatever the padding and ceil mode."""
    return layer.label == "avgpool" and axes == 3


@each_kind
@each_axes
def test_same_verdict_as_torch(label, axes):
    verdicts = []
    for layer, shape in draws(label, axes, COUNT):
        verdicts.append(fits(layer, (shape,)))
        if not stricter(layer, axes) or accepts(layer, (shape,)):
            check_same_verdict(layer, (shape,))
    assert 0.1 < sum(verdicts) / COUNT < 0.9  # both verdicts were put to the test


@pytest.mark.parametrize("label", ["add", "multiply", "concat"])
def test_same_verdict_on_joins(label):
    """torch also adds and multiplies what has fewer axes or, added, a size of 1; archcalc has that for a mistake."""
    verdicts = []
    for layer, shapes in joined(label, COUNT):
        verdicts.append(fits(layer, shapes))
        stretched = len(set(map(len, shapes))) > 1 or (label == "add" and len(set(shapes)) > 1)
        if stretched:
            assert not verdicts[-1]
        else:
            check_same_verdict(layer, shapes)
    assert 0.1 < sum(verdicts) / COUNT < 0.9


@pytest.mark.parametrize("label", ["add", "multiply", "concat"])
def test_numbers_of_joins(label):
    for layer, shapes in [drawn for drawn in joined(label, COUNT) if fits(*drawn)][:12]:
        check_layer(Example(label, layer, shapes))


@each_kind
def test_numbers_and_text_of_drawn_layers(label):
    drawn = [(layer, shape) for layer, shape in draws(label, 2, COUNT) if fits(layer, (shape,))]
    for layer, shape in drawn[:12]:
        check_layer(Example(str(layer), layer, (shape,)))
        check_text(layer)


@pytest.mark.parametrize("example", [e for e in examples() if len(e.shapes) == 1], ids=str)
@pytest.mark.parametrize("sizes", [(), (9,), (9, 10), (9, 10, 11)], ids=str)
def test_any_number_of_axes(example, sizes):
    """Whatever a kind accepts, torch can do. (The other way round, torch takes a missing axis for the batch's.)"""
    shape = (example.shapes[0][0], *sizes)
    if fits(example.layer, (shape,)):
        check_torch(example.layer, (shape,))


@torch.no_grad()
def test_same_padding_is_tensorflows():
    """TensorFlow's guide: 13 inputs, kernel 6, stride 5 with SAME are padded to 0 | 1 ... 13 | 0 0."""
    layer = read("conv(1, 6, stride=5, pad=same, bias=false)")
    conv = layer.module(torch, (1, 13))
    conv.weight.fill_(1.0)
    assert layer.shape((1, 13)) == (1, 3)
    assert conv(torch.arange(1.0, 14.0).reshape(1, 1, 13)).flatten().tolist() == [
        sum(range(1, 6)),
        sum(range(5, 11)),
        sum(range(10, 14)),
    ]


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("size", [7, 8, 9])
@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (2, 1), (3, 1), (3, 2), (4, 2)])
def test_same_padding_at_stride_1_is_torchs(size, kernel, dilation):
    layer = read(f"conv(2, {kernel}, dilation={dilation}, pad=same)")
    ours = layer.module(torch, (3, size, size))
    torchs = torch.nn.Conv2d(3, 2, kernel, dilation=dilation, padding="same")
    torchs.load_state_dict(ours.state_dict())
    tensor = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(ours(tensor), torchs(tensor), atol=1e-5)


@torch.no_grad()
def test_same_padding_of_a_maximum_is_not_zero():
    pool = read("maxpool(3, stride=2, pad=same)").module(torch, (1, 4))
    assert pool(torch.tensor([[[-4.0, -3.0, -2.0, -1.0]]])).flatten().tolist() == [-2.0, -1.0]
