"""A drawing shows the network: each layer in one box, each edge, the report's numbers, and all of it is readable.

The laws hold of every network that there is, at every depth, and of random graphs.
"""

import re
from fractions import Fraction
from functools import cache
from html import unescape
from itertools import combinations, pairwise, product
from pathlib import Path
from random import Random
from string import printable
from xml.etree import ElementTree

import pytest
from console import check_golden, check_mistake, run
from members import members
from test_imports import HEAVY, loaded_by

import archcalc
from archcalc.core.errors import ArchcalcError
from archcalc.drawing import FEW, FITS, FORMATS, shade
from archcalc.drawing.cells import PAD, WIDEST
from archcalc.drawing.drawing import NUMERIC, draw, span
from archcalc.drawing.letters import ASCII, MORE, lines, width
from archcalc.drawing.page import TITLE, page
from archcalc.graph.graph import Graph, Node
from archcalc.layers import KINDS
from archcalc.output.table import of_figure
from archcalc.report import report_of

TOP = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
NAMES = members()


@cache
def report(name):
    return archcalc.load(name).summary()


def depths(report):
    """The drawings at 1, 2 ... levels, down to the layers."""
    found = [draw(report, 1)]
    while any(len(leaf.copies[0]) > 1 for leaf in found[-1].leaves):
        found.append(draw(report, len(found) + 1))
    return found


def all_boxes(boxes, times=1):
    """Each box, with its copies in the whole network."""
    for box in boxes:
        yield box, times * box.times
        yield from all_boxes(box.children, times * box.times)


# What is in the boxes


def least(figure, report, copies):
    """What the copies have at least, which is what their known layers have."""
    each = report.counts.of(figure.rule)
    known = min(sum(each[i] for i in copy if each[i] is not None) for copy in copies)
    return f"at least {known:,}" if known else "?"


def check_boxes(drawing, report):
    """Each layer is in one leaf, as often as it says, and the figures of the leaves are those of the network."""
    figure = drawing.figure
    assert sorted(node for leaf in drawing.leaves for copy in leaf.copies for node in copy) == [
        *range(len(report.graph.nodes))
    ]
    total = 0
    for box, times in all_boxes(drawing.boxes):
        assert len(box.copies) == len(box.values) == times
        assert (box.shade is None) == bool(box.children or box.total is None or box.path == "input")
        if box.path == "input":
            continue
        values = [figure.rule.of(report.counts, copy) for copy in box.copies]
        assert [*box.values] == values
        text = of_figure(figure).type.text
        known = sorted(value for value in values if value is not None)
        alike = [text(value) for value in {*values}]
        assert box.figure == (
            least(figure, report, box.copies)
            if None in values
            else alike[0]
            if len(alike) == 1
            else f"{text(known[0])} to {text(known[-1])}"
        )
        if not box.children:
            total += times * values[0] if len(alike) == 1 and None not in values else sum(known)
    whole = report.known.figure(figure.name)
    assert total == whole


def check_copies(drawing, report):
    """Copies have equal layers with equal edges, each takes the output of the one before, and no other box does."""
    nodes = report.graph.nodes
    last_use = {source: i for i, node in enumerate(nodes) for source in node.inputs}
    for box, _ in all_boxes(drawing.boxes):
        groups = [box.copies[i : i + box.times] for i in range(0, len(box.copies), box.times)]
        for copies in groups:
            for one, other in pairwise(copies):
                assert one.stop == other.start
                assert [nodes[i].layer for i in one] == [nodes[i].layer for i in other]
                assert any(source in one for i in other for source in nodes[i].inputs)
                inner = [[(i - own[0], source - own[0]) for i in own for source in nodes[i].inputs if source in own]
                         for own in (one, other)]  # fmt: skip
                assert inner[0] == inner[1]
                outer = [(a, b) for i, j in zip(one, other, strict=True)
                         for a, b in zip(nodes[i].inputs, nodes[j].inputs, strict=True) if a not in one]  # fmt: skip
                assert all(b in (a, a + len(one)) or (one == copies[0] and b in one) for a, b in outer)
                assert all(last_use.get(i, i) < other.stop for i in one)


