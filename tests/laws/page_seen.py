"""What a reader sees of a page in a browser is what the engine says, at each setting that the address can hold."""

import re
from html import unescape
from urllib.parse import quote

from archcalc.closed_forms.write import GREEK
from archcalc.core.value import show
from archcalc.output.table import COUNT, RATIO, ratio
from archcalc.tables import heading
from laws.page_law import answered, check, counts, texts

NOT_HERE = "This page does not have the network at these settings; this command counts it: "
COPIES = re.compile(r"^x \d+$| to ")  # in a box that stands for several blocks
READ = """
const text = node => node.textContent, cells = row => [...row.children].map(text);
const read = section => { // what a reader sees of a network, with all its blocks unfolded
  const all = what => [...section.querySelectorAll(what)], one = what => section.querySelector(what);
  const problem = text(one(".wrong")), totals = all(".totals tbody tr").map(cells);
  const unfold = all("button").find(button => text(button) === "Unfold all");
  if (!problem) unfold.click();
  const rows = all(".layers tbody tr").map(row => [row.dataset.path, ...cells(row)]);
  const foot = cells(one(".layers tfoot tr")).slice(1).join("");
  if (problem) return { refused: problem, left: [...totals.map(row => row[1] + row[3]), ...rows, foot].join("") };
  const drawn = one("details.drawn"), shown = drawn.open && !one(".drawing").hidden;
  const lines = (box, name) => [...box.querySelectorAll(`.${name}`)].map(text).join(" ").trim();
  const words = box => ["kind", "output", "figure"].map(name => lines(box, name));
  return {
    heading: text(one("h2")), totals, rows: Object.fromEntries(rows.map(([path, ...rest]) => [path, rest])),
    layers: all(".layers tbody tr:not(.block)").map(row => row.dataset.path), foot, notes: text(one(".notes")),
    closed: all(".value, .formula math").map(text),
    boxes: shown ? all("g[data-path]").map(box => [box.dataset.path, words(box)]) : [],
  };
};
"""
SIDE_BY_SIDE = f"""last => {{ {READ}
  document.body.hidden = last; // nothing is drawn any more
  const all = what => [...document.querySelectorAll(what)];
  return [all(".networks > section").map(read), all("section[aria-label=totals] tbody tr").map(cells)];
}}"""
AT_LINKS = f"""links => {{ {READ}
  document.body.hidden = true; // nothing is drawn any more
  for (const details of document.querySelectorAll("details")) details.open = true;
  return links.map(link => {{
    history.replaceState(null, "", link);
    dispatchEvent(new Event("hashchange"));
    return read(document.querySelector(".networks > section"));
  }});
}}"""


def link(values):
    """The address of a setting."""
    return "#" + "&".join(f"{quote(knob, '')}={quote(show(value), '')}" for knob, value in values.items())


def seen(net, values):
    """What a reader sees of a network at these settings, by the engine."""
    report, refused = answered(net, values)
    if refused:
        return refused
    deepest = 1 + max(row.name.count("/") for row in report.layers)
    rows = {path: [called(report, path), *cells] for depth in range(1, deepest + 1)
            for path, *cells in texts(report, "block", depth)}  # fmt: skip
    own = counts(report)
    layers = [row.name for row in report.layers]
    unknown = f"unknown: {', '.join(report.unknown)}; 'at least' counts the rest. " if report.unknown else ""
    return {
        "heading": heading(report),
        "totals": totals(report, answered(net, {})[0]),
        "rows": rows,
        "layers": layers,
        "foot": f"{len(layers)} layer{'s' * (len(layers) > 1)}{own[0]}{own[3]}",
        "notes": f"{unknown}{report.sentence(('params', 'buffers', report.work))} source: {report.source}",
    }


def called(report, path):
    """What stands before a row: the paper's name, or else the last part of the path."""
    name = report.paper_name(path)
    return path.split("/")[-1] if name == path else name


def totals(report, first):
    """The totals beside those at the defaults, with ratios."""
    names = ("params", "MiB in float32", "buffers", "mult-adds")
    figures = ("params", "params", "buffers", "mult_adds")
    ratios = [
        RATIO.text(ratio(report.totals.figure(one), first.totals.figure(one))) if first else "" for one in figures
    ]
    return [list(row) for row in zip(names, counts(report), counts(first) if first else [""] * 4, ratios, strict=True)]


def compare(said, right, what):
    """Whether the page shows the network, or refuses it with the engine's message; it must not show anything else."""
    said = {**said}
    boxes = said.pop("boxes", ())
    assert not said.pop("left", ""), (what, said)
    said.pop("closed", [])  # which ``claims`` compares
    if said.get("refused", "").startswith(NOT_HERE):
        return False
    check(said, right, what)
    for path, words in boxes:
        _, kind, output, _, work, _ = right["rows"].get(path, ["", words[0], words[1], "", words[2], ""])
        for word, own in zip(words, (kind, output, work), strict=True):
            assert word in ("", own) or COPIES.search(word), (what, path, word, own)
    return True


def claims(form, values, closed, what):
    """Whether the page says that the closed form has the value beside it, and shows the form that archcalc prints."""
    *lines, said = closed
    printed = [form.text(), *form.definitions()]
    assert [*map(signs, lines)] == [*map(signs, printed)], (what, lines, printed)
    fixed = {knob: value for knob, value in form.domain.fixed.items() if values[knob] != value}
    broken = fixed or form.domain.broken(values)
    if said.startswith("It does not hold"):
        assert broken, what
    elif said.startswith("="):
        assert not broken, (what, broken)
        assert said == f"= {COUNT.text(form.known.at(values))} at these settings", what
    return said.startswith("=")


def signs(formula):
    """The numbers and names of a formula, in their order; some words stand in text alone, some in mathematics alone."""
    words = re.findall(r"[^\W\d_]+|\d+", re.sub(r"\b(floor|ceil|else)\b", "", formula))
    return "".join(unescape(f"&{word};") if word in GREEK else word for word in words).replace("otherwise", "")


def figures(said):
    """How many texts were compared."""
    return (
        sum(map(len, said["rows"].values())) + 4 * len(said["totals"]) + sum(len(words) for _, words in said["boxes"])
    )
