"""Pictures: points at the exact values, labels that cover nothing, valid files, all drawn without a display."""

from functools import cache
from itertools import combinations
from random import Random
from xml.etree import ElementTree

import pytest
from console import check_mistake, run

import archcalc
from archcalc.address import address
from archcalc.core.errors import ArchcalcError
from archcalc.model import reference
from archcalc.spec.library import choose, headings

matplotlib = pytest.importorskip("matplotlib")
from matplotlib import image  # noqa: E402
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from archcalc.plots import canvas, labels, networks  # noqa: E402

FAMILIES = [family for family in headings("family") if len(choose(family=family, kind="network")) > 2]
SOME = ["vgg16", "resnet50", "mobilenet_v1", "mobilenet_v1@alpha=0.5", "densenet121", "alexnet"]


@cache
def report(label):
    return reference(label).summary({})


def drawn(names, axes, title=""):
    """The figure, its points, and the axes' quantities."""
    axes = [address(name) for name in axes]
    found, left = networks.points([report(name) for name in names], axes)
    with matplotlib.rc_context(canvas.style()):
        figure = Figure(figsize=(6.4, 4.4), layout="constrained", dpi=72)
        networks.scatter(figure, found, axes, title)
    return figure, found, left


def check_labels(panel, count):
    """All are there, none meets another one, none leaves the axes; what the renderer says, not what placed them."""
    panel.figure.draw_without_rendering()
    texts = [text for text in panel.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    edge = panel.get_window_extent()
    assert len(texts) == count
    for box in boxes:
        assert edge.x0 <= box.x0
        assert edge.y0 <= box.y0
        assert box.x1 <= edge.x1
        assert box.y1 <= edge.y1
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def everything():
    return [entry.name for entry in choose(kind="network")]


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_of_a_family_cover_nothing(family):
    names = [entry.name for entry in choose(family=family, kind="network")]
    figure, _, left = drawn(names, ("mult_adds", "params"), family)
    assert not left
    check_labels(figure.axes[0], len(names))


def test_labels_of_all_networks_that_were_measured_cover_nothing():
    figure, found, left = drawn(everything(), ("mult_adds", "top1", "params"))
    assert len(found) >= 60
    assert len(found) + len(left) == len(everything())
    assert all(address("top1").of(report(name)) is None for name in left)
    check_labels(figure.axes[0], len(found))
    assert len({point.label for point in found}) == len(found)


@pytest.mark.parametrize("seed", range(16))
def test_labels_of_random_points_cover_nothing(seed):
    """Some crowded, some at the very same place, with names of all lengths."""
    random = Random(seed)
    middles = [(random.random(), random.random()) for _ in range(random.randint(1, 6))]
    points, names = [], []
    for i in range(random.randint(1, 30)):
        x, y = random.choice(middles)
        spread = random.choice((0, 0.02, 0.3))
        points.append((x + spread * random.random(), y + spread * random.random(), random.choice((1, 3, 12))))
        names.append(f"{i}" + "n" * random.randint(0, 25))
    figure = Figure(figsize=(9, 7), layout="constrained", dpi=72)
    panel = figure.add_subplot()
    panel.scatter([p[0] for p in points], [p[1] for p in points])
    fits = labels.place(panel, points, names)
    check_labels(panel, sum(bool(text.get_text()) for text in panel.texts))
    assert fits is (sum(bool(text.get_text()) for text in panel.texts) == len(names))
    shown = panel.transData.transform([p[:2] for p in points])
    boxes = [text.get_window_extent() for text in panel.texts if text.get_text()]
    assert not [box for box in boxes for place in shown if box.contains(*place)]


def test_most_random_points_have_room():
    figure = Figure(figsize=(9, 7), layout="constrained", dpi=72)
    panel = figure.add_subplot()
    random = Random(1)
    assert labels.place(panel, [(random.random(), random.random(), 3) for _ in range(60)], ["a name of a network"] * 60)


@pytest.mark.parametrize(
    "axes", [("mult_adds", "top1", "params"), ("params", "depth"), ("top5", "peak_bytes", "activations")]
)
def test_points_sit_at_the_exact_values(axes):
    figure, found, left = drawn(SOME, axes)
    known = [name for name in SOME if name not in left]
    collections = {tuple(one.get_offsets()[0]): one.get_sizes()[0] for one in figure.axes[0].collections}
    largest = max(float(address(axes[2]).of(report(name))) for name in known) if axes[2:] else 1
    assert len(known) == len(found) == len(collections) >= 4
    for name in known:
        x, y, *size = (float(address(one).of(report(name))) for one in axes)
        share = size[0] / largest if size else (networks.SMALL / networks.LARGEST) ** 2
        assert collections[x, y] == pytest.approx(networks.LARGEST**2 * share)


@pytest.mark.parametrize(
    ("name", "by", "depth"), [("vgg16", "layer", 1), ("resnet50", "block", 2), ("densenet121", "kind", 1)]
)
def test_bars_are_the_exact_values(name, by, depth):
    axes = [address(one) for one in ("params", "mult_adds", "activations")]
    rows = report(name).by(by, depth)
    figure = Figure(figsize=(8, 8), layout="constrained", dpi=72)
    networks.bars(figure, rows, axes, name)
    figure.draw_without_rendering()
    for panel, one in zip(figure.axes, axes, strict=True):
        assert [bar.get_width() for bar in panel.patches] == [row.figure(str(one)) for row in rows]
        assert sum(bar.get_width() for bar in panel.patches) == one.of(report(name))
        edge = panel.get_window_extent()
        assert all(text.get_window_extent().x1 <= edge.x1 for text in panel.texts)
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == [row.name for row in rows]


@pytest.mark.parametrize(
    ("most", "unit"),
    [(90, "%"), *((most, unit) for unit in ("", "bytes") for most in (90, 2000, 10**6, 4 * 10**7, 10**10))],
)
def test_ticks_are_round(most, unit):
    """One digit of 1, 2, 5 on a logarithmic axis; on a linear one no more than three digits."""
    figure = Figure()
    panel = figure.add_subplot()
    values = [50, most]
    panel.plot(values, values)
    canvas.ticks(panel.xaxis, values, unit)
    figure.draw_without_rendering()
    low, high = panel.get_xlim()
    shown = [label.get_text() for place, label in zip(panel.get_xticks(), panel.get_xticklabels(), strict=True)
             if low <= place <= high]  # fmt: skip
    assert len(shown) >= 2
    digits = ["".join(c for c in text if c.isdigit()).strip("0") for text in shown]
    assert all(len(one) <= 3 for one in digits)
    if panel.get_xscale() == "log":
        assert set(digits) <= {"1", "2", "5"}


@pytest.mark.parametrize("dark", [False, True], ids=["print", "dark"])
def test_what_is_drawn_is_seen_on_its_ground(dark):
    """WCAG's contrast: of text at least 7, of each colour against the ground at least 1.9."""

    def light(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one, other):
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    with matplotlib.rc_context(canvas.style(dark)):
        ground = matplotlib.rcParams["axes.facecolor"]
        assert contrast(canvas.ink(), ground) >= 7
        for colour in matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]:
            assert contrast(colour, ground) >= 1.9


