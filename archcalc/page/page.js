// The document: built once, and filled with what core.js answers whenever a knob has moved.

const element = (tag, properties = {}, ...children) => { // texts become text, never markup
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const MATHML = "http://www.w3.org/1998/Math/MathML", SVG = "http://www.w3.org/2000/svg";
const grown = (space, [tag, attributes, ...children]) => { // elements from lists
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map(child => typeof child === "string" ? child : grown(space, child)));
  return made;
};

// Knobs

const FEW = 40; // layers, up to which all are shown at first
const waiting = new Set();
const changed = network => { // at most one update for each frame
  if (!waiting.size) requestAnimationFrame(() => { update([...waiting], true); waiting.clear(); });
  waiting.add(network);
};
const at = ([start, step], place) => add(number(start), mul(number(step), BigInt(place)));
const placed = ([start, step, positions], value) => { // the nearest position of a slider
  const place = floor(add(div(sub(value, number(start)), number(step)), number("1/2")));
  return Number(max(0n, min(BigInt(positions - 1), place)));
};

const chooser = (id, knob, changed) => {
  const field = element("select", { id, "aria-describedby": `${id}-help`, onchange: changed },
    ...knob.choices.map(choice => element("option", {}, choice)));
  return { parts: [field], get: () => field.value, set: text => { field.value = text; }, mark: () => {} };
};
const sliding = (id, knob, changed) => {
  const show = () => range.setAttribute("aria-valuetext", field.value);
  const range = element("input", { type: "range", min: 0, max: knob.slider[2] - 1, step: 1, "aria-label": knob.name,
    oninput: () => { field.value = shown(at(knob.slider, range.value)); show(); changed(); } });
  const moved = () => {
    if (NUMERAL.test(field.value.trim())) range.value = placed(knob.slider, number(field.value.trim()));
    show();
  };
  const field = element("input", { id, type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false",
    "aria-describedby": `${id}-help`, oninput: () => { moved(); changed(); } });
  const set = text => { field.value = text; moved(); };
  const mark = wrong => field.setAttribute("aria-invalid", wrong);
  return { parts: [range, field], get: () => field.value.trim(), set, mark };
};
const knobPanel = network => {
  network.controls = network.knobs.map((knob, i) => {
    const id = `${network.key}-${i}`, own = (knob.choices ? chooser : sliding)(id, knob, () => changed(network));
    own.set(knob.value);
    const help = [knob.help, `default ${knob.default}`].filter(Boolean).join("; ");
    own.panel = element("div", { class: "knob" }, element("label", { for: id }, knob.name), ...own.parts,
      element("small", { id: `${id}-help` }, help));
    return own;
  });
  const form = element("form", { "aria-label": `knobs of ${network.title}`, onsubmit: event => event.preventDefault() },
    ...network.controls.map(({ panel }) => panel));
  return network.knobs.length ? form : element("p", { class: "soft" }, "This network has no knobs.");
};
const settings = network => network.controls.map(({ get }) => get());

// Tables

const cells = (tag, names) => names.map(({ text = "", number: right }) =>
  element(tag, { ...(right && { class: "number" }), ...(tag === "th" && { scope: "col" }) }, text));
const blank = heads => heads.map(({ number: right }) => ({ number: right }));
const HEADS = () => [{ text: "layer" }, { text: "kind" }, { text: "output" }, { text: data.figures[PARAMS], number: true },
  { text: data.figures[WORK], number: true }, { text: "share" }];
const sizes = () => [data.figures[PARAMS], "MiB in float32", data.figures[BUFFERS], data.figures[WORK]];

