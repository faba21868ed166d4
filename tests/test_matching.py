"""Layers matched by how they are connected: each single change of real networks is a difference of what was changed."""

from random import Random

import pytest

import archcalc
from archcalc.verify.lines import INPUT, Line, lines, multiplies, places
from archcalc.verify.matching import Compared, Side, compare

NETWORKS = ("resnet18", "googlenet", "shufflenet_v2_x1_0", "nasnet_mobile")
TRIES = 3  # random layers of each


@pytest.fixture(scope="module", params=NETWORKS)
def side(request):
    report = archcalc.load(request.param).summary()
    return Side([row.name for row in report.layers if multiplies(row)], lines(report))


def built(names, figures, sources, order):
    """A side with its layers in this order."""
    at = {place: number for number, place in enumerate(order)} | {INPUT: INPUT}
    found = [
        Line(*figures[p][:3], tuple(sorted(at[p] - at[s] if s != INPUT else 0 for s in sources[p]))) for p in order
    ]
    return Side([names[p] for p in order], found)


def changed(side, place, **how):
    return Side(side.names, [line._replace(**how) if i == place else line for i, line in enumerate(side.lines)])


def name_in(difference):
    """The layer of which a difference tells."""
    return difference.partition(": ")[0]


def of(differences):
    return {*map(name_in, differences)}


def takers(side, place):
    return {name for name, sources in zip(side.names, side.sources, strict=True) if place in sources}


@pytest.fixture(scope="module")
def chosen(side):
    return Random(len(side.lines)).sample(range(len(side.lines)), TRIES)


def test_the_order_of_branches_is_no_difference(side):
    random, order = Random(1), []
    left = dict(enumerate(side.sources))
    while left:
        order.append(random.choice([place for place, sources in left.items() if sources <= {INPUT, *order}]))
        del left[order[-1]]
    assert order != sorted(order)
    shuffled = built(side.names, side.lines, side.sources, order)
    assert compare(shuffled, side) == compare(side, shuffled) == Compared((), ())


def test_layers_that_are_alike_can_stand_in_any_order():
    """Four equal layers of the input, and four that each take two neighbours of the ring."""
    sources = {place: {INPUT} if place < 4 else {place - 4, (place - 3) % 4} for place in range(8)}
    ring, turned = (
        built("abcdefgh", [((8, 9, 9), 8, 8)] * 8, sources, order) for order in (range(8), (0, 2, 1, *range(3, 8)))
    )
    assert ring.lines != turned.lines
    assert compare(ring, turned) == Compared((), ())


@pytest.mark.parametrize(("figure", "value"), [("params", 7), ("mult_adds", 7), ("output", (5, 3, 3))])
def test_a_changed_layer_is_named_alone(side, chosen, figure, value):
    for place in chosen:
        (difference,) = compare(changed(side, place, **{figure: value}), side).differences
        assert difference.startswith(f"{side.names[place]}: {figure.replace('_', '-')}: formula ")


def test_changed_layers_behind_each_other_are_each_named(side, chosen):
    both = side
    for place in chosen:
        both = changed(both, place, params=10**9 + place)
    assert of(compare(both, side).differences) == {side.names[place] for place in chosen}


def test_a_layer_more_is_named_with_those_that_take_its_output(side, chosen):
    for place in chosen:
        names, figures, sources = [*side.names, "more"], [*side.lines, ((9, 9), 9, 9)], [*side.sources, {place}]
        count = len(side.lines)
        sources[:count] = [{count if each == place else each for each in own} for own in side.sources]
        order = [*range(place + 1), count, *range(place + 1, count)]
        longer = built(names, figures, sources, order)
        found = compare(longer, side).differences
        assert "more: the module has no such layer" in found
        assert of(found) == {"more", *takers(side, place)}
        assert all("formula more, module " in text for text in found if not text.startswith("more"))
        first, *others = compare(side, longer).differences
        assert first.startswith("no layer for the module's more: output 9 x 9, params 9, mult-adds 9, inputs from ")
        assert of(others) == takers(side, place)


def test_another_input_is_named_alone(side, chosen):
    for place in chosen:
        before = side.sources[place]
        other = next((each for each in range(place - 1, INPUT, -1) if each not in before), None)
        if other is None:
            continue
        above = tuple(sorted({place - other, *side.lines[place].sources[1:]}))
        (difference,) = compare(changed(side, place, sources=above), side).differences
        assert difference.startswith(f"{side.names[place]}: inputs from: formula ")


def test_what_differs_in_size_because_its_input_does_comes_last():
    theirs = Side(["a", "b", "c", "d"], [Line((8, n, n), 8, 8 * n) for n in (9, 8, 7, 6)])
    ours = Side(theirs.names, [Line((8, n, n), 8, 8 * n) for n in (9, 4, 3, 2)])
    assert [*map(name_in, compare(ours, theirs).differences)] == ["b", "c", "d"]
    both = (changed(side, 3, sources=(3,)) for side in (ours, theirs))
    assert [*map(name_in, compare(*both).differences)] == ["b", "d", "c"]


def test_unknown_work_is_told_and_not_compared(side, chosen):
    for place in chosen:
        unknown = changed(side, place, mult_adds=None)
        assert compare(unknown, side) == compare(side, unknown) == Compared((), (side.names[place],))
        unsized = changed(side, place, mult_adds=None, params=None)
        assert compare(unsized, side) == compare(side, unsized) == Compared((), (side.names[place],))
        (difference,) = compare(changed(unknown, place, params=3), unknown).differences
        assert difference.startswith(f"{side.names[place]}: params: formula 3, module ")


def test_unknown_work_that_one_side_has_not_is_looked_through(side, chosen):
    for place in chosen:
        count = len(side.lines)
        sources = [{count if each == place else each for each in own} for own in side.sources]
        more = built([*side.names, "odd"], [*side.lines, ((9, 9), 5, None)], [*sources, {place}],
                     [*range(place + 1), count, *range(place + 1, count)])  # fmt: skip
        assert compare(more, side) == compare(side, more) == Compared((), ("odd",))
        last = side.names[-1]
        assert of(compare(more, changed(side, count - 1, sources=(0, 1, 2))).differences) == {last}


def test_places_are_those_that_lines_tell():
    assert places([Line((1,), 1, 1, (0,)), Line((1,), 1, 1), Line((1,), 1, 1, (0, 2))]) == [{INPUT}, {0}, {INPUT, 0}]
