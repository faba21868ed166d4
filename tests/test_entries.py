"""Laws of the entries of a list of layers: the name and what stands beside it, whatever the layer is."""

import itertools

import pytest
from laws.common import examples

import archcalc
from archcalc.errors import Source
from archcalc.language.grammar import parse_spec
from archcalc.network import Network


def network(layers, head="given: {k: 1}\n", size="[4, 8, 8]"):
    """The network of a text: a list of layers, and what stands above it."""
    text = f"net: N\n{head}input: {size}\nlayers:\n{layers}"
    return Network(parse_spec(Source("net.yaml", text), "net", {}.__getitem__))


def built(layers, **options):
    """Each layer's name, kind with arguments, inputs and output."""
    nodes = network(layers, **options).summary().graph.nodes
    return [(node.name, str(node.layer), node.inputs, node.shape) for node in nodes]


def mistakes(layers, **options):
    """The problems of a text, as they are told."""
    with pytest.raises(archcalc.SpecError) as caught:
        network(layers, **options).summary()
    return [problem.message for problem in caught.value.problems]


BESIDE = {"repeat": "1", "when": "k == 1", "from": "-1", "else": "[tanh]"}
SETS = [
    some for n in range(1, 5) for some in itertools.combinations(BESIDE, n) if "else" not in some or "when" in some
]


@pytest.mark.parametrize("some", SETS, ids="-".join)
def test_what_may_stand_beside_a_name_may_stand_beside_a_layer_alone(some):
    """For a layer of each kind: its name is then the kind's, as it is without anything beside it."""
    beside = "".join(f"    {key}: {BESIDE[key]}\n" for key in some)
    for example in examples():
        if len(example.shapes) == 1:
            call, shape = str(example.layer), ", ".join(map(str, example.shapes[0]))
            alone, named = (
                built(f"  - {entry}\n{beside}", size=f"[{shape}]") for entry in (f"{call}:", f"{call.partition('(')[0]}: {call}")
            )
            assert alone == named, call
            assert [row[1:] for row in alone] == [row[1:] for row in built(f"  - {call}\n", size=f"[{shape}]")], call
