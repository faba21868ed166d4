"""A report needs no file: the graph of a network alone, or one built by hand, is counted, shown and exported."""

from fractions import Fraction

import numpy
import pytest
from members import of_files

import archcalc
from archcalc.address import address
from archcalc.comparison import compare
from archcalc.figures.figure import FIGURES
from archcalc.files import render
from archcalc.graph.graph import Graph, Node
from archcalc.layers import KINDS
from archcalc.memory.footprint import memory
from archcalc.output import FORMATS
from archcalc.report import report_of
from archcalc.spec.library import names
from archcalc.tables import Choice

STATIC = [name for name in FORMATS if name != "xlsx"]
CHOICES = [Choice(), Choice(by="block"), Choice(by="kind")]
Conv, Relu, Linear, Add = (KINDS[name] for name in ("conv", "relu", "linear", "add"))


def stripped(report):
    """The report of the graph alone, which knows no places, and not how often a layer runs."""
    nodes = tuple(Node(n.name, n.layer, n.inputs, n.shape, shared=n.shared) for n in report.graph.nodes)
    about = {"name": report.network, "title": report.title, "source": report.source,
             "paper_names": report.paper_names}  # fmt: skip
    defaults = {name: knob.default for name, knob in report.spec.given.items()}
    return report_of(report.graph._replace(nodes=nodes), **about, defaults=defaults)


@pytest.mark.parametrize("name", of_files())
def test_the_graph_of_every_network_gives_the_same_tables(name):
    whole = archcalc.load(name).summary()
    alone = stripped(whole)
    assert alone.spec is None
    assert (repr(alone), alone._repr_html_()) == (repr(whole), whole._repr_html_())
    for format_ in STATIC:
        for choice in CHOICES:
            assert render([alone], format_, choice) == render([whole], format_, choice), format_
    assert repr(compare(alone, "lenet5")) == repr(compare(whole, "lenet5"))
    if not whole.unknown:
        assert memory(alone, 2) == memory(whole, 2)
        counted = [name for name, figure in FIGURES.items() if not figure.measured and has(whole, name)]
        assert counted
        assert [address(name).of(alone) for name in counted] == [address(name).of(whole) for name in counted]
    measured = [name for name, figure in FIGURES.items() if figure.measured]
    assert measured
    assert all(address(name).of(alone) is None for name in measured)  # of the network, not of any equal graph


def has(report, figure):
    try:
        address(figure).of(report)
    except archcalc.ArchcalcError:
        return False
    return True


def test_turned_knobs_symbols_and_arrays_are_shown_the_same():
    for value in (Fraction(3, 4), numpy.array([1, 2])):
        whole = archcalc.load("mobilenet_v1").summary(alpha=value)
        assert repr(stripped(whole)) == repr(whole)
        assert stripped(whole).label == whole.label
    assert whole.label.startswith("mobilenet_v1@alpha=")


def test_a_live_workbook_needs_a_spec():
    with pytest.raises(archcalc.ArchcalcError, match=r"^lenet5: a live workbook needs a spec, and this is a graph"):
        render([stripped(archcalc.load("lenet5").summary())], "xlsx", Choice())


# Graphs that are built by hand


def graph(*nodes):
    return Graph({}, (Node("", None, (), (3, 8, 8)), *nodes), ())


def chain(*layers):
    """A graph of layers one after the other, their names and places left out."""
    nodes, shape = [], (3, 8, 8)
    for position, layer in enumerate(layers):
        shape = layer.shape(shape)
        nodes.append(Node("", layer, (position,), shape))
    return graph(*nodes)


def test_layers_without_names_are_counted_by_kind():
    report = report_of(chain(Conv(4, 3), Relu(), Conv(8, 1), Relu()))
    assert [row.name for row in report.layers] == ["conv1", "relu1", "conv2", "relu2"]
    assert report.totals.params == 4 * 3 * 9 + 4 + 8 * 4 + 8
    assert repr(report).startswith("network, input 3 x 8 x 8\n")
    assert address("params of conv2").of(report) == 8 * 4 + 8


def test_a_name_that_is_taken_is_not_given_again():
    nodes = Node("conv1", Relu(), (0,), (3, 8, 8)), Node("", Conv(3, 1), (1,), (3, 8, 8))
    assert [row.name for row in report_of(graph(*nodes)).layers] == ["conv1", "conv2"]


