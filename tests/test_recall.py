"""A block recalled is the block walked again: the graphs are the same, node by node."""

from random import Random

import pytest
from members import of_files

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.graph import expand as expand
from archcalc.graph.block_cache import BlockCache

SHARED = """net: N
input: [4, 16, 16]
blocks:
  inner(k):
    - tower:
        - conv(4, k, pad=k//2)
        - relu
    - conv(4, 1)
    - twin: conv(4, k, pad=k//2)
      share: tower/conv
  outer(k):
    inputs: [here, before]
    layers:
      - left: inner(k)
      - right: inner(k)
        from: before
      - sum: add
        from: [left, right/tower, right]
layers:
  - stem: inner(3)
  - twice: outer(3)
    from: [-1, -1]
  - cells: outer(3)
    from: [-1, -2]
    repeat: 3
  - wide: outer(5)
    from: [cells2, stem]
  - again: outer(5)
    from: [wide, cells1]
  - last: add
    from: [cells3/left/tower, cells1/right, stem/twin, again/sum]
"""


def graph(network):
    """The layers one by one, or the message where there are none."""
    try:
        return [node._replace(layer=str(node.layer)) for node in network.summary().graph.nodes]
    except ArchcalcError as error:
        return str(error)


def same_both_ways(network, monkeypatch):
    """The layers, which are the same with and without recall; and how often a block was recalled."""
    replayed, replay = [], BlockCache.replay
    monkeypatch.setattr(BlockCache, "replay", lambda *call: replayed.append(1) or replay(*call))
    recalled, count = graph(network), len(replayed)
    monkeypatch.setattr(BlockCache, "key", lambda *_: None)
    assert recalled == graph(network)
    assert len(replayed) == count
    return recalled, count


@pytest.mark.parametrize("name", of_files())
def test_a_network_of_each_file(name, monkeypatch):
    same_both_ways(archcalc.load(name), monkeypatch)


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "nasnet_mobile", "googlenet", "faster_r_cnn_vgg16"])
def test_networks_of_blocks(name, monkeypatch):
    _, replayed = same_both_ways(archcalc.load(name), monkeypatch)
    assert replayed