def check_edges(drawing, report):
    """An edge of the network is one of the drawing, or within a box, or from a copy to the next; and no others are."""
    owner = {node: leaf for leaf, box in enumerate(drawing.leaves) for copy in box.copies for node in copy}
    among = {(owner[source], owner[i]) for i, node in enumerate(report.graph.nodes) for source in node.inputs}
    assert len({*drawing.edges}) == len(drawing.edges)
    assert {*drawing.edges} <= among
    assert all(start < end for start, end in drawing.edges)
    folded = [copies for box, _ in all_boxes(drawing.boxes) if box.times > 1 for copies in [box.copies]]
    within = [{node for copy in copies for node in copy} for copies in folded]
    for i, node in enumerate(report.graph.nodes):
        for source in node.inputs:
            edge = owner[source], owner[i]
            assert edge[0] == edge[1] or edge in drawing.edges or any({source, i} <= one for one in within)


@pytest.mark.parametrize("name", NAMES)
def test_boxes_add_up_at_every_depth(name):
    for drawing in depths(report(name)):
        check_boxes(drawing, report(name))
    check_copies(drawing, report(name))
    check_edges(drawing, report(name))


@pytest.mark.parametrize("name", NAMES[::4])
def test_leaves_are_the_rows_by_block(name):
    """At each depth the leaves, with their copies apart, are the rows of `summary --by block --depth N`."""
    for depth, drawing in enumerate(depths(report(name)), 1):
        rows = {row.nodes for row in report(name).by("block", depth)}
        assert {tuple(copy) for leaf in drawing.leaves for copy in leaf.copies} == rows | {(0,)}


@pytest.mark.parametrize("figure", NUMERIC)
def test_every_figure_of_a_layer_can_be_drawn(figure):
    for name in ("densenet121", "r_fcn"):
        drawing = draw(report(name), figure=figure)
        check_values(drawing, report(name))
        assert drawing.svg()


def check_values(drawing, report):
    for box, _ in all_boxes(drawing.boxes):
        if box.path != "input":
            assert [*box.values] == [drawing.figure.rule.of(report.counts, copy) for copy in box.copies]
            assert box.figure.startswith(("?", "at least ")) == (None in box.values)


# Where the boxes stand


def check_svg(drawing):
    """XML with a title and without scripts; each box has its path, and its texts as they are."""
    root = ElementTree.fromstring(drawing.svg())
    assert root.find(f"{SVG}title").text == drawing.title
    assert root.find(f"{SVG}desc").text == " ".join(drawing.notes)
    assert {element.tag for element in root.iter()} <= {f"{SVG}{tag}" for tag in (
        "svg", "title", "desc", "defs", "marker", "linearGradient", "stop", "g", "path", "rect", "text")}  # fmt: skip
    boxes = [box for box, _ in all_boxes(drawing.boxes)]
    groups = [group for group in root.iter(f"{SVG}g") if "data-path" in group.attrib]
    assert [group.attrib["data-path"] for group in groups] == [box.path for box in boxes]
    assert [int(group.attrib.get("data-times", 1)) for group in groups] == [box.times for box in boxes]
    return groups


def check_page(drawing):
    """Boxes stand apart or one in another, texts in their boxes; each edge can be followed, and crosses no leaf."""
    placed = page(drawing)
    check_frames(placed)
    for line in placed.lines:
        assert line.x + width(line.text, line.size) <= placed.width
        assert line.y <= placed.height
    leaves = [frame for frame in placed.frames if not frame.box.children]
    below = max(line.y for line in placed.lines if line.of == "title") + TITLE / 2  # clear of its letters
    for arrow in placed.arrows:
        for x, y in points(arrow):
            assert y > below
            assert not [leaf for leaf in leaves if leaf.x + 0.01 < x < leaf.x + leaf.width - 0.01
                        and leaf.y + 0.01 < y < leaf.y + leaf.height - 0.01]  # fmt: skip
    check_lanes(placed)
    check_ways(placed, drawing)


