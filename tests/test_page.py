"""The page with sliders: what it computes, what it refuses, and what it lets a spec do."""

import json
import re
from base64 import b64encode
from fractions import Fraction
from hashlib import sha256
from importlib.util import find_spec
from random import Random

import pytest
from console import run
from laws.page_law import asked, case, check, engine, expected, page_at, plain
from members import members
from page_picture import OF, PICTURE, name_of, shown

import archcalc
from archcalc.core.value import show
from archcalc.output.table import RATIO, SHARE
from archcalc.page import html
from archcalc.page.html import page_of, render, script
from archcalc.traces.copies import MOST_COPIES

TOP = PICTURE.parent.parent.parent
LECTURE = ("mobilenet_v1", "inception_reduced", "resnet50")
SEVERAL = (*LECTURE, "lenet5", "vgg16", "densenet121", "conv2d", "r_fcn")
NAMES = members()
needs_v8 = pytest.mark.skipif(
    not find_spec("py_mini_racer"), reason="needs mini-racer, which runs JavaScript and is not installed"
)


# The law, in V8 without a document


@needs_v8
@pytest.mark.parametrize("name", NAMES)
def test_every_network_at_random_settings(name):
    net, values, right = case(name, "one")
    said = check(asked(page_at(net, values), 0, values), right, (name, values))
    assert said or "refused" in right or len(right["layer"]) > MOST_COPIES


def said_of(names, points):
    """Whether a page of these networks has said something, for each of random settings of each."""
    page = page_of([archcalc.load(name).summary() for name in names])
    for index, name in enumerate(names):
        for seed in range(points):
            _, values, right = case(name, seed)
            yield check(asked(page, index, values), right, (name, values))


@needs_v8
def test_a_page_has_the_structures_that_its_knobs_decide():
    said = [*said_of(SEVERAL, 5)]
    assert sum(said) >= 0.95 * len(said), said


BREAKS = (  # what is right in core.js, and what is wrong in its place
    ("(2n * n + d) / (2n * d)", "n / d"),
    ("first + Number(place)", "first"),
    ("text !== left", "true"),
    ("path.slice(found[0].length)", '""'),
    ("slice(0, depth)", "slice(0, depth + 1)"),
    ("knobs[knob].word !== word", "false"),
    ("if (refused !== OTHER)", "if (true)"),
)


@needs_v8
@pytest.mark.parametrize(("right", "wrong"), BREAKS)
def test_the_law_catches_a_wrong_page(right, wrong, monkeypatch):
    core = html._own("core.js")
    assert right in core
    monkeypatch.setattr(html, "_own", lambda name: core.replace(right, wrong))
    with pytest.raises((AssertionError, TypeError)):
        assert all(said_of(("resnet50", "conv2d", "mobilenet_v1"), 8))


@needs_v8
def test_ratios_and_shares_are_written_as_in_tables():
    page, random = page_of([archcalc.load("lenet5").summary()]), Random(1)
    pairs = [(random.randrange(10 ** random.randrange(1, 12)), 1 + random.randrange(10 ** random.randrange(1, 12)))
             for _ in range(300)] + [(1, 16), (1, 1), (5, 2000), (0, 3), (1, 10**9)]  # fmt: skip
    asked_for = f"{json.dumps(pairs)}.map(([a, b]) => [BigInt(a), BigInt(b)])"
    written = "JSON.stringify(pairs.map(([a, b]) => [ratio(a, b), percent(share(a, b))]))"
    program = f"{{ const data = {json.dumps(page.data)}; {script(page)} const pairs = {asked_for}; {written} }}"
    right = [[RATIO.text(Fraction(a, b)), SHARE.text(Fraction(a, b))] for a, b in pairs]
    assert json.loads(engine().eval(program)) == right


WRONG = {
    "mobilenet_v1": [{"alpha": "0.01"}, {"rho": "9"}, {"convolution": "half"}, {"alpha": "0.7"}, {"rho": "1/224"}],
    "resnet50": [{"resolution": "31"}, {"n2": "2.5"}, {"stride_on": "2"}, {"n3": "0"}],
    "conv2d": [{"M": "1000000000", "N": "1000000000"}, {"D_K": "15", "padding": "valid"}],
    "dense_layer": [{"outputs": "0"}, {"outputs": "1/3"}],
}


@needs_v8
@pytest.mark.parametrize("name", WRONG)
def test_what_the_engine_refuses_is_refused_with_its_message(name):
    net = archcalc.load(name)
    page = page_of([net.summary()])
    for texts in WRONG[name]:
        values = {knob.name: texts.get(knob.name, show(knob.default)) for knob in net.knobs.values()}
        told = run(["summary", f"{name}@{','.join(f'{knob}={text}' for knob, text in texts.items())}"])
        said = asked(page, 0, values)
        if told.exit_code == 0:
            assert check(said, expected(net, {k: net.accept(k, v, text=True) for k, v in values.items()}), texts)
        else:
            assert said["refused"], texts
            assert plain(said["refused"]) in told.output, texts


@needs_v8
@pytest.mark.parametrize(
    ("name", "texts"),
    [("resnet50", {"n4": "300"}), ("conv2d", {"M": "10000000000"}), ("conv2d", {"D_F": "10000000001"})],
)
def test_what_the_page_does_not_cover_gives_no_number(name, texts):
    net = archcalc.load(name)
    values = {knob.name: texts.get(knob.name, show(knob.default)) for knob in net.knobs.values()}
    assert asked(page_of([net.summary()]), 0, values) == {"refused": None}


# The file


def test_one_file_that_loads_nothing_and_is_small(tmp_path):
    assert run(["page", "resnet152", "-o", str(tmp_path / "page.html")]).exit_code == 0
    text = (tmp_path / "page.html").read_text("ascii")
    assert len(text) < 1 << 20
    assert not re.findall(r"(?:src|href)\s*=|@import|url\((?!#)|fetch\(|XMLHttp|import\(", text)
    assert {*re.findall(r"\w+://[\w./]+", text)} == {"http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"}


def test_the_policy_allows_the_own_script_and_style_alone():
    text = render(page_of([archcalc.load("lenet5").summary()]))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    for tag in ("script", "style"):
        (own,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = b64encode(sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"<[^>]+\son\w+=", text.partition("<script")[0])


def test_a_graph_without_a_spec_has_no_page():
    from archcalc.report import report_of

    report = report_of(archcalc.load("lenet5").summary().graph)
    with pytest.raises(archcalc.ArchcalcError, match="a page needs a spec"):
        page_of([report])


LECTURES = "lenet5 alexnet vgg16 googlenet inception_v3 resnet50 densenet121 mobilenet_v1 mobilenet_v2"


def test_the_report_is_current(tmp_path):
    assert run(["page", *LECTURES.split(), "-o", str(tmp_path / "page.html")]).exit_code == 0
    same = (tmp_path / "page.html").read_bytes() == (TOP / "reports" / "page.html").read_bytes()
    assert same, f"run: archcalc page {LECTURES} -o reports/page.html"


def test_the_picture_on_the_front_page_is_current():
    image = pytest.importorskip("PIL.Image", reason="needs pillow, which is not installed")
    with image.open(PICTURE) as picture:
        same = picture.text[OF] == name_of(shown())
    assert same, "run, in tests/: python page_picture.py /usr/bin/chromium"
    assert f"]({PICTURE.relative_to(TOP)})" in (TOP / "README.md").read_text("utf-8")
