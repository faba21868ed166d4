// What the page shows of a network at some settings of its knobs, as texts. Nothing here knows of the document.

const OTHER = "other"; // what a function returns whose structure is not that of the network
const [VALUE, NUMBER] = ["\ue000", "\ue001"]; // in a text: the next of its values, the number of the copy

// Numbers as archcalc writes them

const thousands = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const absolute = n => n < 0n ? -n : n;
const fixed = (x, digits) => { // rounded from the exact value, a half up
  const scale = 10n ** BigInt(digits), n = absolute(top(x)) * scale, d = under(x);
  const rounded = (2n * n + d) / (2n * d), rest = String(rounded % scale).padStart(digits, "0");
  return `${top(x) < 0n ? "-" : ""}${thousands(rounded / scale)}${digits ? `.${rest}` : ""}`;
};
const significant = x => { // three digits, and one decimal at least
  const digits = [...Array(400).keys()].find(n => n && absolute(top(x)) * 10n ** BigInt(n) * 2n + under(x) >= 200n * under(x));
  return fixed(x, digits);
};
const shown = x => {
  const digits = [1, 2, 3, 4].find(n => 10n ** BigInt(n) % under(x) === 0n);
  const short = x instanceof Fraction && digits && absolute(x.n) < 100000n * x.d;
  return short ? fixed(x, digits).replaceAll(",", "") : String(x);
};
const describe = shape => shape.map(shown).join(" x ");
const down = (x, digits) => div(floor(mul(x, 10n ** BigInt(digits))), 10n ** BigInt(digits)); // a bound is never rounded up
const count = (n, known, digits = 0) => // of a number that is not known, what is known of it
  n !== null ? fixed(n, digits) : known ? `at least ${fixed(down(known, digits), digits)}` : "?";
const times = x => {
  if (compare(x, 1n) === 0n) return "1";
  const words = fixed(x, compare(x, 10n) < 0n ? 3 : compare(x, 1000n) < 0n ? 1 : 0);
  return /[1-9]/.test(words) || top(x) === 0n ? words : significant(x);
};
const ratio = (part, whole) => whole === 0n ? "" : part === null || whole === null ? "?" : times(div(part, whole));
const share = (part, whole) => part === null || whole === null ? null : div(part, whole || 1n);
const percent = x => x === null ? "?" : `${fixed(mul(100n, x), 1)} %`;
const MIB = 1n << 20n, BYTES = 4n; // of a number in float32

// Settings

const NUMERAL = /^-?\d+(\.\d+)?(\/0*[1-9]\d*)?$/;
const LARGEST = 10n ** 9n; // numerator and denominator of a knob that the page computes with

const read = (network, knob, text) => { // a value of a knob, or why it is none
  const refuse = why => ({ refused: `${network.name}: ${knob.name} = ${text}; ${why}` });
  if (knob.choices) {
    const at = knob.choices.indexOf(text);
    if (at < 0) return refuse(`it must be one of ${knob.choices.join(", ")}`);
    return { value: knob.words[at] ? text : number(text), word: knob.words[at] ? text : null };
  }
  if (!NUMERAL.test(text)) return refuse("it must be a number such as 3, 0.75 or 160/224");
  const value = number(text);
  for (const [end, sign, words] of [["minimum", 1n, "at least"], ["maximum", -1n, "at most"]])
    if (end in knob && compare(value, number(knob[end])) * sign < 0n) return refuse(`it must be ${words} ${knob[end]}`);
  return { value, word: null };
};

// Figures

const filled = (text, values, place) => text.replaceAll(VALUE, () => shown(values.next().value))
  .replaceAll(NUMBER, () => place);

const detail = ([, , label, pieces, often], values) => { // the layer as it is written in a spec
  const numbers = values.values();
  const words = pieces.map(([text, left]) => [filled(text, numbers), left]).filter(([text, left]) => text !== left);
  const runs = filled(often, numbers);
  const layer = words.length ? `${label}(${words.map(([text]) => text).join(", ")})` : label;
  return runs === "1" ? layer : `${layer}, ${runs} times`;
};

