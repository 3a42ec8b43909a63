// The comparison of two systems: stored contrasts either way round, and the cases in which they differ most.
"use strict";

const navibench = (() => {
  const MOST = 20; // cases listed
  const WIDTH = 320;
  const $ = (id) => document.getElementById(id);
  let told = null;

  const make = (tag, text = "", attributes = {}) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  const signed = (units) => {
    const text = (Math.abs(units) / 1e4).toFixed(4);
    return (units < 0 ? "-" : "+") + text;
  };

  const minus = (units) => (units === null ? null : 0 - units);

  // A contrast of a and b as it is stored, or the other way round.
  const turn = (line, swapped) => {
    const [, , difference, low, high, p, holm, first, second, ties, verdict, source, pairs] = line;
    return swapped
      ? { difference: minus(difference), low: minus(high), high: minus(low), p, holm, first: second, second: first, ties, verdict: 0 - verdict, source, pairs }
      : { difference, low, high, p, holm, first, second, ties, verdict, source, pairs };
  };

  const drawing = ({ difference, low, high }) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const ends = [0, low, high, difference];
    const from = Math.min(...ends);
    const span = Math.max(...ends) - from || 1;
    const at = (value) => (6 + ((value - from) / span) * (WIDTH - 12)).toFixed(2);
    const add = (tag, attributes) => {
      const made = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      svg.append(made);
    };
    for (const [name, value] of Object.entries({ class: "interval", viewBox: `0 0 ${WIDTH} 20`, width: WIDTH, height: 20, "aria-hidden": "true" })) svg.setAttribute(name, value);
    add("line", { class: "rail", x1: 0, x2: WIDTH, y1: 10, y2: 10 });
    add("line", { class: "zero", x1: at(0), x2: at(0), y1: 0, y2: 20 });
    add("line", { class: "span", x1: at(low), x2: at(high), y1: 10, y2: 10 });
    add("circle", { class: "dot", cx: at(difference), cy: 10, r: 4 });
    return svg;
  };

  const table = (rows) => {
    const made = make("table");
    const body = make("tbody");
    for (const [name, ...cells] of rows) {
      const row = make("tr");
      row.append(make("th", name, { scope: "row" }), ...cells.map((cell) => make("td", String(cell), { class: "number" })));
      body.append(row);
    }
    made.append(body);
    const box = make("div", "", { class: "scroll" });
    box.append(made);
    return box;
  };

  const sentence = (verdict) =>
    verdict > 0 ? "A is better: the interval excludes 0." : verdict < 0 ? "B is better: the interval excludes 0." : "A tie: the interval of the difference includes 0.";

  const contrast = (line, about) => {
    const box = make("div", "", { class: "contrast" });
    box.append(make("p", sentence(line.verdict), { class: "verdict", "data-verdict": line.verdict }));
    const known = line.difference !== null && line.low !== null && line.high !== null;
    if (known) box.append(drawing(line));
    const shown = known ? `${signed(line.difference)} [${signed(line.low)}, ${signed(line.high)}]` : "-";
    box.append(
      table([
        [`A minus B in ${about.primary}, paired, ${about.level} interval`, shown],
        ["p, by sign flips over users", line.p],
        [`p (Holm), over ${line.pairs.toLocaleString("en")} pairs of ${about.sources[line.source]}`, line.holm],
        ["users for whom A is better", line.first.toLocaleString("en")],
        ["users for whom B is better", line.second.toLocaleString("en")],
        ["users for whom both are equal", line.ties.toLocaleString("en")],
      ]),
    );
    return box;
  };

  const unpaired = (a, b) => {
    const { about, rows, lone } = told;
    const box = make("div", "", { class: "contrast" });
    const found = lone.find(([i, j]) => (i === a && j === b) || (i === b && j === a)); // the better one first
    const verdict = !found ? 0 : found[0] === a ? 1 : -1;
    const meaning = verdict ? `${verdict > 0 ? "A" : "B"} is better: their own intervals do not meet.` : "Not told apart: their own intervals meet.";
    box.append(make("p", `No source compared these two case by case. ${meaning}`, { class: "verdict", "data-verdict": verdict }));
    const known = rows[a][2] !== null && rows[b][2] !== null;
    box.append(table([[`A minus B in ${about.primary}, difference of the means`, known ? signed(rows[a][2] - rows[b][2]) : "-"]]));
    return box;
  };

  const differing = (a, b) => {
    const { about, cases, scores } = told;
    if (!scores[a] || !scores[b]) return [];
    const found = cases
      .map((name, index) => ({ name, one: scores[a][index], two: scores[b][index] }))
      .filter(({ one, two }) => one !== null && two !== null && one !== two)
      .sort((x, y) => Math.abs(y.one - y.two) - Math.abs(x.one - x.two) || (x.name < y.name ? -1 : 1));
    const list = make("ol", "", { class: "differing" });
    for (const { name, one, two } of found.slice(0, MOST)) {
      const line = make("li");
      line.append(about.gallery ? make("a", name, { href: `${about.gallery}#case=${encodeURIComponent(name)}` }) : make("code", name));
      line.append(` A ${one.toFixed(3)}, B ${two.toFixed(3)}`);
      list.append(line);
    }
    const title = `Cases in which they differ most, ${Math.min(MOST, found.length)} of ${found.length.toLocaleString("en")}`;
    return [make("h3", title), list];
  };

  const show = (keep) => {
    if (!told) return;
    const [a, b] = [Number($("first").value), Number($("second").value)];
    const { about, rows, lines } = told;
    const result = $("result");
    if (a === b) {
      result.replaceChildren(make("p", "Choose two different systems."));
      return;
    }
    const found = lines.get(`${Math.min(a, b)} ${Math.max(a, b)}`) || [];
    const parts = [table([[`A: ${rows[a][0]}`, rows[a][1]], [`B: ${rows[b][0]}`, rows[b][1]]])];
    for (const line of found) parts.push(contrast(turn(line, a > b), about));
    if (!found.length) parts.push(unpaired(a, b));
    result.replaceChildren(...parts, ...differing(a, b));
    result.dataset.shown = `${a} ${b}`;
    if (keep) history.replaceState(null, "", `#a=${encodeURIComponent(rows[a][0])}&b=${encodeURIComponent(rows[b][0])}`);
  };

  const follow = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const [name, id] of [["a", "first"], ["b", "second"]]) {
      const place = told.rows.findIndex((row) => row[0] === asked.get(name));
      if (place >= 0) $(id).value = String(place);
    }
    show(false);
    if (asked.has("a")) $("compare").scrollIntoView();
  };

  const start = () => {
    for (const id of ["first", "second"]) $(id).addEventListener("change", () => show(true));
    $("swap").addEventListener("click", () => {
      [$("first").value, $("second").value] = [$("second").value, $("first").value];
      show(true);
    });
    $("pair").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", follow);
    // The contrasts come after the page: the table can be read before they are there.
    const script = make("script", "", { src: $("compare").dataset.script });
    document.head.append(script);
  };

  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);

  return {
    pairs(about, rows, lines, lone, cases, scores) {
      const places = new Map();
      for (const line of lines) {
        const key = `${line[0]} ${line[1]}`;
        if (places.has(key)) places.get(key).push(line);
        else places.set(key, [line]);
      }
      told = { about, rows, lines: places, lone, cases, scores };
      follow();
    },
  };
})();
