"""What runs once for an image, and what for each proposed region."""

import pytest
import sympy
import torch
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.layers import KINDS

PER_ROI = 25088 * 4096 + 4096 * 4096 + 4096 * (21 + 84)  # Fast R-CNN, figure 1, on VGG-16: fc6, fc7, scores, boxes

SMALL = {"height": 64, "width": 96}
RUNS = [  # network, knobs
    ("r_cnn", {"proposals": 3}),
    ("r_cnn", {"proposals": 2, "base": "vgg16"}),
    ("fast_r_cnn_vgg16", {"proposals": 0, **SMALL}),
    ("fast_r_cnn_vgg16", {"proposals": 5, **SMALL}),
    ("faster_r_cnn_vgg16", {"proposals": 5, "round_up": True, **SMALL}),
    ("r_fcn", {"proposals": 4, "base": 50, **SMALL}),
]


def blocks(name, **knobs):
    return {row.name: row for row in archcalc.load(name).summary(**knobs).by("block")}


def test_image_and_proposal_are_counted_apart():
    one, many = (blocks("faster_r_cnn_vgg16", proposals=n) for n in (1, 300))
    assert one["image"] == many["image"]
    assert one["proposal"].mult_adds == PER_ROI
    assert many["proposal"].mult_adds == 300 * PER_ROI
    assert many["proposal"].params == one["proposal"].params


def test_no_proposals_leave_the_image():
    report = archcalc.load("fast_r_cnn_vgg16").summary(proposals=0)
    image, proposal = report.by("block")
    assert report.totals.mult_adds == image.mult_adds
    assert proposal.mult_adds == 0
    assert proposal.params == 25089 * 4096 + 4097 * 4096 + 4097 * (21 + 84)


def test_the_number_of_proposals_stays_open():
    regions = sympy.Symbol("R", integer=True, nonnegative=True)
    fast = archcalc.load("fast_r_cnn_vgg16")
    assert fast.summary(proposals=regions).totals.mult_adds == fast.summary().totals.mult_adds + PER_ROI * regions


@pytest.mark.parametrize(("name", "knobs"), RUNS)
def test_torch_runs_the_regions_as_a_batch(name, knobs):
    """torch, with a batch of regions where the spec has proposals, has the same outputs and does the same work."""
    report = archcalc.load(name).summary(**knobs)
    nodes = report.graph.nodes
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        values = [torch.empty(1, *nodes[0].shape)]
        for node in nodes[1:]:
            module = node.layer.module(torch, *report.graph.input_shapes(node))
            if isinstance(module, torch.nn.Module):
                module.eval()
            values.append(module(*(values[i] for i in node.inputs)))
            assert values[-1].shape == (node.times, *node.shape), node.name
    assert counter.get_total_flops() == 2 * report.totals.mult_adds


SPEC = """
net: Regions
given: {{outer: 3, inner: 5}}
input: [8, 20, 30]
layers:
  - map: conv(8, 3, pad=1)
  - roi_pool(7, outer)
  - conv: conv(4, 3, pad=1, bias=false)
{rest}
"""


def write(folder, rest):
    path = folder / "regions.yaml"
    path.write_text(SPEC.format(rest=rest), encoding="utf-8")
    return archcalc.load(str(path))


def test_regions_of_regions_multiply(tmp_path):
    network = write(tmp_path, "  - roi_pool: roi_pool(3, inner)\n  - last: conv(2, 1, bias=false)")
    work = {row.name: row.mult_adds for row in network.summary().layers}
    assert work["map"] == 8 * 8 * 9 * 20 * 30
    assert work["conv"] == 3 * (8 * 4 * 9 * 7 * 7)
    assert work["last"] == 3 * 5 * (4 * 2 * 3 * 3)


def test_a_map_does_not_meet_what_each_region_has(tmp_path):
    network = write(
        tmp_path, "  - small: adaptive_avgpool(7)\n    from: map\n  - both: concat\n    from: [conv, small]"
    )
    with pytest.raises(archcalc.SpecError, match="they run 3 and 1 times"):
        network.summary()


def test_regions_of_equal_number_meet(tmp_path):
    rest = "  - other: roi_pool(7, 3)\n    from: map\n  - both: concat\n    from: [conv, other]"
    assert write(tmp_path, rest).summary().layers[-1].output == (12, 7, 7)


def test_what_is_unknown_stays_unknown_for_every_region(tmp_path):
    report = write(tmp_path, "  - suppress: opaque((4,))").summary()
    assert report.totals.mult_adds is None
    assert report.unknown == ("suppress",)


@pytest.mark.parametrize(
    ("height", "width", "round_up", "anchors"),
    [(600, 800, False, 37 * 50 * 9), (600, 800, True, 17100), (600, 1000, True, 21546)],
)
def test_anchors(height, width, round_up, anchors):
    """Two scores for each anchor; the paper's 40 x 60 positions are "about", Caffe's own map has 38 x 63."""
    report = archcalc.load("faster_r_cnn_vgg16").summary(height=height, width=width, round_up=round_up)
    channels, rows, columns = next(row.output for row in report.layers if row.name.endswith("rpn/scores"))
    assert channels * rows * columns == 2 * anchors


def test_the_boxes_of_ssd():
    """8732 boxes (arXiv:1512.02325, section 3), 4 offsets and 21 scores each."""
    outputs = {row.name: row.output for row in archcalc.load("ssd300").summary().layers}
    assert (outputs["boxes/concat"], outputs["scores/concat"]) == ((8732 * 4,), (8732 * 21,))


def test_overfeat_slides_over_a_larger_image():
    """Fully connected layers as convolutions: 36 pixels more are one position more (arXiv:1312.6229, Table 5)."""
    overfeat = archcalc.load("overfeat_accurate")
    assert overfeat.summary(height=281, width=317).layers[-1].output == (1000, 2, 3)
    assert overfeat.summary(height=281, width=317).totals.params == overfeat.summary().totals.params


def test_each_bin_has_score_maps_of_its_own():
    """R-FCN's equation 1: maps that are 1 in their own bin and 0 elsewhere give 1 everywhere."""
    k, classes = 3, 4
    own = torch.eye(k * k).reshape(k * k, k, k).repeat(classes, 1, 1)
    images = torch.nn.functional.interpolate(own[None], scale_factor=5)
    pool = KINDS["ps_roi_pool"](k, 2).module(torch, tuple(images.shape[1:]))
    assert torch.equal(pool(images), torch.ones(2, classes, k, k))


def test_a_region_of_an_image_stays_with_its_image():
    """Regions follow one another image by image."""
    images = torch.stack([torch.full((8, 9, 9), float(i)) for i in range(2)])
    pooled = KINDS["roi_pool"](7, 3).module(torch, (8, 9, 9))(images)
    assert pooled[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1, 1]


def test_l2norm_scales_each_position_to_length_one():
    norm = KINDS["l2norm"]().module(torch, (512, 4, 5))
    lengths = norm(torch.rand(2, 512, 4, 5)).square().sum(1).sqrt()
    torch.testing.assert_close(lengths, torch.full((2, 4, 5), 20.0))  # the scale of SSD's start