def check_frames(placed):
    around, siblings = [], {}
    for frame in placed.frames:
        while around and frame.box not in around[-1].box.children:
            around.pop()
        inside = around[-1] if around else None
        if inside:
            assert inside.x < frame.x
            assert frame.x + frame.width < inside.x + inside.width
            assert inside.y + inside.bar < frame.y
            assert frame.y + frame.height < inside.y + inside.height
        else:
            assert frame.x >= 0
            assert frame.x + frame.width <= placed.width
        for other in siblings.setdefault(id(inside), []):
            assert (frame.x >= other.x + other.width or other.x >= frame.x + frame.width
                    or frame.y >= other.y + other.height or other.y >= frame.y + frame.height)  # fmt: skip
        siblings[id(inside)].append(frame)
        around.append(frame)
        assert frame.box.children or frame.width <= WIDEST + 2 * PAD
        check_texts(frame)


def check_lanes(placed):
    """No edge runs along another one, unless both come from one place or lead to one."""
    runs = {}
    for arrow in placed.arrows:
        at = arrow.start
        for step in arrow.steps:
            if len(step) == 1:
                ((x, y),) = step
                for axis, (here, there), (start, end) in (("x", (x, at[0]), (y, at[1])), ("y", (y, at[1]), (x, at[0]))):
                    if abs(here - there) < 0.01 < abs(start - end):
                        runs.setdefault((axis, round(here)), []).append((min(start, end), max(start, end), arrow))
            at = step[-1]
    for along in runs.values():
        for (start, end, one), (begin, stop, other) in combinations(along, 2):
            together = one.start == other.start or one.steps[-1][-1] == other.steps[-1][-1]
            assert together or end <= begin + 0.01 or stop <= start + 0.01


def check_ways(placed, drawing):
    """Who follows the ways from a leaf comes to the leaves to which it has edges, and a head is at each end."""
    leaves = [frame for frame in placed.frames if not frame.box.children]
    onwards = {}
    for arrow in placed.arrows:
        end = arrow.steps[-1][-1]
        at = [leaf for leaf in leaves if on_border(leaf, end)]
        assert arrow.head == bool(at)
        onwards.setdefault(near(arrow.start), []).append(("leaf", leaves.index(at[0])) if at else near(end))
    for frame in placed.frames if drawing.direction == "down" else ():  # below its bar a way goes on
        for x, y in {end for ends in onwards.values() for end in ends if end[0] != "leaf"} if frame.bar else ():
            if y == near((0, frame.y))[1] and frame.x < x / 10 < frame.x + frame.width:
                onwards.setdefault((x, y), []).append(near((x / 10, frame.y + frame.bar)))
    starts = [(number, start) for number, leaf in enumerate(leaves) for start in onwards
              if on_border(leaf, (start[0] / 10, start[1] / 10))]  # fmt: skip
    assert {(number, end) for number, start in starts for end in reached(onwards, start)} == {*drawing.edges}


def near(point):
    return round(10 * point[0]), round(10 * point[1])


def on_border(frame, point):
    x, y = point[0] - frame.x, point[1] - frame.y
    inside = -0.1 <= x <= frame.width + 0.1 and -0.1 <= y <= frame.height + 0.1
    return inside and min(abs(x), abs(y), abs(x - frame.width), abs(y - frame.height)) <= 0.1


def reached(onwards, point):
    for end in onwards.get(point, ()):
        if end[0] == "leaf":
            yield end[1]
        else:
            yield from reached(onwards, end)


def check_texts(frame):
    bottom = frame.y + (frame.bar or frame.height)
    for line in frame.lines:
        left = line.x - width(line.text, line.size) if line.at_end else line.x
        assert frame.x < left
        assert left + width(line.text, line.size) < frame.x + frame.width
        assert frame.y < line.y - 0.76 * line.size  # as high as a letter
        assert line.y + 0.24 * line.size < bottom
    for one, other in pairwise(frame.lines):
        if one.y == other.y:
            start = other.x - width(other.text, other.size) if other.at_end else other.x
            assert one.x + width(one.text, one.size) < start
        else:
            assert other.y >= one.y + one.size


def points(arrow):
    """Points on the way of an edge."""
    at = arrow.start
    for step in arrow.steps:
        corners = [at, *step]
        for i in range(1, 11):
            yield bezier(corners, i / 10)
        at = step[-1]


def bezier(corners, part):
    while len(corners) > 1:
        corners = [
            tuple(a + (b - a) * part for a, b in zip(one, other, strict=True)) for one, other in pairwise(corners)
        ]
    return corners[0]