const totalsTable = network => {
  network.totals = sizes().map(name => {
    const values = cells("td", [{ number: true }, { number: true }, { number: true }]);
    return { values, row: element("tr", {}, element("th", { scope: "row" }, name), ...values) };
  });
  const head = [{ text: "total" }, { text: "here", number: true }, { text: "at the defaults", number: true }, { text: "ratio", number: true }];
  return element("div", { class: "scroll" }, element("table", { class: "totals" },
    element("thead", {}, element("tr", {}, ...cells("th", head))), element("tbody", {}, ...network.totals.map(({ row }) => row))));
};
const layersTable = network => {
  network.body = element("tbody");
  network.foot = element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, "total"), ...cells("td", blank(HEADS().slice(1)))));
  network.rows = new Map();
  network.open = null; // names of the blocks whose layers are shown
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `layers of ${network.title}` },
    element("table", { class: "layers" }, element("thead", {}, element("tr", {}, ...cells("th", HEADS()))), network.body, network.foot));
};

const tree = (rows, depth = 1) => grouped(rows, depth).map(group =>
  ({ ...group, depth, inner: group.alone ? [] : tree(group.members, depth + 1) }));
const visible = (network, groups) => groups.flatMap(group =>
  [group, ...(network.open.has(group.name) ? visible(network, group.inner) : [])]);
const blocks = groups => groups.flatMap(group => group.alone ? [] : [group.name, ...blocks(group.inner)]);

const made = (network, { name, alone, depth }) => { // a row of the table, without its figures
  const full = called(network, name), short = full === name ? name.split("/").at(-1) : full;
  const fold = () => {
    network.open.has(name) ? network.open.delete(name) : network.open.add(name);
    showLayers(network, network.found);
  };
  const label = alone ? element("span", { class: "leaf" }, short) : element("button", { type: "button", class: "fold", onclick: fold }, short);
  const head = element("th", { scope: "row", class: `depth${Math.min(depth - 1, 5)}`, title: name }, label);
  const rest = cells("td", blank(HEADS().slice(1)));
  const bar = element("i", { class: "bar", "aria-hidden": "true" }), part = element("span");
  rest.at(-1).className = "share";
  rest.at(-1).append(part, bar);
  return { alone, label, cells: [...rest.slice(0, -1), part], bar,
    row: element("tr", { class: alone ? "" : "block", "data-path": name }, head, ...rest) };
};
const fill = (row, { cells: words }, size) => {
  row.cells.forEach((cell, i) => write(cell, words[i + 1]));
  row.bar.style.setProperty("--size", size.toFixed(3)); // of the largest that is shown
};
const rowOf = (network, group) => { // made once, and used again when a layer comes back
  const before = network.rows.get(group.name);
  const row = before?.alone === group.alone ? before : made(network, group);
  network.rows.set(group.name, row);
  if (!group.alone) row.label.setAttribute("aria-expanded", network.open.has(group.name));
  return row;
};
const arrange = (body, rows) => { // only what moves is moved
  const wanted = new Set(rows.map(({ row }) => row));
  for (const row of [...body.children]) if (!wanted.has(row)) row.remove();
  let next = body.firstChild;
  for (const { row } of rows) if (row === next) next = next.nextSibling; else body.insertBefore(row, next);
};
const REST = 400; // milliseconds without a move, after which the rows out of sight follow
const inSight = rows => { // the first row on the screen, and the first below it
  const end = y => {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].row.getBoundingClientRect().bottom < y) low = middle + 1; else high = middle;
    }
    return low;
  };
  return [end(0), end(innerHeight) + 1];
};
const showLayers = (network, found, moving = false) => {
  const groups = found.rows ? tree(found.rows) : [];
  if (found.rows) network.open ??= new Set(found.rows.length <= FEW ? blocks(groups) : []);
  network.blocks = blocks(groups);
  const shownGroups = found.rows ? visible(network, groups) : [];
  const rows = shownGroups.map(group => rowOf(network, group));
  arrange(network.body, rows);
  const sizes = shownGroups.map(group => Number(together(group.members)[WORK] ?? 0)), most = Math.max(1, ...sizes);
  const fillRow = (row, i) => fill(row, texts(shownGroups[i], found.whole), sizes[i] / most);
  const [first, last] = moving ? inSight(rows) : [0, rows.length];
  rows.forEach((row, i) => { if (first <= i && i < last) fillRow(row, i); });
  clearTimeout(network.rest);
  if (moving) network.rest = setTimeout(() => rows.forEach(fillRow), REST);
  const total = found.rows ? [layers(found.rows.length), "", ...[0, 3].map(i => found.counts[i]), ""] : Array(5).fill("");
  network.foot.hidden = !found.rows;
  network.foot.firstChild.childNodes.forEach((cell, i) => { if (i) write(cell, total[i - 1]); });
};