COMMANDS = {
    "points": ("plot", *SOME), "family": ("plot", "--family", "vgg", "--x", "params", "--y", "mult_adds"),
    "bars": ("plot", "resnet18", "--bars", "params,mult_adds,activations"), "dark": ("plot", *SOME, "--dark"),
    "grid": ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.25", "--rho", "4/7:1:1/7", "--of", "mult_adds,top1",
             "--figure", "pareto"),
}  # fmt: skip


@pytest.mark.parametrize("what", COMMANDS)
def test_each_format_is_valid_and_holds_its_text_as_text(what, tmp_path):
    for suffix in ("svg", "pdf", "png"):
        path = tmp_path / f"picture.{suffix}"
        result = run([*COMMANDS[what], "--plot" if what == "grid" else "-o", str(path)])
        assert result.exit_code == 0, result.output
        assert f"{path} written" in result.output
    texts = "".join(ElementTree.parse(tmp_path / "picture.svg").getroot().itertext())
    assert {"points": "MobileNetV1, alpha=0.5", "family": "VGG-16 (D)", "bars": "conv2_x", "dark": "AlexNet",
            "grid": "top-1 (more is better)"}[what] in texts  # fmt: skip
    pdf = (tmp_path / "picture.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    pixels = image.imread(tmp_path / "picture.png")
    assert min(pixels.shape[:2]) > 300
    assert bool(pixels[0, 0, :3].sum() < 1) is (what == "dark")


def test_a_picture_is_the_same_each_time(tmp_path):
    for name in "ab":
        assert run(["plot", *SOME, "-o", str(tmp_path / f"{name}.svg")]).exit_code == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_what_has_no_place_is_named(tmp_path):
    result = run(["plot", "vgg16", "lenet5", "-o", str(tmp_path / "p.svg")])
    assert "not shown, since a figure of them is not known: lenet5" in result.output
    assert "LeNet" not in (tmp_path / "p.svg").read_text()


def test_names_without_room_are_refused():
    point = networks.Point("n" * 5000, "", 1.0, 1.0)
    with pytest.raises(ArchcalcError, match="do not fit"):
        networks.scatter(Figure(dpi=72, layout="constrained"), [point], [address("params"), address("depth")])


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("plot vgg16 -o p.gif", ".svg, .pdf, .png"),
        ("plot vgg17 -o p.svg", "no network 'vgg17'"),
        ("plot vgg16 --y top2 -o p.svg", "no figure 'top2'"),
        ("plot vgg16 --y title -o p.svg", "title is not a number"),
        ("plot lenet5 nin -o p.svg", "are not all known of any of these networks: lenet5, nin"),
        ("plot vgg16 resnet50 --bars params -o p.svg", "bars are of one network"),
        ("plot --bars params -o p.svg", "bars are of one network"),
        ("plot vgg16 --bars top1 -o p.svg", "bars are of figures that are sums over layers"),
        ("plot vgg16 --bars params,depth -o p.svg", "depth is none"),
        ("plot nasnet_large --bars params --by layer -o p.svg", "a picture has room for 150"),
        ("plot --family vg -o p.svg", "no family 'vg'"),
        ("plot vgg16 -o nowhere/p.svg", "nowhere/p.svg"),
    ],
)
def test_bad_commands_are_refused_and_write_nothing(command, told, tmp_path):
    check_mistake(command, told, tmp_path)


def test_without_matplotlib_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    check_mistake("plot vgg16 -o p.svg", "a picture needs matplotlib", tmp_path)


def test_a_front_prefers_less_of_a_cost_and_more_of_an_accuracy(tmp_path):
    sweep = archcalc.load("mobilenet_v1").sweep("params", "top1", alpha=[0.25, 0.5, 0.75, 1])
    sweep.plot(tmp_path / "pareto.svg")
    texts = " ".join(ElementTree.parse(tmp_path / "pareto.svg").getroot().itertext())
    assert "params (less is better)" in texts
    assert "top-1 (more is better)" in texts
    assert "no point is better in both (4)" in texts
    archcalc.load("mobilenet_v1").sweep(alpha=[0.25, 0.5, 0.75, 1]).plot(tmp_path / "pareto.svg")
    assert "no point is better in both (1)" in (tmp_path / "pareto.svg").read_text()