def test_numbers_from_elsewhere_become_exact():
    layer = Conv(numpy.int64(2**40), (1, 1), bias=False)
    node = Node("wide", layer, (0,), tuple(numpy.array([2**40, 8, 8])))
    (row,) = report_of(graph(node)).layers
    assert row.mult_adds == 2**40 * 3 * 64
    assert {type(size) for size in (*row.output, row.params, row.mult_adds)} == {int}
    (row,) = report_of(graph(Node("drop", KINDS["dropout"](0.1), (0,), (3.0, 8, 8)))).layers
    assert (row.text, row.output) == ("dropout(rate=0.1)", (3, 8, 8))


def test_a_strangers_name_is_made_printable():
    report = report_of(graph(Node("a\nb\x1b", Relu(), (0,), (3, 8, 8))), name="n\x1b", title="t\n\nt")
    assert (report.layers[0].name, report.label, report.title) == ("a b?", "n?", "t t")


CONV = Node("conv", Conv(3, 1), (0,), (3, 8, 8))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (Graph({}, (), ()), "a graph has no nodes; the first one is the network's input"),
        (Graph({}, (CONV,), ()), "conv: the first node of a graph, and no other, has no layer: it is the input"),
        (graph(Node("twice", None, (), (3,))), "twice: the first node of a graph, and no other, has no layer"),
        (graph(CONV._replace(inputs=(1,))), r"conv: its inputs must be the numbers of earlier nodes, not \(1,\)"),
        (
            graph(CONV._replace(inputs=(-1,))),
            r"conv: its inputs must be the numbers of earlier nodes, not \(-1,\)",
        ),
        (graph(CONV._replace(inputs=())), "conv: conv takes one input, not 0"),
        (graph(CONV._replace(inputs=(0, 0))), "conv: conv takes one input, not 2"),
        (graph(Node("add", Add(), (), (3,))), "add: add takes one or more inputs, not 0"),
        (graph(CONV._replace(shape=(4, 8, 8))), "conv: its output is 3 x 8 x 8, not 4 x 8 x 8"),
        (graph(CONV._replace(shape=(3, 8))), "conv: its output is 3 x 8 x 8, not 3 x 8"),
        (graph(CONV._replace(shape=(3, 8, 0))), "conv: its shape would be 3 x 8 x 0; sizes are whole and at least 1"),
        (graph(CONV._replace(shape=(3, 8, "8"))), "conv: it must be a number: an int, float"),
        (graph(CONV._replace(layer=Conv(2.5, 1))), "conv: out must be a whole number, at least 1, not 2.5"),
        (graph(CONV._replace(layer=Conv(4, 1, groups=3))), "conv: 4 filters are not divisible by 3 groups"),
        (
            graph(Node("fc", Linear(4), (0,), (4,))),
            "fc: linear takes features, or tokens x features, not a map of 3 x 8 x 8",
        ),
        (graph(CONV, CONV), "two nodes of the graph have the name 'conv'; give one of them another"),
        (
            graph(CONV, CONV._replace(name="b", shared=2)),
            "b: it must share the weights of an earlier layer, not of node 2",
        ),
        (
            graph(CONV, Node("b", Conv(3, 1, bias=False), (1,), (3, 8, 8), shared=1)),
            "b: b cannot share conv's weights: weight 3 x 3 x 1 x 1 here, weight 3 x 3 x 1 x 1, bias 3 there",
        ),
    ],
)
def test_a_graph_that_cannot_be_is_told_of(made, message):
    with pytest.raises(archcalc.ArchcalcError, match=f"^{message}"):
        report_of(made)


@pytest.mark.parametrize("name", list(names())[::7])
def test_a_wrong_size_anywhere_is_told_of(name):
    whole = archcalc.load(name).summary()
    nodes = whole.graph.nodes
    for position in {1, len(nodes) // 2, len(nodes) - 1}:
        wrong = nodes[position]._replace(shape=(nodes[position].shape[0] + 1, *nodes[position].shape[1:]))
        made = whole.graph._replace(nodes=(*nodes[:position], wrong, *nodes[position + 1 :]))
        with pytest.raises(archcalc.ArchcalcError, match=f"^{wrong.name}: its output is "):
            report_of(made)


def test_shared_weights_are_counted_once():
    tied = [CONV, CONV._replace(name="b", inputs=(1,), shared=1), CONV._replace(name="c", inputs=(2,), shared=2)]
    report = report_of(graph(*tied))
    assert report.totals.params == 3 * 3 + 3
    assert report.totals.mult_adds == 3 * 9 * 64
    assert [node.shared for node in report.graph.nodes] == [None, None, 1, 1]