// Texts to copy

const quoted = word => /^[\w.\/@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
const chosen = network => network.knobs.map((knob, i) => [knob, settings(network)[i]]).filter(([knob, text]) => text !== knob.default);
const command = networks => { // knobs behind the names, since an option may be called as a knob is
  const asked = networks.map(network => {
    const pairs = chosen(network).map(([knob, text]) => `${knob.name}=${text}`);
    return pairs.length ? `${network.name}@${pairs.join(",")}` : network.name;
  });
  const convention = data.convention === "mult_adds" ? [] : ["--convention", data.convention];
  return ["archcalc", networks.length > 1 ? "compare" : "summary", ...asked, ...convention].map(quoted).join(" ");
};
const line = words => `| ${words.map(word => word.replaceAll("|", "\\|")).join(" | ")} |`;
const markdown = network => {
  const { found } = network, heads = HEADS();
  const rule = heads.map(({ number: right }) => right ? "---:" : ":---");
  return [`## ${found.heading}`, "", line(heads.map(({ text }) => text)), line(rule), ...table(found, 0).map(([path, ...rest]) => line([called(network, path), ...rest])),
    line(["total", "", "", found.counts[0], found.counts[3], percent(share(found.whole, found.whole))].map(word => word && `**${word}**`)), "", network.said, ""].join("\n");
};
const field = word => /[",\n]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word;
const csv = network => [["path", "kind", "output", "params", data.convention], ...table(network.found, 0).map((row, i) =>
  [row[0], row[1], row[2].replaceAll(" ", ""), ...[PARAMS, WORK].map(j => String(network.found.rows[i].figures[j] ?? ""))])]
  .map(row => row.map(field).join(",")).join("\n") + "\n";

const copy = async (text, status) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) { // a page of a file, or in a frame, may have to do it the old way
    const area = element("textarea", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return write(status, "The browser does not let this page copy.");
  }
  write(status, "Copied.");
};
const copier = (name, text, status) => element("button", { type: "button", onclick: () => copy(text(), status) }, name);

// The page

const section = network => {
  const status = element("span", { role: "status", class: "soft" });
  network.problem = element("p", { class: "wrong", role: "alert" });
  network.heading = element("h2");
  network.notes = element("p", { class: "soft notes" });
  const all = open => () => { network.open = new Set(open ? network.blocks : []); showLayers(network, network.found); };
  const back = () => { network.controls.forEach((own, i) => own.set(network.knobs[i].default)); update([network]); };
  const button = (name, action) => element("button", { type: "button", onclick: action }, name);
  const withTable = make => () => network.found.rows ? make(network) : "";
  network.tools = element("div", { class: "buttons" }, button("Unfold all", all(true)), button("Fold all", all(false)),
    copier("Copy as Markdown", withTable(markdown), status), copier("Copy as CSV", withTable(csv), status));
  return element("section", { "aria-label": network.title }, network.heading, knobPanel(network),
    element("div", { class: "buttons" }, button("Defaults", back), copier("Copy command", () => command([network]), status), status),
    network.problem, totalsTable(network), closedForm(network), drawing(network), network.tools, layersTable(network), network.notes);
};

const showTotals = (network, found) => {
  network.totals.forEach(({ values }, i) => {
    const parts = [PARAMS, PARAMS, BUFFERS, WORK], own = found.totals?.[parts[i]], first = network.original.totals?.[parts[i]];
    const quotient = own === undefined || first === undefined ? "" : ratio(own, first);
    [found.counts?.[i] ?? "", network.original.counts?.[i] ?? "", quotient].forEach((text, j) => write(values[j], text));
  });
};
const why = network => found => found.refused ?? (found.other
  ? `This page does not have the network at these settings; this command counts it: ${command([network])}` : "");

const SHORT = 300; // characters of a closed form that is open at first
const closedForm = network => {
  const { formula: own } = network;
  if (own.missing) return element("p", { class: "soft" }, own.missing);
  network.value = element("p", { class: "value" });
  const lines = own.lines.map((line, i) => element("div", {}, i ? "where " : "", grown(MATHML, line)));
  const details = element("details", { class: "closed" }, element("summary", {}, `Closed form of ${data.figures[WORK]}`),
    element("div", { class: "formula", tabindex: 0, role: "img", "aria-label": own.text }, ...lines), network.value,
    ...own.notes.map(note => element("p", { class: "soft" }, note)));
  details.open = own.text.length <= SHORT;
  return details;
};
const showFormula = (network, found) => {
  const { formula: own } = network;
  if (own.missing) return;
  const holds = found.rows && own.bounds.every(bound => within(network, found.knobs, bound))
    && Object.entries(own.fixed).every(([knob, text]) => text === settings(network)[knob]);
  const value = own.more ? `${found.counts?.[3]} at these settings, if they meet the conditions below`
    : `= ${found.counts?.[3]} at these settings`;
  write(network.value, holds ? value : "It does not hold at these settings; its domain is below.");
};

const ACROSS = " to "; // in a text of a box: a range over the copies for which it stands
const saying = lines => { // puts a text into the lines that it has in a box
  const first = lines.map(({ textContent }) => textContent), own = first.join(" ");
  return (word, atFirst) => {
    const range = own.includes(ACROSS), words = word === own || (range && atFirst) ? first : [range ? "" : word];
    lines.forEach((node, i) => write(node, words[i] ?? ""));
  };
};
const FEW_BOXES = 40; // of a drawing that is open at first
const drawing = network => {
  const svg = grown(SVG, network.drawing.svg);
  network.boxes = [...svg.querySelectorAll("g[data-path]")].map(box => ({
    path: box.dataset.path, title: box.querySelector("title"), rects: box.querySelectorAll("rect"),
    texts: ["kind", "output", "figure"].map(name => saying([...box.querySelectorAll(`text.${name}`)])) }));
  network.apart = element("p", { class: "soft" }, "The layers here are not those of the drawing, which 'archcalc draw' makes anew.");
  network.canvas = element("div", { class: "drawing", tabindex: 0 }, svg);
  network.details = element("details", { class: "drawn", ontoggle: () => showDrawing(network, network.found) }, element("summary", {}, "Drawing"), network.apart, network.canvas);
  network.details.open = network.boxes.length <= FEW_BOXES;
  return network.details;
};
const showDrawing = (network, found) => {
  if (!network.details.open) return;
  const same = found.rows && network.drawing.layers.join() === found.rows.map(({ name }) => name).join();
  network.apart.hidden = !found.rows || same;
  network.canvas.hidden = !same;
  if (!same) return;
  const atFirst = network.knobs.every((knob, i) => knob.value === settings(network)[i]);
  const groups = new Map(), keep = own => own.forEach(group => { groups.set(group.name, group); keep(group.inner); });
  keep(tree(found.rows));
  const rows = network.boxes.map(({ path }) => groups.has(path) ? texts(groups.get(path), found.whole) : null);
  const part = i => rows[i] && network.boxes[i].rects.length === 1 ? Number(rows[i].work ?? 0) : 0;
  const most = Math.max(...rows.map((_, i) => part(i))) || 1;
  network.boxes.forEach(({ path, title, rects, texts: own }, i) => {
    const words = rows[i] ? [rows[i].cells[1], rows[i].cells[2], rows[i].cells[4]] : ["", describe(found.input), ""];
    own.forEach((say, j) => say(words[j], atFirst));
    write(title, [path, ...words.filter(Boolean)].join(", "));
    if (rows[i] && rects.length === 1) rects[0].style.fillOpacity = .08 + .5 * part(i) / most;
  });
};

const overview = networks => {
  const heads = [{ text: "network" }, { text: "input" }, { text: data.figures[PARAMS], number: true }, { text: "ratio", number: true },
    { text: data.figures[BUFFERS], number: true }, { text: data.figures[WORK], number: true }, { text: "ratio", number: true }, { text: "MiB", number: true }];
  const body = element("tbody");
  const status = element("span", { role: "status", class: "soft" });
  const show = () => body.replaceChildren(...networks.map(({ key, found }) => {
    const first = networks[0].found, own = figure => ratio(found.totals[figure], first.totals[figure]);
    const words = found.rows ? [describe(found.input), found.counts[0], first.rows ? own(PARAMS) : "", found.counts[2], found.counts[3],
      first.rows ? own(WORK) : "", found.counts[1]] : Array(7).fill("");
    return element("tr", {}, element("th", { scope: "row" }, key),
      ...cells("td", words.map((text, i) => ({ text, number: heads[i + 1].number }))));
  }));
  return { show, panel: element("section", { "aria-label": "totals" }, element("h1", {}, "Totals"),
    element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...cells("th", heads))), body)),
    element("div", { class: "buttons" }, copier("Copy command", () => command(networks), status), status)) };
};