// The figures at these values; { refused } with the engine's message; { other } where the page cannot tell.
const evaluate = (network, knobs) => {
  if (knobs.some(({ value, word }) => word === null && [top(value), under(value)].some(n => absolute(n) > LARGEST)))
    return { other: true };
  for (const [i, { words }] of network.structures.entries()) {
    if (Object.entries(words).some(([knob, word]) => knobs[knob].word !== word)) continue;
    const found = { structure: i, input: [], rows: [] };
    const named = ([text, first], place) => text.replaceAll(NUMBER, () => first + Number(place));
    const row = (text, values, shape, figures, place) =>
      found.rows.push({ name: named(data.texts[text], place), text: data.texts[text], values, shape, figures });
    const no = (text, values, place) => filled(named(data.texts[text], place), values.values());
    const input = shape => { found.input = shape; };
    let refused;
    try {
      refused = network.functions[i](row, input, no, ...knobs.map(({ value }) => value));
    } catch (error) {
      continue; // a number that the structure does not have, such as 1/0
    }
    const large = found.rows.find(({ shape }) => shape.some(size => size > BigInt(data.largest)));
    if (large && refused !== OTHER)
      return { refused: `${large.name}: its output would be larger than ${thousands(data.largest)} on one axis` };
    if (refused !== OTHER) return refused ? { refused } : found;
  }
  return { other: true };
};

const sum = values => values.reduce((total, value) => total === null || value === null ? null : total + value, 0n);
const together = rows => data.figures.map((_, i) => sum(rows.map(({ figures }) => figures[i])));
const known = rows => data.figures.map((_, i) => sum(rows.map(({ figures }) => figures[i] ?? 0n))); // of each sum

const cut = (name, depth) => name.split("/").slice(0, depth).join("/");
const grouped = (rows, depth) => { // rows of blocks, or of the layers that stand alone
  const groups = new Map();
  for (const row of rows) {
    const name = cut(row.name, depth);
    if (groups.has(name)) groups.get(name).push(row); else groups.set(name, [row]);
  }
  return [...groups].map(([name, members]) => ({ name, members, alone: members.length === 1 && members[0].name === name }));
};
const PART = /\{([A-Za-z]\w*)\}/; // of the path of a paper's name: it may be anything
const escaped = text => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
const called = (network, path) => { // what the paper calls a layer or a block; its path where the spec does not say
  for (const [of, name] of network.names) {
    const pattern = of.split(PART).map((piece, i) => i % 2 ? `(?<${piece}>[^/]+)` : escaped(piece)).join("");
    const found = new RegExp(`^${pattern}(?=/|$)`).exec(path);
    if (found) return name.replace(new RegExp(PART, "g"), (_, part) => found.groups[part]) + path.slice(found[0].length);
  }
  return path;
};
const layers = n => `${n} layer${n === 1 ? "" : "s"}`;

const PARAMS = 0, BUFFERS = 1, WORK = 2; // the figures, in the order of data.figures
const texts = ({ name, members, alone }, whole) => { // the cells of a row of one or several layers
  const last = members.at(-1), figures = together(members), least = known(members);
  const kind = alone ? detail(last.text, last.values) : layers(members.length);
  const part = percent(share(figures[WORK], whole));
  const counts = [PARAMS, WORK].map(figure => count(figures[figure], least[figure]));
  return { cells: [name, kind, describe(last.shape), ...counts, part], work: figures[WORK] };
};

// All that is shown of a network, for the settings of its knobs as texts.
const answer = (network, settings) => {
  const knobs = network.knobs.map((knob, i) => read(network, knob, settings[i]));
  const wrong = knobs.find(knob => "refused" in knob);
  if (wrong) return wrong;
  const found = evaluate(network, knobs);
  if (!found.rows) return found;
  const totals = together(found.rows), least = known(found.rows), [params, buffers, work] = totals;
  const mebibytes = n => n === null ? null : div(n * BYTES, MIB);
  return {
    ...found, totals, knobs, whole: work,
    heading: `${network.title}, input ${describe(found.input)}`,
    counts: [count(params, least[PARAMS]), count(mebibytes(params), least[PARAMS] && mebibytes(least[PARAMS]), 2),
      count(buffers, least[BUFFERS]), count(work, least[WORK])],
    unknown: found.rows.filter(({ figures }) => figures.includes(null)).map(({ name }) => name),
  };
};
const table = (found, depth) => // the cells by layer, or by block
  (depth ? grouped(found.rows, depth) : found.rows.map(row => ({ name: row.name, members: [row], alone: true })))
    .map(row => texts(row, found.whole).cells);

const within = (network, knobs, { knob, low, high, step, residue }) => { // whether a knob is in the domain of the closed form
  const { value } = knobs[knob];
  const inside = (!low || compare(value, number(low)) >= 0n) && (!high || compare(value, number(high)) <= 0n);
  return inside && (!step || !(div(sub(value, number(residue)), number(step)) instanceof Fraction));
};