WAYS = [*product(("down", "right"), ("", "a4", "slide"))]  # the directions and pages of a drawing


@pytest.mark.parametrize("name", NAMES)
def test_nothing_covers_anything(name):
    direction, fit = WAYS[NAMES.index(name) % len(WAYS)]
    check_page(draw(report(name), direction=direction, fit=fit))


@pytest.mark.parametrize("name", sorted({*NAMES} & {*archcalc.names(kind="network")}))
def test_a_network_of_one_level_fits_a_page(name):
    """On A4 the small type is at least 5 points high, and no smaller than in a single column."""
    points = [10 * min(width / placed.width, height / placed.height) * 72 / 2.54
              for fit in ("a4", "") for width, height in [FITS["a4"]]
              for placed in [page(draw(report(name), 1, fit=fit))]]  # fmt: skip
    assert points[0] >= 5
    assert points[0] >= 0.98 * points[1]


def test_columns_hold_what_one_column_does():
    """Only the frames' places differ, and each column ends with an edge to the next."""
    one, several = (page(draw(report("googlenet"), 2, fit=fit)) for fit in ("", "a4"))
    assert [frame.box for frame in one.frames] == [frame.box for frame in several.frames]
    assert len({frame.x for frame in several.frames}) > len({frame.x for frame in one.frames})
    heads = [sum(arrow.head for arrow in placed.arrows) for placed in (one, several)]
    assert heads[0] == heads[1]


# Graphs of any kind


def random_report(seed, words=("a", "b1", "b2", "unit1", "unit2", "a/b", "c")):
    """Layers of one shape with random edges and paths; now and then a part is repeated on its own output."""
    random, shape = Random(seed), (3, 8, 8)
    nodes, taken = [Node("input", None, (), shape)], set()
    while len(nodes) < 40:
        path = "/".join(random.choices(words, k=random.randint(1, 4)))
        part = [random.sample(range(-3, 0), random.choice((1, 1, 1, 2))) for _ in range(random.randint(1, 4))]
        for copy in range(random.choice((1, 1, 3))):
            if random.random() < 0.2:
                part[-1] = random.sample(range(-3, 0), len(part[-1]))
            for number, back in enumerate(part):
                name = f"{path}{copy + 1}/{number}"
                inputs = tuple(sorted({max(len(nodes) + step, 0) for step in back}))
                kind = "relu" if len(inputs) == 1 else "add"
                if name not in taken:
                    nodes.append(Node(name, KINDS[kind](), inputs, shape))
                taken.add(name)
    return report_of(Graph({}, tuple(nodes), ()), title="Random")


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_are_drawn_right(seed):
    report = random_report(seed)
    for drawing in (
        draw(report, depth, "elements", direction) for depth, direction in ((1, "down"), (2, "right"), (9, "down"))
    ):
        check_copies(drawing, report)
        check_edges(drawing, report)
        check_values(drawing, report)
        check_page(drawing)
        check_svg(drawing)


def test_random_graphs_have_copies():
    assert sum(box.times > 1 for seed in range(60) for box, _ in all_boxes(draw(random_report(seed), 9).boxes)) >= 10


HOSTILE = [
    "<script>alert(1)</script>", "&amp;\"'", '"];}', "\\end{document}\\input{x}", "%%{init}%%", "#quot; #", "$x^2_3~",
    "n0 --> n1;", "end", "]]>", "über ß \u5f20 \u202e \u0301", "n" * 500, "a b " * 40, "{", "}", "\\",
]  # fmt: skip


def named(names):
    nodes = [Node("input", None, (), (3, 8, 8))]
    for i, name in enumerate(names):
        for end in (name, "x"):
            nodes.append(Node(f"{name}/{i}/{end}", KINDS["relu"](), (max(0, len(nodes) - 2),), (3, 8, 8)))
    return report_of(Graph({}, tuple(nodes), ()), title=names[0], source=names[-1] or "s")


