"""The page with sliders: what it computes, what it refuses, and what it lets a spec do."""

import json
import re
import shlex
import shutil
from base64 import b64encode
from fractions import Fraction
from hashlib import sha256
from importlib.util import find_spec
from random import Random

import pytest
from console import run
from laws.page_law import ASK, asked, case, check, engine, expected, page_at, plain
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
CHUNK = 24  # networks on one page in Chromium
CHROMIUM = shutil.which("chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
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


# In a browser


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("needs Chromium, which is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, which is not installed")
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Opens a page of these networks; at the end, nothing was loaded and nothing went wrong."""
    wrong, loaded, context = [], [], browser.new_context(viewport={"width": 1400, "height": 900})

    def opened(*names, hash="", reports=None):
        path = tmp_path / "page.html"
        path.write_text(render(page_of(reports or [archcalc.model.reference(name).summary({}) for name in names])))
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: loaded.append(request.url.partition("#")[0]))
        page.goto(f"{path.as_uri()}{hash}")
        return page

    yield opened
    context.close()
    assert not wrong
    assert {*loaded} <= {(tmp_path / "page.html").as_uri()}


READ = """section => {
  const rows = [...section.querySelectorAll(".layers tbody tr")];
  const cells = row => [...row.children].slice(1).map(cell => cell.textContent);
  return {
    heading: section.querySelector("h2").textContent,
    counts: [...section.querySelectorAll(".totals tbody tr")].map(row => row.children[1].textContent),
    layer: rows.filter(row => !row.matches(".block")).map(row => [row.dataset.path, ...cells(row)]),
    block: rows.filter(row => !row.dataset.path.includes("/")).map(row => [row.dataset.path, ...cells(row)]),
    problem: section.querySelector(".wrong").textContent,
  };
}"""


def read(page, index=0):
    """What a reader sees of a network, with all its blocks unfolded."""
    section = page.locator(".networks > section").nth(index)
    if section.get_by_text("Unfold all").is_visible():
        section.get_by_text("Unfold all").click()
    found = section.evaluate(READ)
    return {"refused": found["problem"]} if found["problem"] else found


def settle(page):
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("first", range(0, len(NAMES), CHUNK))
def test_every_network_in_a_browser(visit, first, monkeypatch):
    monkeypatch.setattr(html, "mathematics", lambda report: None)  # which another test reads
    monkeypatch.setattr(html, "MOST_CODE", 1)
    points = [case(name, "one") for name in NAMES[first : first + CHUNK]]
    points = [(net, values, right) for net, values, right in points if "refused" not in right]
    page = visit(reports=[net.summary(**values) for net, values, _ in points])
    words = [[show(value) for value in values.values()] for _, values, _ in points]
    said = page.evaluate(f"words => words.map((own, i) => ({ASK})(i, own))", words)
    for (net, values, right), own in zip(points, said, strict=True):
        check(own, right, (net.name, values))


@pytest.mark.parametrize("name", SEVERAL)
def test_what_a_reader_sees(visit, name):
    _, values, right = case(name, "seen")
    page = visit(name)
    for knob, value in zip(page.locator(".knob select, .knob input[type=text]").all(), values.values(), strict=True):
        own = "select_option" if knob.evaluate("node => node.tagName") == "SELECT" else "fill"
        getattr(knob, own)(show(value))
    settle(page)
    check(read(page), right, (name, values))


MOVES = (  # a knob of a network, the keys that move it, and the value that it then has
    ("mobilenet_v1", "alpha", ["ArrowRight"] * 3, "1.03"),
    ("mobilenet_v1", "rho", ["ArrowLeft", "ArrowLeft"], "0.98"),
    ("resnet50", "n4", ["ArrowRight"] * 2, "8"),
    ("resnet50", "n2", ["Home"], "1"),
    ("densenet121", "n3", ["ArrowLeft"] * 5, "19"),
    ("lenet5", "resolution", ["End"], "64"),
)


@pytest.mark.parametrize(("name", "knob", "keys", "text"), MOVES)
def test_a_slider_moves_everything(visit, name, knob, keys, text):
    net = archcalc.load(name)
    page = visit(name)
    page.get_by_role("slider", name=knob, exact=True).focus()
    for key in keys:
        page.keyboard.press(key)
    settle(page)
    values = {one: own.default for one, own in net.knobs.items()} | {knob: net.accept(knob, text, text=True)}
    check(read(page), expected(net, values), (name, text))
    assert page.evaluate("location.hash") == f"#{knob}={text}"
    assert page.get_by_role("textbox", name=knob, exact=True).input_value() == text


def test_a_link_is_a_setting(visit):
    page = visit("mobilenet_v1", hash="#alpha=0.75&rho=160/224&convolution=full")
    net = archcalc.load("mobilenet_v1")
    values = {"alpha": 0.75, "rho": "160/224", "convolution": "full"}
    values = {knob: net.accept(knob, str(value), text=True) for knob, value in values.items()}
    check(read(page), expected(net, values), "a link")
    page.evaluate("location.hash = '#alpha=9'")
    settle(page)
    assert read(page) == {"refused": "mobilenet_v1: alpha = 9; it must be at most 4"}
    page.get_by_role("button", name="Defaults").click()
    assert page.evaluate("location.hash") == ""
    check(read(page), expected(net, {}), "the defaults")


def test_a_link_sets_one_of_several_networks_or_all(visit):
    page = visit("mobilenet_v1", "mobilenet_v1", "resnet50", hash="#classes=10&mobilenet_v1-2@alpha=0.5&resnet50@n2=4")
    texts = [{"classes": 10}, {"classes": 10, "alpha": "0.5"}, {"classes": 10, "n2": 4}]
    for i, (name, values) in enumerate(zip(("mobilenet_v1", "mobilenet_v1", "resnet50"), texts, strict=True)):
        net = archcalc.load(name)
        right = expected(net, {knob: net.accept(knob, str(value), text=True) for knob, value in values.items()})
        check(read(page, i), right, name)
        row = page.locator("section[aria-label=totals] tbody tr").nth(i).locator("td").all_text_contents()
        assert [row[1], row[6], row[3], row[4]] == right["counts"]


def test_what_is_refused_shows_no_number(visit):
    page = visit("resnet50")
    page.get_by_role("textbox", name="classes").fill("2.5")
    settle(page)
    section = page.locator(".networks > section")
    message = section.locator(".wrong").text_content()
    assert "must be a whole number, at least 1, not 2.5" in message
    assert message in run("summary resnet50 --classes 2.5").output
    assert not section.locator(".layers tbody tr").count()
    assert not any(section.locator(".totals tbody td:nth-child(2)").all_text_contents())
    assert not section.get_by_text("Copy as CSV").is_visible()


def test_outside_of_the_page_stands_the_command(visit):
    page = visit("resnet50", hash="#n4=300&option=C")
    said = read(page)["refused"]
    assert said.startswith("This page does not have the network at these settings")
    command = said.partition("archcalc ")[2]
    assert run(shlex.split(command)).exit_code == 0
    assert command == "summary resnet50@n4=300,option=C"


def copied(page, name):
    """What a button would put on the clipboard."""
    page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
    page.get_by_role("button", name=name).first.click()
    settle(page)
    return page.evaluate("window.copied")


def test_the_table_and_the_question_can_be_copied(visit):
    page = visit("lenet5", hash="#resolution=36&pooling=max")
    command = copied(page, "Copy command")
    assert command == "archcalc summary lenet5@pooling=max,resolution=36"
    asked_for = run([*shlex.split(command)[1:], "--format", "csv", "--columns", "path,kind,output,params,mult_adds"])
    assert copied(page, "Copy as CSV").splitlines() == asked_for.output.splitlines()
    table = [line for line in copied(page, "Copy as Markdown").splitlines() if line.startswith("|")]
    said = [line for line in run([*shlex.split(command)[1:], "--format", "md"]).output.splitlines() if "|" in line]
    words = [[[cell.strip().replace("\\", "") for cell in line.split("|")] for line in lines if "--" not in line]
             for lines in (table, said)]  # fmt: skip
    assert words[0] == words[1]


def test_the_closed_form_has_the_value_of_the_page(visit):
    page = visit("mobilenet_v1", hash="#alpha=0.75")
    closed = page.locator(".formula")
    assert closed.locator("math mn").first.text_content() == "539492352"
    assert page.get_by_text("= 325,400,448 at these settings").is_visible()
    page.evaluate("location.hash = '#rho=0.714'")
    settle(page)
    assert page.get_by_text("It does not hold at these settings").is_visible()
    page.evaluate("location.hash = '#convolution=full'")
    settle(page)
    assert page.get_by_text("It does not hold at these settings").is_visible()


EVIL = "</script><img src=x onerror=evil()><b>&amp;\"'`${evil()}{{SCRIPT}}"
HOSTILE = f"""
net: {json.dumps(EVIL)}
source: {json.dumps(EVIL)}
given:
  k: {{default: 2, min: 1, help: {json.dumps(EVIL)}}}
  word: {{default: "'<i>x'", choices: ["'<i>x'", "'</script>'"]}}
  __proto__: {{default: 1, min: 1}}
  top: 3
  row: 4
input: [3, 8, 8]
layers:
  - constructor: conv(k*top*row, 3)
  - toString: conv(__proto__, 1)
  - relu:
    when: word != 'y'
"""


def test_a_spec_cannot_write_markup_or_script(visit, tmp_path):
    (tmp_path / "it's <b>.yaml").write_text(HOSTILE)
    page = visit(str(tmp_path / "it's <b>.yaml"))
    assert page.evaluate("[...document.querySelectorAll('b, img, script')].length") == 2
    assert page.locator("h2").text_content().startswith(EVIL)
    assert "evil" not in page.evaluate("Object.keys(window).join()")
    page.get_by_role("textbox", name="k", exact=True).fill("3")
    settle(page)
    net = archcalc.load(str(tmp_path / "it's <b>.yaml"))
    check(read(page), expected(net, {"k": 3}), "hostile")
    assert shlex.split(copied(page, "Copy command"))[2] == f"{net.name}@k=3"


def test_the_keyboard_folds_a_block_and_a_reader_is_told(visit):
    page = visit("mobilenet_v1")
    fold = page.get_by_role("button", name="separable1")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("aria-expanded") == "true"
    assert page.locator("tr[data-path='separable1/dw']").is_visible()
    assert fold.evaluate("node => node === document.activeElement")
    assert page.get_by_role("slider", name="alpha").get_attribute("aria-valuetext") == "1"


def boxes(page):
    """The texts of the boxes of a drawing: path -> kind, output, figure, those that there are."""
    read = (
        "all => all.map(box => [box.dataset.path, [...box.querySelectorAll('text')].slice(1).map(t => t.textContent)])"
    )
    return dict(page.locator("svg g[data-path]").evaluate_all(read))


@pytest.mark.parametrize("name", ["inception_reduced", "lenet5", "fire_module", "mobilenet_v1_block"])
def test_the_drawing_has_the_figures_of_the_table(visit, name):
    page = visit(name)
    for key in ("ArrowRight", "ArrowRight"):
        page.get_by_role("slider").last.press(key)
    settle(page)
    said, drawn = read(page), boxes(page)
    rows = {row[0]: row[1:] for row in (*said["block"], *said["layer"])}
    assert len(drawn) > 5
    for path, words in drawn.items():
        if path in rows:
            assert {*words} - {""} <= {rows[path][0], rows[path][1], rows[path][3]}, path


def test_a_drawing_of_other_layers_is_not_shown(visit):
    page = visit("resnet50")
    page.locator("summary").click()
    settle(page)
    assert page.locator("svg").is_visible()
    page.get_by_role("textbox", name="n3", exact=True).fill("5")
    settle(page)
    assert not page.locator("svg").is_visible()
    assert page.get_by_text("The layers here are not those of the drawing").is_visible()


def test_a_notebook_shows_the_page_in_a_frame(visit, browser):
    shown_in_cell = archcalc.load("lenet5").explore(resolution=36)._repr_html_()
    page = browser.new_page()
    page.set_content(f"<div>{shown_in_cell}</div>")
    frame = page.frame_locator("iframe")
    frame.get_by_role("slider", name="resolution").press("ArrowRight")
    frame.locator("h2", has_text=", input 1 x 37 x 37").wait_for()  # a page shows what is new in its next frame
    page.close()