def test_shared_weights_several_inputs_and_names_inside(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(SHARED)
    nodes, replayed = same_both_ways(archcalc.load(str(tmp_path / "net.yaml")), monkeypatch)
    assert replayed >= 4
    assert sum(node.shared is not None for node in nodes) >= 10


ALIKE = {  # two calls of a block that look alike, and give other layers
    "1 is not true": "  b(f):\n    - conv(2, 1, bias=f)\nlayers:\n  - b(true)\n  - b(1)\n",
    "for each region": "  b:\n    - conv(2, 1)\nlayers:\n  - maxpool(3)\n  - b\n  - roi_pool(3, 5)\n  - b\n",
    "another size": "  b:\n    - conv(2, 1)\nlayers:\n  - b\n  - maxpool(3)\n  - b\n",
    "one input twice": "  b:\n    inputs: [x, y]\n    layers:\n      - z: add\n        from: [x, y]\n"
    "layers:\n  - c: relu\n  - d: relu\n  - one: b\n    from: [c, d]\n  - two: b\n    from: [c, c]\n",
}


@pytest.mark.parametrize("case", ALIKE)
def test_what_only_looks_alike_is_not_recalled(case, tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(f"net: N\ninput: [2, 9, 9]\nblocks:\n{ALIKE[case]}")
    _, replayed = same_both_ways(archcalc.load(str(tmp_path / "net.yaml")), monkeypatch)
    assert replayed == 0


def test_networks_drawn_at_random(tmp_path, monkeypatch):
    shared = 0
    for seed in range(30):
        (tmp_path / "net.yaml").write_text(random_spec(Random(seed)))
        with monkeypatch.context() as patch:
            nodes, replayed = same_both_ways(archcalc.load(str(tmp_path / "net.yaml")), patch)
        assert replayed
        shared += any(node.shared is not None for node in nodes)
    assert shared > 10


def test_a_problem_in_a_block_is_told_once(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("net: N\ninput: [3, 4, 4]\nblocks:\n  b(k):\n    - conv(4, k)\nlayers:\n  - b(5)\n  - b(5)\n")
    with pytest.raises(archcalc.SpecError) as caught:
        archcalc.load(str(path)).summary()
    assert len(caught.value.problems) == 1


def test_repeated_blocks_still_count_as_layers(tmp_path):
    path = tmp_path / "net.yaml"
    block = "blocks:\n  b:\n    - x: relu\n      repeat: 1000\n"
    path.write_text(f"net: N\ninput: [3, 4, 4]\n{block}layers:\n  - y: b\n    repeat: 101\n")
    with pytest.raises(archcalc.SpecError, match="100,000 layers"):
        archcalc.load(str(path)).summary()


def random_entries(random, indent, below, level=0):
    """Layers, groups, branches, repetitions, shared weights and calls of the blocks defined above."""
    space = " " * indent
    for i in range(random.randint(1, 2)):
        what = random.choice(["layer", "call", "call", "group", "branches", "repeat", "share"])
        if what == "call" and below:
            yield f"{space}- {random.choice(below)}"
        elif what == "group" and level < 2:
            yield f"{space}- g{level}{i}:"
            yield from random_entries(random, indent + 4, below, level + 1)
        elif what == "branches":
            inner = random.choice(below) if below else "relu"
            yield f"{space}- add:\n{space}    x: [{inner}]\n{space}    y: []\n{space}    z: [relu, {inner}]"
        elif what == "repeat" and below:
            yield f"{space}- r{level}{i}: {random.choice(below)}\n{space}  repeat: 2"
        elif what == "share" and below:
            one, two = f"p{level}{i}", f"q{level}{i}"
            yield f"{space}- {one}: {(block := random.choice(below))}\n{space}- {two}: {block}\n{space}  share: {one}"
            yield f"{space}- s{level}{i}: conv(m, 1)\n{space}  share: {random.choice((one, two))}/first"
        else:
            yield f"{space}- conv(m, 1)"


def random_spec(random):
    blocks, text = [], "net: N\ngiven:\n  m: 2\n  n: {default: 2, min: 1}\ninput: [m, 4, 4]\nblocks:\n"
    for name in ("a", "b", "c", "d"):
        text += f"  {name}:\n    - first: conv(m, 1)\n" + "\n".join(random_entries(random, 4, blocks)) + "\n"
        blocks.append(name)
    return text + "layers:\n" + "\n".join(random_entries(random, 2, blocks)) + "\n  - last: d\n    repeat: n\n"


def told(ask, *arguments, **knobs):
    """The message of a refusal, "" where there is none."""
    try:
        ask(*arguments, **knobs)
    except ArchcalcError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(12))
def test_a_network_is_too_large_for_all_or_for_none(seed, tmp_path, monkeypatch):
    """A summary recalls blocks and the others walk them; small limits find out whether they count alike."""
    path, limits = tmp_path / "net.yaml", {"MOST_LAYERS": 90, "DEEPEST": 7}
    path.write_text(random_spec(Random(seed)))
    network, refused = archcalc.load(str(path)), 0
    for limit, value in limits.items():
        monkeypatch.setattr(expand, limit, value)
    for n in (*range(1, 12), 60):
        summary = told(network.summary, n=n)
        (why,) = network.sweep(n=[n]).arrays()["why"]
        assert bool(why) == bool(summary)
        assert why in summary
        assert told(network.formula, free="m", n=n) == summary
        assert why in told(network.solve, "params >= 1", free={"m": [2]}, n=n)
        refused += bool(summary)
    assert refused > 0


def test_a_deep_residual_network_is_counted_by_all():
    """Its branches have names, which are no layers: 60,000 layers, in 96,000 entries."""
    network = archcalc.load("resnet50_keras")
    report = network.summary(n4=6000)
    assert len(report.layers) > 60_000
    assert network.sweep(n4=[6000]).arrays()["mult_adds"].tolist() == [report.totals.mult_adds]
    with pytest.raises(archcalc.SpecError, match="more than 100,000 layers with the blocks around them"):
        network.summary(n4=7000)