@pytest.mark.parametrize("names", [[name, "b", name] for name in HOSTILE] + [HOSTILE], ids=str)
def test_hostile_names_stay_text(names):
    for direction, fit in (("down", "a4"), ("right", "")):
        hostile = draw(named(names), 9, direction=direction, fit=fit)
        check_page(hostile)
        groups = check_svg(hostile)
        for group, (box, _) in zip(groups, all_boxes(hostile.boxes), strict=True):
            shown = "".join(
                "".join(text.itertext()) for text in group.iter(f"{SVG}text") if text.get("class") == "name"
            )
            assert squeezed(shown) == squeezed(box.title) or (
                shown.endswith(MORE) and squeezed(box.title).startswith(squeezed(shown[:-3]))
            )
        plain = draw(named([f"b{i}" for i in range(len(names))]), 9, direction=direction)
        assert without_texts(hostile.dot()) == without_texts(plain.dot())
        assert without_texts(hostile.mermaid()) == without_texts(plain.mermaid())
        boxes = [box for box, _ in all_boxes(hostile.boxes)]
        assert dot_labels(hostile.dot())[1:] == [[*box.texts] for box in boxes]
        shown = [list(box.texts[: 1 if box.children else None]) for box in boxes]
        assert mermaid_labels(hostile.mermaid()) == shown
        check_commands(hostile.tex())


def test_names_with_empty_parts_are_drawn():
    for direction in ("down", "right"):
        drawing = draw(named(["", "/", "a//", "//"]), 9, direction=direction)
        check_page(drawing)
        check_svg(drawing)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def dot_labels(written):
    """The lines of each label, as Graphviz reads them: it knows \\l, which ends a line, and names of characters."""
    found = re.findall(r'label="((?:[^"\\]|\\.)*)"', written)
    lines = [re.sub(r"\\(.)", lambda one: "\n" if one[1] == "l" else one[1], label).splitlines() for label in found]
    return [[unescape(line) for line in label] for label in lines]


def mermaid_labels(written):
    found = re.findall(r'^ +(?:n|subgraph b)\d+\["(.*)"\]$', written, re.MULTILINE)
    return [[re.sub(r"#(\d+);", lambda one: chr(int(one[1])), line) for line in label.split("<br>")] for label in found]


def without_texts(written):
    """The lines of a file without what is in quotation marks and in comments."""
    assert all(re.fullmatch(r"[\w .,:;()=/+#-]*", comment) for comment in re.findall("%% (.*)", written))
    lines = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"%% .*", "%%", written)).splitlines()
    assert not [line for line in lines if not re.fullmatch(r'[\w \[\]{}=",;#:>.-]*|  %%', line)]
    return lines


NODE = r"\\node\[\w+,anchor=base \w+,text=\{[^{}]*\}\] at \([-\d.,]+\) \{(.*)\};"
PRINTED = r"\\text\w+\{\}|\$\\times\$|\\[&%$#_{}]|\{[\[\]*]?\}|\\[`'^~=u.\"rHvc]\{\w\}|\{\\\w\w\}"


def check_commands(written):
    """Each line of a TikZ picture is a command in ASCII, and the text of a node holds no other."""
    for line in written.splitlines()[1:]:
        assert line.isascii()
        if line.startswith("\\node"):
            assert not re.search(r"[\\{}$&#^_~%]", re.sub(PRINTED, "", re.fullmatch(NODE, line)[1])), line
        else:
            assert re.fullmatch(r"\\(path|useasboundingbox|(begin|end)\{tikzpicture\}).*", line)


def test_a_name_that_is_too_long_is_cut_and_whole_in_the_tooltip():
    assert lines("n" * 500, 12, 200, 3)[-1].endswith(MORE)
    assert len(lines("n" * 500, 12, 200, 3)) == 3
    assert "n" * 500 in draw(named(["n" * 500])).svg()


def test_no_letter_is_wider_than_its_width():
    """DejaVu Sans, as matplotlib has it, is the widest of the fonts."""
    fonts = pytest.importorskip("matplotlib.font_manager")
    from matplotlib.ft2font import FT2Font

    font = FT2Font(fonts.findfont("DejaVu Sans"))
    font.set_size(1000, 72)
    for character in printable[:94] + " éßØæŒœÆ×→≤…":  # noqa: RUF001
        assert font.load_char(ord(character)).linearHoriAdvance / 65536 <= width(character, 1000) + 1, character
    assert len(ASCII) == 95


