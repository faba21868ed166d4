"""A block recalled is the block walked again: the graphs are the same, node by node."""

import pytest

import archcalc
from archcalc.engine.recall import Recall

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
    return [node._replace(layer=str(node.layer)) for node in network.summary().graph.nodes]


def both_ways(network, monkeypatch):
    recalled = graph(network)
    replays = []
    monkeypatch.setattr(Recall, "key", lambda *_: replays.append(1))
    return recalled, graph(network)


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "nasnet_mobile", "googlenet", "faster_r_cnn_vgg16"])
def test_networks(name, monkeypatch):
    recalled, walked = both_ways(archcalc.load(name), monkeypatch)
    assert recalled == walked


def test_shared_weights_several_inputs_and_names_inside(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(SHARED)
    network = archcalc.load(str(tmp_path / "net.yaml"))
    replayed = []
    monkeypatch.setattr(Recall, "replay", lambda *call, play=Recall.replay: replayed.append(call[2]) or play(*call))
    recalled, walked = both_ways(network, monkeypatch)
    assert recalled == walked
    assert len(replayed) >= 4
    assert sum(node.shared is not None for node in recalled) >= 10


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