const address = () => { // the settings that the page did not start with
  const several = data.networks.length > 1;
  const pairs = data.networks.flatMap(network => network.knobs.map((knob, i) => [network, knob, settings(network)[i]]))
    .filter(([, knob, text]) => text !== knob.value);
  return pairs.map(([network, knob, text]) =>
    `${several ? `${encodeURIComponent(network.key)}@` : ""}${encodeURIComponent(knob.name)}=${encodeURIComponent(text).replaceAll("%2F", "/")}`).join("&");
};
const visit = () => { // take the settings from the address; a knob without a network's name is that of all
  for (const network of data.networks) network.controls.forEach((own, i) => own.set(network.knobs[i].value));
  for (const pair of location.hash.slice(1).split("&").filter(Boolean)) {
    const [, key, name, text] = /^(?:([^@=]*)@)?([^=]*)=?(.*)$/.exec(pair).map(word => word && decodeURIComponent(word));
    for (const network of data.networks.filter(one => !key || one.key === key))
      network.knobs.forEach((knob, i) => { if (knob.name === name) network.controls[i].set(text); });
  }
};

const update = (networks, moving = false) => {
  for (const network of networks) {
    const found = network.found = answer(network, settings(network));
    network.controls.forEach((own, i) => own.mark("refused" in read(network, network.knobs[i], settings(network)[i])));
    write(network.problem, why(network)(found));
    write(network.heading, found.heading ?? network.title);
    network.said = found.rows ? network.structures[found.structure].said : "";
    const unknown = found.unknown?.length ? `unknown: ${found.unknown.join(", ")}; 'at least' counts the rest. ` : "";
    write(network.notes, `${unknown}${network.said} ${network.source && `source: ${network.source}`}`);
    network.tools.hidden = !found.rows;
    showTotals(network, found);
    showFormula(network, found);
    showDrawing(network, found);
    showLayers(network, found, moving);
  }
  totals?.show();
  try {
    history.replaceState(null, "", `#${address()}`);
  } catch (error) { /* a frame of a notebook has no address of its own */ }
};

for (const network of data.networks) network.original = answer(network, network.knobs.map(knob => knob.default));
const totals = data.networks.length > 1 ? overview(data.networks) : null;
const page = document.getElementById("page");
if (totals) page.append(totals.panel);
page.append(element("div", { class: "networks" }, ...data.networks.map(section)));
addEventListener("beforeprint", () => { for (const network of data.networks) showLayers(network, network.found); });
addEventListener("hashchange", () => { visit(); update(data.networks); });
visit();
update(data.networks);
globalThis.archcalc = { networks: data.networks, answer, table, called }; // for a program that reads the page