def test_text_is_read_on_every_shade():
    for i in range(101):
        ground = shade.fill(i / 100)
        assert shade.contrast(shade.ink(ground), ground) >= 4.5
    assert shade.contrast("#000000", "#ffffff") == 21
    assert min(shade.contrast(shade.OUTSIDE, page) for page in ("#ffffff", "#000000")) >= 4.5
    assert min(shade.contrast(shade.EDGE, page) for page in ("#ffffff", "#000000")) >= 3
    lights = [shade.contrast(shade.fill(i / 100), "#000000") for i in range(101)]
    assert lights == sorted(lights, reverse=True)


# What is told apart


def test_an_edge_goes_round_at_its_own_side():
    """In the normal cell of NASNet the block p stands left, and its edge to the end goes by there."""
    drawing = draw(report("nasnet_normal_cell"), 2)
    placed = page(drawing)
    p, *blocks = [frame for frame in placed.frames if frame.box.name in ("p", "block1", "block5")]
    (lane,) = [arrow for arrow in placed.arrows if min(x for x, _ in points(arrow)) < min(block.x for block in blocks)]
    assert p.x <= lane.start[0] <= p.x + p.width


def test_branches_are_no_copies():
    """What stands side by side on one input, or is used by a later box, is not folded, though it is equal."""
    nodes = [Node("input", None, (), (4, 8, 8))]
    nodes += [Node(f"tower{i}", KINDS["relu"](), (0,), (4, 8, 8)) for i in (1, 2, 3)]
    nodes += [Node("sum", KINDS["add"](), (1, 2, 3), (4, 8, 8))]
    nodes += [Node(f"step{i}", KINDS["relu"](), (3 + i,), (4, 8, 8)) for i in (1, 2, 3, 4)]
    nodes += [Node("skip", KINDS["add"](), (6, 8), (4, 8, 8))]
    drawing = draw(report_of(Graph({}, tuple(nodes), ())))
    assert [box.title for box in drawing.boxes] == [
        "input", "tower1", "tower2", "tower3", "sum", "step1 ... step2 x 2", "step3 ... step4 x 2", "skip"]  # fmt: skip
    assert len(drawing.edges) == 10


def test_copies_with_other_numbers_show_from_where_to_where():
    box = next(box for box, _ in all_boxes(draw(report("densenet121")).boxes) if box.times == 6)
    assert (box.title, box.path) == ("layer1 ... layer6 x 6", "dense1/layer1")
    assert box.output == "96 to 256 x 56 x 56"
    assert box.figure == "141,295,616 to 205,520,896"
    assert box.total == report("densenet121").by("block")[4].mult_adds


def test_what_is_unknown_is_shown_as_unknown():
    nodes = (Node("input", None, (), (3, 8, 8)), Node("conv", KINDS["conv"](4, 3), (0,), (4, 6, 6)),
             Node("own", KINDS["opaque"]((4, 6, 6)), (1,), (4, 6, 6)))  # fmt: skip
    drawing = draw(report_of(Graph({}, nodes, ())))
    assert [box.figure for box in drawing.boxes] == ["", "3,888", "?"]
    assert "unknown: own; 'at least' counts the rest" in drawing.notes
    assert "In each box: mult-adds; in total at least 3,888." in drawing.notes
    assert span((None, 3), of_figure(drawing.figure).type.text) == "?"
    assert drawing.svg().count("stroke-dasharray") == drawing.tex().count("dashed") == 1


@pytest.mark.parametrize("depth", [None, 1, 2])
def test_the_usual_depth_has_few_boxes(depth):
    for name in ("googlenet", "resnet152", "nasnet_large", "lenet5"):
        drawing = draw(report(name), depth)
        assert depth or len(drawing.leaves) <= FEW
        assert depth is None or all(box.path.count("/") < depth or len(box.copies[0]) == 1 for box in drawing.leaves)
    assert len(draw(report("googlenet")).leaves) == 62


# Files


def test_a_drawing_is_the_same_each_time(tmp_path):
    for suffix in FORMATS:
        if suffix in ("pdf", "png"):
            pytest.importorskip("matplotlib")
        for name in "ab":
            assert run(["draw", "inception_reduced", "-o", str(tmp_path / f"{name}.{suffix}")]).exit_code == 0
        one, other = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
        assert one == other or suffix == "pdf"  # which holds the time
        assert one.startswith({"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<svg"}.get(suffix, b""))


