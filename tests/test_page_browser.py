"""The page in Chromium: what a reader sees at each setting, what moves it, and what can be copied."""

import json
import shlex
import shutil
from collections import Counter
from random import Random

import pytest
from console import run
from laws.page_law import case, settings
from laws.page_seen import AT_LINKS, SIDE_BY_SIDE, claims, compare, figures, link, seen
from members import members

import archcalc
from archcalc.page import html
from archcalc.page.html import page_of, render
from archcalc.page.mathematics import closed_form
from archcalc.tables import totals_table
from archcalc.traces.copies import MOST_COPIES

NAMES = members()
SEVERAL = ("mobilenet_v1", "inception_reduced", "resnet50", "lenet5", "vgg16", "densenet121", "conv2d", "r_fcn",
           "mobilenet_v3_small")  # fmt: skip
CHUNK = 24  # networks on one page
PATIENCE = 300_000  # ms; other programs may use the machine, too
CHROMIUM = shutil.which("chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


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
    context.set_default_timeout(PATIENCE)

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


def read(page, index=0):
    """What a reader sees of a network."""
    return page.evaluate(SIDE_BY_SIDE, False)[0][index]


def settle(page):
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


# The law: every figure that a reader sees


@pytest.mark.parametrize("first", range(0, len(NAMES), CHUNK))
def test_every_network_side_by_side(visit, first, monkeypatch):
    monkeypatch.setattr(html, "mathematics", lambda report: {"missing": "not here"})  # which the next test reads
    monkeypatch.setattr(html, "MOST_CODE", 1)
    points = [case(name, "one") for name in NAMES[first : first + CHUNK]]
    points = [(net, values) for net, values, right in points if "refused" not in right]
    reports = [net.summary(**values) for net, values in points]
    sections, totals = visit(reports=reports).evaluate(SIDE_BY_SIDE, True)
    for (net, values), own in zip(points, sections, strict=True):
        assert compare(own, seen(net, values), (net.name, values))
    assert [row[1:] for row in totals] == [row[1:] for row in totals_table(reports).texts()]


def pytest_generate_tests(metafunc):
    if "network" in metafunc.fixturenames:
        metafunc.parametrize("network", archcalc.names() if metafunc.config.option.settings else SEVERAL)


def test_every_setting_of_a_network(visit, network, request, record_property, monkeypatch):
    net = archcalc.load(network)
    points = [settings(net, Random(f"{network} {seed}")) for seed in range(request.config.option.settings or 1)]
    said = visit(network).evaluate(AT_LINKS, [*map(link, points)])
    form, tally, elsewhere = closed_form(net.summary()), Counter(networks=1, settings=len(points)), []
    for values, own in zip(points, said, strict=True):
        right = seen(net, values)
        if not compare(own, right, (network, values)):
            elsewhere += [(values, right)] * ("refused" not in right)
            tally["refused by archcalc, and not in the page"] += "refused" in right
        elif "refused" in right:
            tally["refused with the message of archcalc"] += 1
        else:
            tally.update(
                figures=figures(own), shown=1, closed_forms=claims(form, values, own["closed"], (network, values))
            )
    if elsewhere:
        monkeypatch.setattr(html, "MOST_CODE", 1)
        reports = [net.summary(**values) for values, _ in elsewhere]
        sections, _ = visit(reports=reports).evaluate(SIDE_BY_SIDE, True)
        for (values, right), own in zip(elsewhere, sections, strict=True):
            if compare(own, right, (network, values)):
                tally.update(figures=figures(own), **{"shown by a page made there": 1})
            else:
                assert len(right["layers"]) > MOST_COPIES
                tally["in no page, with more repetitions than it has"] += 1
    for what, number in tally.items():
        record_property(what, number)


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
    assert compare(read(page), seen(net, values), (name, text))
    assert page.evaluate("location.hash") == f"#{knob}={text}"
    assert page.get_by_role("textbox", name=knob, exact=True).input_value() == text


MOVED = """async then => {
  const slider = document.querySelector("input[type=range][aria-label=resolution]");
  const frame = () => new Promise(requestAnimationFrame);
  const words = row => [...row.children].map(cell => cell.textContent);
  const all = () => [...document.querySelectorAll(".layers tbody tr")];
  const rows = () => Object.fromEntries(all().map(row => [row.dataset.path, words(row)]));
  slider.value = Number(slider.value) + 1;
  slider.dispatchEvent(new Event("input"));
  await frame();
  await frame();
  const first = rows();
  if (then === "print") dispatchEvent(new Event("beforeprint")); else await new Promise(done => setTimeout(done, 600));
  return [first, rows()];
}"""


@pytest.mark.parametrize("then", ["print", "rest"])
def test_rows_out_of_sight_follow_when_the_slider_rests_or_the_page_is_printed(visit, then):
    page = visit("densenet121")
    page.get_by_text("Unfold all").click()
    first, last = page.evaluate(MOVED, then)
    right = seen(archcalc.load("densenet121"), {"resolution": 225})["rows"]
    assert first["conv0"] == right["conv0"]
    assert last == right


def test_a_link_is_a_setting(visit):
    page = visit("mobilenet_v1", hash="#alpha=0.75&rho=160/224&convolution=full")
    net = archcalc.load("mobilenet_v1")
    values = {"alpha": 0.75, "rho": "160/224", "convolution": "full"}
    values = {knob: net.accept(knob, str(value), text=True) for knob, value in values.items()}
    assert compare(read(page), seen(net, values), "a link")
    page.evaluate("location.hash = '#alpha=9'")
    settle(page)
    assert read(page) == {"refused": "mobilenet_v1: alpha = 9; it must be at most 4", "left": ""}
    page.get_by_role("button", name="Defaults").click()
    assert page.evaluate("location.hash") == ""
    assert compare(read(page), seen(net, {}), "the defaults")


def test_a_link_sets_one_of_several_networks_or_all(visit):
    page = visit("mobilenet_v1", "mobilenet_v1", "resnet50", hash="#classes=10&mobilenet_v1-2@alpha=0.5&resnet50@n2=4")
    texts = [{"classes": 10}, {"classes": 10, "alpha": "0.5"}, {"classes": 10, "n2": 4}]
    for i, (name, values) in enumerate(zip(("mobilenet_v1", "mobilenet_v1", "resnet50"), texts, strict=True)):
        net = archcalc.load(name)
        right = seen(net, {knob: net.accept(knob, str(value), text=True) for knob, value in values.items()})
        assert compare(read(page, i), right, name)
        row = page.locator("section[aria-label=totals] tbody tr").nth(i).locator("td").all_text_contents()
        assert [row[1], row[6], row[3], row[4]] == [here for _, here, *_ in right["totals"]]


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
    assert compare(read(page), seen(net, {"k": 3}), "hostile")
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


def test_a_drawing_of_other_layers_is_not_shown(visit):
    page = visit("resnet50")
    page.locator(".drawn summary").click()
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