@pytest.mark.parametrize("format_", ["svg", "tex", "mmd", "dot"])
def test_small_drawings_are_as_they_were_read(format_):
    check_golden(f"draw_{format_}", f"draw residual_basic --format {format_}")


def test_the_drawing_of_the_front_page_is_current(tmp_path):
    """`archcalc draw inception_reduced --depth 2 -o docs/images/inception.svg` writes it anew."""
    path = TOP / "docs" / "images" / "inception.svg"
    assert path.read_text() == archcalc.load("inception_reduced").draw(2).svg()


def test_a_report_and_a_network_draw_themselves():
    drawing = archcalc.load("mobilenet_v1").draw(depth=1, figure="params", direction="right", alpha=Fraction(1, 2))
    assert drawing == archcalc.load("mobilenet_v1").summary(alpha=0.5).draw(1, "params", "right")
    assert drawing._repr_svg_() == drawing.svg()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("draw vgg17 -o d.svg", "no network 'vgg17'"),
        ("draw vgg16 -o d.gif", "the suffix decides the format; there are .svg, .pdf, .png, .tex, .mmd, .dot"),
        (
            "draw vgg16 --figure parms -o d.svg",
            "no figure 'parms' that is a number of each layer; did you mean 'params'?",
        ),
        ("draw vgg16 --figure peak_bytes -o d.svg", "no figure 'peak_bytes' that is a number of each layer"),
        ("draw vgg16 --figure kernel -o d.svg", "no figure 'kernel' that is a number of each layer"),
        ("draw vgg16 --depth 0 -o d.svg", "0 is not in the range x>=1"),
        ("draw vgg16 --direction left -o d.svg", "'left' is not one of"),
        ("draw vgg16 --fit a3 -o d.svg", "'a3' is not one of"),
        ("draw vgg16 --standalone -o d.svg", "--standalone is for tex, and the format here is svg"),
        ("draw vgg16 --format png", "a PNG is not text; give it a file with -o FILE.png"),
        ("draw resnet1202_cifar --depth 9 -o nowhere/d.svg", "nowhere/d.svg"),
        ("draw nasnet_large --depth 9 -o d.png", "too large for a PNG; give a smaller depth, or write an .svg"),
    ],
)
def test_bad_commands_are_refused_and_write_nothing(command, told, tmp_path):
    check_mistake(command, told, tmp_path)


def test_what_cannot_be_drawn_is_refused():
    import sympy

    network = archcalc.load("mobilenet_v1")
    with pytest.raises(ArchcalcError, match=r"mobilenet_v1: .* has no definite size; .* single number for each knob"):
        network.draw(alpha=sympy.Symbol("alpha", positive=True))
    with pytest.raises(ArchcalcError, match="depth is a number of levels, at least 1, not 0"):
        network.draw(depth=0)
    with pytest.raises(ArchcalcError, match="direction is down or right, not 'up'"):
        network.draw(direction="up")
    with pytest.raises(ArchcalcError, match="the format of a drawing is svg, pdf, png, tex, mmd or dot, not 'gif'"):
        network.draw().written("gif")
    with pytest.raises(ArchcalcError, match="fit is a4 or slide, not 'a3'"):
        network.draw(fit="a3")
    nodes = [Node("input", None, (), (3,)), *(Node(f"n{i}x", KINDS["relu"](), (i,), (3,)) for i in range(2001))]
    with pytest.raises(ArchcalcError, match=r"room for 2,000 boxes, and this one would have 2,002$"):
        draw(report_of(Graph({}, tuple(nodes), ())))
    dense = [Node("input", None, (), (3,)), *(Node(f"n{i}x", KINDS["add"](), (*range(i),), (3,)) for i in range(1, 70))]
    with pytest.raises(ArchcalcError, match=r"room for 2,000 edges, and this one would have 2,415$"):
        draw(report_of(Graph({}, tuple(dense), ())))


def test_without_matplotlib_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    check_mistake("draw vgg16 -o d.png", "a picture needs matplotlib", tmp_path)


def test_drawing_imports_nothing_heavy():
    assert not loaded_by("draw lenet5") & (HEAVY - {"click"})
